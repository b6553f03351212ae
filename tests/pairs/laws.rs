//! The laws of comparing, over real images, over all cases and over random sets of causes:
//! identity, completeness, symmetry, composition, determinism.

use std::collections::BTreeSet;

use crate::{support, wild};
use proptest::prelude::*;
use why_differ::pair::Pair;
use why_differ::report::{Evidence, Finding, Report, Sameness};
use why_differ::{Options, diff};

fn compare(a: &str, b: &str) -> Report {
    diff(a, b, &Options { full: true, ..Options::default() }, &())
}

/// Everything of an image is opened though it is compared with itself, and nothing differs.
fn assert_identity(reference: &str) {
    let options = Options { verify: true, ..Options::default() };
    let report = diff(reference, reference, &options, &());
    assert_eq!(report.differences, 0, "{reference}: {:?}", report.findings);
    assert!(report.findings.iter().all(|finding| finding.group.name() == "integrity"), "{reference}");
    if report.trouble.is_empty() && report.sides.a.digest.is_some() {
        assert_eq!(report.sameness, Some(Sameness::SameDigest), "{reference}");
    }
}

/// Digests differ: then there is a difference, and each is claimed or listed.
fn assert_completeness(report: &Report, name: &str) {
    let claimed: u64 = report.findings.iter().filter(|finding| finding.count > 0).map(|finding| finding.count).sum();
    let digests = (report.sides.a.digest, report.sides.b.digest);
    if digests.0 != digests.1 && report.trouble.is_empty() {
        assert!(report.differences > 0, "{name}: digests differ and nothing is told");
    }
    if report.trouble.is_empty() {
        assert_eq!(
            claimed + report.unexplained.len() as u64,
            report.differences,
            "{name}: a difference is neither claimed nor listed"
        );
    }
    if let Some(difference) = report.size.difference() {
        let sum: i128 = report.size.ledger.iter().map(|row| row.bytes).sum();
        assert_eq!(sum, difference, "{name}: the ledger does not sum to the difference");
    }
}

/// Swapping the sides swaps every pair and changes nothing else.
fn assert_symmetry(report: &Report, swapped: &Report, name: &str) {
    assert_eq!(report.sameness, swapped.sameness, "{name}");
    assert_eq!(report.differences, swapped.differences, "{name}");
    let ledger = |report: &Report, sign: i128| {
        report.size.ledger.iter().map(|row| (mirrored(&row.causes), row.bytes * sign)).collect::<BTreeSet<_>>()
    };
    let plain = |report: &Report| {
        report.size.ledger.iter().map(|row| (sorted(&row.causes), row.bytes)).collect::<BTreeSet<_>>()
    };
    assert_eq!(ledger(report, -1), plain(swapped), "{name}: ledger");
    let findings = |report: &Report, mirror: bool| {
        report.findings.iter().map(|finding| facts(finding, mirror)).collect::<BTreeSet<_>>()
    };
    assert_eq!(findings(report, true), findings(swapped, false), "{name}: findings");
    let unexplained = |report: &Report, mirror: bool| {
        let values =
            |values: &Pair<why_differ::report::Value>| if mirror { values.clone().swap() } else { values.clone() };
        report
            .unexplained
            .iter()
            .map(|one| (one.field.clone(), format!("{:?}", values(&one.values))))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(unexplained(report, true), unexplained(swapped, false), "{name}: unexplained");
}

/// The two codes that are each other's mirror image.
fn mirror(code: &str) -> &str {
    match code {
        "file-added" => "file-removed",
        "file-removed" => "file-added",
        other => other,
    }
}

fn mirrored(causes: &[&'static str]) -> Vec<String> {
    let mut causes: Vec<String> = causes.iter().map(|code| mirror(code).to_owned()).collect();
    causes.sort();
    causes
}

fn sorted(causes: &[&'static str]) -> Vec<String> {
    let mut causes: Vec<String> = causes.iter().map(|code| (*code).to_owned()).collect();
    causes.sort();
    causes
}

type Facts = (String, u64, &'static str, Option<i128>, Vec<String>);

fn facts(finding: &Finding, swap: bool) -> Facts {
    let code = if swap { mirror(finding.cause) } else { finding.cause };
    let bytes = finding.size_effect.map(|bytes| if swap { -bytes } else { bytes });
    let mut evidence: Vec<String> = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Values { field, values, repeats, .. } => {
                let values = if swap { values.clone().swap() } else { values.clone() };
                // of deltas of one shape another one may stand for the rest
                (*repeats == 1).then(|| format!("{field} {values:?}"))
            }
            _ => None,
        })
        .map(|text| without_positions(&text))
        .collect();
    evidence.sort();
    (code.to_owned(), finding.count, finding.certainty.name(), bytes, evidence)
}

/// Items that stand at two positions are named by both, `a→b`.
fn without_positions(text: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for character in text.chars() {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            character if inside && (character.is_ascii_digit() || character == '→') => {}
            character => out.push(character),
        }
    }
    out
}

#[test]
fn a_real_image_is_equal_to_itself() {
    for reference in wild::references() {
        assert_identity(&reference);
    }
}

#[test]
fn real_pairs_lose_no_difference_and_are_symmetric() {
    for pair in wild::pairs() {
        let report = compare(&pair.a, &pair.b);
        assert_completeness(&report, &pair.name);
        assert_symmetry(&report, &compare(&pair.b, &pair.a), &pair.name);
    }
}

#[test]
fn cases_lose_no_difference_and_are_symmetric() {
    for case in support::cases().iter().filter(|case| case.args.is_empty()) {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = case.build(dir.path());
        let report = compare(&built.a, &built.b);
        assert_completeness(&report, &case.name);
        assert_symmetry(&report, &compare(&built.b, &built.a), &case.name);
        assert_identity(&built.a);
        assert_identity(&built.b);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for pair in wild::pairs() {
        let with = |jobs| {
            let options = Options { jobs: Some(jobs), ..Options::default() };
            why_differ::render::json::report(&diff(&pair.a, &pair.b, &options, &()), true)
        };
        assert_eq!(with(1), with(4), "{}", pair.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Mutate an image by a random set of causes: exactly that set is found.
    #[test]
    fn causes_compose(choice in proptest::collection::vec(any::<prop::sample::Index>(), 1..9)) {
        let all = support::mutations();
        let mut chosen: Vec<&support::Case> = Vec::new();
        for index in &choice {
            let candidate = index.get(&all);
            chosen.push(candidate);
            if !support::compatible(&chosen) {
                chosen.pop();
            }
        }
        let names: Vec<&str> = chosen.iter().map(|case| case.name.as_str()).collect();
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = support::compose(&chosen, dir.path());
        let report = compare(&built.a, &built.b);
        let expected = support::case::composed_expectation(&chosen);
        let found: BTreeSet<&str> = report.findings.iter().map(|finding| finding.cause).collect();
        let wanted: BTreeSet<&str> = expected.causes.iter().map(String::as_str).collect();
        prop_assert_eq!(found, wanted, "{:?}", names);
        prop_assert_eq!(report.sameness.map_or("null", |level| level.name()), expected.sameness.as_str(), "{:?}", names);
        prop_assert!(report.unexplained.is_empty(), "{names:?}: {:?}", report.unexplained);
        assert_completeness(&report, &names.join(" + "));
        assert_symmetry(&report, &compare(&built.b, &built.a), &names.join(" + "));
    }
}
