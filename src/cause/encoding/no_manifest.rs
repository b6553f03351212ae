//! `no-manifest`: one side is an archive with a config and layers but no registry manifest.

use super::prelude::*;

/// The cause `no-manifest`.
pub const CAUSE: Cause = Cause {
    code: "no-manifest",
    group: Group::Encoding,
    page: include_str!("../pages/no-manifest.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::NoManifest,
    title: |_, deltas| {
        format!("{} against {}", value_in_words(&deltas[0].values.a), value_in_words(&deltas[0].values.b))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("nothing to mend: a classic `docker save` holds no manifest and no compressed layers"),
            command("compare what a registry holds instead", "skopeo copy docker://IMAGE oci:DIR:TAG"),
        ]
    },
};
