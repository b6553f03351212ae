//! `blob-size-mismatch`: A stored blob is longer or shorter than its descriptor says.

use super::prelude::*;

/// The cause `blob-size-mismatch`.
pub const CAUSE: Cause = Cause {
    code: "blob-size-mismatch",
    group: Group::Integrity,
    page: include_str!("../pages/blob-size-mismatch.md"),
    certainty: Certainty::Observed,
    // mostly found while loading, where it is trouble; a size that nobody opens is a difference
    claims: |_, delta| {
        [(Part::Manifest, "layers"), (Part::Manifest, "config"), (Part::Index, "manifests")]
            .iter()
            .any(|(part, list)| is_json(delta, *part, &[list, "size"]))
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the stored bytes are damaged or cut: pull or export the image again, and check the disk or the registry that served it",
        )]
    },
};
