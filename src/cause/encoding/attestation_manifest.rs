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
    let only = |side: Side| deltas.iter().all(|delta| *delta.values.get(side.other()) == Value::Absent);
    let count = counted(deltas.len() as u64, "attestation", "attestations");
    match Side::BOTH.into_iter().find(|side| only(*side)) {
        Some(side) => format!("{count} (provenance, SBOM) only in {}", side.name()),
        None => format!("{count} (provenance, SBOM) differ"),
    }
}
