//! `mode-type-bits`: the tar's mode field repeats the file type on one side: 0100644 against 0000644.

use super::prelude::*;

/// The cause `mode-type-bits`.
pub const CAUSE: Cause = Cause {
    code: "mode-type-bits",
    group: Group::Encoding,
    page: include_str!("../pages/mode-type-bits.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::ModeType,
    title: |context, deltas| format!("{}: {}", entries_in(context, deltas), type_bits(deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless: the type flag says it already. Docker 20.10 and older releases of buildah and podman write the bits, later ones do not; build both images with the same version",
        )]
    },
};

/// Which side writes the bits, with an example.
fn type_bits(deltas: &[&Delta]) -> String {
    let writes = |side: Side| deltas.iter().all(|delta| matches!(delta.values.get(side), Value::Octal(0o10000..)));
    match Side::BOTH.into_iter().find(|side| writes(*side) && !writes(side.other())) {
        Some(side) => format!("only {} writes the file type into the mode, {}", side.name(), arrows(deltas)),
        None => format!("the file type in the mode, {}", arrows(deltas)),
    }
}
