//! Prefix codes of bounded length, with zlib's way out of ties.
//!
//! Many sets of code lengths cost the same; which one a compressor takes is part of its fingerprint. zlib builds Huffman's
//! tree with a binary heap ordered by frequency and then by the depth of the subtree, so the order of equal items is that
//! of the heap itself. Codes over the limit are cut, and shorter ones lengthened to make room. GNU gzip does the same.
//! Source: zlib's `trees.c`, read for its behaviour.

use crate::encoder::prefix_code::{LONGEST_CODE, PrefixCode};

/// The most symbols a code is made for.
const MOST_SYMBOLS: usize = 286;

/// A symbol or, from `MOST_SYMBOLS` on, a subtree; and above that what the heap is ordered by.
type Item = u64;

/// The code for symbols that occur so often, none longer than `limit` bits.
pub(super) fn code<const N: usize>(frequencies: &[u32; N], limit: usize) -> PrefixCode<N> {
    let mut counted = *frequencies;
    let mut leaves = counted.iter().filter(|&&count| count > 0).count();
    let mut used = counted.iter().rposition(|&count| count > 0).map_or(0, |last| last + 1);
    // Two symbols always have a code, for old inflaters; the symbols that are made up come right behind those that
    // occur, or else are the first of all.
    while leaves < 2 {
        let extra = if used < 3 { used } else { 0 };
        counted[extra] = 1;
        used = used.max(extra + 1);
        leaves += 1;
    }
    PrefixCode::canonical(lengths(&counted, limit))
}

/// The code lengths for at least two symbols that occur so often.
fn lengths<const N: usize>(frequencies: &[u32; N], limit: usize) -> [u8; N] {
    let mut heap = Heap::of(frequencies);
    // The items in the order in which they left the heap, and which subtree each became a part of.
    let mut order = [0u16; 2 * MOST_SYMBOLS];
    let mut parent = [0u16; 2 * MOST_SYMBOLS];
    let mut count = 0;
    let mut subtree = MOST_SYMBOLS;
    while heap.length >= 2 {
        let one = heap.remove_first();
        let other = heap.first();
        for item in [one, other] {
            order[count] = number(item) as u16;
            parent[number(item)] = subtree as u16;
            count += 1;
        }
        let depth = depth(one).max(depth(other)) + 1;
        heap.replace_first(item(frequency(one) + frequency(other), depth, subtree));
        subtree += 1;
    }
    // From the root down: what left the heap later is higher up.
    let mut depths = [0u8; 2 * MOST_SYMBOLS];
    let mut of_length = [0u16; LONGEST_CODE + 1];
    let mut too_long = 0i32;
    for &place in order[..count].iter().rev() {
        let place = usize::from(place);
        let mut depth = usize::from(depths[usize::from(parent[place])]) + 1;
        if depth > limit {
            // Subtrees at the limit are counted too; their parts end up at the limit with them.
            depth = limit;
            too_long += 1;
        }
        depths[place] = depth as u8;
        if place < MOST_SYMBOLS {
            of_length[depth] += 1;
        }
    }
    if too_long == 0 {
        return std::array::from_fn(|symbol| depths[symbol]);
    }
    while too_long > 0 {
        // The deepest symbol above the limit goes one down and takes one of those that are too long as its brother.
        let Some(length) = (1..limit).rev().find(|&length| of_length[length] > 0) else { break };
        of_length[length] -= 1;
        of_length[length + 1] += 2;
        of_length[limit] -= 1;
        too_long -= 2;
    }
    // The rarest symbols get the longest codes.
    let mut lengths = [0; N];
    let rarest_first = order[..count].iter().map(|&place| usize::from(place)).filter(|&place| place < MOST_SYMBOLS);
    let longest_first = (1..=limit).rev().flat_map(|length| (0..of_length[length]).map(move |_| length as u8));
    for (symbol, length) in rarest_first.zip(longest_first) {
        lengths[symbol] = length;
    }
    lengths
}

/// A binary heap with the smallest item first. How it swaps equal items is what it is here for.
struct Heap {
    /// From 1 on; the parts of place `n` are at `2n` and `2n + 1`.
    items: [Item; MOST_SYMBOLS + 2],
    length: usize,
}

impl Heap {
    fn of(frequencies: &[u32]) -> Self {
        let mut heap = Self { items: [Item::MAX; MOST_SYMBOLS + 2], length: 0 };
        for (symbol, &count) in frequencies.iter().enumerate().filter(|(_, count)| **count > 0) {
            heap.length += 1;
            heap.items[heap.length] = item(count, 0, symbol);
        }
        for place in (1..=heap.length / 2).rev() {
            heap.sink(place);
        }
        heap
    }

    fn first(&self) -> Item {
        self.items[1]
    }

    fn remove_first(&mut self) -> Item {
        let first = self.items[1];
        self.items[1] = self.items[self.length];
        self.length -= 1;
        self.sink(1);
        first
    }

    fn replace_first(&mut self, item: Item) {
        self.items[1] = item;
        self.sink(1);
    }

    fn sink(&mut self, mut place: usize) {
        let item = self.items[place];
        loop {
            let mut part = 2 * place;
            if part > self.length {
                break;
            }
            if part < self.length && rank(self.items[part + 1]) <= rank(self.items[part]) {
                part += 1;
            }
            if rank(item) <= rank(self.items[part]) {
                break;
            }
            self.items[place] = self.items[part];
            place = part;
        }
        self.items[place] = item;
    }
}

fn item(frequency: u32, depth: u32, number: usize) -> Item {
    u64::from(frequency) << 32 | u64::from(depth) << 16 | number as u64
}

fn frequency(item: Item) -> u32 {
    (item >> 32) as u32
}

fn depth(item: Item) -> u32 {
    (item >> 16) as u32 & 0xffff
}

fn number(item: Item) -> usize {
    item as usize & 0xffff
}

/// What the heap is ordered by.
fn rank(item: Item) -> u64 {
    item >> 16
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn codes_are_complete_and_bounded() {
        // Fibonacci's numbers make the longest codes.
        let mut frequencies = [0u32; 30];
        let (mut a, mut b) = (1, 1);
        for frequency in frequencies.iter_mut().take(20) {
            *frequency = a;
            (a, b) = (b, a + b);
        }
        for limit in [7, 15] {
            let code = code(&frequencies, limit);
            let kraft: f64 = code.lengths().iter().filter(|&&l| l > 0).map(|&l| 0.5f64.powi(i32::from(l))).sum();
            assert!((kraft - 1.0).abs() < 1e-12, "{kraft}");
            assert_eq!(code.lengths().iter().max(), Some(&(limit as u8)));
            assert_eq!(code.used_lengths().len(), 20);
        }
    }

    #[test]
    fn there_are_always_two_codes() {
        let lengths = |frequencies: [u32; 6]| code(&frequencies, 15).used_lengths().to_vec();
        assert_eq!(lengths([0, 0, 0, 0, 0, 0]), [1, 1]);
        assert_eq!(lengths([9, 0, 0, 0, 0, 0]), [1, 1]);
        assert_eq!(lengths([0, 9, 0, 0, 0, 0]), [0, 1, 1]);
        assert_eq!(lengths([0, 0, 9, 0, 0, 0]), [1, 0, 1]);
        assert_eq!(lengths([0, 0, 0, 0, 9, 0]), [1, 0, 0, 0, 1]);
    }
}
