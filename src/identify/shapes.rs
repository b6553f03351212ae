//! Encoders that are known by the structure of their streams alone.
//!
//! A row says what must be seen, all of it; a stream on which rows of two families fit is nobody's. What the rows say
//! was seen on streams of the real tools (igzip 2.30 and 2.31, Zopfli 1.0.3, libdeflate 1.14 and 1.25, Node 20, zstd 1.4.8
//! to 1.5.7) and is no proof: another encoder may cut its blocks alike.

use std::collections::BTreeSet;

use super::Named;
use super::facts::{Facts, UNIX, ZLIB_REACH, ZLIB_TOKENS};
use crate::encoder::Family;
use crate::layer::envelope::ZstdFrame;
use crate::layer::envelope::deflate::{Block, BlockKind};

struct Shape {
    family: Family,
    /// What is known of the level or the release, for readers.
    versions: &'static str,
    fits: fn(&Facts) -> bool,
}

/// So many tokens in a block are more than any encoder has that can be written again here, miniz excepted.
const ISAL_TOKENS: u64 = 60_000;
/// How far deflate can look back: farther than libdeflate, zlib and Zopfli ever do.
const WHOLE_WINDOW: u16 = 32_768;
/// klauspost's and Go's fast levels cut blocks at multiples of that many bytes.
const KLAUSPOST_BLOCK: u64 = 65_535;
/// libdeflate's slow levels make no longer block, and reach this where the data does not change.
const LIBDEFLATE_BLOCK: u64 = 300_000;
/// A stream of one block of more tokens than zlib ever puts into one.
const ONE_BLOCK: u64 = 32_768;
/// Zopfli cuts its input into parts of that many bytes before it looks for blocks.
const ZOPFLI_PART: u64 = 1_000_000;

const SHAPES: &[Shape] = &[
    Shape {
        family: Family::Isal,
        versions: "",
        fits: |facts| isal_with_one_table(facts) || isal_with_large_blocks(facts),
    },
    Shape {
        family: Family::Zopfli,
        versions: "",
        fits: |facts| {
            let part = |block: &Block| block.offset > 0 && block.offset.is_multiple_of(ZOPFLI_PART);
            let long = facts.blocks.iter().any(|block| block.offset + block.uncompressed > ZOPFLI_PART);
            slow(facts, 3)
                && facts.blocks.iter().all(|block| block.kind == BlockKind::Dynamic)
                && (!long || facts.blocks.iter().any(part))
        },
    },
    Shape {
        family: Family::Libdeflate,
        versions: "levels 10 to 12, which differ between its releases",
        fits: |facts| slow(facts, 255) || facts.blocks.iter().any(|block| !block.last && longest_of_libdeflate(block)),
    },
    Shape {
        family: Family::Libzstd,
        versions: "another release than the one tried, or another way of calling it",
        fits: |facts| facts.frame.as_ref().is_some_and(|frame| libzstd_like(facts, frame)),
    },
    // Chromium's and Node's zlib, and others whose matches of three bytes are rare or chosen otherwise. Without any it may
    // be zlib-ng as well, whose blocks are cut alike.
    Shape {
        family: Family::Zlib,
        versions: "a variant, such as Chromium's in Node",
        fits: |facts| zlib_like(facts) && facts.shortest() == Some(3),
    },
];

/// With what igzip 2.30 and 2.31 begin every stream at level 0: the head of a block and the table of its codes.
#[rustfmt::skip]
const ISAL_TABLE: [u8; 110] = [
    0xec, 0xfd, 0x09, 0x80, 0x1c, 0x45, 0xf9, 0xbf, 0x81, 0xf7, 0x66, 0x37, 0xd7, 0x24, 0x9b, 0x04, 0x40, 0x45, 0x45, 0x52, 0x04, 0x20,
    0x09, 0xcc, 0x2e, 0xbb, 0x9b, 0x3b, 0x81, 0x24, 0xbb, 0xb9, 0x21, 0x17, 0x49, 0xb8, 0x04, 0x85, 0xde, 0x99, 0xde, 0x9d, 0x26, 0x33,
    0xd3, 0x43, 0xf7, 0x4c, 0x36, 0x8b, 0x08, 0xf1, 0x56, 0x51, 0xc1, 0xfb, 0x56, 0x54, 0xc4, 0x5b, 0x51, 0xf1, 0x16, 0x0d, 0x89, 0x8a,
    0x37, 0x78, 0xdf, 0x1a, 0x45, 0x05, 0xef, 0x20, 0xaa, 0xa0, 0x90, 0xfd, 0xff, 0x9f, 0xf7, 0xad, 0x9e, 0xa9, 0xdd, 0xdd, 0x70, 0xfa,
    0xfd, 0xfd, 0xbe, 0xbf, 0xff, 0xdf, 0xcd, 0x66, 0x67, 0xba, 0xbb, 0xaa, 0xea, 0x7d, 0xdf, 0x7a, 0xeb, 0xad, 0x4f, 0xbd, 0xf5, 0x56,
];

/// igzip at level 0 has one code for all data, so that all of its streams begin with the same 110 bytes.
fn isal_with_one_table(facts: &Facts) -> bool {
    facts.begins_with(&ISAL_TABLE)
}

/// igzip at its other levels fills a buffer that holds far more tokens than others put into a block.
fn isal_with_large_blocks(facts: &Facts) -> bool {
    let coded = || facts.blocks.iter().filter(|block| block.kind != BlockKind::Stored);
    let has_all_codes = |block: &Block| block.hlit == 286 && block.hdist == 30;
    let is_lone = facts.is_whole
        && facts.blocks.len() == 1
        && coded().all(|block| has_all_codes(block) && block.tokens >= ONE_BLOCK);
    let is_large = facts.full_blocks().next().is_some()
        && facts.full_blocks().all(|tokens| tokens >= ISAL_TOKENS)
        && (facts.farthest() == Some(WHOLE_WINDOW) || coded().all(has_all_codes) || facts.header.os == UNIX)
        && !coded().any(|block| block.uncompressed.is_multiple_of(KLAUSPOST_BLOCK));
    (is_lone || is_large) && facts.flushes().next().is_none() && !facts.ends_with_empty_stored()
}

fn longest_of_libdeflate(block: &Block) -> bool {
    block.kind == BlockKind::Dynamic && block.uncompressed == LIBDEFLATE_BLOCK
}

/// Slow encoders that search for the best parse: matches of every length and from the whole window, blocks where they
/// pay, codes cut to what is used, and a header that says so.
fn slow(facts: &Facts, os: u8) -> bool {
    facts.header.os == os
        && facts.header.xfl == 2
        && facts.shortest() == Some(3)
        && facts.farthest().is_some_and(|farthest| farthest > ZLIB_REACH && farthest < 32_768)
        && facts.blocks.iter().any(|block| block.kind == BlockKind::Dynamic && (block.hlit < 286 || block.hdist < 30))
        && facts.full_blocks().next().is_some()
        && !facts.ends_with_empty_stored()
        && facts.flushes().next().is_none()
}

/// Windows that libzstd takes for its levels 1, 2 and 3 to 8 where it was not told the size (`lib/compress/clevels.h`).
const LIBZSTD_WINDOWS: [u64; 3] = [512 << 10, 1 << 20, 2 << 20];
/// The same for its levels 9 to 16, and klauspost's for its fastest level, which makes blocks of half the size.
const WINDOW_OF_9: u64 = 4 << 20;
/// The same for its levels 17 to 19, and klauspost's for most of its own, which cut blocks by size alone.
const WINDOW_OF_17: u64 = 8 << 20;
/// How many bytes a full block of klauspost's unpacks to, at its fastest level and in old releases.
const HALF_BLOCK: u32 = 64 << 10;

/// One of libzstd's usual windows, smaller than the content: what is smaller klauspost makes a single segment. Where
/// klauspost has the same window, blocks that it does not make.
fn libzstd_like(facts: &Facts, frame: &ZstdFrame) -> bool {
    // podman and its like compress the first bytes apart
    let cut_by_content = || -> BTreeSet<u32> {
        facts.full_zstd_blocks().skip(1).filter(|size| !size.is_multiple_of(HALF_BLOCK)).collect()
    };
    let is_by_window = match frame.window {
        WINDOW_OF_9 => facts.full_zstd_blocks().any(|size| size > HALF_BLOCK),
        // one size, or two, where somebody flushes
        WINDOW_OF_17 => facts.members == 1 && cut_by_content().len() > 2,
        window => LIBZSTD_WINDOWS.contains(&window),
    };
    !frame.single_segment && is_by_window && frame.content_size.is_none_or(|size| size > frame.window)
}

fn zlib_like(facts: &Facts) -> bool {
    facts.full_blocks().next().is_some()
        && facts.full_blocks().all(|tokens| tokens == ZLIB_TOKENS)
        && facts.farthest().is_some_and(|farthest| farthest <= ZLIB_REACH)
        && facts.flushes().next().is_none()
        && !facts.ends_with_empty_stored()
}

/// What the structure alone says, if it says one thing.
pub fn of(facts: &Facts) -> Option<Named> {
    let mut fitting = SHAPES.iter().filter(|shape| (shape.fits)(facts));
    let shape = fitting.next()?;
    if fitting.any(|other| other.family != shape.family) {
        return None;
    }
    Some(Named { family: shape.family, versions: shape.versions, level: None, block: None, apart: false })
}

/// The families that the structure can tell where nothing is written again, each once.
pub fn families() -> impl Iterator<Item = (Family, &'static str)> {
    SHAPES.iter().map(|shape| (shape.family, shape.versions))
}
