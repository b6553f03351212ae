//! `foreign-layer`: A layer is marked as not to be distributed, on one side only or in another way.

use super::prelude::*;

/// The cause `foreign-layer`.
pub const CAUSE: Cause = Cause {
    code: "foreign-layer",
    group: Group::Encoding,
    page: include_str!("../pages/foreign-layer.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Foreign,
    title: |context, deltas| format!("{} {}", arrow(&deltas[0].values), in_layers(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("push foreign layers too", "dockerd --allow-nondistributable-artifacts REGISTRY"),
            command("or", "docker buildx build --output type=image,prefer-nondist-layers=false …"),
        ]
    },
};
