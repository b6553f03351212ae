//! GNU gzip, 1.10 to 1.14 at least: zlib's tokens in blocks of its own.
//!
//! gzip and zlib have one ancestor, and find the same matches but in the last few hundred bytes. gzip ends a block early
//! if it compresses well so far, to adapt its codes, and has room for twice as many tokens. Written from a description of
//! this behaviour, from zlib's sources, and from what gzip 1.12 writes, against which it was checked; no source of gzip
//! was read. `--rsyncable` is that of gzip from 1.7 on; the Debian patch before it is not done here. gzip on machines
//! with compression in hardware (DFLTCC) writes other bytes.

mod adaptive;
mod rsyncable;

use self::adaptive::Adaptive;
use super::Encoder;
use super::zlib::{Effort, Ending, Finder};

/// The level that gzip takes if none is named.
pub const DEFAULT_LEVEL: i32 = 6;
/// The hash of three bytes has so many bits.
const HASH_BITS: u32 = 15;

/// GNU gzip's compressor at some level.
pub struct GnuGzip {
    finder: Finder,
    blocks: Adaptive,
}

impl GnuGzip {
    /// gzip at a level from 1 to 9; none if gzip has no such level.
    pub fn new(level: i32) -> Option<Self> {
        Some(Self {
            finder: Finder::new(Effort::of(level)?, HASH_BITS, Ending::ReadsOn),
            blocks: Adaptive::new(level, false),
        })
    }

    /// gzip with `--rsyncable`.
    pub fn rsyncable(level: i32) -> Option<Self> {
        Some(Self { blocks: Adaptive::new(level, true), ..Self::new(level)? })
    }
}

impl Encoder for GnuGzip {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        // Hits wait until their bytes are tokens, and there must not be too many of them.
        for piece in input.chunks(1 << 16) {
            self.blocks.see(piece);
            self.finder.write(piece, &mut self.blocks, out);
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.finder.flush(true, &mut self.blocks, out);
    }
}
