//! Bits of a byte stream from the least significant end of each byte on, as RFC 1951 packs them.

use std::io::{self, BufRead};

/// A stream read bit by bit, and how far.
pub(super) struct Bits<R> {
    source: R,
    /// Bits read ahead, the next one lowest.
    ahead: u64,
    /// How many there are.
    held: u32,
    /// Bits taken so far.
    pub(super) position: u64,
    /// What kept the source from giving more, if not its end.
    pub(super) failed: Option<io::Error>,
}

impl<R: BufRead> Bits<R> {
    pub(super) fn new(source: R) -> Self {
        Bits { source, ahead: 0, held: 0, position: 0, failed: None }
    }

    /// Reads ahead: 56 bits at least, unless the stream ends before.
    fn fill(&mut self) {
        while self.held <= 56 && self.failed.is_none() {
            let available = match self.source.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failed = Some(error);
                    return;
                }
                Ok(available) => available,
            };
            if let Some(eight) = available.first_chunk() {
                // What does not fit is read again the next time.
                self.ahead |= u64::from_le_bytes(*eight) << self.held;
                let taken = (63 - self.held) / 8;
                self.source.consume(taken as usize);
                self.held += taken * 8;
                return;
            }
            let Some(byte) = available.first() else { return };
            self.ahead |= u64::from(*byte) << self.held;
            self.held += 8;
            self.source.consume(1);
        }
    }

    /// Makes 48 bits be at hand, or all that there are.
    pub(super) fn ready(&mut self) {
        if self.held < 48 {
            self.fill();
        }
    }

    /// The next bits, zeros behind the end. Only what [`Bits::ready`] made ready.
    pub(super) fn peek(&self) -> u64 {
        // Above `held` stand bits that the source will give once more, or zeros; skipping counts what there is.
        self.ahead
    }

    /// Passes over bits that were made ready; `None` if the stream has no more so many.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        if count > self.held {
            return None;
        }
        self.ahead >>= count;
        self.held -= count;
        self.position += u64::from(count);
        Some(())
    }

    /// The next `count` bits (16 at most) as a number.
    pub(super) fn take(&mut self, count: u32) -> Option<u16> {
        self.ready();
        let value = self.peek() & ((1 << count) - 1);
        self.skip(count)?;
        Some(value as u16)
    }

    /// Passes over `count` whole bytes.
    pub(super) fn skip_bytes(&mut self, count: u64) -> Option<()> {
        for _ in 0..count {
            self.ready();
            self.skip(8)?;
        }
        Some(())
    }
}
