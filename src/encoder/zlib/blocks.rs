//! Blocks, and zlib's choice between stored, fixed and dynamic ones, which GNU gzip has as well.
//!
//! All three are weighed in whole bytes: the fixed code is taken if it is no longer than the dynamic one, and the bytes
//! as they are if they are no longer than that, their head taken for four bytes. Where blocks end is not decided here.
//! Source: zlib's `trees.c`, read for its behaviour.

use super::super::bits::BitWriter;
use super::super::block::{self, Census, Codes};
use super::super::prefix_code::LONGEST_CODE;
use super::super::symbols::Token;
use super::head::head;
use super::tree;

/// The most bytes that a stored block holds.
pub(super) const MOST_STORED: usize = 65535;

/// The kinds of blocks, as they are written.
const STORED: u64 = 0b00;
const FIXED: u64 = 0b01;
const DYNAMIC: u64 = 0b10;

/// Writes blocks one after the other.
#[derive(Debug, Default)]
pub(in super::super) struct BlockWriter {
    bits: BitWriter,
}

impl BlockWriter {
    /// Writes `tokens` as the smallest of the three kinds; as a stored block only if their bytes are at hand.
    pub(in super::super) fn write(&mut self, tokens: &[Token], bytes: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        let census = Census::of(tokens);
        let codes = codes(&census);
        let head = head(codes.literals.used_lengths(), codes.distances.used_lengths());
        let extra = census.extra_bits();
        let dynamic = in_bytes(head.bits_behind_kind() + census.cost(&codes) + extra);
        let fixed = in_bytes(census.cost(&block::FIXED) + extra);
        let storable = bytes.filter(|bytes| bytes.len() <= MOST_STORED && bytes.len() as u64 + 4 <= dynamic.min(fixed));
        if let Some(bytes) = storable {
            self.write_stored(bytes, last, out);
        } else if fixed <= dynamic {
            self.write_kind(FIXED, last, out);
            self.write_tokens(tokens, &block::FIXED, out);
        } else {
            self.write_kind(DYNAMIC, last, out);
            head.write_behind_kind(&mut self.bits, out);
            self.write_tokens(tokens, &codes, out);
        }
        if last {
            self.bits.align(out);
        }
    }

    /// Writes `bytes` as they are, in one block.
    pub(in super::super) fn write_stored(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        self.write_kind(STORED, last, out);
        self.bits.align(out);
        let length = bytes.len() as u16;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(bytes);
    }

    /// Writes a block with nothing in it, in the fixed code: ten bits.
    pub(in super::super) fn write_empty(&mut self, out: &mut Vec<u8>) {
        self.write_kind(FIXED, false, out);
        block::FIXED.write_end(&mut self.bits, out);
    }

    /// How many bits of the unfinished byte there are.
    pub(in super::super) fn pending(&self) -> u32 {
        self.bits.pending()
    }

    fn write_kind(&mut self, kind: u64, last: bool, out: &mut Vec<u8>) {
        self.bits.put(kind << 1 | u64::from(last), 3, out);
    }

    fn write_tokens(&mut self, tokens: &[Token], codes: &Codes, out: &mut Vec<u8>) {
        codes.write(tokens, &mut self.bits, out);
        codes.write_end(&mut self.bits, out);
    }
}

/// How many bytes a block takes whose kind is not counted in `bits`, by zlib's count: as if it began with a byte.
fn in_bytes(bits: u64) -> u64 {
    (bits + 3).div_ceil(8)
}

/// zlib's codes for these symbols.
fn codes(census: &Census) -> Codes {
    Codes {
        literals: tree::code(&census.literals, LONGEST_CODE),
        distances: tree::code(&census.distances, LONGEST_CODE),
    }
}
