//! `config-parent`: the config names another parent image, a trace of the classic builder.

use super::prelude::*;

/// The cause `config-parent`.
pub const CAUSE: Cause = Cause {
    code: "config-parent",
    group: Group::Build,
    page: include_str!("../pages/config-parent.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        is_json(delta, Part::Config, &["parent"])
            || is_json(delta, Part::Config, &["config", "Image"])
            || is_json(delta, Part::Config, &["container_config", "Image"])
            || is_json(delta, Part::Config, &["id"])
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |context, deltas| {
        if is_converted(context, deltas) {
            return vec![advice(CONVERTED)];
        }
        vec![
            command(
                "the classic builder writes ids of its own store: build both with BuildKit",
                "DOCKER_BUILDKIT=1 docker build …",
            ),
            command("or", "docker buildx build …"),
        ]
    },
};
