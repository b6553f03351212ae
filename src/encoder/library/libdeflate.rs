//! libdeflate, which compresses whole buffers only: its input is kept until the end.

use libdeflater::{CompressionLvl, Compressor};

use crate::encoder::Encoder;

/// One raw deflate stream as libdeflate writes it of one buffer.
pub struct Libdeflate {
    compressor: Compressor,
    input: Vec<u8>,
}

impl Libdeflate {
    /// At a level from 0 to 12.
    pub fn new(level: i8) -> Option<Self> {
        let level = CompressionLvl::new(i32::from(level)).ok()?;
        Some(Self { compressor: Compressor::new(level), input: Vec::new() })
    }
}

impl Encoder for Libdeflate {
    fn write(&mut self, input: &[u8], _out: &mut Vec<u8>) {
        self.input.extend_from_slice(input);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.compressor.deflate_compress_bound(self.input.len()), 0);
        // Refused only for want of room.
        let length = self.compressor.deflate_compress(&self.input, &mut out[start..]).unwrap_or(0);
        out.truncate(start + length);
    }
}
