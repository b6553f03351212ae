//! Indexes and manifest lists: children paired by what they are, never by position.

use std::ops::Range;

use super::{DocumentDeltas, document_deltas, media_type_field, targets_told};
use crate::compare::delta::{Delta, DocumentRef, Field, IndexField, JsonPath, Place, Spot, Step, Value};
use crate::compare::json::{JsonComparer, JsonComparison, Rule, Tree};
use crate::image::Image;
use crate::image::descriptor::Descriptor;
use crate::image::document::{Document, Part};
use crate::image::json::Node;
use crate::image::platform::Platform;
use crate::pair::{Pair, Side};

pub(super) fn indexes(images: Pair<&Image>, out: &mut DocumentDeltas) {
    let depth = images.map(|image| image.indexes.len());
    match (depth.a, depth.b) {
        (0, 0) => {}
        (0, _) | (_, 0) => {
            out.deltas.push(Delta {
                place: Place::Image,
                field: Field::DocumentKind,
                values: images.map(|image| Value::text(image.form())),
                bytes: 0,
                spots: Vec::new(),
            });
            siblings(images, out);
        }
        _ => {
            if !depth.same() {
                out.deltas.push(Delta {
                    place: Place::Document(Part::Index),
                    field: Field::Index(IndexField::Nesting),
                    values: depth.map(|depth| Value::text(format!("{depth} nested"))),
                    bytes: 0,
                    spots: Vec::new(),
                });
            }
            for (depth, (a, b)) in images.a.indexes.iter().zip(&images.b.indexes).enumerate() {
                index(images, Pair::new(a, b), DocumentRef::Index(depth), out);
            }
        }
    }
}

/// What the only index of a pair names besides the image that is compared.
fn siblings(images: Pair<&Image>, out: &mut DocumentDeltas) {
    for side in Side::BOTH {
        let image = images.get(side);
        for child in &image.children {
            if image.manifest.as_ref().is_some_and(|manifest| manifest.digest == child.digest) {
                continue;
            }
            let own = Value::text(child_key(child, &image.children));
            let values = match side {
                Side::A => Pair::new(own, Value::Absent),
                Side::B => Pair::new(Value::Absent, own),
            };
            out.deltas.push(Delta {
                place: Place::Document(Part::Index),
                field: one_sided_child(child),
                values,
                bytes: 0,
                spots: Vec::new(),
            });
        }
    }
}

/// What tells a child of an index from its siblings. The version of an operating system tells only
/// where several children differ in nothing else.
fn child_key(descriptor: &Descriptor, siblings: &[Descriptor]) -> String {
    if descriptor.is_attestation() {
        let subject =
            siblings.iter().find(|sibling| descriptor.reference_digest.as_deref() == Some(&sibling.digest.to_string()));
        return match subject {
            // an attestation of an attestation, perhaps of itself, is no subject to be named by
            Some(subject) if !subject.is_attestation() => format!("attestation of {}", child_key(subject, siblings)),
            _ => "attestation".to_owned(),
        };
    }
    match &descriptor.platform {
        Some(platform) => {
            let bare = |platform: &Platform| Platform { os_version: String::new(), ..platform.normal() };
            let twins = siblings
                .iter()
                .filter(|other| !other.is_attestation() && other.platform.as_ref().map(bare) == Some(bare(platform)));
            if twins.count() > 1 { platform.normal().to_string() } else { bare(platform).to_string() }
        }
        None => match &descriptor.artifact_type {
            Some(kind) => format!("artifact {kind}"),
            None => "no platform".to_owned(),
        },
    }
}

/// More children than this are trouble already (`--max-documents`), and are not compared one by one.
const MOST_CHILDREN: usize = 2_000;

struct Children<'a> {
    nodes: Vec<&'a Node>,
    descriptors: Vec<Descriptor>,
    keys: Vec<String>,
}

fn children(document: &Document) -> Children<'_> {
    let nodes = document.root.value.get("manifests").map(|node| node.value.items()).unwrap_or_default();
    let mut found = Children { nodes: Vec::new(), descriptors: Vec::new(), keys: Vec::new() };
    for node in nodes.iter().take(MOST_CHILDREN) {
        if let Ok(descriptor) = Descriptor::read(node) {
            found.nodes.push(node);
            found.descriptors.push(descriptor);
        }
    }
    for descriptor in &found.descriptors {
        let mut key = child_key(descriptor, &found.descriptors);
        let twins = found.keys.iter().filter(|own| **own == key || own.starts_with(&format!("{key} #"))).count();
        if twins > 0 {
            key = format!("{key} #{}", twins + 1);
        }
        found.keys.push(key);
    }
    found
}

fn index(images: Pair<&Image>, documents: Pair<&Document>, document: DocumentRef, out: &mut DocumentDeltas) {
    if documents.a.raw == documents.b.raw {
        return;
    }
    let place = Place::Document(Part::Index);
    let mut comparer = JsonComparer { rule: &index_rule, document, found: JsonComparison::default() };
    comparer.documents(documents.a, documents.b);
    let lists = documents.map(children);
    type Spans = Pair<Option<Range<usize>>>;
    let mut push = |field: Field, a: Value, b: Value, spans: Vec<Spans>| {
        let spots = spans.into_iter().map(|spans| Spot { document, spans }).collect();
        out.deltas.push(Delta { place: place.clone(), field, values: Pair::new(a, b), bytes: 0, spots });
    };
    let inner = |nodes: Pair<&Node>, keys: &[&str]| -> Spans {
        nodes.map(|node| keys.iter().try_fold(node, |node, key| node.value.get(key)).map(|node| node.span.clone()))
    };
    for (position, key) in lists.a.keys.iter().enumerate() {
        let left = &lists.a.descriptors[position];
        let Some(other) = lists.b.keys.iter().position(|candidate| candidate == key) else {
            let item = Pair::new(Some(lists.a.nodes[position].span.clone()), None);
            push(one_sided_child(left), Value::text(key.clone()), Value::Absent, vec![item]);
            continue;
        };
        let nodes = Pair::new(lists.a.nodes[position], lists.b.nodes[other]);
        let right = &lists.b.descriptors[other];
        let path = JsonPath::of(&["manifests"]).item(key.clone());
        let trees = Pair::new(
            Tree { raw: &documents.a.raw, node: lists.a.nodes[position] },
            Tree { raw: &documents.b.raw, node: lists.b.nodes[other] },
        );
        comparer.pair(trees);
        comparer.nodes(&path, trees);
        targets_told(&mut comparer, &path, trees);
        if left.digest != right.digest {
            let chosen = |image: &Image, digest| {
                image.manifest.as_ref().is_some_and(|manifest| manifest.digest == digest)
                    || image.indexes.iter().any(|index| index.digest == digest)
                    || image.compared_children.contains(&digest)
            };
            if left.is_attestation() {
                let digests = Pair::new(left.digest, right.digest).map(Value::Digest);
                let spans = vec![inner(nodes, &["digest"]), inner(nodes, &["size"])];
                push(Field::Index(IndexField::Attestation), digests.a, digests.b, spans);
            } else if !(chosen(images.a, left.digest) && chosen(images.b, right.digest)) {
                push(
                    Field::Index(IndexField::NotCompared),
                    Value::text(format!("{key} {}", left.digest)),
                    Value::text(format!("{key} {}", right.digest)),
                    vec![inner(nodes, &["digest"]), inner(nodes, &["size"])],
                );
            }
        }
        // the name of an attestation's subject follows only where it is a sibling's digest
        let subjects = Pair::new((left, &lists.a), (right, &lists.b)).map(|(descriptor, list)| {
            let named = descriptor.reference_digest.clone()?;
            Some((list.descriptors.iter().any(|sibling| sibling.digest.to_string() == named), named))
        });
        let follows = matches!((&subjects.a, &subjects.b), (Some((true, _)), Some((true, _))));
        if !subjects.same() && !follows {
            let value =
                |subject: Option<(bool, String)>| subject.map_or(Value::Absent, |(_, named)| Value::text(named));
            let path = path.key(b"annotations").key(b"vnd.docker.reference.digest");
            let Pair { a, b } = subjects.map(value);
            let spans = inner(nodes, &["annotations", "vnd.docker.reference.digest"]);
            push(Field::Json(path), a, b, vec![spans]);
        }
    }
    for (position, key) in lists.b.keys.iter().enumerate() {
        if !lists.a.keys.contains(key) {
            let item = Pair::new(None, Some(lists.b.nodes[position].span.clone()));
            push(one_sided_child(&lists.b.descriptors[position]), Value::Absent, Value::text(key.clone()), vec![item]);
        }
    }
    let order = |own: &[String], other: &[String]| {
        own.iter().filter(|key| other.contains(key)).cloned().collect::<Vec<_>>().join(", ")
    };
    let orders = Pair::new(order(&lists.a.keys, &lists.b.keys), order(&lists.b.keys, &lists.a.keys));
    if !orders.same() {
        let list = inner(documents.map(|document| &document.root), &["manifests"]);
        push(Field::Index(IndexField::Order), Value::text(orders.a), Value::text(orders.b), vec![list]);
    }
    out.paired.append(&mut comparer.found.paired);
    media_type_field(documents, document, &mut out.deltas);
    document_deltas(comparer.found, Part::Index, false, &mut out.deltas);
}

fn one_sided_child(descriptor: &Descriptor) -> Field {
    Field::Index(if descriptor.is_attestation() { IndexField::Attestation } else { IndexField::Platform })
}

fn index_rule(path: &JsonPath) -> Rule {
    match path.0.as_slice() {
        [Step::Key(key)] if matches!(&**key, b"manifests" | b"mediaType") => Rule::Skip,
        [.., Step::Key(key)] => match &**key {
            b"annotations" => Rule::Map,
            b"digest" | b"size" if path.starts_with(&["manifests"]) && path.0.len() == 3 => Rule::Skip,
            // an attestation names its subject by digest, which follows from the subject
            b"vnd.docker.reference.digest" if path.starts_with(&["manifests", "annotations"]) => Rule::Skip,
            b"subject" => Rule::Leaf,
            _ => Rule::Descend,
        },
        _ => Rule::Descend,
    }
}
