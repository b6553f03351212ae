//! Literals and matches on their way from a matcher to a block, and how often each symbol of the format occurs among
//! them.
//!
//! Behaviour followed: klauspost/compress `flate` since 1.9.0, whose long matches are cut so that no piece is shorter
//! than three bytes, and whose estimate of a block's size decides about reusing a code.

use super::entropy::{add_rough, rounded_up};
use super::rules::Estimate;
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
    /// How many symbols are counted that do not occur.
    filled: usize,
    /// Whether long matches are cut in pieces of 255 bytes only.
    cut_short: bool,
    /// Whether the end of the block is one of the tokens.
    pub(super) ended: bool,
    /// How often each literal, the end (by `ended` only) and each length code occurs.
    pub(super) literals: [u16; LITERAL_SYMBOLS],
    /// How often each distance code occurs.
    pub(super) distances: [u16; DISTANCE_SYMBOLS],
}

impl Tokens {
    pub(super) fn new(cut_short: bool) -> Self {
        Self {
            list: Box::new([Token::literal(0); CAPACITY]),
            len: 0,
            filled: 0,
            cut_short,
            ended: false,
            literals: [0; LITERAL_SYMBOLS],
            distances: [0; DISTANCE_SYMBOLS],
        }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.filled = 0;
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

    /// Counts every symbol that does not occur as if it did once, so that a code for the tokens serves any others.
    pub(super) fn fill(&mut self) {
        for n in self.literals.iter_mut().filter(|n| **n == 0) {
            *n = 1;
            self.filled += 1;
        }
        self.distances.iter_mut().filter(|n| **n == 0).for_each(|n| *n = 1);
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
            let piece = if length > LONGEST + SHORTEST && !self.cut_short { LONGEST } else { LONGEST - SHORTEST };
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

    /// How many bits the tokens would take with a code made for them, without its header.
    pub(super) fn estimated_bits(&self, estimate: Estimate) -> usize {
        let total = self.len + self.filled + usize::from(self.ended && estimate == Estimate::ClampedWithEnd);
        let lengths = &self.literals[END_OF_BLOCK + 1..];
        let matches: usize = lengths.iter().map(|&n| usize::from(n)).sum();
        if estimate == Estimate::Ceilings {
            return self.rounded_up(total, matches);
        }
        let bounds = if estimate == Estimate::Rough { (f32::NEG_INFINITY, f32::INFINITY) } else { (1.0, 15.0) };
        let mut bits = 0_f32;
        if total > 0 {
            let share = 1.0 / total as f32;
            add_rough(&mut bits, &self.literals[..END_OF_BLOCK], share, bounds);
            bits += 15.0;
            add_rough(&mut bits, lengths, share, bounds);
        }
        if matches > 0 {
            add_rough(&mut bits, &self.distances, 1.0 / matches as f32, bounds);
        }
        bits as usize + self.extra_bits()
    }

    /// The estimate in exact logarithms, with extra bits that it takes from the wrong row of the tables.
    fn rounded_up(&self, total: usize, matches: usize) -> usize {
        let bits = |counts: &[u16], total: usize| {
            rounded_up(counts.iter().map(|&n| usize::from(n)), 1.0 / total as f64) as usize
        };
        let extra = |counts: &[u16], row: fn(usize) -> usize| -> usize {
            counts.iter().map(|&n| usize::from(n)).map(|n| n * row(n % 32)).sum()
        };
        let lengths = &self.literals[END_OF_BLOCK + 1..];
        let mut sum = 0;
        if total > 0 {
            sum += bits(&self.literals[..END_OF_BLOCK], total) + 15 + bits(lengths, total);
            sum += extra(lengths, |row| LENGTH_EXTRA_BITS.get(row).map_or(0, |&bits| usize::from(bits)));
        }
        if matches > 0 {
            sum += bits(&self.distances, matches);
            sum += extra(&self.distances, |row| distance_extra_bits(row) as usize);
        }
        sum
    }
}
