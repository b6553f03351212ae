//! `manifest-schema`: one manifest is Docker schema 1, the other is schema 2 or OCI.

use super::prelude::*;

/// The cause `manifest-schema`.
pub const CAUSE: Cause = Cause {
    code: "manifest-schema",
    group: Group::Encoding,
    page: include_str!("../pages/manifest-schema.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::ManifestSchema,
    title: |_, deltas| {
        format!("{} against {}", value_in_words(&deltas[0].values.a), value_in_words(&deltas[0].values.b))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            command("rewrite schema 1 as schema 2", "skopeo copy --format v2s2 docker://IMAGE docker://IMAGE-v2"),
            advice(
                "or `docker pull` and `docker push` with a Docker that still pulls schema 1 (before 28.2), or rebuild with a current FROM",
            ),
        ]
    },
};
