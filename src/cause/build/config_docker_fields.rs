//! `config-docker-fields`: docker's own config keys stand on one side only or differ.

use super::prelude::*;

/// The cause `config-docker-fields`.
pub const CAUSE: Cause = Cause {
    code: "config-docker-fields",
    group: Group::Build,
    page: include_str!("../pages/config-docker-fields.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        ["container", "container_config", "docker_version", "throwaway"]
            .iter()
            .any(|key| is_json(delta, Part::Config, &[key]))
            || is_container_identity(delta)
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("the classic builder writes them: build with BuildKit", "DOCKER_BUILDKIT=1 docker build …"),
            command("or", "docker buildx build …"),
            advice(
                "skopeo and buildah drop them when they turn a Docker config into an OCI config: `skopeo copy --format v2s2` keeps them",
            ),
        ]
    },
};

/// What the classic builder copies from its build container into the config.
fn is_container_identity(delta: &Delta) -> bool {
    ["Hostname", "Domainname"].iter().any(|key| is_json(delta, Part::Config, &["config", key]))
}
