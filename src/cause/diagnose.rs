//! From deltas to findings: each delta goes to the first cause that claims it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::cause::context::Context;
use crate::cause::{CAUSES, Cause, ledger, words};
use crate::compare::delta::Delta;
use crate::report::{Certainty, Evidence, Finding, Group, LedgerRow, Unexplained};

/// What a comparison comes to.
#[derive(Debug, Default)]
pub struct Diagnosis {
    /// Causes found, most important first.
    pub findings: Vec<Finding>,
    /// Deltas that nobody claims.
    pub unexplained: Vec<Unexplained>,
    /// What the size difference is made of.
    pub ledger: Vec<LedgerRow>,
    /// The cause that claims each delta, in the order of the deltas.
    pub claims: Vec<Option<&'static str>>,
}

/// How many places and pieces of evidence a report keeps unless it is asked for all.
const KEPT: usize = 20;

/// Claims every delta of `context` or lists it as unexplained.
pub fn diagnose(context: &Context<'_>, full: bool) -> Diagnosis {
    let deltas = &context.comparison.deltas;
    let claims: Vec<Option<usize>> =
        deltas.iter().map(|delta| CAUSES.iter().position(|cause| (cause.claims)(context, delta))).collect();
    let mut claimed: BTreeMap<usize, Vec<&Delta>> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (delta, claim) in deltas.iter().zip(&claims) {
        match claim {
            Some(cause) => claimed.entry(*cause).or_default().push(delta),
            None => unexplained.push(Unexplained {
                place: context.place(delta),
                field: words::field_name(&delta.field),
                values: delta.values.as_ref().map(words::reported),
            }),
        }
    }
    let codes: Vec<Option<&'static str>> = claims.iter().map(|claim| claim.map(|cause| CAUSES[cause].code)).collect();
    let ledger = ledger::ledger(context, &codes);
    let mut findings: Vec<Finding> =
        claimed.into_iter().map(|(cause, deltas)| finding(context, CAUSES[cause], &deltas, &ledger, full)).collect();
    findings.sort_by_key(rank);
    Diagnosis { findings, unexplained, ledger, claims: codes }
}

/// What matters most: contradictions and files first; within a group the larger effect, then the larger count.
fn rank(finding: &Finding) -> (u8, Reverse<u128>, Reverse<u64>, &'static str) {
    /// What the rest stands in: two kinds of image, files cut into layers otherwise.
    const FRAME: [&str; 6] = [
        "document-kind",
        "manifest-schema",
        "no-manifest",
        "legacy-v1-image",
        "attestation-manifest",
        "layer-boundaries",
    ];
    let group = match finding.group {
        Group::Integrity => 0,
        _ if FRAME.contains(&finding.cause) => 1,
        group => 2 + group as u8,
    };
    (group, Reverse(finding.size_effect.unwrap_or_default().unsigned_abs()), Reverse(finding.count), finding.cause)
}

/// As sure as the cause is; proved, where both encoders of every layer were that a value is told of.
fn certainty(cause: &Cause, evidence: &[Evidence]) -> Certainty {
    let encoders = || {
        evidence.iter().filter_map(|piece| match piece {
            Evidence::Encoder { place, sides } => Some((place, sides.a.proved && sides.b.proved)),
            _ => None,
        })
    };
    let has_encoders = |piece: &Evidence| match piece {
        Evidence::Values { place, .. } => encoders().any(|(other, _)| other == place),
        _ => true,
    };
    let is_proved =
        encoders().next().is_some() && encoders().all(|(_, proved)| proved) && evidence.iter().all(has_encoders);
    if is_proved { Certainty::Proved } else { cause.certainty }
}

fn finding(context: &Context<'_>, cause: &Cause, deltas: &[&Delta], ledger: &[LedgerRow], full: bool) -> Finding {
    let mut evidence = match cause.evidence {
        Some(evidence) => evidence(context, deltas),
        None => words::values(context, deltas),
    };
    let evidence_total = evidence.len() as u64;
    let kept = if full { usize::MAX } else { KEPT };
    evidence.truncate(kept);
    let mut places: Vec<String> = Vec::new();
    let mut places_total = 0u64;
    let mut last = None;
    for delta in deltas {
        if last == Some(&delta.place) {
            continue;
        }
        last = Some(&delta.place);
        places_total += 1;
        if places.len() < kept {
            places.push(context.place(delta));
        }
    }
    let joint = ledger.iter().any(|row| row.causes.len() > 1 && row.causes.contains(&cause.code));
    let own = ledger.iter().filter(|row| row.causes == [cause.code]).map(|row| row.bytes).sum();
    Finding {
        cause: cause.code,
        group: cause.group,
        title: (cause.title)(context, deltas),
        count: deltas.len() as u64,
        size_effect: if joint { None } else { Some(own) },
        certainty: certainty(cause, &evidence),
        places,
        places_total,
        evidence,
        evidence_total,
        fixes: (cause.fixes)(context, deltas),
    }
}
