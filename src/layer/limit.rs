//! The error of a limit that was hit: which bound, its value, and the option that lifts it.

use crate::limits::Limits;

/// A bound of [`crate::limits::Limits`] that foreign bytes went beyond.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is more than the limit of {value} (raise it with {option})")]
pub struct LimitError {
    /// What was counted, as the subject of a sentence.
    pub what: &'static str,
    /// The limit, in bytes or as a count.
    pub value: u64,
    /// The command line option that sets it.
    pub option: &'static str,
}

impl LimitError {
    /// [`Limits::layer_size`] was exceeded.
    pub(crate) fn layer_size(limits: &Limits) -> Self {
        LimitError { what: "what the layer unpacks to", value: limits.layer_size, option: "--max-layer-size" }
    }
}
