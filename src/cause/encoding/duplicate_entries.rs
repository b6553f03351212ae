//! `duplicate-entries`: A path is written more than once in one layer.

use super::prelude::*;

/// The cause `duplicate-entries`.
pub const CAUSE: Cause = Cause {
    code: "duplicate-entries",
    group: Group::Encoding,
    page: include_str!("../pages/duplicate-entries.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Presence(Presence::Duplicate)),
    title: |context, deltas| format!("{} written more than once on one side", entries_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("harmless to a reader, who keeps the last: write the layer again with one entry a path"),
            command("for example", "regctl image mod IMAGE --reproducible --replace"),
        ]
    },
};
