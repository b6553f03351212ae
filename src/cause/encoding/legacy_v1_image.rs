//! `legacy-v1-image`: one side is a V1 image archive: a folder per layer and no manifest.json.

use super::prelude::*;

/// The cause `legacy-v1-image`.
pub const CAUSE: Cause = Cause {
    code: "legacy-v1-image",
    group: Group::Encoding,
    page: include_str!("../pages/legacy-v1-image.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::LegacyV1,
    title: |_, deltas| {
        format!("{} against {}", value_in_words(&deltas[0].values.a), value_in_words(&deltas[0].values.b))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("load it into a Docker that still reads V1 archives, then save or push it again"),
            command("for example", "docker load -i OLD.tar && docker save -o NEW.tar IMAGE"),
        ]
    },
};
