//! Layers in full: side by side for `-v`, alone for `inspect`.

use crate::digest::Digest;
use crate::pair::Side;
use crate::report::{LayerRow, LayerSummary};
use crate::text::{counted, size, thousands};

use crate::render::View;
use crate::render::page::{Ink, Page, para, width};
use crate::render::words::{brief, plain};

/// Every aligned pair of layers.
pub(super) fn side_by_side(page: &mut Page, rows: &[LayerRow], view: &View) {
    if rows.is_empty() {
        return;
    }
    page.heading("Layers, side by side");
    for row in rows {
        let position = |side: Side| match row.position.get(side) {
            Some(position) => format!("{} {position}", side.name()),
            None => format!("{} -", side.name()),
        };
        page.para(para("  ", &plain(&row.relation, view)).label(&format!(
            "{}  {}",
            position(Side::A),
            position(Side::B)
        )));
        for side in Side::BOTH {
            if let Some(layer) = row.layer.get(side) {
                one(page, &format!("    {}  ", side.name()), layer, view);
            }
        }
    }
}

/// One layer, its first line led by `lead`.
pub(in crate::render) fn one(page: &mut Page, lead: &str, layer: &LayerSummary, view: &View) {
    let indent = " ".repeat(width(lead));
    let facts: Vec<String> = [
        layer.compression.as_ref().map(
            |name| {
                if name == "none" { "not compressed".to_owned() } else { plain(name, view) }
            },
        ),
        layer.size.map(size),
        layer.tar_size.map(|bytes| format!("tar of {}", size(bytes))),
        layer.entries.map(|count| counted(count, "entry", "entries")),
        layer.media_type.as_ref().map(|text| plain(text, view)),
    ]
    .into_iter()
    .flatten()
    .collect();
    page.para(para(lead, &facts.join(", ")));
    let digest = |digest: Digest| {
        if view.everything() { digest.to_string() } else { brief(&digest) }
    };
    let diff_id = match (layer.diff_id.map(digest), layer.diff_id_declared.map(digest)) {
        (Some(found), Some(promised)) if found == promised => {
            vec![("diff ID", format!("{found}  recomputed, as declared"))]
        }
        (Some(found), Some(promised)) => {
            vec![("diff ID", format!("{found}  recomputed")), ("declared", format!("{promised}  by the config"))]
        }
        (Some(found), None) => vec![("diff ID", format!("{found}  recomputed"))],
        (None, Some(promised)) => vec![("diff ID", format!("{promised}  declared, not recomputed"))],
        (None, None) => vec![],
    };
    for (label, text) in layer.digest.iter().map(|blob| ("blob", digest(*blob))).chain(diff_id) {
        page.line(Ink::Plain, &format!("{indent}{label:<8}  {text}"));
    }
    for fact in &layer.envelope {
        page.para(para(format!("{indent}{:<8}  ", "envelope"), &plain(fact, view)));
    }
}

/// A layer's position as inspect numbers it.
pub(in crate::render) fn number(layer: &LayerSummary) -> String {
    format!("{:>3}  ", thousands(layer.index as u64 + 1))
}
