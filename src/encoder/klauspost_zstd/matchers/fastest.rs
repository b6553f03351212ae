//! SpeedFastest: one table of the last place with the same six bytes, and every other place is looked up.
//!
//! Behaviour followed: klauspost/compress `zstd` 1.15 to 1.19, which searches a block that stays alone in its frame a
//! little differently.

use super::history::{History, Match, Scan, hash6, lower, table};
use crate::encoder::klauspost_zstd::blocks::Found;
use crate::encoder::klauspost_zstd::releases::Release;

const BITS: u32 = 15;
const MARGIN: usize = 8;
const SHORTEST_SEARCHED: usize = 10;
pub(super) struct Fastest {
    pub(super) history: History,
    release: Release,
    table: Box<[u32; 1 << BITS]>,
}

impl Fastest {
    pub(super) fn new(window: usize, release: Release) -> Self {
        Self { history: History::new(window), release, table: table() }
    }

    pub(super) fn search(&mut self, block: &[u8], alone: bool, found: &mut Found) {
        if let Some(excess) = self.history.renumber() {
            lower(&mut self.table[..], excess);
        }
        let start = self.history.append(block);
        if block.len() < SHORTEST_SEARCHED {
            return found.literals.extend_from_slice(block);
        }
        let mut scan = self.history.scan(start, MARGIN, found);
        search(self.release, &mut self.table, &mut scan, start, alone);
        scan.rest();
    }
}

fn search(release: Release, table: &mut [u32; 1 << BITS], scan: &mut Scan<'_>, start: usize, alone: bool) {
    let (patience_alone, patience) = release.fastest_patience();
    let patience = if alone { patience_alone } else { patience };
    let eights = release.fastest_compares_eights();
    let mut at = start;
    // The distance of the last match; before there are three it is not asked for.
    let mut last = 1;
    while at < scan.limit {
        let repeats = scan.repeats();
        let word = scan.eight(at);
        let (here, next) = (hash6::<BITS>(word), hash6::<BITS>(word >> 8));
        let (candidate, candidate_next) = (table[here], table[next]);
        table[here] = scan.position(at);
        table[next] = scan.position(at + 1);

        let repeated = (at + 2).checked_sub(last).filter(|_| repeats);
        if let Some(from) = repeated.filter(|&from| scan.four(from) == (word >> 16) as u32) {
            let length = 4 + common(scan, at + 6, from + 4, eights);
            // One literal stays before it, so that it is the last distance that repeats.
            let taken = scan.widened(Match { at: at + 2, from, length }, at, 1);
            scan.take(taken.at, taken.length, 1);
            at += 2 + length;
            continue;
        }
        let (place, from) = if let Some(from) = scan.candidate(at, candidate, word) {
            (at, from)
        } else if let Some(from) = scan.candidate(at + 1, candidate_next, word >> 8) {
            (at + 1, from)
        } else {
            at += 2 + ((at - scan.unsent) >> patience);
            continue;
        };
        let before = std::mem::replace(&mut last, place - from);
        let length = 4 + common(scan, place + 4, from + 4, eights);
        let taken = scan.widened(Match { at: place, from, length }, place, 0);
        scan.take_new(taken);
        at = place + length;

        // Does the distance before the last go on? A lone block may ask already behind its third match.
        if at >= scan.limit || !(if alone { scan.repeats() } else { repeats }) {
            continue;
        }
        let word = scan.eight(at);
        if let Some(from) = at.checked_sub(before).filter(|&from| scan.four(from) == word as u32) {
            let length = 4 + common(scan, at + 4, from + 4, eights);
            table[hash6::<BITS>(word)] = scan.position(at);
            scan.take(at, length, 1);
            at += length;
            last = before;
        }
    }
}

/// How many bytes from `at` are those from `from`; in `eights`, none of the fewer than eight that remain at the end.
#[inline(always)]
fn common(scan: &Scan<'_>, at: usize, from: usize, eights: bool) -> usize {
    let length = scan.common(at, from);
    if eights { length.min((scan.bytes.len() - at) & !7) } else { length }
}
