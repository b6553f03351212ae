//! Level 1 since Go 1.7: one candidate for each position, and steps that grow where nothing matches, as in Snappy.
//!
//! Input is cut into blocks of 65535 bytes. What a position is compared with is a table's affair: since Go 1.8 it goes on
//! from block to block and is here; that of Go 1.7 has a file of its own. Source: Go's `compress/flate/deflatefast.go`,
//! 1.7 to 1.26, read for its behaviour.

use super::super::symbols::{LONGEST, Token};
use super::blocks::MOST_STORED;

/// How far back a match may lie.
pub(super) const REACH: usize = 32768;
/// Each block is as long as a stored one may be.
const BLOCK: usize = MOST_STORED;
/// The search stops so many bytes before a block's end.
const MARGIN: usize = 15;
/// How many bits of the hash there are.
pub(super) const HASH_BITS: u32 = 14;
/// Positions are counted on from here, so that those of an empty table are out of reach.
const FIRST: u32 = BLOCK as u32;
/// Behind this, Go before 1.15 forgets all it has seen.
const OLD_RESET: u32 = 1 << 30;

/// The reach before the block, the block, and room for reads that begin in it.
const ROOM: usize = REACH + BLOCK + 1 + 1024;

/// The block and what came before it.
pub(super) type Text = [u8; ROOM];

/// What was seen before.
pub(super) trait Table {
    /// Where in a block the search begins.
    const START: usize;

    /// Enters a place of the text and its four bytes. If the table held the same bytes within reach, the distance to them
    /// is returned.
    fn enter(&mut self, text: &Text, place: usize, bytes: u32) -> Option<usize>;
    /// Prepares for another block behind the last, which had so many bytes.
    fn next_block(&mut self, last: usize);
}

/// The search through blocks.
pub(super) struct Scan<T> {
    /// The block begins behind `REACH` bytes of what came before it.
    text: Box<Text>,
    table: T,
    /// How long the block was that is in the text.
    last: usize,
    tokens: Vec<Token>,
}

impl<T: Table> Scan<T> {
    /// A search that begins with this table.
    pub(super) fn new(table: T) -> Self {
        Self { text: boxed(0), table, last: 0, tokens: Vec::with_capacity(BLOCK) }
    }

    /// What was seen so far.
    pub(super) fn table(&self) -> &T {
        &self.table
    }

    /// The tokens of the next block, which has 65535 bytes, or fewer if it is the last.
    pub(super) fn tokens(&mut self, block: &[u8]) -> &[Token] {
        self.table.next_block(self.last);
        self.text.copy_within(self.last..self.last + REACH, 0);
        self.text[REACH..REACH + block.len()].copy_from_slice(block);
        self.last = block.len();
        self.tokens.clear();
        self.find_tokens(REACH + block.len());
        &self.tokens
    }

    fn find_tokens(&mut self, end: usize) {
        let limit = end - MARGIN;
        let (mut at, mut written) = (REACH + T::START, REACH);
        let mut bytes = four(&self.text, at);
        'block: while at <= limit {
            // Each 32 positions without a match make the steps one byte longer.
            let (mut next, mut steps) = (at, 32);
            let mut distance = loop {
                at = next;
                next = at + (steps >> 5);
                steps += steps >> 5;
                if next > limit {
                    break 'block;
                }
                if let Some(distance) = self.table.enter(&self.text, at, bytes) {
                    break distance;
                }
                bytes = four(&self.text, next);
            };
            self.tokens.extend(self.text[written..at].iter().map(|&byte| Token::literal(byte)));
            loop {
                let length = self.common(at - distance, at, end);
                self.tokens.push(Token::copy(length, distance));
                at += length;
                written = at;
                if at >= limit {
                    break 'block;
                }
                // The byte before and this one enter the table; this one may go on as a match at once.
                let around = eight(&self.text, at - 1);
                self.table.enter(&self.text, at - 1, around as u32);
                if let Some(further) = self.table.enter(&self.text, at, (around >> 8) as u32) {
                    distance = further;
                } else {
                    bytes = (around >> 16) as u32;
                    at += 1;
                    break;
                }
            }
        }
        self.tokens.extend(self.text[written..end].iter().map(|&byte| Token::literal(byte)));
    }

    /// The length of a match whose first four bytes are known to agree.
    #[inline]
    fn common(&self, a: usize, b: usize, end: usize) -> usize {
        let most = LONGEST.min(end - b);
        let mut length = 4;
        while length < most {
            let differing = eight(&self.text, a + length) ^ eight(&self.text, b + length);
            if differing != 0 {
                return most.min(length + (differing.trailing_zeros() / 8) as usize);
            }
            length += 8;
        }
        most
    }
}

/// The table of Go 1.8 to 1.26: what was seen in the block before counts too.
#[derive(Clone)]
pub(super) struct Linked {
    entries: Box<[Entry; 1 << HASH_BITS]>,
    /// The position of the block's first byte.
    base: u32,
    /// Whether to forget everything at each GiB.
    resets: bool,
}

/// The last position that had a hash, and its four bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    bytes: u32,
    position: u32,
}

impl Linked {
    /// An empty table; `resets` if it is to be that of Go before 1.15.
    pub(super) fn new(resets: bool) -> Self {
        Self { entries: boxed(Entry::default()), base: FIRST, resets }
    }

    /// An empty table behind so many whole blocks.
    pub(super) fn behind(blocks: u64, resets: bool) -> Self {
        let round = u64::from((OLD_RESET - FIRST) / BLOCK as u32 + 1);
        let base = FIRST + (blocks % round) as u32 * BLOCK as u32;
        Self { base, ..Self::new(resets) }
    }

    /// Whether all blocks behind the whole ones so far have the same tokens with either table.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        // How far an entry lies behind the next block's first byte; one out of its reach is as good as none. The bytes of
        // an entry follow from its position.
        let distance = |table: &Self, entry: Entry| (table.base + BLOCK as u32 - entry.position).min(REACH as u32 + 1);
        let mut pairs = self.entries.iter().zip(other.entries.iter());
        pairs.all(|(&ours, &theirs)| distance(self, ours) == distance(other, theirs))
    }
}

impl Table for Linked {
    const START: usize = 0;

    #[inline]
    fn enter(&mut self, _: &Text, place: usize, bytes: u32) -> Option<usize> {
        // `base` less the reach makes a place in the text a position in the stream.
        let position = self.base - REACH as u32 + place as u32;
        let entry = std::mem::replace(&mut self.entries[hash(bytes)], Entry { bytes, position });
        let distance = (position - entry.position) as usize;
        (distance <= REACH && entry.bytes == bytes).then_some(distance)
    }

    fn next_block(&mut self, last: usize) {
        self.base += last as u32;
        if self.resets && self.base > OLD_RESET {
            self.entries.fill(Entry::default());
            self.base = FIRST;
        } else if self.base > u32::MAX / 2 {
            // What falls to zero is out of reach before and after.
            let excess = self.base - FIRST;
            self.entries.iter_mut().for_each(|entry| entry.position = entry.position.saturating_sub(excess));
            self.base = FIRST;
        }
    }
}

#[inline]
pub(super) fn hash(four: u32) -> usize {
    (four.wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS)) as usize
}

#[inline]
pub(super) fn four(text: &Text, at: usize) -> u32 {
    text[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline]
fn eight(text: &Text, at: usize) -> u64 {
    text[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// An array on the heap, which was never on the stack.
pub(super) fn boxed<T: Copy, const N: usize>(value: T) -> Box<[T; N]> {
    vec![value; N].into_boxed_slice().try_into().ok().expect("the slice was made as long as the array")
}
