//! Levels 1 to 6: blocks of 65,535 bytes, each searched in one pass with a small hash table.
//!
//! One file per level, named after it; what they share is in `history` and `scan`. Behaviour followed:
//! klauspost/compress `flate` since 1.15.0, Go's `compress/flate` since 1.27. What differs between releases is a
//! parameter of the level concerned.

mod five;
mod four;
mod history;
mod one;
mod scan;
mod six;
mod three;
mod two;

use super::blocks::BlockWriter;
use super::releases::Release;
use super::tokens::Tokens;
pub(super) use history::{BLOCK, common};

/// Levels 1 to 3 hash five bytes since 1.15.11, and hashed four before: a parameter of their types.
const FIVE_BYTES: bool = true;
const FOUR_BYTES: bool = false;

/// Finds the matches of one block after another.
trait Matcher: Send {
    /// Turns `block` into tokens; into none if nothing in it matches anything.
    fn search(&mut self, block: &[u8], tokens: &mut Tokens);
    /// Puts what was searched so far out of reach.
    fn forget(&mut self);
}

/// An encoder of level 1 to 6, without its bit writer.
pub(super) struct Fast {
    matcher: Box<dyn Matcher>,
    tokens: Tokens,
    waiting: Vec<u8>,
}

impl Fast {
    pub(super) fn new(level: u8, release: Release) -> Self {
        let matcher: Box<dyn Matcher> = match level {
            1 if release < Release::V1_15_11 => Box::new(one::One::<FOUR_BYTES>::new()),
            1 => Box::new(one::One::<FIVE_BYTES>::new()),
            2 if release < Release::V1_15_11 => Box::new(two::Two::<FOUR_BYTES>::new()),
            2 => Box::new(two::Two::<FIVE_BYTES>::new()),
            3 if release < Release::V1_15_11 => Box::new(three::Three::<FOUR_BYTES>::new()),
            3 => Box::new(three::Three::<FIVE_BYTES>::new()),
            4 => Box::new(four::Four::new(release.next_long_match())),
            5 if release < Release::V1_15_10 => Box::new(five::Five::<0>::new()),
            5 => Box::new(five::Five::<2>::new()),
            _ if release < Release::V1_15_10 => Box::new(six::Six::<0>::new()),
            _ => Box::new(six::Six::<2>::new()),
        };
        Self { matcher, tokens: Tokens::new(), waiting: Vec::with_capacity(BLOCK) }
    }

    pub(super) fn write(&mut self, mut input: &[u8], blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        while !input.is_empty() {
            // A full block waits for the next byte: it might be the last before a flush.
            if self.waiting.len() == BLOCK {
                self.block(false, blocks, out);
            }
            let (taken, rest) = input.split_at(input.len().min(BLOCK - self.waiting.len()));
            self.waiting.extend_from_slice(taken);
            input = rest;
        }
    }

    /// Writes everything that waits.
    pub(super) fn flush(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        match self.waiting.len() {
            0 => {}
            // Too little to search; what was seen before is given up as well.
            length @ 1..128 => {
                if length <= 32 {
                    blocks.stored(&self.waiting, out);
                } else {
                    blocks.literals(&self.waiting, true, out);
                }
                self.waiting.clear();
                self.matcher.forget();
            }
            _ => self.block(true, blocks, out),
        }
    }

    /// Starts a stream whose reader knows `dictionary`, which is searched like a block and then not written.
    pub(super) fn start(&mut self, dictionary: &[u8]) {
        self.waiting.clear();
        self.matcher.forget();
        self.matcher.search(dictionary, &mut self.tokens);
        self.tokens.clear();
    }

    fn block(&mut self, last: bool, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        let input = &self.waiting[..];
        self.matcher.search(input, &mut self.tokens);
        if self.tokens.len() == 0 {
            blocks.stored(input, out);
        } else if self.tokens.len() > input.len() - (input.len() >> 4) {
            blocks.literals(input, last, out);
        } else {
            blocks.tokens(&mut self.tokens, Some(input), last, out);
        }
        self.tokens.clear();
        self.waiting.clear();
    }
}
