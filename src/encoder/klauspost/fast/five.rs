//! Level 5, klauspost's and so podman's default: short and long hashes, two earlier places per long one, and a look at
//! whether the end of a short match belongs to a longer one.
//!
//! Behaviour followed: klauspost/compress since 1.9.0; releases differ in `SKIPPED`, and before 1.10.2
//! tables are twice as large.

use super::history::{Noted, REACH, Recent, common_after_four, hash4, hash7, lower, lower_recent, table};
use super::scan::{Match, Scan};
use super::{Matcher, NO_LOOK};

/// Longer matches are good enough not to look at their end.
const LOOK_AT_END_BELOW: usize = 30;
const LONGEST_COMPARED: usize = 258;

/// A match found by its end may differ in `SKIPPED` first bytes; with [`NO_LOOK`] it is not looked at.
pub(super) struct Five<const SKIPPED: usize, const SLOTS: usize> {
    short: Box<[u32; SLOTS]>,
    long: Box<[Recent; SLOTS]>,
}

impl<const SKIPPED: usize, const SLOTS: usize> Five<SKIPPED, SLOTS> {
    pub(super) fn new() -> Self {
        Self { short: table(), long: table() }
    }
}

impl<const SKIPPED: usize, const SLOTS: usize> Matcher for Five<SKIPPED, SLOTS> {
    fn search(&mut self, mut scan: Scan<'_>) {
        let (short, long) = (&mut *self.short, &mut *self.long);
        let bytes = scan.bytes;
        let mut next = scan.unsent;
        let mut word = scan.eight(next);
        loop {
            let mut at;
            // The length is none while it is not yet known.
            let (mut from, length) = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> 6);
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
                if let Some(from) = scan.candidate(at, short_earlier, word) {
                    let length = common_after_four(bytes, at, from);
                    short[hash4::<SLOTS>(ahead)] = scan.position(next);
                    let long_slot = &mut long[hash7::<SLOTS>(ahead)];
                    let following = *long_slot;
                    long_slot.note(scan.position(next));
                    let mut better = None;
                    if let Some(last) = scan.near(REACH, next, following.last()) {
                        let longer = |place: &usize| common_after_four(bytes, next, *place) > length;
                        better = Some(last)
                            .filter(|&last| scan.agrees(last, ahead))
                            .filter(longer)
                            .or_else(|| scan.candidate(next, following.before(), ahead).filter(longer));
                    }
                    break match better {
                        Some(place) => {
                            at = next;
                            (place, Some(common_after_four(bytes, next, place)))
                        }
                        None => (from, Some(length)),
                    };
                }
                word = ahead;
            };
            let mut length = match length {
                None => scan.whole(at, from, 4),
                Some(LONGEST_COMPARED) => scan.whole(at, from, LONGEST_COMPARED),
                Some(length) => length,
            };

            let end = at + length;
            if SKIPPED != NO_LOOK && length < LOOK_AT_END_BELOW && end < scan.limit {
                let last = long[hash7::<SLOTS>(scan.eight(end))].last();
                let other = scan.place(last) - length as isize + SKIPPED as isize;
                let later = at + SKIPPED;
                let distance = later as isize - other;
                if other >= 0 && distance > 0 && distance < REACH as isize {
                    let longer = scan.whole(later, other as usize, 0);
                    if longer > length {
                        (at, from, length) = (later, other as usize, longer);
                    }
                }
            }

            let length = scan.take(Match { at, from, length }).length;
            at = scan.unsent;
            if next >= at {
                at = next + 1;
            }
            if at >= scan.limit {
                return scan.rest();
            }

            let first = at - length + 1;
            if first < at - 1 {
                let around = scan.eight(first);
                let position = scan.position(first);
                short[hash4::<SLOTS>(around)] = position;
                long[hash7::<SLOTS>(around)].note(position);
                long[hash7::<SLOTS>(around >> 8)].note(position + 1);
                short[hash4::<SLOTS>(around >> 16)] = position + 2;
                for inside in (first + 4..at - 1).step_by(3) {
                    let around = scan.eight(inside);
                    let position = scan.position(inside);
                    long[hash7::<SLOTS>(around)].note(position);
                    short[hash4::<SLOTS>(around >> 8)] = position + 1;
                }
            }
            let around = scan.eight(at - 1);
            short[hash4::<SLOTS>(around)] = scan.position(at - 1);
            long[hash7::<SLOTS>(around)].note(scan.position(at - 1));
            word = around >> 8;
            next = at;
        }
    }

    fn lower(&mut self, excess: u32) {
        lower(&mut self.short[..], excess);
        lower_recent(&mut self.long[..], excess);
    }
}
