//! Where `--rsyncable` ends blocks: behind the token in which the sum of the last 4096 bytes becomes a multiple of 4096.
//!
//! In a run of zeros every byte is such a place, and every token a block. Found by looking at what gzip 1.12 writes.

use std::collections::VecDeque;

/// How many bytes are summed, and what the sum must be a multiple of.
const WINDOW: u32 = 4096;

/// Places that ask for a block to end.
#[derive(Debug, Default)]
pub(super) struct Hits {
    sum: u32,
    /// The last bytes that were seen.
    window: VecDeque<u8>,
    /// How many bytes were seen, and how many are tokens.
    seen: u64,
    passed: u64,
    /// Behind how many bytes there was a hit.
    places: VecDeque<u64>,
}

impl Hits {
    /// Looks at the next bytes.
    pub(super) fn see(&mut self, input: &[u8]) {
        for &byte in input {
            self.sum += u32::from(byte);
            self.window.push_back(byte);
            self.seen += 1;
            if self.window.len() > WINDOW as usize {
                self.sum -= self.window.pop_front().map_or(0, u32::from);
                if self.sum.is_multiple_of(WINDOW) {
                    self.places.push_back(self.seen);
                }
            }
        }
    }

    /// Passes so many bytes; says whether there was a hit among them.
    pub(super) fn pass(&mut self, length: usize) -> bool {
        self.passed += length as u64;
        let before = self.places.len();
        while self.places.front().is_some_and(|&place| place <= self.passed) {
            self.places.pop_front();
        }
        self.places.len() < before
    }
}
