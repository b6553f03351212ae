//! Levels 1 to 6: blocks of 65,535 bytes, each searched in one pass with a small hash table.
//!
//! One file per level, named after it, and one for levels 1 and 2; what they share is here, in `history` and in `scan`.
//! Behaviour followed: klauspost/compress `flate` since 1.9.0, Go's `compress/flate` since 1.27. What differs between
//! releases is a parameter of the level's type, so that the search of each is compiled for itself; level 3 was another one
//! before 1.14.3.

mod five;
mod four;
mod history;
mod scan;
mod single;
mod six;
mod three;
mod three_earlier;

use super::blocks::BlockWriter;
use super::releases::Release;
use super::tokens::Tokens;
pub(super) use history::common;
use history::{BLOCK, History, SHORTEST_SEARCHED};
use scan::Scan;

/// Levels 1 to 3 hash five bytes since 1.15.11, and hashed four before: a parameter of their types.
const FIVE_BYTES: bool = true;
const FOUR_BYTES: bool = false;

/// Levels 5 and 6 do not look at the end of a match before 1.12.2, and let so many first bytes differ since 1.15.10.
const NO_LOOK: usize = usize::MAX;
const ALL_AGREE: usize = 0;
const TWO_MAY_DIFFER: usize = 2;

/// Sizes of hash tables: those of levels 1 and 3 to 6, then of level 2, each since 1.10.2 and before.
const SLOTS: usize = 1 << 15;
const EARLIER_SLOTS: usize = 1 << 16;
const MORE_SLOTS: usize = 1 << 17;
const EARLIER_MORE_SLOTS: usize = 1 << 18;

/// Finds the matches of one block after another.
trait Matcher: Send {
    /// Turns a block into tokens; into none if nothing in it matches anything.
    fn search(&mut self, block: Scan<'_>);
    /// Takes `excess` off all positions in its tables; those that would become negative become zero.
    fn lower(&mut self, excess: u32);
}

/// An encoder of level 1 to 6, without its bit writer.
pub(super) struct Fast {
    matcher: Box<dyn Matcher>,
    history: History,
    tokens: Tokens,
    waiting: Vec<u8>,
}

impl Fast {
    pub(super) fn new(level: u8, release: Release) -> Self {
        Self {
            matcher: matcher(level, release),
            history: History::new(),
            tokens: Tokens::new(release.cuts_short()),
            waiting: Vec::with_capacity(BLOCK),
        }
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
                self.history.forget();
            }
            _ => self.block(true, blocks, out),
        }
    }

    /// Starts a stream whose reader knows `dictionary`, which is searched like a block and then not written.
    pub(super) fn start(&mut self, dictionary: &[u8]) {
        self.waiting.clear();
        self.history.forget();
        search(&mut *self.matcher, &mut self.history, dictionary, &mut self.tokens);
        self.tokens.clear();
    }

    fn block(&mut self, last: bool, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        let input = &self.waiting[..];
        search(&mut *self.matcher, &mut self.history, input, &mut self.tokens);
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

fn search(matcher: &mut dyn Matcher, history: &mut History, block: &[u8], tokens: &mut Tokens) {
    if let Some(excess) = history.renumber() {
        matcher.lower(excess);
    }
    let start = history.append(block);
    if block.len() >= SHORTEST_SEARCHED {
        matcher.search(Scan::new(history, start, tokens));
    }
}

fn matcher(level: u8, release: Release) -> Box<dyn Matcher> {
    let small_tables = release >= Release::V1_10_2;
    match level {
        1 if !small_tables => Box::new(single::Single::<1, FOUR_BYTES, EARLIER_SLOTS>::new()),
        1 if release < Release::V1_15_11 => Box::new(single::Single::<1, FOUR_BYTES, SLOTS>::new()),
        1 => Box::new(single::Single::<1, FIVE_BYTES, SLOTS>::new()),
        2 if !small_tables => Box::new(single::Single::<2, FOUR_BYTES, EARLIER_MORE_SLOTS>::new()),
        2 if release < Release::V1_15_11 => Box::new(single::Single::<2, FOUR_BYTES, MORE_SLOTS>::new()),
        2 => Box::new(single::Single::<2, FIVE_BYTES, MORE_SLOTS>::new()),
        3 if !small_tables => Box::new(three_earlier::ThreeEarlier::<EARLIER_SLOTS>::new()),
        3 if release < Release::V1_14_3 => Box::new(three_earlier::ThreeEarlier::<SLOTS>::new()),
        3 if release < Release::V1_15_11 => Box::new(three::Three::<FOUR_BYTES>::new()),
        3 => Box::new(three::Three::<FIVE_BYTES>::new()),
        4 if !small_tables => Box::new(four::Four::<EARLIER_SLOTS>::new(release.next_long_match())),
        4 => Box::new(four::Four::<SLOTS>::new(release.next_long_match())),
        5 if !small_tables => Box::new(five::Five::<NO_LOOK, EARLIER_SLOTS>::new()),
        5 if release < Release::V1_12_2 => Box::new(five::Five::<NO_LOOK, SLOTS>::new()),
        5 if release < Release::V1_15_10 => Box::new(five::Five::<ALL_AGREE, SLOTS>::new()),
        5 => Box::new(five::Five::<TWO_MAY_DIFFER, SLOTS>::new()),
        _ if !small_tables => Box::new(six::Six::<NO_LOOK, EARLIER_SLOTS>::new()),
        _ if release < Release::V1_12_2 => Box::new(six::Six::<NO_LOOK, SLOTS>::new()),
        _ if release < Release::V1_15_10 => Box::new(six::Six::<ALL_AGREE, SLOTS>::new()),
        _ => Box::new(six::Six::<TWO_MAY_DIFFER, SLOTS>::new()),
    }
}
