//! What changed the bytes from one release of klauspost/compress to the next.
//!
//! A release that changes nothing has no row here; one that does is a row and a method saying which levels it concerns.

use super::blocks::Headers;

/// A release that changed the bytes of some level, standing for all that follow up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.15.0 to 1.15.9; at levels 7 to 9 back to 1.14.2.
    V1_15_0,
    /// 1.15.10: levels 5 and 6 let the start of a match differ that they find by its end.
    V1_15_10,
    /// 1.15.11 to 1.15.14: levels 1 to 3 hash five bytes.
    V1_15_11,
    /// 1.15.15 to 1.17.11: levels 7 to 9 look at the end of a match.
    V1_15_15,
    /// 1.18.0: level 4 compares with another place than it meant to.
    V1_18_0,
    /// 1.18.1, retracted: shorter headers, broken where they are too short.
    V1_18_1,
    /// 1.18.2 to at least 1.19.1.
    V1_18_2,
    /// Go's own `compress/flate` since 1.27: as 1.18.2, but at level 9 a byte without a code counts one bit.
    Go1_27,
}

/// With what level 4 compares the match it could take one place on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextLongMatch {
    /// With the earlier place that was found.
    AtItsPlace,
    /// With the place whose number is the distance to it: a slip that decides nothing but which match is taken.
    AtItsDistance,
}

/// How levels 7 to 9 look for a longer match that ends where the one in hand does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndOfMatch {
    /// From its first byte, by the hash of its last two bytes and the two behind.
    Whole,
    /// From its third byte, by the hash of what follows it; the first bytes are won back where they agree.
    WithoutItsStart,
}

impl Release {
    /// Every release of this table, oldest first.
    pub const ALL: [Self; 8] = [
        Self::V1_15_0,
        Self::V1_15_10,
        Self::V1_15_11,
        Self::V1_15_15,
        Self::V1_18_0,
        Self::V1_18_1,
        Self::V1_18_2,
        Self::Go1_27,
    ];

    pub(super) fn headers(self) -> Headers {
        match self {
            Self::V1_18_2 | Self::Go1_27 => Headers::Trimmed,
            Self::V1_18_1 => Headers::TrimmedCarelessly,
            _ => Headers::Whole,
        }
    }

    pub(super) fn next_long_match(self) -> NextLongMatch {
        if self < Self::V1_18_0 { NextLongMatch::AtItsPlace } else { NextLongMatch::AtItsDistance }
    }

    pub(super) fn end_of_match(self) -> EndOfMatch {
        if self < Self::V1_15_15 { EndOfMatch::Whole } else { EndOfMatch::WithoutItsStart }
    }

    /// What a match must gain at level 9, and what it is taken to cost: bits.
    pub(super) fn least_gain_and_cost(self) -> (isize, isize) {
        if self < Self::V1_15_15 { (0, 6) } else { (4, 3) }
    }

    /// How many bytes level 9 weighs literals by.
    pub(super) fn weighed(self) -> usize {
        if self < Self::V1_18_2 { usize::MAX } else { 32_768 }
    }

    /// What a byte in a match is taken to save at level 9 if it has no code, because it does not occur in what literals
    /// are weighed by: bits.
    pub(super) fn least_literal(self) -> u32 {
        if self < Self::Go1_27 { 0 } else { 1 }
    }
}
