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
pub mod merge;
pub mod path;
pub mod rows;
pub mod tars;

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::image::{Contradiction, Image, Layer, Shape, media_type};
use crate::layer::entry::Kind;
use crate::layer::envelope::Compression;
use crate::layer::tar::{AnomalyKind, Tar};
use crate::pair::{Pair, Side};
use crate::report::Sameness;
use delta::{Delta, Field, Place, Presence, Value};
use documents::Follow;
use merge::{Merged, Relation};
use rows::Row;
use tars::Listed;

/// What comparing two images found.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Which layers stand for each other.
    pub rows: Vec<Row>,
    /// The differences.
    pub deltas: Vec<Delta>,
    /// Bytes of documents that follow from other differences.
    pub follows: Vec<Follow>,
    /// The strongest level that holds; none when none can be vouched for.
    pub sameness: Option<Sameness>,
}

/// What a second look at compressed layers of equal contents showed, by their positions.
pub type Payloads = BTreeMap<Pair<usize>, envelope::Payload>;

/// The pairs of gzip layers whose compressed bytes differ though their contents are equal: was it
/// only the header, another level, another encoder?
pub fn payload_look(images: Pair<&Image>) -> Vec<Pair<usize>> {
    let gzip =
        |layer: &Layer| layer.decoded.as_ref().is_some_and(|decoded| decoded.envelope.compression == Compression::Gzip);
    rows::align_layers(images)
        .into_iter()
        .filter_map(|row| match row {
            Row::Same { layers } => Some(layers),
            _ => None,
        })
        .filter(|layers| {
            let (a, b) = (&images.a.layers[layers.a], &images.b.layers[layers.b]);
            gzip(a) && gzip(b) && blob_digest(a) != blob_digest(b)
        })
        .collect()
}

fn blob_digest(layer: &Layer) -> Option<Digest> {
    layer.decoded.as_ref().map(|decoded| decoded.blob_digest)
}

/// A layer to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// Whose.
    pub side: Side,
    /// 0-based layer.
    pub layer: usize,
    /// Whether its entries are wanted, not only its digests.
    pub walk: bool,
}

/// The layers that must be opened to compare at all: those whose digests differ. Where the configs
/// declare equal diff IDs, hashing is enough.
pub fn first_look(images: Pair<&Image>, verify: bool) -> Vec<Want> {
    let mut wants = Vec::new();
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return wants;
    }
    for side in Side::BOTH {
        let (own, other) = (images.get(side), images.get(side.other()));
        for layer in own.layers.iter().filter(|layer| !layer.absent && is_tar(layer)) {
            let twins = || other.layers.iter().filter(|twin| twin.digest.is_some() && twin.digest == layer.digest);
            // one blob cannot be two things: if the documents say two, its bytes decide
            let contradicted = twins().any(|twin| {
                let diff_ids = (twin.declared_diff_id, layer.declared_diff_id);
                declared_compression(twin) != declared_compression(layer)
                    || matches!(diff_ids, (Some(a), Some(b)) if a != b)
            });
            let shared = twins().next().is_some();
            if shared && !verify && !contradicted {
                continue;
            }
            let declared_alike = layer.declared_diff_id.is_some()
                && other.layers.iter().any(|twin| twin.declared_diff_id == layer.declared_diff_id && is_tar(twin));
            wants.push(Want { side, layer: layer.index, walk: !shared && !declared_alike });
        }
    }
    wants
}

fn declared_compression(layer: &Layer) -> Option<&'static str> {
    layer.media_type.as_deref().and_then(|media_type| media_type::parts(media_type).compression)
}

/// Whether a layer is a tar as far as its media type says; an artifact's blobs are not.
pub fn is_tar(layer: &Layer) -> bool {
    layer
        .media_type
        .as_deref()
        .is_none_or(|media_type| matches!(media_type::parts(media_type).role, media_type::Role::Layer { .. }))
        || layer
            .media_type
            .as_deref()
            .is_some_and(|media_type| media_type.split(['.', '+', '/', '-']).any(|part| part == "tar"))
}

/// The layers whose digests turned out not to be equal though the configs said so, and those that
/// stand against one that has to be walked.
pub fn second_look(images: Pair<&Image>) -> Vec<Want> {
    let mut wants = Vec::new();
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return wants;
    }
    for row in rows::align_layers(images) {
        if matches!(row, Row::Same { .. }) {
            continue;
        }
        for side in Side::BOTH {
            wants.extend(unwalked(images.get(side), side, &row.layers(side)));
        }
    }
    wants
}

fn unwalked(image: &Image, side: Side, layers: &[usize]) -> Vec<Want> {
    layers
        .iter()
        .map(|&layer| &image.layers[layer])
        .filter(|layer| {
            layer.tar().is_none()
                && !layer.absent
                && is_tar(layer)
                && layer.decoded.as_ref().is_none_or(|decoded| decoded.trouble.is_none())
        })
        .map(|layer| Want { side, layer: layer.index, walk: true })
        .collect()
}

/// The equal layers that have to be walked to know what the merged file systems hold: later ones
/// may hide a difference, earlier ones may hold what one side lacks.
pub fn merge_look(images: Pair<&Image>, comparison: &Comparison) -> Vec<Want> {
    let Some(reach) = Reach::of(comparison) else { return Vec::new() };
    if told_by_deltas(images, comparison).is_some() {
        return Vec::new();
    }
    let mut wants = Vec::new();
    for (position, row) in comparison.rows.iter().enumerate() {
        if let Row::Same { layers } = row
            && (position > reach.first || reach.one_sided)
        {
            // equal bytes: one side is enough
            if images.b.layers[layers.b].tar().is_none() {
                wants.extend(unwalked(images.a, Side::A, &[layers.a]));
            }
        }
    }
    wants
}

/// Which deltas may change the merged file system.
struct Reach {
    first: usize,
    one_sided: bool,
}

impl Reach {
    fn of(comparison: &Comparison) -> Option<Reach> {
        // layers that are cut otherwise may bind a hard link to another file though every entry has its twin
        let region = comparison.rows.iter().position(|row| matches!(row, Row::Region { .. }));
        let mut reach = region.map(|first| Reach { first, one_sided: false });
        for delta in &comparison.deltas {
            let (Some(row), true) = (delta.place.row(), in_files(&delta.field)) else { continue };
            let by_path = matches!(delta.field, Field::Presence(_) | Field::Kind | Field::Link | Field::LinkHolder);
            let one_sided = by_path || matches!(comparison.rows[row], Row::Region { .. });
            match &mut reach {
                None => reach = Some(Reach { first: row, one_sided }),
                Some(reach) => {
                    reach.first = reach.first.min(row);
                    reach.one_sided |= one_sided;
                }
            }
        }
        reach
    }
}

/// Whether a field is part of the files, not of their encoding.
fn in_files(field: &Field) -> bool {
    matches!(
        field,
        Field::Presence(_)
            | Field::Kind
            | Field::Content
            | Field::Link
            | Field::LinkHolder
            | Field::Mode
            | Field::Uid
            | Field::Gid
            | Field::Uname
            | Field::Gname
            | Field::Mtime
            | Field::Atime
            | Field::Ctime
            | Field::Xattr(_)
            | Field::Device
            | Field::Unreadable
            | Field::Blob
    )
}

/// Compares what was opened. Call again after [`merge_look`] was satisfied: it only sharpens the level
/// and how one-sided entries are there.
pub fn compare(images: Pair<&Image>, payloads: &Payloads) -> Comparison {
    let rows = rows::align_layers(images);
    let documents = documents::compare(images, &rows);
    let mut comparison = Comparison { deltas: documents.deltas, follows: documents.follows, rows, sameness: None };
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
                envelope::compare(Pair::new(a, b), position, same, payloads.get(layers), out);
            }
            if same {
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
                out.push(Delta { place: Place::Layer { row: position }, field: Field::EmptyLayer, values, bytes: 0 });
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
        out.push(Delta { place: Place::Layer { row }, field: Field::LazyPull, values: rest.map(value), bytes: 0 });
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
    out.push(Delta { place: Place::Layer { row }, field, values: pair.map(say), bytes });
}

/// Layers that are cut otherwise: their merged file systems, and one delta for the cut itself.
fn region(images: Pair<&Image>, layers: &Pair<Vec<usize>>, row: usize, out: &mut Vec<Delta>) {
    let mut lists = Pair::new(Vec::new(), Vec::new());
    let mut facts = Pair::new(String::new(), String::new());
    for side in Side::BOTH {
        let image = images.get(side);
        let positions = layers.get(side);
        let bottom = positions.first() == Some(&0);
        let mut merged = Merged::default();
        for &position in positions {
            match image.layers[position].tar() {
                Some(tar) => merged.apply(&tars::list(tar, position), bottom),
                None => {
                    let layer = &image.layers[position];
                    let own = Value::text(layer.digest.map_or_else(|| layer.name(), |digest| digest.to_string()));
                    let values =
                        if side == Side::A { Pair::new(own, Value::Absent) } else { Pair::new(Value::Absent, own) };
                    out.push(Delta { place: Place::Layer { row }, field: Field::Unreadable, values, bytes: 0 });
                }
            }
        }
        *facts.get_mut(side) = format!(
            "{}, {} hidden, {} applied",
            crate::text::counted(positions.len() as u64, "layer", "layers"),
            crate::text::counted(merged.shadowed, "entry", "entries"),
            crate::text::counted(merged.applied, "whiteout", "whiteouts"),
        );
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
    out.push(Delta { place: Place::Layer { row }, field: Field::Boundaries, values: facts.map(Value::text), bytes });
}

/// Two digests and nothing to say of it: then that itself is the difference, such as a manifest held
/// against a config.
fn never_silent(images: Pair<&Image>, comparison: &mut Comparison) {
    let digests = images.map(|image| top_digest(image).or_else(|| image.config.as_ref().map(|config| config.digest)));
    let trusted = images.a.trouble.is_empty() && images.b.trouble.is_empty();
    if trusted && comparison.deltas.is_empty() && digests.a.is_some() && digests.b.is_some() && !digests.same() {
        comparison.deltas.push(Delta {
            place: Place::Image,
            field: Field::Json(delta::JsonPath::default()),
            values: images.map(|image| Value::text(image.form())),
            bytes: 0,
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
            found.push(Delta { place, field: Field::Contradiction(kind), values, bytes: 0 });
        }
    }
    comparison.deltas.extend(found);
}

/// What the merged file systems of both images say.
struct WholeTree<'a> {
    relation: Relation,
    differing: BTreeMap<Vec<u8>, Relation>,
    lists: Pair<Vec<Listed<'a>>>,
}

impl WholeTree<'_> {
    /// Adds a delta for each path at (if `itself`) or below `hidden` that only one side still has,
    /// the whiteout's own bytes with the first. Says how the whiteout itself is there.
    fn unhidden(
        &self,
        hidden: &[u8],
        itself: bool,
        row: usize,
        bytes: i128,
        known: &mut BTreeSet<Vec<u8>>,
        out: &mut Vec<Delta>,
    ) -> Presence {
        let mut found = Vec::new();
        let mut effect = false;
        let mut below = hidden.to_vec();
        if !below.is_empty() {
            below.push(b'/');
        }
        let own = self.differing.get_key_value(hidden).filter(|_| itself);
        let inside = self.differing.range(below.clone()..).take_while(|(path, _)| path.starts_with(&below));
        for (path, _) in own.into_iter().chain(inside) {
            effect = true;
            let here = self
                .lists
                .as_ref()
                .map(|list| list.binary_search_by(|listed| listed.path.cmp(path)).ok().map(|at| &list[at]));
            if here.a.is_some() == here.b.is_some() || path::is_whiteout(path) || !known.insert(path.clone()) {
                continue;
            }
            let kind = |listed: Option<&Listed<'_>>| {
                listed.map_or(Value::Absent, |listed| Value::Kind(listed.entry.attributes.kind))
            };
            let place = Place::Entry {
                row,
                entry: here.map(|listed| listed.map(|listed| listed.at)),
                path: path.as_slice().into(),
            };
            found.push(Delta { place, field: Field::Presence(Presence::Path), values: here.map(kind), bytes: 0 });
        }
        if let Some(first) = found.first_mut() {
            first.bytes = bytes;
        }
        let told = !found.is_empty();
        out.extend(found);
        if told {
            Presence::Path
        } else if effect {
            Presence::OtherLayer
        } else {
            Presence::Whiteout
        }
    }
}

/// Whether one side of a type or link target is a hard link's.
fn is_hardlink(values: &Pair<Value>) -> bool {
    let text = |value: &Value| matches!(value, Value::Kind(Kind::Hardlink) | Value::Text(_));
    text(&values.a) && text(&values.b)
        || [&values.a, &values.b].into_iter().any(|value| *value == Value::Kind(Kind::Hardlink))
}

fn is_whiteout_delta(delta: &Delta) -> bool {
    matches!(&delta.place, Place::Entry { path, .. } if path::is_whiteout(path))
}

/// The relation of the merged file systems. `None`: there are no files to be merged, or not all could be read.
fn whole_tree<'a>(images: Pair<&'a Image>, comparison: &Comparison) -> Option<WholeTree<'a>> {
    let unreadable = |delta: &Delta| {
        matches!(delta.field, Field::Unreadable | Field::Blob | Field::Foreign) && delta.place.row().is_some()
    };
    if comparison.deltas.iter().any(unreadable) || images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return None;
    }
    if unreadable_rest(images, comparison) {
        return Some(WholeTree { relation: Relation::Files, differing: BTreeMap::new(), lists: Pair::default() });
    }
    if Reach::of(comparison).is_none() {
        return Some(WholeTree { relation: Relation::Same, differing: BTreeMap::new(), lists: Pair::default() });
    }
    if let Some(relation) = told_by_deltas(images, comparison) {
        return Some(WholeTree { relation, differing: BTreeMap::new(), lists: Pair::default() });
    }
    if !merge_look(images, comparison).is_empty() {
        return None;
    }
    let mut lists: Pair<Vec<Listed<'a>>> = Pair::default();
    for side in Side::BOTH {
        let mut merged = Merged::default();
        let mut bottom = true;
        for row in &comparison.rows {
            for layer in row.layers(side) {
                match tar_of_row(images, row, side, layer) {
                    Some(tar) => merged.apply(&tars::list(tar, layer), bottom),
                    // an equal layer below everything that differs was not opened: its files are the same on both sides
                    None => bottom = false,
                }
            }
        }
        *lists.get_mut(side) = merged.into_list();
    }
    let (relation, differing) = merge::relate(&lists.a, &lists.b);
    Some(WholeTree { relation, differing, lists })
}

/// Whether layers that differ end in bytes that are no entries: what files they were meant to be is not known.
fn unreadable_rest(images: Pair<&Image>, comparison: &Comparison) -> bool {
    let rest = |image: &Image, layers: Vec<usize>| -> Vec<Digest> {
        let tars = layers.into_iter().filter_map(|layer| image.layers[layer].tar());
        tars.filter(|tar| {
            tar.anomalies
                .iter()
                .any(|anomaly| matches!(anomaly.kind, AnomalyKind::NotAHeader | AnomalyKind::Truncated { .. }))
        })
        .filter_map(|tar| tar.trailer.rest.as_ref().map(|rest| rest.digest))
        .collect()
    };
    let differing = comparison.rows.iter().filter(|row| matches!(row, Row::Pair { .. } | Row::Region { .. }));
    differing.into_iter().any(|row| rest(images.a, row.layers(Side::A)) != rest(images.b, row.layers(Side::B)))
}

/// The relation of the merged file systems where it can be read off the deltas: all of them are of
/// entries that both sides have in one pair of layers, and no later layer could hide one.
fn told_by_deltas(images: Pair<&Image>, comparison: &Comparison) -> Option<Relation> {
    let last = comparison.rows.len().checked_sub(1)?;
    if comparison.rows.iter().any(|row| matches!(row, Row::Region { .. })) {
        return None;
    }
    // a hard link's own header does not count: the file's attributes are those of the entry that holds the bytes
    let has_links = |image: &Image| {
        image
            .layers
            .iter()
            .filter_map(Layer::tar)
            .any(|tar| tar.entries.iter().any(|entry| entry.attributes.kind == Kind::Hardlink))
    };
    if has_links(images.a) || has_links(images.b) || has_duplicates(images.a) || has_duplicates(images.b) {
        return None;
    }
    let mut relation = Relation::Same;
    for delta in comparison.deltas.iter().filter(|delta| delta.place.row().is_some() && in_files(&delta.field)) {
        let plain = delta.place.row() == Some(last) && matches!(comparison.rows[last], Row::Pair { .. });
        let own = match delta.field {
            Field::Presence(_) | Field::Kind | Field::Link | Field::LinkHolder => return None,
            _ if !plain || is_whiteout_delta(delta) => return None,
            Field::Content => Relation::Files,
            _ => Relation::Metadata,
        };
        relation = relation.max(own);
    }
    Some(relation)
}

/// Whether a layer that was walked writes a path more than once.
fn has_duplicates(image: &Image) -> bool {
    image.layers.iter().filter_map(Layer::tar).any(|tar| {
        let mut paths: Vec<Vec<u8>> = tar.entries.iter().map(|entry| path::normal(&entry.attributes.path)).collect();
        paths.sort_unstable();
        paths.windows(2).any(|pair| pair[0] == pair[1])
    })
}

/// The tar of a layer; of two layers of equal bytes the one that was walked.
pub fn tar_of<'a>(images: Pair<&'a Image>, rows: &[Row], side: Side, layer: usize) -> Option<&'a Tar> {
    let row = rows.iter().find(|row| row.layers(side).contains(&layer))?;
    tar_of_row(images, row, side, layer)
}

fn tar_of_row<'a>(images: Pair<&'a Image>, row: &Row, side: Side, layer: usize) -> Option<&'a Tar> {
    let (own, other): (&'a Image, &'a Image) = match side {
        Side::A => (images.a, images.b),
        Side::B => (images.b, images.a),
    };
    own.layers[layer].tar().or_else(|| match row {
        Row::Same { layers } => other.layers[*layers.get(side.other())].tar(),
        _ => None,
    })
}

/// An entry on one side only may be no added or removed file: the other side may have the path in
/// another layer, equal or not.
fn refine_presence(images: Pair<&Image>, comparison: &mut Comparison, tree: &WholeTree<'_>) {
    let differing = &tree.differing;
    let find = |list: &[Listed<'_>], path: &[u8]| list.binary_search_by(|listed| (*listed.path).cmp(path)).ok();
    let mut replaced: Vec<(usize, usize, usize)> = Vec::new();
    let mut unhidden: Vec<Delta> = Vec::new();
    let mut known: BTreeSet<Vec<u8>> = BTreeSet::new();
    let lone = images.a.shape == Shape::Blob || images.b.shape == Shape::Blob;
    for delta in &mut comparison.deltas {
        let Place::Entry { path, row, .. } = &delta.place else { continue };
        let row = *row;
        // hard links are told by their own entries; where the merged files agree only another one holds the bytes
        let by_link = matches!(delta.field, Field::Kind | Field::Link);
        if by_link && !differing.contains_key(&**path) && is_hardlink(&delta.values) {
            // in layers that are cut otherwise it follows from the cut
            let cut = matches!(comparison.rows[row], Row::Region { .. });
            delta.field = if cut { Field::Presence(Presence::OtherLayer) } else { Field::LinkHolder };
            continue;
        }
        let parent = delta.field == Field::Presence(Presence::Parent);
        if delta.field != Field::Presence(Presence::Path) && !parent {
            continue;
        }
        let presence = match path::meaning(path) {
            // what lies below a lone layer is not known
            path::Meaning::Whiteout(hidden) if lone => {
                let mut told = delta.clone();
                told.field = Field::Presence(Presence::Path);
                told.values = delta.values.as_ref().map(|value| match value {
                    Value::Absent => Value::text("left as it is"),
                    _ => Value::Absent,
                });
                if let Place::Entry { path, .. } = &mut told.place {
                    *path = hidden.into();
                }
                unhidden.push(told);
                Presence::Path
            }
            path::Meaning::Whiteout(hidden) => {
                tree.unhidden(&hidden, true, row, delta.bytes, &mut known, &mut unhidden)
            }
            path::Meaning::Opaque(directory) => {
                tree.unhidden(&directory, false, row, delta.bytes, &mut known, &mut unhidden)
            }
            path::Meaning::Bookkeeping => Presence::Whiteout,
            path::Meaning::File => match (find(&tree.lists.a, path), find(&tree.lists.b, path)) {
                (Some(a), Some(b)) => {
                    if differing.contains_key(&**path) && !replaced.iter().any(|(_, own, _)| *own == a) {
                        replaced.push((row, a, b));
                    }
                    if parent { Presence::Parent } else { Presence::OtherLayer }
                }
                _ if parent => Presence::Parent,
                _ if differing.contains_key(&**path) => Presence::Path,
                _ => Presence::OtherLayer,
            },
        };
        delta.field = Field::Presence(presence);
    }
    // a whiteout that hides something on one side only stands for what the other side still has
    comparison.deltas.retain(|delta| delta.field != Field::Presence(Presence::Path) || !is_whiteout_delta(delta));
    comparison.deltas.extend(unhidden);
    let told: BTreeSet<Vec<u8>> = comparison
        .deltas
        .iter()
        .filter(|delta| in_files(&delta.field))
        .filter_map(|delta| match &delta.place {
            Place::Entry { path, .. } => Some(path.to_vec()),
            _ => None,
        })
        .collect();
    // a file may differ though no entry of its own path does: the entry that holds its bytes is another's
    let last = comparison.rows.len().saturating_sub(1);
    for path in differing.keys().filter(|path| !told.contains(*path) && !path::is_whiteout(path)) {
        if let (Some(a), Some(b)) = (find(&tree.lists.a, path), find(&tree.lists.b, path)) {
            replaced.push((last, a, b));
        }
    }
    for (row, a, b) in replaced {
        let (left, right) = (&tree.lists.a[a], &tree.lists.b[b]);
        let pair = entry::EntryPair {
            entries: Pair::new(left.holder, right.holder),
            refs: Pair::new(left.inode, right.inode),
            path: &left.path,
            row,
            linked_alike: false,
        };
        let from = comparison.deltas.len();
        entry::compare(&pair, &mut comparison.deltas);
        // the bytes were booked with the entry that is on one side only
        comparison.deltas[from..].iter_mut().for_each(|delta| delta.bytes = 0);
    }
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
