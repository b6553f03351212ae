//! Two lists of entries: which stand for each other, which are on one side only, in which order.
//!
//! The lists are of two layers, or of several layers of each side with whiteouts and overwritten
//! entries already applied ([`super::merge`]).

use std::sync::Arc;

use crate::compare::delta::{Delta, EntryRef, Field, Place, Presence, Value};
use crate::compare::entry::{self, EntryPair};
use crate::compare::links::{LinkGroups, same_bytes};
use crate::compare::path;
use crate::layer::entry::Kind;
use crate::layer::tar::{Entry, Tar};
use crate::pair::{Pair, Side};
use crate::text::counted;

/// One entry of a list.
#[derive(Clone)]
pub struct Listed<'a> {
    /// Its path in normal form.
    pub path: Vec<u8>,
    /// The entry.
    pub entry: &'a Entry,
    /// Where it stands.
    pub at: EntryRef,
    /// The entry that holds the file's bytes: another one for a hard link, once layers are merged.
    pub holder: &'a Entry,
    /// Where that one stands.
    pub inode: EntryRef,
}

/// The entries of one layer.
pub fn list(tar: &Tar, layer: usize) -> Vec<Listed<'_>> {
    tar.entries
        .iter()
        .enumerate()
        .map(|(index, entry)| {
            let at = EntryRef { layer: layer as u32, index: index as u32 };
            Listed { path: path::normal(&entry.attributes.path), entry, at, holder: entry, inode: at }
        })
        .collect()
}

/// Which entries of two lists stand for each other.
#[derive(Debug, Default)]
pub struct Matching {
    /// Positions of entries of one path.
    pub matched: Vec<(usize, usize)>,
    /// Entries of one side only, and whether their path is on the other side all the same.
    pub alone: Vec<(Side, usize, bool)>,
}

/// Matches two lists by path.
pub fn matching(lists: Pair<&[Listed<'_>]>) -> Matching {
    matching_of(lists, &lists.map(sorted_by_path))
}

fn matching_of(lists: Pair<&[Listed<'_>]>, sorted: &Pair<Vec<usize>>) -> Matching {
    let mut matched: Vec<(usize, usize)> = Vec::with_capacity(lists.a.len().min(lists.b.len()));
    let mut alone: Vec<(Side, usize, bool)> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < sorted.a.len() || j < sorted.b.len() {
        let left = sorted.a.get(i).map(|&at| &lists.a[at].path[..]);
        let right = sorted.b.get(j).map(|&at| &lists.b[at].path[..]);
        let path = match (left, right) {
            (Some(left), Some(right)) => left.min(right),
            (Some(path), None) | (None, Some(path)) => path,
            (None, None) => break,
        };
        let run = |sorted: &[usize], list: &[Listed<'_>], from: usize| {
            sorted[from..].iter().take_while(|&&at| list[at].path == path).count()
        };
        let (left, right) = (run(&sorted.a, lists.a, i), run(&sorted.b, lists.b, j));
        // of several entries with one path the last one counts, so the last ones stand for each other
        let both = left.min(right);
        alone.extend(sorted.a[i..i + left - both].iter().map(|&at| (Side::A, at, right > 0)));
        alone.extend(sorted.b[j..j + right - both].iter().map(|&at| (Side::B, at, left > 0)));
        for k in 0..both {
            matched.push((sorted.a[i + left - both + k], sorted.b[j + right - both + k]));
        }
        i += left;
        j += right;
    }
    Matching { matched, alone }
}

/// Compares two lists as `row`; with `ordered` their order counts too.
pub fn compare(lists: Pair<&[Listed<'_>]>, row: usize, ordered: bool, out: &mut Vec<Delta>) {
    let groups = lists.map(|list| LinkGroups::of(list.iter().map(|listed| (&listed.path[..], listed.entry))));
    let sorted = lists.map(sorted_by_path);
    let Matching { mut matched, alone } = matching_of(lists, &sorted);
    for &(a, b) in &matched {
        let (left, right) = (&lists.a[a], &lists.b[b]);
        let linked_alike = linked_alike(&left.path, lists, &groups);
        let pair = EntryPair {
            entries: Pair::new(left.entry, right.entry),
            refs: Pair::new(left.at, right.at),
            path: &left.path,
            row,
            linked_alike,
        };
        entry::compare(&pair, out);
    }
    for (side, at, duplicate) in alone {
        let presence = match duplicate {
            true => Presence::Duplicate,
            false => presence(lists, &sorted, side, at),
        };
        out.push(one_sided(&lists.get(side)[at], side, presence, row));
    }
    if ordered {
        order(&mut matched, lists, row, out);
    }
}

fn sorted_by_path(list: &[Listed<'_>]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..list.len()).collect();
    sorted.sort_by(|&a, &b| list[a].path.cmp(&list[b].path));
    sorted
}

/// Whether `path` is in equal link groups on both sides and the groups' bytes agree.
fn linked_alike(path: &[u8], lists: Pair<&[Listed<'_>]>, groups: &Pair<LinkGroups>) -> bool {
    match (groups.a.of_path(path), groups.b.of_path(path)) {
        (Some((left, a)), Some((right, b))) => {
            left == right && same_bytes(&lists.a[a].entry.attributes, &lists.b[b].entry.attributes)
        }
        _ => false,
    }
}

/// How the entry of `side` at `at`, whose path the other list lacks, is there.
fn presence(lists: Pair<&[Listed<'_>]>, sorted: &Pair<Vec<usize>>, side: Side, at: usize) -> Presence {
    let list = lists.get(side);
    let listed = &list[at];
    let has_child = |side: Side| {
        let list = lists.get(side);
        let sorted = sorted.get(side);
        // entries below a directory follow `dir/`, which sorts before every longer path with that prefix
        let mut prefix = listed.path.clone();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let from = sorted.partition_point(|&at| list[at].path < prefix);
        sorted[from..]
            .iter()
            .map(|&at| &list[at].path)
            .find(|path| **path != listed.path)
            .is_some_and(|path| path.starts_with(&prefix))
    };
    if listed.entry.attributes.kind == Kind::Directory && has_child(side.other()) {
        return Presence::Parent;
    }
    Presence::Path
}

fn one_sided(listed: &Listed<'_>, side: Side, presence: Presence, row: usize) -> Delta {
    let length = i128::from(entry::stored_length(listed.entry));
    let here = Value::Kind(listed.entry.attributes.kind);
    let (entry, values, bytes) = match side {
        Side::A => (Pair::new(Some(listed.at), None), Pair::new(here, Value::Absent), -length),
        Side::B => (Pair::new(None, Some(listed.at)), Pair::new(Value::Absent, here), length),
    };
    let path: Arc<[u8]> = listed.path.as_slice().into();
    Delta {
        place: Place::Entry { row, entry, path },
        field: Field::Presence(presence),
        values,
        bytes,
        spots: Vec::new(),
    }
}

/// One delta if the matched entries stand in another order: how many would have to move.
fn order(matched: &mut [(usize, usize)], lists: Pair<&[Listed<'_>]>, row: usize, out: &mut Vec<Delta>) {
    matched.sort_unstable();
    let moved = matched.len() - longest_increasing(matched.iter().map(|&(_, b)| b));
    if moved == 0 {
        return;
    }
    let mut by_b: Vec<(usize, usize)> = matched.iter().map(|&(a, b)| (b, a)).collect();
    by_b.sort_unstable();
    let first = matched.iter().zip(&by_b).find(|(own, other)| own.0 != other.1);
    let values = match first {
        Some((own, other)) => Pair::new(Value::bytes(&lists.a[own.0].path), Value::bytes(&lists.b[other.0].path)),
        None => Pair::new(Value::Absent, Value::Absent),
    };
    out.push(Delta {
        place: Place::Layer { row },
        field: Field::Order { moved: moved as u64 },
        values,
        bytes: 0,
        spots: Vec::new(),
    });
}

/// Length of the longest increasing subsequence.
fn longest_increasing(values: impl Iterator<Item = usize>) -> usize {
    let mut tails: Vec<usize> = Vec::new();
    for value in values {
        let at = tails.partition_point(|&tail| tail < value);
        if at == tails.len() {
            tails.push(value);
        } else {
            tails[at] = value;
        }
    }
    tails.len()
}

/// The ends of two archives.
pub fn compare_trailers(tars: Pair<&Tar>, row: usize, out: &mut Vec<Delta>) {
    let trailers = tars.map(|tar| &tar.trailer);
    let place = Place::Layer { row };
    if trailers.a.zeros != trailers.b.zeros {
        let words = |zeros: u64| {
            Value::text(match zeros {
                0 => "nothing".to_owned(),
                _ => format!(
                    "{} of zeros ({})",
                    counted(zeros, "byte", "bytes"),
                    counted(zeros / 512, "block", "blocks")
                ),
            })
        };
        out.push(Delta {
            place: place.clone(),
            field: Field::Trailer,
            values: trailers.map(|trailer| words(trailer.zeros)),
            bytes: i128::from(trailers.b.zeros) - i128::from(trailers.a.zeros),
            spots: Vec::new(),
        });
    }
    if trailers.a.extensions != trailers.b.extensions {
        let length =
            |side: &crate::layer::tar::Trailer| side.extensions.iter().map(entry::extension_length).sum::<u64>();
        let lengths = trailers.map(length);
        out.push(Delta {
            place,
            field: Field::Pax(crate::compare::delta::PaxField::Headers),
            values: trailers.map(|trailer| {
                let headers = counted(trailer.extensions.len() as u64, "extension header", "extension headers");
                Value::text(format!("{headers} after the last entry"))
            }),
            bytes: i128::from(lengths.b) - i128::from(lengths.a),
            spots: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moved_entries_are_those_outside_the_longest_run() {
        for (order, kept) in [(vec![0, 1, 2], 3), (vec![2, 0, 1], 2), (vec![3, 2, 1, 0], 1), (vec![], 0)] {
            assert_eq!(longest_increasing(order.into_iter()), kept);
        }
    }
}
