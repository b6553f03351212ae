//! Go's `compress/flate` up to 1.26, the compressor of Docker, containerd, BuildKit and most else that pushes layers.
//!
//! Four generations of releases write different bytes; what 1.27 writes is another encoder's work. Levels are Go's: -2
//! (codes without matches), 0 (stored) to 9, and -1 for the default. Streams are closed and not flushed before, but
//! by eStargz writers. Followed are Go's sources, read for their behaviour, and vectors written by real Go releases.
//!
//! [`Go`] works on one core and gives out what is certain at once; [`parallel::Parallel`] gives the same bytes from as many
//! cores as there are, some MiB later.

mod blocks;
mod blockwise;
mod chains;
mod level_one;
mod level_one_1_7;
pub mod parallel;
mod parser;
mod text;

use self::blockwise::{Blockwise, Method};
use self::chains::Chains;
use self::level_one::{Linked, Scan};
use self::level_one_1_7::Alone;
use self::parser::Effort;
use super::Encoder;

/// The level that Go takes for -1.
pub const DEFAULT_LEVEL: i32 = 6;

/// How a stream ends that was flushed and then closed.
const FLUSHED_AND_CLOSED: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];

/// The size of the pieces that Go's `io.Copy` writes, of which level 0 of Go 1.7 makes a block each.
const COPIED_PIECE: usize = 32 << 10;

/// Releases of Go that write the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Releases {
    /// Go 1.2 to 1.6: matches of three bytes, level 1 as the others, and no level -2.
    UpTo1_6,
    /// Go 1.7: at level 1 each block stands alone. Its level 0 makes a block of each piece it is given; here that of each
    /// 32 KiB, as when `io.Copy` gives them.
    Of1_7,
    /// Go 1.8 to 1.14, which differ from later ones only at level 1 and behind the first GiB: there they forget what they
    /// have seen. Known from a description of those releases; no stream of that size by one of them was at hand.
    From1_8To1_14,
    /// Go 1.15 to 1.26.
    From1_15To1_26,
}

impl Releases {
    /// All of them, oldest first.
    pub const ALL: [Self; 4] = [Self::UpTo1_6, Self::Of1_7, Self::From1_8To1_14, Self::From1_15To1_26];

    /// How a level works in these releases; none if they have no such level.
    fn way(self, level: i32) -> Option<Way> {
        Some(match (level, self) {
            (-1, _) => return self.way(DEFAULT_LEVEL),
            (-2, Self::UpTo1_6) => return None,
            (-2, _) => Way::Literals,
            (0, Self::Of1_7) => Way::Store(COPIED_PIECE),
            (0, _) => Way::Store(blocks::MOST_STORED),
            (1, Self::Of1_7) => Way::Alone,
            (1, Self::From1_8To1_14) => Way::Linked { resets: true },
            (1, Self::From1_15To1_26) => Way::Linked { resets: false },
            (_, Self::UpTo1_6) => Way::Threes(Effort::of_level(level)?),
            _ => Way::Fours(Effort::of_level(level)?),
        })
    }
}

/// How a level works.
#[derive(Clone, Copy)]
enum Way {
    /// Blocks of so many bytes, stored.
    Store(usize),
    Literals,
    Alone,
    Linked {
        resets: bool,
    },
    /// Chains of hashes over three bytes.
    Threes(Effort),
    /// Chains of hashes over four bytes.
    Fours(Effort),
}

/// Go's compressor at some level.
pub struct Go(Kind);

enum Kind {
    Threes(Chains<3>),
    Fours(Chains<4>),
    Blockwise(Blockwise),
}

impl Go {
    /// Go 1.15 to 1.26, and at all levels but 1 also 1.8 to 1.14; none if Go has no such level.
    pub fn new(level: i32) -> Option<Self> {
        Self::of(Releases::From1_15To1_26, level)
    }

    /// The compressor of these releases; none if they have no such level.
    pub fn of(releases: Releases, level: i32) -> Option<Self> {
        let blockwise = |method| Kind::Blockwise(Blockwise::new(method));
        Some(Self(match releases.way(level)? {
            Way::Store(size) => Kind::Blockwise(Blockwise::with_blocks_of(size, Method::Store)),
            Way::Literals => blockwise(Method::Literals),
            Way::Alone => blockwise(Method::Alone(Scan::new(Alone::new()))),
            Way::Linked { resets } => blockwise(Method::Linked(Scan::new(Linked::new(resets)))),
            Way::Threes(effort) => Kind::Threes(Chains::new(effort)),
            Way::Fours(effort) => Kind::Fours(Chains::new(effort)),
        }))
    }

    /// Go 1.8 to 1.14 at level 1.
    pub fn level_one_before_1_15() -> Self {
        Self(Kind::Blockwise(Blockwise::new(Method::Linked(Scan::new(Linked::new(true))))))
    }
}

impl Encoder for Go {
    fn write(&mut self, input: &[u8], out: &mut Vec<u8>) {
        match &mut self.0 {
            Kind::Threes(chains) => chains.write(input, out),
            Kind::Fours(chains) => chains.write(input, out),
            Kind::Blockwise(blockwise) => blockwise.write(input, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<u8>) {
        self.0.finish(false, out);
    }

    fn finish_as(&mut self, rest: &[u8], out: &mut Vec<u8>) {
        self.0.finish(rest.ends_with(&FLUSHED_AND_CLOSED), out);
    }
}

impl Kind {
    fn finish(&mut self, flush: bool, out: &mut Vec<u8>) {
        match self {
            Kind::Threes(chains) => chains.finish(flush, out),
            Kind::Fours(chains) => chains.finish(flush, out),
            Kind::Blockwise(blockwise) => blockwise.finish(flush, out),
        }
    }
}
