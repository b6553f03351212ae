//! zlib's deflate, 1.2.5 to 1.3.1: the compressor of Java, Python, .NET up to 8, libarchive, pigz and most else in C.
//!
//! Levels are zlib's, 0 to 9 and -1 for the default; memory levels are 8, the default, and 9, which Perl and some others
//! ask for; the window has 32 KiB and the strategy is the default one. All these releases write the same bytes, except
//! that 1.2.5 forgot two positions at a flush, which shows in pigz alone and is not done here, and except at level 0
//! (see `Stored`). The rewrites (zlib-ng, Chromium's, Intel's, hardware) write other bytes, and none of them is here.
//! Followed are zlib's sources, read for their behaviour, and streams by zlib 1.2.13 and 1.3.1.

mod blocks;
mod chains;
mod effort;
mod finder;
mod head;
mod stored;
mod tree;

use self::stored::StoredWriter;
use super::Encoder;
use super::symbols::Token;

pub(super) use self::blocks::BlockWriter;
pub(super) use self::effort::Effort;
pub(super) use self::finder::{Blocks, Ending, Finder};
pub use self::stored::Stored;

/// The level that zlib takes for -1.
pub const DEFAULT_LEVEL: i32 = 6;

/// zlib's compressor at some level.
pub struct Zlib(Method);

enum Method {
    Tokens { finder: Finder, blocks: Full },
    Stored(StoredWriter),
}

/// How much memory zlib may use, which shows in the lengths of blocks and in how often hashes collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Memory {
    /// Memory level 8, the default: 16383 tokens in a block, a hash of 15 bits.
    Eight,
    /// Memory level 9: 32767 tokens in a block, a hash of 16 bits.
    Nine,
}

/// Blocks that end when they are full.
pub(super) struct Full {
    tokens: Vec<Token>,
    most: usize,
    writer: BlockWriter,
}

impl Zlib {
    /// zlib at a level from 0 to 9, or -1; none if zlib has no such level. At level 0 it is written to in small pieces.
    pub fn new(level: i32, memory: Memory) -> Option<Self> {
        let (hash_bits, most) = match memory {
            Memory::Eight => (15, (1 << 14) - 1),
            Memory::Nine => (16, (1 << 15) - 1),
        };
        Some(Self(match level {
            -1 => return Self::new(DEFAULT_LEVEL, memory),
            0 => Method::Stored(StoredWriter::new(Stored::Pieces)),
            _ => Method::Tokens {
                finder: Finder::new(Effort::of(level)?, hash_bits, Ending::Exact),
                blocks: Full { tokens: Vec::with_capacity(most), most, writer: BlockWriter::default() },
            },
        }))
    }

    /// zlib at level 0, used in this way.
    pub fn stored(way: Stored) -> Self {
        Self(Method::Stored(StoredWriter::new(way)))
    }

    /// Forgets all that was written, and takes what the stream stands behind: the last 32 KiB of `dictionary`. Bits of an
    /// unfinished byte are kept, so call this only where there are none: before the first byte, or behind the end.
    pub fn start(&mut self, dictionary: &[u8]) {
        match &mut self.0 {
            Method::Tokens { finder, blocks } => {
                finder.start(dictionary);
                blocks.tokens.clear();
            }
            Method::Stored(stored) => stored.start(),
        }
    }

    /// Ends the block if there is one, as `Z_BLOCK` does: up to seven bits are kept back.
    pub fn end_block(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Tokens { finder, blocks } => finder.flush(false, blocks, out),
            Method::Stored(stored) => stored.end_block(out),
        }
    }

    /// How many bits are kept back.
    pub fn pending_bits(&self) -> u32 {
        match &self.0 {
            Method::Tokens { blocks, .. } => blocks.writer.pending(),
            Method::Stored(_) => 0,
        }
    }

    /// Ends the block if there is one, and writes an empty stored one behind it, as `Z_SYNC_FLUSH` does.
    pub fn sync(&mut self, out: &mut Vec<u8>) {
        self.end_block(out);
        match &mut self.0 {
            Method::Tokens { blocks, .. } => blocks.writer.write_stored(&[], false, out),
            Method::Stored(stored) => stored.sync(out),
        }
    }

    /// Writes ten bits that stand for nothing, an empty block in the fixed code, behind the end of a block. Level 0
    /// never has bits that this could bring to a byte, and nothing is written there.
    pub fn pad(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Tokens { blocks, .. } => blocks.writer.write_empty(out),
            Method::Stored(_) => {}
        }
    }
}

impl Encoder for Zlib {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Tokens { finder, blocks } => finder.write(input, blocks, out),
            Method::Stored(stored) => stored.write(input, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Tokens { finder, blocks } => finder.flush(true, blocks, out),
            Method::Stored(stored) => stored.finish(out),
        }
    }
}

impl Blocks for Full {
    #[inline]
    fn take(&mut self, token: Token) -> bool {
        self.tokens.push(token);
        self.tokens.len() == self.most
    }

    fn end(&mut self, bytes: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        self.writer.write(&self.tokens, bytes, last, out);
        self.tokens.clear();
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}
