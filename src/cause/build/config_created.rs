//! `config-created`: the config's created time differs.

use super::prelude::*;

/// The cause `config-created`.
pub const CAUSE: Cause = Cause {
    code: "config-created",
    group: Group::Build,
    page: include_str!("../pages/config-created.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_json(delta, Part::Config, &["created"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("give both builds one date", "SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) docker buildx build …"),
            command("or", "buildah build --timestamp 0 …"),
        ]
    },
};
