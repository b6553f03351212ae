//! What every block of tokens needs: how often each symbol occurs, a code for each alphabet, and the tokens written in
//! them.
//!
//! Which codes these are, and which kind a block has, each encoder decides for itself.

use std::sync::LazyLock;

use super::bits::BitWriter;
use super::prefix_code::{self, PrefixCode};
use super::symbols::{
    DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTH_EXTRA_BITS, LENGTHS, LITERAL_SYMBOLS, Token, distance_extra_bits,
};

/// How often each symbol of a block occurs.
pub(super) struct Census {
    /// Literals, the end of the block, lengths.
    pub(super) literals: [u32; LITERAL_SYMBOLS],
    pub(super) distances: [u32; DISTANCE_SYMBOLS],
}

/// The two codes of a block.
pub(super) struct Codes {
    pub(super) literals: PrefixCode<LITERAL_SYMBOLS>,
    pub(super) distances: PrefixCode<DISTANCE_SYMBOLS>,
}

/// The codes that the format itself defines (RFC 1951, section 3.2.6).
pub(super) static FIXED: LazyLock<Codes> = LazyLock::new(|| {
    let (literals, distances) = prefix_code::fixed();
    Codes { literals, distances }
});

impl Census {
    /// Nothing but the end of the block.
    pub(super) fn empty() -> Self {
        let mut literals = [0; LITERAL_SYMBOLS];
        literals[END_OF_BLOCK] = 1;
        Self { literals, distances: [0; DISTANCE_SYMBOLS] }
    }

    /// The symbols of these tokens and the end of the block.
    pub(super) fn of(tokens: &[Token]) -> Self {
        // Two tables in turn: a count that was just written is slow to read.
        let mut rows = [[0u32; 512]; 2];
        let mut distances = [[0u32; 32]; 2];
        let mut count = |turn: usize, token: Token| {
            rows[turn][token.row()] += 1;
            distances[turn][token.distance().0 & 31] += u32::from(token.is_copy());
        };
        let pairs = tokens.chunks_exact(2);
        pairs.remainder().iter().for_each(|&token| count(0, token));
        for pair in pairs {
            count(0, pair[0]);
            count(1, pair[1]);
        }
        let rows: [u32; 512] = std::array::from_fn(|row| rows[0][row] + rows[1][row]);
        let distances: [u32; 32] = std::array::from_fn(|symbol| distances[0][symbol] + distances[1][symbol]);
        let mut census = Self::empty();
        census.literals[..256].copy_from_slice(&rows[..256]);
        for (length, count) in LENGTHS.iter().zip(&rows[256..]) {
            census.literals[usize::from(length.symbol)] += count;
        }
        census.distances.copy_from_slice(&distances[..DISTANCE_SYMBOLS]);
        census
    }

    /// How many bits the symbols take without their extra bits.
    pub(super) fn cost(&self, codes: &Codes) -> u64 {
        codes.literals.cost(&self.literals) + codes.distances.cost(&self.distances)
    }

    /// How many extra bits there are.
    pub(super) fn extra_bits(&self) -> u64 {
        let lengths = self.literals[END_OF_BLOCK + 1..].iter().zip(LENGTH_EXTRA_BITS);
        let lengths = lengths.map(|(&count, bits)| u64::from(count) * u64::from(bits)).sum::<u64>();
        let distances = self.distances.iter().enumerate();
        lengths
            + distances.map(|(symbol, &count)| u64::from(count) * u64::from(distance_extra_bits(symbol))).sum::<u64>()
    }
}

impl Codes {
    /// Writes the tokens; the end of the block is not among them.
    pub(super) fn write(&self, tokens: &[Token], bits: &mut BitWriter, out: &mut Vec<u8>) {
        // What a token's row stands for: the code, and behind it the extra bits of a length.
        let mut rows = [(0u32, 0u8); 512];
        for (byte, row) in rows[..256].iter_mut().enumerate() {
            let (code, bits) = self.literals.of(byte);
            *row = (code as u32, bits as u8);
        }
        for (length, row) in LENGTHS.iter().zip(&mut rows[256..]) {
            let (code, bits) = self.literals.of(usize::from(length.symbol));
            *row = (code as u32 | u32::from(length.extra) << bits, bits as u8 + length.extra_bits);
        }
        let mut distances = [(0u16, 0u8); 32];
        for (symbol, place) in distances.iter_mut().enumerate().take(DISTANCE_SYMBOLS) {
            let (code, bits) = self.distances.of(symbol);
            *place = (code as u16, bits as u8);
        }
        let symbols = tokens.iter().map(|&token| {
            let (word, length) = rows[token.row()];
            let (mut word, mut length) = (u64::from(word), u32::from(length));
            if token.is_copy() {
                let (symbol, extra, extra_bits) = token.distance();
                let (code, code_bits) = distances[symbol & 31];
                let code_bits = u32::from(code_bits);
                word |= (u64::from(code) | u64::from(extra) << code_bits) << length;
                length += code_bits + extra_bits;
            }
            (word, length)
        });
        bits.put_all(symbols, out);
    }

    /// Writes the end of the block.
    pub(super) fn write_end(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        let (code, length) = self.literals.of(END_OF_BLOCK);
        bits.put(code, length, out);
    }
}
