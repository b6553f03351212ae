//! Level 6: as level 5, but the last distance is tried again one place on, matches of any length are looked at from
//! their end, and more places inside matches are noted.
//!
//! Behaviour followed: klauspost/compress since 1.9.0; releases differ in `SKIPPED`, and before 1.10.2
//! tables are twice as large.

use super::history::{Noted, REACH, Recent, common_after_four, hash4, hash7, lower, lower_recent, table};
use super::scan::{Match, Scan};
use super::{Matcher, NO_LOOK};

const LONGEST_COMPARED: usize = 258;

/// A match found by its end may differ in `SKIPPED` first bytes; with [`NO_LOOK`] it is not looked at.
pub(super) struct Six<const SKIPPED: usize, const SLOTS: usize> {
    short: Box<[u32; SLOTS]>,
    long: Box<[Recent; SLOTS]>,
}

impl<const SKIPPED: usize, const SLOTS: usize> Six<SKIPPED, SLOTS> {
    pub(super) fn new() -> Self {
        Self { short: table(), long: table() }
    }
}

impl<const SKIPPED: usize, const SLOTS: usize> Matcher for Six<SKIPPED, SLOTS> {
    fn search(&mut self, mut scan: Scan<'_>) {
        let (short, long) = (&mut *self.short, &mut *self.long);
        let bytes = scan.bytes;
        let mut next = scan.unsent;
        let mut word = scan.eight(next);
        let mut last_distance = 1;
        loop {
            let mut at;
            // The length is none while it is not yet known.
            let (from, length) = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> 7);
                if next > scan.limit {
                    return scan.rest();
                }
                let position = scan.position(at);
                let short_slot = &mut short[hash4::<SLOTS>(word)];
                let short_earlier = std::mem::replace(short_slot, position);
                let long_slot = &mut long[hash7::<SLOTS>(word)];
                let earlier = *long_slot;
                long_slot.note(position);
                let ahead = scan.eight(next);

                if let Some(last) = scan.near(REACH, at, earlier.last()) {
                    let agrees = scan.agrees(last, word);
                    let before = scan.candidate(at, earlier.before(), word);
                    if agrees || before.is_some() {
                        short[hash4::<SLOTS>(ahead)] = scan.position(next);
                        long[hash7::<SLOTS>(ahead)].note(scan.position(next));
                        break match before {
                            Some(before) if agrees => {
                                let length = common_after_four(bytes, at, last);
                                let other = common_after_four(bytes, at, before);
                                if other > length { (before, Some(other)) } else { (last, Some(length)) }
                            }
                            Some(before) => (before, None),
                            None => (last, None),
                        };
                    }
                }
                if let Some(mut from) = scan.candidate(at, short_earlier, word) {
                    let mut length = common_after_four(bytes, at, from);
                    short[hash4::<SLOTS>(ahead)] = scan.position(next);
                    let long_slot = &mut long[hash7::<SLOTS>(ahead)];
                    let following = *long_slot;
                    long_slot.note(scan.position(next));

                    let repeated = at + 1 - last_distance;
                    if scan.agrees(repeated, word >> 8) {
                        let other = common_after_four(bytes, at + 1, repeated);
                        if other > length {
                            at += 1;
                            break (repeated, Some(other));
                        }
                    }
                    if let Some(last) = scan.near(REACH, next, following.last()) {
                        let last = Some(last).filter(|&last| scan.agrees(last, ahead));
                        let before = scan.candidate(next, following.before(), ahead);
                        for place in [last, before].into_iter().flatten() {
                            let other = common_after_four(bytes, next, place);
                            if other > length {
                                (at, from, length) = (next, place, other);
                            }
                        }
                    }
                    break (from, Some(length));
                }
                word = ahead;
            };
            let length = match length {
                None => scan.whole(at, from, 4),
                Some(LONGEST_COMPARED) => scan.whole(at, from, LONGEST_COMPARED),
                Some(length) => length,
            };
            let found = better_by_its_end::<SKIPPED, SLOTS>(&scan, long, Match { at, from, length });

            let taken = scan.take(found);
            last_distance = taken.at - taken.from;
            at = scan.unsent;
            if next >= at {
                at = next + 1;
            }
            if at >= scan.limit {
                for behind in (next + 1..bytes.len() - 8).step_by(2) {
                    let word = scan.eight(behind);
                    short[hash4::<SLOTS>(word)] = scan.position(behind);
                    long[hash7::<SLOTS>(word)].note(scan.position(behind));
                }
                return scan.rest();
            }
            for inside in (next + 1..at - 1).step_by(2) {
                let around = scan.eight(inside);
                let position = scan.position(inside);
                short[hash4::<SLOTS>(around)] = position;
                long[hash7::<SLOTS>(around)].note(position);
                long[hash7::<SLOTS>(around >> 8)].note(position + 1);
            }
            word = scan.eight(at);
            next = at;
        }
    }

    fn lower(&mut self, excess: u32) {
        lower(&mut self.short[..], excess);
        lower_recent(&mut self.long[..], excess);
    }
}

/// A longer match than `found` that goes on where it ends, if one of the two places noted for its end has one.
#[inline(always)]
fn better_by_its_end<const SKIPPED: usize, const SLOTS: usize>(
    scan: &Scan,
    long: &[Recent; SLOTS],
    found: Match,
) -> Match {
    let end = found.at + found.length;
    if SKIPPED == NO_LOOK || end >= scan.limit {
        return found;
    }
    let mut best = found;
    let at = found.at + SKIPPED;
    let noted = long[hash7::<SLOTS>(scan.eight(end))];
    for (position, is_last) in [(noted.last(), true), (noted.before(), false)] {
        // The second place is reckoned with the length that the first may have brought.
        let from = scan.place(position) - best.length as isize + SKIPPED as isize;
        let distance = at as isize - from;
        if distance >= REACH as isize {
            if is_last {
                break;
            }
            continue;
        }
        if distance > 0 && from >= 0 {
            let length = scan.whole(at, from as usize, 0);
            if length > best.length {
                best = Match { at, from: from as usize, length };
            }
        }
    }
    best
}
