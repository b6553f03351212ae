//! zlib-ng's deflate through zlib-rs, which follows it byte for byte at levels 0 to 9.

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::encoder::Encoder;

/// Room given at a time.
const ROOM: usize = 64 << 10;

/// It is given so many bytes at a time: at level 1 it opens and ends blocks by what it has at hand when it is called, so that
/// single bytes would give other streams than pieces do. Programs have buffers, of this size or about it.
const PIECE: usize = 64 << 10;

/// One raw deflate stream as zlib-ng writes it, memory level 8, window of 32 KiB.
pub struct ZlibNg {
    deflate: Compress,
    waiting: Vec<u8>,
}

impl ZlibNg {
    /// At a level from 0 to 9.
    pub fn new(level: i8) -> Option<Self> {
        let level = u32::try_from(level).ok().filter(|level| *level <= 9)?;
        Some(Self { deflate: Compress::new(Compression::new(level), false), waiting: Vec::new() })
    }

    /// Compresses what waits.
    fn turn(&mut self, out: &mut Vec<u8>) {
        let mut input = &self.waiting[..];
        while !input.is_empty() {
            let before = self.deflate.total_in();
            out.reserve(ROOM);
            let turned = self.deflate.compress_vec(input, out, FlushCompress::None);
            let taken = (self.deflate.total_in() - before) as usize;
            input = &input[taken.min(input.len())..];
            if turned.is_err() {
                break;
            }
        }
        self.waiting.clear();
    }
}

impl Encoder for ZlibNg {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let (taken, rest) = input.split_at(input.len().min(PIECE - self.waiting.len()));
            self.waiting.extend_from_slice(taken);
            input = rest;
            if self.waiting.len() == PIECE {
                self.turn(out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.turn(out);
        loop {
            out.reserve(ROOM);
            match self.deflate.compress_vec(&[], out, FlushCompress::Finish) {
                Ok(Status::Ok) => {}
                // Refused only for a stream that is over.
                Ok(_) | Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Encoder, PIECE, ZlibNg};

    #[test]
    fn the_sizes_of_pieces_do_not_matter() {
        for level in 0..=9 {
            for size in [1, 2, 261, 1000, PIECE - 1, PIECE, PIECE + 1] {
                let plain: Vec<u8> = (0..size).map(|n| (n * n % 7) as u8).collect();
                let written = |pieces: usize| {
                    let mut encoder = ZlibNg::new(level).expect("a level");
                    let mut out = Vec::new();
                    plain.chunks(pieces).for_each(|piece| encoder.write(piece, &mut out));
                    encoder.finish(&mut out);
                    out
                };
                assert_eq!(written(1), written(size), "level {level}, {size} bytes");
            }
        }
    }
}
