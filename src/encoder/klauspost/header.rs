//! The header of a block with its own code: how the lengths of two prefix codes are written in a third.
//!
//! Behaviour followed: klauspost/compress `flate` (as all of Go's family): runs go on from the literals' lengths into
//! the distances', and the longest run the format has is always taken first.

use super::huffman::{CODE_LENGTHS, PrefixCode};
use crate::encoder::bits::BitWriter;
use crate::encoder::symbols::{DISTANCE_SYMBOLS, LITERAL_SYMBOLS};

/// The order in which the lengths of the third code are written.
const ORDER: [usize; CODE_LENGTHS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const REPEAT: u8 = 16;
const ZEROS: u8 = 17;
const MANY_ZEROS: u8 = 18;

/// A header, ready to be written.
pub(super) struct Header {
    literals: usize,
    distances: usize,
    /// Symbols of the third code, each with its extra bits' value.
    runs: Vec<(u8, u8)>,
    code: PrefixCode,
    /// How many lengths of the third code are written.
    written: usize,
    /// All its bits, with the three that open the block.
    pub(super) size: usize,
}

fn extra_bits(symbol: u8) -> u32 {
    match symbol {
        REPEAT => 2,
        ZEROS => 3,
        MANY_ZEROS => 7,
        _ => 0,
    }
}

impl Header {
    /// Describes the first `literals` lengths of one code and the first `distances` of the other.
    pub(super) fn new(
        literals: usize,
        literal_code: &PrefixCode,
        distances: usize,
        distance_code: &PrefixCode,
    ) -> Self {
        let mut lengths = [0_u8; LITERAL_SYMBOLS + DISTANCE_SYMBOLS];
        let described = literal_code.codes()[..literals].iter().chain(&distance_code.codes()[..distances]);
        for (length, code) in lengths.iter_mut().zip(described) {
            *length = code.length() as u8;
        }
        let runs = runs_of(&lengths[..literals + distances]);
        let mut frequencies = [0_u16; CODE_LENGTHS];
        for &(symbol, _) in &runs {
            frequencies[usize::from(symbol)] += 1;
        }
        let mut code = PrefixCode::empty();
        code.build(&frequencies, 7);
        let mut written = CODE_LENGTHS;
        while written > 4 && frequencies[ORDER[written - 1]] == 0 {
            written -= 1;
        }
        let extra: usize = runs.iter().map(|&(symbol, _)| extra_bits(symbol) as usize).sum();
        let size = 3 + 5 + 5 + 4 + 3 * written + code.cost(&frequencies) + extra;
        Self { literals, distances, runs, code, written, size }
    }

    /// Writes the header of a block that is not the last of its stream.
    pub(super) fn write(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        bits.put(0b100, 3, out);
        bits.put((self.literals - 257) as u64 & 31, 5, out);
        bits.put((self.distances - 1) as u64, 5, out);
        bits.put((self.written - 4) as u64, 4, out);
        for &symbol in &ORDER[..self.written] {
            bits.put(u64::from(self.code.code(symbol).length()), 3, out);
        }
        for &(symbol, extra) in &self.runs {
            let code = self.code.code(usize::from(symbol));
            bits.put(code.word(), code.length(), out);
            bits.put(u64::from(extra), extra_bits(symbol), out);
        }
    }
}

fn runs_of(lengths: &[u8]) -> Vec<(u8, u8)> {
    let mut runs = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(|a, b| a == b) {
        let (length, mut left) = (run[0], run.len());
        if length == 0 {
            while left >= 11 {
                let taken = left.min(138);
                runs.push((MANY_ZEROS, (taken - 11) as u8));
                left -= taken;
            }
            if left >= 3 {
                runs.push((ZEROS, (left - 3) as u8));
                left = 0;
            }
        } else {
            runs.push((length, 0));
            left -= 1;
            while left >= 3 {
                let taken = left.min(6);
                runs.push((REPEAT, (taken - 3) as u8));
                left -= taken;
            }
        }
        runs.extend(std::iter::repeat_n((length, 0), left));
    }
    runs
}
