//! `platform-spelling`: the same platform is written in two ways, such as arm64 and arm64/v8.

use super::prelude::*;

/// The cause `platform-spelling`.
pub const CAUSE: Cause = Cause {
    code: "platform-spelling",
    group: Group::Encoding,
    page: include_str!("../pages/platform-spelling.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        matches!(delta.field, Field::Index(IndexField::PlatformSpelling))
            || is_json(delta, Part::Index, &["manifests", "platform"])
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "one platform, spelt in two ways; harmless. Write the index with the same tool (buildx since 0.19 writes arm64/v8 as arm64)",
        )]
    },
};
