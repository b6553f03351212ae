//! Levels 1 and 2: one table of five-byte hashes, every other place looked up, more of them skipped the longer nothing
//! matches. At level 2 the table is four times as large, and places inside matches are noted too.
//!
//! Behaviour followed: klauspost/compress since 1.9.0; before 1.15.11 four bytes are hashed, and before
//! 1.10.2 the table is twice as large.

use super::Matcher;
use super::history::{REACH, hash4, hash4_snappy, hash5, lower, table};
use super::scan::{Match, Scan};

pub(super) struct Single<const LEVEL: u8, const FIVE: bool, const SLOTS: usize> {
    table: Box<[u32; SLOTS]>,
}

#[inline(always)]
fn hash<const LEVEL: u8, const FIVE: bool, const SLOTS: usize>(word: u64) -> usize {
    match (FIVE, LEVEL) {
        (true, _) => hash5::<SLOTS>(word),
        (false, 1) => hash4_snappy::<SLOTS>(word),
        (false, _) => hash4::<SLOTS>(word),
    }
}

impl<const LEVEL: u8, const FIVE: bool, const SLOTS: usize> Single<LEVEL, FIVE, SLOTS> {
    pub(super) fn new() -> Self {
        Self { table: table() }
    }
}

impl<const LEVEL: u8, const FIVE: bool, const SLOTS: usize> Matcher for Single<LEVEL, FIVE, SLOTS> {
    fn search(&mut self, mut scan: Scan<'_>) {
        let table = &mut *self.table;
        let mut at = scan.unsent;
        let mut word = scan.eight(at);
        'block: loop {
            let mut next;
            let mut from;
            loop {
                let slot = &mut table[hash::<LEVEL, FIVE, SLOTS>(word)];
                let earlier = *slot;
                next = at + 2 + ((at - scan.unsent) >> 5);
                if next > scan.limit {
                    break 'block;
                }
                *slot = scan.position(at);
                let ahead = scan.eight(next);
                let slot = &mut table[hash::<LEVEL, FIVE, SLOTS>(ahead)];
                if let Some(found) = scan.candidate(at, earlier, word) {
                    *slot = scan.position(next);
                    from = found;
                    break;
                }
                // The place just read ahead is looked up as well, and its neighbour read.
                word = ahead;
                at = next;
                next += 1;
                let earlier = *slot;
                *slot = scan.position(at);
                if let Some(found) = scan.candidate(at, earlier, word) {
                    if LEVEL == 1 {
                        // The neighbour is noted under this place's hash: an oddity that shows in the output.
                        *slot = scan.position(next);
                    }
                    from = found;
                    break;
                }
                word = ahead >> 8;
                at = next;
            }
            loop {
                let length = scan.whole(at, from, 4);
                let length = scan.take(Match { at, from, length }).length;
                at = scan.unsent;
                if next >= at {
                    at = next + 1;
                }
                if at >= scan.limit {
                    if at + length + if FIVE { 8 } else { 4 } < scan.bytes.len() {
                        let word = if FIVE { scan.eight(at) } else { scan.four(at) };
                        table[hash::<LEVEL, FIVE, SLOTS>(word)] = scan.position(at);
                    }
                    break 'block;
                }
                if LEVEL == 2 {
                    for inside in (at - length + 2..at - 5).step_by(7) {
                        let around = scan.eight(inside);
                        for skipped in [0, 2, 4] {
                            table[hash::<LEVEL, FIVE, SLOTS>(around >> (8 * skipped))] =
                                scan.position(inside + skipped);
                        }
                    }
                }
                let around = scan.eight(at - 2);
                table[hash::<LEVEL, FIVE, SLOTS>(around)] = scan.position(at - 2);
                if LEVEL == 2 {
                    table[hash::<LEVEL, FIVE, SLOTS>(around >> 8)] = scan.position(at - 1);
                }
                let slot = &mut table[hash::<LEVEL, FIVE, SLOTS>(around >> 16)];
                let earlier = *slot;
                *slot = scan.position(at);
                // Here, and only here, the longest distance is allowed.
                match scan.candidate_within(REACH + 1, at, earlier, around >> 16) {
                    Some(found) => from = found,
                    None => {
                        word = around >> 24;
                        at += 1;
                        break;
                    }
                }
            }
        }
        scan.rest();
    }

    fn lower(&mut self, excess: u32) {
        lower(&mut self.table[..], excess);
    }
}
