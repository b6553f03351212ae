//! `whiteout-style`: the same files are deleted, but the whiteout entries are written otherwise.

use super::prelude::*;

/// The cause `whiteout-style`.
pub const CAUSE: Cause = Cause {
    code: "whiteout-style",
    group: Group::Encoding,
    page: include_str!("../pages/whiteout-style.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        matches!(delta.field, Field::Presence(Presence::Whiteout))
            || is_own_attribute(delta) && entry_path(delta).is_some_and(path::is_whiteout)
    },
    title: |context, deltas| whiteout_title(context, deltas),
    evidence: None,
    fixes: |_, deltas| fixes(deltas),
};

/// Where only times differ one builder wrote both.
fn fixes(deltas: &[&Delta]) -> Vec<Fix> {
    if deltas.iter().all(|delta| delta.field == Field::Mtime) {
        return vec![advice(
            "harmless: the same files are hidden. A whiteout has the time of its build step: give both builds one time",
        )];
    }
    vec![advice(
        "harmless: the same files are hidden. Build both images with the same builder and snapshotter to get equal bytes",
    )]
}

/// What a whiteout's own header says: it is never unpacked, so nobody sees it.
fn is_own_attribute(delta: &Delta) -> bool {
    matches!(
        delta.field,
        Field::Mode
            | Field::ModeType
            | Field::Mtime
            | Field::Atime
            | Field::Ctime
            | Field::Uid
            | Field::Gid
            | Field::Uname
            | Field::Gname
            | Field::Xattr(_)
            | Field::Kind
            | Field::Device
            | Field::Content
    )
}

fn whiteout_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let one_sided = deltas.iter().all(|delta| matches!(delta.field, Field::Presence(_)));
    let what = if one_sided {
        "whiteouts on one side only, that hide nothing more than the other side does"
    } else {
        "whiteouts written otherwise"
    };
    if deltas.iter().all(|delta| delta.field == Field::Mtime) {
        return format!("{}: the times of whiteouts", entries_in(context, deltas));
    }
    format!("{}: {what}", entries_in(context, deltas))
}
