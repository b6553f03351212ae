//! Layers in full: side by side for `-v`, alone for `inspect`.

use crate::digest::Digest;
use crate::pair::Side;
use crate::report::{Block, Encoder, LayerRow, LayerSummary};
use crate::text::{counted, size, thousands};

use crate::render::View;
use crate::render::page::{Edge, Ink, Page, columns, para, width};
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
    if let Some(encoder) = &layer.encoder {
        self::encoder(page, &format!("{indent}{:<8}  ", "encoder"), encoder, false, view);
    }
    blocks(page, &indent, &layer.blocks);
}

/// The blocks of a layer's compressed stream.
fn blocks(page: &mut Page, indent: &str, blocks: &[Block]) {
    if blocks.is_empty() {
        return;
    }
    let head = ["member", "block", "kind", "at", "offset", "bytes", "tokens", "matches", "lengths", "back", "codes"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let (mut member, mut number) = (0, 0u64);
    for block in blocks {
        if block.member != member {
            (member, number) = (block.member, 0);
        }
        let codes = match block.codes {
            (0, _, _) => String::new(),
            (literals, distances, lengths) => format!("{literals}+{distances}+{lengths}"),
        };
        let lengths = match block.lengths {
            (0, _) => String::new(),
            (shortest, longest) => format!("{shortest}-{longest}"),
        };
        rows.push(vec![
            member.to_string(),
            number.to_string(),
            format!("{}{}", block.kind, if block.last { ", last" } else { "" }),
            // bytes of the blob, and bits
            match block.bit_offset % 8 {
                0 => (block.bit_offset / 8).to_string(),
                bits => format!("{}+{bits}", block.bit_offset / 8),
            },
            block.offset.map(|offset| offset.to_string()).unwrap_or_default(),
            block.uncompressed.map(|bytes| bytes.to_string()).unwrap_or_default(),
            block.tokens.to_string(),
            block.matches.to_string(),
            lengths,
            if block.farthest == 0 { String::new() } else { block.farthest.to_string() },
            codes,
        ]);
        number += 1;
    }
    let legend = "at: the byte of the blob, and the bit of it where one begins within; offset: in what the member unpacks \
                  to; codes: of literals and lengths, of distances, of code lengths";
    page.para(para(indent, legend).ink(Ink::Faint));
    let edges = head.map(|name| if name == "kind" { Edge::Left } else { Edge::Right });
    for line in columns(&rows, &edges) {
        page.line(Ink::Plain, &format!("{indent}{line}"));
    }
}

/// Who compressed a layer; `told` says that the name stands above.
pub(in crate::render) fn encoder(page: &mut Page, lead: &str, encoder: &Encoder, told: bool, view: &View) {
    let indent = " ".repeat(width(lead));
    match told {
        true => page.para(para(lead, &certainty(encoder))),
        false => page.para(para(lead, &format!("{}: {}", plain(&encoder.title, view), certainty(encoder)))),
    }
    if !encoder.producers.is_empty() {
        let most = view.bound(3, encoder.producers.len());
        let mut names = encoder.producers[..encoder.producers.len().min(most)].join("; ");
        if encoder.producers.len() > most {
            names.push_str(&format!("; {} more", encoder.producers.len() - most));
        }
        page.para(para(format!("{indent}used by "), &names).ink(Ink::Faint));
    }
    if let Some(miss) = &encoder.nearest {
        let mut text = format!("nearest is {}", miss.name.title);
        text.push_str(&format!(
            ", which writes another byte at offset {} of the blob",
            thousands(miss.compressed_offset)
        ));
        let number = |name: &str, number: Option<u64>| number.map(|number| format!("{name} {}", thousands(number)));
        let place = [
            number("member", miss.member),
            number("block", miss.block),
            miss.uncompressed_offset.map(|offset| format!("offset {} of the tar", thousands(offset))),
        ];
        let place: Vec<String> = place.into_iter().flatten().collect();
        if !place.is_empty() {
            text.push_str(&format!(" ({})", place.join(", ")));
        }
        page.para(para(&indent, &plain(&text, view)).ink(Ink::Faint));
    }
    if view.everything() || matches!(encoder.certainty, "structure" | "unknown") {
        for line in &encoder.structure {
            page.para(para(&indent, &plain(line, view)).ink(Ink::Faint));
        }
        for other in &encoder.alternatives {
            page.para(para(format!("{indent}the same bytes: "), &plain(&other.title, view)).ink(Ink::Faint));
        }
    }
}

/// How sure the name of an encoder is.
pub(in crate::render) fn certainty(encoder: &Encoder) -> String {
    match encoder.certainty {
        "proved" => "proved, compressing the tar again gives the very digest".to_owned(),
        "likely" => format!("likely, the first {} of the blob come out the same", size(encoder.agreed_bytes)),
        "structure" => "by its structure".to_owned(),
        _ if encoder.is_open => "nobody found by its beginning; --prove tries all to the end".to_owned(),
        _ => "nothing known here writes these bytes".to_owned(),
    }
}

/// A layer's position as inspect numbers it.
pub(in crate::render) fn number(layer: &LayerSummary) -> String {
    format!("{:>3}  ", thousands(layer.index as u64 + 1))
}
