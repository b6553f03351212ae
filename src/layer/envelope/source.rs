//! A blob as it is read: buffered, counted, and with a view of the bytes to come.

use std::io::{self, BufRead};

/// The compressed side of an envelope.
pub(super) struct Source<R> {
    inner: R,
    /// Bytes that were looked at and not yet taken.
    ahead: Vec<u8>,
    taken_ahead: usize,
    /// Position in the blob in bytes.
    pub(super) offset: u64,
}

impl<R: BufRead> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Source { inner, ahead: Vec::new(), taken_ahead: 0, offset: 0 }
    }

    /// The bytes at hand, at least one unless the blob is at its end.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.taken_ahead < self.ahead.len() {
            return Ok(&self.ahead[self.taken_ahead..]);
        }
        // An empty view behind an interruption would look like the end.
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.inner.fill_buf()
    }

    /// Takes `count` of the bytes that [`Source::fill`] showed.
    pub(super) fn consume(&mut self, count: usize) {
        self.offset += count as u64;
        if self.taken_ahead < self.ahead.len() {
            self.taken_ahead += count;
        } else {
            self.inner.consume(count);
        }
    }

    /// The next `count` bytes without taking them; fewer at the end of the blob.
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        self.ahead.drain(..self.taken_ahead);
        self.taken_ahead = 0;
        while self.ahead.len() < count {
            let available = match self.inner.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                available => available?,
            };
            if available.is_empty() {
                break;
            }
            let take = (count - self.ahead.len()).min(available.len());
            self.ahead.extend_from_slice(&available[..take]);
            self.inner.consume(take);
        }
        Ok(&self.ahead[..count.min(self.ahead.len())])
    }

    /// The position behind what was looked at: the blob's length, once looking gave too little.
    pub(super) fn end(&self) -> u64 {
        self.offset + (self.ahead.len() - self.taken_ahead) as u64
    }

    /// The next byte, taken.
    pub(super) fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.first().copied();
        if byte.is_some() {
            self.consume(1);
        }
        Ok(byte)
    }

    /// The next `N` bytes, taken; `None` if the blob ends before.
    pub(super) fn array<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        let Some(bytes) = self.peek(N)?.first_chunk().copied() else {
            return Ok(None);
        };
        self.consume(N);
        Ok(Some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_ahead_takes_nothing() -> io::Result<()> {
        let mut source = Source::new(io::BufReader::with_capacity(2, &b"abcdefg"[..]));
        assert_eq!(source.peek(5)?, b"abcde");
        assert_eq!(source.offset, 0);
        assert_eq!(source.byte()?, Some(b'a'));
        assert_eq!(source.peek(3)?, b"bcd");
        assert_eq!(source.array()?, Some(*b"bcdef"));
        assert_eq!(source.array::<2>()?, None);
        assert_eq!(source.peek(9)?, b"g");
        assert_eq!((source.offset, source.end()), (6, 7));
        assert_eq!(source.byte()?, Some(b'g'));
        assert_eq!((source.byte()?, source.offset), (None, 7));
        Ok(())
    }
}
