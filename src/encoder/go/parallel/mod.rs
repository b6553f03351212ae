//! Go's compressor on several cores, byte for byte what [`Go`](super::Go) writes.
//!
//! Input is gathered to a batch of segments, and the threads of rayon's current pool work on one segment each. A search
//! that begins in the middle of a stream begins with a guess: that a token ends there. Two searches soon agree, and what
//! makes their futures equal is compared, never assumed: a segment that does not meet the one before it is searched again
//! from where that one stands. So the result never depends on luck, only the time does.
//!
//! Bytes come a batch or two late; where the first are wanted soon, take `Go`. Memory is for each thread about twenty MiB,
//! and twice that where nothing matches.

mod blockwise;
mod chains;

use self::blockwise::BlockSegments;
use self::chains::ChainSegments;
use super::super::Encoder;
use super::text::REACH;
use super::{FLUSHED_AND_CLOSED, Releases, Way};

/// How many segments of a batch there are for each thread, so that one with little work can take another.
const SEGMENTS_PER_THREAD: usize = 2;
/// More threads are no use: a few of them compress faster than one unpacks what they are given. Memory would be.
const MOST_THREADS: usize = 8;
/// How many times 32 KiB a segment has: with 1 MiB, the start of a search costs a twentieth.
const SEGMENT: usize = 32;
/// The same at level 1, where searches begin further before their segments.
const SEGMENT_OF_LEVEL_ONE: usize = 64;

/// Go's compressor at some level, on as many cores as the pool that it is called in.
pub struct Parallel(Kind);

enum Kind {
    Threes(ChainSegments<3>),
    Fours(ChainSegments<4>),
    Blockwise(BlockSegments),
}

impl Parallel {
    /// The same as [`Go::of`](super::Go::of).
    pub fn of(releases: Releases, level: i32) -> Option<Self> {
        let level_one = matches!(releases.way(level)?, Way::Linked { .. });
        Self::with_segments(releases, level, if level_one { SEGMENT_OF_LEVEL_ONE } else { SEGMENT })
    }

    /// The same in segments of so many times 32 KiB, at least one. The bytes are the same for any size.
    pub fn with_segments(releases: Releases, level: i32, size: usize) -> Option<Self> {
        let size = size.max(1) * REACH;
        Some(Self(match releases.way(level)? {
            Way::Threes(effort) => Kind::Threes(ChainSegments::new(effort, size)),
            Way::Fours(effort) => Kind::Fours(ChainSegments::new(effort, size)),
            way => Kind::Blockwise(BlockSegments::new(way, size)),
        }))
    }
}

impl Encoder for Parallel {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Kind::Threes(segments) => segments.write(input, out),
            Kind::Fours(segments) => segments.write(input, out),
            Kind::Blockwise(segments) => segments.write(input, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.0.finish(false, out);
    }

    fn finish_as(&mut self, rest: &[u8], out: &mut Vec<u8>) {
        self.0.finish(rest.ends_with(&FLUSHED_AND_CLOSED), out);
    }
}

impl Kind {
    fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        match self {
            Kind::Threes(segments) => segments.finish(flush, out),
            Kind::Fours(segments) => segments.finish(flush, out),
            Kind::Blockwise(segments) => segments.finish(flush, out),
        }
    }
}

/// How many segments are worked on at once.
fn batch() -> usize {
    rayon::current_num_threads().min(MOST_THREADS) * SEGMENTS_PER_THREAD
}
