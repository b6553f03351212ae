//! Which match levels 7 to 9 take: the best of a chain, by its length or by what it saves, and perhaps a longer one that
//! ends where it does.
//!
//! When to look for a match is not decided here.

use super::{Lazy, REACH, SHORTEST};
use crate::encoder::klauspost::blocks::BlockWriter;
use crate::encoder::klauspost::entropy::rounded_up;
use crate::encoder::klauspost::fast::common;
use crate::encoder::klauspost::rules::Worth;
use crate::encoder::prefix_code::{LONGEST_CODE, PrefixCode};
use crate::encoder::symbols::{LENGTHS, LONGEST, Token};

/// Where the shortest matches are not worth a longer distance, this is the longest.
const FAR: usize = 4096;
/// A match found by its end may differ in this many first bytes.
const SKIPPED: usize = 2;

impl Lazy {
    /// What a byte ahead costs at least, in whole bits: the next larger number. Before a flush it is taken to be eight.
    pub(super) fn entropy(&self) -> isize {
        if self.last {
            return 8;
        }
        let ahead = &self.window[self.at..self.filled];
        let mut counts = [0_usize; 256];
        for &byte in ahead {
            counts[usize::from(byte)] += 1;
        }
        let length = ahead.len() as f64;
        (1.0 + rounded_up(counts.into_iter(), 1.0 / length) / length) as isize
    }

    /// A code for the literals ahead, to weigh matches with.
    pub(super) fn weigh_literals(&mut self) {
        // Sixteen bits, which overflow where a whole window holds the same byte: releases that count all of it then
        // take that byte to cost nothing.
        let mut counts = [0_u16; 256];
        let ahead = &self.window[self.at..self.filled];
        for &byte in &ahead[..ahead.len().min(self.release.weighed())] {
            counts[usize::from(byte)] = counts[usize::from(byte)].wrapping_add(1);
        }
        self.literal_code = PrefixCode::for_frequencies(&counts, LONGEST_CODE);
        let least = self.release.least_literal();
        let mut sum = 0;
        for (before, &byte) in self.literal_bits[self.at..].iter_mut().zip(ahead) {
            *before = sum;
            sum += self.literal_code.of(usize::from(byte)).1.max(least);
        }
        self.literal_bits[self.filled] = sum;
    }

    /// The best match at the current place among those in the chain from `head`, none of them before `farthest`.
    pub(super) fn longest_match(&self, head: usize, lookahead: usize, farthest: usize) -> Option<(usize, usize)> {
        let at = self.at;
        let end = at + lookahead.min(LONGEST);
        let window = &self.window[..end];
        let nice = self.effort.nice.min(end - at);
        let (mut least_gain, cost) = match self.effort.worth {
            Worth::Length | Worth::LengthUnlessFar => (0, 0),
            Worth::Entropy => (SHORTEST as isize * self.bits_per_byte - 12, 0),
            Worth::Literals => self.release.least_gain_and_cost(),
        };
        let mut best = None;
        let mut length = SHORTEST - 1;
        let mut place = head;
        for _ in 0..self.effort.chain {
            if window[place + length] == window[at + length] {
                let n = common(window, at, place, end);
                if n > length {
                    let distance = at - place;
                    let gain = match self.effort.worth {
                        Worth::LengthUnlessFar if n == SHORTEST && distance > FAR => 0,
                        Worth::Length | Worth::LengthUnlessFar => n as isize,
                        Worth::Entropy => n as isize * self.bits_per_byte - distance.ilog2() as isize - 1,
                        Worth::Literals => self.gain(at, n, distance) - cost,
                    };
                    if gain > least_gain {
                        least_gain = gain;
                        length = n;
                        best = Some((n, distance));
                        if n >= nice {
                            break;
                        }
                    }
                }
            }
            if place <= farthest {
                break;
            }
            let previous = self.place(self.previous[place % REACH]);
            if previous < farthest as isize {
                break;
            }
            place = previous as usize;
        }
        best
    }

    /// What a match saves: the bits of its literals, less its extra bits.
    fn gain(&self, at: usize, length: usize, distance: usize) -> isize {
        let bits = self.literal_bits[at + length] - self.literal_bits[at];
        // Taken for the distance less one: an oddity, by which the longest distance counts as one of 129.
        let misread = if distance == REACH { 128 } else { distance };
        let (_, _, distance_extra) = Token::copy(length, misread + 1).distance();
        let length_extra = LENGTHS[length - 3].extra_bits;
        bits as isize - distance_extra as isize - isize::from(length_extra)
    }

    /// The match before the current place, or a longer one found by its end.
    pub(super) fn by_its_end(
        &self,
        (length, distance): (usize, usize),
        lookahead: usize,
        farthest: usize,
        end_of_hashes: usize,
    ) -> (usize, usize) {
        let start = self.at - 1;
        if start + length + SKIPPED >= end_of_hashes {
            return (length, distance);
        }
        let inside = length - SKIPPED;
        let from = self.place(self.heads[self.hash(start + inside)]) - inside as isize;
        if from > farthest as isize {
            let from = from as usize;
            let longer = common(&self.window, start, from, start + lookahead.min(LONGEST));
            if longer > length {
                return (longer, start - from);
            }
        }
        (length, distance)
    }

    /// The same by what follows the match, whose first bytes need not agree: those that do not become literals.
    pub(super) fn by_its_end_without_start(
        &mut self,
        (length, distance): (usize, usize),
        lookahead: usize,
        farthest: usize,
        end_of_hashes: usize,
        blocks: &mut BlockWriter,
        out: &mut Vec<u8>,
    ) -> (usize, usize) {
        let start = self.at - 1;
        if length >= LONGEST - SKIPPED || start + length >= end_of_hashes {
            return (length, distance);
        }
        let from = self.place(self.heads[self.hash(start + length)]) - length as isize;
        if from <= (farthest + SKIPPED) as isize || start - from as usize == distance {
            return (length, distance);
        }
        let from = from as usize;
        let end = start + lookahead.min(LONGEST + SKIPPED);
        let mut longer = common(&self.window, start + SKIPPED, from + SKIPPED, end);
        if longer <= length {
            return (length, distance);
        }
        for back in (0..SKIPPED).rev() {
            if longer >= LONGEST || self.window[start + back] != self.window[from + back] {
                for owed in 0..=back {
                    self.tokens.literal(self.window[start + owed]);
                    self.end_full_block(blocks, out);
                    self.at += 1;
                    self.enter(self.at, end_of_hashes);
                }
                break;
            }
            longer += 1;
        }
        (longer, start - from)
    }
}
