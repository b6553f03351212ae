//! The documents of two images: values, media types, spelling.
//!
//! What merely follows is no delta: the digest and size of a descriptor follow from its target,
//! diff IDs from the layers, the compression suffix of a media type from the bytes. The bytes that
//! such a consequence adds to the document are booked with what it follows from.

mod config;
mod index;

use crate::compare::delta::{Delta, DocumentRef, Field, JsonPath, Place, Spelling, Spot, Step, Value};
use crate::compare::json::{JsonComparer, JsonComparison, Rule, Tree, compact_length};
use crate::compare::rows::Row;
use crate::image::document::{Document, Kind, Part};
use crate::image::json::Node;
use crate::image::media_type::{self, Role};
use crate::image::{Image, Shape};
use crate::pair::{Pair, Side};

/// Bytes of a document that follow from something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Follow {
    /// From what.
    pub from: From,
    /// Signed bytes, `b − a`.
    pub bytes: i128,
}

/// What a consequence follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// The layers of a row.
    Row(usize),
    /// The config.
    Config,
    /// The chosen manifest.
    Manifest,
}

/// What comparing the documents of two images found.
#[derive(Debug, Default)]
pub struct DocumentDeltas {
    /// The deltas.
    pub deltas: Vec<Delta>,
    /// Consequences with their bytes, in the manifest and the config (which the size counts).
    pub follows: Vec<Follow>,
    /// Items of arrays that stand for each other.
    pub paired: Vec<Spot>,
}

/// Compares all documents.
pub fn compare(images: Pair<&Image>, rows: &[Row]) -> DocumentDeltas {
    let mut out = DocumentDeltas::default();
    let shapes = images.map(|image| image.shape);
    match shape_delta(images) {
        Some(delta) => out.deltas.push(delta),
        None => {
            index::indexes(images, &mut out);
            if let (Some(a), Some(b)) = (&images.a.manifest, &images.b.manifest) {
                manifests(images, Pair::new(a, b), rows, &mut out);
            }
        }
    }
    if shapes.a == Shape::Json && images.a.indexes.is_empty() && images.a.manifest.is_none() {
        if let (Some(a), Some(b)) = (&images.a.config, &images.b.config) {
            config::configs(images, Pair::new(a, b), rows, &mut out);
        }
    } else if let (Some(a), Some(b)) = (&images.a.config, &images.b.config) {
        config::configs(images, Pair::new(a, b), rows, &mut out);
    }
    out
}

/// The one delta that says that the two are found as things of different kinds.
fn shape_delta(images: Pair<&Image>) -> Option<Delta> {
    let words = images.map(|image| Value::text(image.form()));
    let whole =
        |field: Field| Some(Delta { place: Place::Image, field, values: words.clone(), bytes: 0, spots: Vec::new() });
    let any = |shape: Shape| images.a.shape == shape || images.b.shape == shape;
    if images.a.shape != images.b.shape {
        if any(Shape::V1) {
            return whole(Field::LegacyV1);
        }
        if any(Shape::DockerArchive) {
            return whole(Field::NoManifest);
        }
    }
    if images.a.is_schema1() != images.b.is_schema1() {
        return whole(Field::ManifestSchema);
    }
    if images.a.shape == Shape::Registry && images.a.indexes.is_empty() != images.b.indexes.is_empty() {
        // the manifests below are compared all the same
        return None;
    }
    None
}

fn document_bytes(document: Option<&Document>) -> i128 {
    document.map_or(0, |document| document.raw.len() as i128)
}

/// The manifests, schema 1 or 2 alike on both sides.
fn manifests(images: Pair<&Image>, documents: Pair<&Document>, rows: &[Row], out: &mut DocumentDeltas) {
    let kinds = documents.map(|document| document.kind);
    if let (Kind::Schema1 { .. }, Kind::Schema1 { .. }) = (kinds.a, kinds.b) {
        schema1(documents, out);
        return;
    }
    if documents.a.digest == documents.b.digest {
        return;
    }
    let documents_only = images.a.shape == Shape::Json || images.b.shape == Shape::Json;
    let whole = |path: &JsonPath| match path.0.as_slice() {
        // compared piece by piece below, each descriptor with its counterpart
        [Step::Key(key)] if matches!(&**key, b"layers" | b"config" | b"mediaType") => Rule::Skip,
        _ => manifest_rule(path, documents_only),
    };
    let piece = |path: &JsonPath| manifest_rule(path, documents_only);
    let mut comparer = JsonComparer { rule: &whole, document: DocumentRef::Manifest, found: JsonComparison::default() };
    comparer.documents(documents.a, documents.b);
    comparer.rule = &piece;
    let before = out.follows.len();
    let config = documents.map(|document| document.root.value.get("config"));
    if let (Some(a), Some(b)) = (config.a, config.b) {
        comparer.nodes(&JsonPath::of(&["config"]), trees(documents, a, b));
        if !documents_only {
            targets_told(&mut comparer, &JsonPath::of(&["config"]), trees(documents, a, b));
        }
        out.follows.push(Follow { from: From::Config, bytes: targets(Some(b)) - targets(Some(a)) });
    }
    let layers =
        documents.map(|document| document.root.value.get("layers").map(|node| node.value.items()).unwrap_or_default());
    if documents_only {
        for position in 0..layers.a.len().max(layers.b.len()) {
            let path = JsonPath::of(&["layers"]).item(position.to_string());
            match (layers.a.get(position), layers.b.get(position)) {
                (Some(a), Some(b)) => {
                    comparer.pair(trees(documents, a, b));
                    comparer.nodes(&path, trees(documents, a, b));
                }
                (a, b) => {
                    let tree = |raw| move |node| Tree { raw, node };
                    comparer.tell(&path, a.map(tree(&documents.a.raw)), b.map(tree(&documents.b.raw)), 0);
                }
            }
        }
    } else {
        for (position, row) in rows.iter().enumerate() {
            let own = Pair::new(row.layers(Side::A), row.layers(Side::B));
            let nodes = Pair::new(pick(layers.a, &own.a), pick(layers.b, &own.b));
            if let (&[a], &[b]) = (&nodes.a[..], &nodes.b[..]) {
                let path = JsonPath::of(&["layers"]).item(label(&own));
                comparer.pair(trees(documents, a, b));
                comparer.nodes(&path, trees(documents, a, b));
                targets_told(&mut comparer, &path, trees(documents, a, b));
                let bytes = targets(Some(b)) - targets(Some(a)) + suffix(b) - suffix(a);
                out.follows.push(Follow { from: From::Row(position), bytes });
            } else {
                for (side, list) in [(Side::A, &nodes.a), (Side::B, &nodes.b)] {
                    for (node, position) in list.iter().zip(own.get(side)) {
                        beyond_target(&mut comparer, side, node, *position, documents);
                    }
                }
                let whole = |nodes: &[&Node]| nodes.iter().map(|node| node.span.len() as i128 + 1).sum::<i128>();
                out.follows.push(Follow { from: From::Row(position), bytes: whole(&nodes.b) - whole(&nodes.a) });
            }
        }
    }
    let known = out.follows[before..].iter().map(|follow| follow.bytes).sum::<i128>();
    let from = out.deltas.len();
    media_type_field(documents, DocumentRef::Manifest, &mut out.deltas);
    out.paired.append(&mut comparer.found.paired);
    document_deltas(comparer.found, Part::Manifest, documents_only, &mut out.deltas);
    settle(Part::Manifest, documents, known, &mut out.deltas[from..], &mut out.follows);
}

/// What a descriptor without a counterpart says beyond its target: annotations, urls, data.
fn beyond_target(
    comparer: &mut JsonComparer<'_>,
    side: Side,
    node: &Node,
    position: usize,
    documents: Pair<&Document>,
) {
    let raw = &documents.get(side).raw;
    let mut tell = |path: JsonPath, node: &Node| {
        let tree = Some(Tree { raw, node });
        match side {
            Side::A => comparer.tell(&path, tree, None, 0),
            Side::B => comparer.tell(&path, None, tree, 0),
        }
    };
    for member in node.value.members() {
        let path = JsonPath::of(&["layers"]).item(position.to_string()).key(&member.key);
        match &*member.key {
            b"mediaType" | b"digest" | b"size" => {}
            b"annotations" => {
                member.node.value.members().iter().for_each(|inner| tell(path.key(&inner.key), &inner.node))
            }
            _ => tell(path, &member.node),
        }
    }
}

fn label(own: &Pair<Vec<usize>>) -> String {
    match (own.a.first(), own.b.first()) {
        (Some(a), Some(b)) if a != b => format!("{a}→{b}"),
        (Some(position), _) | (None, Some(position)) => position.to_string(),
        (None, None) => String::new(),
    }
}

fn pick<'a>(nodes: &'a [Node], positions: &[usize]) -> Vec<&'a Node> {
    positions.iter().filter_map(|&position| nodes.get(position)).collect()
}

fn trees<'a>(documents: Pair<&'a Document>, a: &'a Node, b: &'a Node) -> Pair<Tree<'a>> {
    Pair::new(Tree { raw: &documents.a.raw, node: a }, Tree { raw: &documents.b.raw, node: b })
}

/// What of a descriptor's digest and size does not simply follow from another target: a size that
/// changes though the digest does not, a key that is missing, a value that is spelt otherwise.
fn targets_told(comparer: &mut JsonComparer<'_>, path: &JsonPath, pair: Pair<Tree<'_>>) {
    let value = |tree: Tree<'_>, key: &str| {
        tree.node.value.get(key).map(|node| (node.clone(), tree.raw[node.span.clone()].to_vec()))
    };
    let digests = pair.map(|tree| value(tree, "digest"));
    for key in ["digest", "size"] {
        let values = pair.map(|tree| value(tree, key));
        let raw = values.as_ref().map(|value| value.as_ref().map(|(_, raw)| raw.clone()));
        if raw.same() {
            continue;
        }
        let canonical = |value: &Option<(Node, Vec<u8>)>| match value {
            Some((node, raw)) if key == "digest" => node
                .value
                .as_str()
                .and_then(|text| text.parse::<crate::digest::Digest>().ok())
                .is_some_and(|digest| *raw == format!("\"{digest}\"").into_bytes()),
            Some((node, raw)) => node.value.as_u64().is_some_and(|size| *raw == size.to_string().into_bytes()),
            None => false,
        };
        let same_target = digests.a.as_ref().map(|(_, raw)| raw) == digests.b.as_ref().map(|(_, raw)| raw);
        if same_target || !canonical(&values.a) || !canonical(&values.b) {
            let inner = pair.map(|tree| tree.node.value.get(key).map(|node| Tree { raw: tree.raw, node }));
            comparer.tell(&path.key(key.as_bytes()), inner.a, inner.b, 0);
        }
    }
}

/// The bytes of a descriptor that follow from its target.
fn targets(node: Option<&Node>) -> i128 {
    let length = |key: &str| node.and_then(|node| node.value.get(key)).map_or(0, |node| node.span.len() as i128);
    length("digest") + length("size")
}

/// The bytes of a layer's media type that follow from its compression.
fn suffix(node: &Node) -> i128 {
    let media_type = node.value.get("mediaType").and_then(|node| node.value.as_str());
    match media_type.and_then(|media_type| media_type::parts(media_type).compression) {
        Some("gzip") | Some("zstd") => 5,
        _ => 0,
    }
}

fn manifest_rule(path: &JsonPath, documents_only: bool) -> Rule {
    match path.0.as_slice() {
        [Step::Key(list), Step::Item(_), Step::Key(key)] | [Step::Key(list), Step::Key(key)]
            if matches!(&**list, b"layers" | b"config") && matches!(&**key, b"digest" | b"size") && !documents_only =>
        {
            // what is more than a consequence of the target is told by `targets_told`
            Rule::Skip
        }
        [.., Step::Key(key)] => match &**key {
            b"annotations" => Rule::Map,
            b"subject" | b"urls" => Rule::Leaf,
            _ => Rule::Descend,
        },
        _ => Rule::Descend,
    }
}

/// The document's own `mediaType`, there or not, and of which vocabulary.
fn media_type_field(documents: Pair<&Document>, document: DocumentRef, out: &mut Vec<Delta>) {
    let part = if document == DocumentRef::Manifest { Part::Manifest } else { Part::Index };
    let own = documents.map(Document::media_type_field);
    let spans = documents.map(|document| document.root.value.get("mediaType").map(|node| node.span.clone()));
    let spots = || vec![Spot { document, spans: spans.clone() }];
    let raw = documents
        .map(|document| document.root.value.get("mediaType").map(|node| document.raw[node.span.clone()].to_vec()));
    if own.same() {
        if !raw.same() {
            let value = |raw: Option<Vec<u8>>| raw.map_or(Value::text("mediaType: absent"), |raw| Value::bytes(&raw));
            let field = Field::Spelling(if own.a.is_some() { Spelling::Escapes } else { Spelling::Nothing });
            out.push(Delta { place: Place::Document(part), field, values: raw.map(value), bytes: 0, spots: spots() });
        }
        return;
    }
    let value = |text: Option<&str>| text.map_or(Value::Absent, Value::text);
    let bytes = |text: Option<&str>| text.map_or(0, |text| text.len() as i128 + "\"mediaType\":\"\",".len() as i128);
    let path = JsonPath::of(&["mediaType"]);
    let both = own.a.is_some() && own.b.is_some();
    let field = if both { Field::MediaType(path) } else { Field::Json(path) };
    let bytes = bytes(own.b) - bytes(own.a);
    out.push(Delta { place: Place::Document(part), field, values: own.map(value), bytes, spots: spots() });
}

/// Turns a comparison of JSON trees into deltas of `part`.
fn document_deltas(found: JsonComparison, part: Part, documents_only: bool, out: &mut Vec<Delta>) {
    let place = Place::Document(part);
    for delta in found.values {
        if delta.path.last_key() == Some(b"mediaType") && delta.path.0.len() > 1 {
            if let Some(field) = descriptor_media_type(&delta.path, &delta.values, documents_only) {
                let spots = vec![delta.spot];
                out.push(Delta { place: place.clone(), field, values: delta.values, bytes: delta.bytes, spots });
            }
            continue;
        }
        out.push(Delta {
            place: place.clone(),
            field: Field::Json(delta.path),
            values: delta.values,
            bytes: delta.bytes,
            spots: vec![delta.spot],
        });
    }
    for (kind, delta) in found.spelling {
        let mut bytes = delta.bytes;
        for (values, spots) in delta.values.into_iter().zip(delta.spots) {
            out.push(Delta {
                place: place.clone(),
                field: Field::Spelling(kind),
                values,
                bytes: std::mem::take(&mut bytes),
                spots,
            });
        }
    }
}

/// The field of a descriptor's media type that differs, unless only its compression does.
fn descriptor_media_type(path: &JsonPath, values: &Pair<Value>, documents_only: bool) -> Option<Field> {
    let text = |value: &Value| match value {
        Value::Text(text) => std::str::from_utf8(text).ok().map(str::to_owned),
        _ => None,
    };
    let (Some(a), Some(b)) = (text(&values.a), text(&values.b)) else { return Some(Field::Json(path.clone())) };
    let (a, b) = (media_type::parts(&a), media_type::parts(&b));
    match (a.role, b.role) {
        (Role::Layer { foreign: a_foreign }, Role::Layer { foreign: b_foreign }) if a_foreign != b_foreign => {
            Some(Field::Foreign)
        }
        // another spelling of one compression, and a promise that nobody held against the bytes
        (Role::Layer { .. }, Role::Layer { .. }) if a.family == b.family && a.compression == b.compression => {
            Some(Field::MediaType(path.clone()))
        }
        (Role::Layer { .. }, Role::Layer { .. }) if a.family == b.family && documents_only => {
            Some(Field::Json(path.clone()))
        }
        (Role::Layer { .. }, Role::Layer { .. }) if a.family == b.family => None,
        (Role::Other, _) | (_, Role::Other) => Some(Field::Json(path.clone())),
        _ if a.family != b.family && same_role(a.role, b.role) => Some(Field::MediaType(path.clone())),
        _ => Some(Field::Json(path.clone())),
    }
}

fn same_role(a: Role, b: Role) -> bool {
    matches!((a, b), (Role::Layer { .. }, Role::Layer { .. })) || a == b
}

/// Makes the deltas' bytes add up to the document's: what is left belongs to its spelling, or
/// else to its first difference, or else to what it follows from.
fn settle(part: Part, documents: Pair<&Document>, known: i128, deltas: &mut [Delta], follows: &mut Vec<Follow>) {
    let total = document_bytes(Some(documents.b)) - document_bytes(Some(documents.a));
    let told: i128 = deltas.iter().map(|delta| delta.bytes).sum();
    let rest = total - told - known;
    if rest == 0 {
        return;
    }
    let spelling = deltas.iter().position(|delta| delta.field == Field::Spelling(Spelling::WhiteSpace));
    let spelling = spelling.or_else(|| deltas.iter().position(|delta| matches!(delta.field, Field::Spelling(_))));
    // which one does not depend on which side comes first
    let first = deltas.iter().enumerate().min_by(|(_, x), (_, y)| x.field.cmp(&y.field)).map(|(at, _)| at);
    if let Some(at) = spelling.or(first) {
        deltas[at].bytes += rest;
        return;
    }
    let from = if part == Part::Manifest { From::Config } else { From::Manifest };
    match follows.iter_mut().rev().find(|follow| follow.bytes != 0) {
        Some(follow) => follow.bytes += rest,
        None => follows.push(Follow { from, bytes: rest }),
    }
}

fn schema1(documents: Pair<&Document>, out: &mut DocumentDeltas) {
    let place = Place::Document(Part::Manifest);
    let from = out.deltas.len();
    let signatures = documents
        .map(|document| document.root.value.get("signatures").map(|node| node.value.items().len()).unwrap_or_default());
    let raw =
        documents.map(|document| document.root.value.get("signatures").map(|node| &document.raw[node.span.clone()]));
    if !raw.same() {
        let words = |count: usize| {
            Value::text(match count {
                0 => "not signed".to_owned(),
                1 => "1 signature".to_owned(),
                count => format!("{count} signatures"),
            })
        };
        let length = |document: &Document| {
            let node = document.root.value.get("signatures");
            node.map_or(0, |node| compact_length(Tree { raw: &document.raw, node }))
        };
        out.deltas.push(Delta {
            place: place.clone(),
            field: Field::Signatures,
            values: signatures.map(words),
            bytes: length(documents.b) - length(documents.a),
            spots: vec![Spot {
                document: DocumentRef::Manifest,
                spans: documents.map(|document| document.root.value.get("signatures").map(|node| node.span.clone())),
            }],
        });
    }
    if documents.a.digest != documents.b.digest {
        let lists = |name: &str| {
            documents.map(|document| document.root.value.get(name).map_or(0, |node| node.value.items().len()))
        };
        // lists of other lengths are told by their layers and ancestors; what none of these is of stands beyond them
        let beyond = lists("history").a > lists("fsLayers").a || lists("history").b > lists("fsLayers").b;
        let is_alike = |name: &str| lists(name).same();
        let rule = |path: &JsonPath| match path.0.as_slice() {
            [Step::Key(key)] if **key == *b"signatures" => Rule::Skip,
            [Step::Key(key)] if **key == *b"fsLayers" && !is_alike("fsLayers") => Rule::Skip,
            [Step::Key(key)] if **key == *b"history" && !is_alike("history") && !beyond => Rule::Skip,
            // layers and ancestors are compared as such
            [Step::Key(list), _, Step::Key(key)]
                if matches!((&**list, &**key), (b"fsLayers", b"blobSum") | (b"history", b"v1Compatibility")) =>
            {
                Rule::Skip
            }
            _ => Rule::Descend,
        };
        let mut comparer =
            JsonComparer { rule: &rule, document: DocumentRef::Manifest, found: JsonComparison::default() };
        comparer.documents(documents.a, documents.b);
        document_deltas(comparer.found, Part::Manifest, false, &mut out.deltas);
        for (name, known) in [("fsLayers", "blobSum"), ("history", "v1Compatibility")] {
            let others = documents.map(|document| unknown_members(document, name, known.as_bytes()));
            if !is_alike(name) && !others.same() {
                let shown = |others: &Vec<u8>| if others.is_empty() { Value::Absent } else { Value::bytes(others) };
                let nodes = documents.map(|document| document.root.value.get(name));
                out.deltas.push(Delta {
                    place: place.clone(),
                    field: Field::Json(JsonPath::default().key(name.as_bytes())),
                    values: others.as_ref().map(shown),
                    bytes: others.b.len() as i128 - others.a.len() as i128,
                    spots: vec![Spot {
                        document: DocumentRef::Manifest,
                        spans: nodes.map(|node| node.map(|node| node.span.clone())),
                    }],
                });
            }
        }
    }
    settle(Part::Manifest, documents, 0, &mut out.deltas[from..], &mut out.follows);
}

/// What the items of a list hold besides the member `known`, as it is written.
fn unknown_members(document: &Document, list: &str, known: &[u8]) -> Vec<u8> {
    let items = document.root.value.get(list).map(|list| list.value.items()).unwrap_or_default();
    let mut out = Vec::new();
    for item in items {
        let members = item.value.members();
        if members.is_empty() {
            out.extend_from_slice(document.raw.get(item.span.clone()).unwrap_or_default());
        }
        for member in members.iter().filter(|member| *member.key != *known) {
            out.extend_from_slice(document.raw.get(member.key_span.start..member.node.span.end).unwrap_or_default());
        }
    }
    out
}
