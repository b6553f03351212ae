//! The proof chain: each document and layer on its way from a to b, what came from b, what was missed.

use super::At;
use super::table::{ROWS, table};
use crate::digest::Digest;
use crate::render::markup::escaped;
use crate::render::text::proof::{chains, note, sentence};
use crate::report::{Proof, ProofStep, Report};
use crate::text::{counted, signed_size, size};

/// Chains with a table of their own; the rest are counted.
const CHAINS: usize = 200;
/// Chains that are open when the page is.
const OPEN: usize = 2;

pub(super) fn section(report: &Report, at: At<'_>) -> String {
    let Some(proof) = &report.proof else { return String::new() };
    let class = if proof.complete { "good" } else { "notable" };
    let mut out = at.section("proof", "Proof");
    out.push_str(&format!(
        "<p class=\"verdict {class}\">{}</p>\n<p>Each document and layer of a is changed by one cause after \
         another, by what that cause claims. The digests are of bytes that were made, unless a row says otherwise; what had \
         to come from b is listed.</p>\n",
        escaped(&sentence(proof))
    ));
    let chains = chains(proof);
    for (number, chain) in chains.iter().take(CHAINS).enumerate() {
        out.push_str(&one(number, chain, proof, at));
    }
    if chains.len() > CHAINS {
        let more = counted((chains.len() - CHAINS) as u64, "more document or layer", "more documents and layers");
        out.push_str(&format!("<p class=\"more\">… and {more}</p>\n"));
    }
    out.push_str(&lists(proof, at));
    out.push_str("</section>\n");
    out
}

/// A document or layer: a's digest, the digest after each cause, and whether the last is b's.
fn one(number: usize, chain: &[ProofStep], proof: &Proof, at: At<'_>) -> String {
    let Some((first, last)) = chain.first().zip(chain.last()) else { return String::new() };
    let missed = proof.missed.iter().find(|missed| missed.place == first.place);
    let end = match missed {
        Some(_) => "missed",
        None if last.rebuilt => "is b\u{2019}s",
        None => "not rebuilt",
    };
    let mut before = None;
    let mut rows: Vec<Vec<String>> = chain
        .iter()
        .map(|step| {
            let change = match (before, step.size) {
                (Some(before), Some(size)) => signed_size(i128::from(size) - i128::from(before)),
                _ => String::new(),
            };
            before = step.size;
            let cause = step.cause.map_or("a".to_owned(), |cause| format!("after <code>{cause}</code>"));
            let bytes = step.size.map(size).unwrap_or_default();
            vec![format!("{cause}{}", note(step)), digest(step.digest.as_ref()), bytes, change]
        })
        .collect();
    if let Some(missed) = missed {
        let wanted = digest(missed.wanted.as_ref());
        rows.push(vec!["b, which was not reached".to_owned(), wanted, String::new(), String::new()]);
    }
    let total = rows.len() as u64;
    format!(
        "<details class=\"cause\"{}>\n<summary>{} {}, {end}</summary>\n{}</details>\n",
        if number < OPEN || missed.is_some() { " open=\"open\"" } else { "" },
        at.heading(&escaped(&first.place)),
        counted(chain.len().saturating_sub(1) as u64, "step", "steps"),
        table("Digest after each cause", &["step", "digest", "size", "change"], &rows, total)
    )
}

fn digest(digest: Option<&Digest>) -> String {
    digest.map_or("nothing".to_owned(), |digest| format!("<code>{digest}</code>"))
}

/// What came from b, what was missed without a chain, and what was not rebuilt.
fn lists(proof: &Proof, at: At<'_>) -> String {
    let mut out = String::new();
    if !proof.taken.is_empty() {
        let taken = |one: &crate::report::TakenFromB| vec![escaped(&one.place), one.what.to_owned(), size(one.bytes)];
        let rows: Vec<Vec<String>> = proof.taken.iter().take(ROWS).map(taken).collect();
        out.push_str(&at.heading("Taken from b"));
        out.push_str(&format!("<p>{} that only b has:</p>\n", size(proof.taken_from_b())));
        out.push_str(&table("Taken from b", &["where", "what", "bytes"], &rows, proof.taken.len() as u64));
    }
    let told = |missed: &&crate::report::Missed| !proof.steps.iter().any(|step| step.place == missed.place);
    let rows: Vec<Vec<String>> = proof
        .missed
        .iter()
        .filter(told)
        .take(ROWS)
        .map(|one| vec![escaped(&one.place), digest(one.reached.as_ref()), digest(one.wanted.as_ref())])
        .collect();
    if !rows.is_empty() {
        out.push_str(&at.heading("Missed"));
        out.push_str(&table("Missed", &["where", "reached", "b has"], &rows, rows.len() as u64));
    }
    if !proof.not_proved.is_empty() {
        out.push_str(&at.heading("Not proved"));
        out.push_str("\n<ul>\n");
        for gap in proof.not_proved.iter().take(ROWS) {
            out.push_str(&format!("<li>{}</li>\n", escaped(gap)));
        }
        out.push_str("</ul>\n");
        if proof.not_proved.len() > ROWS {
            let more = counted((proof.not_proved.len() - ROWS) as u64, "more is", "more are");
            out.push_str(&format!("<p class=\"more\">{more} not on this page.</p>\n"));
        }
    }
    out
}
