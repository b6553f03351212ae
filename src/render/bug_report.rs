//! The Markdown that a maintainer wishes for: what was compared and how it was obtained, the least
//! evidence that shows it, what was expected, and commands that show it without this program.
//!
//! The report must have been through [`crate::redact`]; what was taken out is told.

use super::commands;
use super::explain::{self, Block, Entry};
use super::markup::{code, fenced, said};
use super::text;
use super::words::{both, compressor};
use super::{Detail, View};
use crate::pair::Side;
use crate::report::{Evidence, Finding, HeaderExhibit, ImageSummary, Report, Sameness};
use crate::text::{counted, signed_size, size, thousands};

/// Pieces of evidence of one cause.
const EVIDENCE: usize = 5;
/// Headers shown of one cause.
const HEADERS: usize = 1;

/// The bug report; `redacted` tells what was taken out of it.
pub fn markdown(report: &Report, redacted: &[impl std::fmt::Display], causes: &[Entry<'_>], version: &str) -> String {
    let mut out = format!("# {}\n", title(report));
    out.push_str("\n## What was compared\n\n| | a | b |\n|---|---|---|\n");
    out.push_str(&facts(report));
    out.push_str(&format!("\n## Expected and actual\n\nExpected: {}.\n\n", expected(report)));
    out.push_str(&format!("Actual: **{}**. {}\n", text::headline(report), text::sentence(report)));
    for trouble in &report.trouble {
        let side = trouble.side.map(|side| format!("{}: ", side.name())).unwrap_or_default();
        out.push_str(&format!("\n> {side}{}\n", said(&trouble.message)));
    }
    if !report.findings.is_empty() {
        out.push_str("\n## What differs\n");
    }
    for finding in &report.findings {
        self::finding(&mut out, finding, report, causes);
    }
    if !report.unexplained.is_empty() {
        out.push_str("\n### Not explained by a known cause\n\n");
        for one in report.unexplained.iter().take(EVIDENCE) {
            let values = both(&one.values, &view());
            out.push_str(&format!(
                "- {} {}: {} → {}\n",
                said(&one.place),
                code(&one.field),
                code(&values.a),
                code(&values.b)
            ));
        }
        let more = report.unexplained.len().saturating_sub(EVIDENCE);
        if more > 0 {
            out.push_str(&format!("- … and {} more\n", thousands(more as u64)));
        }
    }
    out.push_str("\n## To see it without why-differ\n\n");
    out.push_str(&fenced("sh", &commands::script(report)));
    out.push_str(&format!("\n## Versions\n\nwhy-differ {version}. Made by:\n\n"));
    for side in Side::BOTH {
        let reference = code(&report.sides.get(side).reference);
        out.push_str(&format!("- {reference}: please add which tool of which version wrote it"));
        // what the bytes of a layer show of it
        let layers = report.layers.iter().filter_map(|row| row.layer.get(side).as_ref());
        if let Some(encoder) = layers.filter_map(|layer| layer.encoder.as_ref()).next() {
            out.push_str(&format!("; its layers were compressed by {}", said(&compressor(encoder))));
        }
        out.push('\n');
    }
    out.push_str("\n## What was taken out\n\n");
    if redacted.is_empty() {
        out.push_str("Nothing looked like a secret. No contents of files are in this report.\n");
    } else {
        out.push_str(
            "These looked like secrets and stand as `[redacted #N]`; a document with such a mark no longer hashes to \
             its digest:\n\n",
        );
        for line in redacted {
            out.push_str(&format!("- {}\n", said(&line.to_string())));
        }
    }
    out
}

/// Everything in full: a maintainer compares digests.
fn view() -> View {
    View { detail: Detail::Everything, ..View::default() }
}

fn title(report: &Report) -> String {
    let causes: Vec<&str> = report.findings.iter().take(3).map(|finding| finding.cause).collect();
    let level = match report.sameness {
        Some(Sameness::SameDigest) => return "Two images of one digest".to_owned(),
        Some(Sameness::SameImage) => "One image under two digests",
        Some(Sameness::SameLayers) => "The same layers under two image IDs",
        Some(Sameness::SameFiles) => "The same files in other layers",
        Some(Sameness::SameContents) => "The same contents with other metadata",
        Some(Sameness::Different) => "Two images that should be the same hold other files",
        None => "An image that cannot be read",
    };
    if causes.is_empty() { level.to_owned() } else { format!("{level}: {}", causes.join(", ")) }
}

fn expected(report: &Report) -> &'static str {
    match report.sameness {
        Some(Sameness::SameImage) => "one digest, since the config and all layers are the same",
        Some(Sameness::SameLayers) => "one image ID, since all layers are the same",
        Some(Sameness::SameFiles | Sameness::SameContents) => "the same layers, since the contents are the same",
        Some(Sameness::SameDigest) => "the same, and they are",
        Some(Sameness::Different) => "the same files in both",
        None => "two images that can be read and hash to their digests",
    }
}

fn facts(report: &Report) -> String {
    let row = |name: &str, fact: &dyn Fn(&ImageSummary) -> String| {
        format!("| {name} | {} | {} |\n", fact(&report.sides.a), fact(&report.sides.b))
    };
    let digest = |digest: Option<crate::digest::Digest>| digest.map(|own| code(&own.to_string())).unwrap_or_default();
    let mut out = String::new();
    out.push_str(&row("reference", &|image| code(&image.reference)));
    out.push_str(&row("read from", &|image| {
        if image.source.is_empty() { "could not be read".to_owned() } else { said(&image.source) }
    }));
    out.push_str(&row("form", &|image| said(&image.form)));
    out.push_str(&row("media type", &|image| code(image.media_type.as_deref().unwrap_or_default())));
    out.push_str(&row("digest", &|image| digest(image.digest)));
    out.push_str(&row("image ID", &|image| digest(image.image_id)));
    out.push_str(&row("platform", &|image| said(image.platform.as_deref().unwrap_or_default())));
    // what could not be read has no form, and nobody knows its layers
    out.push_str(&row("layers", &|image| if image.form.is_empty() { String::new() } else { image.layers.to_string() }));
    out.push_str(&row("size", &|image| image.size.map(|bytes| format!("{bytes} bytes")).unwrap_or_default()));
    out
}

fn finding(out: &mut String, finding: &Finding, report: &Report, causes: &[Entry<'_>]) {
    let effect = finding.size_effect.map(|bytes| format!(", {}", signed_size(bytes))).unwrap_or_default();
    out.push_str(&format!("\n### {}\n\n{}", code(finding.cause), said(&finding.title)));
    let places = match finding.places_total {
        0 => String::new(),
        total => format!(" in {}", counted(total, "place", "places")),
    };
    out.push_str(&format!(" ({}{places}{effect}).\n", counted(finding.count, "difference", "differences")));
    let entry = causes.iter().find(|entry| entry.code == finding.cause);
    if let Some(entry) = entry {
        out.push_str(&format!("\n{}.\n\n", explain::summary(entry.page)));
    }
    for piece in finding.evidence.iter().take(EVIDENCE) {
        evidence(out, piece);
    }
    let more = finding.evidence_total.saturating_sub(EVIDENCE as u64);
    if more > 0 {
        out.push_str(&format!("- … and {} more\n", thousands(more)));
    }
    let headers = report.exhibits.headers.iter().filter(|header| header.cause == Some(finding.cause));
    for header in headers.take(HEADERS) {
        self::header(out, header);
    }
    if let Some(entry) = entry {
        let references = references(entry.page);
        if !references.is_empty() {
            out.push_str("\nReferences:\n\n");
            references.iter().for_each(|line| out.push_str(&format!("- {line}\n")));
        }
    }
}

fn evidence(out: &mut String, piece: &Evidence) {
    match piece {
        Evidence::Note(note) => out.push_str(&format!("- {}\n", said(note))),
        Evidence::Encoder { place, sides } => {
            for (side, encoder) in [("a", &sides.a), ("b", &sides.b)] {
                out.push_str(&format!("- {} of {side}: {}\n", said(place), said(&compressor(encoder))));
            }
        }
        Evidence::Layer { place, size: sizes, diff_id } => {
            let sizes = sizes.map(|bytes| bytes.map_or_else(|| "?".to_owned(), size));
            let ids = match (diff_id.a, diff_id.b) {
                (Some(a), Some(b)) if a == b => format!("; diff ID {} on both, recomputed", code(&a.to_string())),
                (Some(a), Some(b)) => {
                    format!("; diff ID {} → {}", code(&a.to_string()), code(&b.to_string()))
                }
                _ => String::new(),
            };
            out.push_str(&format!("- {}: {} → {}{ids}\n", said(place), sizes.a, sizes.b));
        }
        Evidence::Values { place, field, values, repeats } => {
            let values = both(values, &view());
            let alike = if *repeats > 1 { format!(" ({} more alike)", thousands(repeats - 1)) } else { String::new() };
            let field = if field.is_empty() { String::new() } else { format!(" {}", code(field)) };
            out.push_str(&format!("- {}{field}: {} → {}{alike}\n", said(place), code(&values.a), code(&values.b)));
        }
        // lines of files are contents
        Evidence::Lines { place, lines, more } => {
            let changed = lines.iter().filter(|(sign, _)| *sign != ' ').count() as u64 + more;
            out.push_str(&format!("- {}: {}\n", code(place), counted(changed, "changed line", "changed lines")));
        }
    }
}

/// The bytes that differ, with their meaning.
fn header(out: &mut String, header: &HeaderExhibit) {
    if header.fields.is_empty() {
        return;
    }
    let offset = |offset: Option<u64>| offset.map_or_else(|| "none".to_owned(), |offset| offset.to_string());
    out.push_str(&format!(
        "\nThe {} of {}, which begins at byte {} in a and {} in b:\n\n| field | at byte | a | b |\n|---|---|---|---|\n",
        header.kind,
        code(&header.place),
        offset(header.offset.a),
        offset(header.offset.b)
    ));
    for field in &header.fields {
        let at = if field.offset.same() {
            field.offset.a.to_string()
        } else {
            format!("{} and {}", field.offset.a, field.offset.b)
        };
        let value = |bytes: &[u8], meaning: &str| {
            let mut text: Vec<String> = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            if bytes.len() > 16 {
                text.push("…".to_owned());
            }
            format!("{}<br>{}", code(&text.join(" ")), said(meaning))
        };
        out.push_str(&format!(
            "| {} | {at} | {} | {} |\n",
            said(&field.name),
            value(&field.bytes.a, &field.meaning.a),
            value(&field.bytes.b, &field.meaning.b)
        ));
    }
}

/// The items of a page's last section.
fn references(page: &str) -> Vec<String> {
    let blocks = explain::blocks(page);
    let section = blocks.iter().skip_while(|block| !matches!(block, Block::Heading(text) if text == "References"));
    section
        .filter_map(|block| match block {
            Block::Item { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_references() {
        assert_eq!(references("# x\n\n## Why\n- no\n\n## References\n- one\n  line\n- two\n"), ["one line", "two"]);
    }
}
