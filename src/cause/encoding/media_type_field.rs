//! `media-type-field`: A manifest or index carries no mediaType field; the other side's has one.

use super::prelude::*;

/// The cause `media-type-field`.
pub const CAUSE: Cause = Cause {
    code: "media-type-field",
    group: Group::Encoding,
    page: include_str!("../pages/media-type-field.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_media_type_field(delta),
    title: |context, deltas| format!("{}: mediaType {}", context.place(deltas[0]), arrow(&deltas[0].values)),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice(
                "harmless: readers take the media type from the descriptor. Current tools write the field; convert the image with one",
            ),
            command("for example", "regctl image mod IMAGE --to-oci --replace"),
        ]
    },
};

fn is_media_type_field(delta: &Delta) -> bool {
    matches!((&delta.place, &delta.field), (Place::Document(Part::Manifest | Part::Index), Field::Json(path)) if *path == JsonPath::of(&["mediaType"]))
}
