//! What goes wrong in the middle of a body, and whether another try may help.
//!
//! Refuses to try again itself; who reads the body decides.

use std::io;

use ureq::Timeout;

use super::super::pace::TooSlow;
use super::error::RegistryError;

/// What goes wrong in the middle of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It is longer than anybody reads: so many bytes.
    TooLong(u64),
    /// It comes too slowly.
    TooSlow(String),
    /// It broke off; another try may help.
    Broke(String),
}

impl BodyFault {
    pub(super) fn of(error: &io::Error) -> Self {
        if let Some(slow) = TooSlow::of(error) {
            return BodyFault::TooSlow(slow.to_string());
        }
        match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
            Some(ureq::Error::Timeout(Timeout::RecvBody)) => BodyFault::TooSlow("it takes too long".to_owned()),
            Some(ureq::Error::Timeout(_)) => BodyFault::Broke("no more bytes came".to_owned()),
            _ => BodyFault::Broke(error.to_string()),
        }
    }

    /// The error for a document of which nobody tries to get the rest.
    pub(super) fn into_error(self, host: String, what: String, tries: u32) -> RegistryError {
        match self {
            BodyFault::TooLong(most) => RegistryError::Answer {
                host,
                what,
                expected: "a document within the limit (--max-document)",
                found: format!("more than {most} bytes"),
            },
            BodyFault::TooSlow(why) => RegistryError::Slow { host, what, why },
            BodyFault::Broke(why) => RegistryError::Broken { host, blob: what, at: 0, tries, why },
        }
    }
}
