//! The levels that take their input block by block: 0, -2, and since Go 1.7 also 1.

use super::super::symbols::Token;
use super::blocks::{Block, BlockWriter, MOST_STORED};
use super::level_one::{Linked, Scan};
use super::level_one_1_7::Alone;

/// What is made of a block.
pub(super) enum Method {
    /// Nothing: the bytes are stored.
    Store,
    /// Codes without matches.
    Literals,
    /// Level 1 of Go 1.7.
    Alone(Scan<Alone>),
    /// Level 1 since.
    Linked(Scan<Linked>),
}

/// The encoder of these levels.
pub(super) struct Blockwise {
    method: Method,
    size: usize,
    /// The start of a block.
    begun: Vec<u8>,
    blocks: BlockWriter,
}

impl Method {
    /// The next block. All but the last must be whole.
    pub(super) fn block<'a>(&'a mut self, bytes: &'a [u8]) -> Block<'a> {
        match self {
            Self::Store => Block::Stored(bytes),
            Self::Literals => Block::literals(bytes),
            Self::Alone(_) | Self::Linked(_) if bytes.len() <= 16 => Block::Stored(bytes),
            Self::Alone(_) | Self::Linked(_) if bytes.len() < 128 => Block::literals(bytes),
            Self::Alone(scan) => level_one(scan.tokens(bytes), bytes),
            Self::Linked(scan) => level_one(scan.tokens(bytes), bytes),
        }
    }

    /// Sees a whole block that is not wanted.
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        if let Self::Linked(scan) = self {
            scan.tokens(bytes);
        }
    }
}

/// A block whose matches save less than a sixteenth of its tokens is written as literals.
fn level_one<'a>(tokens: &'a [Token], bytes: &'a [u8]) -> Block<'a> {
    if tokens.len() > bytes.len() - bytes.len() / 16 { Block::literals(bytes) } else { Block::dynamic(tokens, bytes) }
}

impl Blockwise {
    /// An encoder that makes this of each block of 65535 bytes.
    pub(super) fn new(method: Method) -> Self {
        Self::with_blocks_of(MOST_STORED, method)
    }

    /// An encoder that makes this of each block of so many bytes.
    pub(super) fn with_blocks_of(size: usize, method: Method) -> Self {
        Self { method, size, begun: Vec::new(), blocks: BlockWriter::default() }
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        if !self.begun.is_empty() {
            let (now, later) = input.split_at(input.len().min(self.size - self.begun.len()));
            self.begun.extend_from_slice(now);
            input = later;
            if self.begun.len() == self.size {
                self.blocks.write(&self.method.block(&self.begun), out);
                self.begun.clear();
            }
        }
        let whole = input.chunks_exact(self.size);
        self.begun.extend_from_slice(whole.remainder());
        for block in whole {
            self.blocks.write(&self.method.block(block), out);
        }
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        if !self.begun.is_empty() {
            self.blocks.write(&self.method.block(&self.begun), out);
        }
        if flush {
            self.blocks.flush(out);
        }
        self.blocks.finish(out);
    }
}
