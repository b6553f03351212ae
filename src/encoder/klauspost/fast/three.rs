//! Level 3: two earlier places are remembered per five-byte hash, and the longer match of both is taken.
//!
//! Behaviour followed: klauspost/compress since 1.14.3; before 1.15.11 four bytes are hashed.

use super::Matcher;
use super::history::{MARGIN, Noted, REACH, Recent, hash4, hash5, lower_recent, table};
use super::scan::{Match, Scan};

const SLOTS: usize = 1 << 16;
/// Distances stay below this, and in one of the comparisons one lower still.
const NEARER: usize = REACH - 3;

pub(super) struct Three<const FIVE: bool> {
    table: Box<[Recent; SLOTS]>,
}

#[inline(always)]
fn hash<const FIVE: bool>(word: u64) -> usize {
    if FIVE { hash5::<SLOTS>(word) } else { hash4::<SLOTS>(word) }
}

/// As many bytes as may be read so near to the end.
#[inline(always)]
fn read<const FIVE: bool>(scan: &Scan, at: usize) -> u64 {
    if FIVE { scan.eight(at) } else { scan.four(at) }
}

impl<const FIVE: bool> Three<FIVE> {
    pub(super) fn new() -> Self {
        Self { table: table() }
    }
}

impl<const FIVE: bool> Matcher for Three<FIVE> {
    fn search(&mut self, mut scan: Scan<'_>) {
        let table = &mut *self.table;
        scan.limit = scan.bytes.len() - if FIVE { MARGIN } else { 7 };
        let mut at = scan.unsent;
        let mut next = scan.unsent;
        let mut word = read::<FIVE>(&scan, at);
        'block: loop {
            let mut from = loop {
                at = next;
                next = at + 1 + ((at - scan.unsent) >> if FIVE { 7 } else { 6 });
                if next > scan.limit {
                    break 'block;
                }
                let slot = &mut table[hash::<FIVE>(word)];
                let earlier = *slot;
                slot.note(scan.position(at));
                if scan.near(NEARER, at, earlier.last()).is_some() {
                    if let Some(last) = scan.candidate_within(NEARER, at, earlier.last(), word) {
                        let before = scan.candidate_within(NEARER, at, earlier.before(), word);
                        break before
                            .filter(|&before| scan.whole(at, before, 4) > scan.whole(at, last, 4))
                            .unwrap_or(last);
                    }
                    if let Some(before) = scan.candidate_within(NEARER - 1, at, earlier.before(), word) {
                        break before;
                    }
                }
                word = read::<FIVE>(&scan, next);
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
                    if behind + if FIVE { 8 } else { 4 } < scan.bytes.len() {
                        table[hash::<FIVE>(read::<FIVE>(&scan, behind))].note(scan.position(behind));
                    }
                    break 'block;
                }
                for inside in (at - taken.length + 2..at - 5).step_by(if FIVE { 6 } else { 5 }) {
                    table[hash::<FIVE>(read::<FIVE>(&scan, inside))].note(scan.position(inside));
                }
                let around = scan.eight(at - 2);
                table[hash::<FIVE>(around)].note(scan.position(at - 2));
                table[hash::<FIVE>(around >> 8)].note(scan.position(at - 1));
                let slot = &mut table[hash::<FIVE>(around >> 16)];
                let earlier = *slot;
                slot.note(scan.position(at));
                let again = scan.near(NEARER - 1, at, earlier.last()).and_then(|_| {
                    scan.candidate_within(NEARER - 1, at, earlier.last(), around >> 16)
                        .or_else(|| scan.candidate_within(NEARER - 1, at, earlier.before(), around >> 16))
                });
                match again {
                    Some(found) => from = found,
                    None => {
                        word = around >> 24;
                        next = at + 1;
                        break;
                    }
                }
            }
        }
        scan.rest();
    }

    fn lower(&mut self, excess: u32) {
        lower_recent(&mut self.table[..], excess);
    }
}
