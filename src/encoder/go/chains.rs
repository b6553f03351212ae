//! The levels with hash chains, from one end to the other: tokens of the search, cut into blocks.

use super::super::symbols::{LENGTHS, SHORTEST as LEAST, Token};
use super::blocks::{Block, BlockWriter};
use super::parser::{Effort, Parser};

/// How many tokens a block has.
pub(super) const BLOCK_TOKENS: usize = 16384;

/// The encoder of the levels with chains; `SHORTEST` as for the search.
pub(super) struct Chains<const SHORTEST: usize> {
    parser: Parser<SHORTEST>,
    /// What was found and is in no block yet.
    tokens: Vec<Token>,
    /// Where the next block begins in the stream.
    block_start: u64,
    blocks: BlockWriter,
}

impl<const SHORTEST: usize> Chains<SHORTEST> {
    /// An encoder that makes so much effort.
    pub(super) fn new(effort: Effort) -> Self {
        Self { parser: Parser::new(effort), tokens: Vec::new(), block_start: 0, blocks: BlockWriter::default() }
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        loop {
            input = self.parser.fill(input);
            if input.is_empty() {
                return;
            }
            self.parser.run(&mut self.tokens);
            self.write_blocks(false, out);
            self.parser.move_window();
        }
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        self.parser.finish(&mut self.tokens);
        self.write_blocks(true, out);
        if flush {
            self.blocks.flush(out);
        }
        self.blocks.finish(out);
    }

    /// Writes all whole blocks, and a last one that is not whole if that is wanted. The window must be that of their last
    /// tokens.
    fn write_blocks(&mut self, rest_too: bool, out: &mut Vec<u8>) {
        let whole = self.tokens.len() - self.tokens.len() % BLOCK_TOKENS;
        let upto = if rest_too { self.tokens.len() } else { whole };
        for tokens in self.tokens[..upto].chunks(BLOCK_TOKENS) {
            let end = self.block_start + length_of_all(tokens);
            self.blocks.write(&Block::smallest(tokens, self.parser.bytes(self.block_start, end)), out);
            self.block_start = end;
        }
        self.tokens.drain(..upto);
    }
}

/// How many bytes a token stands for.
pub(super) fn length_of(token: Token) -> u64 {
    // A copy's row is its place in the table of lengths, behind the 256 of the literals.
    token.row().checked_sub(LENGTHS.len()).map_or(1, |length| (length + LEAST) as u64)
}

/// How many bytes these tokens stand for.
pub(super) fn length_of_all(tokens: &[Token]) -> u64 {
    tokens.iter().map(|&token| length_of(token)).sum()
}
