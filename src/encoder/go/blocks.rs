//! Blocks, and Go's choice between stored, fixed and dynamic ones.
//!
//! There are three choices, each with its own arithmetic: levels 2 to 9 weigh all three kinds exactly, level 1 and blocks
//! of literals never take a fixed code and store as soon as a code would not save a sixteenth. No block of data is marked
//! as the last one: an empty stored block ends every stream. Source: Go's `compress/flate/huffman_bit_writer.go`, 1.8 to
//! 1.26, read for its behaviour.

use std::sync::LazyLock;

use super::super::bits::BitWriter;
use super::super::symbols::{
    DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTH_EXTRA_BITS, LENGTHS, LITERAL_SYMBOLS, Token, distance_extra_bits,
};
use super::code_lengths::Head;
use super::prefix_code::PrefixCode;

/// The most bytes that a stored block holds.
pub(super) const MOST_STORED: usize = 65535;

/// Writes blocks one after the other.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    bits: BitWriter,
}

/// How often each symbol of a block occurs.
struct Census {
    literals: [u32; LITERAL_SYMBOLS],
    distances: [u32; DISTANCE_SYMBOLS],
}

/// The two codes of a block.
struct Codes {
    literals: PrefixCode<LITERAL_SYMBOLS>,
    distances: PrefixCode<DISTANCE_SYMBOLS>,
}

/// RFC 1951, section 3.2.6.
static FIXED: LazyLock<Codes> = LazyLock::new(|| {
    // The code is canonical over 288 symbols; the last two are never used.
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    Codes { literals: PrefixCode::canonical(lengths).first(), distances: PrefixCode::canonical([5; DISTANCE_SYMBOLS]) }
});

impl BlockWriter {
    /// Writes `tokens` as the smallest of the three kinds; as a stored block only if their bytes are at hand.
    pub(super) fn write_smallest(&mut self, tokens: &[Token], bytes: Option<&[u8]>, out: &mut Vec<u8>) {
        let census = Census::of(tokens);
        let codes = census.codes();
        let head = census.head(&codes);
        let storable = bytes.filter(|bytes| bytes.len() <= MOST_STORED);
        // Without a stored block to compare with, Go leaves out the extra bits: both other kinds have the same.
        let extra = if storable.is_some() { census.extra_bits() } else { 0 };
        let fixed = 3 + census.cost(&FIXED) + extra;
        let dynamic = head.bits() + census.cost(&codes) + extra;
        if let Some(bytes) = storable.filter(|bytes| stored_bits(bytes) < fixed.min(dynamic)) {
            return self.write_stored(bytes, out);
        }
        if dynamic < fixed {
            head.write(&mut self.bits, out);
            self.write_tokens(tokens, &codes, out);
        } else {
            self.bits.put(0b01 << 1, 3, out);
            self.write_tokens(tokens, &FIXED, out);
        }
    }

    /// Writes `tokens` as a dynamic block, or their `bytes` if that would save less than a sixteenth.
    pub(super) fn write_dynamic(&mut self, tokens: &[Token], bytes: &[u8], out: &mut Vec<u8>) {
        let census = Census::of(tokens);
        let codes = census.codes();
        let head = census.head(&codes);
        // The extra bits are left out here, so that a block is stored a little less often than it should be.
        if stored_is_cheap(bytes, head.bits() + census.cost(&codes)) {
            return self.write_stored(bytes, out);
        }
        head.write(&mut self.bits, out);
        self.write_tokens(tokens, &codes, out);
    }

    /// Writes `bytes` as a dynamic block of literals, or stored if that would save less than a sixteenth.
    pub(super) fn write_literals(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut census = Census::empty();
        for &byte in bytes {
            census.literals[usize::from(byte)] += 1;
        }
        // The unused distance code costs its one bit here, as if it were used once.
        census.distances[0] = 1;
        let codes = census.codes();
        let head = census.head(&codes);
        if stored_is_cheap(bytes, head.bits() + census.cost(&codes)) {
            return self.write_stored(bytes, out);
        }
        head.write(&mut self.bits, out);
        let table: [(u64, u32); 256] = std::array::from_fn(|byte| codes.literals.of(byte));
        self.bits.put_all(bytes.iter().map(|&byte| table[usize::from(byte)]), out);
        self.write_end_of_block(&codes, out);
    }

    /// Writes `bytes` as they are, in one block.
    pub(super) fn write_stored(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.write_stored_head(bytes.len() as u16, false, out);
        out.extend_from_slice(bytes);
    }

    /// Ends the stream with the empty stored block.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.write_stored_head(0, true, out);
    }

    fn write_stored_head(&mut self, length: u16, last: bool, out: &mut Vec<u8>) {
        self.bits.put(u64::from(last), 3, out);
        self.bits.align(out);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
    }

    fn write_tokens(&mut self, tokens: &[Token], codes: &Codes, out: &mut Vec<u8>) {
        // What a token's row stands for: the code, and behind it the extra bits of a length.
        let mut rows = [(0u32, 0u8); 512];
        for (row, place) in rows.iter_mut().enumerate() {
            let (symbol, extra, extra_bits) = match row.checked_sub(256) {
                None => (row, 0, 0),
                Some(length) => {
                    let length = LENGTHS[length];
                    (usize::from(length.symbol), u32::from(length.extra), u32::from(length.extra_bits))
                }
            };
            let (code, bits) = codes.literals.of(symbol);
            *place = (code as u32 | extra << bits, (bits + extra_bits) as u8);
        }
        let mut distances = [(0u16, 0u8); 32];
        for (symbol, place) in distances.iter_mut().enumerate().take(DISTANCE_SYMBOLS) {
            let (code, bits) = codes.distances.of(symbol);
            *place = (code as u16, bits as u8);
        }
        // Literals and copies alternate without a pattern, so a literal is written as a copy whose distance has no bits.
        let symbols = tokens.iter().map(|&token| {
            let (start, start_bits) = rows[token.row()];
            let (symbol, extra, extra_bits) = token.distance();
            let (code, code_bits) = distances[symbol & 31];
            let here = u32::from(token.is_copy()).wrapping_neg();
            let code_bits = u32::from(code_bits);
            let distance = (u64::from(code) | u64::from(extra) << code_bits) & u64::from(here);
            let start_bits = u32::from(start_bits);
            (u64::from(start) | distance << start_bits, start_bits + ((code_bits + extra_bits) & here))
        });
        self.bits.put_all(symbols, out);
        self.write_end_of_block(codes, out);
    }

    fn write_end_of_block(&mut self, codes: &Codes, out: &mut Vec<u8>) {
        let (code, bits) = codes.literals.of(END_OF_BLOCK);
        self.bits.put(code, bits, out);
    }
}

/// How many bits `bytes` take in a stored block, by Go's count: the head is taken for five bytes wherever it starts.
fn stored_bits(bytes: &[u8]) -> u64 {
    (bytes.len() as u64 + 5) * 8
}

/// Whether `bytes` are stored rather than written in so many bits.
fn stored_is_cheap(bytes: &[u8], bits: u64) -> bool {
    stored_bits(bytes) < bits + (bits >> 4)
}

impl Census {
    /// Nothing but the end of the block.
    fn empty() -> Self {
        let mut literals = [0; LITERAL_SYMBOLS];
        literals[END_OF_BLOCK] = 1;
        Self { literals, distances: [0; DISTANCE_SYMBOLS] }
    }

    fn of(tokens: &[Token]) -> Self {
        let mut rows = [0u32; 512];
        let mut distances = [0u32; 32];
        for &token in tokens {
            rows[token.row()] += 1;
            distances[token.distance().0 & 31] += u32::from(token.is_copy());
        }
        let mut census = Self::empty();
        census.literals[..256].copy_from_slice(&rows[..256]);
        for (length, count) in LENGTHS.iter().zip(&rows[256..]) {
            census.literals[usize::from(length.symbol)] += count;
        }
        census.distances.copy_from_slice(&distances[..DISTANCE_SYMBOLS]);
        if census.distances.iter().all(|&count| count == 0) {
            // A block without copies has a distance code all the same: one of one bit.
            census.distances[0] = 1;
        }
        census
    }

    fn codes(&self) -> Codes {
        Codes {
            literals: PrefixCode::for_frequencies(&self.literals, 15),
            distances: PrefixCode::for_frequencies(&self.distances, 15),
        }
    }

    /// The head for these codes, cut off behind the last symbol that is used.
    fn head(&self, codes: &Codes) -> Head {
        let used = |frequencies: &[u32]| frequencies.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
        Head::new(
            &codes.literals.lengths()[..used(&self.literals)],
            &codes.distances.lengths()[..used(&self.distances)],
        )
    }

    /// How many bits the symbols take without their extra bits.
    fn cost(&self, codes: &Codes) -> u64 {
        codes.literals.cost(&self.literals) + codes.distances.cost(&self.distances)
    }

    /// How many extra bits there are.
    fn extra_bits(&self) -> u64 {
        let lengths = self.literals[END_OF_BLOCK + 1..].iter().zip(LENGTH_EXTRA_BITS);
        let lengths = lengths.map(|(&count, bits)| u64::from(count) * u64::from(bits)).sum::<u64>();
        let distances = self.distances.iter().enumerate();
        lengths
            + distances.map(|(symbol, &count)| u64::from(count) * u64::from(distance_extra_bits(symbol))).sum::<u64>()
    }
}
