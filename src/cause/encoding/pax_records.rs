//! `pax-records`: PAX extended records that add nothing, stand in another order or use another key.

use super::prelude::*;

/// The cause `pax-records`.
pub const CAUSE: Cause = Cause {
    code: "pax-records",
    group: Group::Encoding,
    page: include_str!("../pages/pax-records.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Pax(_)),
    title: |context, deltas| format!("{}: extended records that change nothing", files_or_layers(context, deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![
            command("write the layer without them", "tar --format=posix --pax-option=delete=atime,delete=ctime …"),
            advice("or build both images with the same tool and version"),
        ]
    },
};

fn files_or_layers(context: &Context<'_>, deltas: &[&Delta]) -> String {
    if paths(deltas) == 0 { in_layers(context, deltas) } else { entries_in(context, deltas) }
}
