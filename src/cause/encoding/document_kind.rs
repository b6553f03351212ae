//! `document-kind`: one side is an index or manifest list, the other is a single manifest.

use super::prelude::*;

/// The cause `document-kind`.
pub const CAUSE: Cause = Cause {
    code: "document-kind",
    group: Group::Encoding,
    page: include_str!("../pages/document-kind.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::DocumentKind,
    title: |_, deltas| {
        format!("{} against {}", value_in_words(&deltas[0].values.a), value_in_words(&deltas[0].values.b))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            command(
                "push a single manifest",
                "docker buildx build --provenance=false --sbom=false --output type=image,name=IMAGE,push=true …",
            ),
            command("copy one platform out of an index", "skopeo copy docker://IMAGE docker://IMAGE-single"),
        ]
    },
};
