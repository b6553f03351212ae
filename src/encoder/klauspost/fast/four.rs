//! Level 4: a table of four-byte hashes and one of seven-byte hashes; a match found by the first may yield to one that
//! the second knows one place on.
//!
//! Behaviour followed: klauspost/compress since 1.9.0; releases differ in [`NextLongMatch`], and
//! before 1.10.2 tables are twice as large.

use super::super::rules::NextLongMatch;
use super::Matcher;
use super::history::{common, hash4, hash7, lower, table};
use super::scan::{Match, Scan};

pub(super) struct Four<const SLOTS: usize> {
    short: Box<[u32; SLOTS]>,
    long: Box<[u32; SLOTS]>,
    next_long_match: NextLongMatch,
}

impl<const SLOTS: usize> Four<SLOTS> {
    pub(super) fn new(next_long_match: NextLongMatch) -> Self {
        Self { short: table(), long: table(), next_long_match }
    }
}

impl<const SLOTS: usize> Matcher for Four<SLOTS> {
    fn search(&mut self, mut scan: Scan<'_>) {
        let (short, long) = (&mut *self.short, &mut *self.long);
        let end = scan.bytes.len();
        let mut next = scan.unsent;
        let mut word = scan.eight(next);
        loop {
            let mut at;
            let from = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> 6);
                if next > scan.limit {
                    return scan.rest();
                }
                let short_slot = &mut short[hash4::<SLOTS>(word)];
                let long_slot = &mut long[hash7::<SLOTS>(word)];
                let (short_earlier, long_earlier) = (*short_slot, *long_slot);
                let ahead = scan.eight(next);
                (*short_slot, *long_slot) = (scan.position(at), scan.position(at));
                if let Some(from) = scan.candidate(at, long_earlier, word) {
                    break from;
                }
                if let Some(from) = scan.candidate(at, short_earlier, word) {
                    if let Some(other) = scan.candidate(next, long[hash7::<SLOTS>(ahead)], ahead) {
                        let compared = match self.next_long_match {
                            NextLongMatch::AtItsPlace => other,
                            NextLongMatch::AtItsDistance => next - other,
                        };
                        if common(scan.bytes, next + 4, compared + 4, end) > common(scan.bytes, at + 4, from + 4, end) {
                            at = next;
                            break other;
                        }
                    }
                    break from;
                }
                word = ahead;
            };
            let length = scan.whole(at, from, 4);
            scan.take(Match { at, from, length });
            at = scan.unsent;
            if next >= at {
                at = next + 1;
            }
            if at >= scan.limit {
                if at + 8 < end {
                    let word = scan.eight(at);
                    short[hash4::<SLOTS>(word)] = scan.position(at);
                    long[hash7::<SLOTS>(word)] = scan.position(at);
                }
                return scan.rest();
            }
            for inside in (next..at - 1).step_by(3) {
                let around = scan.eight(inside);
                long[hash7::<SLOTS>(around)] = scan.position(inside);
                long[hash7::<SLOTS>(around >> 8)] = scan.position(inside + 1);
                short[hash4::<SLOTS>(around >> 8)] = scan.position(inside + 1);
            }
            let around = scan.eight(at - 1);
            short[hash4::<SLOTS>(around)] = scan.position(at - 1);
            long[hash7::<SLOTS>(around)] = scan.position(at - 1);
            word = around >> 8;
            next = at;
        }
    }

    fn lower(&mut self, excess: u32) {
        lower(&mut self.short[..], excess);
        lower(&mut self.long[..], excess);
    }
}
