//! From bytes to tokens: greedy at levels 1 to 3, lazy from 4 on. Where blocks end and how they are written is another's
//! matter, since GNU gzip shares the tokens and not the blocks.
//!
//! zlib takes what it is given at once, even if the window is not full; here the window is always filled first. The two
//! differ only if a piece ends one byte before the end of a window, a position is decided 262 bytes before that end, and
//! the newest candidate for it lies 32506 bytes back, the furthest of all. Pieces of even size never end there. (Where
//! this was made to happen, zlib 1.2.13 wrote one stream for such pieces and another for all others: the latter is made.)
//! Source: zlib's `deflate.c`, 1.2.6 to 1.3.1, read for its behaviour.

use super::super::symbols::{LONGEST, SHORTEST, Token};
use super::chains::{Chains, HALF, LOOKAHEAD, MOVES_FROM, Match, NONE, WINDOW};
use super::effort::Effort;

/// The levels from 4 on do not take a match of the shortest length from further back than this.
const SHORTEST_REACH: usize = 4096;

/// Makes blocks of tokens.
pub(in super::super) trait Blocks {
    /// Takes a token; says whether the block ends behind it.
    fn take(&mut self, token: Token) -> bool;
    /// Ends the block. Its bytes are given if they are still at hand.
    fn end(&mut self, bytes: Option<&[u8]>, last: bool, out: &mut Vec<u8>);
    /// Whether there is no token behind the last block.
    fn is_empty(&self) -> bool;
}

/// How the last bytes before a flush or the end are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Ending {
    /// zlib's: a search sees only the data.
    Exact,
    /// GNU gzip's, which has no flushes: a search reads on into two zeros and what is left of older data in the window. A
    /// match is cut where the data end, but which one is taken may depend on what follows.
    ReadsOn,
}

/// Finds the tokens.
pub(in super::super) struct Finder {
    effort: Effort,
    ending: Ending,
    chains: Chains,
    /// Where the data in the window end.
    end: usize,
    /// The position that is decided next.
    at: usize,
    /// How many positions before `at` are in no chain yet, since a flush came before their three bytes were known.
    late: usize,
    /// Where the current block began, if the window still has it.
    block_start: Option<usize>,
    /// Lazy: the match at the position before; shorter than three bytes if there is none.
    earlier: Match,
    /// Lazy: whether the position before is still to be written as a literal.
    waiting: bool,
}

impl Finder {
    pub(in super::super) fn new(effort: Effort, hash_bits: u32, ending: Ending) -> Self {
        Self {
            effort,
            ending,
            chains: Chains::new(hash_bits),
            end: 0,
            at: 0,
            late: 0,
            block_start: Some(0),
            earlier: NONE,
            waiting: false,
        }
    }

    /// Forgets all that was seen, and then sees `dictionary`, of which the last 32 KiB count.
    pub(in super::super) fn start(&mut self, dictionary: &[u8]) {
        let dictionary = &dictionary[dictionary.len() - dictionary.len().min(HALF)..];
        self.chains.forget();
        self.chains.fill(0, dictionary);
        self.end = dictionary.len();
        for at in 0..self.end.saturating_sub(SHORTEST - 1) {
            self.chains.enter(at);
        }
        self.at = self.end;
        self.late = self.end.min(SHORTEST - 1);
        self.block_start = Some(self.at);
        (self.earlier, self.waiting) = (NONE, false);
    }

    /// Takes the next bytes.
    pub(in super::super) fn write(&mut self, mut input: &[u8], blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.end == WINDOW {
                self.run(LOOKAHEAD, usize::MAX, blocks, out);
                self.move_window();
            }
            let (now, later) = input.split_at(input.len().min(WINDOW - self.end));
            self.chains.fill(self.end, now);
            self.end += now.len();
            input = later;
        }
    }

    /// Decides all there is; `last` ends the stream, and else the block is ended if it has tokens.
    pub(in super::super) fn flush(&mut self, last: bool, blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        self.run(LOOKAHEAD, usize::MAX, blocks, out);
        if self.ending == Ending::Exact {
            // zlib looks for more input before each token, and gzip only once.
            self.run(1, MOVES_FROM, blocks, out);
        }
        if self.at >= MOVES_FROM {
            // Nobody needs the room, but which blocks can be stored depends on it.
            self.move_window();
        }
        if self.ending == Ending::ReadsOn {
            self.chains.fill(self.end, &[0; SHORTEST - 1]);
        }
        self.run(1, usize::MAX, blocks, out);
        if self.waiting {
            // The flush below ends the block even if this token fills it.
            blocks.take(Token::literal(self.chains.bytes()[self.at - 1]));
            self.waiting = false;
        }
        self.late = self.at.min(SHORTEST - 1);
        if last || !blocks.is_empty() {
            self.end_block(last, blocks, out);
        }
    }

    /// Decides every position before `until` that has at least so many bytes ahead of it.
    fn run(&mut self, ahead: usize, until: usize, blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        while self.late > 0 && self.end - self.at + self.late >= SHORTEST {
            self.chains.enter(self.at - self.late);
            self.late -= 1;
        }
        if self.effort.lazy {
            self.run_lazy(ahead, until, blocks, out);
        } else {
            self.run_greedy(ahead, until, blocks, out);
        }
    }

    fn run_greedy(&mut self, ahead: usize, until: usize, blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        while self.end - self.at >= ahead && self.at < until {
            let found = self.enter_and_find(NONE.length);
            let full = if found.length < SHORTEST {
                let full = blocks.take(Token::literal(self.chains.bytes()[self.at & 0xffff]));
                self.at += 1;
                full
            } else {
                let next = self.at + found.length;
                if found.length <= self.effort.enough && self.end - next >= SHORTEST {
                    for inner in self.at + 1..next {
                        self.chains.enter(inner);
                    }
                }
                self.at = next;
                blocks.take(Token::copy(found.length, found.distance))
            };
            if full {
                self.end_block(false, blocks, out);
            }
        }
    }

    fn run_lazy(&mut self, ahead: usize, until: usize, blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        while self.end - self.at >= ahead && self.at < until {
            let earlier = self.earlier;
            let mut found = if earlier.length < self.effort.enough {
                // Only a longer match than the one before is of use.
                self.enter_and_find(earlier.length)
            } else {
                if self.end - self.at >= SHORTEST {
                    self.chains.enter(self.at);
                }
                NONE
            };
            if found.length == SHORTEST && found.distance > SHORTEST_REACH {
                found = NONE;
            }
            let full = if earlier.length >= SHORTEST && found.length <= earlier.length {
                let next = self.at + earlier.length - 1;
                for inner in self.at + 1..next.min(self.end - (SHORTEST - 1)) {
                    self.chains.enter(inner);
                }
                self.at = next;
                self.earlier = NONE;
                self.waiting = false;
                blocks.take(Token::copy(earlier.length, earlier.distance))
            } else {
                let full = self.waiting && blocks.take(Token::literal(self.chains.bytes()[(self.at - 1) & 0xffff]));
                if full {
                    self.end_block(false, blocks, out);
                }
                self.at += 1;
                self.earlier = found;
                self.waiting = true;
                false
            };
            if full {
                self.end_block(false, blocks, out);
            }
        }
    }

    /// Enters the current position into its chain and looks along it for a match over `length` bytes.
    #[inline]
    fn enter_and_find(&mut self, length: usize) -> Match {
        let ahead = self.end - self.at;
        if ahead < SHORTEST {
            return NONE;
        }
        let newest = self.chains.enter(self.at);
        let most = match self.ending {
            Ending::Exact => ahead.min(LONGEST),
            // Where there is no room to read on, nothing is found.
            Ending::ReadsOn if self.at > MOVES_FROM => return NONE,
            Ending::ReadsOn => LONGEST,
        };
        let found = self.chains.find(self.at, newest, most, length, &self.effort);
        Match { length: found.length.min(ahead), ..found }
    }

    fn end_block(&mut self, last: bool, blocks: &mut impl Blocks, out: &mut Vec<u8>) {
        blocks.end(self.block_start.map(|start| &self.chains.bytes()[start..self.at]), last, out);
        self.block_start = Some(self.at);
    }

    /// Drops the older half of the window.
    fn move_window(&mut self) {
        self.chains.move_window();
        self.at -= HALF;
        self.end -= HALF;
        self.block_start = self.block_start.and_then(|start| start.checked_sub(HALF));
    }
}
