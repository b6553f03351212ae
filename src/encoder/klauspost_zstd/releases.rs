//! What changed the bytes from one release of klauspost/compress to the next.
//!
//! A release that changes nothing has no row here; one that does is a row and a method saying which levels it concerns.

use super::Level;

/// A release that changed the bytes of some level, standing for all that follow up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.11.8 to 1.12.1: blocks of 64 KiB at all levels.
    V1_11_8,
    /// 1.12.2 to 1.13.3: SpeedBetterCompression looks for a match where another one ends.
    V1_12_2,
    /// 1.13.4 to 1.13.6: SpeedBestCompression, which was changed often before, is followed from here on.
    V1_13_4,
    /// 1.14.0 and 1.14.1: SpeedFastest compares the last bytes of a block too.
    V1_14_0,
    /// 1.14.2: blocks of 128 KiB, but at SpeedFastest.
    V1_14_2,
    /// 1.14.3 to 1.15.9: SpeedFastest steps faster over what does not match.
    V1_14_3,
    /// 1.15.10 to 1.15.12: SpeedBetterCompression lets the start of a match differ that it finds by its end.
    V1_15_10,
    /// 1.15.13 to 1.16.0: larger contents at hand as a whole are single segments.
    V1_15_13,
    /// 1.16.1 to 1.16.3: SpeedBestCompression holds matches against the best so far, one by one.
    V1_16_1,
    /// 1.16.4 to 1.16.7: what is coded as literals alone, and smaller savings are enough.
    V1_16_4,
    /// 1.17.0 to 1.17.2: as few as 17 literals are coded.
    V1_17_0,
    /// 1.17.3 and 1.17.4: the two upper levels file more places.
    V1_17_3,
    /// 1.17.5: the two upper levels' windows are no larger than the default.
    V1_17_5,
    /// 1.17.6 and 1.17.7: SpeedBestCompression judges repeated distances otherwise.
    V1_17_6,
    /// 1.17.8 to 1.18.4: a block of one byte again and again is a block of that kind.
    V1_17_8,
    /// 1.18.5 to at least 1.19.1: nothing at all becomes a frame.
    V1_18_5,
}

/// Which places SpeedBetterCompression files when it has taken a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filed {
    /// Those of the match.
    TheMatch,
    /// All from where it was found.
    AllPassed,
}

/// In which order SpeedBestCompression holds matches against each other before 1.16.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Each against the best of those before it; of two alike the later one stays.
    InTurn,
    /// The best of the first half against that of the second; of two alike the later one stays.
    InPairs,
    /// Each against the best of those before it, which stays if the two are alike.
    OneByOne,
}

/// Which matches SpeedBestCompression lengthens to the left before it judges them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Widened {
    /// Those at a distance that does not repeat.
    NewDistances,
    /// All.
    Always,
    /// All, unless the best one so far repeats a distance.
    UnlessRepeating,
}

impl Release {
    /// Every release of this table, oldest first.
    pub const ALL: [Self; 16] = [
        Self::V1_11_8,
        Self::V1_12_2,
        Self::V1_13_4,
        Self::V1_14_0,
        Self::V1_14_2,
        Self::V1_14_3,
        Self::V1_15_10,
        Self::V1_15_13,
        Self::V1_16_1,
        Self::V1_16_4,
        Self::V1_17_0,
        Self::V1_17_3,
        Self::V1_17_5,
        Self::V1_17_6,
        Self::V1_17_8,
        Self::V1_18_5,
    ];

    /// How far back a match may reach, plus one; the window that the frame's header tells.
    pub(in crate::encoder) fn window(self, level: Level) -> usize {
        let mebibytes = match level {
            Level::Fastest => 4,
            Level::Better if self < Self::V1_17_5 => 16,
            Level::Best if self < Self::V1_17_5 => 32,
            _ => 8,
        };
        mebibytes << 20
    }

    /// The size of a full block, uncompressed.
    pub(super) fn block(self, level: Level) -> usize {
        match level {
            _ if self < Self::V1_14_2 => 64 << 10,
            Level::Fastest => 64 << 10,
            _ => 128 << 10,
        }
    }

    /// Content at hand as a whole is a single segment up to this size.
    pub(super) fn largest_segment(self, level: Level) -> usize {
        if self < Self::V1_15_13 { (1 << 20) - 1 } else { self.window(level) }
    }

    /// Content at hand as a whole is one block up to this size.
    pub(super) fn largest_lone_block(self, level: Level) -> usize {
        if self < Self::V1_15_10 { 128 << 10 } else { self.block(level) }
    }

    /// Whether a stream of no bytes is a frame, not nothing.
    pub(super) fn writes_empty_frames(self) -> bool {
        self >= Self::V1_18_5
    }

    /// Whether a block of one byte again and again is written as such.
    pub(super) fn writes_same_blocks(self) -> bool {
        self >= Self::V1_17_8
    }

    /// Whether a block that is not worth its matches is coded as literals.
    pub(super) fn codes_all_literals(self, level: Level) -> bool {
        level > if self < Self::V1_16_4 { Level::Fastest } else { Level::Default }
    }

    /// Whether a full block without matches is not even coded as literals.
    pub(super) fn leaves_full_blocks_raw(self) -> bool {
        self < Self::V1_16_4
    }

    /// No more literals than these are never coded.
    pub(super) fn least_literals(self) -> usize {
        if self < Self::V1_17_0 { 32 } else { 16 }
    }

    /// Whether coded literals with their header must be smaller than they are uncoded with theirs.
    pub(super) fn weighs_headers(self) -> bool {
        self >= Self::V1_17_0
    }

    /// The share of a block that matches must save: a shift.
    pub(super) fn saved_share(self) -> u32 {
        if self < Self::V1_16_4 { 5 } else { 6 }
    }

    /// The step of SpeedFastest grows by one for every two to the power of this bytes without a match, in a block alone
    /// in its frame and in others.
    pub(super) fn fastest_patience(self) -> (u32, u32) {
        if self < Self::V1_14_3 { (7, 6) } else { (5, 5) }
    }

    /// Whether SpeedFastest compares eight bytes at a time only, and not the fewer ones at the end of a block.
    pub(super) fn fastest_compares_eights(self) -> bool {
        self < Self::V1_14_0
    }

    /// Whether SpeedBetterCompression looks for a match where another one ends.
    pub(super) fn better_looks_by_end(self) -> bool {
        self >= Self::V1_12_2
    }

    pub(super) fn better_filed(self) -> Filed {
        if self < Self::V1_17_3 { Filed::TheMatch } else { Filed::AllPassed }
    }

    /// In how many first bytes a match found by its end may differ at SpeedBetterCompression.
    pub(super) fn better_skips(self) -> usize {
        if self < Self::V1_15_10 { 0 } else { 3 }
    }

    /// Whether SpeedBestCompression files the places of a match with which the search of its block ends.
    pub(super) fn best_files_the_last(self) -> bool {
        self >= Self::V1_17_3
    }

    pub(super) fn best_judged(self) -> Judged {
        match self {
            _ if self < Self::V1_15_13 => Judged::InTurn,
            _ if self < Self::V1_16_1 => Judged::InPairs,
            _ => Judged::OneByOne,
        }
    }

    pub(super) fn best_widened(self) -> Widened {
        match self {
            _ if self < Self::V1_17_3 => Widened::NewDistances,
            _ if self < Self::V1_17_6 => Widened::Always,
            _ => Widened::UnlessRepeating,
        }
    }

    /// Whether SpeedBestCompression takes a mark on a repeated distance's number for part of it when it counts bits.
    pub(super) fn best_counts_marks(self) -> bool {
        self < Self::V1_17_3
    }
}
