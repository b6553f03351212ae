//! Where blocks end: when they are full, when they compress well, or where the content says so.

use super::super::symbols::{SHORTEST, Token};
use super::super::zlib::{BlockWriter, Blocks};
use super::rsyncable::Hits;

/// The most tokens of a block.
const MOST_TOKENS: usize = 32767;
/// A block may end early behind a multiple of so many tokens.
const STEP: usize = 4096;

/// Blocks as GNU gzip makes them.
pub(super) struct Adaptive {
    level: i32,
    tokens: Vec<Token>,
    /// How many of the tokens are copies.
    copies: usize,
    /// How many bytes the tokens stand for.
    bytes: usize,
    /// The extra bits of all distances, and five for each.
    distance_bits: usize,
    hits: Option<Hits>,
    /// Whether this block ends on a whole byte.
    pads: bool,
    writer: BlockWriter,
}

impl Adaptive {
    pub(super) fn new(level: i32, rsyncable: bool) -> Self {
        Self {
            level,
            tokens: Vec::with_capacity(MOST_TOKENS),
            copies: 0,
            bytes: 0,
            distance_bits: 0,
            hits: rsyncable.then(Hits::default),
            pads: false,
            writer: BlockWriter::default(),
        }
    }

    /// Looks at bytes that tokens will be made of.
    pub(super) fn see(&mut self, input: &[u8]) {
        if let Some(hits) = &mut self.hits {
            hits.see(input);
        }
    }

    /// Whether the block compresses so well that new codes are worth their bits: by gzip's guess, a token takes a byte.
    /// `seen` is how many bytes of the block are behind the matcher.
    fn does_well(&self, seen: usize) -> bool {
        let count = self.tokens.len();
        let guess = (8 * count + self.distance_bits) >> 3;
        self.copies < count / 2 && guess < seen / 2
    }
}

impl Blocks for Adaptive {
    #[inline]
    fn take(&mut self, token: Token) -> bool {
        // The lazy levels are one byte ahead of the token, and the others have not passed it yet.
        let seen = self.bytes + usize::from(self.level > 3);
        self.tokens.push(token);
        let mut length = 1;
        if token.is_copy() {
            let (_, _, extra_bits) = token.distance();
            self.copies += 1;
            self.distance_bits += 5 + extra_bits as usize;
            length = token.row() - 256 + SHORTEST;
        }
        self.bytes += length;
        self.pads = self.hits.as_mut().is_some_and(|hits| hits.pass(length));
        let count = self.tokens.len();
        self.pads || count == MOST_TOKENS || self.level > 2 && count.is_multiple_of(STEP) && self.does_well(seen)
    }

    fn end(&mut self, bytes: Option<&[u8]>, last: bool, out: &mut Vec<u8>) {
        self.writer.write(&self.tokens, bytes, last, out);
        if self.pads && self.writer.pending() > 0 {
            self.writer.write_stored(&[], false, out);
        }
        self.tokens.clear();
        (self.copies, self.bytes, self.distance_bits, self.pads) = (0, 0, 0, false);
    }

    fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }
}
