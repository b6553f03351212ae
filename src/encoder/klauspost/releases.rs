//! What changed the bytes from one release of klauspost/compress to the next.
//!
//! A release that changes nothing has no row here; one that does is a row, and a line of `rules` says which levels it
//! concerns.
//! Refused: releases before 1.9.0. Up to 1.8.6 levels 5 to 9 took their hash from a CRC instruction where the processor
//! had one, so that one release wrote different bytes on different machines.

/// A release that changed the bytes of some level, standing for all that follow up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// 1.9.0 to 1.9.7.
    V1_9_0,
    /// 1.9.8 and 1.10.0: block sizes are estimated in another way, at levels −2 and 1 to 6.
    V1_9_8,
    /// 1.10.1: levels 1 to 6 know the dictionary, so that pgzip's blocks refer to the one before.
    V1_10_1,
    /// 1.10.2 to 1.11.12: smaller hash tables at levels 1 to 6; the last block has a code and no longer is a stored one.
    V1_10_2,
    /// 1.11.13 and 1.12.1: literals without matches are estimated in another way; smaller blocks at level −2.
    V1_11_13,
    /// 1.12.2: levels 5 and 6 look at the end of a match.
    V1_12_2,
    /// 1.12.3 to 1.13.6: literals without matches are measured, no longer estimated.
    V1_12_3,
    /// 1.14.0 and 1.14.1: codes for what occurs only; levels 7 to 9 leave blocks open, as levels 1 to 6 always did, and
    /// weigh matches.
    V1_14_0,
    /// 1.14.2: levels 7 to 9 try in other ways and only level 9 weighs matches.
    V1_14_2,
    /// 1.14.3 and 1.14.4: another level 3; at all levels the format's own code is tried only for fewer than 250 tokens,
    /// and random bytes are seen for what they are. Where the last literals of a block without matches have very long
    /// codes, 1.14.0 to 1.14.3 lose some of their bits; that is not followed.
    V1_14_3,
    /// 1.15.0 to 1.15.9: levels 1 to 6 cut long matches in another way; levels 7 to 9 as 1.14.3.
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

impl Release {
    /// Every release of this table, oldest first.
    pub const ALL: [Self; 18] = [
        Self::V1_9_0,
        Self::V1_9_8,
        Self::V1_10_1,
        Self::V1_10_2,
        Self::V1_11_13,
        Self::V1_12_2,
        Self::V1_12_3,
        Self::V1_14_0,
        Self::V1_14_2,
        Self::V1_14_3,
        Self::V1_15_0,
        Self::V1_15_10,
        Self::V1_15_11,
        Self::V1_15_15,
        Self::V1_18_0,
        Self::V1_18_1,
        Self::V1_18_2,
        Self::Go1_27,
    ];
}
