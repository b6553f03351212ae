//! `platform-set`: the two indexes offer different platforms.

use super::prelude::*;

/// The cause `platform-set`.
pub const CAUSE: Cause = Cause {
    code: "platform-set",
    group: Group::Encoding,
    page: include_str!("../pages/platform-set.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Index(IndexField::Platform)),
    title: |_, deltas| platform_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("build all platforms", "docker buildx build --platform linux/amd64,linux/arm64 …"),
            command("copy all of them", "skopeo copy --all docker://A docker://B"),
        ]
    },
};

fn platform_title(deltas: &[&Delta]) -> String {
    let list = |side: Side| {
        let names: Vec<String> = deltas
            .iter()
            .map(|delta| delta.values.get(side))
            .filter(|value| **value != Value::Absent)
            .map(value_in_words)
            .collect();
        if names.is_empty() { String::new() } else { format!("only in {}: {}", side.name(), names.join(", ")) }
    };
    let parts: Vec<String> = Side::BOTH.map(list).into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}
