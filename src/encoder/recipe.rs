//! How an encoder of each kind is started: the knob settings that decide its bytes, as data.

use super::gnu_gzip::GnuGzip;
use super::go::parallel::Parallel;
use super::go::{Go, Releases};
use super::klauspost::{Klauspost, Release};
use super::klauspost_zstd::{self, KlauspostZstd};
use super::library::{Libdeflate, Miniz, ZlibNg};
use super::libzstd::{self, Libzstd};
use super::pgzip::Pgzip;
use super::pigz::{self, Pigz};
use super::side_by_side::{PgzipBlocks, PigzBlocks, SideBySide};
use super::zlib::{Memory, Zlib};
use super::{Encoder, Format};

/// One encoder with all that decides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recipe {
    /// Go's `compress/flate`, up to 1.26.
    Go(Releases, i8),
    /// The same, flushed before it is closed where the blob shows it ([`Encoder::finish_as`]), as eStargz writers do with
    /// every member but the footer.
    GoFlushed(Releases, i8),
    /// klauspost/compress, and Go's own since 1.27.
    Klauspost(Release, i8),
    /// The same, flushed before it is closed where the blob shows it.
    KlauspostFlushed(Release, i8),
    /// pgzip over klauspost/compress, with blocks of that many bytes.
    Pgzip(Release, i8, u32),
    /// zlib at a memory level of 8 or 9.
    Zlib(i8, Memory),
    /// GNU gzip; whether with `--rsyncable`.
    GnuGzip(i8, bool),
    /// pigz, with blocks of that many bytes.
    Pigz(i8, PigzWay, u32),
    /// zlib-ng.
    ZlibNg(i8),
    /// libdeflate.
    Libdeflate(i8),
    /// miniz.
    Miniz(i8),
    /// klauspost/compress `zstd`; whether the first 8 bytes are a block of their own, as podman's family makes it.
    KlauspostZstd(klauspost_zstd::Release, klauspost_zstd::Level, bool),
    /// The same in frames behind one another, flushed where the blob shows it ([`Encoder::cut`]): zstd:chunked.
    KlauspostZstdChunked(klauspost_zstd::Release, klauspost_zstd::Level),
    /// libzstd 1.5.7.
    Libzstd(i8, LibzstdUse),
}

/// How libzstd is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LibzstdUse {
    /// By its streaming interface.
    Library {
        /// Whether a checksum of the content ends the frame.
        checksum: bool,
    },
    /// By the `zstd` program, which cuts what it compresses into jobs for threads and writes a checksum.
    Program,
}

/// How many bytes of a layer podman, skopeo and buildah look at before they compress it.
const LOOKED_AT: usize = 8;

/// How pigz is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PigzWay {
    /// On more than one thread, as it does by default.
    Many,
    /// `-p 1`.
    One,
    /// `--independent`.
    Independent,
    /// `--rsyncable`.
    Rsyncable,
}

impl PigzWay {
    fn options(self, level: i8, block: u32) -> pigz::Options {
        pigz::Options {
            block: block as usize,
            independent: self == PigzWay::Independent,
            rsyncable: self == PigzWay::Rsyncable,
            threads: if self == PigzWay::One { pigz::Threads::One } else { pigz::Threads::Many },
            ..pigz::Options::level(i32::from(level))
        }
    }
}

impl Recipe {
    /// The encoder at the beginning of a stream; none if there is no such level.
    pub fn start(self) -> Option<Box<dyn Encoder>> {
        fn boxed(encoder: impl Encoder + 'static) -> Box<dyn Encoder> {
            Box::new(encoder)
        }
        match self {
            Recipe::Go(releases, level) | Recipe::GoFlushed(releases, level) => {
                Go::of(releases, i32::from(level)).map(boxed)
            }
            Recipe::Klauspost(release, level) | Recipe::KlauspostFlushed(release, level) => {
                Klauspost::new(release, level).map(boxed)
            }
            Recipe::Pgzip(release, level, block) => Pgzip::new(release, level, block as usize).map(boxed),
            Recipe::Zlib(level, memory) => Zlib::new(i32::from(level), memory).map(boxed),
            Recipe::GnuGzip(level, false) => GnuGzip::new(i32::from(level)).map(boxed),
            Recipe::GnuGzip(level, true) => GnuGzip::rsyncable(i32::from(level)).map(boxed),
            Recipe::Pigz(level, way, block) => Pigz::new(way.options(level, block)).map(boxed),
            Recipe::ZlibNg(level) => ZlibNg::new(level).map(boxed),
            Recipe::Libdeflate(level) => Libdeflate::new(level).map(boxed),
            Recipe::Miniz(level) => Miniz::new(level).map(boxed),
            Recipe::KlauspostZstd(release, level, false) => KlauspostZstd::new(release, level).map(boxed),
            Recipe::KlauspostZstd(release, level, true) => {
                KlauspostZstd::new(release, level).map(|encoder| boxed(encoder.with_first_block(LOOKED_AT)))
            }
            Recipe::KlauspostZstdChunked(release, level) => {
                KlauspostZstd::new(release, level).map(|encoder| boxed(encoder.with_cuts()))
            }
            Recipe::Libzstd(..) => self.start_sized(None),
        }
    }

    /// The same for a zstd frame whose header tells the size of its content.
    pub fn start_sized(self, size: Option<u64>) -> Option<Box<dyn Encoder>> {
        match self {
            Recipe::Libzstd(level, use_) => {
                let (checksum, jobs) = match use_ {
                    LibzstdUse::Library { checksum } => (checksum, false),
                    LibzstdUse::Program => (true, true),
                };
                let options = libzstd::Options { level: i32::from(level), checksum, size, jobs };
                let libzstd = Libzstd::new(options)?;
                Some(Box::new(libzstd))
            }
            _ => self.start(),
        }
    }

    /// The level in the encoder's own counting.
    pub fn level(self) -> i8 {
        match self {
            Recipe::Go(_, level)
            | Recipe::GoFlushed(_, level)
            | Recipe::Klauspost(_, level)
            | Recipe::KlauspostFlushed(_, level)
            | Recipe::Pgzip(_, level, _)
            | Recipe::Zlib(level, _)
            | Recipe::GnuGzip(level, _)
            | Recipe::Pigz(level, ..)
            | Recipe::ZlibNg(level)
            | Recipe::Libdeflate(level)
            | Recipe::Miniz(level) => level,
            Recipe::KlauspostZstd(_, level, _) | Recipe::KlauspostZstdChunked(_, level) => level as i8 + 1,
            Recipe::Libzstd(level, _) => level,
        }
    }

    /// Whether its stream ends with a stored block of no bytes.
    pub fn ends_with_empty_stored(self) -> bool {
        match self {
            Recipe::Go(..) | Recipe::GoFlushed(..) => true,
            Recipe::Klauspost(release, _) | Recipe::KlauspostFlushed(release, _) | Recipe::Pgzip(release, ..) => {
                release < Release::V1_10_2
            }
            _ => false,
        }
    }

    /// Whether it flushes: behind its blocks, or at its end.
    pub fn flushes(self) -> bool {
        matches!(
            self,
            Recipe::Pgzip(..)
                | Recipe::GoFlushed(..)
                | Recipe::KlauspostFlushed(..)
                | Recipe::Pigz(..)
                | Recipe::GnuGzip(_, true)
        )
    }

    /// The same encoder in the hands of somebody who flushes it where the blob shows it, if that can be followed.
    pub fn flushed(self) -> Self {
        match self {
            Recipe::Go(releases, level) => Recipe::GoFlushed(releases, level),
            Recipe::Klauspost(release, level) => Recipe::KlauspostFlushed(release, level),
            Recipe::KlauspostZstd(release, level, false) => Recipe::KlauspostZstdChunked(release, level),
            recipe => recipe,
        }
    }

    /// Whether what stands in the blob decides where it is flushed: from the data alone the stream is not made.
    pub fn is_led_by_the_blob(self) -> bool {
        matches!(self, Recipe::GoFlushed(..) | Recipe::KlauspostFlushed(..) | Recipe::KlauspostZstdChunked(..))
    }

    /// The shortest match in bytes that it looks for.
    pub fn shortest_match(self) -> u16 {
        match self {
            Recipe::Go(Releases::UpTo1_6, _) | Recipe::GoFlushed(Releases::UpTo1_6, _) => 3,
            Recipe::Go(..) | Recipe::GoFlushed(..) => 4,
            Recipe::Klauspost(..) | Recipe::KlauspostFlushed(..) | Recipe::Pgzip(..) => 4,
            _ => 3,
        }
    }

    /// Whether it searches with zlib's finder, or with one that looks no farther back.
    pub fn is_of_zlib(self) -> bool {
        matches!(self, Recipe::Zlib(..) | Recipe::GnuGzip(..) | Recipe::Pigz(..) | Recipe::ZlibNg(_))
    }

    /// The same encoder on the threads of rayon's current pool, where it can work on several.
    pub fn start_parallel(self) -> Option<Box<dyn Encoder>> {
        match self {
            Recipe::Go(releases, level) => {
                let parallel = Parallel::of(releases, i32::from(level))?;
                Some(Box::new(parallel))
            }
            Recipe::Pgzip(release, level, size) => {
                self.start()?;
                Some(Box::new(SideBySide::new(PgzipBlocks { release, level, size: size as usize })))
            }
            Recipe::Pigz(level, way @ (PigzWay::Many | PigzWay::Independent), block) => {
                self.start()?;
                Some(Box::new(SideBySide::new(PigzBlocks(way.options(level, block)))))
            }
            _ => self.start(),
        }
    }

    /// Whether a zstd frame by it ends with a checksum of its content.
    pub fn writes_checksum(self) -> bool {
        match self {
            Recipe::Libzstd(_, LibzstdUse::Library { checksum }) => checksum,
            recipe => recipe.format() == Format::Zstd,
        }
    }

    /// Whether the header of a zstd frame by it can tell this window, in bytes, where it does not tell the content's size.
    pub fn tells_window(self, window: u64) -> bool {
        match self {
            Recipe::KlauspostZstd(release, level, _) | Recipe::KlauspostZstdChunked(release, level) => {
                window == release.window(level) as u64 || window == klauspost_zstd::LEAST_WINDOW as u64
            }
            // lib/compress/clevels.h, for content of any size
            Recipe::Libzstd(level, _) => match level {
                1 => window == 512 << 10,
                2 => window == 1 << 20,
                3..=8 => window == 2 << 20,
                9..=16 => window == 4 << 20,
                17..=19 => window == 8 << 20,
                _ => true,
            },
            _ => false,
        }
    }

    /// What its stream is: raw deflate to be put into a gzip member, or a zstd frame.
    pub fn format(self) -> Format {
        match self {
            Recipe::KlauspostZstd(..) | Recipe::KlauspostZstdChunked(..) | Recipe::Libzstd(..) => Format::Zstd,
            _ => Format::Deflate,
        }
    }

    /// For an encoder whose bytes come late, one whose stream begins alike and comes as it goes, if there is one.
    pub fn forerunner(self) -> Option<Recipe> {
        match self {
            Recipe::Libzstd(level, LibzstdUse::Program) => {
                Some(Recipe::Libzstd(level, LibzstdUse::Library { checksum: true }))
            }
            _ => None,
        }
    }

    /// Whether it writes nothing before its input is over.
    pub fn is_late(self) -> bool {
        matches!(self, Recipe::Libdeflate(_) | Recipe::Libzstd(_, LibzstdUse::Program))
    }
}
