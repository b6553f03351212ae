//! The proof: each document and layer on its way from a to b, and the line that says whether b was reached.

use crate::report::{Proof, ProofStep, Report};
use crate::text::{counted, signed_size};

use super::why::cut;
use crate::render::View;
use crate::render::page::{Edge, Ink, Page, columns, para};
use crate::render::words::{brief, plain};

/// Documents and layers that are printed unless all are asked for.
const PLACES: usize = 12;
/// Items from b, and gaps.
const ITEMS: usize = 5;

/// The chains, what came from b, and what was not rebuilt.
pub(super) fn write(page: &mut Page, report: &Report, view: &View) {
    let Some(proof) = &report.proof else { return };
    if proof.steps.is_empty() && proof.not_proved.is_empty() {
        return;
    }
    page.heading("Proof, by rebuilding b from a cause by cause");
    let chains = chains(proof);
    let most = view.bound(PLACES, PLACES * 4);
    for chain in chains.iter().take(most) {
        let Some(first) = chain.first() else { continue };
        page.para(para("  ", &plain(&first.place, view)));
        let mut before: Option<u64> = None;
        let rows: Vec<Vec<String>> = chain
            .iter()
            .map(|step| {
                let digest = match (&step.digest, view.everything()) {
                    (Some(digest), true) => digest.to_string(),
                    (Some(digest), false) => brief(digest),
                    (None, _) => "nothing".to_owned(),
                };
                let change = match (before, step.size) {
                    (Some(before), Some(size)) => signed_size(i128::from(size) - i128::from(before)),
                    _ => String::new(),
                };
                before = step.size;
                vec![digest, change, format!("{}{}", step.cause.unwrap_or("a"), note(step))]
            })
            .collect();
        for line in columns(&rows, &[Edge::Left, Edge::Right, Edge::Left]) {
            page.line(Ink::Plain, &format!("       {line}"));
        }
    }
    cut(page, "  ", chains.len().saturating_sub(most) as u64);
    let most = view.bound(ITEMS, ITEMS * 4);
    for taken in proof.taken.iter().take(most) {
        let text = format!("{}: {}", plain(&taken.place, view), crate::text::size(taken.bytes));
        page.para(para("  from b  ", &format!("{text} ({})", taken.what)));
    }
    cut(page, "  ", proof.taken.len().saturating_sub(most) as u64);
    for gap in proof.not_proved.iter().take(most) {
        page.para(para("  not proved  ", &plain(gap, view)).ink(Ink::Notable));
    }
    cut(page, "  ", proof.not_proved.len().saturating_sub(most) as u64);
}

/// The steps of each document and layer.
pub(in crate::render) fn chains(proof: &Proof) -> Vec<&[ProofStep]> {
    proof.steps.chunk_by(|_, next| next.cause.is_some()).collect()
}

/// What is to be said of a step whose digest was not made.
pub(in crate::render) fn note(step: &ProofStep) -> &'static str {
    if step.rebuilt { "" } else { "  (b\u{2019}s own, not rebuilt)" }
}

/// Whether b was reached, or what was missed.
pub(super) fn last_line(page: &mut Page, report: &Report) {
    let Some(proof) = &report.proof else { return };
    page.para(para("", &sentence(proof)).ink(if proof.complete { Ink::Good } else { Ink::Notable }));
}

/// The proof in one line.
pub(in crate::render) fn sentence(proof: &Proof) -> String {
    let causes = counted(proof.causes as u64, "cause", "causes");
    let wanted = proof.wanted.map(|digest| brief(&digest)).unwrap_or_default();
    if proof.complete {
        let taken = match proof.taken_from_b() {
            0 => String::new(),
            bytes => format!(", with {} that only b has", crate::text::size(bytes)),
        };
        return match proof.causes {
            0 => format!("Proved: a is {wanted} = b."),
            _ => format!("Proved: replaying {causes} on a gives {wanted} = b{taken}."),
        };
    }
    if proof.steps.is_empty() {
        let why = proof.not_proved.first().map_or("nothing was rebuilt", |why| why);
        return format!("Not proved: {}.", crate::text::shown(why.as_bytes()));
    }
    if let Some(missed) = proof.missed.first() {
        let digest = |digest: &Option<crate::digest::Digest>| digest.as_ref().map_or("nothing".to_owned(), brief);
        let more = match proof.missed.len() {
            1 => String::new(),
            many => format!(", and {}", counted(many as u64 - 1, "more is missed", "more are missed")),
        };
        return format!(
            "Not proved: replaying {causes} on a gives {} for the {}, and b has {}{more}.",
            digest(&missed.reached),
            crate::text::shown(missed.place.as_bytes()),
            digest(&missed.wanted),
        );
    }
    let gaps = counted(proof.not_proved.len() as u64, "thing", "things");
    format!(
        "Not proved in full: what was rebuilt by replaying {causes} on a is b\u{2019}s, but {gaps} could not be rebuilt."
    )
}
