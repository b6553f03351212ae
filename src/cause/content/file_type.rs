//! `file-type`: the same path is another kind of file on each side.

use super::prelude::*;

/// The cause `file-type`.
pub const CAUSE: Cause = Cause {
    code: "file-type",
    group: Group::Content,
    page: include_str!("../pages/file-type.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Kind,
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| vec![advice("the files differ: find which of the two is meant, and rebuild the other")],
};
