//! Huffman codes of literals: lengths, words, and how a code is described (RFC 8878, section 4.2).
//!
//! Many codes fit the same counts; which one is written is a fingerprint. Behaviour followed: klauspost/compress `huff0`
//! since 1.10, which limits lengths as the reference implementation did in 2018: longer words are cut, and the debt is
//! paid by lengthening the words of the rarest symbols that have room. Codes longer than 11 bits are refused.

use super::fse::{State, Table};
use crate::encoder::bits::BitWriter;

/// The longest word, in bits.
const LONGEST: u8 = 11;
const LEAST_LONGEST: u8 = 5;
/// The largest log of the table that describes lengths.
const DESCRIPTION_LOG: u8 = 6;
/// More lengths than these can only be described compressed.
const MOST_PLAIN: usize = 128;

/// One code, up to the last symbol that occurred.
#[derive(Clone, Debug)]
pub(super) struct Code {
    /// Each symbol's word, and its length in bits; 0, if it has none.
    words: Vec<(u16, u8)>,
    longest: u8,
}

/// A symbol that occurs.
struct Leaf {
    symbol: usize,
    count: u32,
    length: u8,
}

impl Code {
    /// The code for symbols that occur so often: at least two different ones, `total` in all.
    pub(super) fn new(counts: &[u32], total: usize) -> Self {
        let mut leaves: Vec<Leaf> = counts
            .iter()
            .enumerate()
            .filter(|(_, count)| **count > 0)
            .map(|(symbol, &count)| Leaf { symbol, count, length: 0 })
            .collect();
        // Stable: symbols that occur as often stay in order.
        leaves.sort_by_key(|leaf| std::cmp::Reverse(leaf.count));
        grow(&mut leaves);
        let longest = limit(&mut leaves, most_bits(total, counts.len()));
        let mut words = vec![(0, 0); counts.len()];
        let mut of_length = [0_u16; 16];
        for leaf in &leaves {
            words[leaf.symbol].1 = leaf.length;
            of_length[usize::from(leaf.length)] += 1;
        }
        let mut next = [0_u16; 16];
        let mut first = 0;
        for length in (1..=usize::from(longest)).rev() {
            next[length] = first;
            first = (first + of_length[length]) >> 1;
        }
        for (word, length) in words.iter_mut().filter(|(_, length)| *length > 0) {
            *word = next[usize::from(*length)];
            next[usize::from(*length)] += 1;
        }
        Self { words, longest }
    }

    /// Whether every symbol that occurs has a word.
    pub(super) fn covers(&self, counts: &[u32]) -> bool {
        counts
            .iter()
            .enumerate()
            .all(|(symbol, &count)| count == 0 || self.words.get(symbol).is_some_and(|(_, length)| *length > 0))
    }

    /// How many bytes symbols take that occur so often.
    pub(super) fn size(&self, counts: &[u32]) -> usize {
        let bits: usize =
            self.words.iter().zip(counts).map(|((_, length), n)| usize::from(*length) * *n as usize).sum();
        (bits + 7) >> 3
    }

    /// Appends one stream, which is written from its last byte to its first.
    pub(super) fn encode(&self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut bits = BitWriter::default();
        let words = bytes.iter().rev().map(|&byte| {
            let (word, length) = self.words[usize::from(byte)];
            (u64::from(word), u32::from(length))
        });
        bits.put_all(words, out);
        bits.put(1, 1, out);
        bits.align(out);
    }

    /// Appends the code's description; says no, and appends nothing, where there is none.
    pub(super) fn describe(&self, out: &mut Vec<u8>) -> bool {
        // The last symbol's length follows from the others'.
        let weights: Vec<u8> = (self.words.iter().take(self.words.len() - 1))
            .map(|(_, length)| if *length == 0 { 0 } else { self.longest + 1 - length })
            .collect();
        if let Some(packed) = packed(&weights).filter(|packed| packed.len() < self.words.len() / 2) {
            out.push(packed.len() as u8);
            out.extend_from_slice(&packed);
            return true;
        }
        if weights.len() > MOST_PLAIN {
            return false;
        }
        out.push(127 + weights.len() as u8);
        out.extend(weights.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)));
        true
    }
}

/// The longest words wanted for `total` symbols, the highest of them `used` − 1.
fn most_bits(total: usize, used: usize) -> u8 {
    let log2 = |number: usize| number.max(1).ilog2() as u8;
    let enough = log2(total - 1).wrapping_sub(1);
    let least = (log2(total) + 1).min(log2(used - 1) + 2);
    LONGEST.min(enough).max(least).clamp(LEAST_LONGEST, LONGEST)
}

/// Gives each leaf its depth in a Huffman tree; they are sorted, the most frequent first.
fn grow(leaves: &mut [Leaf]) {
    let mut parents = vec![0; 2 * leaves.len()];
    let mut nodes: Vec<u32> = Vec::with_capacity(leaves.len());
    let (mut leaves_left, mut next_node) = (leaves.len(), 0);
    while nodes.len() + 1 < leaves.len() {
        let mut sum = 0;
        let parent = leaves.len() + nodes.len();
        for _ in 0..2 {
            let leaf = leaves_left.checked_sub(1).map(|last| leaves[last].count);
            // Of a leaf and a node that weigh the same the node is taken.
            let (child, count) = match (leaf, nodes.get(next_node)) {
                (Some(leaf), Some(&node)) if leaf >= node => (leaves.len() + next_node, node),
                (Some(leaf), _) => (leaves_left - 1, leaf),
                (None, Some(&node)) => (leaves.len() + next_node, node),
                (None, None) => unreachable!("a tree has one node less than leaves"),
            };
            if child < leaves.len() {
                leaves_left -= 1;
            } else {
                next_node += 1;
            }
            parents[child] = parent;
            sum += count;
        }
        nodes.push(sum);
    }
    // A node is made after its children: depths follow from the root down.
    let root = leaves.len() + nodes.len() - 1;
    let mut depths = vec![0_u8; root + 1];
    for child in (0..root).rev() {
        depths[child] = depths[parents[child]] + 1;
    }
    for (leaf, depth) in leaves.iter_mut().zip(depths) {
        leaf.length = depth;
    }
}

/// Shortens words to `most` bits; says how long the longest are now.
fn limit(leaves: &mut [Leaf], most: u8) -> u8 {
    let last = leaves.len() - 1;
    let longest = leaves[last].length;
    if longest <= most {
        return longest;
    }
    // What cutting has taken from the code's space, in words of `most` bits.
    let mut debt = 0_i64;
    let mut rest = last;
    while leaves[rest].length > most {
        debt += (1 << (longest - most)) - (1 << (longest - leaves[rest].length));
        leaves[rest].length = most;
        rest -= 1;
    }
    debt >>= longest - most;
    while leaves[rest].length == most {
        rest -= 1;
    }
    // Of the words that are shorter than `most` by each number of bits: the rarest symbol's.
    let mut rarest: [Option<usize>; LONGEST as usize + 2] = [None; LONGEST as usize + 2];
    let mut shorter_than = most;
    for place in (0..=rest).rev() {
        let length = leaves[place].length;
        if length < shorter_than {
            shorter_than = length;
            rarest[usize::from(most - length)] = Some(place);
        }
    }
    while debt > 0 {
        let by = lengthened(leaves, &rarest, debt);
        debt -= 1 << (by - 1);
        let Some(place) = rarest[by] else { break };
        if rarest[by - 1].is_none() {
            rarest[by - 1] = Some(place);
        }
        leaves[place].length += 1;
        rarest[by] = place.checked_sub(1).filter(|next| usize::from(most - leaves[*next].length) == by);
    }
    // Too much was paid: words of the most frequent among the longest get shorter again.
    while debt < 0 {
        let place = match rarest[1] {
            Some(place) => place + 1,
            None => {
                while leaves[rest].length == most {
                    rest -= 1;
                }
                rest + 1
            }
        };
        leaves[place].length -= 1;
        rarest[1] = Some(place);
        debt += 1;
    }
    most
}

/// By how many bits the word is shorter than the longest ones that pays best when it is made longer by one.
fn lengthened(leaves: &[Leaf], rarest: &[Option<usize>], debt: i64) -> usize {
    let mut by = debt.ilog2() as usize + 1;
    while by > 1 {
        if let Some(high) = rarest[by] {
            // Two words half as far away cost less, or there are none.
            let Some(low) = rarest[by - 1] else { break };
            if leaves[high].count <= 2 * leaves[low].count {
                break;
            }
        }
        by -= 1;
    }
    while by <= usize::from(LONGEST) && rarest[by].is_none() {
        by += 1;
    }
    by
}

/// Weights as finite state entropy, two states taking turns (RFC 8878, section 4.2.1.2).
fn packed(weights: &[u8]) -> Option<Vec<u8>> {
    // Less does not fill two states.
    if weights.len() < 3 {
        return None;
    }
    let mut counts = [0_u32; LONGEST as usize + 2];
    for &weight in weights {
        counts[usize::from(weight)] += 1;
    }
    let used = counts.iter().rposition(|count| *count > 0)? + 1;
    let counts = &counts[..used];
    let most = *counts.iter().max()? as usize;
    if most == weights.len() || most == 1 {
        return None;
    }
    let log = Table::log(DESCRIPTION_LOG, weights.len(), weights.len() - 1, used);
    let table = Table::normalized(counts, weights.len(), log)?;
    let mut out = Vec::with_capacity(weights.len());
    table.describe(&mut out);
    let mut bits = BitWriter::default();
    let mut states: [Option<State<'_>>; 2] = [None, None];
    for (place, &weight) in weights.iter().enumerate().rev() {
        match &mut states[place & 1] {
            Some(state) => state.encode(weight, &mut bits, &mut out),
            state => *state = Some(State::first(&table, weight)),
        }
    }
    for state in states.iter().rev().flatten() {
        state.end(&mut bits, &mut out);
    }
    bits.put(1, 1, &mut out);
    bits.align(&mut out);
    (out.len() < weights.len()).then_some(out)
}
