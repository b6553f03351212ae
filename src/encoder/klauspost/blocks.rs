//! From tokens to blocks: which kind of block is written, and when a block stays open for the next tokens.
//!
//! A block's code may serve again: then nothing is written between two batches of tokens, and the stream shows one
//! long block. Every decision follows klauspost/compress `flate` as of 1.15.0–1.19 (Go's `compress/flate` since 1.27);
//! what changed between releases is in [`Headers`]. The last block of a stream is always the empty one that
//! [`BlockWriter::finish`] writes: other ways to end a stream are refused.

use super::header::Header;
use super::huffman::PrefixCode;
use super::tokens::Tokens;
use crate::encoder::bits::BitWriter;
use crate::encoder::symbols::{DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTHS, LITERAL_SYMBOLS};

/// Fewer tokens than these are also tried with the format's own code.
const TRY_FIXED_BELOW: usize = 250;
const LONGEST_STORED: usize = 65_535;
/// What a header is taken to cost before there is one, in bits.
const GUESSED_HEADER: usize = 70 * 8;

/// How many code lengths the header of a block that may stay open describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headers {
    /// All 286 and 30 of them, used or not (klauspost/compress up to 1.18.0).
    Whole,
    /// Those up to the last one in use, forgetting the end of the block (1.18.1 only, which wrote broken streams where
    /// nothing above the literals occurred).
    TrimmedCarelessly,
    /// Those up to the last one in use (since 1.18.2).
    Trimmed,
}

/// Writes blocks, and remembers the code of the block that is open.
pub(super) struct BlockWriter {
    bits: BitWriter,
    headers: Headers,
    /// A new code must promise to save this share of the block: a shift, so fewer bits are a larger share.
    penalty: u32,
    literal_code: PrefixCode,
    distance_code: PrefixCode,
    spare_code: PrefixCode,
    fixed_literals: PrefixCode,
    fixed_distances: PrefixCode,
    only_distance: PrefixCode,
    /// The size of the open block's header; none, if no block is open.
    open: Option<usize>,
    /// The block's code knows no matches.
    literals_only: bool,
}

/// What a block must write.
struct Counts {
    literals: [u16; LITERAL_SYMBOLS],
    distances: [u16; DISTANCE_SYMBOLS],
    described_literals: usize,
    described_distances: usize,
}

impl BlockWriter {
    pub(super) fn new(penalty: u32, headers: Headers) -> Self {
        let mut only_distance = PrefixCode::empty();
        only_distance.build(&[1], 15);
        Self {
            bits: BitWriter::default(),
            headers,
            penalty,
            literal_code: PrefixCode::empty(),
            distance_code: PrefixCode::empty(),
            spare_code: PrefixCode::empty(),
            fixed_literals: PrefixCode::fixed_literals(),
            fixed_distances: PrefixCode::fixed_distances(),
            only_distance,
            open: None,
            literals_only: false,
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
            let end = self.literal_code.code(END_OF_BLOCK);
            self.bits.put(end.word(), end.length(), out);
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

    /// The last block of the stream, empty and in the format's own code.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.close(out);
        self.bits.put(0b011, 3, out);
        self.bits.put(0, 7, out);
        self.bits.align(out);
    }

    /// Writes tokens in the cheapest way; `input` is what they stand for, if it is still at hand and may be stored.
    /// The block stays open unless it is to be the last before a flush (`last`).
    pub(super) fn tokens(&mut self, tokens: &mut Tokens, input: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        if last {
            tokens.end();
        }
        if self.open.is_some() && (self.literals_only || !self.covers(tokens)) {
            self.close(out);
            self.literals_only = false;
        }
        let mut counts = self.counts(tokens, last);
        let storable = input.filter(|input| input.len() <= LONGEST_STORED);
        let stored_size = storable.map_or(usize::MAX, |input| (input.len() + 5) * 8);
        let extra = if storable.is_some() || self.open.is_some() { tokens.extra_bits() } else { 0 };
        let try_fixed = tokens.len_with_end() < TRY_FIXED_BELOW;

        if let Some(header) = self.open {
            let mut renewed = header + tokens.estimated_bits();
            renewed += self.literal_code.code(END_OF_BLOCK).length() as usize + (renewed >> self.penalty);
            let reused = self.literal_code.cost(&counts.literals) + self.distance_code.cost(&counts.distances) + extra;
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
            self.literal_code.build(&counts.literals, 15);
            self.distance_code.build(&counts.distances, 15);
            let header = Header::new(
                counts.described_literals,
                &self.literal_code,
                counts.described_distances,
                &self.distance_code,
            );
            let size = header.size
                + self.literal_code.cost(&counts.literals)
                + self.distance_code.cost(&counts.distances)
                + extra;
            let fixed_size = if try_fixed { self.fixed_size(&counts, extra) } else { usize::MAX };
            if let Some(input) = storable.filter(|_| stored_size <= size.min(fixed_size)) {
                return self.stored(input, out);
            }
            if fixed_size <= size {
                return self.fixed(tokens, out);
            }
            header.write(&mut self.bits, out);
            self.open = Some(header.size);
            self.literals_only = false;
        }
        write_tokens(tokens, &self.literal_code, &self.distance_code, &mut self.bits, out);
        if last {
            self.close(out);
        }
    }

    /// Writes bytes without looking for matches.
    pub(super) fn literals(&mut self, input: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut counts = [0_u16; END_OF_BLOCK + 1];
        for &byte in input {
            counts[usize::from(byte)] += 1;
        }
        if input.len() > 1024 && looks_random(&counts[..END_OF_BLOCK], input.len()) {
            return self.stored(input, out);
        }
        counts[END_OF_BLOCK] = 1;
        self.spare_code.build(&counts, 15);
        let mut size = self.spare_code.cost(&counts) + self.open.unwrap_or(GUESSED_HEADER);
        size += size >> self.penalty;
        if (input.len() + 5) * 8 <= size {
            return self.stored(input, out);
        }
        if self.open.is_some() {
            let reused = self.literal_code.cost_if_complete(&counts[..END_OF_BLOCK]);
            if reused.is_none_or(|reused| size < reused) {
                self.close(out);
            }
        }
        if self.open.is_none() {
            std::mem::swap(&mut self.literal_code, &mut self.spare_code);
            let header = Header::new(END_OF_BLOCK + 1, &self.literal_code, 1, &self.only_distance);
            header.write(&mut self.bits, out);
            self.open = Some(header.size);
            self.literals_only = true;
        }
        let code = |&byte: &u8| self.literal_code.code(usize::from(byte));
        self.bits.put_all(input.iter().map(code).map(|code| (code.word(), code.length())), out);
        if last {
            self.close(out);
            self.literals_only = false;
        }
    }

    fn covers(&self, tokens: &Tokens) -> bool {
        self.distance_code.covers(&tokens.distances) && self.literal_code.covers(&tokens.literals)
    }

    fn counts(&self, tokens: &Tokens, last: bool) -> Counts {
        let mut counts = Counts {
            literals: tokens.literals,
            distances: tokens.distances,
            described_literals: LITERAL_SYMBOLS,
            described_distances: DISTANCE_SYMBOLS,
        };
        if self.headers == Headers::Whole && !last {
            return counts;
        }
        if self.headers == Headers::Trimmed {
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

    fn fixed_size(&self, counts: &Counts, extra: usize) -> usize {
        3 + self.fixed_literals.cost(&counts.literals) + self.fixed_distances.cost(&counts.distances) + extra
    }

    /// A block in the format's own code; it never stays open.
    fn fixed(&mut self, tokens: &mut Tokens, out: &mut Vec<u8>) {
        self.close(out);
        self.bits.put(0b010, 3, out);
        tokens.end();
        write_tokens(tokens, &self.fixed_literals, &self.fixed_distances, &mut self.bits, out);
        let end = self.fixed_literals.code(END_OF_BLOCK);
        self.bits.put(end.word(), end.length(), out);
    }
}

/// Whether bytes occur so evenly that no code can be worth it.
fn looks_random(counts: &[u16], length: usize) -> bool {
    // Every value is a multiple of 2^-16 below 2^33, so that the sum is exact and its order does not matter.
    let mean = length as f64 / 256.0;
    let limit = (length * 2) as f64;
    let deviation: f64 = counts.iter().map(|&n| (f64::from(n) - mean).powi(2)).sum();
    deviation < limit
}

fn write_tokens(
    tokens: &Tokens,
    literal_code: &PrefixCode,
    distance_code: &PrefixCode,
    bits: &mut BitWriter,
    out: &mut Vec<u8>,
) {
    // One row for each byte, and one for each length with its extra bits.
    let mut rows = [(0, 0); 512];
    for (byte, row) in rows[..256].iter_mut().enumerate() {
        let code = literal_code.code(byte);
        *row = (code.word(), code.length());
    }
    for (length, row) in LENGTHS.iter().zip(&mut rows[256..]) {
        let code = literal_code.code(usize::from(length.symbol));
        let word = code.word() | u64::from(length.extra) << code.length();
        *row = (word, code.length() + u32::from(length.extra_bits));
    }
    let symbols = tokens.list().iter().map(|token| {
        let (mut word, mut length) = rows[token.row()];
        if token.is_copy() {
            let (symbol, extra, extra_bits) = token.distance();
            let code = distance_code.code(symbol);
            word |= (code.word() | u64::from(extra) << code.length()) << length;
            length += code.length() + extra_bits;
        }
        (word, length)
    });
    bits.put_all(symbols, out);
}
