//! The report in Markdown: for a merge request, an issue, a wiki.
//!
//! Says what the text report says, in the same order. Foreign text stands in code spans wherever
//! it could mean anything in Markdown.

use super::explain::{self, Entry};
use super::markup::{code, fenced, said};
use super::text::proof::{chains, note, sentence};
use super::text::ways;
use super::words::{both, brief, compressor, diffed};
use super::{View, text};
use crate::pair::Side;
use crate::report::{Certainty, Evidence, Finding, ImageSummary, Proof, Report, Unexplained};
use crate::text::{counted, signed_size, size, thousands};

/// Pieces of evidence and rows of a list, unless all are asked for.
const FEW: usize = 10;

/// The report; `causes` are all that there are, with their pages, and `full` lifts the bounds of lists.
pub fn report(report: &Report, causes: &[Entry<'_>], full: bool) -> String {
    let view = View { full, ..View::default() };
    let mut out = format!("# {}\n\n{}\n", text::headline(report), said_sentence(&text::sentence(report)));
    body(&mut out, report, causes, &view, 2);
    for pair in &report.pairs {
        out.push_str(&format!("\n## {}\n\n", code(&pair.platform)));
        match (&pair.report, pair.only) {
            (Some(inner), _) => {
                out.push_str(&format!("**{}**: {}\n", text::headline(inner), said_sentence(&text::sentence(inner))));
                body(&mut out, inner, causes, &view, 3);
            }
            (None, only) => {
                out.push_str(&format!("Only {} has this platform.\n", only.map_or("one side", Side::name)));
            }
        }
    }
    let ways = ways(report);
    if !ways.is_empty() {
        out.push_str("\n## To make them the same\n\n");
        for way in ways {
            let causes: Vec<String> = way.causes.iter().map(|cause| code(cause)).collect();
            out.push_str(&format!("- {}: {}\n", causes.join(", "), said(&way.fix.text)));
            if let Some(command) = &way.fix.command {
                for line in fenced("sh", &shown_lines(command)).lines() {
                    out.push_str(&format!("  {line}\n"));
                }
            }
        }
    }
    out.push_str(&format!("\n{}\n", text::count(report)));
    out
}

/// Our own sentence, in which only an image's ID, a platform or a path is foreign.
fn said_sentence(sentence: &str) -> String {
    sentence.replace(['<', '>', '`', '|', '@', '[', ']'], " ")
}

fn shown_lines(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", crate::text::shown(line.as_bytes()))).collect()
}

fn body(out: &mut String, report: &Report, causes: &[Entry<'_>], view: &View, level: usize) {
    let heading = |text: &str| format!("\n{} {text}\n\n", "#".repeat(level));
    for trouble in &report.trouble {
        let side = trouble.side.map(|side| format!("{}: ", side.name())).unwrap_or_default();
        out.push_str(&format!("\n> {side}{}\n", said(&trouble.message)));
    }
    out.push_str("\n| | image | form | digest | size |\n|---|---|---|---|---:|\n");
    for (name, image) in [("a", &report.sides.a), ("b", &report.sides.b)] {
        out.push_str(&image_row(name, image));
    }
    if !report.findings.is_empty() {
        out.push_str(&heading("Why"));
        for (number, finding) in report.findings.iter().enumerate() {
            self::finding(out, number + 1, finding, causes, view);
        }
    }
    if !report.size.ledger.is_empty() {
        let whole = report.size.difference().map(|bytes| format!(", {} in all", signed_size(bytes)));
        out.push_str(&heading(&format!("Size{}", whole.unwrap_or_default())));
        out.push_str("| bytes | cause |\n|---:|---|\n");
        for row in &report.size.ledger {
            let names: Vec<String> = row.causes.iter().map(|cause| code(cause)).collect();
            let names = if names.is_empty() { "not explained".to_owned() } else { names.join(" + ") };
            out.push_str(&format!("| {} | {names} |\n", signed_size(row.bytes)));
        }
    }
    if !report.unexplained.is_empty() {
        out.push_str(&heading("Not explained"));
        let most = if view.full { usize::MAX } else { FEW };
        for one in report.unexplained.iter().take(most) {
            out.push_str(&unexplained(one, view));
        }
        more(out, report.unexplained.len() as u64, most);
    }
    if let Some(proof) = &report.proof {
        out.push_str(&heading("Proof"));
        self::proof(out, proof, view);
    }
    if !report.notes.is_empty() {
        out.push_str(&heading("Remarks"));
        for note in &report.notes {
            out.push_str(&format!("- {}\n", said(note)));
        }
    }
}

/// Each document and layer on its way from a to b, one row a cause.
fn proof(out: &mut String, proof: &Proof, view: &View) {
    out.push_str(&format!("**{}**\n", said_sentence(&sentence(proof))));
    let most = if view.full { usize::MAX } else { FEW };
    let chains = chains(proof);
    if !chains.is_empty() {
        out.push_str("\n| | after | digest | size |\n|---|---|---|---:|\n");
    }
    for chain in chains.iter().take(most) {
        for (number, step) in chain.iter().enumerate() {
            let place = if number == 0 { said(&step.place) } else { String::new() };
            let digest = step.digest.as_ref().map_or("nothing".to_owned(), |digest| code(&digest.to_string()));
            let bytes = step.size.map(size).unwrap_or_default();
            let cause = step.cause.map_or("a".to_owned(), code);
            out.push_str(&format!("| {place} | {cause}{} | {digest} | {bytes} |\n", note(step)));
        }
    }
    let items = proof.missed.len() + proof.taken.len() + proof.not_proved.len();
    if items > 0 || chains.len() > most {
        out.push('\n');
    }
    if chains.len() > most {
        out.push_str(&format!("- … and {} more documents and layers\n", thousands((chains.len() - most) as u64)));
    }
    for missed in proof.missed.iter().take(most) {
        let digest = |digest: Option<&crate::digest::Digest>| {
            digest.map_or("nothing".to_owned(), |digest| code(&digest.to_string()))
        };
        let (reached, wanted) = (digest(missed.reached.as_ref()), digest(missed.wanted.as_ref()));
        out.push_str(&format!("- missed: {}: {reached} was reached, b has {wanted}\n", said(&missed.place)));
    }
    more(out, proof.missed.len() as u64, most);
    for taken in proof.taken.iter().take(most) {
        out.push_str(&format!("- from b: {}: {} ({})\n", said(&taken.place), size(taken.bytes), taken.what));
    }
    more(out, proof.taken.len() as u64, most);
    for gap in proof.not_proved.iter().take(most) {
        out.push_str(&format!("- not proved: {}\n", said(gap)));
    }
    more(out, proof.not_proved.len() as u64, most);
}

fn image_row(name: &str, image: &ImageSummary) -> String {
    let digest = image.digest.map(|digest| code(&digest.to_string())).unwrap_or_default();
    let bytes = image.size.map(size).unwrap_or_default();
    format!("| {name} | {} | {} | {digest} | {bytes} |\n", code(&image.reference), said(&image.form))
}

fn finding(out: &mut String, number: usize, finding: &Finding, causes: &[Entry<'_>], view: &View) {
    let effect = finding.size_effect.map(|bytes| format!(" ({})", signed_size(bytes))).unwrap_or_default();
    out.push_str(&format!("{number}. {}{effect}: {}\n", code(finding.cause), said(&finding.title)));
    if let Some(entry) = causes.iter().find(|entry| entry.code == finding.cause) {
        out.push_str(&format!("\n   {}.\n", explain::summary(entry.page)));
    }
    let certainty = match finding.certainty {
        Certainty::Observed => "",
        Certainty::Likely => " Likely, by its fingerprint.",
        Certainty::Proved => " Proved: the bytes were rebuilt.",
    };
    let most = if view.full { usize::MAX } else { FEW };
    let places: Vec<String> = finding.places.iter().take(3).map(|place| said(place)).collect();
    let rest = match finding.places_total.saturating_sub(places.len() as u64) {
        0 => String::new(),
        more => format!(" and {} more", thousands(more)),
    };
    let places = if places.is_empty() { String::new() } else { format!(" in {}{rest}", places.join(", ")) };
    out.push_str(&format!("\n   {}{places}.{certainty}\n", counted(finding.count, "difference", "differences")));
    if !finding.evidence.is_empty() {
        out.push('\n');
    }
    for piece in finding.evidence.iter().take(most) {
        evidence(out, piece, view);
    }
    let printed = finding.evidence.len().min(most) as u64;
    if finding.evidence_total > printed {
        out.push_str(&format!("   - … and {} more\n", thousands(finding.evidence_total - printed)));
    }
    out.push('\n');
}

fn evidence(out: &mut String, piece: &Evidence, view: &View) {
    match piece {
        Evidence::Note(note) => out.push_str(&format!("   - {}\n", said(note))),
        Evidence::Encoder { place, sides } => {
            for (side, encoder) in [("a", &sides.a), ("b", &sides.b)] {
                out.push_str(&format!("   - {} of {side}: {}\n", said(place), said(&compressor(encoder))));
            }
        }
        Evidence::Layer { place, size: sizes, diff_id } => {
            let sizes = sizes.map(|bytes| bytes.map_or_else(|| "?".to_owned(), size));
            let mut line = format!("   - {}: {} → {}", said(place), sizes.a, sizes.b);
            match (diff_id.a, diff_id.b) {
                (Some(a), Some(b)) if a == b => line.push_str(&format!(", diff ID {} on both", code(&brief(&a)))),
                (Some(a), Some(b)) => {
                    line.push_str(&format!(", diff ID {} and {}", code(&brief(&a)), code(&brief(&b))));
                }
                _ => {}
            }
            out.push_str(&format!("{line}\n"));
        }
        Evidence::Values { place, field, values, repeats } => {
            let values = both(values, view);
            let alike = if *repeats > 1 { format!(" ({} more alike)", thousands(repeats - 1)) } else { String::new() };
            let field = if field.is_empty() { String::new() } else { format!(" {}", code(field)) };
            out.push_str(&format!("   - {}{field}: {} → {}{alike}\n", said(place), code(&values.a), code(&values.b)));
        }
        Evidence::Lines { place, lines, more } => {
            out.push_str(&format!("   - {}:\n", code(place)));
            let text: String = lines
                .iter()
                .zip(diffed(lines, view))
                .map(|((sign, _), line)| format!("{}{line}\n", crate::text::shown(sign.to_string().as_bytes())))
                .collect();
            for line in fenced("diff", &text).lines() {
                out.push_str(&format!("     {line}\n"));
            }
            if *more > 0 {
                out.push_str(&format!("     … {}\n", counted(*more, "more changed line", "more changed lines")));
            }
        }
    }
}

fn unexplained(one: &Unexplained, view: &View) -> String {
    let values = both(&one.values, view);
    format!("- {} {}: {} → {}\n", said(&one.place), code(&one.field), code(&values.a), code(&values.b))
}

fn more(out: &mut String, total: u64, printed: usize) {
    let rest = total.saturating_sub(printed as u64);
    if rest > 0 {
        out.push_str(&format!("- … and {} more\n", thousands(rest)));
    }
}
