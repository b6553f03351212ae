//! Bits in deflate's order (RFC 1951, section 3.1.1): the first bit is the lowest of its byte.
//!
//! The writer keeps only the bits of an unfinished byte between calls; every whole byte goes to the caller's buffer at
//! once. It knows nothing of blocks or codes.

/// The bits of a stream that do not fill a byte yet.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    held: u64,
    count: u32,
    /// How many bits were written since the stream was last at a byte's boundary by [`align`](Self::align).
    run: u64,
    /// Ones that come out with the next bits, whatever these are.
    spilt: u64,
}

impl BitWriter {
    /// Appends the low `count` bits of `bits`; there are at most 48, and none above them are set.
    pub(super) fn put(&mut self, bits: u64, count: u32, out: &mut Vec<u8>) {
        debug_assert!(count <= 48 && bits >> count == 0, "{count} bits do not hold {bits:#x}");
        self.held |= (bits | self.spilt & ((1 << count) - 1)) << self.count;
        self.spilt >>= count;
        self.count += count;
        self.run += u64::from(count);
        let whole = (self.count / 8) as usize;
        out.extend_from_slice(&self.held.to_le_bytes()[..whole]);
        self.held >>= 8 * whole;
        self.count %= 8;
    }

    /// Appends the low five bits of a negative number as a writer does that holds 64 bits, gives 48 away once it has them,
    /// and does not cut off what the number has above: that comes out with the bits that follow.
    pub(super) fn put_five_of_negative(&mut self, number: i64, out: &mut Vec<u8>) {
        let room = 64 - (self.run % 48) as u32;
        self.put(number as u64 & 31, 5, out);
        self.spilt = (number as u64) << (64 - room) >> (64 - room) >> 5;
    }

    /// Appends the bits that `symbols` stand for: each item is some bits and how many of the low ones are meant, at most
    /// 48. This is `put` for the inside of a block, where one write of eight bytes costs less than a choice of lengths.
    pub(super) fn put_all(&mut self, mut symbols: impl ExactSizeIterator<Item = (u64, u32)>, out: &mut Vec<u8>) {
        while self.spilt > 0 {
            let Some((bits, length)) = symbols.next() else { return };
            self.put(bits, length, out);
        }
        // Six bytes for each symbol, and eight for the last write, which overhangs.
        let start = out.len();
        out.resize(start + 6 * symbols.len() + 16, 0);
        let room = &mut out[start..];
        let (mut held, mut count, mut at) = (self.held, self.count, 0);
        for (bits, length) in symbols {
            held |= bits << count;
            count += length;
            if let Some(place) = room.get_mut(at..at + 8) {
                place.copy_from_slice(&held.to_le_bytes());
            }
            at += (count / 8) as usize;
            held >>= count & !7;
            count &= 7;
        }
        self.run += 8 * at as u64 + u64::from(count) - u64::from(self.count);
        (self.held, self.count) = (held, count);
        out.truncate(start + at);
    }

    /// How many bits the unfinished byte has.
    pub(super) fn pending(&self) -> u32 {
        self.count
    }

    /// Fills the unfinished byte with zeros.
    pub(super) fn align(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            self.put(0, 8 - self.count, out);
        }
        (self.run, self.spilt) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::BitWriter;

    #[test]
    fn both_ways_of_writing_agree() {
        let symbols: Vec<(u64, u32)> =
            (0..2000u32).map(|i| (u64::from(i) * 0x9e37 % (1 << (i % 49)), i % 49)).collect();
        let (mut one, mut all) = (Vec::new(), Vec::new());
        let mut bits = BitWriter::default();
        bits.put(5, 3, &mut one);
        for &(value, count) in &symbols {
            bits.put(value, count, &mut one);
        }
        bits.align(&mut one);
        let mut bits = BitWriter::default();
        bits.put(5, 3, &mut all);
        bits.put_all(symbols.iter().copied(), &mut all);
        bits.align(&mut all);
        assert_eq!(one, all);
    }

    #[test]
    fn the_first_bit_is_the_lowest() {
        let (mut bits, mut out) = (BitWriter::default(), Vec::new());
        bits.put(1, 1, &mut out);
        bits.put(0b10, 2, &mut out);
        bits.align(&mut out);
        bits.align(&mut out);
        assert_eq!(out, [0b101]);
    }
}
