//! `schema1-signature`: A signed schema 1 manifest: the digest is that of the signed payload, not of the file.

use super::prelude::*;

/// The cause `schema1-signature`.
pub const CAUSE: Cause = Cause {
    code: "schema1-signature",
    group: Group::Encoding,
    page: include_str!("../pages/schema1-signature.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Signatures,
    title: |_, deltas| match deltas[0].values.same() {
        true => "signed anew; the digest is that of the payload, which no signature changes".to_owned(),
        false => format!("{}; the digest is that of the payload, which no signature changes", arrow(&deltas[0].values)),
    },
    evidence: Some(evidence),
    fixes: |_, _| {
        vec![
            advice("harmless: registries sign schema 1 anew each time they serve it. Move to schema 2"),
            command("rewrite it", "skopeo copy --format v2s2 docker://IMAGE docker://IMAGE-v2"),
        ]
    },
};

/// How many signatures there are says something only where the numbers differ.
fn evidence(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    match deltas.iter().all(|delta| delta.values.same()) {
        true => vec![Evidence::Note("each side has its own signatures of its payload".to_owned())],
        false => values(context, deltas),
    }
}
