//! The lowest rate at which a far source may send, so that one that lets its bytes drip ends in an error.
//!
//! Counts only the time that is spent waiting for the source: a reader that is slow itself is nobody's fault. Refuses to
//! end a stream for one long silence, for which sockets have bounds of their own.

use std::fmt;
use std::io::{self, Read};
use std::time::Duration;

use crate::text::thousands;

/// Bytes a second that must come on average. curl's users write the same as `--speed-limit 1024`; a modem of 1990 is
/// faster.
const LEAST_A_SECOND: u64 = 1 << 10;

/// How long a source may stay below the lowest rate (curl's `--speed-time`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pace {
    window: Duration,
}

impl Pace {
    /// The average is taken over so much waiting.
    pub(super) fn over(window: Duration) -> Self {
        Pace { window }
    }

    /// The fewest bytes that must come in a window.
    fn least(self) -> u64 {
        u64::try_from(self.window.as_millis()).unwrap_or(u64::MAX).saturating_mul(LEAST_A_SECOND) / 1000
    }
}

/// The error in a stream that is too slow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TooSlow {
    /// Bytes that came in the last window.
    came: u64,
    pace: Pace,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (came, least, seconds) =
            (thousands(self.came), thousands(self.pace.least()), self.pace.window.as_secs_f32());
        write!(f, "{came} bytes came in {seconds} s of waiting, and {least} are the least")
    }
}

impl std::error::Error for TooSlow {}

impl TooSlow {
    /// The same, where a stream ended so.
    pub(super) fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// How much time went by since some moment.
type Clock = fn() -> Duration;

/// A stream that keeps a pace or ends.
pub(super) struct Paced<R> {
    inner: R,
    pace: Pace,
    waited: Duration,
    came: u64,
    clock: Clock,
}

impl<R> Paced<R> {
    pub(super) fn new(inner: R, pace: Pace) -> Self {
        Paced { inner, pace, waited: Duration::ZERO, came: 0, clock }
    }
}

#[expect(clippy::disallowed_methods, reason = "how slow a network is decides whether a report ends, not what it says")]
fn clock() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

impl<R: Read> Read for Paced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let before = (self.clock)();
        let count = self.inner.read(buffer)?;
        self.waited += (self.clock)().saturating_sub(before);
        self.came += count as u64;
        if self.waited >= self.pace.window && count > 0 {
            if self.came < self.pace.least() {
                return Err(io::Error::other(TooSlow { came: self.came, pace: self.pace }));
            }
            (self.waited, self.came) = (Duration::ZERO, 0);
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Seconds on the clock of this test's thread.
        static NOW: Cell<u64> = const { Cell::new(0) };
    }

    /// Brings so many bytes in so many seconds each time, and then ends.
    struct Script(Vec<(usize, u64)>);

    impl Read for Script {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            let (count, seconds) = if self.0.is_empty() { (0, 0) } else { self.0.remove(0) };
            NOW.set(NOW.get() + seconds);
            Ok(count)
        }
    }

    /// Reads a script to its end, being away for so many seconds after each reading.
    fn read(script: Vec<(usize, u64)>, away: u64) -> Result<usize, String> {
        let pace = Pace::over(Duration::from_secs(60));
        let clock = || Duration::from_secs(NOW.get());
        let mut paced = Paced { inner: Script(script), pace, waited: Duration::ZERO, came: 0, clock };
        let mut all = 0;
        loop {
            match paced.read(&mut []) {
                Ok(0) => return Ok(all),
                Ok(count) => all += count,
                Err(error) => return Err(TooSlow::of(&error).expect("it is too slow").to_string()),
            }
            NOW.set(NOW.get() + away);
        }
    }

    #[test]
    fn only_a_source_that_drips_ends() {
        let least = 60 << 10;
        let slow = |came: &str| Err(format!("{came} bytes came in 60 s of waiting, and 61,440 are the least"));
        let table = [
            ("a byte a second", vec![(1, 1); 100], 0, slow("60")),
            ("a byte in five seconds", vec![(1, 5); 100], 0, slow("12")),
            ("just fast enough", vec![(least / 2, 30); 10], 0, Ok(least * 5)),
            ("just too slow", vec![(least / 2 - 1, 30); 10], 0, slow("61,438")),
            ("fast, then a drip", [vec![(least * 9, 60)], vec![(1, 20); 10]].concat(), 0, slow("3")),
            ("a long silence and then much", vec![(least * 9, 500); 3], 0, Ok(least * 27)),
            ("little, and soon over", vec![(1, 1); 59], 0, Ok(59)),
            ("a reader that is away", vec![(1, 0); 100], 1_000, Ok(100)),
        ];
        for (what, script, away, expected) in table {
            assert_eq!(read(script, away), expected, "{what}");
        }
    }
}
