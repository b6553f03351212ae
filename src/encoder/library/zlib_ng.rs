//! zlib-ng's deflate through zlib-rs, which follows it byte for byte at levels 0 to 9.

use flate2::{Compress, Compression, FlushCompress, Status};

use crate::encoder::Encoder;

/// Room given at a time.
const ROOM: usize = 64 << 10;

/// One raw deflate stream as zlib-ng writes it, memory level 8, window of 32 KiB.
pub struct ZlibNg(Compress);

impl ZlibNg {
    /// At a level from 0 to 9.
    pub fn new(level: i8) -> Option<Self> {
        let level = u32::try_from(level).ok().filter(|level| *level <= 9)?;
        Some(Self(Compress::new(Compression::new(level), false)))
    }
}

impl Encoder for ZlibNg {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let before = self.0.total_in();
            out.reserve(ROOM);
            let turned = self.0.compress_vec(input, out, FlushCompress::None);
            let taken = (self.0.total_in() - before) as usize;
            input = &input[taken.min(input.len())..];
            if turned.is_err() {
                return;
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        loop {
            out.reserve(ROOM);
            match self.0.compress_vec(&[], out, FlushCompress::Finish) {
                Ok(Status::Ok) => {}
                // Refused only for a stream that is over.
                Ok(_) | Err(_) => return,
            }
        }
    }
}
