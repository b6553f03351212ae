//! `attestation-manifest`: one side's index has extra entries that hold provenance or an SBOM, not an image.

use super::prelude::*;

/// The cause `attestation-manifest`.
pub const CAUSE: Cause = Cause {
    code: "attestation-manifest",
    group: Group::Encoding,
    page: include_str!("../pages/attestation-manifest.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Index(IndexField::Attestation)),
    title: |_, deltas| attestation_title(deltas),
    evidence: None,
    fixes: |_, _| vec![command("build without them", "docker buildx build --provenance=false --sbom=false …")],
};

fn attestation_title(deltas: &[&Delta]) -> String {
    match deltas {
        [only] if only.values.a == Value::Absent => "provenance or SBOM only in b".to_owned(),
        [only] if only.values.b == Value::Absent => "provenance or SBOM only in a".to_owned(),
        _ => format!("{} differ", counted(deltas.len() as u64, "attestation", "attestations")),
    }
}
