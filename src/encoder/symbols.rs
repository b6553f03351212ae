//! The alphabet of deflate (RFC 1951, section 3.2.5): literals, lengths and distances, and the tokens made of them.
//!
//! Lengths and distances are written as a symbol and extra bits. Nothing here chooses anything; it is the same for every
//! encoder.

/// The symbol that ends a block; those below are literal bytes.
pub(super) const END_OF_BLOCK: usize = 256;
/// How many literal and length symbols there are.
pub(super) const LITERAL_SYMBOLS: usize = 286;
/// How many distance symbols there are.
pub(super) const DISTANCE_SYMBOLS: usize = 30;
/// The shortest length that deflate can say.
pub(super) const SHORTEST: usize = 3;
/// The longest length that deflate can say.
pub(super) const LONGEST: usize = 258;

/// A literal byte, or a length and a distance back.
///
/// The upper half is the byte, or 256 and the length less three; the lower half is the distance less one. So one table
/// of 512 rows serves bytes and lengths without asking which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token(u32);

impl Token {
    /// A byte as it is.
    pub(super) fn literal(byte: u8) -> Self {
        Self(u32::from(byte) << 16)
    }

    /// `length` bytes from `distance` bytes back.
    pub(super) fn copy(length: usize, distance: usize) -> Self {
        debug_assert!((SHORTEST..=LONGEST).contains(&length) && (1..=32768).contains(&distance));
        Self(((256 + length - SHORTEST) << 16 | (distance - 1)) as u32)
    }

    /// The row of this token's byte, or 256 more than that of its length less three.
    pub(super) fn row(self) -> usize {
        (self.0 >> 16) as usize & 511
    }

    /// Whether this is a length and a distance.
    pub(super) fn is_copy(self) -> bool {
        self.0 & 256 << 16 != 0
    }

    /// The distance's symbol, its extra bits and how many they are; those of distance 1 for a literal.
    pub(super) fn distance(self) -> (usize, u32, u32) {
        let distance = self.0 & 0x7fff;
        // Each power of two is cut in half; the lowest four distances are symbols of their own.
        let log = (distance | 1).ilog2();
        let extra = log.saturating_sub(1);
        let symbol = if distance < 2 { distance } else { 2 * log + (distance >> extra & 1) };
        (symbol as usize, distance & ((1 << extra) - 1), extra)
    }
}

/// How a length is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    /// The literal and length symbol.
    pub(super) symbol: u16,
    /// The value of the extra bits.
    pub(super) extra: u8,
    /// How many extra bits there are.
    pub(super) extra_bits: u8,
}

/// Every length, by the length less three.
pub(super) const LENGTHS: [Length; 256] = lengths();

/// The extra bits of each length symbol, by the symbol less 257.
pub(super) const LENGTH_EXTRA_BITS: [u8; 29] =
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

/// The extra bits of a distance symbol.
pub(super) fn distance_extra_bits(symbol: usize) -> u32 {
    (symbol as u32 / 2).saturating_sub(1)
}

const fn lengths() -> [Length; 256] {
    let mut all = [Length { symbol: 285, extra: 0, extra_bits: 0 }; 256];
    let (mut length, mut symbol) = (0, 0);
    // Length 258 has a symbol of its own, although the one before could say it too.
    while length < 255 {
        let bits = LENGTH_EXTRA_BITS[symbol];
        let mut extra = 0;
        while extra < 1 << bits && length < 255 {
            all[length] = Length { symbol: 257 + symbol as u16, extra, extra_bits: bits };
            extra += 1;
            length += 1;
        }
        symbol += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::{LENGTHS, Token, distance_extra_bits};

    #[test]
    fn distances_follow_the_table_of_the_rfc() {
        let mut first = 1;
        for symbol in 0..30 {
            let bits = distance_extra_bits(symbol);
            for extra in 0..1u32 << bits {
                assert_eq!(Token::copy(3, first + extra as usize).distance(), (symbol, extra, bits));
            }
            first += 1 << bits;
        }
        assert_eq!(first, 32769);
        assert!(!Token::literal(255).is_copy() && Token::copy(3, 1).is_copy());
    }

    #[test]
    fn lengths_follow_the_table_of_the_rfc() {
        let said =
            |length: usize| (LENGTHS[length - 3].symbol, LENGTHS[length - 3].extra, LENGTHS[length - 3].extra_bits);
        assert_eq!(said(3), (257, 0, 0));
        assert_eq!(said(12), (265, 1, 1));
        assert_eq!(said(257), (284, 30, 5));
        assert_eq!(said(258), (285, 0, 0));
    }
}
