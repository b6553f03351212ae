//! How much work each level puts into matches: the table of zlib's `deflate.c`, which GNU gzip has as well.

/// How long and how far a level looks.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Effort {
    /// Whether a match waits for a better one at the next position (levels 4 to 9).
    pub(super) lazy: bool,
    /// Lazy: behind a match of this length the next position is searched a quarter as long.
    pub(super) good: usize,
    /// Lazy: behind a match of this length the next position is not searched. Greedy: longer matches do not enter their
    /// inner positions into the chains.
    pub(super) enough: usize,
    /// From this length on, no longer match is looked for.
    pub(super) nice: usize,
    /// How many positions of a chain are tried.
    pub(super) tries: u32,
}

const EFFORTS: [Effort; 9] = [
    Effort { lazy: false, good: 4, enough: 4, nice: 8, tries: 4 },
    Effort { lazy: false, good: 4, enough: 5, nice: 16, tries: 8 },
    Effort { lazy: false, good: 4, enough: 6, nice: 32, tries: 32 },
    Effort { lazy: true, good: 4, enough: 4, nice: 16, tries: 16 },
    Effort { lazy: true, good: 8, enough: 16, nice: 32, tries: 32 },
    Effort { lazy: true, good: 8, enough: 16, nice: 128, tries: 128 },
    Effort { lazy: true, good: 8, enough: 32, nice: 128, tries: 256 },
    Effort { lazy: true, good: 32, enough: 128, nice: 258, tries: 1024 },
    Effort { lazy: true, good: 32, enough: 258, nice: 258, tries: 4096 },
];

impl Effort {
    /// That of a level from 1 to 9.
    pub(in super::super) fn of(level: i32) -> Option<Self> {
        EFFORTS.get(usize::try_from(level).ok()?.checked_sub(1)?).copied()
    }
}
