//! SpeedBestCompression before 1.16.4: the places are those that are looked at since, but a match is judged by what it has
//! to the right of where it was found, and a distance repeats only one place on and three.
//!
//! Behaviour followed: klauspost/compress `zstd` 1.13.4 to 1.16.3. Its releases hold matches against each other in other
//! orders, which shows where two are nearly as good.

use super::{Candidate, LONG_BITS, PATIENCE, SHORT_BITS, Search};
use crate::encoder::klauspost_zstd::matchers::history::{Match, Noted, hash4, hash8};
use crate::encoder::klauspost_zstd::releases::Judged;

/// Matches this long are not improved upon.
const GOOD_ENOUGH: i32 = 100;
/// What is estimated to save nothing counts as this.
const WORST: i32 = 25_000;
/// Where nothing matches.
const NOWHERE: i32 = -1;
/// The most matches that are judged at once.
const MOST_JUDGED: usize = 6;

impl Search<'_> {
    pub(super) fn step_earlier(&mut self, at: usize) -> usize {
        let repeats = self.scan.repeats();
        let word = self.scan.eight(at);
        let (long_hash, short_hash) = (hash8::<LONG_BITS>(word), hash4::<SHORT_BITS>(word));
        let (long, short) = (self.long[long_hash], self.short[short_hash]);
        let place = at as i32;
        let here = [long.last(), long.before(), short.last(), short.before()];
        let mut best = self.best_of(None, &here.map(|position| self.filed(position, place, word)));
        if repeats && best.length < GOOD_ENOUGH {
            best = self.best_of(Some(best), &self.repeated(place + 1, word >> 8));
            if best.length > 0 {
                best = self.best_of(Some(best), &self.repeated(place + 3, word >> 24));
            }
        }
        self.file(at..at + 1);
        if best.length < GOOD_ENOUGH {
            if best.length < 4 {
                return at + 1 + ((at - self.scan.unsent) >> PATIENCE);
            }
            best = self.best_ahead(best, at, word);
            best = self.best_by_end(best);
        }
        if best.repeated > 0 { self.take_repeated(best) } else { self.take_new(best, repeats) }
    }

    /// Looks one and two places on.
    fn best_ahead(&self, best: Candidate, at: usize, word: u64) -> Candidate {
        let place = at as i32;
        let short = self.short[hash4::<SHORT_BITS>(word >> 8)];
        let (next, over_next) = (self.scan.eight(at + 1), self.scan.eight(at + 2));
        let (long, over_long) = (self.long[hash8::<LONG_BITS>(next)], self.long[hash8::<LONG_BITS>(over_next)]);
        let ahead = [
            self.filed(short.last(), place + 1, next),
            self.filed(long.last(), place + 1, next),
            self.filed(long.before(), place + 1, next),
            self.filed(over_long.last(), place + 2, over_next),
            self.filed(over_long.before(), place + 2, over_next),
        ];
        self.best_of(Some(best), &ahead)
    }

    /// Looks where what follows the match occurred before.
    fn best_by_end(&self, best: Candidate) -> Candidate {
        let end = (best.at + best.length) as usize;
        if end >= self.scan.limit {
            return best;
        }
        // In so many first bytes the match may differ.
        let skipped = if self.release.best_judged() == Judged::InTurn { 0 } else { 2 };
        let candidates = self.long[hash8::<LONG_BITS>(self.scan.eight(end))];
        let mut chosen = best;
        for position in [candidates.last(), candidates.before()] {
            let ending = if self.release.best_judged() == Judged::OneByOne { chosen } else { best };
            let (from, at) = (self.place(position) - ending.length + skipped, ending.at + skipped);
            if from < 0 {
                break;
            }
            chosen = self.best_of(Some(chosen), &[self.looked_at(from, at, self.scan.four(at as usize), -1)]);
        }
        chosen
    }

    /// Turns a match at a distance that repeats into a sequence, and says where to go on.
    fn take_repeated(&mut self, best: Candidate) -> usize {
        // One literal stays before it: without any the numbers of distances mean others.
        let taken = self.scan.widened(matched(best), best.at as usize, 1);
        self.scan.take(taken.at, taken.length, best.repeated as u32);
        let [first, second, third] = self.distances;
        self.distances = match best.repeated {
            2 => [second, first, third],
            3 => [third, first, second],
            _ => [first, second, third],
        };
        let end = (best.at + best.length) as usize;
        if end < self.scan.limit {
            self.file(best.at as usize..end - 1);
        }
        end
    }

    /// The same for another distance; behind it the last but one may repeat.
    fn take_new(&mut self, best: Candidate, repeats: bool) -> usize {
        let taken = self.scan.widened(matched(best), best.at as usize, 0);
        self.scan.take_new(taken);
        let [first, second, _] = self.distances;
        self.distances = [best.at - best.from, first, second];
        let mut end = (best.at + best.length) as usize;
        if end >= self.scan.limit {
            return end;
        }
        self.file(taken.at + 1..end - 1);
        while repeats && end < self.scan.limit {
            let Some(from) = end.checked_sub(self.distances[1] as usize) else { break };
            if self.scan.four(from) != self.scan.four(end) {
                break;
            }
            let length = 4 + self.scan.common(end + 4, from + 4);
            self.file(end..end + 1);
            self.scan.take(end, length, 1);
            end += length;
            self.distances.swap(0, 1);
        }
        end
    }

    /// The match at `at`, where `word` stands, with a filed position.
    fn filed(&self, position: u32, at: i32, word: u64) -> Candidate {
        self.looked_at(self.place(position), at, word as u32, -1)
    }

    /// The matches at `at`, where `word` stands, at the last three distances.
    fn repeated(&self, at: i32, word: u64) -> [Candidate; 3] {
        let [first, second, third] = self.distances;
        [(first, 1), (second, 2), (third, 3)]
            .map(|(distance, number)| self.looked_at(at - distance, at, word as u32, number))
    }

    /// The match of two places, if there is one. `four` are the bytes at `at`.
    fn looked_at(&self, from: i32, at: i32, four: u32, repeated: i32) -> Candidate {
        let distance = at - from;
        let none = Candidate { at, from: NOWHERE, length: 0, repeated: 0, estimate: WORST };
        if from < 0 || distance <= 0 || distance >= self.scan.window as i32 || self.scan.four(from as usize) != four {
            return none;
        }
        let length = 4 + self.scan.common(at as usize + 4, from as usize + 4) as i32;
        let number = if repeated < 0 { distance + 3 } else { repeated };
        match self.prices.balance(length, number, self.literal_cost) {
            1.. => Candidate { from, repeated, ..none },
            estimate => Candidate { at, from, length, repeated, estimate },
        }
    }

    /// The best of these, in the order in which a release holds them against each other.
    fn best_of(&self, best: Option<Candidate>, others: &[Candidate]) -> Candidate {
        let better = |a: Candidate, b: Candidate| if self.is_kept(a, b) { a } else { b };
        let none = Candidate { from: NOWHERE, length: 0, repeated: 0, estimate: WORST, ..others[0] };
        match self.release.best_judged() {
            Judged::OneByOne => {
                let found = others.iter().filter(|other| other.from != NOWHERE);
                found.fold(best.unwrap_or(none), |best, other| better(best, *other))
            }
            Judged::InTurn => {
                let all = best.into_iter().chain(others.iter().copied());
                all.reduce(better).unwrap_or(none)
            }
            Judged::InPairs => {
                let mut all = [none; MOST_JUDGED];
                let mut count = 0;
                for (place, candidate) in all.iter_mut().zip(best.into_iter().chain(others.iter().copied())) {
                    *place = candidate;
                    count += 1;
                }
                let (early, late) = all[..count].split_at(count / 2);
                let winner = |half: &[Candidate]| half.iter().copied().reduce(better);
                match (winner(early), winner(late)) {
                    (Some(early), Some(late)) => better(early, late),
                    (only, other) => only.or(other).unwrap_or(none),
                }
            }
        }
    }

    /// Whether `a` is kept in face of `b`. What begins later has to save the literals before it too.
    fn is_kept(&self, a: Candidate, b: Candidate) -> bool {
        let lead = |a: Candidate, b: Candidate| (a.at - b.at).wrapping_mul(self.literal_cost) >> 10;
        match self.release.best_judged() {
            // The literals between count twice.
            Judged::InTurn => a.estimate + lead(a, b) < b.estimate + lead(b, a),
            Judged::InPairs => a.estimate - b.estimate + lead(a, b) < 0,
            Judged::OneByOne => a.estimate < WORST && b.estimate - a.estimate + lead(b, a) >= 0,
        }
    }
}

fn matched(candidate: Candidate) -> Match {
    let Candidate { at, from, length, .. } = candidate;
    Match { at: at as usize, from: from as usize, length: length as usize }
}
