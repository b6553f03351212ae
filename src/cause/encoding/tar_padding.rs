//! `tar-padding`: the tars end in another number of zero blocks.

use super::prelude::*;

/// The cause `tar-padding`.
pub const CAUSE: Cause = Cause {
    code: "tar-padding",
    group: Group::Encoding,
    page: include_str!("../pages/tar-padding.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Trailer | Field::Padding),
    title: |context, deltas| format!("{} {}", arrow(&deltas[0].values), in_layers(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless to a reader: GNU tar fills an archive up to 10,240 bytes, Go ends it with two blocks of zeros, some tools with none; build both images with the same tool",
        )]
    },
};
