//! Level 1's table in Go 1.7: each block stands alone.
//!
//! The table is empty at the start of each block, and empty means the block's first place: so that one is not searched
//! for, but found. A match one byte nearer than deflate allows is the furthest. Source: Go's
//! `compress/flate/deflatefast.go` of 1.7, read for its behaviour.

use super::level_one::{HASH_BITS, REACH, Table, Text, boxed, four, hash};

/// For each hash, the last place in the block that had it.
pub(super) struct Alone(Box<[u16; 1 << HASH_BITS]>);

impl Alone {
    /// An empty table.
    pub(super) fn new() -> Self {
        Self(boxed(0))
    }
}

impl Table for Alone {
    const START: usize = 1;

    #[inline]
    fn enter(&mut self, text: &Text, place: usize, bytes: u32) -> Option<usize> {
        let candidate = std::mem::replace(&mut self.0[hash(bytes)], (place - REACH) as u16);
        let candidate = REACH + usize::from(candidate);
        (place - candidate < REACH && four(text, candidate) == bytes).then(|| place - candidate)
    }

    fn next_block(&mut self, _: usize) {
        self.0.fill(0);
    }
}
