//! Prefix codes of bounded length, with Go's way out of ties, which is that of klauspost/compress.
//!
//! Many sets of code lengths cost the same; which one a compressor takes is part of its fingerprint. Go follows the
//! package-merge algorithm (Larmore and Hirschberg, 1990): a symbol's length is the number of rounds in which it was among
//! the cheapest. When a single symbol and a package of two cost the same, the package goes first; symbols of equal
//! frequency go by their number. Source: Go's `compress/flate/huffman_code.go`, read for its behaviour.

use super::symbols::{DISTANCE_SYMBOLS, LITERAL_SYMBOLS};

/// A prefix code for symbols below `N`: canonical codes (RFC 1951, section 3.2.2), bits in the order they are written.
#[derive(Debug, Clone)]
pub(super) struct PrefixCode<const N: usize> {
    codes: [u16; N],
    lengths: [u8; N],
}

/// The most symbols a code is made for.
const MOST_SYMBOLS: usize = LITERAL_SYMBOLS;
/// The most items of a round that count: two for each symbol, less two.
const MOST_ITEMS: usize = 2 * MOST_SYMBOLS;
/// Deflate's longest code, in bits.
pub(super) const LONGEST_CODE: usize = 15;

/// The codes for literals and lengths and for distances that the format itself defines (RFC 1951, section 3.2.6).
pub(super) fn fixed() -> (PrefixCode<LITERAL_SYMBOLS>, PrefixCode<DISTANCE_SYMBOLS>) {
    // The code is canonical over 288 symbols; the last two are never used.
    let mut lengths = [8; 288];
    lengths[144..256].fill(9);
    lengths[256..280].fill(7);
    (PrefixCode::canonical(lengths).first(), PrefixCode::canonical([5; DISTANCE_SYMBOLS]))
}

impl<const N: usize> PrefixCode<N> {
    /// A code without codes.
    pub(super) fn empty() -> Self {
        Self { codes: [0; N], lengths: [0; N] }
    }

    /// The cheapest code for symbols that occur so often, none longer than `limit` bits. A symbol that does not occur has
    /// none; there are fewer than 2^23 of one.
    pub(super) fn for_frequencies(frequencies: &[impl Copy + Into<u32>; N], limit: usize) -> Self {
        Self::canonical(cheapest_lengths(frequencies, limit))
    }

    /// The code that these lengths define; zero is no code.
    pub(super) fn canonical(lengths: [u8; N]) -> Self {
        let mut next = [0u16; LONGEST_CODE + 2];
        for &length in lengths.iter().filter(|&&length| length > 0) {
            next[usize::from(length) + 1] += 1;
        }
        // From how many codes of each length there are to the first code of each length.
        for length in 1..=LONGEST_CODE {
            next[length] = (next[length] + next[length - 1]) << 1;
        }
        let mut codes = [0; N];
        for (code, &length) in codes.iter_mut().zip(&lengths).filter(|(_, length)| **length > 0) {
            let value = &mut next[usize::from(length)];
            *code = value.reverse_bits() >> (16 - length);
            *value += 1;
        }
        Self { codes, lengths }
    }

    /// The codes of the first symbols alone.
    fn first<const M: usize>(&self) -> PrefixCode<M> {
        PrefixCode {
            codes: std::array::from_fn(|symbol| self.codes[symbol]),
            lengths: std::array::from_fn(|symbol| self.lengths[symbol]),
        }
    }

    /// The code of `symbol` and how many bits it has.
    pub(super) fn of(&self, symbol: usize) -> (u64, u32) {
        (u64::from(self.codes[symbol]), u32::from(self.lengths[symbol]))
    }

    /// How many bits each symbol has.
    pub(super) fn lengths(&self) -> &[u8; N] {
        &self.lengths
    }

    /// The same up to the last symbol that has a code.
    pub(super) fn used_lengths(&self) -> &[u8] {
        let used = self.lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
        &self.lengths[..used]
    }

    /// How many bits the first symbols take together if they occur so often; one without a code takes none.
    pub(super) fn cost(&self, frequencies: &[impl Copy + Into<u64>]) -> u64 {
        frequencies.iter().zip(&self.lengths).map(|(&count, &length)| count.into() * u64::from(length)).sum()
    }

    /// Whether each of the first symbols has a code if it occurs.
    pub(super) fn covers(&self, frequencies: &[u16]) -> bool {
        frequencies.iter().zip(&self.lengths).all(|(&count, &length)| count == 0 || length > 0)
    }
}

/// The code lengths for symbols that occur so often.
fn cheapest_lengths<const N: usize>(frequencies: &[impl Copy + Into<u32>; N], limit: usize) -> [u8; N] {
    let mut lengths = [0; N];
    // Frequency and symbol in one number, which then sorts by both.
    let mut used = [0u32; MOST_SYMBOLS];
    let mut count = 0;
    let frequencies = frequencies.iter().map(|&frequency| frequency.into());
    for (symbol, frequency) in frequencies.enumerate().filter(|&(_, frequency)| frequency > 0) {
        used[count] = frequency << 9 | symbol as u32;
        count += 1;
    }
    let used = &mut used[..count];
    used.sort_unstable();
    if count <= 2 {
        // Even a lone symbol gets a bit.
        used.iter().for_each(|&item| lengths[item as usize & 511] = 1);
        return lengths;
    }
    // What is chosen in a round was chosen in the one before.
    let (mut rest, rounds) = (&used[..], limit.min(count - 1));
    for (bits, cheap) in cheap_symbols_per_round(used, rounds).chain([0]).enumerate() {
        let (longer, done) = rest.split_at(cheap);
        done.iter().for_each(|&item| lengths[item as usize & 511] = bits as u8);
        rest = longer;
    }
    lengths
}

/// For each round of package-merge, how many of the sorted symbols were chosen in it.
///
/// A round's list is the symbols and, two by two, the list of the round before, cheapest first. The cheapest `2n - 2` of
/// the last list are chosen; a chosen package chooses both its parts in the round before.
fn cheap_symbols_per_round(sorted: &[u32], rounds: usize) -> impl Iterator<Item = usize> {
    let most = 2 * sorted.len() - 2;
    let mut leaves = [u32::MAX; MOST_SYMBOLS + 1];
    for (leaf, &item) in leaves.iter_mut().zip(sorted) {
        *leaf = item >> 9;
    }
    // How many symbols there are among the first so many items of each round.
    let mut symbols_before = [[0u16; MOST_ITEMS + 1]; LONGEST_CODE];
    let mut before = [u32::MAX; MOST_ITEMS];
    let mut items_before = 0;
    for tally in symbols_before.iter_mut().take(rounds) {
        let mut list = [u32::MAX; MOST_ITEMS];
        let items = (sorted.len() + items_before / 2).min(most);
        let (mut leaf, mut pair) = (0, 0);
        for item in 0..items {
            let package = if 2 * pair + 1 < items_before { before[2 * pair] + before[2 * pair + 1] } else { u32::MAX };
            let symbol_first = leaves[leaf] < package;
            list[item] = leaves[leaf].min(package);
            leaf += usize::from(symbol_first);
            pair += usize::from(!symbol_first);
            tally[item + 1] = leaf as u16;
        }
        (before, items_before) = (list, items);
    }
    let mut chosen = most;
    (0..rounds).rev().map(move |round| {
        let symbols = usize::from(symbols_before[round][chosen]);
        chosen = 2 * (chosen - symbols);
        symbols
    })
}

#[cfg(test)]
mod tests {
    use super::PrefixCode;

    #[test]
    fn codes_are_complete_and_bounded() {
        // Fibonacci's numbers make the longest codes.
        let mut frequencies = [0u32; 30];
        let (mut a, mut b) = (1, 1);
        for frequency in frequencies.iter_mut().take(24) {
            *frequency = a;
            (a, b) = (b, a + b);
        }
        let code = PrefixCode::for_frequencies(&frequencies, 15);
        let kraft: f64 = code.lengths().iter().filter(|&&l| l > 0).map(|&l| 0.5f64.powi(i32::from(l))).sum();
        assert!((kraft - 1.0).abs() < 1e-12, "{kraft}");
        assert_eq!(code.lengths().iter().max(), Some(&15));
        assert_eq!(code.lengths()[24..], [0; 6]);
    }

    #[test]
    fn one_and_two_symbols_have_one_bit_each() {
        let code = PrefixCode::for_frequencies(&[0_u32, 7, 0, 2], 15);
        assert_eq!(code.lengths(), &[0, 1, 0, 1]);
        assert_eq!((code.of(1), code.of(3)), ((0, 1), (1, 1)));
        assert_eq!(PrefixCode::for_frequencies(&[0_u32, 0, 9], 7).lengths(), &[0, 0, 1]);
    }

    #[test]
    fn a_package_goes_before_a_symbol_of_the_same_cost() {
        // Two bits for each of the four would cost the same.
        assert_eq!(PrefixCode::for_frequencies(&[1_u32, 1, 2, 2], 15).lengths(), &[3, 3, 2, 1]);
        assert_eq!(PrefixCode::for_frequencies(&[1_u32, 1, 2], 15).lengths(), &[2, 2, 1]);
    }
}
