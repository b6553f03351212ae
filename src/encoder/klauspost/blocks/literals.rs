//! Blocks of literals alone: bytes among which no matches were looked for, or next to none found.
//!
//! What such a block would take is measured by making its code, or, before 1.12.3, estimated. Code for tokens is not made
//! here.

use super::{BlockWriter, stored_size};
use crate::encoder::code_lengths::Head;
use crate::encoder::klauspost::entropy::{add_rough, rough_log2, rounded_up};
use crate::encoder::klauspost::rules::Literals;
use crate::encoder::prefix_code::{LONGEST_CODE, PrefixCode};
use crate::encoder::symbols::{END_OF_BLOCK, LITERAL_SYMBOLS};

/// What a header is taken to cost before there is one, in bits.
const GUESSED_HEADER: usize = 70 * 8;

/// How often each byte occurs, and the end of the block; lengths do not.
type Counts = [u16; LITERAL_SYMBOLS];

impl BlockWriter {
    /// Writes bytes without looking for matches.
    pub(in super::super) fn literals(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut counts: Counts = [0; LITERAL_SYMBOLS];
        for &byte in input {
            counts[usize::from(byte)] += 1;
        }
        let worth_a_code = match self.rules.literals {
            Literals::Measured => self.measured(&mut counts, input, out),
            Literals::MeasuredUnlessRandom => {
                let random = input.len() > 1024 && looks_random(&counts[..END_OF_BLOCK], input.len());
                !random && self.measured(&mut counts, input, out)
            }
            _ => self.estimated(&mut counts, input, last, out),
        };
        if !worth_a_code {
            return self.stored(input, out);
        }
        if self.open.is_none() {
            std::mem::swap(&mut self.codes.literals, &mut self.spare_code);
            // One code for distances, which is never written.
            let header = Head::new(&self.codes.literals.lengths()[..=END_OF_BLOCK], &[1]);
            header.write(&mut self.bits, out);
            self.planned = header.bits() as usize;
            self.open = Some(self.planned);
            self.literals_only = true;
        }
        self.bits.put_all(input.iter().map(|&byte| self.codes.literals.of(usize::from(byte))), out);
        if last {
            self.close(out);
            self.literals_only = false;
        }
    }

    /// Makes the code that a new block would have, and closes the open one if that is better; says whether any code is.
    fn measured(&mut self, counts: &mut Counts, input: &[u8], out: &mut Vec<u8>) -> bool {
        counts[END_OF_BLOCK] = 1;
        self.spare_code = PrefixCode::for_frequencies(counts, LONGEST_CODE);
        let mut size = self.spare_code.cost(counts) as usize + self.open.unwrap_or(GUESSED_HEADER);
        size += size >> self.rules.penalty;
        if stored_size(input) <= size {
            return false;
        }
        if self.open.is_some() {
            let bytes = &counts[..END_OF_BLOCK];
            if !self.codes.literals.covers(bytes) || size < self.codes.literals.cost(bytes) as usize {
                self.close(out);
            }
        }
        true
    }

    /// The same by an estimate, making the code only where there will be a new block. A block that may stay open has a
    /// code for every byte, occurring or not.
    fn estimated(&mut self, counts: &mut Counts, input: &[u8], last: bool, out: &mut Vec<u8>) -> bool {
        if !self.literals_only {
            self.first_distance = 0;
        }
        let bytes = &mut counts[..END_OF_BLOCK];
        let missing = if last { 0 } else { bytes.iter().filter(|n| **n == 0).count() };
        let fill = |bytes: &mut [u16]| bytes.iter_mut().filter(|n| **n == 0 && !last).for_each(|n| *n = 1);
        let length = input.len();
        let header = self.open.unwrap_or(GUESSED_HEADER);
        let (size, renewed, reused);
        match self.rules.literals {
            Literals::Ceilings => {
                let share = 1.0 / length as f64;
                let bits = rounded_up(bytes.iter().map(|&n| usize::from(n)), share);
                let estimate = (bits + missing as f64 * (-share.log2()).ceil()) as usize + 15;
                size = estimate + (estimate >> 4);
                renewed = estimate + (estimate >> self.rules.penalty);
                fill(bytes);
                // Both the open block's header and the last one planned are counted, and distances of another block.
                reused =
                    self.planned + header + self.codes.literals.cost(bytes) as usize + usize::from(self.first_distance);
            }
            Literals::RoughThenFilled => {
                let share = 1.0 / length as f32;
                let bits = rough(bytes, share);
                let one = (-rough_log2(share)).max(1.0);
                let more: f32 = std::iter::repeat_n(one, missing).sum();
                let estimate = bits + header + 15;
                size = estimate + (estimate >> self.rules.penalty);
                renewed = size + (more + 0.99) as usize;
                fill(bytes);
                reused = self.codes.literals.cost(bytes) as usize;
            }
            _ => {
                let estimate = rough(bytes, 1.0 / (length + missing) as f32) + header + length / 32;
                size = estimate + (estimate >> self.rules.penalty);
                renewed = size;
                reused = self.codes.literals.cost(bytes) as usize;
                fill(bytes);
            }
        }
        if stored_size(input) < size {
            return false;
        }
        if self.open.is_some() && renewed < reused {
            self.close(out);
        }
        if self.open.is_none() {
            counts[END_OF_BLOCK] = 1;
            self.spare_code = PrefixCode::for_frequencies(counts, LONGEST_CODE);
        }
        true
    }
}

/// The rough estimate for bytes, none of which has less than a bit.
fn rough(counts: &[u16], share: f32) -> usize {
    let mut bits = 0_f32;
    add_rough(&mut bits, counts, share, (1.0, f32::INFINITY));
    (bits + 0.99) as usize
}

/// Whether bytes occur so evenly that no code can be worth it.
fn looks_random(counts: &[u16], length: usize) -> bool {
    // Every value is a multiple of 2^-16 below 2^33, so that the sum is exact and its order does not matter.
    let mean = length as f64 / 256.0;
    let limit = (length * 2) as f64;
    let deviation: f64 = counts.iter().map(|&n| (f64::from(n) - mean).powi(2)).sum();
    deviation < limit
}
