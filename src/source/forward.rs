//! Random access to a stream that can only be read forward, by asking for it again.
//!
//! A stream that somebody has finished with stands where it was left, and who needs a later place
//! goes on from there. Refuses to keep any bytes.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::decompress::drop_bytes;
use super::error::SourceError;

/// How many streams may stand idle: each holds a connection or a decoder.
const MOST_IDLE: usize = 4;

/// A stream from its start.
pub(super) type Stream = Box<dyn Read + Send>;

/// A stream that can be had again.
pub(super) struct Forward {
    again: Box<dyn Fn() -> Result<Stream, SourceError> + Send + Sync>,
    idle: Arc<Mutex<Vec<Standing>>>,
}

/// A stream, and how many bytes of it are read.
struct Standing {
    stream: Stream,
    at: u64,
}

impl Forward {
    /// `again` gives the stream from its start, the same bytes each time.
    pub(super) fn new(again: impl Fn() -> Result<Stream, SourceError> + Send + Sync + 'static) -> Self {
        Forward { again: Box::new(again), idle: Arc::default() }
    }

    /// The stream from its start.
    pub(super) fn start(&self) -> Result<Stream, SourceError> {
        (self.again)()
    }

    /// The bytes from `offset` on. `file` and `member` are for messages.
    pub(super) fn at(&self, offset: u64, file: &str, member: &str) -> Result<Taken, SourceError> {
        if let Some(mut standing) = self.nearest(offset)
            && matches!(standing.pass_to(offset), Ok(true))
        {
            return Ok(self.taken(standing));
        }
        // A connection that stood idle may have been closed; a new one tells why.
        let mut standing = Standing { stream: self.start()?, at: 0 };
        // Where the stream ends before, reading finds the end.
        standing.pass_to(offset).map_err(|error| SourceError::of_read(file, member, &error))?;
        Ok(self.taken(standing))
    }

    /// The idle stream that stands nearest before `offset`.
    fn nearest(&self, offset: u64) -> Option<Standing> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let before = idle.iter().enumerate().filter(|(_, standing)| standing.at <= offset);
        let (nearest, _) = before.max_by_key(|(_, standing)| standing.at)?;
        Some(idle.swap_remove(nearest))
    }

    fn taken(&self, standing: Standing) -> Taken {
        Taken { standing: Some(standing), idle: Arc::clone(&self.idle) }
    }
}

impl Standing {
    /// Whether there were as many bytes.
    fn pass_to(&mut self, offset: u64) -> io::Result<bool> {
        let wanted = offset - self.at;
        let passed = drop_bytes(&mut self.stream, wanted)?;
        self.at += passed;
        Ok(passed == wanted)
    }
}

/// A stream in use. It goes back to the idle ones when it is dropped, unless it failed or ended.
pub(super) struct Taken {
    standing: Option<Standing>,
    idle: Arc<Mutex<Vec<Standing>>>,
}

impl Read for Taken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(standing) = &mut self.standing else { return Ok(0) };
        match standing.stream.read(buffer) {
            Ok(0) if !buffer.is_empty() => {
                self.standing = None;
                Ok(0)
            }
            Ok(count) => {
                standing.at += count as u64;
                Ok(count)
            }
            Err(error) => {
                if error.kind() != io::ErrorKind::Interrupted {
                    self.standing = None;
                }
                Err(error)
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(standing) = self.standing.take() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < MOST_IDLE {
                idle.push(standing);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// 0, 1, 2, …: every byte tells where it stands.
    fn counted() -> (Forward, Arc<AtomicUsize>) {
        let starts = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&starts);
        let forward = Forward::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            Ok(Box::new(Cursor::new((0..=255).collect::<Vec<u8>>())))
        });
        (forward, starts)
    }

    fn read(forward: &Forward, offset: u64, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut taken = forward.at(offset, "x", "y").expect("a stream");
        (&mut taken).take(length).read_to_end(&mut bytes).expect("it reads");
        bytes
    }

    #[test]
    fn one_stream_serves_whoever_goes_forward() {
        let (forward, starts) = counted();
        for (offset, expected) in [(0, [0, 1]), (10, [10, 11]), (12, [12, 13]), (200, [200, 201])] {
            assert_eq!(read(&forward, offset, 2), expected);
        }
        assert_eq!(starts.load(Ordering::Relaxed), 1);
        assert_eq!(read(&forward, 5, 2), [5, 6], "backward needs a new one");
        assert_eq!(read(&forward, 100, 2), [100, 101], "the nearest before");
        assert_eq!(read(&forward, 202, 2), [202, 203], "the nearest before");
        assert_eq!(starts.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn streams_in_use_are_not_shared() {
        let (forward, starts) = counted();
        let (mut one, mut two) = (forward.at(1, "x", "y").expect("one"), forward.at(1, "x", "y").expect("two"));
        let mut byte = [0];
        one.read_exact(&mut byte).expect("it reads");
        two.read_exact(&mut byte).expect("it reads");
        assert_eq!((byte, starts.load(Ordering::Relaxed)), ([1], 2));
    }

    #[test]
    fn an_ended_stream_is_not_kept() {
        let (forward, starts) = counted();
        assert_eq!(read(&forward, 254, 9), [254, 255]);
        assert_eq!(read(&forward, 300, 9), [0_u8; 0]);
        assert_eq!(starts.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_stream_that_failed_meanwhile_is_asked_for_again() {
        struct Once(u8);
        impl Read for Once {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                if self.0 > 2 {
                    return Err(io::Error::other("closed"));
                }
                buffer.fill(self.0);
                Ok(buffer.len())
            }
        }
        let starts = AtomicUsize::new(0);
        let forward = Forward::new(move || {
            // the first stream fails at its third read, the second one never
            let first = starts.fetch_add(1, Ordering::Relaxed) == 0;
            Ok(if first { Box::new(Once(0)) } else { Box::new(io::repeat(7)) })
        });
        assert_eq!(read(&forward, 0, 2), [1, 1]);
        assert_eq!(read(&forward, 2, 2), [2, 2]);
        assert_eq!(read(&forward, 9, 2), [7, 7]);
    }
}
