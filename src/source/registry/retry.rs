//! Another try: for answers that ask for one (429, 5xx) and for connections that break.
//!
//! Refuses to try for ever: the number of tries and every pause have a bound ([`Patience`]).

use std::time::Duration;

use super::super::access::Patience;
use super::error::RegistryError;
use super::wire::{Answer, Failure, Sent, Wire};

/// Sends a request, again where that may help. Any answer that does not ask for another try comes back.
pub(super) fn send(wire: &Wire, patience: &Patience, sent: &Sent<'_>) -> Result<Answer, RegistryError> {
    let mut tries = Tries::new(patience);
    loop {
        match wire.send(sent) {
            Ok(answer) if !asks_for_another(answer.status) => return Ok(answer),
            Ok(answer) => match retry_after(&answer) {
                Some(wait) if wait > patience.longest_pause => {
                    let (host, seconds) = (answer.origin.host.clone(), wait.as_secs());
                    return Err(RegistryError::Later { host, seconds, status: answer.status });
                }
                wait => {
                    if !tries.pause(wait) {
                        return Ok(answer);
                    }
                }
            },
            Err(Failure { error, again, .. }) => {
                if !again || !tries.pause(None) {
                    return Err(error);
                }
            }
        }
    }
}

/// 408, 429 and the errors of servers and gateways that pass.
fn asks_for_another(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// `Retry-After` in seconds. A date is not read: no clock is asked here, and the usual pauses do.
fn retry_after(answer: &Answer) -> Option<Duration> {
    answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// Counts tries.
pub(super) struct Tries {
    left: u32,
    pause: Duration,
    longest: Duration,
}

impl Tries {
    pub(super) fn new(patience: &Patience) -> Self {
        Tries { left: patience.tries.max(1) - 1, pause: patience.pause, longest: patience.longest_pause }
    }

    /// Waits as long as was asked for, or a little longer than the last time. `false`: it was the last try.
    pub(super) fn pause(&mut self, asked: Option<Duration>) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        std::thread::sleep(asked.unwrap_or(self.pause).min(self.longest));
        self.pause = (self.pause * 2).min(self.longest);
        true
    }
}
