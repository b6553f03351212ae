//! SpeedBestCompression since 1.16.4: matches are lengthened to the left before they are judged, and the last distances
//! are tried where a match ended too.
//!
//! Behaviour followed: klauspost/compress `zstd` 1.16.4 to 1.19, with its releases' differences.

use super::{Candidate, LONG_BITS, PATIENCE, SHORT_BITS, Search};
use crate::encoder::klauspost_zstd::matchers::history::{Match, Noted, Recent, hash4, hash8};
use crate::encoder::klauspost_zstd::releases::Widened;

/// Matches this long are not improved upon.
const GOOD_ENOUGH: i32 = 250;
/// No estimate is this bad.
const WORST: i32 = 131_074 * 8;
/// A match found by its end may differ in this many first bytes.
const SKIPPED: i32 = 2;
/// Marks a repeated distance that directly follows a match, where the numbers mean others.
const NO_LITERALS: i32 = 4;

impl Search<'_> {
    pub(super) fn step(&mut self, at: usize) -> usize {
        let repeats = self.scan.repeats();
        let word = self.scan.eight(at);
        let (long_hash, short_hash) = (hash8::<LONG_BITS>(word), hash4::<SHORT_BITS>(word));
        let place = at as i32;
        let mut best = Candidate { at: place, from: 0, length: 0, repeated: 0, estimate: WORST };
        self.improve_from(&mut best, self.long[long_hash], place, word);
        self.improve_from(&mut best, self.short[short_hash], place, word);
        if repeats && best.length < GOOD_ENOUGH {
            self.improve_by_repeating(&mut best, place, word);
        }
        self.file(at..at + 1);
        if best.length < GOOD_ENOUGH {
            if best.length < 4 {
                return at + 1 + ((at - self.scan.unsent) >> PATIENCE);
            }
            self.improve_ahead(&mut best, at, word);
        }
        self.take(best);
        let end = (best.at + best.length) as usize;
        let limit = self.scan.limit;
        let last = match (self.release.best_files_the_last(), best.repeated > 0) {
            (false, _) if end >= limit => return end,
            (false, _) => end,
            (true, true) => end.min(limit + 4),
            (true, false) => end.min(limit - 4),
        };
        self.file(at + 1..last);
        end
    }

    /// Turns the match into a sequence and notes its distance.
    fn take(&mut self, best: Candidate) {
        let Candidate { at, from, length, repeated, .. } = best;
        let [first, second, third] = self.distances;
        let number = if repeated > 0 { repeated & 3 } else { at - from + 3 };
        self.scan.take(at as usize, length as usize, number as u32);
        self.distances = match repeated {
            1 => [first, second, third],
            2 | 5 => [second, first, third],
            3 | 6 => [third, first, second],
            7 => [first - 1, first, second],
            _ => [at - from, first, second],
        };
    }

    /// Distances once more: behind a match without literals between, then one place on, then three.
    fn improve_by_repeating(&self, best: &mut Candidate, at: i32, word: u64) {
        let [first, second, third] = self.distances;
        if at as usize == self.scan.unsent {
            self.improve(best, at - second, at, word as u32, 1 | NO_LITERALS);
            self.improve(best, at - third, at, word as u32, 2 | NO_LITERALS);
            if first > 1 {
                self.improve(best, at - (first - 1), at, word as u32, 3 | NO_LITERALS);
            }
        }
        for (on, wanted) in [(1, 0), (3, -1)] {
            if best.repeated > wanted {
                break;
            }
            for (distance, number) in self.distances.into_iter().zip(1..) {
                self.improve(best, at + on - distance, at + on, (word >> (8 * on)) as u32, number);
            }
        }
    }

    /// Looks for something better one and two places on, and by where the match ends.
    fn improve_ahead(&self, best: &mut Candidate, at: usize, word: u64) {
        let place = at as i32;
        let short = self.short[hash4::<SHORT_BITS>(word >> 8)];
        let (next, over_next) = (self.scan.eight(at + 1), self.scan.eight(at + 2));
        let (long, over_long) = (self.long[hash8::<LONG_BITS>(next)], self.long[hash8::<LONG_BITS>(over_next)]);
        self.improve(best, self.place(short.last()), place + 1, next as u32, -1);
        self.improve_from(best, long, place + 1, next);
        self.improve_from(best, over_long, place + 2, over_next);
        // Not where this place is filed already.
        if best.at <= place - SKIPPED {
            return;
        }
        let end = (best.at + best.length) as usize;
        if end >= self.scan.limit {
            return;
        }
        let candidates = self.long[hash8::<LONG_BITS>(self.scan.eight(end))];
        for position in [candidates.last(), candidates.before()] {
            let from = self.place(position) - best.length + SKIPPED;
            if from < 0 {
                break;
            }
            let at = best.at + SKIPPED;
            self.improve(best, from, at, self.scan.four(at as usize), -1);
        }
    }

    fn improve_from(&self, best: &mut Candidate, candidates: Recent, at: i32, word: u64) {
        self.improve(best, self.place(candidates.last()), at, word as u32, -1);
        self.improve(best, self.place(candidates.before()), at, word as u32, -1);
    }

    /// Replaces `best` by the match of two places if that promises to save more. `four` are the bytes at `at`.
    fn improve(&self, best: &mut Candidate, from: i32, at: i32, four: u32, repeated: i32) {
        let scan = &self.scan;
        let distance = at - from;
        if distance <= 0 || distance >= scan.window as i32 || from < 0 || scan.four(from as usize) != four {
            return;
        }
        if best.length > 16 {
            let left = scan.bytes.len() as i32 - (best.at + best.length);
            if left <= 0 {
                return;
            }
            // Near the end of the best match: if it differs there, it is not longer.
            let ahead = best.length - (at - best.at) - 8;
            if left > 2 && ahead > 4 && scan.four((from + ahead) as usize) != scan.four((at + ahead) as usize) {
                return;
            }
        }
        let mut length = 4 + scan.common(at as usize + 4, from as usize + 4) as i32;
        let (mut at, mut from) = (at, from);
        let widens = match self.release.best_widened() {
            Widened::NewDistances => repeated < 0,
            Widened::Always => true,
            Widened::UnlessRepeating => best.repeated <= 0,
        };
        if widens {
            let wide = Match { at: at as usize, from: from as usize, length: length as usize };
            let wide = scan.widened(wide, at as usize, 0);
            (at, from, length) = (wide.at as i32, wide.from as i32, wide.length as i32);
        }
        let candidate = self.estimated(at, from, length, repeated);
        let gain = ((candidate.at - best.at).wrapping_mul(self.literal_cost)) >> 10;
        if best.estimate >= WORST || candidate.estimate - best.estimate + gain < 0 {
            *best = candidate;
        }
    }

    fn estimated(&self, at: i32, from: i32, length: i32, repeated: i32) -> Candidate {
        let number = match repeated {
            ..0 => at - from + 3,
            _ if self.release.best_counts_marks() => repeated,
            _ => repeated & 3,
        };
        let estimate = self.prices.balance(length, number, self.literal_cost);
        if estimate > 0 {
            return Candidate { at, from, length: 0, repeated, estimate: WORST };
        }
        Candidate { at, from, length, repeated, estimate }
    }
}
