//! `blob-digest-mismatch`: A stored blob's bytes do not have the digest they are stored under.

use super::prelude::*;

/// The cause `blob-digest-mismatch`.
pub const CAUSE: Cause = Cause {
    code: "blob-digest-mismatch",
    group: Group::Integrity,
    page: include_str!("../pages/blob-digest-mismatch.md"),
    certainty: Certainty::Observed,
    // found while loading, where it is trouble: a delta never comes of it
    claims: |_, _| false,
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the stored bytes are damaged: pull or export the image again, and check the disk or the registry that served it",
        )]
    },
};
