//! Literals and matches on their way from a matcher to a block, and how often each symbol of the format occurs among
//! them.
//!
//! Behaviour followed: klauspost/compress `flate` since 1.15.0, whose long matches are cut so that no piece is shorter
//! than three bytes, and whose estimate of a block's size decides about reusing a code in 32-bit floats.

use crate::encoder::symbols::{
    DISTANCE_SYMBOLS, END_OF_BLOCK, LENGTH_EXTRA_BITS, LENGTHS, LITERAL_SYMBOLS, LONGEST, SHORTEST, Token,
    distance_extra_bits,
};

/// As many tokens as a block of 65,535 bytes can have; a power of two lets the compiler see that none is out of range.
const CAPACITY: usize = 1 << 16;

/// The tokens of one block.
pub(super) struct Tokens {
    list: Box<[Token; CAPACITY]>,
    len: usize,
    /// Whether the end of the block is one of the tokens.
    pub(super) ended: bool,
    /// How often each literal, the end (by `ended` only) and each length code occurs.
    pub(super) literals: [u16; LITERAL_SYMBOLS],
    /// How often each distance code occurs.
    pub(super) distances: [u16; DISTANCE_SYMBOLS],
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            list: Box::new([Token::literal(0); CAPACITY]),
            len: 0,
            ended: false,
            literals: [0; LITERAL_SYMBOLS],
            distances: [0; DISTANCE_SYMBOLS],
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.ended = false;
        self.literals.fill(0);
        self.distances.fill(0);
    }

    /// Literals and matches, without the end.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Literals and matches, and the end where it is known to come.
    pub(super) fn len_with_end(&self) -> usize {
        self.len + usize::from(self.ended)
    }

    pub(super) fn list(&self) -> &[Token] {
        &self.list[..self.len]
    }

    /// Says that the block ends with these tokens.
    pub(super) fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.literals[END_OF_BLOCK] += 1;
        }
    }

    #[inline(always)]
    fn push(&mut self, token: Token) {
        self.list[self.len % CAPACITY] = token;
        self.len += 1;
    }

    #[inline(always)]
    pub(super) fn literal(&mut self, byte: u8) {
        self.literals[usize::from(byte)] += 1;
        self.push(Token::literal(byte));
    }

    #[inline(always)]
    pub(super) fn literals(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.literal(byte);
        }
    }

    /// Adds a match of at most 258 bytes.
    #[inline(always)]
    pub(super) fn matched(&mut self, length: usize, distance: usize) {
        let token = Token::copy(length, distance);
        self.literals[usize::from(LENGTHS[length - SHORTEST].symbol)] += 1;
        self.distances[token.distance().0] += 1;
        self.push(token);
    }

    /// Adds a match of any length in pieces; what is left for the last piece is never too short to be one.
    #[inline(always)]
    pub(super) fn matched_long(&mut self, mut length: usize, distance: usize) {
        while length > LONGEST {
            let piece = if length > LONGEST + SHORTEST { LONGEST } else { LONGEST - SHORTEST };
            self.matched(piece, distance);
            length -= piece;
        }
        self.matched(length, distance);
    }

    /// The extra bits of all matches.
    pub(super) fn extra_bits(&self) -> usize {
        let lengths = self.literals[END_OF_BLOCK + 1..].iter().zip(LENGTH_EXTRA_BITS);
        let distances = self.distances.iter().enumerate();
        lengths.map(|(&n, bits)| usize::from(n) * usize::from(bits)).sum::<usize>()
            + distances.map(|(symbol, &n)| usize::from(n) * distance_extra_bits(symbol) as usize).sum::<usize>()
    }

    /// How many bits the tokens would take with a code made for them, without its header: their entropy, every symbol
    /// costing at least one bit and at most fifteen.
    ///
    /// The order of the additions and their 32-bit precision are part of the behaviour followed: a block's fate can
    /// hang on the last bit. A producer whose processor fuses multiplication and addition may differ here.
    pub(super) fn estimated_bits(&self) -> usize {
        let mut bits = 0_f32;
        let mut matches = 0_usize;
        let total = self.len_with_end();
        let add = |bits: &mut f32, counts: &[u16], share: f32| {
            for &n in counts.iter().filter(|&&n| n > 0) {
                let n = f32::from(n);
                *bits += (-rough_log2(n * share)).clamp(1.0, 15.0) * n;
            }
        };
        if total > 0 {
            let share = 1.0 / total as f32;
            add(&mut bits, &self.literals[..END_OF_BLOCK], share);
            bits += 15.0;
            let lengths = &self.literals[END_OF_BLOCK + 1..];
            add(&mut bits, lengths, share);
            matches = lengths.iter().map(|&n| usize::from(n)).sum();
        }
        if matches > 0 {
            add(&mut bits, &self.distances, 1.0 / matches as f32);
        }
        bits as usize + self.extra_bits()
    }
}

/// A quadratic through the mantissa instead of a logarithm. Its constants are those of the producer, 2.02466578 and
/// 0.67487759, as 32 bits hold them.
fn rough_log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = ((bits >> 23 & 255) as i32 - 128) as f32;
    let mantissa = f32::from_bits((bits & !0x7f80_0000) + (127 << 23));
    exponent + ((-0.344_848_43 * mantissa + 2.024_665_8) * mantissa - 0.674_877_6)
}
