//! What came of rebuilding b from a.

use crate::digest::Digest;

/// What came of rebuilding b from a by nothing but the causes found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Whether every digest of b was reached and every byte accounted for.
    pub complete: bool,
    /// How many causes were replayed.
    pub causes: usize,
    /// The documents and layers on their way from a to b.
    pub steps: Vec<ProofStep>,
    /// What came from b besides the values of the differences themselves.
    pub taken: Vec<TakenFromB>,
    /// What was not rebuilt and why, one sentence each.
    pub not_proved: Vec<String>,
    /// Digests of b that were not reached.
    pub missed: Vec<Missed>,
    /// The digest that says that it is b, where there is one.
    pub wanted: Option<Digest>,
    /// Differences (0-based, in the order in which they were found) that only follow from others or
    /// are facts: they change no byte themselves.
    pub facts: Vec<usize>,
    /// Replays with differences left out, if they were asked for.
    pub trials: Vec<Trial>,
}

/// A replay with differences left out, which must not reach b.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The one that was left out; none if all were.
    pub left_out: Option<usize>,
    /// What it came to.
    pub proof: Proof,
}

impl Proof {
    /// How many bytes came from b.
    pub fn taken_from_b(&self) -> u64 {
        self.taken.iter().map(|taken| taken.bytes).sum()
    }
}

/// A document or layer after one cause was replayed on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofStep {
    /// Which document or layer.
    pub place: String,
    /// The cause; none for what a has.
    pub cause: Option<&'static str>,
    /// The digest of its bytes; none where it is not there or was not rebuilt in between.
    pub digest: Option<Digest>,
    /// How many bytes.
    pub size: Option<u64>,
    /// Whether the bytes were rebuilt; if not, the digest is b's own, taken for the steps above it.
    pub rebuilt: bool,
}

/// Bytes that only b has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenFromB {
    /// Where they are.
    pub place: String,
    /// `contents`, `hidden-contents`, `stored-form`, `entry-header`, `extension-header`, `framing`,
    /// `behind-end`, `document` or `blob`.
    pub what: &'static str,
    /// How many.
    pub bytes: u64,
}

/// A digest of b that the replay did not reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Which document or layer.
    pub place: String,
    /// What was reached.
    pub reached: Option<Digest>,
    /// What b has.
    pub wanted: Option<Digest>,
}
