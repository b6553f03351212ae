//! Finds out who compressed layers that were opened.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use rayon::prelude::*;

use crate::identify::{Identity, Subject, identify};
use crate::layer::envelope::deflate::{self, Reader};
use crate::layer::envelope::parts::ZstdSpans;
use crate::layer::envelope::{Member, zstd_blocks};
use crate::limits::Limits;
use crate::load::{Loaded, blob_name};
use crate::pair::{Pair, Side};
use crate::report;

/// Looks into the encoders of these layers, to the end of each if `prove`.
pub fn look(pair: &mut Pair<Loaded>, layers: &[(Side, usize)], limits: &Limits, prove: bool) {
    let read = &*pair;
    let found: Vec<_> = layers
        .par_iter()
        .with_max_len(1)
        .filter(|(side, layer)| read.get(*side).image.layers[*layer].encoder.is_none())
        .filter_map(|&(side, layer)| Some((side, layer, one(read.get(side), layer, limits, prove)?)))
        .collect();
    for (side, layer, identity) in found {
        pair.get_mut(side).image.layers[layer].encoder = Some(Arc::new(identity));
    }
}

/// Looks into the encoders of all compressed layers of one image, for [`crate::inspect`].
pub fn look_one(loaded: &mut Loaded, limits: &Limits, prove: bool) {
    let read = &*loaded;
    let found: Vec<_> = (0..read.image.layers.len())
        .into_par_iter()
        .with_max_len(1)
        .map(|layer| one(read, layer, limits, prove))
        .collect();
    for (layer, identity) in loaded.image.layers.iter_mut().zip(found) {
        layer.encoder = identity.map(Arc::new);
    }
}

/// None for a layer that is not compressed or could not be read; what was wrong with it was told when it was opened.
fn one(loaded: &Loaded, layer: usize, limits: &Limits, prove: bool) -> Option<Identity> {
    let layer = &loaded.image.layers[layer];
    let decoded = layer.decoded.as_ref().filter(|decoded| decoded.trouble.is_none())?;
    let blob = blob_name(layer)?;
    let open = || -> io::Result<Box<dyn Read + Send>> {
        loaded.source.open(&blob).map_err(|error| io::Error::other(error.to_string()))
    };
    let subject = Subject {
        envelope: &decoded.envelope,
        digest: decoded.blob_digest,
        tar_size: decoded.tar_size,
        open: &open,
        limits,
    };
    identify(&subject, prove).ok().flatten()
}

/// No more blocks of one layer are listed: a layer of 200 MiB has some thousand, a hostile one of that size 70 million.
const MOST_BLOCKS: usize = 1 << 20;

/// No more of one zstd frame is read for its blocks, in bytes.
const LONGEST_FRAME: u64 = 256 << 20;

/// The blocks of a compressed layer's described members.
pub fn blocks(loaded: &Loaded, layer: usize) -> Vec<report::Block> {
    let layer = &loaded.image.layers[layer];
    let Some(decoded) = layer.decoded.as_ref().filter(|decoded| decoded.trouble.is_none()) else { return Vec::new() };
    let Some(blob) = blob_name(layer) else { return Vec::new() };
    let mut out = Vec::new();
    let with_blocks = decoded.envelope.members.iter().filter(|member| !matches!(member, Member::Skippable(_)));
    for (number, member) in (0..).zip(with_blocks) {
        let (start, length) = match member {
            Member::Gzip(member) => (member.offset + member.header_length, u64::MAX),
            Member::Zstd(frame) => (frame.offset, frame.compressed.min(LONGEST_FRAME)),
            Member::Skippable(_) => continue,
        };
        let Ok(mut reader) = loaded.source.open(&blob) else { break };
        if io::copy(&mut Read::take(&mut reader, start), &mut io::sink()).is_err() {
            break;
        }
        let left = MOST_BLOCKS - out.len();
        match member {
            Member::Zstd(_) => {
                let mut frame = Vec::new();
                if reader.take(length).read_to_end(&mut frame).is_err() {
                    break;
                }
                out.extend(zstd_frame(&frame, left, number, start));
            }
            _ => {
                let blocks = Reader::new(BufReader::new(reader)).take(left);
                out.extend(blocks.map(|block| deflate_block(&block, number, start)));
            }
        }
    }
    out
}

/// A block of the member of that number, whose deflate stream begins at byte `start` of the blob.
fn deflate_block(block: &deflate::Block, member: u64, start: u64) -> report::Block {
    report::Block {
        member,
        kind: block.kind.name(),
        last: block.last,
        bit_offset: start * 8 + block.bit_offset,
        bits: block.bits,
        offset: Some(block.offset),
        uncompressed: Some(block.uncompressed),
        tokens: block.tokens,
        matches: block.matches,
        lengths: (u64::from(block.shortest), u64::from(block.longest)),
        farthest: u64::from(block.farthest),
        codes: (u64::from(block.hlit), u64::from(block.hdist), u64::from(block.hclen)),
    }
}

/// The blocks of the zstd frame that begins at byte `start` of the blob. How much a compressed one unpacks to is found by
/// unpacking it.
fn zstd_frame(frame: &[u8], most: usize, member: u64, start: u64) -> Vec<report::Block> {
    let blocks = zstd_blocks::frame(frame, most).map(|frame| frame.blocks).unwrap_or_default();
    let mut spans = ZstdSpans::new(frame).into_iter().flatten();
    let mut out = Vec::with_capacity(blocks.len());
    for block in blocks {
        let span = spans.next().filter(|span| span.offset == block.offset);
        let (kind, literals, sequences) = match block.kind {
            zstd_blocks::BlockKind::Raw => ("raw", 0, 0),
            zstd_blocks::BlockKind::Rle => ("rle", 0, 0),
            zstd_blocks::BlockKind::Compressed(sections) => {
                ("compressed", u64::from(sections.literals_size), u64::from(sections.sequences))
            }
        };
        out.push(report::Block {
            member,
            kind,
            last: block.last,
            bit_offset: (start + block.offset) * 8,
            bits: (3 + u64::from(block.compressed)) * 8,
            offset: span.map(|span| span.before),
            uncompressed: span.and_then(|span| span.unpacked),
            tokens: literals + sequences,
            matches: sequences,
            ..report::Block::default()
        });
    }
    out
}
