//! The search of the levels with hash chains over a sliding window: greedy at the lower ones, lazy from 4 on.
//!
//! The ancestor is zlib's algorithm, and the differences are what tells the two apart: from Go 1.7 on four bytes are hashed
//! and not three, the shortest match must lie within 4096, and the distances that can be reached depend on where the window
//! was last moved. Tokens come out, and nothing is known here of blocks. Sources: Go's `compress/flate/deflate.go`, 1.2 to
//! 1.26, read for its behaviour.
//!
//! Go takes what it is given at once, even if the window is not full; here the window is always filled first. The two
//! differ only if a piece ends within the last 262 bytes of a window, a match begins at the first of these, and the best
//! one for it lies more than 32506 bytes back. Pieces whose size is a power of two never end there.

use super::super::symbols::{LONGEST, Token};
use super::text::{Match, REACH, Text, WINDOW, WINDOW_END, WINDOW_START};

/// How much work a level puts into matches.
#[derive(Debug, Clone, Copy)]
pub(super) struct Effort {
    /// From this length on, a match is taken without a look at the next position; 0 at the greedy levels.
    pub(super) lazy: usize,
    /// From this length on, no longer match is looked for.
    pub(super) nice: usize,
    /// How many positions of a chain are tried.
    pub(super) tries: u32,
    /// At the greedy levels: longer matches do not enter their inner positions into the chains.
    pub(super) enters: usize,
}

/// Level 1 of Go up to 1.6, and levels 2 to 9 of all releases.
const EFFORTS: [Effort; 9] = [
    Effort { lazy: 0, nice: 8, tries: 4, enters: 4 },
    Effort { lazy: 0, nice: 16, tries: 8, enters: 5 },
    Effort { lazy: 0, nice: 32, tries: 32, enters: 6 },
    Effort { lazy: 4, nice: 16, tries: 16, enters: 0 },
    Effort { lazy: 16, nice: 32, tries: 32, enters: 0 },
    Effort { lazy: 16, nice: 128, tries: 128, enters: 0 },
    Effort { lazy: 32, nice: 128, tries: 256, enters: 0 },
    Effort { lazy: 128, nice: 258, tries: 1024, enters: 0 },
    Effort { lazy: 258, nice: 258, tries: 4096, enters: 0 },
];

impl Effort {
    /// What this level does, if its search is this one.
    pub(super) fn of_level(level: i32) -> Option<Self> {
        EFFORTS.get(usize::try_from(level).ok()?.checked_sub(1)?).copied()
    }

    /// Whether a match waits for the one at the next position.
    pub(super) fn is_lazy(self) -> bool {
        self.lazy > 0
    }
}

/// The search. `SHORTEST` is how many bytes are hashed, and so the least that a match has: 3 up to Go 1.6, 4 since.
pub(super) struct Parser<const SHORTEST: usize> {
    effort: Effort,
    text: Text<SHORTEST>,
    /// The position in the stream of the window's first byte.
    base: u64,
    /// Where the data in the window ends.
    end: usize,
    /// The position that is decided next.
    at: usize,
    /// The match at the position before; shorter than `SHORTEST` if there is none.
    earlier: Match,
    /// Whether the position before is still to be written as a literal.
    waiting: bool,
}

impl<const SHORTEST: usize> Parser<SHORTEST> {
    /// Nothing is decided with fewer bytes ahead, unless they are the last.
    const LOOKAHEAD: usize = SHORTEST + LONGEST;

    /// A search from the stream's start on.
    pub(super) fn new(effort: Effort) -> Self {
        Self {
            effort,
            text: Text::new(),
            base: 0,
            end: WINDOW_START,
            at: WINDOW_START,
            earlier: Text::<SHORTEST>::NONE,
            waiting: false,
        }
    }

    /// A search from `from` on, as if a token had ended there and all positions before it had been entered. It is given
    /// the window that position is decided in, as far as `text` goes, which begins at `start` and reaches to `from`.
    /// Where the text behind goes on is returned as well.
    pub(super) fn midway(effort: Effort, from: u64, text: &[u8], start: u64) -> (Self, u64) {
        let mut parser = Self::new(effort);
        parser.base = Self::window_of(from);
        let bytes = &text[(parser.base - start) as usize..];
        let left = parser.fill(bytes).len();
        parser.at += (from - parser.base) as usize;
        let oldest = parser.at.saturating_sub(REACH).max(WINDOW_START);
        parser.text.enter(oldest, parser.at, parser.end);
        (parser, start + (text.len() - left) as u64)
    }

    /// Where the window begins when the search decides about this position, if the data goes on far enough behind it.
    pub(super) fn window_of(position: u64) -> u64 {
        (position + Self::LOOKAHEAD as u64).saturating_sub(WINDOW as u64).next_multiple_of(REACH as u64)
    }

    /// Where the window begins at the end of so many bytes of data.
    pub(super) fn last_window_of(length: u64) -> u64 {
        length.saturating_sub(WINDOW as u64).next_multiple_of(REACH as u64)
    }

    /// The bytes between two positions in the stream, if the window has them all.
    pub(super) fn bytes(&self, from: u64, to: u64) -> Option<&[u8]> {
        let place = |position: u64| position.checked_sub(self.base).map(|place| WINDOW_START + place as usize);
        self.text.window.get(place(from)?..place(to)?)
    }

    /// Fills the window; what has no room is given back. The room comes by `run` and `move_window`.
    pub(super) fn fill<'a>(&mut self, input: &'a [u8]) -> &'a [u8] {
        let (now, later) = input.split_at(input.len().min(WINDOW_END - self.end));
        self.text.window[self.end..self.end + now.len()].copy_from_slice(now);
        self.end += now.len();
        later
    }

    /// Takes all of the input, and decides all that can be decided then.
    pub(super) fn feed(&mut self, mut input: &[u8], tokens: &mut Vec<Token>) {
        loop {
            input = self.fill(input);
            self.run(tokens);
            if input.is_empty() {
                return;
            }
            self.move_window();
        }
    }

    /// Decides every position that has enough bytes ahead of it. The window should be full.
    pub(super) fn run(&mut self, tokens: &mut Vec<Token>) {
        self.run_up_to(Self::LOOKAHEAD, tokens);
    }

    /// Decides the rest: there is no more data.
    pub(super) fn finish(&mut self, tokens: &mut Vec<Token>) {
        self.run_up_to(1, tokens);
        if self.waiting {
            tokens.push(Token::literal(self.text.window[self.at - 1]));
            self.waiting = false;
        }
    }

    /// Drops the older half of the window.
    pub(super) fn move_window(&mut self) {
        self.text.move_window();
        self.base += REACH as u64;
        self.at -= REACH;
        self.end -= REACH;
    }

    /// Decides every position that has at least so many bytes ahead of it.
    fn run_up_to(&mut self, ahead: usize, tokens: &mut Vec<Token>) {
        if self.effort.is_lazy() { self.run_lazy(ahead, tokens) } else { self.run_greedy(ahead, tokens) }
    }

    fn run_greedy(&mut self, ahead: usize, tokens: &mut Vec<Token>) {
        while self.end - self.at >= ahead {
            let found = self.text.enter_and_find(self.at, self.end, SHORTEST - 1, &self.effort);
            if found.length < SHORTEST {
                tokens.push(Token::literal(self.text.window[self.at]));
                self.at += 1;
            } else {
                tokens.push(Token::copy(found.length, found.distance));
                let next = self.at + found.length;
                if found.length <= self.effort.enters {
                    self.text.enter(self.at + 1, next, self.end);
                }
                self.at = next;
            }
        }
    }

    fn run_lazy(&mut self, ahead: usize, tokens: &mut Vec<Token>) {
        while self.end - self.at >= ahead {
            let earlier = self.earlier;
            let found = if earlier.length < self.effort.lazy {
                // Only a longer match than the one before is of use, so Go's search from scratch may begin there: no
                // level looks again once a match is as long as its `nice`.
                self.text.enter_and_find(self.at, self.end, earlier.length, &self.effort)
            } else {
                self.text.enter(self.at, self.at + 1, self.end);
                Text::<SHORTEST>::NONE
            };
            if earlier.length >= SHORTEST && found.length <= earlier.length {
                tokens.push(Token::copy(earlier.length, earlier.distance));
                let next = self.at + earlier.length - 1;
                self.text.enter(self.at + 1, next, self.end);
                self.at = next;
                self.earlier = Text::<SHORTEST>::NONE;
                self.waiting = false;
            } else {
                if self.waiting {
                    tokens.push(Token::literal(self.text.window[self.at - 1]));
                }
                self.at += 1;
                self.earlier = found;
                self.waiting = true;
            }
        }
    }
}
