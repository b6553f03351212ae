//! Level 3 until 1.14.2: two earlier places are remembered per four-byte hash, each with the bytes it had.
//!
//! Behaviour followed: klauspost/compress 1.9.0 to 1.14.2. The bytes are kept because they decide even for a place that
//! has long left the history. Before 1.10.2, told by the size of the table, the longest distance was allowed, and a match
//! in the last place with the same hash was taken again right behind another one.

use super::history::{REACH, hash4_snappy, table};
use super::scan::{Match, Scan};
use super::{EARLIER_SLOTS, Matcher};

/// Searches may start this close to the end.
const MARGIN: usize = 7;
/// Distances stay up to this since 1.10.2, and in most comparisons below it.
const NEARER: usize = REACH - 4;

/// A place and the four bytes there.
#[derive(Clone, Copy, Default)]
struct Noted {
    position: u32,
    bytes: u32,
}

#[derive(Clone, Copy, Default)]
struct Pair {
    last: Noted,
    before: Noted,
}

pub(super) struct ThreeEarlier<const SLOTS: usize> {
    table: Box<[Pair; SLOTS]>,
}

impl<const SLOTS: usize> ThreeEarlier<SLOTS> {
    const FARTHER: bool = SLOTS == EARLIER_SLOTS;

    pub(super) fn new() -> Self {
        Self { table: table() }
    }

    /// Notes a place and says what was noted for its bytes before.
    #[inline(always)]
    fn note(&mut self, scan: &Scan<'_>, at: usize) -> Pair {
        let bytes = scan.four(at);
        let slot = &mut self.table[hash4_snappy::<SLOTS>(bytes)];
        let earlier = *slot;
        *slot = Pair { last: Noted { position: scan.position(at), bytes: bytes as u32 }, before: earlier.last };
        earlier
    }

    /// The place to take, of the two noted for the bytes at `at`.
    #[inline(always)]
    fn best(scan: &Scan<'_>, at: usize, earlier: Pair) -> Option<usize> {
        let word = scan.four(at) as u32;
        let near = |noted: Noted, reach| scan.near(reach, at, noted.position);
        let same = |noted: Noted| noted.bytes == word;
        let farthest = if Self::FARTHER { REACH + 1 } else { NEARER + 1 };
        if !Self::FARTHER {
            near(earlier.last, farthest)?;
        }
        if same(earlier.last) {
            let last = near(earlier.last, farthest)?;
            let before = near(earlier.before, farthest).filter(|_| same(earlier.before));
            return before.filter(|&before| scan.whole(at, before, 4) > scan.whole(at, last, 4)).or(Some(last));
        }
        near(earlier.before, if Self::FARTHER { farthest } else { NEARER }).filter(|_| same(earlier.before))
    }

    /// The place to take right behind a match.
    #[inline(always)]
    fn again(scan: &Scan<'_>, at: usize, earlier: Pair) -> Option<usize> {
        let word = scan.four(at) as u32;
        let reach = if Self::FARTHER { REACH + 1 } else { NEARER };
        let near = |noted: Noted| scan.near(reach, at, noted.position);
        if earlier.last.bytes == word {
            // Since 1.10.2 it is forgotten: only the one before serves, and only where the last has other bytes.
            return near(earlier.last).filter(|_| Self::FARTHER);
        }
        if !Self::FARTHER {
            near(earlier.last)?;
        }
        near(earlier.before).filter(|_| earlier.before.bytes == word)
    }
}

impl<const SLOTS: usize> Matcher for ThreeEarlier<SLOTS> {
    fn search(&mut self, mut scan: Scan<'_>) {
        scan.limit = scan.bytes.len() - MARGIN;
        let mut next = scan.unsent;
        loop {
            let mut at;
            let mut from = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> 6);
                if next > scan.limit {
                    return scan.rest();
                }
                let earlier = self.note(&scan, at);
                if let Some(from) = Self::best(&scan, at, earlier) {
                    break from;
                }
            };
            loop {
                let length = scan.whole(at, from, 4);
                let taken = scan.take(Match { at, from, length });
                at = scan.unsent;
                if next >= at {
                    at = next + 1;
                }
                if at >= scan.limit {
                    let behind = taken.from + taken.length;
                    if behind + 4 < scan.bytes.len() {
                        self.note(&scan, behind);
                    }
                    return scan.rest();
                }
                for inside in at - 3..at {
                    self.note(&scan, inside);
                }
                let earlier = self.note(&scan, at);
                match Self::again(&scan, at, earlier) {
                    Some(found) => from = found,
                    None => break,
                }
            }
            next = at + 1;
        }
    }

    fn lower(&mut self, excess: u32) {
        for pair in &mut self.table[..] {
            for noted in [&mut pair.last, &mut pair.before] {
                noted.position = noted.position.saturating_sub(excess);
            }
        }
    }
}
