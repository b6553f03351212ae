//! Level 1: one candidate for each position, and steps that grow where nothing matches, as in Snappy.
//!
//! Input is cut into blocks of 65535 bytes, which are never decided before they are whole. A block whose matches save
//! less than a sixteenth of its tokens is written as literals. Source: Go's `compress/flate/deflatefast.go`, 1.8 to 1.26,
//! read for its behaviour.

use super::super::symbols::{LONGEST, Token};
use super::blocks::{BlockWriter, MOST_STORED};

/// How far back a match may lie.
const REACH: usize = 32768;
/// Each block is as long as a stored one may be.
const BLOCK: usize = MOST_STORED;
/// The search stops so many bytes before a block's end.
const MARGIN: usize = 15;
/// How many bits of the hash there are.
const HASH_BITS: u32 = 14;
/// Positions are counted on from here, so that those of an empty table are out of reach.
const FIRST: u32 = BLOCK as u32;
/// Behind this, Go before 1.15 forgets all it has seen.
const OLD_RESET: u32 = 1 << 30;

/// The reach before the block, the block, and room for reads that begin in it.
const ROOM: usize = REACH + BLOCK + 1 + 1024;

/// The encoder of level 1.
pub(super) struct LevelOne {
    /// The block begins behind `REACH` bytes of what came before it.
    text: Box<[u8; ROOM]>,
    filled: usize,
    table: Box<[Entry; 1 << HASH_BITS]>,
    /// The position of the block's first byte.
    base: u32,
    /// Whether to forget everything at each GiB.
    resets: bool,
    tokens: Vec<Token>,
    blocks: BlockWriter,
}

/// The last position that had a hash, and its four bytes.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    bytes: u32,
    position: u32,
}

impl LevelOne {
    /// The encoder; `resets` if it is to be that of Go before 1.15.
    pub(super) fn new(resets: bool) -> Self {
        Self {
            text: boxed(0),
            filled: 0,
            table: boxed(Entry::default()),
            base: FIRST,
            resets,
            tokens: Vec::with_capacity(BLOCK),
            blocks: BlockWriter::default(),
        }
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.filled == BLOCK {
                self.write_block(out);
            }
            let (now, later) = input.split_at(input.len().min(BLOCK - self.filled));
            self.text[REACH + self.filled..][..now.len()].copy_from_slice(now);
            self.filled += now.len();
            input = later;
        }
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        let rest = &self.text[REACH..REACH + self.filled];
        match self.filled {
            0 => {}
            1..=16 => self.blocks.write_stored(rest, out),
            17..128 => self.blocks.write_literals(rest, out),
            _ => self.write_block(out),
        }
        self.filled = 0;
        self.blocks.finish(out);
    }

    fn write_block(&mut self, out: &mut Vec<u8>) {
        self.keep_positions_small();
        self.tokens.clear();
        self.find_tokens();
        let bytes = &self.text[REACH..REACH + self.filled];
        if self.tokens.len() > bytes.len() - bytes.len() / 16 {
            self.blocks.write_literals(bytes, out);
        } else {
            self.blocks.write_dynamic(&self.tokens, bytes, out);
        }
        self.base += BLOCK as u32;
        self.text.copy_within(BLOCK..BLOCK + REACH, 0);
        self.filled = 0;
    }

    fn keep_positions_small(&mut self) {
        if self.resets && self.base > OLD_RESET {
            self.table.fill(Entry::default());
            self.base = FIRST;
        } else if self.base > u32::MAX / 2 {
            // What falls to zero is out of reach before and after.
            let excess = self.base - FIRST;
            self.table.iter_mut().for_each(|entry| entry.position = entry.position.saturating_sub(excess));
            self.base = FIRST;
        }
    }

    fn find_tokens(&mut self) {
        let end = REACH + self.filled;
        let limit = end - MARGIN;
        // Positions in the buffer; `base` less the reach makes them positions in the stream.
        let base = self.base - REACH as u32;
        let (mut at, mut written) = (REACH, REACH);
        let mut bytes = four(&self.text, at);
        'block: while at <= limit {
            // Each 32 positions without a match make the steps one byte longer.
            let (mut next, mut steps) = (at, 32);
            let mut distance;
            let mut seen = hash(bytes);
            loop {
                at = next;
                next = at + (steps >> 5);
                steps += steps >> 5;
                if next > limit {
                    break 'block;
                }
                let position = base + at as u32;
                let entry = std::mem::replace(&mut self.table[seen], Entry { bytes, position });
                distance = (position - entry.position) as usize;
                if distance <= REACH && entry.bytes == bytes {
                    break;
                }
                bytes = four(&self.text, next);
                seen = hash(bytes);
            }
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
                let position = base + at as u32;
                let behind = around as u32;
                self.table[hash(behind)] = Entry { bytes: behind, position: position - 1 };
                let here = (around >> 8) as u32;
                let entry = std::mem::replace(&mut self.table[hash(here)], Entry { bytes: here, position });
                distance = (position - entry.position) as usize;
                if distance > REACH || entry.bytes != here {
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

#[inline]
fn hash(four: u32) -> usize {
    (four.wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS)) as usize
}

#[inline]
fn four(text: &[u8; ROOM], at: usize) -> u32 {
    text[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline]
fn eight(text: &[u8; ROOM], at: usize) -> u64 {
    text[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// An array on the heap, which was never on the stack.
fn boxed<T: Copy, const N: usize>(value: T) -> Box<[T; N]> {
    vec![value; N].into_boxed_slice().try_into().ok().expect("the slice was made as long as the array")
}
