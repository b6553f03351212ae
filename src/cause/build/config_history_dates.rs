//! `config-history-dates`: the dates in the config's history differ; the steps are the same.

use super::prelude::*;

/// The cause `config-history-dates`.
pub const CAUSE: Cause = Cause {
    code: "config-history-dates",
    group: Group::Build,
    page: include_str!("../pages/config-history-dates.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_history(delta, true),
    title: |_, deltas| match deltas.len() {
        1 => "the date of 1 history step".to_owned(),
        many => format!("the dates of {} history steps", crate::text::thousands(many as u64)),
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            command("give both builds one date", "SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) docker buildx build …"),
            command("or", "buildah build --timestamp 0 …"),
        ]
    },
};

fn is_history(delta: &Delta, dates: bool) -> bool {
    is_json(delta, Part::Config, &["history"]) && is_json(delta, Part::Config, &["history", "created"]) == dates
}
