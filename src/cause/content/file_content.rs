//! `file-content`: the same file has other contents.

use super::prelude::*;

/// The cause `file-content`.
pub const CAUSE: Cause = Cause {
    code: "file-content",
    group: Group::Content,
    page: include_str!("../pages/file-content.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Content | Field::Blob),
    title: |context, deltas| format!("{}: contents differ", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the files differ: find which of the two is meant, pin what the build downloads, and rebuild the other",
        )]
    },
};
