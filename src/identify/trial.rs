//! The candidates at work on the beginning of a blob.

use std::io::{self, BufReader, Read};

use rayon::prelude::*;

use super::Subject;
use super::candidates::Candidate;
use super::facts::{self, Facts};
use super::proof::{self, Ending};
use crate::encoder::Recipe;
use crate::layer::envelope::Compression;
use crate::layer::envelope::deflate::Block;
use crate::layer::envelope::parts::{Part, Parts};

/// How much of a stream is tried, compressed.
const PACKED: usize = 512 << 10;
/// How much of a stream is tried, unpacked.
const PLAIN: usize = 4 << 20;
/// How many blocks are described.
const BLOCKS: usize = 4096;
/// What a candidate compresses at a time.
const PIECE: usize = 64 << 10;

/// The beginning of a blob's first deflate stream.
pub struct Prefix {
    /// Where it begins in the blob.
    offset: u64,
    packed: Vec<u8>,
    plain: Vec<u8>,
    /// The size of all of its data, where a zstd frame's header tells it.
    size: Option<u64>,
    /// Where in `plain` blocks end that are not full.
    cuts: Vec<usize>,
    /// Whether the stream ends here.
    pub is_whole: bool,
}

/// How a candidate did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tried {
    /// How many bytes of the blob, from its beginning, it wrote as they are; none of the stream, if it wrote nothing yet.
    pub agreed: Option<u64>,
    /// Its first wrong byte, if it wrote one: offset in the blob.
    pub missed: Option<u64>,
}

impl Tried {
    /// Whether it wrote nothing yet.
    pub fn is_untried(&self) -> bool {
        self.agreed.is_none() && self.missed.is_none()
    }

    /// Whether it wrote something and all of it as it stands.
    pub fn survives(&self) -> bool {
        self.agreed.is_some() && self.missed.is_none()
    }
}

/// Reads the beginning of a blob and what its structure shows.
pub fn prefix(subject: &Subject<'_>) -> io::Result<(Prefix, Facts)> {
    let blob = BufReader::with_capacity(PACKED, (subject.open)()?);
    let mut prefix =
        Prefix { offset: 0, packed: Vec::new(), plain: Vec::new(), size: None, cuts: Vec::new(), is_whole: false };
    let Some(mut parts) = Parts::new(blob, subject.envelope.compression, subject.limits) else {
        return Ok((prefix, Facts::default()));
    };
    let (mut packed, mut plain) = (Vec::new(), Vec::new());
    while prefix.packed.len() < PACKED && prefix.plain.len() < PLAIN && !prefix.is_whole {
        match parts.next(&mut packed, &mut plain)? {
            Some(Part::Header(member)) => prefix.offset = member.header_length,
            Some(Part::Frame(frame)) => {
                prefix.offset = frame.offset;
                prefix.size = frame.content_size;
            }
            Some(Part::Rest) => {}
            Some(Part::Data { last, cut }) => {
                prefix.packed.extend_from_slice(&packed);
                prefix.plain.extend_from_slice(&plain);
                prefix.cuts.extend(cut.then_some(prefix.plain.len()));
                prefix.is_whole = last;
            }
            _ => break,
        }
    }
    let facts = Facts::new(subject.envelope, &prefix.packed, BLOCKS);
    Ok((prefix, facts))
}

/// The first place that `place` knows in the blob's first deflate stream ([`facts::first`]).
pub fn first(
    subject: &Subject<'_>,
    prefix: &Prefix,
    farthest: u64,
    place: fn(&Block) -> Option<u64>,
) -> io::Result<Option<u32>> {
    let mut blob = (subject.open)()?;
    io::copy(&mut Read::take(&mut blob, prefix.offset), &mut io::sink())?;
    Ok(facts::first(BufReader::with_capacity(PACKED, blob), farthest, place))
}

/// The blob as its header's fields, its stream, and its data make it, if all of that is in the prefix.
pub fn whole_blob(subject: &Subject<'_>, prefix: &Prefix, facts: &Facts) -> Option<Vec<u8>> {
    if !prefix.is_whole || subject.envelope.member_count != 1 || subject.envelope.trailing.is_some() {
        return None;
    }
    if subject.envelope.compression == Compression::Zstd {
        return Some(prefix.packed.clone());
    }
    let mut blob = facts.header.header();
    blob.extend_from_slice(&prefix.packed);
    blob.extend_from_slice(&crc32fast::hash(&prefix.plain).to_le_bytes());
    blob.extend_from_slice(&(prefix.plain.len() as u32).to_le_bytes());
    Some(blob)
}

/// Tries every candidate on the same beginning. One with a forerunner begins as that does: where the forerunner errs in
/// the first block, so does it.
pub fn all(candidates: &[Candidate], prefix: &Prefix, facts: &Facts) -> Vec<Tried> {
    let workers = || candidates.par_iter().with_max_len(1);
    let is_first = |candidate: &Candidate| candidate.recipe.forerunner().is_none();
    let firsts: Vec<Option<Tried>> =
        workers().map(|candidate| is_first(candidate).then(|| one(candidate.recipe, prefix))).collect();
    let begun = facts.zstd_blocks.first().map_or(0, |block| prefix.offset + block.end());
    let spared = |candidate: &Candidate| {
        let forerunner = candidates.iter().position(|other| Some(other.recipe) == candidate.recipe.forerunner())?;
        firsts[forerunner].filter(|tried| tried.missed.is_some_and(|missed| missed < begun))
    };
    let all = workers()
        .zip(&firsts)
        .map(|(candidate, first)| first.or_else(|| spared(candidate)).unwrap_or_else(|| one(candidate.recipe, prefix)));
    all.collect()
}

fn one(recipe: Recipe, prefix: &Prefix) -> Tried {
    let mut tried = Tried::default();
    if recipe.is_late() && !prefix.is_whole {
        return tried;
    }
    let Some(mut encoder) = recipe.start_sized(prefix.size) else {
        return Tried { agreed: None, missed: Some(prefix.offset) };
    };
    let mut wrote = Vec::new();
    let mut agreed = 0;
    for (piece, ending) in prefix.pieces() {
        let rest = &prefix.packed[agreed..];
        proof::write(&mut *encoder, piece, ending, rest, &mut wrote);
        let same = proof::common(&wrote, rest);
        agreed += same;
        // What is written beyond the prefix cannot be held against anything.
        let is_beyond = !prefix.is_whole && same == rest.len();
        if (same < wrote.len() && !is_beyond) || (ending.last && same < rest.len()) {
            tried.missed = Some(prefix.offset + agreed as u64);
            break;
        }
        wrote.clear();
        if is_beyond {
            break;
        }
    }
    tried.agreed = (agreed > 0).then_some(prefix.offset + agreed as u64);
    tried
}

impl Prefix {
    /// The data in pieces, the last of which may end the stream.
    fn pieces(&self) -> impl Iterator<Item = (&[u8], Ending)> {
        let ends = self.cuts.iter().copied().chain([self.plain.len()]);
        let starts = [0].into_iter().chain(self.cuts.iter().copied());
        let last = self.plain.len();
        let runs = starts.zip(ends).flat_map(move |(start, end)| {
            let is_cut = end < last || self.cuts.last() == Some(&last);
            let pieces = self.plain[start..end].chunks(PIECE);
            let count = pieces.len();
            (0..).zip(pieces).map(move |(number, piece)| (piece, is_cut && number + 1 == count))
        });
        let runs = runs.map(|(piece, cut)| (piece, Ending { last: false, cut }));
        let end = self.is_whole.then_some((&[][..], Ending { last: true, cut: false }));
        runs.chain(end)
    }
}
