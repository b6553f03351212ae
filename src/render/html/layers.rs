//! The layers side by side.

use super::At;
use super::table::{ROWS, table};
use crate::render::markup::escaped;
use crate::render::words::compressor;
use crate::report::{LayerSummary, Report};
use crate::text::{size, thousands};

pub(super) fn section(report: &Report, at: At<'_>) -> String {
    if report.layers.is_empty() {
        return String::new();
    }
    let rows: Vec<Vec<String>> = report
        .layers
        .iter()
        .take(ROWS)
        .map(|row| {
            vec![
                cell(row.position.a, row.layer.a.as_ref()),
                escaped(&row.relation),
                cell(row.position.b, row.layer.b.as_ref()),
            ]
        })
        .collect();
    format!(
        "{}<div class=\"layers\">\n{}</div>\n</section>\n",
        at.section("layers", "Layers"),
        table("Layers side by side", &["a", "relation", "b"], &rows, report.layers.len() as u64)
    )
}

fn cell(position: Option<usize>, layer: Option<&LayerSummary>) -> String {
    let (Some(position), Some(layer)) = (position, layer) else { return "none".to_owned() };
    let mut facts = vec![format!("<strong>{position}</strong>")];
    if let Some(bytes) = layer.size {
        facts.push(size(bytes));
    }
    if let Some(compression) = &layer.compression {
        facts.push(match compression.as_str() {
            "none" => "not compressed".to_owned(),
            name => escaped(name),
        });
    }
    if let Some(entries) = layer.entries {
        facts.push(format!("{} entries", thousands(entries)));
    }
    let mut out = facts.join(" · ");
    let digests = [("blob", layer.digest), ("diff ID", layer.diff_id.or(layer.diff_id_declared))];
    for (name, digest) in digests {
        if let Some(digest) = digest {
            out.push_str(&format!("<br/>{name} <code title=\"{digest}\">{}</code>", digest.short()));
        }
    }
    if let Some(media_type) = &layer.media_type {
        out.push_str(&format!("<br/><small>{}</small>", escaped(media_type)));
    }
    if let Some(encoder) = &layer.encoder {
        out.push_str(&format!("<br/><small>compressed by {}</small>", escaped(&compressor(encoder))));
    }
    for line in &layer.envelope {
        out.push_str(&format!("<br/><small>{}</small>", escaped(line)));
    }
    out
}
