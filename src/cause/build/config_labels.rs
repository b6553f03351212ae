//! `config-labels`: the image's labels differ.

use super::prelude::*;

/// The cause `config-labels`.
pub const CAUSE: Cause = Cause {
    code: "config-labels",
    group: Group::Build,
    page: include_str!("../pages/config-labels.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_config(delta, &["Labels"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| vec![command("set labels explicitly", "docker buildx build --label KEY=VALUE …")],
};

fn is_config(delta: &Delta, keys: &[&str]) -> bool {
    let keys: Vec<&str> = std::iter::once("config").chain(keys.iter().copied()).collect();
    is_json(delta, Part::Config, &keys)
}
