//! `config-platform`: the config's platform differs: architecture, variant, os or os.version.

use super::prelude::*;

/// The cause `config-platform`.
pub const CAUSE: Cause = Cause {
    code: "config-platform",
    group: Group::Build,
    page: include_str!("../pages/config-platform.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        is_json(delta, Part::Manifest, &["architecture"]) || {
            ["architecture", "variant", "os", "os.version", "os.features"]
                .iter()
                .any(|key| is_json(delta, Part::Config, &[key]))
        }
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| vec![command("build for one platform", "docker buildx build --platform linux/amd64 …")],
};
