//! What SpeedBestCompression expects of a match: what it costs beyond the literals it saves.

use crate::encoder::klauspost_zstd::fse::Table;
use crate::encoder::klauspost_zstd::sequences::{SHORTEST_MATCH, length_code, offset_code, predefined_costs};

/// What codes cost in the tables that the format predefines.
pub(super) struct Prices {
    offsets: Table,
    lengths: Table,
}

impl Prices {
    pub(super) fn predefined() -> Self {
        let (offsets, lengths) = predefined_costs();
        Self { offsets, lengths }
    }

    /// The bits of a match of so many bytes at a distance of that number, less what its bytes would cost as literals, each
    /// `literal_cost` bits / 1024.
    pub(super) fn balance(&self, length: i32, number: i32, literal_cost: i32) -> i32 {
        let (length_code, length_bits) = length_code((length - SHORTEST_MATCH as i32) as u32);
        let (offset_code, offset_bits) = offset_code(number as u32);
        let states = self.offsets.least_bits(offset_code) + self.lengths.least_bits(length_code);
        (offset_bits + length_bits + states) as i32 - (length.wrapping_mul(literal_cost) >> 10)
    }
}

/// What a byte of the block costs on average by Shannon's measure, in bits / 1024, and no less than one bit.
pub(super) fn literal_cost(block: &[u8]) -> i32 {
    let mut counts = [0_u32; 256];
    for &byte in block {
        counts[usize::from(byte)] += 1;
    }
    let share = 1.0 / block.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|&count| f64::from(count))
        .map(|count| (-log2(count * share) * count).ceil())
        .sum();
    let bits = bits.ceil() as usize;
    ((bits * 1024 / block.len()) as i32).max(1024)
}

/// The logarithm of a number from 0 to 1 in the steps in which Go takes it: the exponent apart, and the fraction's
/// natural logarithm scaled.
fn log2(number: f64) -> f64 {
    let exponent = ((number.to_bits() >> 52) & 0x7ff) as i32 - 1022;
    let fraction = f64::from_bits(number.to_bits() & !(0x7ff << 52) | 1022 << 52);
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    fraction.ln() * std::f64::consts::LOG2_E + f64::from(exponent)
}
