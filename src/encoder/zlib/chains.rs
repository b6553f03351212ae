//! The window, and the chains of positions in it whose three bytes have the same hash.
//!
//! What a search finds depends on the order in which positions entered a chain, on how many of them are tried, and on
//! which of them the window still has; all three are zlib's. Position 0 stands for none in the tables, so that nothing is
//! ever found there. This file decides nothing about tokens.

use super::super::symbols::{LONGEST, SHORTEST};
use super::effort::Effort;

/// By how much the window moves; half its size.
pub(super) const HALF: usize = 32768;
/// How many bytes the window has.
pub(super) const WINDOW: usize = 2 * HALF;
/// Nothing is decided with fewer bytes ahead, unless they are the last before a flush or the end.
pub(super) const LOOKAHEAD: usize = LONGEST + SHORTEST + 1;
/// How far back a match may lie.
const REACH: usize = HALF - LOOKAHEAD;
/// With fewer bytes ahead than `LOOKAHEAD`, the window moves from here on.
pub(super) const MOVES_FROM: usize = HALF + REACH;
/// Room behind the window, so that reads that begin in a match never need a check.
const ROOM: usize = 1024;

/// A match at some position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) length: usize,
    pub(super) distance: usize,
}

/// No match.
pub(super) const NONE: Match = Match { length: SHORTEST - 1, distance: 0 };

/// The window and the chains through it.
pub(super) struct Chains {
    window: Box<[u8; WINDOW + ROOM]>,
    /// For each hash, the last position that had it.
    last: Box<[u16; 1 << 16]>,
    /// For each position, by its lower 15 bits, the one before with the same hash.
    before: Box<[u16; HALF]>,
    /// By how many bits the hash moves for each byte: a third of its size, rounded up.
    hash_shift: u32,
    hash_mask: u32,
}

impl Chains {
    pub(super) fn new(hash_bits: u32) -> Self {
        Self {
            window: zeros(),
            last: zeros(),
            before: zeros(),
            hash_shift: hash_bits.div_ceil(3),
            hash_mask: (1 << hash_bits) - 1,
        }
    }

    /// Empties all chains.
    pub(super) fn forget(&mut self) {
        self.last.fill(0);
    }

    /// Bytes of the window.
    pub(super) fn bytes(&self) -> &[u8; WINDOW + ROOM] {
        &self.window
    }

    /// Puts bytes into the window.
    pub(super) fn fill(&mut self, at: usize, bytes: &[u8]) {
        self.window[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Moves the newer half of the window to its start, and the chains with it.
    pub(super) fn move_window(&mut self) {
        self.window.copy_within(HALF..WINDOW, 0);
        self.last.iter_mut().for_each(|position| *position = position.saturating_sub(HALF as u16));
        self.before.iter_mut().for_each(|position| *position = position.saturating_sub(HALF as u16));
    }

    /// Enters one position into its chain; the one that was last before is returned.
    #[inline]
    pub(super) fn enter(&mut self, at: usize) -> u16 {
        let three = four(&self.window, at & 0xffff);
        let (a, b, c) = (three & 0xff, three >> 8 & 0xff, three >> 16 & 0xff);
        let hash = (a << (2 * self.hash_shift) ^ b << self.hash_shift ^ c) & self.hash_mask;
        let last = &mut self.last[hash as usize & 0xffff];
        let newest = *last;
        self.before[at % HALF] = newest;
        *last = at as u16;
        newest
    }

    /// The first of the longest matches at `at` over `length` and up to `most` bytes, looked for from `newest` on.
    #[inline]
    pub(super) fn find(&self, at: usize, newest: u16, most: usize, length: usize, effort: &Effort) -> Match {
        if newest == 0 || at - usize::from(newest) > REACH {
            return NONE;
        }
        if most <= length {
            return NONE;
        }
        let tries = if effort.lazy && length >= effort.good { effort.tries >> 2 } else { effort.tries };
        self.search(at, newest, most, length, effort.nice.min(most), tries)
    }

    /// Apart from its caller, the loop keeps all it needs in registers.
    #[inline(never)]
    fn search(&self, at: usize, newest: u16, most: usize, length: usize, nice: usize, tries: u32) -> Match {
        let window = &*self.window;
        let at = at & 0xffff;
        let oldest = at.saturating_sub(REACH) as u16;
        let mut best = Match { length, distance: 0 };
        // A longer match agrees in all bytes up to the one behind the best so far. The last four of them, or three if
        // there is none yet, are compared first: few candidates pass.
        let (mut offset, mut wanted, mut mask) = end_of(window, at, length);
        let mut candidate = newest;
        for _ in 0..tries {
            let place = usize::from(candidate);
            if (four(window, place + usize::from(offset)) ^ wanted) & mask == 0 {
                let length = common(window, place, at, most);
                if length > best.length {
                    best = Match { length, distance: at - place };
                    if length >= nice {
                        break;
                    }
                    (offset, wanted, mask) = end_of(window, at, length);
                }
            }
            candidate = self.before[place % HALF];
            if candidate <= oldest {
                break;
            }
        }
        if best.distance == 0 { NONE } else { best }
    }
}

/// Where the bytes begin that tell whether a match is longer than `length`, the bytes, and which of their bits count.
#[inline]
fn end_of(window: &[u8; WINDOW + ROOM], at: usize, length: usize) -> (u8, u32, u32) {
    let offset = length.saturating_sub(SHORTEST) as u8;
    let mask = if length < SHORTEST { 0xff_ffff } else { u32::MAX };
    (offset, four(window, at + usize::from(offset)), mask)
}

/// The four bytes at a position, and three for a hash.
#[inline]
fn four(window: &[u8; WINDOW + ROOM], at: usize) -> u32 {
    u32::from_le_bytes(window[at..at + 4].try_into().expect("four bytes"))
}

#[inline]
fn eight(window: &[u8; WINDOW + ROOM], at: usize) -> u64 {
    u64::from_le_bytes(window[at..at + 8].try_into().expect("eight bytes"))
}

/// How many bytes agree at two positions, at most `most`.
#[inline]
fn common(window: &[u8; WINDOW + ROOM], one: usize, other: usize, most: usize) -> usize {
    let (one, other) = (one & 0xffff, other & 0xffff);
    let mut length = 0;
    while length < LONGEST {
        let difference = eight(window, one + length) ^ eight(window, other + length);
        if difference != 0 {
            return (length + (difference.trailing_zeros() / 8) as usize).min(most);
        }
        length += 8;
    }
    most
}

fn zeros<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    let zeros = vec![T::default(); N].into_boxed_slice();
    zeros.try_into().unwrap_or_else(|_| unreachable!("the length is that of the array"))
}
