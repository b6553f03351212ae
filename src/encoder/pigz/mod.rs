//! pigz, the parallel gzip over zlib: Debian's base images are compressed by it, and what nix and Bazel rules make.
//!
//! The input is cut into blocks that are compressed side by side, each with the last 32 KiB before it as its dictionary.
//! A block that does not end the stream ends on a whole byte, by empty blocks of ten bits or by an empty stored one. With
//! `--independent` nothing is shared, and with `--rsyncable` blocks are cut further where the content says so. Followed
//! are pigz 2.6 to 2.8 over zlib from 1.2.6 on, pigz's sources read for their behaviour. Older zlib cannot end a block
//! on a bit, and pigz over it wrote an empty stored block behind each of its own; that is not done here. Level 11 is
//! zopfli's, and refused.

mod rsyncable;

use std::collections::VecDeque;

use self::rsyncable::{Cutter, RollingHash};
use super::Encoder;
use super::zlib::{Memory, Stored, Zlib};

/// The block size that pigz takes if none is named.
pub const DEFAULT_BLOCK: usize = 128 << 10;
/// The smallest block size that pigz takes, and how much of what stands before it a block knows.
pub const DICTIONARY: usize = 32 << 10;

/// How pigz is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The level, from 0 to 9, or -1 for the default of 6.
    pub level: i32,
    /// `-b`, here in bytes.
    pub block: usize,
    /// `-i`: no block needs another one.
    pub independent: bool,
    /// `-R`: blocks are cut where the content says so.
    pub rsyncable: bool,
    /// How many threads there are.
    pub threads: Threads,
}

/// How many threads pigz may use, which shows in its bytes only as one or more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// `-p 1`, or a machine with one core: blocks are pieces of one stream, not streams of their own.
    One,
    /// Any other number.
    Many,
}

impl Options {
    /// pigz at this level, with all else as it is by default on more than one core.
    pub fn level(level: i32) -> Self {
        Self { level, block: DEFAULT_BLOCK, independent: false, rsyncable: false, threads: Threads::Many }
    }
}

/// The deflate stream of a file that pigz wrote.
pub struct Pigz {
    options: Options,
    deflate: Zlib,
    /// What is not compressed yet. More of it is needed to know where blocks end, and which one is the last.
    held: Vec<u8>,
    /// The last bytes before those that are held.
    before: Vec<u8>,
    /// How many bytes of the current block are compressed, where blocks have one size.
    begun: usize,
    cutter: Option<Cutter>,
    hash: RollingHash,
}

impl Pigz {
    /// pigz, called like this; none if it has no such level or takes no such block size.
    pub fn new(options: Options) -> Option<Self> {
        if options.block < DICTIONARY {
            return None;
        }
        Some(Self {
            options,
            deflate: Self::deflate(&options)?,
            held: Vec::new(),
            before: Vec::new(),
            begun: 0,
            cutter: (options.rsyncable && options.threads == Threads::Many).then(|| Cutter::new(options.block)),
            hash: RollingHash::default(),
        })
    }

    /// The compressor under pigz called like this, for `block`; none if pigz has no such level.
    pub fn deflate(options: &Options) -> Option<Zlib> {
        match (options.level, options.threads) {
            (0, Threads::Many) => Some(Zlib::stored(Stored::Whole)),
            (0, Threads::One) => Some(Zlib::stored(Stored::Buffer(options.block))),
            (level, _) => Zlib::new(level, Memory::Eight),
        }
    }

    /// Compresses one block alone: what pigz on more than one thread, without `--rsyncable`, writes for it, given the
    /// bytes before it in the stream. With `last` the stream ends behind it. This is how a stream is made on several
    /// cores.
    pub fn block(options: &Options, deflate: &mut Zlib, before: &[u8], input: &[u8], last: bool, out: &mut Vec<u8>) {
        deflate.start(if options.independent { &[] } else { before });
        write_piece(options.independent, deflate, input, last, out);
    }

    /// Compresses all blocks that are certain.
    fn advance(&mut self, end: bool, out: &mut Vec<u8>) {
        match (self.options.threads, &mut self.cutter) {
            (_, Some(_)) => self.advance_cut(end, out),
            (Threads::One, None) if self.options.rsyncable => self.advance_stream(end, out),
            (_, None) => self.advance_blocks(end, out),
        }
    }

    /// Blocks of one size, each as far as it is there, but for the last byte at hand: behind it the stream may end.
    fn advance_blocks(&mut self, end: bool, out: &mut Vec<u8>) {
        loop {
            let left = self.options.block - self.begun;
            let is_full = self.held.len() > left;
            let given = if is_full { left } else { self.held.len().saturating_sub(usize::from(!end)) };
            let is_over = is_full || end;
            if given == 0 && !is_over {
                return;
            }
            if self.begun == 0 && self.options.threads == Threads::Many {
                self.deflate.start(if self.options.independent { &[] } else { &self.before });
            }
            self.deflate.write(&self.held[..given], out);
            self.begun += given;
            self.forget(given);
            if !is_over {
                return;
            }
            end_piece(self.options.independent, &mut self.deflate, !is_full, out);
            self.begun = 0;
            if !is_full {
                return;
            }
        }
    }

    /// Takes the first bytes off what is held, and keeps what the next block has to know of them.
    fn forget(&mut self, length: usize) {
        let old = DICTIONARY.saturating_sub(length).min(self.before.len());
        self.before.drain(..self.before.len() - old);
        self.before.extend_from_slice(&self.held[length.saturating_sub(DICTIONARY)..length]);
        self.held.drain(..length);
    }

    /// Blocks whose pieces end where the content says so.
    fn advance_cut(&mut self, end: bool, out: &mut Vec<u8>) {
        while let Some(cutter) = &mut self.cutter
            && let Some(job) = cutter.next(&self.held, end)
        {
            self.write_block(job.length, &job.ends, job.last, out);
            if job.last {
                break;
            }
        }
    }

    fn write_block(&mut self, length: usize, ends: &[usize], last: bool, out: &mut Vec<u8>) {
        let independent = self.options.independent;
        self.deflate.start(if independent { &[] } else { &self.before });
        let mut start = 0;
        for &end in ends {
            write_piece(independent, &mut self.deflate, &self.held[start..end], last && end == length, out);
            start = end;
        }
        self.forget(length);
    }

    /// One stream, flushed behind each piece, and pieces end where the content says so.
    fn advance_stream(&mut self, end: bool, out: &mut Vec<u8>) {
        let independent = self.options.independent;
        let mut start = 0;
        // With more than a block at hand, where the next piece ends is certain, and that it is not the last one.
        while end || self.held.len() - start > self.options.block {
            let rest = &self.held[start..];
            let most = &rest[..rest.len().min(self.options.block)];
            let hit = self.hash.find(most);
            let piece = &rest[..hit.unwrap_or(most.len())];
            let last = piece.len() == rest.len();
            write_piece(independent, &mut self.deflate, piece, last, out);
            start += piece.len();
            if last {
                break;
            }
        }
        self.held.drain(..start);
    }
}

/// Writes a piece of the stream, up to a whole byte.
fn write_piece(independent: bool, deflate: &mut Zlib, input: &[u8], last: bool, out: &mut Vec<u8>) {
    deflate.write(input, out);
    end_piece(independent, deflate, last, out);
}

/// Ends a piece of the stream on a whole byte, or the stream.
fn end_piece(independent: bool, deflate: &mut Zlib, last: bool, out: &mut Vec<u8>) {
    if last {
        return deflate.finish(out);
    }
    deflate.end_block(out);
    if independent {
        // Two marks, the second of which stands for what comes before being forgotten.
        deflate.sync(out);
        deflate.sync(out);
        deflate.start(&[]);
    } else if deflate.pending_bits() % 2 == 1 {
        deflate.sync(out);
    } else {
        while deflate.pending_bits() > 0 {
            deflate.pad(out);
        }
    }
}

impl Encoder for Pigz {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        // Blocks are taken off the front of what is held, so it must not grow beyond a few of them.
        for piece in input.chunks(self.options.block) {
            self.held.extend_from_slice(piece);
            self.advance(false, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance(true, out);
    }
}

/// One block of many, cut into pieces.
struct Job {
    length: usize,
    /// Where the pieces end; the last end is the length.
    ends: Vec<usize>,
    last: bool,
}

/// Where the content was seen to ask for a cut.
type Hits = VecDeque<usize>;
