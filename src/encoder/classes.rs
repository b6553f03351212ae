//! The table of encoder classes: which releases of which encoder write the same bytes at which levels.
//!
//! A release that changes nothing has no row. One that changes bytes is one row here and, at worst, one flag on an
//! encoder that exists. Version ranges are of what was compared byte for byte; `≥` stands where the newest release
//! that was tried still belongs to the class.

use super::go::Releases;
use super::klauspost::Release;
use super::recipe::{LibzstdUse, PigzWay, Recipe};
use super::zlib::Memory;
use super::{klauspost_zstd, pgzip, pigz};

/// Who wrote the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Go's `compress/flate`.
    Go,
    /// klauspost/compress `flate` and `gzip`.
    Klauspost,
    /// klauspost/pgzip.
    Pgzip,
    /// zlib by Adler and Gailly.
    Zlib,
    /// GNU gzip.
    GnuGzip,
    /// pigz.
    Pigz,
    /// zlib-ng and zlib-rs.
    ZlibNg,
    /// libdeflate.
    Libdeflate,
    /// miniz and miniz_oxide.
    Miniz,
    /// Intel's ISA-L (igzip).
    Isal,
    /// Zopfli.
    Zopfli,
    /// `java.util.zip`, over the zlib that the JDK brings.
    Jdk,
    /// The reference Zstandard library.
    Libzstd,
    /// klauspost/compress `zstd`.
    KlauspostZstd,
}

impl Family {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Family::Go => "go",
            Family::Klauspost => "klauspost",
            Family::Pgzip => "pgzip",
            Family::Zlib => "zlib",
            Family::GnuGzip => "gnu-gzip",
            Family::Pigz => "pigz",
            Family::ZlibNg => "zlib-ng",
            Family::Libdeflate => "libdeflate",
            Family::Miniz => "miniz",
            Family::Isal => "isal",
            Family::Zopfli => "zopfli",
            Family::Jdk => "jdk",
            Family::Libzstd => "libzstd",
            Family::KlauspostZstd => "klauspost-zstd",
        }
    }

    /// How a sentence names one of its levels.
    pub fn level(self, level: i8) -> String {
        match (self, level) {
            (Family::KlauspostZstd, 1) => "SpeedFastest".to_owned(),
            (Family::KlauspostZstd, 2) => "SpeedDefault".to_owned(),
            (Family::KlauspostZstd, 3) => "SpeedBetterCompression".to_owned(),
            (Family::KlauspostZstd, 4) => "SpeedBestCompression".to_owned(),
            _ => level.to_string(),
        }
    }

    /// The size in bytes of blocks that a sentence about it need not tell, since nearly everyone leaves it as it is.
    pub fn unsaid_block(self) -> Option<u32> {
        (self == Family::Pigz).then_some(pigz::DEFAULT_BLOCK as u32)
    }

    /// How a sentence names it.
    pub fn title(self) -> &'static str {
        match self {
            Family::Go => "Go's compress/flate",
            Family::Klauspost => "klauspost/compress",
            Family::Pgzip => "klauspost/pgzip",
            Family::Zlib => "zlib",
            Family::GnuGzip => "GNU gzip",
            Family::Pigz => "pigz",
            Family::ZlibNg => "zlib-ng",
            Family::Libdeflate => "libdeflate",
            Family::Miniz => "miniz",
            Family::Isal => "ISA-L (igzip)",
            Family::Zopfli => "Zopfli",
            Family::Jdk => "Java's zlib",
            Family::Libzstd => "libzstd",
            Family::KlauspostZstd => "klauspost/compress zstd",
        }
    }
}

/// Releases of one encoder that write the same bytes.
#[derive(Debug, Clone, Copy)]
pub struct Class {
    /// Who wrote it.
    pub family: Family,
    /// The releases, as a person writes them: `1.8–1.26`.
    pub versions: &'static str,
    /// The levels at which all these releases agree, and no others do.
    pub levels: &'static [i8],
    /// The sizes of input in bytes for which the row holds: from, and below.
    pub tars: (u64, u64),
    /// Whether the first 8 bytes are compressed apart, as podman's family does with zstd.
    pub apart: bool,
    /// Whether its user has to ask for it, so that only tools that are known to do write it.
    pub is_variant: bool,
    /// Whether the gzip header that comes with it holds Go's zero time as its date.
    pub writes_zero_time: bool,
    recipe: Make,
}

/// How the bytes of a class are made.
#[derive(Debug, Clone, Copy)]
enum Make {
    /// From the level alone.
    Level(fn(i8) -> Recipe),
    /// By releases of Go up to 1.26.
    Go(Releases),
    /// By a release of klauspost/compress.
    Klauspost(Release),
    /// By pgzip over one.
    Pgzip(Release),
    /// By pigz, called so.
    Pigz(PigzWay),
    /// By a release of klauspost/compress `zstd`; whether with the first 8 bytes apart.
    KlauspostZstd(klauspost_zstd::Release, bool),
}

impl Class {
    /// The encoder of this class at `level`, with blocks of `block` bytes where it compresses blocks side by side.
    pub fn recipe(&self, level: i8, block: u32) -> Recipe {
        match self.recipe {
            Make::Level(make) => make(level),
            Make::Go(releases) => Recipe::Go(releases, level),
            Make::Klauspost(release) => Recipe::Klauspost(release, level),
            Make::KlauspostZstd(release, apart) => Recipe::KlauspostZstd(release, zstd_level(level), apart),
            Make::Pgzip(release) => Recipe::Pgzip(release, level, block),
            Make::Pigz(way) => Recipe::Pigz(level, way, block),
        }
    }

    const fn new(family: Family, versions: &'static str, levels: &'static [i8], recipe: Make) -> Self {
        Class {
            family,
            versions,
            levels,
            tars: (0, u64::MAX),
            apart: false,
            is_variant: false,
            writes_zero_time: false,
            recipe,
        }
    }

    const fn variant(mut self) -> Self {
        self.is_variant = true;
        self
    }

    const fn with_zero_time(mut self) -> Self {
        self.writes_zero_time = true;
        self
    }

    const fn of_tars(mut self, from: u64, below: u64) -> Self {
        self.tars = (from, below);
        self
    }

    /// The size in bytes of the blocks it cuts its input into if its user names none; none where there are no blocks.
    pub fn usual_block(&self) -> Option<u32> {
        match self.recipe {
            Make::Pgzip(_) => Some(pgzip::MEBIBYTE as u32),
            Make::Pigz(_) => Some(pigz::DEFAULT_BLOCK as u32),
            _ => None,
        }
    }

    /// Whether the sizes of its blocks are to be seen in what it writes: with `--rsyncable` the content cuts them.
    pub fn shows_blocks(&self) -> bool {
        self.usual_block().is_some() && !matches!(self.recipe, Make::Pigz(PigzWay::Rsyncable))
    }
}

/// Go's rows of releases that are in use stand first.
const GO: usize = 5;
const GIB: u64 = 1 << 30;

const fn go(versions: &'static str, levels: &'static [i8], releases: Releases) -> Class {
    Class::new(Family::Go, versions, levels, Make::Go(releases))
}

fn zstd_level(level: i8) -> klauspost_zstd::Level {
    let at = usize::try_from(level - 1).unwrap_or_default();
    klauspost_zstd::Level::ALL[at.min(klauspost_zstd::Level::ALL.len() - 1)]
}

const fn level(family: Family, versions: &'static str, levels: &'static [i8], make: fn(i8) -> Recipe) -> Class {
    Class::new(family, versions, levels, Make::Level(make))
}

const fn pigz(versions: &'static str, way: PigzWay) -> Class {
    Class::new(Family::Pigz, versions, ZERO_TO_NINE, Make::Pigz(way))
}

const ZERO_TO_NINE: &[i8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const ONE_TO_NINE: &[i8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9];

/// The classes that are not of klauspost/compress.
const OTHERS: &[Class] = &[
    go("1.8–1.26", &[-2, 0, 2, 3, 4, 5, 6, 7, 8, 9], Releases::From1_15To1_26),
    // Go 1.15 changed what level 1 remembers behind the first GiB.
    go("1.8–1.26", &[1], Releases::From1_15To1_26).of_tars(0, GIB),
    go("1.15–1.26", &[1], Releases::From1_15To1_26).of_tars(GIB, u64::MAX),
    go("1.8–1.14", &[1], Releases::From1_8To1_14).of_tars(GIB, u64::MAX),
    level(Family::Go, "≥ 1.27", &[-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], |level| {
        Recipe::Klauspost(Release::Go1_27, level)
    }),
    go("1.7", &[0, 1], Releases::Of1_7).with_zero_time(),
    // These write the bytes of later releases; the header's time tells them apart.
    go("1.7", &[-2, 2, 3, 4, 5, 6, 7, 8, 9], Releases::From1_15To1_26).with_zero_time(),
    go("1.2–1.6", ZERO_TO_NINE, Releases::UpTo1_6).with_zero_time(),
    level(Family::Zlib, "1.2.5–1.3.2", ONE_TO_NINE, |level| Recipe::Zlib(level, Memory::Eight)),
    level(Family::Zlib, "1.2.11–1.3.2, given pieces of up to 32 KiB", &[0], |level| {
        Recipe::Zlib(level, Memory::Eight)
    }),
    level(Family::Zlib, "1.2.5–1.3.2 with memLevel 9", ONE_TO_NINE, |level| Recipe::Zlib(level, Memory::Nine))
        .variant(),
    level(Family::Jdk, "over zlib 1.2.5–1.3.2", ONE_TO_NINE, |level| Recipe::Zlib(level, Memory::Eight)),
    level(Family::GnuGzip, "1.10–1.14", ONE_TO_NINE, |level| Recipe::GnuGzip(level, false)),
    level(Family::GnuGzip, "1.10–1.14 with --rsyncable", ONE_TO_NINE, |level| Recipe::GnuGzip(level, true)).variant(),
    pigz("2.6–2.8", PigzWay::Many),
    pigz("2.6–2.8 with -p 1", PigzWay::One).variant(),
    pigz("2.6–2.8 with --independent", PigzWay::Independent).variant(),
    pigz("2.6–2.8 with --rsyncable", PigzWay::Rsyncable).variant(),
    level(Family::ZlibNg, "2.x (as zlib-rs)", ZERO_TO_NINE, Recipe::ZlibNg),
    level(Family::Libdeflate, "≥ 1.9", ONE_TO_NINE, Recipe::Libdeflate),
    level(Family::Libzstd, "1.5.7", LIBZSTD, |level| Recipe::Libzstd(level, LibzstdUse::Library { checksum: false })),
    level(Family::Libzstd, "1.5.7 with a checksum", LIBZSTD, |level| {
        Recipe::Libzstd(level, LibzstdUse::Library { checksum: true })
    })
    .variant(),
    level(Family::Libzstd, "1.5.7 as the zstd program", LIBZSTD, |level| Recipe::Libzstd(level, LibzstdUse::Program)),
    level(Family::Miniz, "miniz_oxide 0.8", ZERO_TO_NINE, Recipe::Miniz),
];

/// klauspost/compress: releases, levels, and the release that stands for them. pgzip compresses its blocks with it.
const KLAUSPOST: &[(&str, &[i8], Release)] = &[
    ("≥ 1.18.1", &[1, 2, 3, 4, 5, 7, 8], Release::V1_18_2),
    ("≥ 1.18.2", &[6, 9], Release::V1_18_2),
    ("1.18.1", &[6, 9], Release::V1_18_1),
    ("1.18.0", &[4], Release::V1_18_0),
    ("1.15.15–1.18.0", &[7, 8, 9], Release::V1_15_15),
    ("1.15.11–1.18.0", &[1, 2, 3], Release::V1_15_11),
    ("1.15.10–1.18.0", &[5, 6], Release::V1_15_10),
    ("1.15.0–1.17.11", &[4], Release::V1_15_0),
    ("1.15.0–1.15.10", &[1, 2, 3], Release::V1_15_0),
    ("1.15.0–1.15.9", &[5, 6], Release::V1_15_0),
    ("1.14.3–1.15.14", &[7, 8, 9], Release::V1_15_0),
    ("1.14.3–1.14.4", &[1, 2, 3, 4, 5, 6], Release::V1_14_3),
    ("1.14.2", ONE_TO_NINE, Release::V1_14_2),
    ("1.14.0–1.14.1", ONE_TO_NINE, Release::V1_14_0),
    ("1.12.3–1.13.6", &[1, 2, 3, 4, 5, 6], Release::V1_12_3),
    ("1.12.2", &[5, 6], Release::V1_12_2),
    ("1.11.13–1.12.1", &[5, 6], Release::V1_11_13),
    ("1.11.13–1.12.2", &[-2, 1, 2, 3, 4], Release::V1_11_13),
    ("1.10.2–1.11.12", &[-2, 1, 2, 3, 4, 5, 6], Release::V1_10_2),
    ("1.10.2–1.13.6", &[7, 8, 9], Release::V1_10_2),
    ("1.10.1", &[1, 2, 3, 4, 5, 6], Release::V1_10_1),
    ("1.9.8–1.10.0", &[1, 2, 3, 4, 5, 6], Release::V1_9_8),
    ("1.9.8–1.10.1", &[-2], Release::V1_9_8),
    ("1.9.0–1.9.7", &[-2, 1, 2, 3, 4, 5, 6], Release::V1_9_0),
    ("1.9.0–1.10.1", &[0, 7, 8, 9], Release::V1_9_0),
    ("≥ 1.12.3", &[-2], Release::V1_18_2),
    ("≥ 1.10.2", &[0], Release::V1_18_2),
];

/// klauspost/compress `zstd`: releases and the one that stands for them. Levels are its own four, from 1, the fastest.
const KLAUSPOST_ZSTD: &[(&str, &[i8], klauspost_zstd::Release)] = &[
    ("≥ 1.17.8", &[1, 2, 3, 4], klauspost_zstd::Release::V1_18_5),
    ("1.17.6–1.17.7", &[4], klauspost_zstd::Release::V1_17_6),
    ("1.17.5–1.17.7", &[3], klauspost_zstd::Release::V1_17_5),
    ("1.17.5", &[4], klauspost_zstd::Release::V1_17_5),
    ("1.17.3–1.17.4", &[3, 4], klauspost_zstd::Release::V1_17_3),
    ("1.17.0–1.17.7", &[1, 2], klauspost_zstd::Release::V1_17_0),
    ("1.17.0–1.17.2", &[3, 4], klauspost_zstd::Release::V1_17_0),
    ("1.16.4–1.16.7", &[1, 2, 3, 4], klauspost_zstd::Release::V1_16_4),
    ("1.16.1–1.16.3", &[4], klauspost_zstd::Release::V1_16_1),
    ("1.15.13–1.16.0", &[4], klauspost_zstd::Release::V1_15_13),
    ("1.15.10–1.16.3", &[3], klauspost_zstd::Release::V1_15_10),
    ("1.14.3–1.16.3", &[1], klauspost_zstd::Release::V1_14_3),
    ("1.14.2–1.16.3", &[2], klauspost_zstd::Release::V1_14_2),
    ("1.14.2–1.15.12", &[4], klauspost_zstd::Release::V1_14_2),
    ("1.14.2–1.15.9", &[3], klauspost_zstd::Release::V1_14_2),
    ("1.14.0–1.14.2", &[1], klauspost_zstd::Release::V1_14_0),
    ("1.13.4–1.14.1", &[4], klauspost_zstd::Release::V1_13_4),
    ("1.12.2–1.14.1", &[3], klauspost_zstd::Release::V1_12_2),
    ("1.11.8–1.13.6", &[1], klauspost_zstd::Release::V1_11_8),
    ("1.11.0–1.14.1", &[2], klauspost_zstd::Release::V1_11_8),
    ("1.11.0–1.12.1", &[3], klauspost_zstd::Release::V1_11_8),
];

/// libzstd's levels that layers are written with; from 20 on they want `--ultra`.
const LIBZSTD: &[i8] = &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19];

/// The row of a family and its versions, if there is one: of all rows of the same spelling.
pub fn class_of(family: Family, versions: &str) -> Option<Class> {
    classes().find(|class| class.family == family && class.versions == versions)
}

/// Every class whose bytes can be made here.
pub fn classes() -> impl Iterator<Item = Class> {
    let row = |family, make: fn(Release) -> Make| {
        KLAUSPOST.iter().map(move |&(versions, levels, release)| {
            Class::new(family, versions, levels, make(release)).with_zero_time()
        })
    };
    let (go, rest) = OTHERS.split_at(GO);
    go.iter()
        .copied()
        .chain(row(Family::Pgzip, Make::Pgzip))
        .chain(rest.iter().copied())
        .chain(row(Family::Klauspost, Make::Klauspost))
        .chain(KLAUSPOST_ZSTD.iter().flat_map(|&(versions, levels, release)| {
            [false, true].map(|apart| {
                let make = Make::KlauspostZstd(release, apart);
                Class { apart, ..Class::new(Family::KlauspostZstd, versions, levels, make) }
            })
        }))
}
