//! The four matchers, one for each level: what to repeat from where, and what to write as it is.
//!
//! Each looks at one block at a time and at all that precedes it within the window. How blocks are then written is not
//! their concern.

mod best;
mod better;
mod default;
mod fastest;
mod history;

use super::Level;
use super::blocks::Found;
use super::releases::Release;

/// A level's matcher with its tables.
pub(super) enum Matcher {
    Fastest(Box<fastest::Fastest>),
    Default(Box<default::Default>),
    Better(Box<better::Better>),
    Best(Box<best::Best>),
}

impl Matcher {
    pub(super) fn new(release: Release, level: Level) -> Self {
        let window = release.window(level);
        match level {
            Level::Fastest => Self::Fastest(Box::new(fastest::Fastest::new(window))),
            Level::Default => Self::Default(Box::new(default::Default::new(window))),
            Level::Better => Self::Better(Box::new(better::Better::new(window, release))),
            Level::Best => Self::Best(Box::new(best::Best::new(window, release))),
        }
    }

    /// Puts everything seen out of reach.
    pub(super) fn forget(&mut self) {
        match self {
            Self::Fastest(matcher) => matcher.history.forget(),
            Self::Default(matcher) => matcher.history.forget(),
            Self::Better(matcher) => matcher.history.forget(),
            Self::Best(matcher) => matcher.history.forget(),
        }
    }

    /// Searches the next block; `alone` says that it is the only one of its frame.
    pub(super) fn search(&mut self, block: &[u8], alone: bool, found: &mut Found) {
        found.literals.clear();
        found.sequences.clear();
        match self {
            Self::Fastest(matcher) => matcher.search(block, alone, found),
            Self::Default(matcher) => matcher.search(block, alone, found),
            Self::Better(matcher) => matcher.search(block, found),
            Self::Best(matcher) => matcher.search(block, found),
        }
    }
}
