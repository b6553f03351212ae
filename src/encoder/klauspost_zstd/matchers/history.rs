//! What the matchers have in common: the bytes already seen, their positions, and how places are compared.
//!
//! Behaviour followed: klauspost/compress `zstd` since 1.10. The buffer moves at other times than the producer's, which
//! cannot be seen: no match reaches further back than the window, and the buffer always holds that.

use crate::encoder::klauspost_zstd::blocks::Found;
use crate::encoder::klauspost_zstd::sequences::{SHORTEST_MATCH, Sequence};
pub(super) use crate::encoder::positions::{Noted, Recent, lower, lower_recent, table};

/// Positions are renumbered beyond this, far from where they would overflow.
const RENUMBER_AT: u32 = 1 << 30;

/// The bytes that matches may refer to, and the number of the first of them.
///
/// Numbers only grow, so that whatever a hash table holds from before is too far away to match; zero, with which
/// tables start, always is.
pub(super) struct History {
    bytes: Vec<u8>,
    base: u32,
    /// How far back a match may reach, plus one.
    window: usize,
}

impl History {
    pub(super) fn new(window: usize) -> Self {
        Self { bytes: Vec::new(), base: window as u32, window }
    }

    /// Appends a block and says where it starts.
    pub(super) fn append(&mut self, block: &[u8]) -> usize {
        if self.bytes.len() + block.len() > 2 * self.window {
            let dropped = self.bytes.len() - self.window;
            self.bytes.drain(..dropped);
            self.base += dropped as u32;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(block);
        start
    }

    /// Puts everything seen out of reach.
    pub(super) fn forget(&mut self) {
        if !self.bytes.is_empty() {
            self.base += (self.window + self.bytes.len()) as u32;
            self.bytes.clear();
        }
    }

    /// What to take off every position in the tables, now and then; positions that would become negative become zero.
    pub(super) fn renumber(&mut self) -> Option<u32> {
        let excess = (self.base > RENUMBER_AT).then(|| self.base - self.window as u32)?;
        self.base -= excess;
        Some(excess)
    }

    /// The block that starts at `start` and that no match has been found in yet.
    pub(super) fn scan<'a>(&'a self, start: usize, margin: usize, found: &'a mut Found) -> Scan<'a> {
        let bytes = &self.bytes[..];
        Scan { bytes, base: self.base, window: self.window, limit: bytes.len() - margin, unsent: start, found }
    }
}

/// A place in the block, an earlier place with the same bytes, and how many of them agree.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) at: usize,
    pub(super) from: usize,
    pub(super) length: usize,
}

/// One block being searched.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    base: u32,
    pub(super) window: usize,
    /// No search starts from here on.
    pub(super) limit: usize,
    /// Up to here everything is in sequences.
    pub(super) unsent: usize,
    pub(super) found: &'a mut Found,
}

impl Scan<'_> {
    #[inline(always)]
    pub(super) fn eight(&self, at: usize) -> u64 {
        let bytes = self.bytes[at..at + 8].try_into().expect("the slice has eight bytes");
        u64::from_le_bytes(bytes)
    }

    #[inline(always)]
    pub(super) fn four(&self, at: usize) -> u32 {
        let bytes = self.bytes[at..at + 4].try_into().expect("the slice has four bytes");
        u32::from_le_bytes(bytes)
    }

    /// The number of a place, as tables hold it.
    #[inline(always)]
    pub(super) fn position(&self, at: usize) -> u32 {
        self.base + at as u32
    }

    /// Where a position is, counted from the buffer's start, before which it may be.
    #[inline(always)]
    pub(super) fn place(&self, position: u32) -> isize {
        position.wrapping_sub(self.base) as i32 as isize
    }

    /// The place of a position, if that is in the window before `at`.
    #[inline(always)]
    pub(super) fn near(&self, at: usize, position: u32) -> Option<usize> {
        let distance = self.position(at).wrapping_sub(position) as usize;
        (distance < self.window).then(|| at.wrapping_sub(distance))
    }

    /// The same, if its first four bytes are the lowest of `word`.
    #[inline(always)]
    pub(super) fn candidate(&self, at: usize, position: u32, word: u64) -> Option<usize> {
        self.near(at, position).filter(|&from| self.four(from) == word as u32)
    }

    /// How many bytes from `at` are those from `from`, an earlier place.
    #[inline(always)]
    pub(super) fn common(&self, at: usize, from: usize) -> usize {
        let here = &self.bytes[at..];
        let there = &self.bytes[from..from + here.len()];
        let mut length = 0;
        for (a, b) in here.chunks_exact(8).zip(there.chunks_exact(8)) {
            let differing = word(a) ^ word(b);
            if differing != 0 {
                return length + (differing.trailing_zeros() / 8) as usize;
            }
            length += 8;
        }
        length + here[length..].iter().zip(&there[length..]).take_while(|(a, b)| a == b).count()
    }

    /// Lengthens a match to the left, where that leaves at least `spared` literals before it.
    #[inline(always)]
    pub(super) fn widened(&self, found: Match, reach_from: usize, spared: usize) -> Match {
        let Match { mut at, mut from, mut length } = found;
        let first = reach_from.saturating_sub(self.window);
        while from > first && at > self.unsent + spared && self.bytes[from - 1] == self.bytes[at - 1] {
            at -= 1;
            from -= 1;
            length += 1;
        }
        Match { at, from, length }
    }

    /// Turns what precedes a match and itself into a sequence; `offset` is as in [`Sequence`].
    #[inline(always)]
    pub(super) fn take(&mut self, at: usize, length: usize, offset: u32) {
        let literals = &self.bytes[self.unsent..at];
        self.found.literals.extend_from_slice(literals);
        self.found.sequences.push(Sequence {
            literals: literals.len() as u32,
            length: (length - SHORTEST_MATCH) as u32,
            offset,
        });
        self.unsent = at + length;
    }

    /// The same for a match at a distance that is not a repeated one.
    #[inline(always)]
    pub(super) fn take_new(&mut self, found: Match) {
        self.take(found.at, found.length, (found.at - found.from) as u32 + 3);
    }

    /// Whether enough sequences of this block precede that distances may repeat: never those of another block.
    #[inline(always)]
    pub(super) fn repeats(&self) -> bool {
        self.found.sequences.len() > 2
    }

    /// Ends the block: the rest becomes literals.
    pub(super) fn rest(self) {
        self.found.literals.extend_from_slice(&self.bytes[self.unsent..]);
    }
}

#[inline(always)]
fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(bytes.try_into().expect("the chunk has eight bytes"))
}

/// A hash of the four lowest bytes.
#[inline(always)]
pub(super) fn hash4<const BITS: u32>(word: u64) -> usize {
    ((word as u32).wrapping_mul(2_654_435_761) >> (32 - BITS)) as usize
}

/// A hash of the five lowest bytes.
#[inline(always)]
pub(super) fn hash5<const BITS: u32>(word: u64) -> usize {
    ((word << 24).wrapping_mul(889_523_592_379) >> (64 - BITS)) as usize
}

/// A hash of the six lowest bytes.
#[inline(always)]
pub(super) fn hash6<const BITS: u32>(word: u64) -> usize {
    ((word << 16).wrapping_mul(227_718_039_650_203) >> (64 - BITS)) as usize
}

/// A hash of all eight bytes.
#[inline(always)]
pub(super) fn hash8<const BITS: u32>(word: u64) -> usize {
    (word.wrapping_mul(0xcf1b_bcdc_b7a5_6463) >> (64 - BITS)) as usize
}
