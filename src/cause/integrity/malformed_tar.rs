//! `malformed-tar`: A layer's tar breaks the rules of the format.

use super::prelude::*;

/// The cause `malformed-tar`.
pub const CAUSE: Cause = Cause {
    code: "malformed-tar",
    group: Group::Integrity,
    page: include_str!("../pages/malformed-tar.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Contradiction(ContradictionKind::Tar)),
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "rebuild the layer with a tool that writes a whole tar; what was readable was compared all the same",
        )]
    },
};
