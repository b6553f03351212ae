//! The window over the stream, the hash chains through it, and the search along them.
//!
//! A position's chain is all earlier positions in the window that were entered with the same hash, newest first; what a
//! search finds depends on nothing else. Which positions are entered is the caller's affair.

use super::super::symbols::LONGEST;
use super::parser::Effort;

/// How far back a match may lie, and by how much the window moves.
pub(super) const REACH: usize = 32768;
/// How many bytes the window holds.
pub(super) const WINDOW: usize = 2 * REACH;
/// The window begins at 1, since position 0 stands for none in the tables.
pub(super) const WINDOW_START: usize = 1;
/// The window ends before this.
pub(super) const WINDOW_END: usize = WINDOW_START + WINDOW;
/// Room behind the window, so that reads of eight bytes that begin in a match never need a check.
const WINDOW_ROOM: usize = WINDOW + 1024;
/// A match of the shortest length must not lie further back than this.
const SHORTEST_REACH: usize = 4096;
/// How many bits of the hash there are.
const HASH_BITS: u32 = 17;

type Window = [u8; WINDOW_ROOM];

/// A match at some position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Match {
    pub(super) length: usize,
    pub(super) distance: usize,
}

/// The window and the chains through it.
pub(super) struct Text<const SHORTEST: usize> {
    pub(super) window: Box<Window>,
    /// For each hash, the last position that had it.
    last: Box<[u16; 1 << HASH_BITS]>,
    /// For each position, the one before with the same hash.
    before: Box<[u16; 2 * REACH]>,
}

impl<const SHORTEST: usize> Text<SHORTEST> {
    /// No match.
    pub(super) const NONE: Match = Match { length: SHORTEST - 1, distance: 0 };

    /// An empty window.
    pub(super) fn new() -> Self {
        Self { window: zeros(), last: zeros(), before: zeros() }
    }

    /// Enters `at` into its chain and looks along it for the first of the longest matches over `length` bytes.
    #[inline]
    pub(super) fn enter_and_find(&mut self, at: usize, end: usize, length: usize, effort: &Effort) -> Match {
        let ahead = end - at;
        if ahead < SHORTEST {
            return Self::NONE;
        }
        let newest = self.enter_one(at);
        // The window's start bounds the reach as well.
        let oldest = at.saturating_sub(REACH).max(WINDOW_START);
        if usize::from(newest) < oldest || ahead <= length {
            return Self::NONE;
        }
        self.find(at, newest, oldest as u16, ahead.min(LONGEST), length, effort)
    }

    /// Enters the positions from `from` to before `to`. The last bytes of all the data begin no chain.
    #[inline]
    pub(super) fn enter(&mut self, from: usize, to: usize, end: usize) {
        for at in from..to.min(end - (SHORTEST - 1)) {
            self.enter_one(at);
        }
    }

    /// Enters one position into its chain; the one that was last before is returned.
    #[inline]
    fn enter_one(&mut self, at: usize) -> u16 {
        let last = &mut self.last[hash::<SHORTEST>(four(&self.window, at & 0xffff))];
        let newest = *last;
        self.before[at & 0xffff] = newest;
        *last = at as u16;
        newest
    }

    /// Looks along the chain from `newest` on. Apart from its caller, the loop keeps all it needs in registers.
    #[inline(never)]
    fn find(&self, at: usize, newest: u16, oldest: u16, most: usize, length: usize, effort: &Effort) -> Match {
        let window = &*self.window;
        let at = at & 0xffff;
        let nice = effort.nice.min(most);
        let mut best = Match { length, distance: 0 };
        // A longer match agrees in all bytes up to the one behind the best so far. The last four of them are compared
        // first: few candidates pass. The first match of three has but three.
        let mut offset = length.saturating_sub(3) as u8;
        let mut mask = if SHORTEST == 3 && length < 3 { 0x00ff_ffff } else { u32::MAX };
        let mut wanted = four(window, at + usize::from(offset)) & mask;
        let mut candidate = newest;
        for _ in 0..effort.tries {
            let place = usize::from(candidate);
            if four(window, place + usize::from(offset)) & mask == wanted {
                let length = common(window, place, at, most);
                let distance = at - place;
                if length > best.length && (length > SHORTEST || distance <= SHORTEST_REACH) {
                    best = Match { length, distance };
                    if length >= nice {
                        break;
                    }
                    offset = (length - 3) as u8;
                    mask = u32::MAX;
                    wanted = four(window, at + usize::from(offset));
                }
            }
            candidate = self.before[place];
            if candidate < oldest {
                break;
            }
        }
        if best.distance == 0 { Self::NONE } else { best }
    }

    /// Moves the newer half of the window to its start, and the chains with it.
    pub(super) fn move_window(&mut self) {
        self.window.copy_within(WINDOW_START + REACH..WINDOW_END, WINDOW_START);
        self.last.iter_mut().for_each(|position| *position = position.saturating_sub(REACH as u16));
        let (older, newer) = self.before.split_at_mut(REACH);
        for (older, newer) in older.iter_mut().zip(newer) {
            *older = newer.saturating_sub(REACH as u16);
        }
    }
}

/// How many of the first `most` bytes at two positions agree.
#[inline]
fn common(window: &Window, a: usize, b: usize, most: usize) -> usize {
    let mut length = 0;
    while length < most {
        let differing = eight(window, a + length) ^ eight(window, b + length);
        if differing != 0 {
            return most.min(length + (differing.trailing_zeros() / 8) as usize);
        }
        length += 8;
    }
    most
}

#[inline]
fn hash<const SHORTEST: usize>(four: u32) -> usize {
    if SHORTEST == 3 {
        // A sum of shifted bytes, of which only the low bits count.
        let byte = |place: u32| four >> (8 * place) & 0xff;
        return (((byte(0) << 12) + (byte(1) << 6) + byte(2)) & ((1 << HASH_BITS) - 1)) as usize;
    }
    (four.swap_bytes().wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS)) as usize
}

#[inline]
fn four(window: &Window, at: usize) -> u32 {
    window[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline]
fn eight(window: &Window, at: usize) -> u64 {
    window[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Zeros on the heap, which were never on the stack.
fn zeros<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    let zeros = vec![T::default(); N].into_boxed_slice();
    zeros.try_into().ok().expect("the slice was made as long as the array")
}
