//! The framing of klauspost/pgzip, with which podman, skopeo, buildah, umoci and apko compress layers.
//!
//! The input is cut into blocks that are compressed side by side. Each block knows the last 16 KiB of the one before
//! it and ends with a flush; the last one, which may be empty, ends the stream. Behaviour followed: pgzip 1.2.6, whose
//! framing never changed; how many blocks it compresses at a time does not show. Only the deflate stream is made here.
//! Block sizes of 16 KiB and less are refused, as pgzip refuses them.

use super::Encoder;
use super::klauspost::{Klauspost, Release};

/// The block size of pgzip itself, and of most of its users.
pub const MEBIBYTE: usize = 1 << 20;
/// The block size of umoci up to 0.4.7 and of stacker.
pub const QUARTER_MEBIBYTE: usize = 256 << 10;

const DICTIONARY: usize = 16 << 10;

/// The deflate stream of a file that pgzip wrote.
pub struct Pgzip {
    deflate: Klauspost,
    block: usize,
    /// How many bytes the current block has.
    written: usize,
    /// The last bytes of the current block, as far as they are written.
    tail: Vec<u8>,
}

impl Pgzip {
    /// An encoder over that release of klauspost/compress, at a level from −2 to 9, with blocks of that many bytes.
    pub fn new(release: Release, level: i8, block: usize) -> Option<Self> {
        let deflate = Klauspost::new(release, level).filter(|_| block > DICTIONARY)?;
        Some(Self { deflate, block, written: 0, tail: Vec::with_capacity(DICTIONARY) })
    }

    /// Compresses one block alone: what `Pgzip` writes for it, given the bytes before it in the stream. With `last`
    /// the stream ends behind it. This is how a stream is made on several cores.
    pub fn block(deflate: &mut Klauspost, before: &[u8], input: &[u8], last: bool, out: &mut Vec<u8>) {
        deflate.start(&before[before.len() - before.len().min(DICTIONARY)..]);
        deflate.write(input, out);
        deflate.flush(out);
        if last {
            deflate.finish(out);
        }
    }
}

impl Encoder for Pgzip {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let (taken, rest) = input.split_at(input.len().min(self.block - self.written));
            self.deflate.write(taken, out);
            let before_tail = (self.block - DICTIONARY).saturating_sub(self.written);
            self.tail.extend_from_slice(&taken[before_tail.min(taken.len())..]);
            self.written += taken.len();
            input = rest;
            if self.written == self.block {
                self.deflate.flush(out);
                self.deflate.start(&self.tail);
                self.tail.clear();
                self.written = 0;
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.deflate.flush(out);
        self.deflate.finish(out);
    }
}
