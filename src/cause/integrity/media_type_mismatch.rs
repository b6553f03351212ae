//! `media-type-mismatch`: A layer's declared media type contradicts its bytes.

use super::prelude::*;

/// The cause `media-type-mismatch`.
pub const CAUSE: Cause = Cause {
    code: "media-type-mismatch",
    group: Group::Integrity,
    page: include_str!("../pages/media-type-mismatch.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        matches!(delta.field, Field::Contradiction(ContradictionKind::MediaType)) || is_relabelled(delta)
    },
    title: |context, deltas| contradiction_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command(
                "repair the label: write the layers again with the media type of their bytes",
                "regctl image mod IMAGE --layer-compress none --replace && regctl image mod IMAGE --layer-compress gzip --replace",
            ),
            command("or copy by way of a folder", THROUGH_A_FOLDER),
        ]
    },
};

/// One blob under two media types: one of them must be wrong.
fn is_relabelled(delta: &Delta) -> bool {
    let is_layer = |value: &Value| match value {
        Value::Text(text) => std::str::from_utf8(text)
            .is_ok_and(|text| matches!(media_type::parts(text).role, media_type::Role::Layer { .. })),
        _ => false,
    };
    matches!(&delta.field, Field::Json(path) if path.starts_with(&["layers", "mediaType"]))
        && is_layer(&delta.values.a)
        && is_layer(&delta.values.b)
}
