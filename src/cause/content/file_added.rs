//! `file-added`: A file exists in the second image only.

use super::prelude::*;

/// The cause `file-added`.
pub const CAUSE: Cause = Cause {
    code: "file-added",
    group: Group::Content,
    page: include_str!("../pages/file-added.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_presence(delta, Side::B),
    title: |context, deltas| only_in(context, deltas, Side::B),
    evidence: None,
    fixes: |_, _| {
        vec![advice("b has files that a lacks: find the build step that adds them, and rebuild one of the two")]
    },
};
