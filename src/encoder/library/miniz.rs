//! miniz's deflate, with which Rust programs compress that use flate2 as it comes.

use miniz_oxide::DataFormat;
use miniz_oxide::deflate::core::{CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output};

use crate::encoder::Encoder;

/// One raw deflate stream as miniz_oxide writes it.
pub struct Miniz(Box<CompressorOxide>);

impl Miniz {
    /// At a level from 0 to 10.
    pub fn new(level: i8) -> Option<Self> {
        let level = u8::try_from(level).ok().filter(|level| *level <= 10)?;
        let mut compressor = Box::<CompressorOxide>::default();
        compressor.set_format_and_level(DataFormat::Raw, level);
        Some(Self(compressor))
    }

    fn turn(&mut self, mut input: &[u8], flush: TDEFLFlush, out: &mut Vec<u8>) {
        loop {
            let (status, taken) = compress_to_output(&mut self.0, input, flush, |bytes| {
                out.extend_from_slice(bytes);
                true
            });
            input = &input[taken.min(input.len())..];
            let is_over = match flush {
                TDEFLFlush::Finish => status != TDEFLStatus::Okay,
                _ => input.is_empty(),
            };
            if is_over || matches!(status, TDEFLStatus::BadParam | TDEFLStatus::PutBufFailed) {
                return;
            }
        }
    }
}

impl Encoder for Miniz {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        self.turn(input, TDEFLFlush::None, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.turn(&[], TDEFLFlush::Finish, out);
    }
}
