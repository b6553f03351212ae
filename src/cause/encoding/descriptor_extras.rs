//! `descriptor-extras`: optional fields differ: urls, data, artifactType or subject.

use super::prelude::*;

/// The cause `descriptor-extras`.
pub const CAUSE: Cause = Cause {
    code: "descriptor-extras",
    group: Group::Encoding,
    page: include_str!("../pages/descriptor-extras.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_descriptor_extra(delta),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "fields that readers may pass over: copy with `skopeo copy --preserve-digests` or `regctl image copy` to keep them",
        )]
    },
};

fn is_descriptor_extra(delta: &Delta) -> bool {
    let keys: [&[u8]; 5] = [b"urls", b"data", b"artifactType", b"subject", b"platform"];
    let in_manifest = json_path(delta, Part::Manifest).or_else(|| json_path(delta, Part::Index));
    in_manifest.and_then(JsonPath::last_key).is_some_and(|key| keys.contains(&key))
}
