//! `file-removed`: A file exists in the first image only.

use super::prelude::*;

/// The cause `file-removed`.
pub const CAUSE: Cause = Cause {
    code: "file-removed",
    group: Group::Content,
    page: include_str!("../pages/file-removed.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_presence(delta, Side::A),
    title: |context, deltas| only_in(context, deltas, Side::A),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "a has files that b lacks: find the build step that adds or removes them, and rebuild one of the two",
        )]
    },
};
