//! The head of a dynamic block: the two codes of the block, written as run lengths in a third code.
//!
//! RFC 1951, section 3.2.7, leaves open how runs are cut. Go, and klauspost/compress after it, takes the longest piece
//! first and lets runs go on from the literal codes into the distance codes; what is left of a run and too short for a
//! repeat is written out. zlib cuts alike, but never across: what it makes of the pieces stands beside it.

use super::bits::BitWriter;
use super::prefix_code::PrefixCode;

/// The order in which the lengths of the third code are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Repeats the length before it three to six times.
const REPEAT: u8 = 16;
/// Three to ten zeros.
const ZEROS: u8 = 17;
/// Eleven to 138 zeros.
const MANY_ZEROS: u8 = 18;
/// The longest code of the third code, in bits.
pub(super) const LONGEST_CODE: usize = 7;
/// The most code lengths there are: those of all literals and lengths, and of all distances.
const MOST_LENGTHS: usize = 286 + 30;
/// How many bits tell a block's kind, and whether it is the last.
const KIND: u64 = 3;

/// The head of a dynamic block, ready to be measured and written.
pub(super) struct Head {
    /// Symbol, value of the extra bits.
    runs: Vec<(u8, u8)>,
    /// The third code, and how many bits each of its symbols has; none, if it is not used.
    third: [(u64, u32); 19],
    /// How many lengths of the third code are written, in its order.
    written: usize,
    literals: usize,
    distances: usize,
    bits: u64,
}

impl Head {
    /// Plans the head for the lengths of the literal and length codes and of the distance codes, as Go cuts them.
    pub(super) fn new(literals: &[u8], distances: &[u8]) -> Self {
        let mut runs = Vec::with_capacity(MOST_LENGTHS);
        append_runs(&[literals, distances].concat(), &mut runs);
        Self::of_runs(runs, literals.len(), distances.len(), |frequencies| {
            let code = PrefixCode::<19>::for_frequencies(frequencies, LONGEST_CODE);
            std::array::from_fn(|symbol| code.of(symbol))
        })
    }

    /// The head of runs that were cut in some way, of so many lengths, in the code that `third` makes for the symbols that
    /// occur so often.
    pub(super) fn of_runs(
        runs: Vec<(u8, u8)>,
        literals: usize,
        distances: usize,
        third: impl FnOnce(&[u32; 19]) -> [(u64, u32); 19],
    ) -> Self {
        let mut frequencies = [0_u32; 19];
        runs.iter().for_each(|&(symbol, _)| frequencies[usize::from(symbol)] += 1);
        let third = third(&frequencies);
        let unused = ORDER.iter().rev().take_while(|&&symbol| third[symbol].1 == 0).count();
        let written = (ORDER.len() - unused).max(4);
        let bits_of = |&(symbol, _): &(u8, u8)| u64::from(third[usize::from(symbol)].1 + extra_bits(symbol));
        let bits = 5 + 5 + 4 + 3 * written as u64 + runs.iter().map(bits_of).sum::<u64>();
        Self { runs, third, written, literals, distances, bits }
    }

    /// How many bits the head takes, those of the block's kind included.
    pub(super) fn bits(&self) -> u64 {
        KIND + self.bits
    }

    /// The same without those of the block's kind.
    pub(super) fn bits_behind_kind(&self) -> u64 {
        self.bits
    }

    /// Writes the head of a block that is not the last one.
    pub(super) fn write(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        bits.put(0b10 << 1, KIND as u32, out);
        self.write_behind_kind(bits, out);
    }

    /// Writes all behind the block's kind.
    pub(super) fn write_behind_kind(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        match self.literals.checked_sub(257) {
            Some(more) => bits.put(more as u64, 5, out),
            // Only klauspost/compress 1.18.1 told fewer, and broke its streams by it.
            None => bits.put_five_of_negative(self.literals as i64 - 257, out),
        }
        bits.put(self.distances as u64 - 1, 5, out);
        bits.put(self.written as u64 - 4, 4, out);
        for &symbol in &ORDER[..self.written] {
            bits.put(u64::from(self.third[symbol].1), 3, out);
        }
        for &(symbol, extra) in &self.runs {
            let (code, length) = self.third[usize::from(symbol)];
            bits.put(code, length, out);
            bits.put(u64::from(extra), extra_bits(symbol), out);
        }
    }
}

/// How many extra bits a symbol of the third code has.
fn extra_bits(symbol: u8) -> u32 {
    match symbol {
        REPEAT => 2,
        ZEROS => 3,
        MANY_ZEROS => 7,
        _ => 0,
    }
}

/// Appends code lengths as symbols of the third code and the value of their extra bits.
pub(super) fn append_runs(lengths: &[u8], runs: &mut Vec<(u8, u8)>) {
    for run in lengths.chunk_by(|a, b| a == b) {
        let (value, mut left) = (run[0], run.len());
        if value != 0 {
            runs.push((value, 0));
            left -= 1;
            while left >= 3 {
                let piece = left.min(6);
                runs.push((REPEAT, piece as u8 - 3));
                left -= piece;
            }
        } else {
            while left >= 11 {
                let piece = left.min(138);
                runs.push((MANY_ZEROS, (piece - 11) as u8));
                left -= piece;
            }
            if left >= 3 {
                runs.push((ZEROS, left as u8 - 3));
                left = 0;
            }
        }
        runs.extend(std::iter::repeat_n((value, 0), left));
    }
}

#[cfg(test)]
mod tests {
    use super::{MANY_ZEROS, REPEAT, ZEROS, append_runs};

    #[test]
    fn the_longest_piece_goes_first() {
        let runs = |lengths: &[u8]| {
            let mut runs = Vec::new();
            append_runs(lengths, &mut runs);
            runs
        };
        assert_eq!(runs(&[5; 9]), [(5, 0), (REPEAT, 3), (5, 0), (5, 0)]);
        assert_eq!(runs(&[0; 150]), [(MANY_ZEROS, 127), (MANY_ZEROS, 1)]);
        assert_eq!(runs(&[0; 148]), [(MANY_ZEROS, 127), (ZEROS, 7)]);
        assert_eq!(runs(&[0; 2]), [(0, 0), (0, 0)]);
        assert_eq!(runs(&[7, 0, 0, 0, 7, 7]), [(7, 0), (ZEROS, 0), (7, 0), (7, 0)]);
    }
}
