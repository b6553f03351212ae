//! Level 4: a table of four-byte hashes and one of seven-byte hashes; a match found by the first may yield to one that
//! the second knows one place on.
//!
//! Behaviour followed: klauspost/compress since 1.15.0; the one difference between releases is [`NextLongMatch`].

use super::super::releases::NextLongMatch;
use super::super::tokens::Tokens;
use super::Matcher;
use super::history::{History, SHORTEST_SEARCHED, common, hash4, hash7, lower, table};
use super::scan::{Match, Scan};

const BITS: u32 = 15;

pub(super) struct Four {
    history: History,
    short: Box<[u32; 1 << BITS]>,
    long: Box<[u32; 1 << BITS]>,
    next_long_match: NextLongMatch,
}

impl Four {
    pub(super) fn new(next_long_match: NextLongMatch) -> Self {
        Self { history: History::new(), short: table(), long: table(), next_long_match }
    }
}

impl Matcher for Four {
    fn search(&mut self, block: &[u8], tokens: &mut Tokens) {
        if let Some(excess) = self.history.renumber() {
            lower(&mut self.short[..], excess);
            lower(&mut self.long[..], excess);
        }
        let start = self.history.append(block);
        if block.len() < SHORTEST_SEARCHED {
            return;
        }
        let (short, long) = (&mut *self.short, &mut *self.long);
        let mut scan = Scan::new(&self.history, start, tokens);
        let end = scan.bytes.len();
        let mut next = start;
        let mut word = scan.eight(next);
        loop {
            let mut at;
            let from = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> 6);
                if next > scan.limit {
                    return scan.rest();
                }
                let short_slot = &mut short[hash4::<BITS>(word)];
                let long_slot = &mut long[hash7::<BITS>(word)];
                let (short_earlier, long_earlier) = (*short_slot, *long_slot);
                let ahead = scan.eight(next);
                (*short_slot, *long_slot) = (scan.position(at), scan.position(at));
                if let Some(from) = scan.candidate(at, long_earlier, word) {
                    break from;
                }
                if let Some(from) = scan.candidate(at, short_earlier, word) {
                    if let Some(other) = scan.candidate(next, long[hash7::<BITS>(ahead)], ahead) {
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
                    short[hash4::<BITS>(word)] = scan.position(at);
                    long[hash7::<BITS>(word)] = scan.position(at);
                }
                return scan.rest();
            }
            for inside in (next..at - 1).step_by(3) {
                let around = scan.eight(inside);
                long[hash7::<BITS>(around)] = scan.position(inside);
                long[hash7::<BITS>(around >> 8)] = scan.position(inside + 1);
                short[hash4::<BITS>(around >> 8)] = scan.position(inside + 1);
            }
            let around = scan.eight(at - 1);
            short[hash4::<BITS>(around)] = scan.position(at - 1);
            long[hash7::<BITS>(around)] = scan.position(at - 1);
            word = around >> 8;
            next = at;
        }
    }

    fn forget(&mut self) {
        self.history.forget();
    }
}
