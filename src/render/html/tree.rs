//! A picture of both Merkle trees, face to face, with the edge at which the digests part.
//!
//! Every line is a node of both trees: its document or layer on either side, and between them
//! whether the digests are equal. A difference that only follows from one below it says so.

use super::At;
use crate::digest::Digest;
use crate::pair::Pair;
use crate::render::markup::escaped;
use crate::report::{LayerRow, LayerSummary, Report};
use crate::text::{counted, size};

/// Lines of the picture; the layers behind are in the table.
const LINES: usize = 40;
/// The picture's width, in its own units; a phone shows it at about this many pixels.
const WIDTH: usize = 400;
const LINE: usize = 36;
const BOX: usize = 30;
/// How far a child stands behind its parent.
const STEP: usize = 12;
/// Where the boxes of a end, from the left, and those of b from the right.
const INNER: usize = 158;

/// One node of both trees.
struct Node {
    depth: usize,
    label: Pair<Option<String>>,
    digest: Pair<Option<Digest>>,
    mark: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Same,
    Follows,
    Parts,
    OneSided,
    Unknown,
}

impl Mark {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Mark::Same => ("=", "same"),
            Mark::Follows => ("≠", "follows"),
            Mark::Parts => ("≠", "PARTS HERE"),
            Mark::OneSided => ("≠", "one side"),
            Mark::Unknown => ("?", "not known"),
        }
    }

    fn class(self) -> &'static str {
        match self {
            Mark::Same => "same",
            Mark::Follows => "follows",
            Mark::Parts | Mark::OneSided => "parts",
            Mark::Unknown => "unknown",
        }
    }
}

/// Whether there is anything to draw.
pub(super) fn is_drawn(report: &Report) -> bool {
    !(report.layers.is_empty() && report.exhibits.documents.is_empty())
}

pub(super) fn section(report: &Report, at: At<'_>) -> String {
    let (nodes, more) = nodes(report);
    if nodes.is_empty() {
        return String::new();
    }
    let parts = nodes.iter().any(|node| node.mark == Mark::Parts || node.mark == Mark::OneSided);
    let reading = match parts {
        true => " Read upwards from where the digests part.",
        false => " Here no digest parts.",
    };
    let mut out = at.section("tree", "Where they part");
    out.push_str(&format!(
        "<p>An image is a tree: a document names the ones \
         below it by the digest of their bytes, so one changed byte changes every digest above it.{reading}</p>\n\
         <figure>\n"
    ));
    out.push_str(&picture(&nodes, at));
    if more > 0 {
        out.push_str(&format!("<figcaption>… and {more} more lines; see the table of layers.</figcaption>\n"));
    }
    out.push_str("</figure>\n<details class=\"aside\">\n<summary>The picture in words</summary>\n<ul>\n");
    for node in &nodes {
        let side = |label: &Option<String>, digest: &Option<Digest>| match (label, digest) {
            (Some(label), Some(digest)) => format!("{}, <code>{digest}</code>", escaped(label)),
            (Some(label), None) => escaped(label),
            _ => "none".to_owned(),
        };
        out.push_str(&format!(
            "<li>a: {}; b: {}: {} {}</li>\n",
            side(&node.label.a, &node.digest.a),
            side(&node.label.b, &node.digest.b),
            node.mark.words().0,
            node.mark.words().1
        ));
    }
    out.push_str("</ul>\n</details>\n</section>\n");
    out
}

/// The nodes that are drawn, and how many are not.
fn nodes(report: &Report) -> (Vec<Node>, usize) {
    let mut nodes: Vec<Node> = Vec::new();
    let mut depth = 0;
    for document in &report.exhibits.documents {
        let digest = document.sides.as_ref().map(|body| body.as_ref().map(|body| body.digest));
        // a config hangs on the manifest beside the layers
        let own = if document.part == "config" { depth.max(1) } else { depth };
        let label = document
            .sides
            .as_ref()
            .map(|body| body.as_ref().map(|body| format!("{} · {}", document.part, size(body.bytes.len() as u64))));
        nodes.push(Node { depth: own, label, digest, mark: mark(&digest) });
        if document.part != "config" {
            depth += 1;
        }
    }
    layers(&report.layers, depth, &mut nodes);
    // a node whose child differs may differ only because of it; what is said of the document itself parts too
    for at in 0..nodes.len() {
        let below = nodes[at + 1..].iter().take_while(|node| node.depth > nodes[at].depth);
        let differs = below.clone().any(|node| node.mark != Mark::Same);
        if nodes[at].mark == Mark::Parts && differs && !speaks_of(report, nodes[at].label.a.as_deref()) {
            nodes[at].mark = Mark::Follows;
        }
    }
    let more = nodes.len().saturating_sub(LINES);
    nodes.truncate(LINES);
    (nodes, more)
}

/// Whether a finding is about the document of that label.
fn speaks_of(report: &Report, label: Option<&str>) -> bool {
    let part = label.and_then(|label| label.split(' ').next()).unwrap_or_default();
    !part.starts_with("layer") && report.findings.iter().any(|finding| finding.places.iter().any(|place| place == part))
}

fn mark(digest: &Pair<Option<Digest>>) -> Mark {
    match (digest.a, digest.b) {
        (Some(a), Some(b)) if a == b => Mark::Same,
        (Some(_), Some(_)) => Mark::Parts,
        (None, None) => Mark::Unknown,
        _ => Mark::OneSided,
    }
}

fn layers(rows: &[LayerRow], depth: usize, nodes: &mut Vec<Node>) {
    let mut at = 0;
    while at < rows.len() {
        let equal = rows[at..].iter().take_while(|row| blob(row) == Mark::Same).count();
        if equal > 1 {
            // many equal layers are one line
            let range =
                rows[at].position.map(|first| first.map(|first| format!("layers {first}–{}", first + equal - 1)));
            nodes.push(Node { depth, label: range, digest: Pair::new(None, None), mark: Mark::Same });
            at += equal;
            continue;
        }
        let row = &rows[at];
        at += 1;
        let label = Pair::new(label(row.position.a, row.layer.a.as_ref()), label(row.position.b, row.layer.b.as_ref()));
        let digest = digests(row, |layer| layer.digest);
        nodes.push(Node { depth, label, digest, mark: blob(row) });
        let tar = digests(row, |layer| layer.diff_id);
        if blob(row) == Mark::Parts && (tar.a.is_some() || tar.b.is_some()) {
            let label = digests(row, |layer| layer.tar_size);
            let label = label.map(|bytes| bytes.map(|bytes| format!("its tar · {}", size(bytes))));
            nodes.push(Node { depth: depth + 1, label, digest: tar, mark: mark(&tar) });
        }
    }
}

fn digests<T>(row: &LayerRow, of: impl Fn(&LayerSummary) -> Option<T>) -> Pair<Option<T>> {
    row.layer.as_ref().map(|layer| layer.as_ref().and_then(&of))
}

fn blob(row: &LayerRow) -> Mark {
    mark(&digests(row, |layer| layer.digest))
}

fn label(position: Option<usize>, layer: Option<&LayerSummary>) -> Option<String> {
    let bytes = layer?.size.map(|bytes| format!(" · {}", size(bytes))).unwrap_or_default();
    Some(format!("layer {}{bytes}", position?))
}

fn picture(nodes: &[Node], at: At<'_>) -> String {
    let height = nodes.len() * LINE + 4;
    let parts = nodes.iter().filter(|node| node.mark == Mark::Parts).count();
    let mut out = format!(
        "<svg class=\"tree\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"{0}tree-t {0}tree-d\">\n\
         <title id=\"{0}tree-t\">Both trees of digests</title>\n<desc id=\"{0}tree-d\">The digests part in {1}. The list \
         below, The picture in words, says the same.</desc>\n",
        at.prefix,
        counted(parts as u64, "place", "places")
    );
    for (at, node) in nodes.iter().enumerate() {
        let top = at * LINE + 4;
        let middle = top + BOX / 2;
        let parent = nodes[..at].iter().rposition(|other| other.depth < node.depth);
        let class = node.mark.class();
        let left = 2 + node.depth.min(6) * STEP;
        if let Some(parent) = parent {
            let trunk = 2 + nodes[parent].depth.min(6) * STEP + STEP / 2;
            let from = parent * LINE + 4 + BOX;
            for (side, label) in [(false, &node.label.a), (true, &node.label.b)] {
                if label.is_some() {
                    let (x1, x2) = if side { (WIDTH - trunk, WIDTH - left) } else { (trunk, left) };
                    out.push_str(&format!("<path class=\"edge {class}\" d=\"M{x1} {from}V{middle}H{x2}\"/>\n"));
                }
            }
        }
        out.push_str(&node_box(left, top, &node.label.a, &node.digest.a, class));
        out.push_str(
            &node_box(WIDTH - INNER, top, &node.label.b, &node.digest.b, class)
                .replace("WIDTH", &(INNER - left).to_string())
                .replace("class=\"node", "class=\"b node"),
        );
        let (sign, words) = node.mark.words();
        out.push_str(&format!(
            "<path class=\"between {class}\" d=\"M{INNER} {middle}H{}\"/>\n<text class=\"mark {class}\" x=\"{}\" \
             y=\"{}\">{sign}</text>\n<text class=\"words {class}\" x=\"{}\" y=\"{}\">{words}</text>\n",
            WIDTH - INNER,
            WIDTH / 2,
            middle - 2,
            WIDTH / 2,
            middle + 12
        ));
    }
    out.push_str("</svg>\n");
    out
}

fn node_box(x: usize, top: usize, label: &Option<String>, digest: &Option<Digest>, class: &str) -> String {
    let Some(label) = label else { return String::new() };
    let width = INNER.saturating_sub(x);
    let width = if x > INNER { "WIDTH".to_owned() } else { width.to_string() };
    let digest = digest.map_or_else(|| "same blobs".to_owned(), |digest| digest.short());
    format!(
        "<rect class=\"node {class}\" x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"{BOX}\" rx=\"3\"/>\n\
         <text class=\"label\" x=\"{}\" y=\"{}\">{}</text>\n<text class=\"digest\" x=\"{}\" y=\"{}\">{digest}</text>\n",
        x + 6,
        top + 13,
        escaped(label),
        x + 6,
        top + 25
    )
}
