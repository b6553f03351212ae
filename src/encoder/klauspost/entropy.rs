//! How many bits symbols would take that occur so often, before there is a code for them.
//!
//! Behaviour followed: the several estimates of klauspost/compress `flate`. The order of the additions and their
//! precision are part of it: a block's fate can hang on the last bit. A producer whose processor fuses multiplication
//! and addition may differ here.

/// The sum of each symbol's bits, rounded up, for symbols whose share of the whole is their number times `share`.
pub(super) fn rounded_up(counts: impl Iterator<Item = usize>, share: f64) -> f64 {
    counts.filter(|&n| n > 0).map(|n| n as f64).map(|n| (-(n * share).log2() * n).ceil()).sum()
}

/// Adds the bits of symbols whose share of the whole is their number times `share`; one of them has `least` to `most`.
pub(super) fn add_rough(bits: &mut f32, counts: &[u16], share: f32, (least, most): (f32, f32)) {
    for &n in counts.iter().filter(|&&n| n > 0) {
        let n = f32::from(n);
        *bits += (-rough_log2(n * share)).clamp(least, most) * n;
    }
}

/// A quadratic through the mantissa instead of a logarithm. Its constants are those of the producer, 2.02466578 and
/// 0.67487759, as 32 bits hold them.
pub(super) fn rough_log2(value: f32) -> f32 {
    let bits = value.to_bits();
    let exponent = ((bits >> 23 & 255) as i32 - 128) as f32;
    let mantissa = f32::from_bits((bits & !0x7f80_0000) + (127 << 23));
    exponent + ((-0.344_848_43 * mantissa + 2.024_665_8) * mantissa - 0.674_877_6)
}
