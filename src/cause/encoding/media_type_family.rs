//! `media-type-family`: one side uses Docker's media types, the other OCI's.

use super::prelude::*;

/// The cause `media-type-family`.
pub const CAUSE: Cause = Cause {
    code: "media-type-family",
    group: Group::Encoding,
    page: include_str!("../pages/media-type-family.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::MediaType(_)),
    title: |context, deltas| family_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("to OCI", "regctl image mod IMAGE --to-oci --replace"),
            command("or", "ctr images convert --oci IMAGE NEW"),
            command("to Docker", "regctl image mod IMAGE --to-docker --replace"),
            command("or", "skopeo copy --format v2s2 docker://IMAGE docker://NEW"),
            command(
                "decide it when building",
                "docker buildx build --output type=image,name=IMAGE,oci-mediatypes=true,push=true …",
            ),
        ]
    },
};

fn family_title(_context: &Context<'_>, deltas: &[&Delta]) -> String {
    let family = |value: &Value| match value {
        Value::Text(text) => std::str::from_utf8(text)
            .ok()
            .and_then(|text| media_type::parts(text).family)
            .map_or("other", media_type::Family::name),
        _ => "none",
    };
    let values = &deltas[0].values;
    format!(
        "{} → {} media types in {}",
        family(&values.a),
        family(&values.b),
        counted(deltas.len() as u64, "place", "places")
    )
}
