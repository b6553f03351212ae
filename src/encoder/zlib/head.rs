//! The head of a dynamic block as zlib writes it.
//!
//! zlib cuts runs of code lengths where the literal codes end and the distance codes begin, and else as
//! [`code_lengths`](crate::encoder::code_lengths) does; its third code is its own, in which two symbols have a code always.

use super::tree;
use crate::encoder::code_lengths::{Head, LONGEST_CODE, append_runs};

/// Plans the head for the lengths of the literal and length codes and of the distance codes.
pub(super) fn head(literals: &[u8], distances: &[u8]) -> Head {
    let mut runs = Vec::with_capacity(literals.len() + distances.len());
    append_runs(literals, &mut runs);
    append_runs(distances, &mut runs);
    Head::of_runs(runs, literals.len(), distances.len(), |frequencies| {
        let code = tree::code(frequencies, LONGEST_CODE);
        std::array::from_fn(|symbol| code.of(symbol))
    })
}
