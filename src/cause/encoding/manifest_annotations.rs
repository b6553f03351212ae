//! `manifest-annotations`: the manifests carry different annotations.

use super::prelude::*;

/// The cause `manifest-annotations`.
pub const CAUSE: Cause = Cause {
    code: "manifest-annotations",
    group: Group::Encoding,
    page: include_str!("../pages/manifest-annotations.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_json(delta, Part::Manifest, &["annotations"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![command(
            "set or remove one (an empty VALUE removes it)",
            "regctl image mod IMAGE --annotation KEY=VALUE --replace",
        )]
    },
};
