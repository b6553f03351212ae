//! Encoders whose blocks do not wait for one another, on as many threads as there are.

use rayon::prelude::*;

use super::Encoder;
use super::klauspost::{Klauspost, Release};
use super::pgzip::Pgzip;
use super::pigz::{Options, Pigz};
use super::zlib::Zlib;

/// How many blocks are gathered for each thread before all of them are compressed.
const BLOCKS_PER_THREAD: usize = 2;
/// No more bytes are gathered than these, or than one block.
const GATHERED: usize = 64 << 20;

/// An encoder that compresses each block from its bytes and from some that stand before it.
pub(super) trait Blockwise: Send + Sync {
    /// What is set up once for a thread.
    type Deflate: Send;
    /// Sets it up.
    fn deflate(&self) -> Self::Deflate;
    /// Compresses one block, the stream's last if `last`.
    fn block(&self, deflate: &mut Self::Deflate, before: &[u8], input: &[u8], last: bool, out: &mut Vec<u8>);
    /// How many bytes a block has.
    fn size(&self) -> usize;
    /// How many bytes before a block are looked at.
    fn reach(&self) -> usize;
    /// Whether a full block is never the last, so that an empty one may be.
    fn ends_with_empty(&self) -> bool;
}

/// The same bytes as the encoder gives on one thread.
pub(super) struct SideBySide<B: Blockwise> {
    blocks: B,
    /// The bytes before those that are held, as many as are looked at.
    before: usize,
    /// They, and what is not compressed yet.
    held: Vec<u8>,
}

impl<B: Blockwise> SideBySide<B> {
    pub(super) fn new(blocks: B) -> Self {
        Self { blocks, before: 0, held: Vec::new() }
    }

    /// Compresses that many whole blocks, and with `rest` what is behind them as the last.
    fn compress(&mut self, whole: usize, rest: bool, out: &mut Vec<u8>) {
        let (size, start) = (self.blocks.size(), self.before);
        let mut cuts: Vec<(usize, usize)> = (0..whole).map(|n| (start + n * size, start + (n + 1) * size)).collect();
        if rest {
            cuts.push((start + whole * size, self.held.len()));
        }
        let (blocks, held, reach) = (&self.blocks, &self.held, self.blocks.reach());
        let count = cuts.len();
        let parts: Vec<Vec<u8>> = cuts
            .par_iter()
            .enumerate()
            .with_max_len(1)
            .map_init(
                || blocks.deflate(),
                |deflate, (number, &(from, to))| {
                    let mut part = Vec::new();
                    let last = rest && number + 1 == count;
                    blocks.block(deflate, &held[from - from.min(reach)..from], &held[from..to], last, &mut part);
                    part
                },
            )
            .collect();
        out.extend(parts.into_iter().flatten());
        let done = start + whole * size;
        let keep = done.min(reach);
        self.held.drain(..done - keep);
        self.before = keep;
    }
}

impl<B: Blockwise> Encoder for SideBySide<B> {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        let size = self.blocks.size();
        let blocks = BLOCKS_PER_THREAD * rayon::current_num_threads().max(1);
        let batch = size * blocks.min(GATHERED / size).max(1);
        while !input.is_empty() {
            // One byte more than the batch, so that no block of it is the last.
            let room = (self.before + batch + 1).saturating_sub(self.held.len());
            let (taken, rest) = input.split_at(input.len().min(room));
            self.held.extend_from_slice(taken);
            input = rest;
            if self.held.len() > self.before + batch {
                self.compress(batch / size, false, out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let left = self.held.len() - self.before;
        let whole = match left % self.blocks.size() {
            0 if !self.blocks.ends_with_empty() => (left / self.blocks.size()).saturating_sub(1),
            _ => left / self.blocks.size(),
        };
        self.compress(whole, true, out);
    }
}

/// pgzip.
pub(super) struct PgzipBlocks {
    pub(super) release: Release,
    pub(super) level: i8,
    pub(super) size: usize,
}

impl Blockwise for PgzipBlocks {
    type Deflate = Option<Klauspost>;

    fn deflate(&self) -> Self::Deflate {
        Klauspost::new(self.release, self.level)
    }

    fn block(&self, deflate: &mut Self::Deflate, before: &[u8], input: &[u8], last: bool, out: &mut Vec<u8>) {
        if let Some(deflate) = deflate {
            Pgzip::block(deflate, before, input, last, out);
        }
    }

    fn size(&self) -> usize {
        self.size
    }

    fn reach(&self) -> usize {
        32 << 10
    }

    fn ends_with_empty(&self) -> bool {
        true
    }
}

/// pigz on more than one thread.
pub(super) struct PigzBlocks(pub(super) Options);

impl Blockwise for PigzBlocks {
    type Deflate = Option<Zlib>;

    fn deflate(&self) -> Self::Deflate {
        Pigz::deflate(&self.0)
    }

    fn block(&self, deflate: &mut Self::Deflate, before: &[u8], input: &[u8], last: bool, out: &mut Vec<u8>) {
        if let Some(deflate) = deflate {
            Pigz::block(&self.0, deflate, before, input, last, out);
        }
    }

    fn size(&self) -> usize {
        self.0.block
    }

    fn reach(&self) -> usize {
        32 << 10
    }

    fn ends_with_empty(&self) -> bool {
        false
    }
}
