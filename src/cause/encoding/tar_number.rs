//! `tar-number`: the same numbers are written in other ways in the tar headers.

use super::prelude::*;

/// The cause `tar-number`.
pub const CAUSE: Cause = Cause {
    code: "tar-number",
    group: Group::Encoding,
    page: include_str!("../pages/tar-number.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Number(_)),
    title: |context, deltas| format!("{}: number fields spelt otherwise", entries_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless: the numbers are equal. Each tar writer has its own habit; build both images with the same tool",
        )]
    },
};
