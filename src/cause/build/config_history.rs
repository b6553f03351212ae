//! `config-history`: the build steps recorded in the config's history differ.

use super::prelude::*;

/// The cause `config-history`.
pub const CAUSE: Cause = Cause {
    code: "config-history",
    group: Group::Build,
    page: include_str!("../pages/config-history.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_history(delta, false),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the build steps differ: build both from the same Dockerfile with the same builder; history is not needed to run the image",
        )]
    },
};

fn is_history(delta: &Delta, dates: bool) -> bool {
    is_json(delta, Part::Config, &["history"]) && is_json(delta, Part::Config, &["history", "created"]) == dates
}
