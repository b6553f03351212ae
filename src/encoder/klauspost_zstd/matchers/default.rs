//! SpeedDefault: a table of the last place with the same five bytes, and one of the last with the same eight.
//!
//! Behaviour followed: klauspost/compress `zstd` 1.15 to 1.19, which searches a block that stays alone in its frame a
//! little differently, and there files some places under the hash of another.

use super::history::{History, Match, Scan, hash5, hash8, lower, table};
use crate::encoder::klauspost_zstd::blocks::Found;

const LONG_BITS: u32 = 17;
const SHORT_BITS: u32 = 15;
const MARGIN: usize = 10;
const SHORTEST_SEARCHED: usize = 16;
/// The step grows by one for every 2^7 bytes without a match.
const PATIENCE: u32 = 7;

pub(super) struct Default {
    pub(super) history: History,
    tables: Tables,
}

struct Tables {
    long: Box<[u32; 1 << LONG_BITS]>,
    short: Box<[u32; 1 << SHORT_BITS]>,
}

impl Default {
    pub(super) fn new(window: usize) -> Self {
        Self { history: History::new(window), tables: Tables { long: table(), short: table() } }
    }

    pub(super) fn search(&mut self, block: &[u8], alone: bool, found: &mut Found) {
        if let Some(excess) = self.history.renumber() {
            lower(&mut self.tables.long[..], excess);
            lower(&mut self.tables.short[..], excess);
        }
        let start = self.history.append(block);
        if block.len() < SHORTEST_SEARCHED {
            return found.literals.extend_from_slice(block);
        }
        let mut scan = self.history.scan(start, MARGIN, found);
        search(&mut self.tables, &mut scan, start, alone);
        scan.rest();
    }
}

fn search(tables: &mut Tables, scan: &mut Scan<'_>, start: usize, alone: bool) {
    let Tables { long, short } = tables;
    let mut at = start;
    // The distance of the last match; before there are three it is not asked for.
    let mut last = 1;
    while at < scan.limit {
        let repeats = scan.repeats();
        let word = scan.eight(at);
        let (long_hash, short_hash) = (hash8::<LONG_BITS>(word), hash5::<SHORT_BITS>(word));
        let (long_candidate, short_candidate) = (long[long_hash], short[short_hash]);
        long[long_hash] = scan.position(at);
        short[short_hash] = scan.position(at);

        let repeated = (at + 1).checked_sub(last).filter(|_| repeats);
        if let Some(from) = repeated.filter(|&from| scan.four(from) == (word >> 8) as u32) {
            let length = 4 + scan.common(at + 5, from + 4);
            // One literal stays before it, so that it is the last distance that repeats.
            let taken = scan.widened(Match { at: at + 1, from, length }, at, 1);
            scan.take(taken.at, taken.length, 1);
            at += 1 + length;
            continue;
        }
        let (place, from) = if let Some(from) = scan.candidate(at, long_candidate, word) {
            (at, from)
        } else if let Some(from) = scan.candidate(at, short_candidate, word) {
            // Perhaps the next place has a long one.
            let word = scan.eight(at + 1);
            let hash = hash8::<LONG_BITS>(word);
            let candidate = std::mem::replace(&mut long[hash], scan.position(at + 1));
            match scan.candidate(at + 1, candidate, word) {
                Some(from) => (at + 1, from),
                None => (at, from),
            }
        } else {
            at += 1 + ((at - scan.unsent) >> PATIENCE);
            continue;
        };
        let mut before = std::mem::replace(&mut last, place - from);
        let length = 4 + scan.common(place + 4, from + 4);
        let taken = scan.widened(Match { at: place, from, length }, place, 0);
        scan.take_new(taken);
        at = place + length;
        if at >= scan.limit {
            return;
        }
        // The second place of the match, and the last but one: long there, short one further.
        let (early, late) = (taken.at + 1, at - 2);
        let (early_word, late_word) = (scan.eight(early), scan.eight(late));
        long[hash8::<LONG_BITS>(early_word)] = scan.position(early);
        long[hash8::<LONG_BITS>(late_word)] = scan.position(late);
        short[hash5::<SHORT_BITS>(early_word >> 8)] = scan.position(early + 1);
        short[hash5::<SHORT_BITS>(late_word >> 8)] = scan.position(late + 1);

        // Does the distance before the last go on? A lone block may ask already behind its third match.
        if !(if alone { scan.repeats() } else { repeats }) {
            continue;
        }
        while at < scan.limit {
            let word = scan.eight(at);
            let Some(from) = at.checked_sub(before).filter(|&from| scan.four(from) == word as u32) else {
                break;
            };
            let length = 4 + scan.common(at + 4, from + 4);
            long[hash8::<LONG_BITS>(word)] = scan.position(at);
            // A lone block files every repetition under the hash of the first.
            short[hash5::<SHORT_BITS>(if alone { late_word >> 16 } else { word })] = scan.position(at);
            scan.take(at, length, 1);
            at += length;
            (last, before) = (before, last);
        }
    }
}
