//! SpeedBetterCompression: the last place with the same five bytes, the last two with the same eight, and where a match
//! ends another is looked for that ends there too.
//!
//! Behaviour followed: klauspost/compress `zstd` 1.15 to 1.19, with its releases' differences.

use super::history::{History, Match, Noted, Recent, Scan, hash5, hash8, lower, lower_recent, table};
use crate::encoder::klauspost_zstd::blocks::Found;
use crate::encoder::klauspost_zstd::releases::{Filed, Release};
use crate::encoder::klauspost_zstd::sequences::{SHORTEST_MATCH, Sequence};

const LONG_BITS: u32 = 19;
const SHORT_BITS: u32 = 13;
const MARGIN: usize = 10;
const SHORTEST_SEARCHED: usize = 16;
/// The step grows by one for every 2^8 bytes without a match.
const PATIENCE: u32 = 8;

pub(super) struct Better {
    pub(super) history: History,
    release: Release,
    tables: Tables,
}

struct Tables {
    long: Box<[Recent; 1 << LONG_BITS]>,
    short: Box<[u32; 1 << SHORT_BITS]>,
}

impl Better {
    pub(super) fn new(window: usize, release: Release) -> Self {
        Self { history: History::new(window), release, tables: Tables { long: table(), short: table() } }
    }

    pub(super) fn search(&mut self, block: &[u8], found: &mut Found) {
        if let Some(excess) = self.history.renumber() {
            lower_recent(&mut self.tables.long[..], excess);
            lower(&mut self.tables.short[..], excess);
        }
        let start = self.history.append(block);
        if self.release.writes_same_blocks() && same(block, found) {
            return;
        }
        if block.len() < SHORTEST_SEARCHED {
            return found.literals.extend_from_slice(block);
        }
        let mut scan = self.history.scan(start, MARGIN, found);
        search(self.release, &mut self.tables, &mut scan, start);
        scan.rest();
    }
}

/// Whether a block is one byte again and again: then nothing is searched and nothing is filed.
pub(super) fn same(block: &[u8], found: &mut Found) -> bool {
    let is_same = block.len() > SHORTEST_MATCH && block.windows(2).all(|pair| pair[0] == pair[1]);
    if is_same {
        found.literals.extend(block.first());
        found.sequences.push(Sequence { literals: 1, length: (block.len() - 1 - SHORTEST_MATCH) as u32, offset: 4 });
    }
    is_same
}

fn search(release: Release, tables: &mut Tables, scan: &mut Scan<'_>, start: usize) {
    let mut at = start;
    // The distance of the last match; before there are three it is not asked for.
    let mut last = 1;
    while at < scan.limit {
        let repeats = scan.repeats();
        let word = scan.eight(at);
        let (long_hash, short_hash) = (hash8::<LONG_BITS>(word), hash5::<SHORT_BITS>(word));
        let (long_candidate, short_candidate) = (tables.long[long_hash], tables.short[short_hash]);
        tables.long[long_hash].note(scan.position(at));
        tables.short[short_hash] = scan.position(at);

        let repeated = (at + 1).checked_sub(last).filter(|_| repeats);
        if let Some(from) = repeated.filter(|&from| scan.four(from) == (word >> 8) as u32) {
            let length = 4 + scan.common(at + 5, from + 4);
            // One literal stays before it, so that it is the last distance that repeats.
            let taken = scan.widened(Match { at: at + 1, from, length }, at, 1);
            scan.take(taken.at, taken.length, 1);
            let first = at + 1;
            at = first + length;
            if at < scan.limit {
                tables.file(scan, first, at);
            }
            continue;
        }
        let Some(found) = tables.lookup(scan, at, word, long_candidate, short_candidate) else {
            at += 1 + ((at - scan.unsent) >> PATIENCE);
            continue;
        };
        let found = if release.better_looks_by_end() { tables.lookup_by_end(release, scan, found) } else { found };
        let mut before = std::mem::replace(&mut last, found.at - found.from);
        let taken = scan.widened(found, found.at, 0);
        scan.take_new(taken);
        let first = match release.better_filed() {
            Filed::TheMatch => taken.at + 1,
            Filed::AllPassed => at + 1,
        };
        at = taken.at + taken.length;
        if at >= scan.limit {
            return;
        }
        tables.file(scan, first, at);
        if !repeats {
            continue;
        }
        // Does the distance before the last go on?
        while at < scan.limit {
            let word = scan.eight(at);
            let Some(from) = at.checked_sub(before).filter(|&from| scan.four(from) == word as u32) else {
                break;
            };
            let length = 4 + scan.common(at + 4, from + 4);
            tables.long[hash8::<LONG_BITS>(word)].note(scan.position(at));
            tables.short[hash5::<SHORT_BITS>(word)] = scan.position(at);
            scan.take(at, length, 1);
            at += length;
            (last, before) = (before, last);
        }
    }
}

impl Tables {
    /// Files every other place from `first` to before `end`: long there, short one further.
    fn file(&mut self, scan: &Scan<'_>, first: usize, end: usize) {
        for place in (first..end - 1).step_by(2) {
            let word = scan.eight(place);
            self.long[hash8::<LONG_BITS>(word)].note(scan.position(place));
            self.short[hash5::<SHORT_BITS>(word >> 8)] = scan.position(place + 1);
        }
    }

    /// The longer of two long matches, or a short one unless the next place has a longer long one.
    fn lookup(&mut self, scan: &Scan<'_>, at: usize, word: u64, long: Recent, short: u32) -> Option<Match> {
        let candidates = [long.last(), long.before()];
        let mut best: Option<Match> = None;
        for from in candidates.into_iter().filter_map(|position| long_place(scan, at, position, word)) {
            let length = 8 + scan.common(at + 8, from + 8);
            if best.is_none_or(|best| length > best.length) {
                best = Some(Match { at, from, length });
            }
        }
        if best.is_some() {
            return best;
        }
        let from = scan.candidate(at, short, word)?;
        let length = 4 + scan.common(at + 4, from + 4);
        let word = scan.eight(at + 1);
        let entry = &mut self.long[hash8::<LONG_BITS>(word)];
        let candidate = *entry;
        entry.note(scan.position(at + 1));
        for position in [candidate.last(), candidate.before()] {
            // The distance is taken from the place before: one more than the window is let through.
            if let Some(from) = long_place(scan, at, position, word) {
                let next = 8 + scan.common(at + 9, from + 8);
                if next > length {
                    return Some(Match { at: at + 1, from, length: next });
                }
            }
        }
        Some(Match { at, from, length })
    }

    /// A longer match that goes on where this one ends: its first bytes may differ.
    fn lookup_by_end(&self, release: Release, scan: &Scan<'_>, mut found: Match) -> Match {
        let end = found.at + found.length;
        if end >= scan.limit {
            return found;
        }
        let skipped = release.better_skips();
        let at = found.at + skipped;
        let candidate = self.long[hash8::<LONG_BITS>(scan.eight(end))];
        for position in [candidate.last(), candidate.before()] {
            // From the first candidate on the length may be another one, and yet the end is taken to be the same.
            let from = scan.place(position) - found.length as isize + skipped as isize;
            let Some(from) = usize::try_from(from).ok().filter(|&from| from < at && at - from < scan.window) else {
                continue;
            };
            if scan.four(from) != scan.four(at) {
                continue;
            }
            let length = 4 + scan.common(at + 4, from + 4);
            if length > found.length {
                found = Match { at, from, length };
            }
        }
        found
    }
}

/// The place of a position in the window before `at` where these eight bytes stand.
#[inline(always)]
fn long_place(scan: &Scan<'_>, at: usize, position: u32, word: u64) -> Option<usize> {
    scan.near(at, position).filter(|&from| scan.eight(from) == word)
}
