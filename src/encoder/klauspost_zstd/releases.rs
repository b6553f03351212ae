//! What changed the bytes from one release of klauspost/compress to the next.
//!
//! A release that changes nothing has no row here; one that does is a row and a method saying which levels it concerns.

use super::Level;

/// A release that changed the bytes of some level, standing for all that follow up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.17.8 to 1.18.4: a block of one byte again and again is a block of that kind.
    V1_17_8,
    /// 1.18.5 to at least 1.19.1: nothing at all becomes a frame.
    V1_18_5,
}

/// Which places a matcher files when it has taken a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Indexed {
    /// Those of the match.
    TheMatch,
    /// All from where it was found.
    AllPassed,
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
    pub const ALL: [Self; 2] = [Self::V1_17_8, Self::V1_18_5];

    /// How far back a match may reach, plus one; the window that the frame's header tells.
    pub(super) fn window(self, level: Level) -> usize {
        match level {
            Level::Fastest => 4 << 20,
            _ => 8 << 20,
        }
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
        level > Level::Default
    }

    /// Whether a full block without matches is not even coded as literals.
    pub(super) fn leaves_full_blocks_raw(self) -> bool {
        false
    }

    /// No more literals than these are never coded.
    pub(super) fn least_literals(self) -> usize {
        16
    }

    /// Whether coded literals with their header must be smaller than they are uncoded with theirs.
    pub(super) fn weighs_headers(self) -> bool {
        true
    }

    /// The share of a block that matches must save: a shift.
    pub(super) fn saved_share(self) -> u32 {
        6
    }

    pub(super) fn better_indexed(self) -> Indexed {
        Indexed::AllPassed
    }

    /// In how many first bytes a match found by its end may differ at SpeedBetterCompression.
    pub(super) fn better_skips(self) -> usize {
        3
    }

    pub(super) fn best_indexed(self) -> Indexed {
        Indexed::AllPassed
    }

    pub(super) fn best_widened(self) -> Widened {
        Widened::UnlessRepeating
    }

    /// Whether SpeedBestCompression takes a mark on a repeated distance's number for part of it when it counts bits.
    pub(super) fn best_counts_marks(self) -> bool {
        false
    }
}
