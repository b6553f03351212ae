//! `log-file`: A log that a build step wrote differs.

use super::prelude::*;

/// The cause `log-file`.
pub const CAUSE: Cause = Cause {
    code: "log-file",
    group: Group::Content,
    page: include_str!("../pages/log-file.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Content) && entry_path(delta).is_some_and(is_log),
    title: |context, deltas| format!("{}: logs of a build", files_in(context, deltas)),
    evidence: None,
    fixes: |_, _| vec![command("remove them in the step that writes them", "RUN … && find /var/log -type f -delete")],
};

/// Logs by their place or their name.
fn is_log(path: &[u8]) -> bool {
    path.starts_with(b"var/log/") || path.ends_with(b".log")
}
