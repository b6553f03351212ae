//! `mode-type-bits`: the tar's mode field repeats the file type on one side: 0100644 against 0000644.

use super::prelude::*;

/// The cause `mode-type-bits`.
pub const CAUSE: Cause = Cause {
    code: "mode-type-bits",
    group: Group::Encoding,
    page: include_str!("../pages/mode-type-bits.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::ModeType,
    title: |context, deltas| format!("{}: {}", entries_in(context, deltas), arrow(&deltas[0].values)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless: the type flag says it already. Docker 20.10 and older releases of buildah and podman write the bits, later ones do not; build both images with the same version",
        )]
    },
};
