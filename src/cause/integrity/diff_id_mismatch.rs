//! `diff-id-mismatch`: A layer unpacks to bytes other than those the config promises.

use super::prelude::*;

/// The cause `diff-id-mismatch`.
pub const CAUSE: Cause = Cause {
    code: "diff-id-mismatch",
    group: Group::Integrity,
    page: include_str!("../pages/diff-id-mismatch.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Contradiction(ContradictionKind::DiffId)),
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the config does not fit its layers: rebuild or pull the image again; docker and containerd refuse to unpack it",
        )]
    },
};
