//! Configs, and the JSON of V1 images that stands for one.

use super::{DocumentDeltas, Follow, From, document_deltas, settle, trees};
use crate::compare::delta::{Delta, DocumentRef, Field, JsonPath, Place, Spot, Step, Value};
use crate::compare::json::{JsonComparer, JsonComparison, Rule, Tree};
use crate::compare::rows::Row;
use crate::image::document::{Document, Kind, Part};
use crate::image::json::Node;
use crate::image::{Image, Shape};
use crate::pair::{Pair, Side};

/// Keys of a V1 image's JSON that speak of the format and not of the image.
const V1_KEYS: [&[u8]; 9] =
    [b"id", b"parent", b"parent_id", b"layer_id", b"throwaway", b"Size", b"size", b"checksum", b"v1_id"];

pub(super) fn configs(images: Pair<&Image>, documents: Pair<&Document>, rows: &[Row], out: &mut DocumentDeltas) {
    ancestors(images, out);
    if documents.a.raw == documents.b.raw {
        return;
    }
    if documents.a.kind == Kind::Other || documents.b.kind == Kind::Other {
        let mut comparer =
            JsonComparer { rule: &|_| Rule::Descend, document: DocumentRef::Config, found: JsonComparison::default() };
        comparer.documents(documents.a, documents.b);
        let from = out.deltas.len();
        document_deltas(comparer.found, Part::Json, false, &mut out.deltas);
        settle(Part::Json, documents, 0, &mut out.deltas[from..], &mut out.follows);
        return;
    }
    let v1 = documents.map(|document| document.kind == Kind::V1);
    let partial = v1.a != v1.b;
    let believed = images.a.shape == Shape::Json || images.b.shape == Shape::Json;
    let rule = |path: &JsonPath| config_rule(path, partial, believed);
    let mut comparer = JsonComparer { rule: &rule, document: DocumentRef::Config, found: JsonComparison::default() };
    if partial {
        comparer.nodes(&JsonPath::default(), trees(documents, &documents.a.root, &documents.b.root));
        comparer.found.spelling.clear();
        comparer.found.values.retain(|delta| said_on_both(&delta.path, documents));
    } else {
        comparer.documents(documents.a, documents.b);
    }
    let before = out.follows.len();
    if !partial && !believed {
        diff_ids(images, documents, &mut out.deltas);
        let list = documents.map(|document| {
            document
                .root
                .value
                .get("rootfs")
                .and_then(|node| node.value.get("diff_ids"))
                .map_or(0, |node| node.value.items().len())
        });
        // `"sha256:<64>",` for each layer more
        let each = 74i128;
        let mut left = (list.b as i128 - list.a as i128) * each;
        for (position, row) in rows.iter().enumerate() {
            let count = row.layers(Side::B).len() as i128 - row.layers(Side::A).len() as i128;
            if count != 0 && left != 0 {
                out.follows.push(Follow { from: From::Row(position), bytes: left });
                left = 0;
            }
        }
    }
    let known: i128 = out.follows[before..].iter().map(|follow| follow.bytes).sum();
    let from = out.deltas.len();
    out.paired.append(&mut comparer.found.paired);
    document_deltas(comparer.found, Part::Config, false, &mut out.deltas);
    if !partial {
        settle(Part::Config, documents, known, &mut out.deltas[from..], &mut out.follows);
    }
}

/// Diff IDs that do not simply follow from the layers: no digests at all, or more of them than layers.
fn diff_ids(images: Pair<&Image>, documents: Pair<&Document>, out: &mut Vec<Delta>) {
    let lists = documents.map(|document| {
        document
            .root
            .value
            .get("rootfs")
            .and_then(|node| node.value.get("diff_ids"))
            .map(|node| node.value.items())
            .unwrap_or_default()
    });
    for position in 0..lists.a.len().max(lists.b.len()) {
        let one = |list: &[Node], document: &Document| {
            list.get(position).map(|node| document.raw[node.span.clone()].to_vec())
        };
        let raw = Pair::new(one(lists.a, documents.a), one(lists.b, documents.b));
        let spans = lists.map(|list| list.get(position).map(|node| node.span.clone()));
        if raw.same() {
            continue;
        }
        let follows = |raw: &Option<Vec<u8>>, image: &Image| match (raw, image.layers.get(position)) {
            (None, None) => true,
            (Some(raw), Some(layer)) => {
                layer.declared_diff_id.is_some_and(|diff_id| *raw == format!("\"{diff_id}\"").into_bytes())
            }
            _ => false,
        };
        if !(follows(&raw.a, images.a) && follows(&raw.b, images.b)) {
            let value = |raw: Option<Vec<u8>>| raw.map_or(Value::Absent, |raw| Value::bytes(&raw));
            let path = JsonPath::of(&["rootfs", "diff_ids"]).item(position.to_string());
            out.push(Delta {
                place: Place::Document(Part::Config),
                field: Field::Json(path),
                values: raw.map(value),
                bytes: 0,
                spots: vec![Spot { document: DocumentRef::Config, spans }],
            });
        }
    }
}

/// The JSON of the layers below the newest, paired from the newest down.
fn ancestors(images: Pair<&Image>, out: &mut DocumentDeltas) {
    let lists = images.map(|image| &image.ancestors);
    if lists.a.is_empty() || lists.b.is_empty() {
        return;
    }
    let most = lists.a.len().max(lists.b.len());
    let mut comparer =
        JsonComparer { rule: &|_| Rule::Descend, document: DocumentRef::Ancestor(1), found: JsonComparison::default() };
    for age in 1..=most {
        let one = |list: &'_ Vec<Document>| list.len().checked_sub(age);
        let path = JsonPath::of(&["history"]).item(age.to_string());
        comparer.document = DocumentRef::Ancestor(age);
        match (one(lists.a).map(|at| &lists.a[at]), one(lists.b).map(|at| &lists.b[at])) {
            (Some(a), Some(b)) if a.raw != b.raw => {
                let before = comparer.found.values.len() + comparer.found.spelling.len();
                comparer.nodes(&path, trees(Pair::new(a, b), &a.root, &b.root));
                if comparer.found.values.len() + comparer.found.spelling.len() == before {
                    comparer.white_space(a, b);
                }
            }
            (Some(_), Some(_)) => {}
            (a, b) => {
                fn whole(document: &Document) -> Tree<'_> {
                    Tree { raw: &document.raw, node: &document.root }
                }
                comparer.tell(&path, a.map(whole), b.map(whole), 0);
            }
        }
    }
    out.paired.append(&mut comparer.found.paired);
    document_deltas(comparer.found, Part::Config, false, &mut out.deltas);
}

/// A V1 image says less than a config: only what both say is compared.
fn said_on_both(path: &JsonPath, documents: Pair<&Document>) -> bool {
    let has = |document: &Document| match path.0.first() {
        Some(Step::Key(key)) => document.root.value.get(key).is_some_and(|node| !node.value.is_nothing()),
        _ => false,
    };
    has(documents.a) && has(documents.b)
}

fn config_rule(path: &JsonPath, partial: bool, believed: bool) -> Rule {
    let Some(last) = path.last_key() else { return Rule::Descend };
    if partial && path.0.len() == 1 && (V1_KEYS.contains(&last) || matches!(last, b"rootfs" | b"history")) {
        return Rule::Skip;
    }
    match path.0.as_slice() {
        [Step::Key(top)] if **top == *b"history" => Rule::Steps,
        [Step::Key(top), Step::Key(_)] if **top == *b"rootfs" && last == b"diff_ids" => {
            if believed {
                Rule::Descend
            } else {
                Rule::Skip
            }
        }
        [Step::Key(top), Step::Key(key)] if matches!(&**top, b"config" | b"container_config" | b"Config") => {
            match &**key {
                b"Env" => Rule::Assignments,
                b"Labels" | b"ExposedPorts" | b"Volumes" => Rule::Map,
                b"Healthcheck" => Rule::Leaf,
                _ => Rule::Descend,
            }
        }
        [Step::Key(top)] if matches!(&**top, b"annotations") => Rule::Map,
        [Step::Key(top)] if matches!(&**top, b"moby.buildkit.buildinfo.v1" | b"moby.buildkit.cache.v0") => Rule::Leaf,
        _ => Rule::Descend,
    }
}
