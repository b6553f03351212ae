//! `config-env`: the environment variables set by the image differ.

use super::prelude::*;

/// The cause `config-env`.
pub const CAUSE: Cause = Cause {
    code: "config-env",
    group: Group::Build,
    page: include_str!("../pages/config-env.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_config(delta, &["Env"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the environment of the container differs: set it in the Dockerfile (ENV), not from the build machine",
        )]
    },
};

fn is_config(delta: &Delta, keys: &[&str]) -> bool {
    let keys: Vec<&str> = std::iter::once("config").chain(keys.iter().copied()).collect();
    is_json(delta, Part::Config, &keys)
}
