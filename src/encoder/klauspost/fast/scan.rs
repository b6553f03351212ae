//! One block being searched: where the search is and what has already become tokens.

use super::super::tokens::Tokens;
use super::history::{History, MARGIN, REACH, common, eight, four};

/// A place in the block, an earlier place with the same bytes, and how many of them agree.
#[derive(Clone, Copy)]
pub(super) struct Match {
    pub(super) at: usize,
    pub(super) from: usize,
    pub(super) length: usize,
}

/// The state every matcher of levels 1 to 6 goes through a block with.
pub(super) struct Scan<'a> {
    pub(super) bytes: &'a [u8],
    base: u32,
    tokens: &'a mut Tokens,
    /// No search starts behind this place.
    pub(super) limit: usize,
    /// Up to here everything is in tokens.
    pub(super) unsent: usize,
}

impl<'a> Scan<'a> {
    pub(super) fn new(history: &'a History, start: usize, tokens: &'a mut Tokens) -> Self {
        let bytes = &history.bytes[..];
        Self { bytes, base: history.base, tokens, limit: bytes.len() - MARGIN, unsent: start }
    }

    #[inline(always)]
    pub(super) fn eight(&self, at: usize) -> u64 {
        eight(self.bytes, at)
    }

    #[inline(always)]
    pub(super) fn four(&self, at: usize) -> u64 {
        u64::from(four(self.bytes, at))
    }

    /// The number of a place, as tables hold it.
    #[inline(always)]
    pub(super) fn position(&self, at: usize) -> u32 {
        self.base + at as u32
    }

    /// How far before (or behind) the buffer's start a position is.
    #[inline(always)]
    pub(super) fn place(&self, position: u32) -> isize {
        position.wrapping_sub(self.base) as i32 as isize
    }

    /// The place of a position less than [`REACH`] before `at` whose first four bytes are the lowest of `word`.
    #[inline(always)]
    pub(super) fn candidate(&self, at: usize, position: u32, word: u64) -> Option<usize> {
        self.candidate_within(REACH, at, position, word)
    }

    /// The same for a distance less than `reach`.
    #[inline(always)]
    pub(super) fn candidate_within(&self, reach: usize, at: usize, position: u32, word: u64) -> Option<usize> {
        self.near(reach, at, position).filter(|&from| self.agrees(from, word))
    }

    /// The place of a position less than `reach` before `at`.
    #[inline(always)]
    pub(super) fn near(&self, reach: usize, at: usize, position: u32) -> Option<usize> {
        let distance = self.position(at).wrapping_sub(position) as usize;
        (distance < reach).then(|| at.wrapping_sub(distance))
    }

    /// Whether the four bytes from a place are the lowest of `word`.
    #[inline(always)]
    pub(super) fn agrees(&self, from: usize, word: u64) -> bool {
        four(self.bytes, from) == word as u32
    }

    /// How long a match is whose first `known` bytes agree, whatever its length.
    #[inline(always)]
    pub(super) fn whole(&self, at: usize, from: usize, known: usize) -> usize {
        known + common(self.bytes, at + known, from + known, self.bytes.len())
    }

    /// Lengthens a match to the left, and turns what precedes it and itself into tokens; says what was taken.
    #[inline(always)]
    pub(super) fn take(&mut self, found: Match) -> Match {
        let Match { mut at, mut from, mut length } = found;
        while from > 0 && at > self.unsent && self.bytes[from - 1] == self.bytes[at - 1] {
            at -= 1;
            from -= 1;
            length += 1;
        }
        self.tokens.literals(&self.bytes[self.unsent..at]);
        self.tokens.matched_long(length, at - from);
        self.unsent = at + length;
        Match { at, from, length }
    }

    /// Ends the block: the rest becomes literals, unless there was no match at all, which is for the caller to see.
    pub(super) fn rest(self) {
        if self.tokens.len() > 0 {
            self.tokens.literals(&self.bytes[self.unsent..]);
        }
    }
}
