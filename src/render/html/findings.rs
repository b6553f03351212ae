//! The causes: each with its evidence, its places, its page and what to do about it.

use super::table::{ROWS, table};
use super::{At, prose, view};
use crate::pair::Pair;
use crate::render::explain::{self, Entry};
use crate::render::markup::escaped;
use crate::render::words::{both, compressor, diffed};
use crate::report::{Certainty, Evidence, Finding, HeaderExhibit, Report};
use crate::text::{counted, signed_size, size, thousands};

/// Causes that are open when the page is.
const OPEN: usize = 3;

pub(super) fn section(report: &Report, causes: &[Entry<'_>], at: At<'_>) -> String {
    if report.findings.is_empty() && report.unexplained.is_empty() {
        return String::new();
    }
    let mut out = at.section("why", "Why") + "<div class=\"two\">\n";
    for (number, finding) in report.findings.iter().enumerate() {
        out.push_str(&one(number, finding, report, causes, at));
    }
    if !report.unexplained.is_empty() {
        let rows: Vec<Vec<String>> = report
            .unexplained
            .iter()
            .take(ROWS)
            .map(|one| {
                let values = both(&one.values, &view());
                vec![escaped(&one.place), escaped(&one.field), mono(&values.a), mono(&values.b)]
            })
            .collect();
        let total = report.unexplained.len() as u64;
        out.push_str(&format!(
            "<details class=\"cause\" open=\"open\">\n<summary>{} {}</summary>\n",
            at.heading("Not explained"),
            counted(total, "difference", "differences")
        ));
        out.push_str(&table("Differences that no cause explains", &["where", "field", "a", "b"], &rows, total));
        out.push_str("</details>\n");
    }
    out.push_str("</div>\n</section>\n");
    out
}

fn one(number: usize, finding: &Finding, report: &Report, causes: &[Entry<'_>], at: At<'_>) -> String {
    let shared = report.size.ledger.iter().any(|row| row.causes.len() > 1 && row.causes.contains(&finding.cause));
    let effect = match finding.size_effect {
        Some(bytes) => signed_size(bytes),
        None if shared => "shared".to_owned(),
        None => String::new(),
    };
    let entry = causes.iter().find(|entry| entry.code == finding.cause);
    let certainty = match finding.certainty {
        Certainty::Observed => "read off the bytes",
        Certainty::Likely => "likely, by its fingerprint",
        Certainty::Proved => "proved: the bytes were rebuilt",
    };
    let mut out = format!(
        "<details class=\"cause\"{}>\n<summary>{} {} <span class=\"effect\">{effect}</span></summary>\n",
        if number < OPEN { " open=\"open\"" } else { "" },
        at.heading(&format!("<code>{}</code>", finding.cause)),
        escaped(&finding.title),
    );
    if let Some(entry) = entry {
        out.push_str(&format!("<p>{}.</p>\n", escaped(&explain::summary(entry.page))));
    }
    out.push_str(&format!(
        "<p class=\"extent\">{} ({}), {certainty}.</p>\n",
        counted(finding.count, "difference", "differences"),
        finding.group.name()
    ));
    out.push_str(&evidence(finding));
    let headers: Vec<&HeaderExhibit> =
        report.exhibits.headers.iter().filter(|header| header.cause == Some(finding.cause)).collect();
    out.push_str(&self::headers(&headers));
    if finding.places_total > 1 {
        let rows: Vec<Vec<String>> = finding.places.iter().take(ROWS).map(|place| vec![mono(place)]).collect();
        out.push_str(&format!(
            "<details>\n<summary>Where: {}</summary>\n",
            counted(finding.places_total, "place", "places")
        ));
        out.push_str(&table("Places", &["where"], &rows, finding.places_total));
        out.push_str("</details>\n");
    }
    if let Some(entry) = entry {
        out.push_str(
            "<details class=\"aside\">\n<summary>What this is, why it happens, how to confirm and fix it</summary>\n",
        );
        out.push_str(&prose::prose(entry.page, at.level + 2));
        out.push_str("</details>\n");
    }
    out.push_str("</details>\n");
    out
}

fn mono(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// Values in a table; sentences, layers and changed lines around it.
fn evidence(finding: &Finding) -> String {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut around = String::new();
    for piece in finding.evidence.iter().take(ROWS) {
        match piece {
            Evidence::Values { place, field, values, repeats } => {
                let values = both(values, &view());
                let alike =
                    if *repeats > 1 { format!(" ({} more alike)", thousands(repeats - 1)) } else { String::new() };
                let subject = format!("{}{alike}", escaped(place));
                rows.push(vec![subject, escaped(field), mono(&values.a), mono(&values.b)]);
            }
            Evidence::Layer { place, size: sizes, diff_id } => {
                let sizes = sizes.map(|bytes| bytes.map_or_else(|| "?".to_owned(), size));
                let ids = match (diff_id.a, diff_id.b) {
                    (Some(a), Some(b)) if a == b => format!("diff ID {} on both", a.short()),
                    (Some(a), Some(b)) => format!("diff IDs {} and {}", a.short(), b.short()),
                    _ => "blob".to_owned(),
                };
                rows.push(vec![escaped(place), ids, mono(&sizes.a), mono(&sizes.b)]);
            }
            Evidence::Encoder { place, sides } => {
                let by = (**sides).as_ref().map(|encoder| escaped(&compressor(encoder)));
                rows.push(vec![escaped(place), "compressed by".to_owned(), by.a, by.b]);
            }
            Evidence::Note(note) => around.push_str(&format!("<p>{}</p>\n", escaped(note))),
            Evidence::Lines { place, lines, more } => around.push_str(&changed(place, lines, *more)),
        }
    }
    let listed = (rows.len() as u64).max(1);
    let unlisted = finding.evidence_total.saturating_sub(finding.evidence.len().min(ROWS) as u64);
    let table = match rows.is_empty() {
        true => String::new(),
        false => table("Evidence", &["where", "field", "a", "b"], &rows, listed + unlisted),
    };
    format!("{around}{table}")
}

fn changed(place: &str, lines: &[(char, Vec<u8>)], more: u64) -> String {
    let mut out = format!(
        "<p>{}</p>\n<div class=\"wide\"><table class=\"diff\">\n<caption class=\"hidden\">Changed lines</caption>\n<tbody>\n",
        mono(place)
    );
    for ((sign, _), line) in lines.iter().zip(diffed(lines, &view())) {
        let (class, words) = match sign {
            '-' => ("del", "removed"),
            '+' => ("ins", "added"),
            _ => ("", "same"),
        };
        out.push_str(&format!(
            "<tr class=\"{class}\"><td title=\"{words}\">{}</td><td><code>{}</code></td></tr>\n",
            escaped(&sign.to_string()),
            escaped(&line)
        ));
    }
    out.push_str("</tbody>\n</table></div>\n");
    if more > 0 {
        out.push_str(&format!(
            "<p class=\"more\">… {}</p>\n",
            counted(more, "more changed line", "more changed lines")
        ));
    }
    out
}

/// The bytes behind it: header fields that differ, with their offsets.
fn headers(headers: &[&HeaderExhibit]) -> String {
    let mut rows = Vec::new();
    for header in headers {
        for field in &header.fields {
            let offset = |side: Pair<usize>| match side.same() {
                true => side.a.to_string(),
                false => format!("{} and {}", side.a, side.b),
            };
            let value = |bytes: &[u8], meaning: &str| {
                format!("<code>{}</code><br/>{}", super::documents::hex(bytes, 32), escaped(meaning))
            };
            rows.push(vec![
                format!("{} of {}", header.kind, escaped(&header.place)),
                format!("{} at byte {}", escaped(&field.name), offset(field.offset)),
                value(&field.bytes.a, &field.meaning.a),
                value(&field.bytes.b, &field.meaning.b),
            ]);
        }
    }
    if rows.is_empty() {
        return String::new();
    }
    let total = rows.len() as u64;
    format!(
        "<details>\n<summary>The bytes of the first headers</summary>\n{}</details>\n",
        table("Header fields", &["header", "field", "a", "b"], &rows, total)
    )
}
