//! `config-author`: the author named in the config differs.

use super::prelude::*;

/// The cause `config-author`.
pub const CAUSE: Cause = Cause {
    code: "config-author",
    group: Group::Build,
    page: include_str!("../pages/config-author.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_json(delta, Part::Config, &["author"]) || is_json(delta, Part::Config, &["comment"]),
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice(
                "who made the image and a comment of the tool that made it: set both, or make both images with the same tool",
            ),
            command("for example", "buildah config --author NAME CONTAINER"),
        ]
    },
};
