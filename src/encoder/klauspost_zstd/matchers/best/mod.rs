//! SpeedBestCompression: the last two places with the same four bytes, the last two with the same eight, the last three
//! distances; of all matches so found the one is taken that is estimated to save most.
//!
//! What is looked at and what is judged a match's worth changed with 1.16.4: `earlier` and `later`.

mod earlier;
mod estimate;
mod later;

use self::estimate::{Prices, literal_cost};
use super::better::same;
use super::history::{History, Noted, Recent, Scan, hash4, hash8, lower_recent, table};
use crate::encoder::klauspost_zstd::blocks::Found;
use crate::encoder::klauspost_zstd::releases::Release;

/// The sizes of the two tables in which places are filed, as powers of two.
const LONG_BITS: u32 = 22;
const SHORT_BITS: u32 = 18;
/// No search starts in so many last bytes of a block.
const MARGIN: usize = 12;
/// No smaller block is searched.
const SHORTEST_SEARCHED: usize = 16;
/// The step grows by one for every 2^9 bytes without a match.
const PATIENCE: u32 = 9;

pub(super) struct Best {
    pub(super) history: History,
    release: Release,
    long: Box<[Recent; 1 << LONG_BITS]>,
    short: Box<[Recent; 1 << SHORT_BITS]>,
    prices: Prices,
}

impl Best {
    pub(super) fn new(window: usize, release: Release) -> Self {
        let prices = Prices::predefined();
        Self { history: History::new(window), release, long: table(), short: table(), prices }
    }

    pub(super) fn search(&mut self, block: &[u8], found: &mut Found) {
        if let Some(excess) = self.history.renumber() {
            lower_recent(&mut self.long[..], excess);
            lower_recent(&mut self.short[..], excess);
        }
        let start = self.history.append(block);
        if self.release.writes_same_blocks() && same(block, found) {
            return;
        }
        if block.len() < SHORTEST_SEARCHED {
            return found.literals.extend_from_slice(block);
        }
        let mut search = Search {
            literal_cost: literal_cost(block),
            release: self.release,
            scan: self.history.scan(start, MARGIN, found),
            long: &mut self.long,
            short: &mut self.short,
            prices: &self.prices,
            distances: [1, 4, 8],
        };
        let is_earlier = self.release < Release::V1_16_4;
        let mut at = start;
        while at < search.scan.limit {
            at = if is_earlier { search.step_earlier(at) } else { search.step(at) };
        }
        search.scan.rest();
    }
}

/// One block being searched. A step takes the best match that starts at or soon after a place, if there is one, and says
/// where to go on.
struct Search<'a> {
    /// What a literal is taken to cost, in bits / 1024.
    literal_cost: i32,
    release: Release,
    scan: Scan<'a>,
    long: &'a mut [Recent; 1 << LONG_BITS],
    short: &'a mut [Recent; 1 << SHORT_BITS],
    prices: &'a Prices,
    /// The last three, newest first.
    distances: [i32; 3],
}

/// A match that might be taken. Places are counted from the buffer's start.
#[derive(Clone, Copy)]
struct Candidate {
    at: i32,
    from: i32,
    length: i32,
    /// Which distance it repeats, from 1 and perhaps with a mark; −1 for none of them; 0 is no match at all.
    repeated: i32,
    /// What it costs beyond the literals it saves, in bits.
    estimate: i32,
}

impl Search<'_> {
    /// Notes these places in both tables.
    fn file(&mut self, places: std::ops::Range<usize>) {
        for place in places {
            let word = self.scan.eight(place);
            self.long[hash8::<LONG_BITS>(word)].note(self.scan.position(place));
            self.short[hash4::<SHORT_BITS>(word)].note(self.scan.position(place));
        }
    }

    fn place(&self, position: u32) -> i32 {
        self.scan.place(position) as i32
    }
}
