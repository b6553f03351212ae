//! Go's `compress/flate` of 1.8 to 1.26, the compressor of Docker, containerd, BuildKit and most else that pushes layers.
//!
//! All these releases write the same bytes; what 1.27 writes is another encoder's work. Levels are Go's: -2 (codes
//! without matches), 0 (stored) to 9, and -1 for the default. Streams are closed, never flushed: no producer of layers
//! flushes. Followed are Go's sources, read for their behaviour, and vectors written by real Go releases.

mod blocks;
mod chains;
mod code_lengths;
mod level_one;
mod prefix_code;

use self::blocks::{BlockWriter, MOST_STORED};
use self::chains::Chains;
use self::level_one::LevelOne;
use super::Encoder;

/// The level that Go takes for -1.
pub const DEFAULT_LEVEL: i32 = 6;

/// Go's compressor at some level.
pub struct Go(Method);

enum Method {
    Chains(Chains),
    LevelOne(LevelOne),
    Whole(Whole),
}

/// Levels 0 and -2: no matches, and blocks of 65535 bytes.
struct Whole {
    block: Vec<u8>,
    codes: bool,
    blocks: BlockWriter,
}

impl Go {
    /// Go 1.15 to 1.26, and at all levels but 1 also 1.8 to 1.14; none if Go has no such level.
    pub fn new(level: i32) -> Option<Self> {
        let method = match level {
            -2 | 0 => Method::Whole(Whole {
                block: Vec::with_capacity(MOST_STORED),
                codes: level == -2,
                blocks: BlockWriter::default(),
            }),
            -1 => return Self::new(DEFAULT_LEVEL),
            1 => Method::LevelOne(LevelOne::new(false)),
            _ => Method::Chains(Chains::new(level)?),
        };
        Some(Self(method))
    }

    /// Go 1.8 to 1.14 at level 1, which differs from later releases only behind the first GiB: there it forgets what it
    /// has seen. Known from a description of those releases; no stream of that size by one of them was at hand.
    pub fn level_one_before_1_15() -> Self {
        Self(Method::LevelOne(LevelOne::new(true)))
    }
}

impl Encoder for Go {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Chains(chains) => chains.write(input, out),
            Method::LevelOne(level_one) => level_one.write(input, out),
            Method::Whole(whole) => whole.write(input, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        match &mut self.0 {
            Method::Chains(chains) => chains.finish(out),
            Method::LevelOne(level_one) => level_one.finish(out),
            Method::Whole(whole) => whole.finish(out),
        }
    }
}

impl Whole {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.block.len() == MOST_STORED {
                self.write_block(out);
            }
            let (now, later) = input.split_at(input.len().min(MOST_STORED - self.block.len()));
            self.block.extend_from_slice(now);
            input = later;
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if !self.block.is_empty() {
            self.write_block(out);
        }
        self.blocks.finish(out);
    }

    fn write_block(&mut self, out: &mut Vec<u8>) {
        if self.codes {
            self.blocks.write_literals(&self.block, out);
        } else {
            self.blocks.write_stored(&self.block, out);
        }
        self.block.clear();
    }
}
