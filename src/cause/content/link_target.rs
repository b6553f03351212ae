//! `link-target`: A symbolic or hard link points somewhere else.

use super::prelude::*;

/// The cause `link-target`.
pub const CAUSE: Cause = Cause {
    code: "link-target",
    group: Group::Content,
    page: include_str!("../pages/link-target.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Link,
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| vec![advice("the links differ: find which of the two is meant, and rebuild the other")],
};
