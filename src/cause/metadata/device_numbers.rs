//! `device-numbers`: A device node has other major or minor numbers.

use super::prelude::*;

/// The cause `device-numbers`.
pub const CAUSE: Cause = Cause {
    code: "device-numbers",
    group: Group::Metadata,
    page: include_str!("../pages/device-numbers.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Device,
    title: |context, deltas| files_with_values(context, deltas),
    evidence: None,
    fixes: |_, _| vec![advice("device nodes in images are seldom meant: remove them, or make them with fixed numbers")],
};
