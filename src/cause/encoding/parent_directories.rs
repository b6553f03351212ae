//! `parent-directories`: one side's layer writes directory entries that the other leaves implicit.

use super::prelude::*;

/// The cause `parent-directories`.
pub const CAUSE: Cause = Cause {
    code: "parent-directories",
    group: Group::Encoding,
    page: include_str!("../pages/parent-directories.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        matches!(delta.field, Field::Presence(Presence::Parent)) || is_implied_directory(context, delta)
    },
    title: |context, deltas| format!("{}: directories that only one side writes", entries_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice("harmless to a reader where a lower layer has them: build both images with the same tool")]
    },
};

/// A directory that one side lacks but that the merged file systems agree on, since something lies in it.
fn is_implied_directory(context: &Context<'_>, delta: &Delta) -> bool {
    let Pair { a, b } = context.entries(delta);
    delta.field == Field::Presence(Presence::OtherLayer)
        && a.or(b).is_some_and(|entry| entry.attributes.kind == Kind::Directory)
        && !context.comparison.rows.iter().any(|row| matches!(row, Row::Region { .. }))
}
