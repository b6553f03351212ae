//! Blocks, and zlib's choice between stored, fixed and dynamic ones, which GNU gzip has as well.
//!
//! All three are weighed in whole bytes: the fixed code is taken if it is no longer than the dynamic one, and the bytes
//! as they are if they are no longer than that, their head taken for four bytes. Where blocks end is not decided here.
//! Source: zlib's `trees.c`, read for its behaviour.

use std::sync::LazyLock;

use super::super::bits::BitWriter;
use super::super::symbols::{
    DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTH_EXTRA_BITS, LENGTHS, LITERAL_SYMBOLS, Token, distance_extra_bits,
};
use super::head::head;
use super::tree::Code;

/// The most bytes that a stored block holds.
pub(super) const MOST_STORED: usize = 65535;
/// Deflate's longest code.
const LONGEST_CODE: usize = 15;

/// The kinds of blocks, as they are written.
const STORED: u64 = 0b00;
const FIXED: u64 = 0b01;
const DYNAMIC: u64 = 0b10;

/// Writes blocks one after the other.
#[derive(Debug, Default)]
pub(in super::super) struct BlockWriter {
    bits: BitWriter,
}

/// How often each symbol of a block occurs.
struct Census {
    literals: [u32; LITERAL_SYMBOLS],
    distances: [u32; DISTANCE_SYMBOLS],
}

/// The two codes of a block.
struct Codes {
    literals: Code<LITERAL_SYMBOLS>,
    distances: Code<DISTANCE_SYMBOLS>,
}

/// RFC 1951, section 3.2.6. The code is canonical over 288 symbols; the last two are never used.
static FIXED_CODES: LazyLock<Codes> = LazyLock::new(|| {
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    Codes { literals: Code::canonical(lengths).first(), distances: Code::canonical([5; DISTANCE_SYMBOLS]) }
});

impl BlockWriter {
    /// Writes `tokens` as the smallest of the three kinds; as a stored block only if their bytes are at hand.
    pub(in super::super) fn write(&mut self, tokens: &[Token], bytes: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        let census = Census::of(tokens);
        let codes = census.codes();
        let head = head(codes.literals.lengths(), codes.distances.lengths());
        let extra = census.extra_bits();
        let dynamic = in_bytes(head.bits_behind_kind() + census.cost(&codes) + extra);
        let fixed = in_bytes(census.cost(&FIXED_CODES) + extra);
        let storable = bytes.filter(|bytes| bytes.len() <= MOST_STORED && bytes.len() as u64 + 4 <= dynamic.min(fixed));
        if let Some(bytes) = storable {
            self.write_stored(bytes, last, out);
        } else if fixed <= dynamic {
            self.write_kind(FIXED, last, out);
            self.write_tokens(tokens, &FIXED_CODES, out);
        } else {
            self.write_kind(DYNAMIC, last, out);
            head.write_behind_kind(&mut self.bits, out);
            self.write_tokens(tokens, &codes, out);
        }
        if last {
            self.bits.align(out);
        }
    }

    /// Writes `bytes` as they are, in one block.
    pub(in super::super) fn write_stored(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        self.write_kind(STORED, last, out);
        self.bits.align(out);
        let length = bytes.len() as u16;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(bytes);
    }

    /// Writes a block with nothing in it, in the fixed code: ten bits.
    pub(in super::super) fn write_empty(&mut self, out: &mut Vec<u8>) {
        self.write_kind(FIXED, false, out);
        self.write_end_of_block(&FIXED_CODES, out);
    }

    /// How many bits of the unfinished byte there are.
    pub(in super::super) fn pending(&self) -> u32 {
        self.bits.pending()
    }

    fn write_kind(&mut self, kind: u64, last: bool, out: &mut Vec<u8>) {
        self.bits.put(kind << 1 | u64::from(last), 3, out);
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
            let (start_bits, code_bits) = (u32::from(start_bits), u32::from(code_bits));
            let distance = (u64::from(code) | u64::from(extra) << code_bits) & u64::from(here);
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

/// How many bytes a block takes whose kind is not counted in `bits`, by zlib's count: as if it began with a byte.
fn in_bytes(bits: u64) -> u64 {
    (bits + 3).div_ceil(8)
}

impl Census {
    fn of(tokens: &[Token]) -> Self {
        let mut rows = [0u32; 512];
        let mut distances = [0u32; 32];
        for &token in tokens {
            rows[token.row()] += 1;
            distances[token.distance().0 & 31] += u32::from(token.is_copy());
        }
        let mut census = Self { literals: [0; LITERAL_SYMBOLS], distances: [0; DISTANCE_SYMBOLS] };
        census.literals[END_OF_BLOCK] = 1;
        census.literals[..256].copy_from_slice(&rows[..256]);
        for (length, count) in LENGTHS.iter().zip(&rows[256..]) {
            census.literals[usize::from(length.symbol)] += count;
        }
        census.distances.copy_from_slice(&distances[..DISTANCE_SYMBOLS]);
        census
    }

    fn codes(&self) -> Codes {
        Codes {
            literals: Code::for_frequencies(&self.literals, LONGEST_CODE),
            distances: Code::for_frequencies(&self.distances, LONGEST_CODE),
        }
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
