//! libzstd itself, behind the trait of encoders.
//!
//! Only the bytes of [`VERSION`] are covered, the version that the `zstd` crate builds: other versions choose other
//! matches and cut blocks elsewhere, at some levels and not at others, and this says nothing of them. Covered are the
//! streaming interface as library users call it and the `zstd` program's way of calling it. Refused: dictionaries,
//! `--long`, `--rsyncable`, `--adapt`, `--ultra` windows of one's own, and the call that compresses a whole buffer at
//! once, which cuts blocks elsewhere.

use zstd::zstd_safe::zstd_sys::ZSTD_EndDirective;
use zstd::zstd_safe::{CCtx, CParameter, InBuffer, OutBuffer, max_c_level};

use super::Encoder;

/// The version of libzstd whose bytes these are: major × 10000 + minor × 100 + release.
pub const VERSION: u32 = 10_507;
/// The lowest level that is offered; libzstd has lower ones, which nobody writes layers with.
pub const LOWEST: i32 = -5;

/// How much output is made room for at once.
const ROOM: usize = 128 << 10;

/// How a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// From [`LOWEST`] to 22; 0 is libzstd's default, which is 3.
    pub level: i32,
    /// Whether a checksum of the content ends the frame: the program's default, not the library's.
    pub checksum: bool,
    /// The size of the content in bytes, if the encoder was told: from a file, but not from a pipe. It stands in the
    /// header, and levels adapt to small ones.
    pub size: Option<u64>,
    /// Whether the content is cut into jobs for threads, as the program does unless told `--single-thread`. How many
    /// threads there are does not show.
    pub jobs: bool,
}

impl Options {
    /// As the `zstd` program writes: from a file of that size, or from a pipe.
    pub fn program(level: i32, size: Option<u64>) -> Self {
        Self { level, checksum: true, size, jobs: true }
    }

    /// As library users write who set nothing but the level.
    pub fn library(level: i32) -> Self {
        Self { level, checksum: false, size: None, jobs: false }
    }
}

/// One frame as libzstd writes it.
pub struct Libzstd {
    context: CCtx<'static>,
    /// What is still to come, if the size was told.
    remaining: Option<u64>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Ended,
    Failed,
}

impl Libzstd {
    /// An encoder with these options; none, if there is no such level, or no memory for it.
    pub fn new(options: Options) -> Option<Self> {
        let Options { level, checksum, size, jobs } = options;
        if !(LOWEST..=max_c_level()).contains(&level) {
            return None;
        }
        let mut context = CCtx::try_create()?;
        context.set_parameter(CParameter::CompressionLevel(level)).ok()?;
        context.set_parameter(CParameter::ChecksumFlag(checksum)).ok()?;
        context.set_parameter(CParameter::NbWorkers(u32::from(jobs))).ok()?;
        context.set_pledged_src_size(size).ok()?;
        Some(Self { context, remaining: size, state: State::Open })
    }

    /// Whether libzstd has refused something, for want of memory or because there was more or less content than it was
    /// told: the output is then not what anybody would have written.
    pub fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    fn turn(&mut self, input: &[u8], end: bool, out: &mut Vec<u8>) {
        if self.state != State::Open {
            // Nothing belongs behind the end.
            if !input.is_empty() {
                self.state = State::Failed;
            }
            return;
        }
        let directive = if end { ZSTD_EndDirective::ZSTD_e_end } else { ZSTD_EndDirective::ZSTD_e_continue };
        let mut input = InBuffer::around(input);
        loop {
            out.reserve(ROOM);
            let start = out.len();
            let result = self.context.compress_stream2(&mut OutBuffer::around_pos(out, start), &mut input, directive);
            match result {
                Err(_) => self.state = State::Failed,
                Ok(0) if end => self.state = State::Ended,
                Ok(_) if end || input.pos() < input.src.len() => continue,
                Ok(_) => {}
            }
            return;
        }
    }
}

impl Encoder for Libzstd {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        if input.is_empty() {
            return;
        }
        // Who knows the size ends the frame with the last bytes, and a full block is then the last one.
        let is_end = match &mut self.remaining {
            Some(remaining) => match remaining.checked_sub(input.len() as u64) {
                Some(rest) => {
                    *remaining = rest;
                    rest == 0
                }
                None => {
                    self.state = State::Failed;
                    return;
                }
            },
            None => false,
        };
        self.turn(input, is_end, out);
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.remaining.is_some_and(|remaining| remaining > 0) {
            self.state = State::Failed;
        }
        self.turn(&[], true, out);
    }
}
