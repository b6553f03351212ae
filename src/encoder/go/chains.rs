//! Levels 2 to 9: hash chains over a sliding window, greedy at 2 and 3, lazy from 4 on.
//!
//! The ancestor is zlib's algorithm, and the differences are what tells the two apart: four bytes are hashed and not three,
//! a match of four bytes must lie within 4096, blocks have 16384 tokens, and the distances that can be reached depend on
//! where the window was last moved. Source: Go's `compress/flate/deflate.go`, 1.8 to 1.26, read for its behaviour.
//!
//! Go takes what it is given at once, even if the window is not full; here the window is always filled first. The two
//! differ only if a piece ends within the last 262 bytes of a window, a match begins at the first of these, and the best
//! one for it lies more than 32506 bytes back. Pieces whose size is a power of two never end there.

use super::super::symbols::{LONGEST, Token};
use super::blocks::BlockWriter;

/// How far back a match may lie, and by how much the window moves.
const REACH: usize = 32768;
/// Four bytes are hashed, so no match is shorter.
const SHORTEST: usize = 4;
/// A match of the shortest length must not lie further back than this.
const SHORTEST_REACH: usize = 4096;
/// Nothing is decided with fewer bytes ahead, unless they are the last.
const LOOKAHEAD: usize = SHORTEST + LONGEST;
/// How many tokens a block has.
const BLOCK_TOKENS: usize = 16384;
/// How many bits of the hash there are.
const HASH_BITS: u32 = 17;

/// The window begins at 1, since position 0 stands for none in the tables.
const WINDOW_START: usize = 1;
/// The window ends before this.
const WINDOW_END: usize = WINDOW_START + 2 * REACH;
/// Room behind the window, so that reads of eight bytes that begin in a match never need a check.
const WINDOW_ROOM: usize = 2 * REACH + 1024;

type Window = [u8; WINDOW_ROOM];

/// How much work a level puts into matches.
#[derive(Debug, Clone, Copy)]
struct Effort {
    /// From this length on, a match is taken without a look at the next position.
    lazy: usize,
    /// From this length on, no longer match is looked for.
    nice: usize,
    /// How many positions of a chain are tried.
    tries: u32,
    /// At the greedy levels: longer matches do not enter their inner positions into the chains.
    enters: usize,
}

/// Levels 2 to 9.
const EFFORTS: [Effort; 8] = [
    Effort { lazy: 0, nice: 16, tries: 8, enters: 5 },
    Effort { lazy: 0, nice: 32, tries: 32, enters: 6 },
    Effort { lazy: 4, nice: 16, tries: 16, enters: 0 },
    Effort { lazy: 16, nice: 32, tries: 32, enters: 0 },
    Effort { lazy: 16, nice: 128, tries: 128, enters: 0 },
    Effort { lazy: 32, nice: 128, tries: 256, enters: 0 },
    Effort { lazy: 128, nice: 258, tries: 1024, enters: 0 },
    Effort { lazy: 258, nice: 258, tries: 4096, enters: 0 },
];

/// The encoder of levels 2 to 9.
pub(super) struct Chains {
    effort: Effort,
    text: Text,
    /// Where the data in the window ends.
    end: usize,
    /// The position that is decided next.
    at: usize,
    /// Where the current block began, if the window still has it.
    block_start: Option<usize>,
    /// The match at the position before; shorter than four bytes if there is none.
    earlier: Match,
    /// Whether the position before is still to be written as a literal.
    waiting: bool,
    tokens: Vec<Token>,
    blocks: BlockWriter,
}

/// A match at some position.
#[derive(Debug, Clone, Copy)]
struct Match {
    length: usize,
    distance: usize,
}

/// No match.
const NONE: Match = Match { length: SHORTEST - 1, distance: 0 };

/// The window and the chains through it.
struct Text {
    window: Box<Window>,
    /// For each hash, the last position that had it.
    last: Box<[u16; 1 << HASH_BITS]>,
    /// For each position, the one before with the same hash.
    before: Box<[u16; 2 * REACH]>,
}

impl Chains {
    /// An encoder of this level, or none if the level is not one of 2 to 9.
    pub(super) fn new(level: i32) -> Option<Self> {
        let effort = *EFFORTS.get(usize::try_from(level).ok()?.checked_sub(2)?)?;
        Some(Self {
            effort,
            text: Text { window: zeros(), last: zeros(), before: zeros() },
            end: WINDOW_START,
            at: WINDOW_START,
            block_start: Some(WINDOW_START),
            earlier: NONE,
            waiting: false,
            tokens: Vec::with_capacity(BLOCK_TOKENS),
            blocks: BlockWriter::default(),
        })
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            if self.end == WINDOW_END {
                self.run(LOOKAHEAD, out);
                self.move_window();
            }
            let (now, later) = input.split_at(input.len().min(WINDOW_END - self.end));
            self.text.window[self.end..self.end + now.len()].copy_from_slice(now);
            self.end += now.len();
            input = later;
        }
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.run(1, out);
        if self.waiting {
            self.tokens.push(Token::literal(self.text.window[self.at - 1]));
            self.waiting = false;
        }
        if !self.tokens.is_empty() {
            self.write_block(self.at, out);
        }
        self.blocks.finish(out);
    }

    /// Decides every position that has at least so many bytes ahead of it.
    fn run(&mut self, ahead: usize, out: &mut Vec<u8>) {
        if self.effort.lazy > 0 { self.run_lazy(ahead, out) } else { self.run_greedy(ahead, out) }
    }

    fn run_greedy(&mut self, ahead: usize, out: &mut Vec<u8>) {
        while self.end - self.at >= ahead {
            let found = self.text.enter_and_find(self.at, self.end, NONE.length, &self.effort);
            if found.length < SHORTEST {
                self.tokens.push(Token::literal(self.text.window[self.at]));
                self.at += 1;
            } else {
                self.tokens.push(Token::copy(found.length, found.distance));
                let next = self.at + found.length;
                if found.length <= self.effort.enters {
                    self.text.enter(self.at + 1, next, self.end);
                }
                self.at = next;
            }
            self.end_block_if_full(self.at, out);
        }
    }

    fn run_lazy(&mut self, ahead: usize, out: &mut Vec<u8>) {
        while self.end - self.at >= ahead {
            let earlier = self.earlier;
            let found = if earlier.length < self.effort.lazy {
                // Only a longer match than the one before is of use, so Go's search from scratch may begin there: no
                // level looks again once a match is as long as its `nice`.
                self.text.enter_and_find(self.at, self.end, earlier.length, &self.effort)
            } else {
                self.text.enter(self.at, self.at + 1, self.end);
                NONE
            };
            if earlier.length >= SHORTEST && found.length <= earlier.length {
                self.tokens.push(Token::copy(earlier.length, earlier.distance));
                let next = self.at + earlier.length - 1;
                self.text.enter(self.at + 1, next, self.end);
                self.at = next;
                self.earlier = NONE;
                self.waiting = false;
                self.end_block_if_full(self.at, out);
            } else {
                if self.waiting {
                    self.tokens.push(Token::literal(self.text.window[self.at - 1]));
                    self.end_block_if_full(self.at, out);
                }
                self.at += 1;
                self.earlier = found;
                self.waiting = true;
            }
        }
    }

    fn end_block_if_full(&mut self, end: usize, out: &mut Vec<u8>) {
        if self.tokens.len() == BLOCK_TOKENS {
            self.write_block(end, out);
        }
    }

    fn write_block(&mut self, end: usize, out: &mut Vec<u8>) {
        let bytes = self.block_start.map(|start| &self.text.window[start..end]);
        self.blocks.write_smallest(&self.tokens, bytes, out);
        self.tokens.clear();
        self.block_start = Some(end);
    }

    /// Drops the older half of the window.
    fn move_window(&mut self) {
        self.text.move_window();
        self.at -= REACH;
        self.end -= REACH;
        self.block_start = self.block_start.and_then(|start| start.checked_sub(REACH)).filter(|&start| start > 0);
    }
}

impl Text {
    /// Enters `at` into its chain and looks along it for the first of the longest matches over `length` bytes.
    #[inline]
    fn enter_and_find(&mut self, at: usize, end: usize, length: usize, effort: &Effort) -> Match {
        let ahead = end - at;
        if ahead < SHORTEST {
            return NONE;
        }
        let newest = self.enter_one(at);
        // The window's start bounds the reach as well.
        let oldest = at.saturating_sub(REACH).max(WINDOW_START);
        if usize::from(newest) < oldest || ahead <= length {
            return NONE;
        }
        self.find(at, newest, oldest as u16, ahead.min(LONGEST), length, effort)
    }

    /// Enters the positions from `from` to before `to`. The last three bytes of all the data begin no chain.
    #[inline]
    fn enter(&mut self, from: usize, to: usize, end: usize) {
        for at in from..to.min(end - (SHORTEST - 1)) {
            self.enter_one(at);
        }
    }

    /// Enters one position into its chain; the one that was last before is returned.
    #[inline]
    fn enter_one(&mut self, at: usize) -> u16 {
        let last = &mut self.last[hash(four(&self.window, at & 0xffff))];
        let newest = *last;
        self.before[at & 0xffff] = newest;
        *last = at as u16;
        newest
    }

    /// Looks along the chain from `newest` on. Apart from its caller, the loop keeps all it needs in registers.
    #[inline(never)]
    fn find(&self, at: usize, newest: u16, oldest: u16, most: usize, length: usize, effort: &Effort) -> Match {
        let window = &*self.window;
        let at = at & 0xffff;
        let nice = effort.nice.min(most);
        let mut best = Match { length, distance: 0 };
        // A longer match agrees in all bytes up to the one behind the best so far. The last four of them are compared
        // first: few candidates pass.
        let mut offset = (length - 3) as u8;
        let mut wanted = four(window, at + usize::from(offset));
        let mut candidate = newest;
        for _ in 0..effort.tries {
            let place = usize::from(candidate);
            if four(window, place + usize::from(offset)) == wanted {
                let length = common(window, place, at, most);
                let distance = at - place;
                if length > best.length && (length > SHORTEST || distance <= SHORTEST_REACH) {
                    best = Match { length, distance };
                    if length >= nice {
                        break;
                    }
                    offset = (length - 3) as u8;
                    wanted = four(window, at + usize::from(offset));
                }
            }
            candidate = self.before[place];
            if candidate < oldest {
                break;
            }
        }
        if best.distance == 0 { NONE } else { best }
    }

    /// Moves the newer half of the window to its start, and the chains with it.
    fn move_window(&mut self) {
        self.window.copy_within(WINDOW_START + REACH..WINDOW_END, WINDOW_START);
        self.last.iter_mut().for_each(|position| *position = position.saturating_sub(REACH as u16));
        let (older, newer) = self.before.split_at_mut(REACH);
        for (older, newer) in older.iter_mut().zip(newer) {
            *older = newer.saturating_sub(REACH as u16);
        }
    }
}

/// How many of the first `most` bytes at two positions agree.
#[inline]
fn common(window: &Window, a: usize, b: usize, most: usize) -> usize {
    let mut length = 0;
    while length < most {
        let differing = eight(window, a + length) ^ eight(window, b + length);
        if differing != 0 {
            return most.min(length + (differing.trailing_zeros() / 8) as usize);
        }
        length += 8;
    }
    most
}

#[inline]
fn hash(four: u32) -> usize {
    (four.swap_bytes().wrapping_mul(0x1e35_a7bd) >> (32 - HASH_BITS)) as usize
}

#[inline]
fn four(window: &Window, at: usize) -> u32 {
    window[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline]
fn eight(window: &Window, at: usize) -> u64 {
    window[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// Zeros on the heap, which were never on the stack.
fn zeros<T: Copy + Default, const N: usize>() -> Box<[T; N]> {
    let zeros = vec![T::default(); N].into_boxed_slice();
    zeros.try_into().ok().expect("the slice was made as long as the array")
}
