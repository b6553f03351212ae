//! `file-times-extra`: access or change times are recorded, on one side or with other values.

use super::prelude::*;

/// The cause `file-times-extra`.
pub const CAUSE: Cause = Cause {
    code: "file-times-extra",
    group: Group::Metadata,
    page: include_str!("../pages/file-times-extra.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Atime | Field::Ctime),
    title: |context, deltas| format!("{}: access or change times", entries_in(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![command("write the layer without them", "tar --format=posix --pax-option=delete=atime,delete=ctime …")]
    },
};
