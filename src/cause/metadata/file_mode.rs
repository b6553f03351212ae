//! `file-mode`: the same files have other permissions.

use super::prelude::*;

/// The cause `file-mode`.
pub const CAUSE: Cause = Cause {
    code: "file-mode",
    group: Group::Metadata,
    page: include_str!("../pages/file-mode.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Mode,
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice("set modes in the Dockerfile (`COPY --chmod=0644 …`) instead of taking the build machine's umask")]
    },
};
