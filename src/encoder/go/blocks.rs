//! Blocks, and Go's choice between stored, fixed and dynamic ones.
//!
//! There are three choices, each with its own arithmetic: levels 2 to 9 weigh all three kinds exactly, level 1 and blocks
//! of literals never take a fixed code and store as soon as a code would not save a sixteenth. No block of data is marked
//! as the last one: an empty stored block ends every stream. Source: Go's `compress/flate/huffman_bit_writer.go`, 1.8 to
//! 1.26, read for its behaviour.

use super::super::bits::BitWriter;
use super::super::block::{Census, Codes, FIXED};
use super::super::code_lengths::Head;
use super::super::prefix_code::{LONGEST_CODE, PrefixCode};
use super::super::symbols::Token;

/// The most bytes that a stored block holds.
pub(super) const MOST_STORED: usize = 65535;

/// A block, and the kind that Go takes for it.
pub(super) enum Block<'a> {
    /// The bytes as they are.
    Stored(&'a [u8]),
    /// The tokens in the fixed codes, which take so many bits.
    Fixed(&'a [Token], u64),
    /// In codes of its own.
    Dynamic(Body<'a>, Box<Plan>),
}

/// What is written in a block's codes.
pub(super) enum Body<'a> {
    Tokens(&'a [Token]),
    Literals(&'a [u8]),
}

/// How a dynamic block is written.
pub(super) struct Plan {
    head: Head,
    codes: Codes,
    /// How many bits the block has; while the kind is chosen, as Go counts them.
    bits: u64,
}

/// Writes blocks one after the other.
#[derive(Debug, Default)]
pub(super) struct BlockWriter {
    bits: BitWriter,
}

/// A block coded apart from the stream it belongs to: all of its bits but those that say where it begins in a byte.
pub(super) enum Piece {
    /// Where stored bytes begin depends on what is before them.
    Stored(Vec<u8>),
    /// Bits, and how many they are.
    Coded(Vec<u8>, u64),
}

/// The symbols of a block as Go counts them.
struct Counted {
    census: Census,
    /// A block without copies has a distance code all the same, and Go counts one distance that is never written.
    uncopied: bool,
}

impl<'a> Block<'a> {
    /// The smallest of the three kinds; stored only if the bytes are at hand.
    pub(super) fn smallest(tokens: &'a [Token], bytes: Option<&'a [u8]>) -> Self {
        let counted = Counted::of(Census::of(tokens));
        let (plan, extra) = (counted.plan(), counted.census.extra_bits());
        let storable = bytes.filter(|bytes| bytes.len() <= MOST_STORED);
        let fixed = 3 + counted.census.cost(&FIXED) + extra;
        if let Some(bytes) = storable.filter(|bytes| stored_bits(bytes) < fixed.min(plan.bits)) {
            Self::Stored(bytes)
        } else if plan.bits < fixed {
            Self::Dynamic(Body::Tokens(tokens), counted.without_the_unwritten(plan))
        } else {
            Self::Fixed(tokens, fixed - counted.unwritten(&FIXED))
        }
    }

    /// A dynamic block, or the bytes if that would save less than a sixteenth.
    pub(super) fn dynamic(tokens: &'a [Token], bytes: &'a [u8]) -> Self {
        let counted = Counted::of(Census::of(tokens));
        let plan = counted.plan();
        // The extra bits are left out here, so that a block is stored a little less often than it should be.
        if stored_is_cheap(bytes, plan.bits - counted.census.extra_bits()) {
            Self::Stored(bytes)
        } else {
            Self::Dynamic(Body::Tokens(tokens), counted.without_the_unwritten(plan))
        }
    }

    /// A dynamic block of literals, or stored if that would save less than a sixteenth.
    pub(super) fn literals(bytes: &'a [u8]) -> Self {
        let mut census = Census::empty();
        for &byte in bytes {
            census.literals[usize::from(byte)] += 1;
        }
        let counted = Counted::of(census);
        let plan = counted.plan();
        if stored_is_cheap(bytes, plan.bits) {
            Self::Stored(bytes)
        } else {
            Self::Dynamic(Body::Literals(bytes), counted.without_the_unwritten(plan))
        }
    }

    /// Codes the block where nothing is known of the stream before it.
    pub(super) fn apart(self) -> Piece {
        let bits = match &self {
            Self::Stored(bytes) => return Piece::Stored(bytes.to_vec()),
            Self::Fixed(_, bits) => *bits,
            Self::Dynamic(_, plan) => plan.bits,
        };
        let (mut writer, mut out) = (BlockWriter::default(), Vec::new());
        writer.write(&self, &mut out);
        writer.bits.align(&mut out);
        debug_assert_eq!(out.len() as u64, bits.div_ceil(8));
        Piece::Coded(out, bits)
    }
}

impl BlockWriter {
    /// Writes a block.
    pub(super) fn write(&mut self, block: &Block, out: &mut Vec<u8>) {
        match block {
            Block::Stored(bytes) => self.write_stored(bytes, out),
            Block::Fixed(tokens, _) => {
                self.bits.put(0b01 << 1, 3, out);
                self.write_tokens(tokens, &FIXED, out);
            }
            Block::Dynamic(body, plan) => {
                plan.head.write(&mut self.bits, out);
                match body {
                    Body::Tokens(tokens) => self.write_tokens(tokens, &plan.codes, out),
                    Body::Literals(bytes) => self.write_literals(bytes, &plan.codes, out),
                }
            }
        }
    }

    /// Writes a block that was coded apart.
    pub(super) fn append(&mut self, piece: &Piece, out: &mut Vec<u8>) {
        let (coded, bits) = match piece {
            Piece::Stored(bytes) => return self.write_stored(bytes, out),
            Piece::Coded(coded, bits) => (coded, *bits),
        };
        let sixes = coded[..(bits / 8) as usize].chunks_exact(6);
        let done = 48 * sixes.len() as u64;
        let rest = &coded[(done / 8) as usize..];
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte));
        self.bits.put_all(sixes.map(|six| (number(six), 48)), out);
        self.bits.put(number(rest), (bits - done) as u32, out);
    }

    /// Writes `bytes` as they are, in one block.
    fn write_stored(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.write_stored_head(bytes.len() as u16, false, out);
        out.extend_from_slice(bytes);
    }

    /// Writes the empty stored block of a flush.
    pub(super) fn flush(&mut self, out: &mut Vec<u8>) {
        self.write_stored_head(0, false, out);
    }

    /// Ends the stream with the empty stored block.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.write_stored_head(0, true, out);
    }

    fn write_stored_head(&mut self, length: u16, last: bool, out: &mut Vec<u8>) {
        self.bits.put(u64::from(last), 3, out);
        self.bits.align(out);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
    }

    fn write_literals(&mut self, bytes: &[u8], codes: &Codes, out: &mut Vec<u8>) {
        let table: [(u64, u32); 256] = std::array::from_fn(|byte| codes.literals.of(byte));
        self.bits.put_all(bytes.iter().map(|&byte| table[usize::from(byte)]), out);
        codes.write_end(&mut self.bits, out);
    }

    fn write_tokens(&mut self, tokens: &[Token], codes: &Codes, out: &mut Vec<u8>) {
        codes.write(tokens, &mut self.bits, out);
        codes.write_end(&mut self.bits, out);
    }
}

/// How many bits `bytes` take in a stored block, by Go's count: the head is taken for five bytes wherever it starts.
fn stored_bits(bytes: &[u8]) -> u64 {
    (bytes.len() as u64 + 5) * 8
}

/// Whether `bytes` are stored rather than written in so many bits.
fn stored_is_cheap(bytes: &[u8], bits: u64) -> bool {
    stored_bits(bytes) < bits + (bits >> 4)
}

impl Counted {
    fn of(mut census: Census) -> Self {
        let uncopied = census.distances.iter().all(|&count| count == 0);
        if uncopied {
            census.distances[0] = 1;
        }
        Self { census, uncopied }
    }

    /// How many of the bits that Go counts are never written.
    fn unwritten(&self, codes: &Codes) -> u64 {
        if self.uncopied { u64::from(codes.distances.of(0).1) } else { 0 }
    }

    fn without_the_unwritten(&self, mut plan: Box<Plan>) -> Box<Plan> {
        plan.bits -= self.unwritten(&plan.codes);
        plan
    }

    /// The best codes of their own for these symbols, and the head that describes them as far as they are used.
    fn plan(&self) -> Box<Plan> {
        let codes = Codes {
            literals: PrefixCode::for_frequencies(&self.census.literals, LONGEST_CODE),
            distances: PrefixCode::for_frequencies(&self.census.distances, LONGEST_CODE),
        };
        let head = Head::new(codes.literals.used_lengths(), codes.distances.used_lengths());
        let bits = head.bits() + self.census.cost(&codes) + self.census.extra_bits();
        Box::new(Plan { head, codes, bits })
    }
}
