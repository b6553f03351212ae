//! The whole file systems of both images: the level of sameness, and how one-sided entries are there.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::delta::{Delta, Field, Place, Presence, Value};
use crate::compare::looks::{Reach, in_files, merge_look};
use crate::compare::merge::{self, Merged, Relation};
use crate::compare::rows::Row;
use crate::compare::tars::{self, Listed};
use crate::compare::{Comparison, entry, path};
use crate::digest::Digest;
use crate::image::{Image, Layer, Shape};
use crate::layer::entry::Kind;
use crate::layer::tar::{AnomalyKind, Tar};
use crate::pair::{Pair, Side};

/// What the merged file systems of both images say.
pub(super) struct WholeTree<'a> {
    pub(super) relation: Relation,
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
            found.push(Delta {
                place,
                field: Field::Presence(Presence::Path),
                values: here.map(kind),
                bytes: 0,
                spots: Vec::new(),
            });
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
pub(super) fn whole_tree<'a>(images: Pair<&'a Image>, comparison: &Comparison) -> Option<WholeTree<'a>> {
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
pub(super) fn told_by_deltas(images: Pair<&Image>, comparison: &Comparison) -> Option<Relation> {
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
pub(super) fn refine_presence(images: Pair<&Image>, comparison: &mut Comparison, tree: &WholeTree<'_>) {
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
