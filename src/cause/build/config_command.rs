//! `config-command`: what a container does at its start differs: command, user, folder, ports, volumes.

use super::prelude::*;

/// The cause `config-command`.
pub const CAUSE: Cause = Cause {
    code: "config-command",
    group: Group::Build,
    page: include_str!("../pages/config-command.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_json(delta, Part::Config, &["config"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "how the container runs differs: compare the Dockerfiles (CMD, ENTRYPOINT, USER, WORKDIR, EXPOSE, VOLUME, HEALTHCHECK, STOPSIGNAL)",
        )]
    },
};
