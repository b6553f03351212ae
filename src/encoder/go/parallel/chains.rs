//! The levels with chains: segments are searched at once, their tokens joined, and the blocks coded while the next
//! segments are searched.
//!
//! When two searches may be joined: both have read the same text, and what they do from a position on depends on the text,
//! on which earlier positions are in the chains, and on what is pending. A search looks back 32768 bytes and no further,
//! and where its window begins follows from the position.
//!
//! *Lazy levels* enter every position. What is pending where a token ends follows from the text too: behind a copy there
//! is nothing, and the next decision is the match at its end; behind a literal that match was already looked for, either
//! from scratch or only for one longer than a match that it then beat, and both find the same. So two searches that both
//! end a token at one position agree from there on.
//!
//! *Greedy levels* have nothing pending, but enter the inner positions of short copies only. Two searches agree when they
//! have ended all their tokens at the same positions for as long as a match reaches back: then they entered the same.

use super::super::super::symbols::{LONGEST, Token};
use super::super::blocks::{Block, BlockWriter, Piece};
use super::super::chains::{BLOCK_TOKENS, length_of, length_of_all};
use super::super::parser::{Effort, Parser};
use super::super::text::REACH;
use super::batch;

/// How far before its segment a lazy search begins; most agree within some hundred bytes.
const LAZY_START: usize = 4 << 10;
/// How far before its segment a greedy search begins, which must agree for 32 KiB.
const GREEDY_START: usize = 96 << 10;
/// How much text before a batch is kept: two windows for the search that begins there, and one by which windows move.
const HISTORY: usize = 3 * REACH;

// The window in which a search begins ends before its segment does.
const _: () = assert!(LAZY_START > LONGEST + 4 && LAZY_START < REACH && GREEDY_START > 2 * REACH);

/// The encoder of the levels with chains.
pub(super) struct ChainSegments<const SHORTEST: usize> {
    effort: Effort,
    segment: usize,
    text: Text,
    /// The search whose tokens are those of the stream. Between batches it has been given all text before `fed`.
    parser: Parser<SHORTEST>,
    fed: u64,
    /// The tokens that are in no block yet, the position of the first, and that behind the last.
    tokens: Vec<Token>,
    tokens_start: u64,
    tokens_end: u64,
    /// The whole blocks of the last batch, which are coded beside the next one's search.
    ripe: Ripe,
    blocks: BlockWriter,
}

/// Blocks that are found and not yet coded.
#[derive(Default)]
struct Ripe {
    tokens: Vec<Token>,
    /// One for each [`BLOCK_TOKENS`]; the stream's last block may have fewer.
    spans: Vec<Span>,
}

/// A stretch of the stream.
#[derive(Default)]
struct Text {
    start: u64,
    bytes: Vec<u8>,
}

/// A search that began in the middle of the stream, where it took a token to end.
struct Guess<const SHORTEST: usize> {
    parser: Parser<SHORTEST>,
    tokens: Vec<Token>,
    start: u64,
    end: u64,
}

/// A block's place in the stream, and where the window began when its last token was decided.
struct Span {
    start: u64,
    end: u64,
    window: u64,
}

impl<const SHORTEST: usize> ChainSegments<SHORTEST> {
    /// An encoder that makes so much effort, in segments of so many bytes: a multiple of the window's moves.
    pub(super) fn new(effort: Effort, segment: usize) -> Self {
        Self {
            effort,
            segment,
            text: Text::default(),
            parser: Parser::new(effort),
            fed: 0,
            tokens: Vec::new(),
            tokens_start: 0,
            tokens_end: 0,
            ripe: Ripe::default(),
            blocks: BlockWriter::default(),
        }
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        let batch = self.segment * batch();
        while !input.is_empty() {
            let gathered = (self.text.end() - self.fed) as usize;
            let (now, later) = input.split_at(input.len().min(batch.saturating_sub(gathered)));
            self.text.bytes.extend_from_slice(now);
            input = later;
            if gathered + now.len() >= batch {
                self.search(self.text.end(), out);
                let needed = self.ripe.spans.first().map_or(self.tokens_start, |span| span.start);
                self.text.forget_before(needed.min(self.fed.saturating_sub(HISTORY as u64)));
            }
        }
    }

    /// Ends the stream, after a flush if that is wanted.
    pub(super) fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        let end = self.text.end();
        self.search(end, out);
        self.parser.finish(&mut self.tokens);
        self.ripen(Some(end));
        self.search(end, out);
        if flush {
            self.blocks.flush(out);
        }
        self.blocks.finish(out);
    }

    /// Finds the tokens of all segments up to `end`, beside which it writes the blocks that are ripe; then those whose
    /// last token was found are. Says how many guesses were of use.
    fn search(&mut self, end: u64, out: &mut Vec<u8>) -> usize {
        let (effort, first, text) = (self.effort, self.fed, &self.text);
        let segment = self.segment as u64;
        let stop = |start: u64| (start + segment).min(end);
        let ahead = if effort.is_lazy() { LAZY_START } else { GREEDY_START } as u64;
        let starts: Vec<u64> = (first..end).step_by(self.segment).skip(1).collect();
        let mut guesses: Vec<Option<Guess<SHORTEST>>> = starts.iter().map(|_| None).collect();
        let ripe = std::mem::take(&mut self.ripe);
        let mut pieces: Vec<Option<Piece>> = ripe.spans.iter().map(|_| None).collect();
        let (parser, tokens) = (&mut self.parser, &mut self.tokens);
        let before = tokens.len();
        // In this order: blocks are small, so that at the end no thread waits for long.
        rayon::scope_fifo(|scope| {
            for (guess, start) in guesses.iter_mut().zip(starts) {
                scope.spawn_fifo(move |_| {
                    *guess = Some(Guess::new(effort, start - ahead.min(segment), stop(start), text));
                });
            }
            for ((piece, span), tokens) in pieces.iter_mut().zip(&ripe.spans).zip(ripe.tokens.chunks(BLOCK_TOKENS)) {
                scope.spawn_fifo(move |_| {
                    let bytes = (span.start >= span.window).then(|| text.between(span.start, span.end));
                    *piece = Some(Block::smallest(tokens, bytes).apart());
                });
            }
            parser.feed(text.between(first, stop(first)), tokens);
        });
        pieces.iter().flatten().for_each(|piece| self.blocks.append(piece, out));
        self.tokens_end += length_of_all(&self.tokens[before..]);
        self.fed = stop(first);
        let join = |guess| {
            let end = stop(self.fed);
            self.join(guess, end)
        };
        let useful = guesses.into_iter().flatten().map(join).filter(|&useful| useful).count();
        self.ripen(None);
        useful
    }

    /// Goes on up to `end` with the tokens of a guess as soon as it is known to be right, and without them until then.
    /// Says whether the guess was of use.
    fn join(&mut self, guess: Guess<SHORTEST>, end: u64) -> bool {
        let agreement = if self.effort.is_lazy() { 0 } else { REACH as u64 };
        let (mut place, mut position) = (self.tokens.len(), self.tokens_end);
        while position > guess.start && place > 0 {
            place -= 1;
            position -= length_of(self.tokens[place]);
        }
        let (mut guessed, mut guessed_position) = (0, guess.start);
        // Since when all tokens end at the same positions.
        let mut agreed = None;
        loop {
            if position == guessed_position {
                if position - *agreed.get_or_insert(position) >= agreement {
                    self.tokens.truncate(place);
                    self.tokens.extend_from_slice(&guess.tokens[guessed..]);
                    self.tokens_end = guess.end;
                    self.parser = guess.parser;
                    self.fed = end;
                    return true;
                }
            } else {
                agreed = None;
            }
            let (one, other) = (position <= guessed_position, guessed_position <= position);
            if one {
                while place == self.tokens.len() {
                    if self.fed == end {
                        return false;
                    }
                    self.feed_a_window(end);
                }
                position += length_of(self.tokens[place]);
                place += 1;
            }
            if other {
                let Some(&token) = guess.tokens.get(guessed) else { break };
                guessed_position += length_of(token);
                guessed += 1;
            }
        }
        while self.fed < end {
            self.feed_a_window(end);
        }
        false
    }

    /// Goes on by as much as the window moves, but not over `end`.
    fn feed_a_window(&mut self, end: u64) {
        let before = self.tokens.len();
        let upto = (self.fed + 1).next_multiple_of(REACH as u64).min(end);
        self.parser.feed(self.text.between(self.fed, upto), &mut self.tokens);
        self.tokens_end += length_of_all(&self.tokens[before..]);
        self.fed = upto;
    }

    /// Cuts off all whole blocks; at the stream's end also the last.
    fn ripen(&mut self, stream_end: Option<u64>) {
        let whole = self.tokens.len() - self.tokens.len() % BLOCK_TOKENS;
        let upto = if stream_end.is_some() { self.tokens.len() } else { whole };
        let last_window = stream_end.map_or(u64::MAX, Parser::<SHORTEST>::last_window_of);
        for tokens in self.tokens[..upto].chunks(BLOCK_TOKENS) {
            let (start, end) = (self.tokens_start, self.tokens_start + length_of_all(tokens));
            // A lazy copy is decided one position behind its first, a lazy literal likewise.
            let last = tokens.last().map_or(0, |&token| length_of(token));
            let decided = end - last + u64::from(self.effort.is_lazy());
            let window = Parser::<SHORTEST>::window_of(decided).min(last_window);
            self.ripe.spans.push(Span { start, end, window });
            self.tokens_start = end;
        }
        let left = self.tokens.split_off(upto);
        let mut ripe = std::mem::replace(&mut self.tokens, left);
        if self.ripe.tokens.is_empty() {
            self.ripe.tokens = ripe;
        } else {
            self.ripe.tokens.append(&mut ripe);
        }
    }
}

impl<const SHORTEST: usize> Guess<SHORTEST> {
    /// Searches from `start` up to `stop`.
    fn new(effort: Effort, start: u64, stop: u64, text: &Text) -> Self {
        let known = text.between(text.start, stop);
        let (mut parser, fed) = Parser::midway(effort, start, known, text.start);
        let mut tokens = Vec::new();
        parser.feed(text.between(fed, stop), &mut tokens);
        let end = start + length_of_all(&tokens);
        Self { parser, tokens, start, end }
    }
}

impl Text {
    fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    fn between(&self, from: u64, to: u64) -> &[u8] {
        &self.bytes[(from - self.start) as usize..(to - self.start) as usize]
    }

    fn forget_before(&mut self, position: u64) {
        self.bytes.drain(..position.saturating_sub(self.start) as usize);
        self.start = self.start.max(position);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::parser::Effort;
    use super::{ChainSegments, REACH};

    const SEGMENT: usize = 4 * REACH;

    /// How many of three guesses are of use.
    fn useful(level: i32, text: &[u8]) -> usize {
        let effort = Effort::of_level(level).expect("a level with chains");
        let mut segments = ChainSegments::<4>::new(effort, SEGMENT);
        segments.text.bytes.extend_from_slice(text);
        segments.search(text.len() as u64, &mut Vec::new())
    }

    #[test]
    fn lazy_searches_of_text_agree_and_those_of_one_long_run_never_do() {
        let mut state = 1u32;
        let mut word = || {
            state = state.wrapping_mul(0x0019_660d).wrapping_add(0x3c6e_f35f);
            format!("{} ", state >> 22)
        };
        let text: String = std::iter::repeat_with(&mut word).take(2 * SEGMENT).collect();
        for level in 4..=9 {
            assert_eq!(useful(level, &text.as_bytes()[..4 * SEGMENT]), 3, "words at level {level}");
            assert_eq!(useful(level, &vec![0; 4 * SEGMENT]), 0, "zeros at level {level}");
        }
    }

    #[test]
    fn greedy_searches_agree_where_nothing_matches() {
        let mut state = 1u64;
        let mut byte = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        let noise: Vec<u8> = std::iter::repeat_with(&mut byte).take(4 * SEGMENT).collect();
        for level in 2..=3 {
            assert_eq!(useful(level, &noise), 3, "noise at level {level}");
            assert_eq!(useful(level, &vec![0; 4 * SEGMENT]), 0, "zeros at level {level}");
        }
    }
}
