//! The levels that go block by block. Most blocks stand alone; those of level 1 since Go 1.8 need what was seen before.
//!
//! Two searches of level 1 agree at the start of a block when their tables do, as far as entries are within reach. A
//! segment's search therefore begins some blocks before it with an empty table, and what the table holds at the segment's
//! start is compared with what the search of the segment before holds there. A segment that does not agree is searched
//! again from the true table.

use rayon::prelude::*;

use super::super::Way;
use super::super::blocks::{BlockWriter, MOST_STORED, Piece};
use super::super::blockwise::Method;
use super::super::level_one::{Linked, Scan};
use super::super::level_one_1_7::Alone;
use super::batch;

/// How many blocks before its segment a search of level 1 begins. On a layer of 200 MB with segments of 2 MiB, 2 are too
/// few for one segment in six, 3 for one in thirty, 4 for one in fifty, and 6 for none.
const START: usize = 4;

/// The encoder of these levels.
pub(super) struct BlockSegments {
    way: Way,
    size: usize,
    /// How many blocks a segment has.
    segment: usize,
    /// What comes before the text of this batch, as far as searches begin there, and the text.
    text: Vec<u8>,
    before: usize,
    /// How many blocks have been written.
    written: u64,
    /// The search that has seen all blocks that have been written.
    method: Method,
    blocks: BlockWriter,
}

/// A segment whose search began before it with an empty table.
struct Guess {
    /// What the table held at the segment's start; none if that does not matter.
    began: Option<Linked>,
    method: Method,
    pieces: Vec<Piece>,
}

impl BlockSegments {
    /// An encoder in segments of about so many bytes.
    pub(super) fn new(way: Way, segment: usize) -> Self {
        let size = if let Way::Store(size) = way { size } else { MOST_STORED };
        Self {
            way,
            size,
            segment: (segment / size).max(1),
            text: Vec::new(),
            before: 0,
            written: 0,
            method: fresh(way, 0),
            blocks: BlockWriter::default(),
        }
    }

    /// Takes the next bytes.
    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        let batch = self.size * self.segment * batch();
        while !input.is_empty() {
            let gathered = self.text.len() - self.before;
            let (now, later) = input.split_at(input.len().min(batch.saturating_sub(gathered)));
            self.text.extend_from_slice(now);
            input = later;
            if gathered + now.len() >= batch {
                self.write_blocks(batch, out);
            }
        }
    }

    /// Ends the stream, after a flush if that is wanted.
    pub(super) fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        self.write_blocks(self.text.len() - self.before, out);
        if flush {
            self.blocks.flush(out);
        }
        self.blocks.finish(out);
    }

    /// Writes the blocks of the next bytes; all must be whole, but for the stream's last.
    fn write_blocks(&mut self, length: usize, out: &mut Vec<u8>) {
        let (way, size, written) = (self.way, self.size, self.written);
        let (before, text) = self.text[..self.before + length].split_at(self.before);
        let segments: Vec<&[u8]> = text.chunks(size * self.segment).collect();
        let Some((first, rest)) = segments.split_first() else { return };
        let method = &mut self.method;
        let (pieces, guesses) = rayon::join(
            || pieces(method, first, size),
            || {
                let guesses = rest.par_iter().enumerate().map(|(place, text)| {
                    let start = before.len() + (place + 1) * size * self.segment;
                    let lead = if matches!(way, Way::Linked { .. }) { (START * size).min(start) } else { 0 };
                    let blocks = written + ((start - before.len()) / size) as u64 - (lead / size) as u64;
                    Guess::new(fresh(way, blocks), &self.text[start - lead..start], text, size)
                });
                guesses.collect::<Vec<Guess>>()
            },
        );
        let mut append = |pieces: Vec<Piece>| pieces.iter().for_each(|piece| self.blocks.append(piece, out));
        append(pieces);
        for (guess, text) in guesses.into_iter().zip(rest) {
            append(guess.settle(&mut self.method, text, size));
        }
        self.written += length.div_ceil(size) as u64;
        let kept = (self.before + length).min(START * size);
        self.text.drain(..self.before + length - kept);
        self.before = kept;
    }
}

impl Guess {
    fn new(mut method: Method, lead: &[u8], text: &[u8], size: usize) -> Self {
        lead.chunks(size).for_each(|block| method.pass(block));
        let began = if let Method::Linked(scan) = &method { Some(scan.table().clone()) } else { None };
        let pieces = pieces(&mut method, text, size);
        Self { began, method, pieces }
    }

    /// The segment's pieces, whether by this search or by the true one, which then has seen the segment.
    fn settle(self, truth: &mut Method, text: &[u8], size: usize) -> Vec<Piece> {
        if let (Some(began), Method::Linked(scan)) = (&self.began, &*truth)
            && !scan.table().agrees_with(began)
        {
            return pieces(truth, text, size);
        }
        *truth = self.method;
        self.pieces
    }
}

/// A search that has seen nothing, but knows how many blocks came before.
fn fresh(way: Way, blocks: u64) -> Method {
    match way {
        Way::Alone => Method::Alone(Scan::new(Alone::new())),
        Way::Linked { resets } => Method::Linked(Scan::new(Linked::behind(blocks, resets))),
        Way::Store(_) => Method::Store,
        // Those with chains are not block by block.
        Way::Literals | Way::Threes(_) | Way::Fours(_) => Method::Literals,
    }
}

fn pieces(method: &mut Method, text: &[u8], size: usize) -> Vec<Piece> {
    text.chunks(size).map(|block| method.block(block).apart()).collect()
}
