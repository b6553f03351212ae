//! `layer-annotations`: the layers' descriptors carry different annotations.

use super::prelude::*;

/// The cause `layer-annotations`.
pub const CAUSE: Cause = Cause {
    code: "layer-annotations",
    group: Group::Encoding,
    page: include_str!("../pages/layer-annotations.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        is_json(delta, Part::Manifest, &["layers", "annotations"])
            || is_json(delta, Part::Manifest, &["config", "annotations"])
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless to unpacking; lazy pullers and some stores use them. Copy with `skopeo copy --preserve-digests` to keep them",
        )]
    },
};
