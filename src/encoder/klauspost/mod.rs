//! The deflate encoder of klauspost/compress, and Go's own since 1.27, which was made from it, byte for byte.
//!
//! Levels −2 (no matches) and 0 to 9 of `flate`, as releases since 1.9.0 write them; `Release` says what differs between
//! them. A stream is the same whatever the sizes of the pieces it is written in; where the real one looks at them (levels
//! 7 to 9 before 1.14.0, at where a window ends) it is what large pieces give. Refused: levels that there are not, the
//! stateless level −3, custom windows, and releases before 1.9.0.

mod blocks;
mod entropy;
mod fast;
mod lazy;
mod releases;
mod rules;
mod tokens;

use super::Encoder;
use blocks::BlockWriter;
pub use releases::Release;

/// No matches at all.
pub const HUFFMAN_ONLY: i8 = -2;

const STORED_BLOCK: usize = 65_535;
/// How a stream ends that was flushed and then closed, as its releases close it.
const FLUSHED_AND_CLOSED: [&[u8]; 2] = [&[0, 0, 0xff, 0xff, 3, 0], &[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]];
/// No end without a flush has more bytes behind the data, for each of these: up to seven bits of them, the end of a block,
/// and the empty one.
const CLOSED: [usize; 2] = [4, 8];

/// One deflate stream as klauspost/compress writes it.
pub struct Klauspost {
    blocks: BlockWriter,
    method: Method,
    searches_dictionaries: bool,
}

enum Method {
    /// Level 0 (matches of no kind, nothing coded) and level −2: blocks of one size.
    Plain {
        coded: bool,
        size: usize,
        waiting: Vec<u8>,
    },
    Fast(Box<fast::Fast>),
    Lazy(Box<lazy::Lazy>),
}

impl Klauspost {
    /// An encoder of that release at a level from −2 to 9; −1 is a release's own default and no level here.
    pub fn new(release: Release, level: i8) -> Option<Self> {
        let method = match level {
            HUFFMAN_ONLY => Method::Plain { coded: true, size: release.huffman_block(), waiting: Vec::new() },
            0 => Method::Plain { coded: false, size: STORED_BLOCK, waiting: Vec::new() },
            1..=6 => Method::Fast(Box::new(fast::Fast::new(level.unsigned_abs(), release))),
            7..=9 => Method::Lazy(Box::new(lazy::Lazy::new(level.unsigned_abs(), release))),
            _ => return None,
        };
        let blocks = BlockWriter::new(release.block_rules(level));
        Some(Self { blocks, method, searches_dictionaries: release.searches_dictionaries() })
    }

    /// Starts a stream, or a part of one behind a flush, whose reader already knows `dictionary` (at most 32 KiB).
    pub fn start(&mut self, dictionary: &[u8]) {
        self.blocks.reset();
        match &mut self.method {
            Method::Plain { waiting, .. } => waiting.clear(),
            Method::Fast(fast) => fast.start(if self.searches_dictionaries { dictionary } else { &[] }),
            Method::Lazy(lazy) => lazy.start(dictionary),
        }
    }

    /// Writes everything that was put in, and an empty stored block that brings the stream to a byte's boundary.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        self.write_waiting(out);
        self.blocks.stored(&[], out);
    }

    fn write_waiting(&mut self, out: &mut Vec<u8>) {
        let blocks = &mut self.blocks;
        match &mut self.method {
            Method::Plain { coded, waiting, .. } => {
                if !waiting.is_empty() {
                    plain(*coded, waiting, true, blocks, out);
                }
            }
            Method::Fast(fast) => fast.flush(blocks, out),
            Method::Lazy(lazy) => lazy.flush(blocks, out),
        }
    }
}

impl Encoder for Klauspost {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        let blocks = &mut self.blocks;
        match &mut self.method {
            Method::Plain { coded, size, waiting } => {
                while !input.is_empty() {
                    // A full block waits for the next byte: it might be the last before a flush.
                    if waiting.len() == *size {
                        plain(*coded, waiting, false, blocks, out);
                    }
                    let (taken, rest) = input.split_at(input.len().min(*size - waiting.len()));
                    waiting.extend_from_slice(taken);
                    input = rest;
                }
            }
            Method::Fast(fast) => fast.write(input, blocks, out),
            Method::Lazy(lazy) => lazy.write(input, blocks, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.write_waiting(out);
        self.blocks.finish(out);
    }

    fn finish_as(&mut self, rest: &[u8], out: &mut Vec<u8>) {
        let before = out.len();
        self.write_waiting(out);
        let rest = rest.get(out.len() - before..).unwrap_or_default();
        if FLUSHED_AND_CLOSED.iter().zip(CLOSED).any(|(end, closed)| rest.len() > closed && rest.ends_with(end)) {
            self.flush(out);
        }
        self.finish(out);
    }

    fn restart(&mut self) -> bool {
        self.start(&[]);
        true
    }
}

fn plain(coded: bool, waiting: &mut Vec<u8>, last: bool, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
    if coded {
        blocks.literals(waiting, last, out);
    } else {
        blocks.stored(waiting, out);
    }
    waiting.clear();
}
