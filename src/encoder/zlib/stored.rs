//! Level 0: nothing is compressed, and the lengths of the stored blocks tell how zlib was called.
//!
//! zlib copies from the caller's input to the caller's output as long as both are large, and else gathers half a window
//! before it writes a block. So the blocks are no function of the bytes put in alone; here are the ways that matter.
//! Source: zlib's `deflate.c`, 1.2.11 to 1.3.1, read for its behaviour; before 1.2.11 blocks were cut differently, and
//! that is not done here. Nor are the blocks of pieces over 32 KiB, and of Python's `zlib.compress` all at once, where the
//! output buffer grows step by step; Python's streams with pieces of 8, 16 or 32 KiB are `Stored::Pieces`.

use super::blocks::{BlockWriter, MOST_STORED};
use super::chains::HALF;

/// How many bytes the head of a stored block takes.
const HEAD: usize = 5;

/// How zlib is called at level 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// Pieces of at most 32 KiB, and an end without bytes, as by streams of all languages: blocks of 32 KiB, and a last
    /// one of what is left, which may be empty. (A piece size that does not divide 32 KiB makes longer blocks: those are
    /// not made here.)
    Pieces,
    /// All at once, and into a buffer that is large enough: blocks of 65535 bytes, the last of what is left.
    Whole,
    /// As `Whole`, but into a buffer of so many bytes, and a new one whenever it is full. Not more must be written between
    /// two flushes than the buffer has room for.
    Buffer(usize),
}

/// Writes stored blocks.
pub(super) struct StoredWriter {
    way: Stored,
    /// What is in no block yet.
    held: Vec<u8>,
    writer: BlockWriter,
}

impl StoredWriter {
    pub(super) fn new(way: Stored) -> Self {
        Self { way, held: Vec::new(), writer: BlockWriter::default() }
    }

    pub(super) fn start(&mut self) {
        self.held.clear();
    }

    pub(super) fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        let most = match self.way {
            Stored::Pieces => HALF,
            Stored::Whole => MOST_STORED,
            Stored::Buffer(_) => return self.held.extend_from_slice(input),
        };
        while !input.is_empty() {
            if self.held.len() == most {
                self.end_block(out);
            }
            let (now, later) = input.split_at(input.len().min(most - self.held.len()));
            self.held.extend_from_slice(now);
            input = later;
        }
        if self.way == Stored::Pieces && self.held.len() == most {
            self.end_block(out);
        }
    }

    pub(super) fn end_block(&mut self, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            self.write_held(false, out);
        }
    }

    pub(super) fn sync(&mut self, out: &mut Vec<u8>) {
        self.writer.write_stored(&[], false, out);
    }

    pub(super) fn finish(&mut self, out: &mut Vec<u8>) {
        self.write_held(true, out);
    }

    fn write_held(&mut self, last: bool, out: &mut Vec<u8>) {
        let mut rest = &self.held[..];
        let mut room = if let Stored::Buffer(room) = self.way { room } else { usize::MAX };
        loop {
            let fits = rest.len().min(MOST_STORED).min(room.saturating_sub(HEAD));
            // What is no longer worth a block of its own goes through the window, and for that there is always room.
            let length = if fits < HALF { rest.len() } else { fits };
            let (block, later) = rest.split_at(length);
            self.writer.write_stored(block, last && later.is_empty(), out);
            room = room.saturating_sub(HEAD + length);
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        self.held.clear();
    }
}
