//! `trailing-data`: there is data after the end of a layer's tar, gzip or zstd stream.

use super::prelude::*;

/// The cause `trailing-data`.
pub const CAUSE: Cause = Cause {
    code: "trailing-data",
    group: Group::Integrity,
    page: include_str!("../pages/trailing-data.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Contradiction(ContradictionKind::TrailingData)),
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("the bytes behind the end are read by no tool: write the layer again"),
            command(
                "write the layers again",
                "regctl image mod IMAGE --layer-compress none --replace && regctl image mod IMAGE --layer-compress gzip --replace",
            ),
        ]
    },
};
