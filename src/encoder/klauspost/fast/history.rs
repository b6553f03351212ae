//! What the matchers of levels 1 to 6 have in common: the bytes already seen, their positions, and how two places are
//! compared.
//!
//! Behaviour followed: klauspost/compress `flate` since 1.9.0. Where the buffer starts shows at level 4 of 1.18.0 alone,
//! whose slip reads it at the place that a distance numbers: so it moves when that one's moves. Releases before 1.12.3
//! move theirs later, which does not show: a block starts at least [`REACH`] behind whatever was dropped, and no match is
//! extended backwards past its block.

pub(super) use crate::encoder::positions::{Noted, Recent, lower, lower_recent, table};

/// Blocks are this long, except the last one before a flush.
pub(super) const BLOCK: usize = 65_535;
/// How far back a match may reach.
pub(super) const REACH: usize = 32_768;
/// A block shorter than this has no matches.
pub(super) const SHORTEST_SEARCHED: usize = 13;
/// No search starts closer to the end than this.
pub(super) const MARGIN: usize = 11;

const ROOM: usize = 5 * BLOCK;
/// Positions are renumbered beyond this, far from where they would overflow.
const RENUMBER_AT: u32 = 1 << 30;

/// The bytes that matches may refer to, and the number of the first of them.
///
/// Numbers only grow, so that whatever a hash table holds from before is too far away to match; zero, with which
/// tables start, always is.
pub(super) struct History {
    pub(super) bytes: Vec<u8>,
    pub(super) base: u32,
}

impl History {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(ROOM), base: BLOCK as u32 }
    }

    /// Appends a block and says where in `bytes` it starts.
    pub(super) fn append(&mut self, block: &[u8]) -> usize {
        if self.bytes.len() + block.len() > ROOM {
            let dropped = self.bytes.len() - REACH;
            self.bytes.copy_within(dropped.., 0);
            self.bytes.truncate(REACH);
            self.base += dropped as u32;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(block);
        start
    }

    /// Puts everything seen out of reach.
    pub(super) fn forget(&mut self) {
        self.base += (REACH + self.bytes.len()) as u32;
        self.bytes.clear();
    }

    /// What to take off every position in the tables, now and then; positions that would become negative become zero.
    pub(super) fn renumber(&mut self) -> Option<u32> {
        let excess = (self.base > RENUMBER_AT).then(|| self.base - REACH as u32)?;
        self.base -= excess;
        Some(excess)
    }
}

/// Eight bytes from `at`, first byte lowest.
#[inline(always)]
pub(super) fn eight(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("the slice has eight bytes"))
}

/// Four bytes from `at`, first byte lowest.
#[inline(always)]
pub(super) fn four(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("the slice has four bytes"))
}

/// How many bytes from `at` are those from `from`, an earlier place, looking no further than `end`.
#[inline(always)]
pub(in super::super) fn common(bytes: &[u8], at: usize, from: usize, end: usize) -> usize {
    let (here, there) = (&bytes[at..end], &bytes[from..from + (end - at)]);
    let mut length = 0;
    for (a, b) in here.chunks_exact(8).zip(there.chunks_exact(8)) {
        let differing = eight(a, 0) ^ eight(b, 0);
        if differing != 0 {
            return length + (differing.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    length + here[length..].iter().zip(&there[length..]).take_while(|(a, b)| a == b).count()
}

/// The same from four bytes on that are known to agree, in all at most 258.
#[inline(always)]
pub(super) fn common_after_four(bytes: &[u8], at: usize, from: usize) -> usize {
    4 + common(bytes, at + 4, from + 4, bytes.len().min(at + 258))
}

/// A hash of the four lowest bytes, for a table with so many slots.
#[inline(always)]
pub(super) fn hash4<const SLOTS: usize>(word: u64) -> usize {
    ((word as u32).wrapping_mul(2_654_435_761) >> (32 - SLOTS.ilog2())) as usize
}

/// Another one, which Snappy has in Go.
#[inline(always)]
pub(super) fn hash4_snappy<const SLOTS: usize>(word: u64) -> usize {
    ((word as u32).wrapping_mul(0x1e35_a7bd) >> (32 - SLOTS.ilog2())) as usize
}

/// A hash of the five lowest bytes.
#[inline(always)]
pub(super) fn hash5<const SLOTS: usize>(word: u64) -> usize {
    ((word << 24).wrapping_mul(889_523_592_379) >> (64 - SLOTS.ilog2())) as usize
}

/// A hash of the seven lowest bytes.
#[inline(always)]
pub(super) fn hash7<const SLOTS: usize>(word: u64) -> usize {
    ((word << 8).wrapping_mul(58_295_818_150_454_627) >> (64 - SLOTS.ilog2())) as usize
}
