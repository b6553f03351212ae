//! `empty-layer`: one side has a layer that holds no entries at all.

use super::prelude::*;

/// The cause `empty-layer`.
pub const CAUSE: Cause = Cause {
    code: "empty-layer",
    group: Group::Encoding,
    page: include_str!("../pages/empty-layer.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::EmptyLayer,
    title: |_, deltas| format!("{} without entries on one side", counted(deltas.len() as u64, "layer", "layers")),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless: builders differ in whether a step that changes no file makes a layer. Build both with the same one",
        )]
    },
};
