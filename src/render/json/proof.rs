//! The proof as JSON: each step with its digest, what came from b, what was not proved.

use serde::Serialize;

use super::FEW;
use super::values::Hex;
use crate::report;

#[derive(Serialize)]
pub(super) struct Proof<'r> {
    complete: bool,
    steps: Vec<Step<'r>>,
    /// Bytes besides the values of the differences themselves.
    taken_from_b: u64,
    taken: Vec<Taken<'r>>,
    taken_total: usize,
    not_proved: &'r [String],
    missed: Vec<Missed<'r>>,
}

#[derive(Serialize)]
struct Step<'r> {
    #[serde(rename = "where")]
    place: &'r str,
    cause: Option<&'static str>,
    digest: Option<Hex>,
    size: Option<u64>,
    /// Absent where the bytes were rebuilt: false where the digest is b's own.
    #[serde(skip_serializing_if = "Clone::clone")]
    rebuilt: bool,
}

#[derive(Serialize)]
struct Taken<'r> {
    #[serde(rename = "where")]
    place: &'r str,
    what: &'static str,
    bytes: u64,
}

#[derive(Serialize)]
struct Missed<'r> {
    #[serde(rename = "where")]
    place: &'r str,
    reached: Option<Hex>,
    wanted: Option<Hex>,
}

impl<'r> Proof<'r> {
    pub(super) fn of(proof: &'r report::Proof, full: bool) -> Self {
        let step = |step: &'r report::ProofStep| Step {
            place: &step.place,
            cause: step.cause,
            digest: step.digest.map(Hex),
            size: step.size,
            rebuilt: step.rebuilt,
        };
        let taken = |taken: &'r report::TakenFromB| Taken { place: &taken.place, what: taken.what, bytes: taken.bytes };
        let missed = |missed: &'r report::Missed| Missed {
            place: &missed.place,
            reached: missed.reached.map(Hex),
            wanted: missed.wanted.map(Hex),
        };
        Proof {
            complete: proof.complete,
            steps: proof.steps.iter().map(step).collect(),
            taken_from_b: proof.taken_from_b(),
            taken: proof.taken.iter().take(if full { usize::MAX } else { FEW }).map(taken).collect(),
            taken_total: proof.taken.len(),
            not_proved: &proof.not_proved,
            missed: proof.missed.iter().map(missed).collect(),
        }
    }
}
