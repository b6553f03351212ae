//! `owner-names`: the tar's user and group names differ; the numbers are the same.

use super::prelude::*;

/// The cause `owner-names`.
pub const CAUSE: Cause = Cause {
    code: "owner-names",
    group: Group::Metadata,
    page: include_str!("../pages/owner-names.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        matches!(delta.field, Field::Uname | Field::Gname)
            || matches!(delta.field, Field::Header(HeaderField::Uname | HeaderField::Gname))
    },
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice(
                "harmless: numbers decide at run time. Builders write names or leave them out; build both with the same one, or strip them",
            ),
            command("for example", "tar --numeric-owner …"),
        ]
    },
};
