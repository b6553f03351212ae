//! Finite state entropy tables (RFC 8878, section 4.1), as klauspost/compress makes them from counts.
//!
//! How counts become shares of a table is the producer's choice and shows in the bytes. Behaviour followed:
//! klauspost/compress `fse` and `zstd` since 1.10, which rounds as the reference implementation did in 2018. Tables of
//! more than 64 symbols or 2^12 states are refused by those who ask for one.

use crate::encoder::bits::BitWriter;

/// The smallest table that the format can describe.
const LEAST_LOG: u8 = 5;
/// A share below eight is rounded up from these fractions on, in units of 2^-20.
const ROUND_UP: [u64; 8] = [0, 473_195, 504_333, 520_860, 550_000, 700_000, 750_000, 830_000];
/// Fraction bits of an estimate.
const ESTIMATE_BITS: u32 = 8;

/// A table to encode with.
#[derive(Clone, Debug)]
pub(super) struct Table {
    log: u32,
    /// How many states each symbol has; −1 is one state, and less than the average share.
    shares: Vec<i16>,
    states: Vec<u16>,
    symbols: Vec<Symbol>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Symbol {
    /// What added to a state gives the number of bits to write above bit 16.
    bits: u32,
    /// What added to a shifted state gives the place of the next one.
    place: i32,
}

impl Table {
    /// The log of the table size for `total` symbols, `used` being one more than the highest of them. The two sizes are
    /// the same but for one, which one producer counts differently.
    pub(super) fn log(most: u8, total: usize, total_for_least: usize, used: usize) -> u32 {
        let log2 = |number: usize| number.max(1).ilog2() as u8;
        let enough = log2(total.saturating_sub(1)).wrapping_sub(2);
        let least = (log2(total_for_least) + 1).min(log2(used.saturating_sub(1)) + 2);
        u32::from(most.min(enough).max(least).clamp(LEAST_LOG, most.max(LEAST_LOG)))
    }

    /// The table for symbols that occur so often, `total` in all, at least two of them different.
    pub(super) fn normalized(counts: &[u32], total: usize, log: u32) -> Option<Self> {
        Some(Self::build(&shares(counts, total, log)?, log))
    }

    /// The table in which the symbols have these shares, which add up to the table's size.
    pub(super) fn build(shares: &[i16], log: u32) -> Self {
        let size = 1_usize << log;
        let mut by_place = vec![0_u8; size];
        let mut free = size;
        for (symbol, _) in shares.iter().enumerate().filter(|(_, share)| **share == -1) {
            free -= 1;
            by_place[free] = symbol as u8;
        }
        let step = (size >> 1) + (size >> 3) + 3;
        let mut place = 0;
        for (symbol, &share) in shares.iter().enumerate() {
            for _ in 0..share {
                by_place[place] = symbol as u8;
                place = (place + step) & (size - 1);
                while place >= free {
                    place = (place + step) & (size - 1);
                }
            }
        }
        let mut symbols = Vec::with_capacity(shares.len());
        let mut next = Vec::with_capacity(shares.len());
        let mut start = 0_u32;
        for &share in shares {
            let states = u32::from(share.unsigned_abs());
            next.push(start as usize);
            symbols.push(match states {
                0 => Symbol::default(),
                1 => Symbol { bits: (log << 16) - (1 << log), place: start as i32 - 1 },
                _ => {
                    let most_bits = log - (states - 1).ilog2();
                    Symbol { bits: (most_bits << 16) - (states << most_bits), place: start as i32 - states as i32 }
                }
            });
            start += states;
        }
        let mut states = vec![0; size];
        for (place, &symbol) in by_place.iter().enumerate() {
            let next = &mut next[usize::from(symbol)];
            states[*next] = (size + place) as u16;
            *next += 1;
        }
        Self { log, shares: shares.to_vec(), states, symbols }
    }

    /// About how many bits it takes to write these symbols; nothing, if one of them has no state.
    pub(super) fn size(&self, counts: &[u32]) -> Option<u32> {
        if counts.len() > self.shares.len() {
            return None;
        }
        let mut size = 0_u32;
        for ((&count, &share), symbol) in counts.iter().zip(&self.shares).zip(&self.symbols) {
            if count == 0 {
                continue;
            }
            if share == 0 {
                return None;
            }
            let cost = symbol.cost(self.log);
            if cost > (self.log + 1) << ESTIMATE_BITS {
                return None;
            }
            size = size.wrapping_add(count.wrapping_mul(cost));
        }
        Some(size >> ESTIMATE_BITS)
    }

    /// The least number of bits that a symbol takes.
    pub(super) fn least_bits(&self, symbol: u8) -> u32 {
        self.symbols.get(usize::from(symbol)).map_or(0, |symbol| symbol.bits >> 16)
    }

    /// Appends the table's description (RFC 8878, section 4.1.1).
    pub(super) fn describe(&self, out: &mut Vec<u8>) {
        let mut bits = BitWriter::default();
        bits.put(u64::from(self.log) - u64::from(LEAST_LOG), 4, out);
        // One more than the states that are still to be told.
        let mut remaining = (1_i32 << self.log) + 1;
        let mut threshold = 1_i32 << self.log;
        let mut width = self.log + 1;
        let mut shares = self.shares.iter().peekable();
        while remaining > 1 {
            let Some(&share) = shares.next() else { break };
            let few = 2 * threshold - 1 - remaining;
            remaining -= i32::from(share.unsigned_abs());
            let mut value = i32::from(share) + 1;
            if value >= threshold {
                value += few;
            }
            bits.put(value as u64, if value < few { width - 1 } else { width }, out);
            if share == 0 {
                let mut zeros = 0;
                while shares.next_if(|share| **share == 0).is_some() {
                    zeros += 1;
                }
                for _ in 0..zeros / 3 {
                    bits.put(3, 2, out);
                }
                bits.put(zeros % 3, 2, out);
            }
            while remaining < threshold {
                width -= 1;
                threshold >>= 1;
            }
        }
        bits.align(out);
    }
}

impl Symbol {
    /// About how many bits it takes, as a fixed-point number.
    fn cost(self, log: u32) -> u32 {
        let least = self.bits >> 16;
        let distance = ((least + 1) << 16).wrapping_sub(self.bits.wrapping_add(1 << log));
        ((least + 1) << ESTIMATE_BITS).wrapping_sub(distance.wrapping_shl(ESTIMATE_BITS) >> log)
    }
}

/// Where an encoder is in its table.
pub(super) struct State<'a> {
    table: &'a Table,
    state: u32,
}

impl<'a> State<'a> {
    /// The state that says no more than its first symbol, which is the last to be read.
    pub(super) fn first(table: &'a Table, symbol: u8) -> Self {
        let Symbol { bits, place } = table.symbols[usize::from(symbol)];
        let count = (bits + (1 << 15)) >> 16;
        let state = ((count << 16) - bits) >> count;
        Self { table, state: u32::from(table.states[(state as i32 + place) as usize]) }
    }

    #[inline(always)]
    pub(super) fn encode(&mut self, symbol: u8, bits: &mut BitWriter, out: &mut Vec<u8>) {
        let Symbol { bits: delta, place } = self.table.symbols[usize::from(symbol)];
        let count = (self.state + delta) >> 16;
        bits.put(u64::from(self.state) & ((1 << count) - 1), count, out);
        self.state = u32::from(self.table.states[((self.state >> count) as i32 + place) as usize]);
    }

    /// Writes the state itself, with which reading starts.
    pub(super) fn end(&self, bits: &mut BitWriter, out: &mut Vec<u8>) {
        bits.put(u64::from(self.state) & ((1 << self.table.log) - 1), self.table.log, out);
    }
}

/// Each symbol's share of 2^log states.
fn shares(counts: &[u32], total: usize, log: u32) -> Option<Vec<i16>> {
    let scale = 62 - log;
    let step = (1_u64 << 62) / total as u64;
    let few = (total >> log) as u32;
    let mut left = 1_i32 << log;
    let (mut largest, mut largest_share) = (0, 0);
    let mut shares = Vec::with_capacity(counts.len());
    for (symbol, &count) in counts.iter().enumerate() {
        if count == 0 {
            shares.push(0);
            continue;
        }
        if count <= few {
            shares.push(-1);
            left -= 1;
            continue;
        }
        let exact = u64::from(count) * step;
        let mut share = (exact >> scale) as i16;
        if let Some(&fraction) = ROUND_UP.get(share as usize)
            && exact - ((share as u64) << scale) > fraction << (scale - 20)
        {
            share += 1;
        }
        if share > largest_share {
            (largest, largest_share) = (symbol, share);
        }
        shares.push(share);
        left -= i32::from(share);
    }
    let share = shares.get_mut(largest)?;
    if -left >= i32::from(*share >> 1) {
        return shares_in_turn(counts, total as u32, log);
    }
    *share += left as i16;
    Some(shares)
}

/// The other way, for when rounding up has given out far too much: the rare symbols get one state each, the rest is
/// divided.
fn shares_in_turn(counts: &[u32], mut total: u32, log: u32) -> Option<Vec<i16>> {
    /// To be given a share of what remains.
    const OPEN: i16 = -2;
    let few = total >> log;
    let mut one = (total * 3) >> (log + 1);
    let mut left = 1_u32 << log;
    let mut shares = vec![0_i16; counts.len()];
    for (share, &count) in shares.iter_mut().zip(counts).filter(|(_, count)| **count > 0) {
        *share = if count <= few {
            -1
        } else if count <= one {
            1
        } else {
            OPEN
        };
        if *share != OPEN {
            left -= 1;
            total -= count;
        }
    }
    if total / left > one {
        one = total * 3 / (left * 2);
        for (share, &count) in shares.iter_mut().zip(counts) {
            if *share == OPEN && count <= one {
                *share = 1;
                left -= 1;
                total -= count;
            }
        }
    }
    if total == 0 {
        // Every symbol is rare: those with a whole share take turns.
        let mut turn = 0;
        if !shares.iter().any(|share| *share > 0) {
            return None;
        }
        while left > 0 {
            if shares[turn] > 0 {
                shares[turn] += 1;
                left -= 1;
            }
            turn = (turn + 1) % shares.len();
        }
        return Some(shares);
    }
    let scale = 62 - log;
    let half = (1_u64 << (scale - 1)) - 1;
    let step = ((1_u64 << scale) * u64::from(left) + half) / u64::from(total);
    let mut reached = half;
    for (share, &count) in shares.iter_mut().zip(counts).filter(|(share, _)| **share == OPEN) {
        let end = reached + u64::from(count) * step;
        let states = (end >> scale) - (reached >> scale);
        if states < 1 {
            return None;
        }
        *share = states as i16;
        reached = end;
    }
    Some(shares)
}
