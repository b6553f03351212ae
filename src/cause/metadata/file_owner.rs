//! `file-owner`: the same files belong to another user or group number.

use super::prelude::*;

/// The cause `file-owner`.
pub const CAUSE: Cause = Cause {
    code: "file-owner",
    group: Group::Metadata,
    page: include_str!("../pages/file-owner.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Uid | Field::Gid),
    title: |context, deltas| owner_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("set owners in the Dockerfile (`COPY --chown=0:0 …`)"),
            advice("a constant shift is a rootless build without an ID map: build both rootless or both as root"),
        ]
    },
};

/// Which of the two numbers.
fn ids(deltas: &[&Delta]) -> &'static str {
    let any = |field: Field| deltas.iter().any(|delta| delta.field == field);
    match (any(Field::Uid), any(Field::Gid)) {
        (true, true) => "uid and gid",
        (true, false) => "uid",
        (false, _) => "gid",
    }
}

fn owner_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let mut shifts: Vec<i128> = deltas
        .iter()
        .filter_map(|delta| match (&delta.values.a, &delta.values.b) {
            (Value::Number(a), Value::Number(b)) => Some(b - a),
            _ => None,
        })
        .collect();
    shifts.sort_unstable();
    shifts.dedup();
    let what = files_in(context, deltas);
    match shifts.as_slice() {
        // subordinate IDs begin high up; no human hand moves every owner by so much
        [shift] if shift.unsigned_abs() >= 10_000 => {
            format!("{what}: owners shifted by {shift}, as by a rootless build")
        }
        _ => format!("{what}: {} {}", ids(deltas), arrows(deltas)),
    }
}
