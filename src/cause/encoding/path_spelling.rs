//! `path-spelling`: the same path is spelt in two ways, such as ./etc/ and etc.

use super::prelude::*;

/// The cause `path-spelling`.
pub const CAUSE: Cause = Cause {
    code: "path-spelling",
    group: Group::Encoding,
    page: include_str!("../pages/path-spelling.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::PathSpelling,
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless to a reader: tar writers spell one path in several ways (./etc, etc, etc/); build both images with the same tool and version",
        )]
    },
};
