//! The second round: contents of files that differ, and a second look at compressed bytes.

use std::collections::BTreeMap;
use std::io::Read;

use rayon::prelude::*;

use crate::cause::Contents;
use crate::compare::delta::{Delta, EntryRef, Field, Place};
use crate::compare::envelope::Payload;
use crate::compare::{Comparison, Payloads, tar_of};
use crate::image::Layer;
use crate::layer::decode::{contents, first_difference};
use crate::layer::envelope::deflate::blocks;
use crate::layer::envelope::{GzipMember, Member};
use crate::layer::tar::Entry;
use crate::limits::Limits;
use crate::load::{Loaded, blob_name};
use crate::pair::{Pair, Side};

/// No file larger than this is fetched: a line diff or a look for a build ID need not be had of it.
const LARGEST_FILE: u64 = 8 << 20;
/// How much of a compressed stream is read for its block structure.
const STRUCTURE: u64 = 256 << 10;
/// How many blocks are kept of it.
const MOST_BLOCKS: usize = 16;

/// An entry's position, and where its content stands in the tar: offset and length in bytes.
type Wanted = (u32, u64, u64);

/// Fetches the contents of files that differ, smallest first, within the limit on evidence.
pub fn fetch(pair: &Pair<Loaded>, comparison: &Comparison, limits: &Limits) -> Contents {
    let mut candidates: Vec<(u64, Pair<EntryRef>)> =
        comparison.deltas.iter().filter_map(|delta| candidate(pair, comparison, delta)).collect();
    candidates.sort_unstable();
    let mut wanted: BTreeMap<(Side, u32), Vec<Wanted>> = BTreeMap::new();
    let mut left = limits.evidence;
    for (size, entry) in candidates {
        if size > left {
            break;
        }
        left -= size;
        for side in Side::BOTH {
            let at = *entry.get(side);
            if let Some(entry) = entry_at(pair, comparison, side, at) {
                wanted.entry((side, at.layer)).or_default().push((
                    at.index,
                    entry.content.offset,
                    entry.content.length,
                ));
            }
        }
    }
    let wanted: Vec<_> = wanted.into_iter().collect();
    let fetched: Vec<Contents> = wanted
        .into_par_iter()
        .with_max_len(1)
        .map(|((side, layer), list)| one_layer(pair.get(side), side, layer, list, limits))
        .collect();
    fetched.into_iter().flatten().collect()
}

fn entry_at<'a>(pair: &'a Pair<Loaded>, comparison: &Comparison, side: Side, at: EntryRef) -> Option<&'a Entry> {
    let images = Pair::new(&pair.a.image, &pair.b.image);
    tar_of(images, &comparison.rows, side, at.layer as usize)?.entries.get(at.index as usize)
}

fn candidate(pair: &Pair<Loaded>, comparison: &Comparison, delta: &Delta) -> Option<(u64, Pair<EntryRef>)> {
    let (Field::Content, Place::Entry { entry: Pair { a: Some(a), b: Some(b) }, .. }) = (&delta.field, &delta.place)
    else {
        return None;
    };
    let refs = Pair::new(*a, *b);
    let mut sum = 0;
    for side in Side::BOTH {
        let entry = entry_at(pair, comparison, side, *refs.get(side))?;
        // a sparse file is not stored as it reads
        if entry.content.length != entry.attributes.size || entry.content.length > LARGEST_FILE {
            return None;
        }
        sum += entry.content.length;
    }
    Some((sum, refs))
}

fn one_layer(loaded: &Loaded, side: Side, layer: u32, mut list: Vec<Wanted>, limits: &Limits) -> Contents {
    list.sort_unstable_by_key(|&(index, offset, _)| (offset, index));
    list.dedup();
    let ranges: Vec<(u64, u64)> = list.iter().map(|&(_, offset, length)| (offset, length)).collect();
    let open = || {
        let blob = blob_name(&loaded.image.layers[layer as usize])?;
        loaded.source.open(&blob).ok()
    };
    // evidence is a help, not a duty: what cannot be read again was told when it was read first
    let read = open().and_then(|reader| contents(reader, &ranges, limits).ok()).unwrap_or_default();
    list.iter().zip(read).map(|(&(index, ..), bytes)| ((side, EntryRef { layer, index }), bytes)).collect()
}

/// Looks again at gzip layers of equal contents and other bytes.
pub fn payloads(pair: &Pair<Loaded>, wanted: Vec<Pair<usize>>) -> Payloads {
    let looked: Vec<(Pair<usize>, Option<Payload>)> =
        wanted.into_par_iter().map(|layers| (layers, payload(pair, layers))).collect();
    looked.into_iter().filter_map(|(layers, payload)| Some((layers, payload?))).collect()
}

fn payload(pair: &Pair<Loaded>, layers: Pair<usize>) -> Option<Payload> {
    let skip = |side: Side| {
        let layer: &Layer = &pair.get(side).image.layers[*layers.get(side)];
        layer.decoded.as_ref()?.envelope.members.iter().find_map(|member| match member {
            Member::Gzip(member) => Some(header_end(member)),
            _ => None,
        })
    };
    let open = |side: Side| -> Option<Box<dyn Read + Send>> {
        let loaded = pair.get(side);
        let mut reader = loaded.source.open(&blob_name(&loaded.image.layers[*layers.get(side)])?).ok()?;
        std::io::copy(&mut (&mut reader).take(skip(side)?), &mut std::io::sink()).ok()?;
        Some(reader)
    };
    let parting = first_difference(open(Side::A)?, open(Side::B)?).ok()?;
    let structure = |side: Side| {
        let mut prefix = Vec::new();
        open(side)?.take(STRUCTURE).read_to_end(&mut prefix).ok()?;
        Some(blocks(&prefix, MOST_BLOCKS))
    };
    Some(Payload { parting, blocks: Pair::new(structure(Side::A)?, structure(Side::B)?) })
}

fn header_end(member: &GzipMember) -> u64 {
    member.offset + member.header_length
}
