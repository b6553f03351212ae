//! The documents with their differences marked, and both as they are.
//!
//! Two documents are compared as values, spelt alike; how they are really spelt stands below.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::At;
use crate::render::markup::escaped;
use crate::report::{DocumentBody, DocumentExhibit, Report};
use crate::text::{shown, size};

/// Larger documents are not compared line by line, in bytes.
const LARGEST: usize = 128 << 10;
/// Lines of one comparison.
const LINES: usize = 400;
/// Lines around a change.
const AROUND: usize = 3;
/// Characters of a document as it is.
const RAW: usize = 6_000;

pub(super) fn section(report: &Report, at: At<'_>) -> String {
    let documents = &report.exhibits.documents;
    if documents.is_empty() {
        return String::new();
    }
    let mut out = at.section("documents", "Documents");
    for document in documents {
        out.push_str(&one(document, at));
    }
    out.push_str("</section>\n");
    out
}

fn one(document: &DocumentExhibit, at: At<'_>) -> String {
    let part = document.part;
    let (body, words) = match (&document.sides.a, &document.sides.b) {
        (Some(a), Some(b)) if a.bytes == b.bytes => (raw("both", a), "byte-identical".to_owned()),
        (Some(a), Some(b)) => {
            let (compared, words) = compared(a, b);
            (format!("{compared}{}{}", raw("a", a), raw("b", b)), words)
        }
        (Some(a), None) => (raw("a", a), "only a has one".to_owned()),
        (None, Some(b)) => (raw("b", b), "only b has one".to_owned()),
        (None, None) => return String::new(),
    };
    let open = if words == "byte-identical" { "" } else { " open=\"open\"" };
    let part = at.heading(part);
    format!("<details class=\"cause\"{open}>\n<summary>{part} {words}</summary>\n{body}</details>\n")
}

/// The lines that differ, and what that comes to in words.
fn compared(a: &DocumentBody, b: &DocumentBody) -> (String, String) {
    if a.bytes.len().max(b.bytes.len()) > LARGEST {
        return (String::new(), "differ; too large to be compared here".to_owned());
    }
    let (Some(left), Some(right)) = (spelt_out(&a.bytes), spelt_out(&b.bytes)) else {
        return (String::new(), "differ".to_owned());
    };
    if left == right {
        return (
            "<p>Both say the same; only how they are written differs (white space, order of keys, escapes).</p>\n"
                .to_owned(),
            "the same values, other bytes".to_owned(),
        );
    }
    let diff = TextDiff::from_lines(&left, &right);
    let mut rows = String::new();
    let mut lines = 0;
    for (number, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if number > 0 {
            rows.push_str("<tr class=\"gap\"><td></td><td>…</td></tr>\n");
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            lines += 1;
            if lines > LINES {
                continue;
            }
            let (class, sign) = match change.tag() {
                ChangeTag::Delete => ("del", "−"),
                ChangeTag::Insert => ("ins", "+"),
                ChangeTag::Equal => ("", " "),
            };
            let text = escaped(change.value().trim_end_matches('\n'));
            let _ = writeln!(rows, "<tr class=\"{class}\"><td>{sign}</td><td><code>{text}</code></td></tr>");
        }
    }
    let mut out = format!(
        "<p>The values, keys sorted; − stands in a, + in b.</p>\n<div class=\"wide\"><table class=\"diff\">\n\
         <caption class=\"hidden\">Lines that differ</caption>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    );
    if lines > LINES {
        let _ = writeln!(out, "<p class=\"more\">… and {} more lines</p>", lines - LINES);
    }
    (out, "differ".to_owned())
}

/// A document with one value a line and sorted keys; none if it is no JSON.
fn spelt_out(bytes: &[u8]) -> Option<String> {
    let mut value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    value.sort_all_objects();
    serde_json::to_string_pretty(&value).ok().map(|text| text + "\n")
}

/// A document as it is.
fn raw(side: &str, body: &DocumentBody) -> String {
    let text = String::from_utf8_lossy(&body.bytes);
    let mut shown_text = String::new();
    for line in text.chars().take(RAW).collect::<String>().lines() {
        shown_text.push_str(&escaped(line));
        shown_text.push('\n');
    }
    if text.chars().nth(RAW).is_some() {
        shown_text.push('…');
    }
    let media_type = body.media_type.as_ref().map(|own| format!(", {}", escaped(&shown(own.as_bytes()))));
    format!(
        "<details class=\"aside\">\n<summary>As it is in {side}: {}{}</summary>\n<p><code>{}</code></p>\n<pre tabindex=\"0\">{shown_text}\
         </pre>\n</details>\n",
        size(body.bytes.len() as u64),
        media_type.unwrap_or_default(),
        body.digest
    )
}

/// Bytes in hexadecimal, at most `most` of them.
pub(super) fn hex(bytes: &[u8], most: usize) -> String {
    let mut out: Vec<String> = bytes.iter().take(most).map(|byte| format!("{byte:02x}")).collect();
    if bytes.len() > most {
        out.push("…".to_owned());
    }
    out.join(" ")
}
