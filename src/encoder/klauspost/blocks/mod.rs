//! From tokens to blocks: which kind of block is written, and when a block stays open for the next tokens.
//!
//! A block's code may serve again: then nothing is written between two batches of tokens, and the stream shows one
//! long block. Every decision follows klauspost/compress `flate` (Go's `compress/flate` since 1.27); what changed between
//! releases is in [`BlockRules`]. The last block of a stream is always the empty one that [`BlockWriter::finish`] writes:
//! other ways to end a stream are refused.

mod literals;
mod older;

use super::rules::{BlockRules, Codes, Headers};
use super::tokens::Tokens;
use crate::encoder::bits::BitWriter;
use crate::encoder::block::{self, FIXED};
use crate::encoder::code_lengths::Head;
use crate::encoder::prefix_code::{LONGEST_CODE, PrefixCode};
use crate::encoder::symbols::{DISTANCE_SYMBOLS, END_OF_BLOCK, LITERAL_SYMBOLS};

const LONGEST_STORED: usize = 65_535;

/// Writes blocks, and remembers the code of the block that is open.
pub(super) struct BlockWriter {
    bits: BitWriter,
    rules: BlockRules,
    codes: block::Codes,
    spare_code: PrefixCode<LITERAL_SYMBOLS>,
    /// The size of the open block's header; none, if no block is open.
    open: Option<usize>,
    /// The block's code knows no matches.
    literals_only: bool,
    /// The size of the header that was last made, whether it was written or not.
    planned: usize,
    /// How often the first distance code was counted last, which releases before 1.9.8 take along into blocks of
    /// literals.
    first_distance: u16,
}

/// What a block must write.
struct Counts {
    literals: [u16; LITERAL_SYMBOLS],
    distances: [u16; DISTANCE_SYMBOLS],
    described_literals: usize,
    described_distances: usize,
}

impl BlockWriter {
    pub(super) fn new(rules: BlockRules) -> Self {
        Self {
            bits: BitWriter::default(),
            rules,
            codes: block::Codes { literals: PrefixCode::empty(), distances: PrefixCode::empty() },
            spare_code: PrefixCode::empty(),
            open: None,
            literals_only: false,
            planned: 0,
            first_distance: 0,
        }
    }

    /// Starts anew, as if nothing had been written: the stream must be at a byte's boundary.
    pub(super) fn reset(&mut self) {
        self.open = None;
        self.literals_only = false;
    }

    /// Ends the open block, if there is one.
    fn close(&mut self, out: &mut Vec<u8>) {
        if self.open.take().is_some() {
            self.codes.write_end(&mut self.bits, out);
        }
    }

    /// A stored block; with no bytes, the marker that a flush leaves.
    pub(super) fn stored(&mut self, input: &[u8], out: &mut Vec<u8>) {
        self.close(out);
        self.bits.put(0, 3, out);
        self.bits.align(out);
        let length = input.len() as u16;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(input);
    }

    /// The last block of the stream, which is empty.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        if self.rules.stored_end {
            self.bits.put(0b001, 3, out);
            self.bits.align(out);
            return out.extend_from_slice(&[0, 0, 0xff, 0xff]);
        }
        self.bits.put(0b011, 3, out);
        self.bits.put(0, 7, out);
        self.bits.align(out);
    }

    /// Writes tokens in the cheapest way; `input` is what they stand for, if it is still at hand and may be stored.
    /// The block stays open unless it is to be the last before a flush (`last`).
    pub(super) fn tokens(&mut self, tokens: &mut Tokens, input: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        let Codes::ForUsed { try_fixed_below } = self.rules.codes else {
            return self.tokens_in_code_for_all(tokens, input, last, out);
        };
        if last {
            tokens.end();
        }
        if self.open.is_some() && (self.literals_only || !self.covers(tokens)) {
            self.close(out);
            self.literals_only = false;
        }
        let mut counts = self.counts(tokens, last);
        let storable = input.filter(|input| input.len() <= LONGEST_STORED);
        let stored_size = storable.map_or(usize::MAX, stored_size);
        let extra = if storable.is_some() || self.open.is_some() { tokens.extra_bits() } else { 0 };
        let try_fixed = tokens.len_with_end() < try_fixed_below;

        if let Some(header) = self.open {
            let mut renewed = header + tokens.estimated_bits(self.rules.estimate);
            renewed += self.codes.literals.of(END_OF_BLOCK).1 as usize + (renewed >> self.rules.penalty);
            let reused = self.cost(&counts) + extra;
            if renewed < reused {
                self.close(out);
            }
            let size = renewed.min(reused);
            let fixed = try_fixed && self.fixed_size(&counts, extra) + 7 < size;
            if let Some(input) = storable.filter(|_| stored_size <= size) {
                return self.stored(input, out);
            }
            if fixed {
                return self.fixed(tokens, out);
            }
        }

        if self.open.is_none() {
            counts.literals[END_OF_BLOCK] = 1;
            let header = self.codes_for(&counts);
            let size = header.bits() as usize + self.cost(&counts) + extra;
            let fixed_size = if try_fixed { self.fixed_size(&counts, extra) } else { usize::MAX };
            if let Some(input) = storable.filter(|_| stored_size <= size.min(fixed_size)) {
                return self.stored(input, out);
            }
            if fixed_size <= size {
                return self.fixed(tokens, out);
            }
            header.write(&mut self.bits, out);
            self.open = Some(header.bits() as usize);
            self.literals_only = false;
        }
        self.codes.write(tokens.list(), &mut self.bits, out);
        if last {
            self.close(out);
        }
    }

    fn covers(&self, tokens: &Tokens) -> bool {
        self.codes.distances.covers(&tokens.distances) && self.codes.literals.covers(&tokens.literals)
    }

    fn counts(&self, tokens: &Tokens, last: bool) -> Counts {
        let mut counts = Counts {
            literals: tokens.literals,
            distances: tokens.distances,
            described_literals: LITERAL_SYMBOLS,
            described_distances: DISTANCE_SYMBOLS,
        };
        if self.rules.headers == Headers::Whole && !last {
            return counts;
        }
        if self.rules.headers == Headers::Trimmed {
            counts.literals[END_OF_BLOCK] = 1;
        }
        let used = |counts: &[u16]| counts.iter().rposition(|&n| n != 0).map_or(0, |last| last + 1);
        counts.described_literals = used(&counts.literals);
        counts.described_distances = used(&counts.distances);
        if counts.described_distances == 0 {
            // A code for distances must have a word even where there are none.
            counts.distances[0] = 1;
            counts.described_distances = 1;
        }
        counts
    }

    /// Makes the codes for these counts, and the header that describes them.
    fn codes_for(&mut self, counts: &Counts) -> Head {
        self.codes.literals = PrefixCode::for_frequencies(&counts.literals, LONGEST_CODE);
        self.codes.distances = PrefixCode::for_frequencies(&counts.distances, LONGEST_CODE);
        Head::new(
            &self.codes.literals.lengths()[..counts.described_literals],
            &self.codes.distances.lengths()[..counts.described_distances],
        )
    }

    /// What these counts cost in the codes at hand, without extra bits.
    fn cost(&self, counts: &Counts) -> usize {
        (self.codes.literals.cost(&counts.literals) + self.codes.distances.cost(&counts.distances)) as usize
    }

    fn fixed_size(&self, counts: &Counts, extra: usize) -> usize {
        let fixed = FIXED.literals.cost(&counts.literals) + FIXED.distances.cost(&counts.distances);
        3 + fixed as usize + extra
    }

    /// A block in the format's own code; it never stays open.
    fn fixed(&mut self, tokens: &mut Tokens, out: &mut Vec<u8>) {
        self.close(out);
        self.bits.put(0b010, 3, out);
        tokens.end();
        FIXED.write(tokens.list(), &mut self.bits, out);
        FIXED.write_end(&mut self.bits, out);
    }
}

/// How many bits a stored block takes, wherever it begins.
fn stored_size(input: &[u8]) -> usize {
    (input.len() + 5) * 8
}
