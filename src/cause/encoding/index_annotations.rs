//! `index-annotations`: the indexes, or their entries, carry different annotations.

use super::prelude::*;

/// The cause `index-annotations`.
pub const CAUSE: Cause = Cause {
    code: "index-annotations",
    group: Group::Encoding,
    page: include_str!("../pages/index-annotations.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        is_json(delta, Part::Index, &["annotations"]) || is_json(delta, Part::Index, &["manifests", "annotations"])
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| vec![command("set one when building", "docker buildx build --annotation index:KEY=VALUE …")],
};
