//! Length-limited Huffman codes, exactly as Go's family of deflate encoders builds them.
//!
//! Many codes are optimal for the same frequencies; which one is written is a producer's fingerprint. Behaviour
//! followed: `compress/flate` of klauspost/compress (unchanged from 1.10 to 1.19), which limits lengths by merging
//! packages and takes a package before a symbol of the same weight.

use crate::encoder::symbols::{DISTANCE_SYMBOLS, LITERAL_SYMBOLS};

/// A code word as it is written (first bit lowest) with its length above bit 16; zero is "no code".
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Code(u32);

impl Code {
    fn new(word: u16, length: u32) -> Self {
        Self(u32::from(word.reverse_bits() >> (16 - length)) | length << 16)
    }

    #[inline(always)]
    pub(super) fn word(self) -> u64 {
        u64::from(self.0 & 0xffff)
    }

    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        self.0 >> 16
    }

    pub(super) fn is_missing(self) -> bool {
        self.0 == 0
    }
}

/// The alphabet in which code lengths are written.
pub(super) const CODE_LENGTHS: usize = 19;

const LONGEST: usize = 15;
/// Merging needs two packages fewer than twice the symbols.
const PACKAGES: usize = 2 * LITERAL_SYMBOLS;

/// One prefix code over up to 286 symbols.
#[derive(Clone)]
pub(super) struct PrefixCode {
    codes: [Code; LITERAL_SYMBOLS],
}

impl PrefixCode {
    pub(super) fn empty() -> Self {
        Self { codes: [Code::default(); LITERAL_SYMBOLS] }
    }

    /// The code for literals and lengths that the format itself defines.
    pub(super) fn fixed_literals() -> Self {
        // The format gives words to two more symbols of eight bits that never occur.
        let mut lengths = [8; LITERAL_SYMBOLS + 2];
        lengths[144..256].fill(9);
        lengths[256..280].fill(7);
        let mut code = Self::empty();
        code.assign(&lengths);
        code
    }

    /// The code for distances that the format itself defines.
    pub(super) fn fixed_distances() -> Self {
        let mut code = Self::empty();
        code.assign(&[5; DISTANCE_SYMBOLS]);
        code
    }

    #[inline(always)]
    pub(super) fn code(&self, symbol: usize) -> Code {
        self.codes[symbol]
    }

    pub(super) fn codes(&self) -> &[Code; LITERAL_SYMBOLS] {
        &self.codes
    }

    /// How many bits these symbols take, without extra bits; a symbol without a code counts nothing.
    pub(super) fn cost(&self, frequencies: &[u16]) -> usize {
        self.codes.iter().zip(frequencies).map(|(code, &n)| code.length() as usize * usize::from(n)).sum()
    }

    /// The same, or nothing when a symbol that occurs has no code.
    pub(super) fn cost_if_complete(&self, frequencies: &[u16]) -> Option<usize> {
        self.covers(frequencies).then(|| self.cost(frequencies))
    }

    /// Whether every symbol that occurs has a code.
    pub(super) fn covers(&self, frequencies: &[u16]) -> bool {
        self.codes.iter().zip(frequencies).all(|(code, &n)| n == 0 || !code.is_missing())
    }

    /// Builds the code for these frequencies; symbols that do not occur get none. Codes beyond `frequencies` stay.
    pub(super) fn build(&mut self, frequencies: &[u16], longest: usize) {
        let mut order = [0_u32; LITERAL_SYMBOLS];
        let mut count = 0;
        for (symbol, &n) in frequencies.iter().enumerate() {
            if n != 0 {
                order[count] = u32::from(n) << 16 | symbol as u32;
                count += 1;
            }
        }
        let order = &mut order[..count];
        let mut lengths = [0_u8; LITERAL_SYMBOLS];
        if count <= 2 {
            for entry in order.iter() {
                lengths[(entry & 0xffff) as usize] = 1;
            }
        } else {
            order.sort_unstable();
            let of_length = symbols_of_each_length(order, longest);
            // The rarest symbols come first and get the longest words.
            let mut rest = order.iter();
            for length in (1..=LONGEST).rev() {
                for entry in rest.by_ref().take(usize::from(of_length[length])) {
                    lengths[(entry & 0xffff) as usize] = length as u8;
                }
            }
        }
        self.assign(&lengths[..frequencies.len()]);
    }

    /// Canonical words: shorter ones first, and in the order of symbols among equals.
    fn assign(&mut self, lengths: &[u8]) {
        let mut of_length = [0_u16; LONGEST + 1];
        for &length in lengths {
            of_length[usize::from(length)] += 1;
        }
        of_length[0] = 0;
        let mut next = [0_u16; LONGEST + 1];
        let mut word = 0_u16;
        for length in 1..=LONGEST {
            word = word.wrapping_add(of_length[length - 1]) << 1;
            next[length] = word;
        }
        for (code, &length) in self.codes.iter_mut().zip(lengths) {
            *code = Code::default();
            if length != 0 {
                let word = &mut next[usize::from(length)];
                *code = Code::new(*word, u32::from(length));
                *word += 1;
            }
        }
    }
}

/// How many symbols get a word of each length; `order` holds at least three symbols, frequency above bit 16, rarest
/// first.
///
/// Every level merges the symbols with the pairs of the level below it, lightest first. Of the last level as many
/// items are taken as make a complete code; the pairs among them say how many items of the level below are taken, and
/// so on down. The symbols taken at a level are those whose words have at least that many bits.
fn symbols_of_each_length(order: &[u32], longest: usize) -> [u16; LONGEST + 1] {
    let count = order.len();
    let levels = longest.min(count - 1);
    let wanted = 2 * count - 2;
    // How many of a level's first items are symbols.
    let mut symbols_among = [[0_u16; PACKAGES + 1]; LONGEST + 1];
    let mut below = [0_u32; PACKAGES];
    let mut items_below = 0;
    for among in &mut symbols_among[..levels] {
        let mut items = [0_u32; PACKAGES];
        let (mut symbol, mut pair, mut made) = (0, 0, 0);
        while made < wanted {
            let pair_weight = if pair + 1 < items_below { below[pair] + below[pair + 1] } else { u32::MAX };
            let symbol_weight = if symbol < count { order[symbol] >> 16 } else { u32::MAX };
            if symbol_weight < pair_weight {
                items[made] = symbol_weight;
                symbol += 1;
            } else if pair_weight != u32::MAX {
                items[made] = pair_weight;
                pair += 2;
            } else {
                break;
            }
            made += 1;
            among[made] = symbol as u16;
        }
        below = items;
        items_below = made;
    }
    let mut of_length = [0_u16; LONGEST + 1];
    let mut taken = wanted;
    let mut longer_or_equal = [0_u16; LONGEST + 2];
    for (bits, among) in symbols_among[..levels].iter().rev().enumerate() {
        let symbols = among[taken];
        longer_or_equal[bits + 1] = symbols;
        taken = 2 * (taken - usize::from(symbols));
    }
    for bits in 1..=LONGEST {
        of_length[bits] = longer_or_equal[bits] - longer_or_equal[bits + 1];
    }
    of_length
}
