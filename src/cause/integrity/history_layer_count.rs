//! `history-layer-count`: the config's history does not account for as many layers as there are.

use super::prelude::*;

/// The cause `history-layer-count`.
pub const CAUSE: Cause = Cause {
    code: "history-layer-count",
    group: Group::Integrity,
    page: include_str!("../pages/history-layer-count.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        matches!(delta.field, Field::Contradiction(ContradictionKind::HistoryLayers)) || is_lost_mark(context, delta)
    },
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the tool that wrote the config lost count of the layers: rebuild with a current one; `buildah build` and `docker buildx build` keep both in step",
        )]
    },
};

/// The mark of a step without a layer, where its loss is what makes the count wrong.
fn is_lost_mark(context: &Context<'_>, delta: &Delta) -> bool {
    is_json(delta, Part::Config, &["history", "empty_layer"])
        && context
            .comparison
            .deltas
            .iter()
            .any(|delta| delta.field == Field::Contradiction(ContradictionKind::HistoryLayers))
}
