//! `schema1-name`: two schema 1 manifests say another repository name or tag of the same image.

use super::prelude::*;

/// The cause `schema1-name`.
pub const CAUSE: Cause = Cause {
    code: "schema1-name",
    group: Group::Encoding,
    page: include_str!("../pages/schema1-name.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_json(delta, Part::Manifest, &["name"]) || is_json(delta, Part::Manifest, &["tag"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("harmless: schema 1 writes the name it was pushed as into the manifest. Move to schema 2"),
            command("rewrite it", "skopeo copy --format v2s2 docker://IMAGE docker://IMAGE-v2"),
        ]
    },
};
