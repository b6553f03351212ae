//! Where `--rsyncable` cuts: behind bytes whose rolling hash has one of 4096 values.
//!
//! Many threads make it harder than that: pigz reads buffers of a block's size, and which bytes become one block depends
//! on where hits lie in the two buffers at hand. If the first two blocks together have less than 32 KiB, which takes a
//! hundred thousand bytes without a hit behind them, pigz reads a dictionary from where there is none; here it is what
//! stands before. Source: pigz's `pigz.c`, 2.6 to 2.8, read for its behaviour.

use super::{Hits, Job};

/// How many bits the hash has; as each byte moves it by one, it knows the last 19 bytes at most.
const BITS: u32 = 12;
const MASK: u32 = (1 << BITS) - 1;
/// The value that asks for a cut, and the one that the hash begins with.
const HIT: u32 = MASK >> 1;

/// The hash of the last bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct RollingHash(u32);

impl Default for RollingHash {
    fn default() -> Self {
        Self(HIT)
    }
}

impl RollingHash {
    /// How many bytes there are up to the first hit and with it, or none if the bytes end without one. All of them, or
    /// those up to the hit, are then hashed.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        for (place, &byte) in bytes.iter().enumerate() {
            self.0 = (self.0 << 1 ^ u32::from(byte)) & MASK;
            if self.0 == HIT {
                return Some(place + 1);
            }
        }
        None
    }
}

/// Cuts the input into blocks, and blocks into pieces.
pub(super) struct Cutter {
    hash: RollingHash,
    /// The size of a buffer, and the most that a block has.
    size: usize,
    /// How many of the bytes that are held lie in the first buffer; the second one begins behind them.
    first: Option<usize>,
    /// How many of the bytes that are held are hashed.
    scanned: usize,
    /// The hits among them, each counted with the byte that made it.
    hits: Hits,
}

impl Cutter {
    pub(super) fn new(size: usize) -> Self {
        Self { hash: RollingHash::default(), size, first: None, scanned: 0, hits: Hits::new() }
    }

    /// The next block of what is held, unless more must be held to know it. The caller takes it off the front.
    pub(super) fn next(&mut self, held: &[u8], end: bool) -> Option<Job> {
        let wanted = self.first.unwrap_or(self.size) + self.size;
        if held.len() < wanted && !end {
            return None;
        }
        let first = self.first.unwrap_or(self.size).min(held.len());
        let second = held.len().min(wanted);
        // A block has at most one buffer's size of both, if something of the second one is there.
        let most = second.min(self.size);
        self.scan(held, most);
        let hit = self.hits.iter().rev().find(|&&hit| hit <= most).copied();
        let length = match hit {
            None => most,
            Some(hit) if hit > first => hit,
            Some(hit) if hit < first && second > first => hit,
            Some(_) => first,
        };
        // What is left of a buffer becomes the first one, and a new one is read if that was the second.
        self.first = Some(if length < first { first - length } else { second - length });
        let mut ends: Vec<usize> = self.hits.iter().copied().take_while(|&hit| hit <= length).collect();
        self.hits.drain(..ends.len());
        self.hits.iter_mut().for_each(|hit| *hit -= length);
        self.scanned -= length;
        if ends.last() != Some(&length) {
            ends.push(length);
        }
        Some(Job { length, ends, last: length == second })
    }

    /// Hashes what is not hashed yet of the first `until` bytes.
    fn scan(&mut self, held: &[u8], until: usize) {
        while self.scanned < until {
            match self.hash.find(&held[self.scanned..until]) {
                None => self.scanned = until,
                Some(length) => {
                    self.scanned += length;
                    self.hits.push_back(self.scanned);
                }
            }
        }
    }
}
