//! The zstd encoder of klauspost/compress, byte for byte.
//!
//! Its four levels, as its releases write streams with their checksum and without a dictionary: what containerd,
//! BuildKit, podman and others call. Unlike deflate's encoders this one writes the whole frame, since its header tells
//! how much there was to compress. A stream is the same whatever the sizes of the pieces it is written in, and
//! whatever the number of threads; only a flush shows, as does the switch from pieces to a reader, which flushes
//! ([`KlauspostZstd::with_first_block`], [`KlauspostZstd::with_cuts`]). Refused: windows, block sizes, padding and dictionaries of one's own, frames
//! without checksum, and the concurrent blocks of 1.19, which nobody has turned on so far.

mod blocks;
mod checksum;
mod fse;
mod header;
mod huffman;
mod literals;
mod matchers;
mod releases;
mod sequences;

use super::Encoder;
use blocks::{BlockWriter, Found};
use checksum::Checksum;
pub(super) use header::LEAST_WINDOW;
use matchers::Matcher;
pub use releases::Release;

/// The levels that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `SpeedFastest`.
    Fastest,
    /// `SpeedDefault`.
    Default,
    /// `SpeedBetterCompression`.
    Better,
    /// `SpeedBestCompression`.
    Best,
}

impl Level {
    /// Every level, the fastest first.
    pub const ALL: [Self; 4] = [Self::Fastest, Self::Default, Self::Better, Self::Best];

    /// The level that `EncoderLevelFromZstd` takes for one of zstd's numbers.
    pub fn from_zstd(number: i32) -> Self {
        match number {
            ..3 => Self::Fastest,
            3..6 => Self::Default,
            6..10 => Self::Better,
            _ => Self::Best,
        }
    }
}

/// Frames as klauspost/compress writes them.
pub struct KlauspostZstd {
    release: Release,
    level: Level,
    /// What is to be the next block.
    waiting: Vec<u8>,
    /// The size of the first block, if that is another one, until it is written.
    first_block: Option<usize>,
    /// Blocks end where they are said to.
    cuts: bool,
    /// The frame's header is written.
    started: bool,
    checksum: Checksum,
    blocks: BlockWriter,
    matcher: Matcher,
    found: Found,
}

impl KlauspostZstd {
    /// An encoder of that release at that level; none at [`Level::Best`] before [`Release::V1_13_4`].
    pub fn new(release: Release, level: Level) -> Option<Self> {
        let matcher = Matcher::new(release, level)?;
        Some(Self {
            release,
            level,
            waiting: Vec::with_capacity(release.block(level)),
            first_block: None,
            cuts: false,
            started: false,
            checksum: Checksum::new(),
            blocks: BlockWriter::new(release, level),
            matcher,
            found: Found::default(),
        })
    }

    /// Ends the first block after so many bytes, or where the stream ends before.
    ///
    /// That is what `io.Copy` from an `io.MultiReader` over a prefix and the rest comes to: the prefix is written, then
    /// the encoder is asked to read the rest, and flushes what it has. podman, skopeo, buildah and CRI-O look at the
    /// first 8 bytes of a layer that way before they compress it.
    #[must_use]
    pub fn with_first_block(mut self, size: usize) -> Self {
        self.first_block = Some(size).filter(|size| (1..=self.release.block(self.level)).contains(size));
        self
    }

    /// Ends a block wherever [`Encoder::cut`] says that one ended, as a flush does. zstd:chunked layers are frames behind
    /// one another, and the last of them is flushed where the tar's end is copied from a reader.
    #[must_use]
    pub fn with_cuts(mut self) -> Self {
        self.cuts = true;
        self
    }

    /// Starts a new frame, as if nothing had been written; all blocks are of one size again.
    pub fn start(&mut self) {
        self.waiting.clear();
        self.first_block = None;
        self.started = false;
        self.checksum = Checksum::new();
        self.blocks.reset();
        self.matcher.forget();
    }

    /// Writes everything that was put in as a block, if anything was.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.waiting.is_empty() {
            self.write_waiting(false, out);
        }
    }

    /// One frame for content that is at hand as a whole: `EncodeAll`. Its header tells the size.
    ///
    /// One release is not covered by its row here: 1.15.9 at [`Level::Fastest`], for 64 to 128 KiB, writes as 1.15.10.
    pub fn whole(&mut self, content: &[u8], out: &mut Vec<u8>) {
        self.start();
        if content.is_empty() {
            if self.release.writes_empty_frames() {
                header::of_nothing(out);
                BlockWriter::raw(&[], true, out);
            }
            return;
        }
        let Self { release, level, .. } = *self;
        header::of_whole(content.len(), release.window(level), release.largest_segment(level), out);
        self.checksum.add(content);
        let is_alone = content.len() <= release.largest_lone_block(level);
        let blocks = content.chunks(if is_alone { content.len() } else { release.block(level) });
        let count = blocks.len();
        for (i, block) in blocks.enumerate() {
            self.matcher.search(block, is_alone, &mut self.found);
            self.blocks.write(block, &self.found, i + 1 == count, out);
        }
        out.extend_from_slice(&self.checksum.bytes());
    }

    fn write_waiting(&mut self, last: bool, out: &mut Vec<u8>) {
        self.write_header(out);
        self.first_block = None;
        self.checksum.add(&self.waiting);
        self.matcher.search(&self.waiting, false, &mut self.found);
        self.blocks.write(&self.waiting, &self.found, last, out);
        self.waiting.clear();
    }

    fn write_header(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            header::of_stream(self.release.window(self.level), out);
            self.started = true;
        }
    }
}

impl Encoder for KlauspostZstd {
    fn write(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            let size = self.first_block.unwrap_or(self.release.block(self.level));
            let (taken, rest) = input.split_at(input.len().min(size.saturating_sub(self.waiting.len())));
            self.waiting.extend_from_slice(taken);
            input = rest;
            // Unlike deflate's encoders this one does not wait for another byte before it writes a full block.
            if self.waiting.len() >= size {
                self.write_waiting(false, out);
            }
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        if self.first_block.is_some() {
            self.flush(out);
        }
        match (self.started, self.waiting.is_empty()) {
            (false, true) if !self.release.writes_empty_frames() => return,
            (false, false) => {
                let content = std::mem::take(&mut self.waiting);
                return self.whole(&content, out);
            }
            (_, true) => {
                self.write_header(out);
                BlockWriter::raw(&[], true, out);
            }
            (true, false) => self.write_waiting(true, out),
        }
        out.extend_from_slice(&self.checksum.bytes());
    }

    fn cut(&mut self, out: &mut Vec<u8>) {
        if self.cuts {
            self.flush(out);
        }
    }

    fn restart(&mut self) -> bool {
        self.start();
        true
    }
}
