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
pub(super) struct Matcher(Method);

enum Method {
    Fastest(Box<fastest::Fastest>),
    Default(Box<default::Default>),
    Better(Box<better::Better>),
    Best(Box<best::Best>),
}

impl Matcher {
    pub(super) fn new(release: Release, level: Level) -> Option<Self> {
        let window = release.window(level);
        Some(Self(match level {
            Level::Fastest => Method::Fastest(Box::new(fastest::Fastest::new(window, release))),
            Level::Default => Method::Default(Box::new(default::Default::new(window))),
            Level::Better => Method::Better(Box::new(better::Better::new(window, release))),
            Level::Best if release < Release::V1_13_4 => return None,
            Level::Best => Method::Best(Box::new(best::Best::new(window, release))),
        }))
    }

    /// Puts everything seen out of reach.
    pub(super) fn forget(&mut self) {
        match &mut self.0 {
            Method::Fastest(matcher) => matcher.history.forget(),
            Method::Default(matcher) => matcher.history.forget(),
            Method::Better(matcher) => matcher.history.forget(),
            Method::Best(matcher) => matcher.history.forget(),
        }
    }

    /// Searches the next block; `alone` says that it is the only one of its frame.
    pub(super) fn search(&mut self, block: &[u8], alone: bool, found: &mut Found) {
        found.literals.clear();
        found.sequences.clear();
        match &mut self.0 {
            Method::Fastest(matcher) => matcher.search(block, alone, found),
            Method::Default(matcher) => matcher.search(block, alone, found),
            Method::Better(matcher) => matcher.search(block, found),
            Method::Best(matcher) => matcher.search(block, found),
        }
    }
}
