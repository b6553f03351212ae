//! Levels 7 to 9: chains of all earlier places with the same four bytes, and a match is only taken when the next place
//! has no longer one. How matches are judged is in `matches`.
//!
//! Behaviour followed: klauspost/compress `flate` since 1.9.0, with its releases' differences. That includes a fault:
//! after a dictionary the first block is taken to begin with the dictionary, so that a stored first block repeats it
//! and the stream does not decode to its input. A blob like that cannot be read, but it is what would be written.

mod matches;

use super::blocks::BlockWriter;
use super::releases::Release;
use super::rules::{Effort, EndOfMatch, Worth};
use super::tokens::Tokens;
use crate::encoder::prefix_code::PrefixCode;
use crate::encoder::symbols::LONGEST;

const REACH: usize = 32_768;
const WINDOW: usize = 2 * REACH;
const HASH_BITS: u32 = 17;
const SHORTEST: usize = 4;
/// How many tokens a block has at most, since 1.14.0 and before.
const BLOCK_TOKENS: usize = 32_768;
const EARLIER_BLOCK_TOKENS: usize = 16_384;
/// Positions are renumbered beyond this.
const RENUMBER_AT: u32 = 1 << 28;

/// An encoder of level 7 to 9, without its bit writer.
pub(super) struct Lazy {
    effort: Effort,
    release: Release,
    end_of_match: EndOfMatch,
    /// Before 1.14.0 hashes took bytes in the other order, blocks ended with their last token, and fewer places were
    /// noted.
    earlier: bool,
    block_tokens: usize,
    window: Vec<u8>,
    /// Up to here the window is filled.
    filled: usize,
    at: usize,
    /// Where the tokens' input begins; none once that has left the window.
    block_start: Option<usize>,
    /// The number of the window's first byte; zero, with which tables start, is before all of them.
    origin: u32,
    heads: Vec<u32>,
    previous: Vec<u32>,
    chain_head: u32,
    length: usize,
    distance: usize,
    /// Whether the byte before `at` is not yet in a token.
    pending: bool,
    /// Literals since the last match; it overflows, and that is part of the behaviour.
    literal_run: u16,
    tokens: Tokens,
    literal_code: PrefixCode<256>,
    /// How many bits the literals before each place of the window take by that code, counted from where the search began.
    literal_bits: Vec<u32>,
    /// What a byte ahead is taken to cost, where matches are judged by that.
    bits_per_byte: isize,
    last: bool,
}

impl Lazy {
    pub(super) fn new(level: u8, release: Release) -> Self {
        let earlier = release < Release::V1_14_0;
        Self {
            effort: release.effort(level),
            release,
            end_of_match: release.end_of_match(),
            earlier,
            block_tokens: if earlier { EARLIER_BLOCK_TOKENS } else { BLOCK_TOKENS },
            window: vec![0; WINDOW],
            filled: 0,
            at: 0,
            block_start: Some(0),
            origin: 1,
            heads: vec![0; 1 << HASH_BITS],
            previous: vec![0; REACH],
            chain_head: 0,
            length: SHORTEST - 1,
            distance: 0,
            pending: false,
            literal_run: 0,
            tokens: Tokens::new(release.cuts_short()),
            literal_code: PrefixCode::empty(),
            literal_bits: vec![0; WINDOW + 1],
            bits_per_byte: 8,
            last: false,
        }
    }

    /// Starts a stream whose reader knows `dictionary`, at most 32 KiB.
    pub(super) fn start(&mut self, dictionary: &[u8]) {
        self.heads.fill(0);
        self.previous.fill(0);
        (self.origin, self.chain_head) = (1, 0);
        (self.length, self.distance) = (SHORTEST - 1, 0);
        (self.pending, self.literal_run) = (false, 0);
        self.block_start = Some(0);
        self.tokens.clear();
        self.window[..dictionary.len()].copy_from_slice(dictionary);
        (self.at, self.filled) = (dictionary.len(), dictionary.len());
        for at in 0..(dictionary.len() + 1).saturating_sub(SHORTEST) {
            self.note(at);
        }
    }

    pub(super) fn write(&mut self, mut input: &[u8], blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        while !input.is_empty() {
            // A full window waits for the next byte: it might be the last before a flush.
            if self.filled == WINDOW {
                self.search(blocks, out);
                self.slide();
            }
            let (taken, rest) = input.split_at(input.len().min(WINDOW - self.filled));
            self.window[self.filled..self.filled + taken.len()].copy_from_slice(taken);
            self.filled += taken.len();
            input = rest;
        }
    }

    /// Writes everything that waits.
    pub(super) fn flush(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        self.last = true;
        self.search(blocks, out);
        self.last = false;
    }

    fn slide(&mut self) {
        if self.at < WINDOW - (SHORTEST + LONGEST) {
            return;
        }
        self.window.copy_within(REACH.., 0);
        self.at -= REACH;
        self.filled -= REACH;
        self.block_start = self.block_start.and_then(|start| start.checked_sub(REACH));
        self.origin += REACH as u32;
        if self.origin > RENUMBER_AT {
            let excess = self.origin - 1;
            self.origin = 1;
            self.chain_head = self.chain_head.saturating_sub(excess);
            for position in self.heads.iter_mut().chain(&mut self.previous) {
                *position = position.saturating_sub(excess);
            }
        }
    }

    #[inline(always)]
    fn hash(&self, at: usize) -> usize {
        let word = u32::from_le_bytes(self.window[at..at + 4].try_into().expect("the slice has four bytes"));
        let word = if self.earlier { word.swap_bytes() } else { word };
        (word.wrapping_mul(2_654_435_761) >> (32 - HASH_BITS)) as usize
    }

    /// Makes `at` the head of its chain; says what was the head before.
    #[inline(always)]
    fn note(&mut self, at: usize) -> u32 {
        let hash = self.hash(at);
        let head = self.heads[hash];
        self.previous[at % REACH] = head;
        self.heads[hash] = self.origin + at as u32;
        head
    }

    /// Where a position is, counted from the window's first byte.
    #[inline(always)]
    fn place(&self, position: u32) -> isize {
        position as isize - self.origin as isize
    }

    /// Notes `at` and lets the next search start there, unless too few bytes follow.
    fn enter(&mut self, at: usize, last_noted: usize) {
        if at < last_noted {
            self.chain_head = self.note(at);
        }
    }

    fn search(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        if self.filled - self.at < SHORTEST + LONGEST && !self.last {
            return;
        }
        match self.effort.worth {
            Worth::Literals if self.filled != self.at => self.weigh_literals(),
            Worth::Entropy => self.bits_per_byte = self.entropy(),
            _ => {}
        }
        // Places from here on have too few bytes behind them for a hash.
        let end_of_hashes = (self.filled + 1).saturating_sub(SHORTEST);
        loop {
            let lookahead = self.filled - self.at;
            if lookahead < SHORTEST + LONGEST {
                if !self.last {
                    return;
                }
                if lookahead == 0 {
                    return self.end_block(blocks, out);
                }
            }
            self.enter(self.at, end_of_hashes);
            let (earlier_length, earlier_distance) = (self.length, self.distance);
            (self.length, self.distance) = (SHORTEST - 1, 0);
            let farthest = self.at.saturating_sub(REACH);
            let head = self.place(self.chain_head);
            let promising = lookahead > earlier_length && earlier_length < self.effort.lazy_below;
            if promising
                && head >= farthest as isize
                && let Some(found) = self.longest_match(head as usize, lookahead, farthest)
            {
                (self.length, self.distance) = found;
            }

            if earlier_length >= SHORTEST && self.length <= earlier_length {
                let earlier = (earlier_length, earlier_distance);
                let (length, distance) = match self.end_of_match {
                    EndOfMatch::Ignored => earlier,
                    EndOfMatch::Whole => self.by_its_end(earlier, lookahead, farthest, end_of_hashes),
                    EndOfMatch::WithoutItsStart => {
                        self.by_its_end_without_start(earlier, lookahead, farthest, end_of_hashes, blocks, out)
                    }
                };
                self.tokens.matched(length, distance);
                let next = self.at + length - 1;
                for at in self.at + 1..next.min(end_of_hashes) {
                    self.note(at);
                }
                self.at = next;
                self.pending = false;
                self.length = SHORTEST - 1;
                if !self.earlier {
                    self.literal_run = 0;
                }
                self.end_full_block(blocks, out);
                continue;
            }
            if self.length >= SHORTEST {
                self.literal_run = 0;
            }
            if !self.pending {
                self.at += 1;
                self.pending = true;
                continue;
            }
            self.literal_run = self.literal_run.wrapping_add(1);
            self.literal_before(self.at, blocks, out);
            self.at += 1;
            let skipped = self.release.skipped(usize::from(self.literal_run), self.effort.chain);
            if skipped > 0 {
                for _ in 0..skipped {
                    if self.at + 1 >= self.filled {
                        break;
                    }
                    self.literal_before(self.at, blocks, out);
                    if !self.earlier {
                        self.enter(self.at, end_of_hashes);
                    }
                    self.at += 1;
                }
                self.pending = false;
                self.literal_before(self.at, blocks, out);
            }
        }
    }

    fn literal_before(&mut self, at: usize, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        self.tokens.literal(self.window[at - 1]);
        self.end_full_block(blocks, out);
    }

    fn end_full_block(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        if self.tokens.len() == self.block_tokens {
            self.write_block(blocks, out);
        }
    }

    fn end_block(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        if self.pending {
            self.tokens.literal(self.window[self.at - 1]);
            self.pending = false;
        }
        if self.tokens.len() > 0 {
            self.write_block(blocks, out);
        }
    }

    fn write_block(&mut self, blocks: &mut BlockWriter, out: &mut Vec<u8>) {
        let input = self.block_start.map(|start| &self.window[start..self.at]);
        if self.earlier {
            blocks.whole(&mut self.tokens, input, out);
        } else {
            blocks.tokens(&mut self.tokens, input, self.last, out);
        }
        self.block_start = Some(self.at);
        self.tokens.clear();
    }
}
