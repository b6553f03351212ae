//! What a release does at a level: the table of `releases` in the terms of the encoder.
//!
//! Rules are looked up when an encoder is made; nothing here is asked byte by byte.

use super::releases::Release;

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
    /// Not at all.
    Ignored,
    /// From its first byte, by the hash of its last two bytes and the two behind.
    Whole,
    /// From its third byte, by the hash of what follows it; the first bytes are won back where they agree.
    WithoutItsStart,
}

/// What makes one match better than another at levels 7 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Its length.
    Length,
    /// Its length, but the shortest ones are not worth a long distance.
    LengthUnlessFar,
    /// Its length times the entropy of what lies ahead, in whole bits for a byte, less the bits of the distance.
    Entropy,
    /// The bits of its literals, in a code made for those ahead, less its extra bits.
    Literals,
}

/// How hard a level tries that compares each match with that of the next place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// Matches this long are not improved upon.
    pub(super) lazy_below: usize,
    /// The first match this long ends a search.
    pub(super) nice: usize,
    /// How many earlier places are looked at.
    pub(super) chain: usize,
    /// What a match is judged by.
    pub(super) worth: Worth,
}

/// How many code lengths the header of a block that may stay open describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Headers {
    /// All 286 and 30 of them, used or not (up to 1.18.0).
    Whole,
    /// Those up to the last one in use, forgetting the end of the block (1.18.1 only, which wrote broken streams where
    /// nothing above the literals occurred).
    TrimmedCarelessly,
    /// Those up to the last one in use (since 1.18.2).
    Trimmed,
}

/// For what the code of a block is made that may stay open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codes {
    /// For every symbol there is, so that it always serves again.
    ForAll,
    /// For the symbols that occur; one that does not cover the next tokens ends its block. Blocks of fewer tokens than
    /// this are also tried with the format's own code.
    ForUsed { try_fixed_below: usize },
}

/// How the size of a block of tokens is estimated before its code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Estimate {
    /// In exact logarithms, each symbol's share rounded up; extra bits are looked up by how often a symbol occurs, not
    /// by which one it is.
    Ceilings,
    /// In rough ones.
    Rough,
    /// The same, where a symbol costs one to fifteen bits.
    Clamped,
    /// The same, where the end of the block counts as one of its tokens.
    ClampedWithEnd,
}

/// How the size of a block is known that has literals only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literals {
    /// By exact logarithms, each byte's share rounded up.
    Ceilings,
    /// By rough ones; bytes that do not occur but get a code are added when it comes to a new code.
    RoughThenFilled,
    /// By rough ones; bytes that get a code without occurring make all others dearer.
    RoughAndFilled,
    /// By making the code.
    Measured,
    /// The same, where bytes that look random are stored unseen.
    MeasuredUnlessRandom,
}

/// What decides how tokens become blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockRules {
    pub(super) headers: Headers,
    pub(super) codes: Codes,
    pub(super) estimate: Estimate,
    pub(super) literals: Literals,
    /// A new code must promise to save this share of the block: a shift, so fewer bits are a larger share.
    pub(super) penalty: u32,
    /// The last, empty block is a stored one.
    pub(super) stored_end: bool,
}

impl Release {
    pub(super) fn block_rules(self, level: i8) -> BlockRules {
        let penalty = match level {
            -2 | 0 if self < Self::V1_11_13 => 4,
            -2 | 0 if self < Self::V1_12_3 => 8,
            -2 | 0 => 10,
            1..=6 if self < Self::V1_9_8 => u32::from(level.unsigned_abs()) + 1,
            1..=6 if self < Self::V1_11_13 => 6,
            1..=6 if self < Self::V1_14_0 => 8,
            1..=6 => 7,
            _ => 8,
        };
        BlockRules {
            headers: match self {
                Self::V1_18_2 | Self::Go1_27 => Headers::Trimmed,
                Self::V1_18_1 => Headers::TrimmedCarelessly,
                _ => Headers::Whole,
            },
            codes: if self < Self::V1_14_0 {
                Codes::ForAll
            } else if self < Self::V1_14_3 {
                Codes::ForUsed { try_fixed_below: usize::MAX }
            } else {
                Codes::ForUsed { try_fixed_below: 250 }
            },
            estimate: if self < Self::V1_9_8 {
                Estimate::Ceilings
            } else if self < Self::V1_12_3 {
                Estimate::Rough
            } else if self < Self::V1_14_2 {
                Estimate::Clamped
            } else {
                Estimate::ClampedWithEnd
            },
            literals: if self < Self::V1_9_8 {
                Literals::Ceilings
            } else if self < Self::V1_11_13 {
                Literals::RoughThenFilled
            } else if self < Self::V1_12_3 {
                Literals::RoughAndFilled
            } else if self < Self::V1_14_3 {
                Literals::Measured
            } else {
                Literals::MeasuredUnlessRandom
            },
            penalty,
            stored_end: self < Self::V1_10_2,
        }
    }

    /// How many bytes a block has at level −2.
    pub(super) fn huffman_block(self) -> usize {
        if self < Self::V1_11_13 { 65_535 } else { 32_768 }
    }

    /// Whether levels 1 to 6 search a dictionary.
    pub(super) fn searches_dictionaries(self) -> bool {
        self >= Self::V1_10_1
    }

    /// Whether long matches at levels 1 to 6 are cut in pieces of 255 bytes, not 258.
    pub(super) fn cuts_short(self) -> bool {
        self < Self::V1_15_0
    }

    pub(super) fn next_long_match(self) -> NextLongMatch {
        if self < Self::V1_18_0 { NextLongMatch::AtItsPlace } else { NextLongMatch::AtItsDistance }
    }

    /// How hard levels 7 to 9 try.
    pub(super) fn effort(self, level: u8) -> Effort {
        let worth = if self < Self::V1_14_0 {
            Worth::LengthUnlessFar
        } else if self < Self::V1_14_2 {
            Worth::Entropy
        } else if level < 9 {
            Worth::Length
        } else {
            Worth::Literals
        };
        let (lazy_below, nice, chain) = match level {
            7 if self < Self::V1_14_0 => (8, 24, 16),
            8 if self < Self::V1_14_0 => (16, 24, 64),
            9 if self < Self::V1_14_0 => (258, 258, 4096),
            7 if self < Self::V1_14_2 => (10, 12, 16),
            8 if self < Self::V1_14_2 => (24, 32, 64),
            7 => (12, 16, 24),
            8 => (30, 40, 64),
            _ => (258, 258, 1024),
        };
        Effort { lazy_below, nice, chain, worth }
    }

    pub(super) fn end_of_match(self) -> EndOfMatch {
        if self < Self::V1_14_0 {
            EndOfMatch::Ignored
        } else if self < Self::V1_15_15 {
            EndOfMatch::Whole
        } else {
            EndOfMatch::WithoutItsStart
        }
    }

    /// How many bytes levels 7 to 9 skip, having met so many literals and none too few for `chain` places each.
    pub(super) fn skipped(self, literals: usize, chain: usize) -> usize {
        if self < Self::V1_14_0 {
            literals / 32
        } else if literals > chain {
            1 + (literals - chain) / 64
        } else {
            0
        }
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
