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
    fixes: |context, deltas| fixes(context, deltas),
};

/// Who writes or drops them.
fn fixes(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Fix> {
    if is_converted(context, deltas) {
        return vec![advice(CONVERTED)];
    }
    vec![
        command("the classic builder writes them: build both with BuildKit", "DOCKER_BUILDKIT=1 docker build …"),
        command("or", "docker buildx build …"),
    ]
}

/// What the classic builder copies from its build container into the config.
fn is_container_identity(delta: &Delta) -> bool {
    ["Hostname", "Domainname"].iter().any(|key| is_json(delta, Part::Config, &["config", key]))
}
