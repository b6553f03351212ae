//! The comparison: two images in, deltas out. Pure and total.
//!
//! It descends the Merkle tree of both images, skips what is equal, and turns every difference at
//! a leaf into a typed delta. It never opens a blob; what it needs to have opened it asks for
//! ([`first_look`], [`second_look`], [`merge_look`]), and the caller opens only that.

pub mod align;
pub mod delta;
pub mod documents;
pub mod entry;
pub mod envelope;
pub mod json;
pub mod links;
mod looks;
pub mod merge;
pub mod path;
pub mod rows;
pub mod tars;
mod tree;

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::image::{Contradiction, Image, Layer, Shape};
use crate::layer::tar::Tar;
use crate::pair::{Pair, Side};
use crate::report::Sameness;
use delta::{Delta, Field, Place, Spot, Value};
use documents::{DocumentDeltas, Follow};
use merge::{Merged, Relation};
use rows::Row;
use tree::{refine_presence, whole_tree};

use looks::blob_digest;
pub use looks::{Payloads, Want, encoder_look, first_look, is_tar, merge_look, payload_look, second_look};
pub use tree::tar_of;

/// What comparing two images found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Which layers stand for each other.
    pub rows: Vec<Row>,
    /// The differences.
    pub deltas: Vec<Delta>,
    /// Bytes of documents that follow from other differences.
    pub follows: Vec<Follow>,
    /// Items of the documents' arrays that stand for each other.
    pub paired: Vec<Spot>,
    /// The strongest level that holds; none when none can be vouched for.
    pub sameness: Option<Sameness>,
}

/// Compares what was opened. Call again after [`merge_look`] was satisfied: it only sharpens the level
/// and how one-sided entries are there.
pub fn compare(images: Pair<&Image>, payloads: &Payloads) -> Comparison {
    let rows = rows::align_layers(images);
    let DocumentDeltas { deltas, follows, paired } = documents::compare(images, &rows);
    let mut comparison = Comparison { deltas, follows, paired, rows, sameness: None };
    if images.a.shape != Shape::Json && images.b.shape != Shape::Json {
        for position in 0..comparison.rows.len() {
            let row = comparison.rows[position].clone();
            compare_row(images, &row, position, payloads, &mut comparison.deltas);
        }
    }
    contradictions(images, &mut comparison);
    never_silent(images, &mut comparison);
    let tree = whole_tree(images, &comparison);
    if let Some(tree) = &tree {
        refine_presence(images, &mut comparison, tree);
    }
    comparison.sameness = sameness(images, &comparison, tree.map(|tree| tree.relation));
    comparison
}

fn compare_row(images: Pair<&Image>, row: &Row, position: usize, payloads: &Payloads, out: &mut Vec<Delta>) {
    match row {
        Row::Same { layers } | Row::Pair { layers } => {
            let pair = Pair::new(&images.a.layers[layers.a], &images.b.layers[layers.b]);
            let digests = pair.map(|layer| layer.digest.or_else(|| blob_digest(layer)));
            if digests.a.is_some() && digests.same() {
                return;
            }
            let same = matches!(row, Row::Same { .. });
            if let (Some(a), Some(b)) = (&pair.a.decoded, &pair.b.decoded)
                && is_what_it_says(pair.a)
                && is_what_it_says(pair.b)
            {
                let encoders = pair.map(|layer| layer.encoder.as_deref());
                envelope::compare(Pair::new(a, b), encoders, position, same, payloads.get(layers), out);
            }
            if same {
                if pair.a.decoded.is_none() || pair.b.decoded.is_none() {
                    let values = digests.map(|digest| digest.map_or(Value::Absent, Value::Digest));
                    out.push(Delta {
                        place: Place::Layer { row: position },
                        field: Field::NotOpened,
                        values,
                        bytes: 0,
                        spots: Vec::new(),
                    });
                }
                return;
            }
            match (pair.a.tar(), pair.b.tar()) {
                (Some(a), Some(b)) => {
                    let lists = Pair::new(tars::list(a, layers.a), tars::list(b, layers.b));
                    tars::compare(lists.as_ref().map(|list| &list[..]), position, true, out);
                    tars::compare_trailers(Pair::new(a, b), position, out);
                    table_of_contents(pair, Pair::new(a, b), position, out);
                }
                _ => unreadable(pair, position, out),
            }
        }
        Row::Empty { side, layer } => {
            let layer = &images.get(*side).layers[*layer];
            if !layer.throwaway {
                let here = Value::text(layer.created_by.clone().unwrap_or_else(|| "a layer without entries".into()));
                let values = match side {
                    Side::A => Pair::new(here, Value::Absent),
                    Side::B => Pair::new(Value::Absent, here),
                };
                out.push(Delta {
                    place: Place::Layer { row: position },
                    field: Field::EmptyLayer,
                    values,
                    bytes: 0,
                    spots: Vec::new(),
                });
            }
        }
        Row::Region { layers } => region(images, layers, position, out),
    }
}

/// Whether a layer's bytes have the digest they are named by; if not, that is all there is to say of them.
fn is_what_it_says(layer: &Layer) -> bool {
    layer.digest.is_none() || layer.digest == blob_digest(layer)
}

/// The tables of contents behind the ends of two eStargz layers.
fn table_of_contents(layers: Pair<&Layer>, tars: Pair<&Tar>, row: usize, out: &mut Vec<Delta>) {
    let lazy = layers
        .map(|layer| layer.decoded.as_ref().is_some_and(|decoded| envelope::lazy_pull(&decoded.envelope).is_some()));
    let rest = tars.map(|tar| tar.trailer.rest.as_ref().map(|rest| rest.digest));
    if lazy.a && lazy.b && !rest.same() {
        let value = |digest: Option<Digest>| digest.map_or(Value::Absent, Value::Digest);
        out.push(Delta {
            place: Place::Layer { row },
            field: Field::LazyPull,
            values: rest.map(value),
            bytes: 0,
            spots: Vec::new(),
        });
    }
}

fn unreadable(pair: Pair<&Layer>, row: usize, out: &mut Vec<Delta>) {
    let say = |layer: &Layer| match (layer.digest, layer.diff_id()) {
        (_, Some(diff_id)) => Value::text(format!("diff ID {diff_id}")),
        (Some(digest), None) => Value::Digest(digest),
        (None, None) => Value::text("not readable"),
    };
    let field = if pair.a.absent || pair.b.absent {
        Field::Foreign
    } else if is_tar(pair.a) && is_tar(pair.b) {
        Field::Unreadable
    } else {
        Field::Blob
    };
    let size = |layer: &Layer| layer.size.unwrap_or_default();
    let bytes = i128::from(size(pair.b)) - i128::from(size(pair.a));
    out.push(Delta { place: Place::Layer { row }, field, values: pair.map(say), bytes, spots: Vec::new() });
}

/// The merged file system of some layers of an image, those that were not walked left out.
pub fn merged<'a>(image: &'a Image, positions: &[usize]) -> Merged<'a> {
    let bottom = positions.first() == Some(&0);
    let mut merged = Merged::default();
    for &position in positions {
        if let Some(tar) = image.layers.get(position).and_then(Layer::tar) {
            merged.apply(&tars::list(tar, position), bottom);
        }
    }
    merged
}

/// Layers that are cut otherwise: their merged file systems, and one delta for the cut itself.
fn region(images: Pair<&Image>, layers: &Pair<Vec<usize>>, row: usize, out: &mut Vec<Delta>) {
    let mut lists = Pair::new(Vec::new(), Vec::new());
    let mut facts = Pair::new(String::new(), String::new());
    for side in Side::BOTH {
        let image = images.get(side);
        let positions = layers.get(side);
        for &position in positions {
            match image.layers[position].tar() {
                Some(_) => {}
                None => {
                    let layer = &image.layers[position];
                    let own = Value::text(layer.digest.map_or_else(|| layer.name(), |digest| digest.to_string()));
                    let values =
                        if side == Side::A { Pair::new(own, Value::Absent) } else { Pair::new(Value::Absent, own) };
                    out.push(Delta {
                        place: Place::Layer { row },
                        field: Field::Unreadable,
                        values,
                        bytes: 0,
                        spots: Vec::new(),
                    });
                }
            }
        }
        let merged = merged(image, positions);
        *facts.get_mut(side) = region_in_words(positions.len() as u64, merged.shadowed, merged.applied);
        *lists.get_mut(side) = merged.into_list();
    }
    let before = out.len();
    tars::compare(lists.as_ref().map(|list| &list[..]), row, false, out);
    let tar_size = |side: Side| {
        layers
            .get(side)
            .iter()
            .filter_map(|&layer| images.get(side).layers[layer].tar())
            .map(|tar| i128::from(tar.size))
            .sum::<i128>()
    };
    let told: i128 = out[before..].iter().map(|delta| delta.bytes).sum();
    let bytes = tar_size(Side::B) - tar_size(Side::A) - told;
    out.push(Delta {
        place: Place::Layer { row },
        field: Field::Boundaries,
        values: facts.map(Value::text),
        bytes,
        spots: Vec::new(),
    });
}

/// `3 layers, 7 entries hidden, 2 whiteouts applied`; what there is none of is left out.
fn region_in_words(layers: u64, shadowed: u64, applied: u64) -> String {
    use crate::text::counted;
    let mut words = match layers {
        0 => "no layer".to_owned(),
        layers => counted(layers, "layer", "layers"),
    };
    if shadowed > 0 {
        words.push_str(&format!(", {} hidden", counted(shadowed, "entry", "entries")));
    }
    if applied > 0 {
        words.push_str(&format!(", {} applied", counted(applied, "whiteout", "whiteouts")));
    }
    words
}

/// Two digests and nothing to say of it: then that itself is the difference, such as a manifest held
/// against a config.
fn never_silent(images: Pair<&Image>, comparison: &mut Comparison) {
    let digests = images.map(|image| top_digest(image).or_else(|| image.config.as_ref().map(|config| config.digest)));
    let trusted = images.a.trouble.is_empty() && images.b.trouble.is_empty();
    // two indexes whose children differ have other digests for that, and the children are compared themselves
    let follows = !images.a.compared_children.is_empty() && images.a.compared_children != images.b.compared_children;
    if trusted
        && !follows
        && comparison.deltas.is_empty()
        && digests.a.is_some()
        && digests.b.is_some()
        && !digests.same()
    {
        comparison.deltas.push(Delta {
            place: Place::Image,
            field: Field::Json(delta::JsonPath::default()),
            values: images.map(|image| Value::text(image.form())),
            bytes: 0,
            spots: Vec::new(),
        });
    }
}

/// What only one side contradicts itself in, row by row.
fn contradictions(images: Pair<&Image>, comparison: &mut Comparison) {
    let row_of = |side: Side, contradiction: &Contradiction| {
        let layer = contradiction.layer?;
        comparison.rows.iter().position(|row| row.layers(side).contains(&layer))
    };
    // what is equal on both sides and was opened on one is the same contradiction of both
    let shared = |row: Option<usize>| match row.and_then(|row| comparison.rows.get(row)) {
        Some(Row::Same { layers }) => {
            let (a, b) = (&images.a.layers[layers.a], &images.b.layers[layers.b]);
            a.digest.is_some()
                && (a.digest, &a.media_type, a.declared_diff_id) == (b.digest, &b.media_type, b.declared_diff_id)
        }
        _ => false,
    };
    type Key<'c> = (Option<usize>, crate::image::ContradictionKind, &'c str, &'c str);
    let mut counts: BTreeMap<Key<'_>, Pair<u64>> = BTreeMap::new();
    for side in Side::BOTH {
        for contradiction in &images.get(side).contradictions {
            let row = row_of(side, contradiction);
            if !shared(row) {
                let key = (row, contradiction.kind, &*contradiction.declared, &*contradiction.found);
                *counts.entry(key).or_default().get_mut(side) += 1;
            }
        }
    }
    let mut found = Vec::new();
    for ((row, kind, declared, what), count) in counts {
        let say = Value::text(format!("declared {declared}, found {what}"));
        let (side, more) = if count.a > count.b { (Side::A, count.a - count.b) } else { (Side::B, count.b - count.a) };
        for _ in 0..more {
            let values = match side {
                Side::A => Pair::new(say.clone(), Value::Absent),
                Side::B => Pair::new(Value::Absent, say.clone()),
            };
            let place = row.map_or(Place::Image, |row| Place::Layer { row });
            found.push(Delta { place, field: Field::Contradiction(kind), values, bytes: 0, spots: Vec::new() });
        }
    }
    comparison.deltas.extend(found);
}

fn sameness(images: Pair<&Image>, comparison: &Comparison, relation: Option<Relation>) -> Option<Sameness> {
    let digests = images.map(top_digest);
    if digests.a.is_some() && digests.same() {
        return Some(Sameness::SameDigest);
    }
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        let layers = images.map(|image| image.layers.iter().map(|layer| layer.digest).collect::<Vec<_>>());
        let ids = images.map(Image::image_id);
        let vouched = images.a.manifest.is_some()
            && images.b.manifest.is_some()
            && ids.a.is_some()
            && ids.same()
            && layers.same();
        return vouched.then_some(Sameness::SameImage);
    }
    let unreadable = comparison.deltas.iter().any(|delta| delta.field == Field::Unreadable);
    if unreadable {
        return None;
    }
    let throwaway = |side: &Side, layer: &usize| images.get(*side).layers[*layer].throwaway;
    let same_layers = comparison.rows.iter().all(|row| match row {
        Row::Same { .. } => true,
        Row::Empty { side, layer } => throwaway(side, layer),
        Row::Pair { layers } => {
            images.a.layers[layers.a].digest.is_some()
                && images.a.layers[layers.a].digest == images.b.layers[layers.b].digest
        }
        Row::Region { .. } => false,
    });
    if same_layers {
        // neither side has a document above the config: if nothing differs they are the same to the byte
        if same_without_manifest(images) {
            return Some(Sameness::SameDigest);
        }
        let ids = images.map(Image::image_id);
        return Some(if ids.a.is_some() && ids.same() { Sameness::SameImage } else { Sameness::SameLayers });
    }
    Some(match relation {
        Some(Relation::Same) => Sameness::SameFiles,
        Some(Relation::Metadata) => Sameness::SameContents,
        Some(Relation::Files) | None => Sameness::Different,
    })
}

/// Whether two archives without a manifest hold the same documents and blobs to the byte.
fn same_without_manifest(images: Pair<&Image>) -> bool {
    let documents = images.map(|image| {
        let config = image.config.as_ref().map(|config| config.digest);
        (image.shape, config, image.ancestors.iter().map(|document| document.digest).collect::<Vec<_>>())
    });
    let blobs = images.map(|image| image.layers.iter().map(blob_digest).collect::<Vec<_>>());
    matches!(images.a.shape, Shape::DockerArchive | Shape::V1) && documents.same() && blobs.same()
}

/// The digest that says that two images are one.
pub fn top_digest(image: &Image) -> Option<Digest> {
    match image.shape {
        Shape::Blob => image
            .layers
            .first()
            .and_then(|layer| layer.digest.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_digest))),
        _ => image.top().map(|document| document.digest),
    }
}
