//! `entry-order`: the layer's tar holds the same entries in another order.

use super::prelude::*;

/// The cause `entry-order`.
pub const CAUSE: Cause = Cause {
    code: "entry-order",
    group: Group::Encoding,
    page: include_str!("../pages/entry-order.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Order { .. }),
    title: |context, deltas| {
        format!(
            "{} in another order {}",
            counted(moved(deltas), "entry stands", "entries stand"),
            in_layers(context, deltas)
        )
    },
    evidence: None,
    fixes: |_, _| vec![command("sort them", "tar --sort=name …"), advice("or build both images with the same tool")],
};

/// How many entries stand elsewhere.
fn moved(deltas: &[&Delta]) -> u64 {
    let moved = |delta: &&Delta| match delta.field {
        Field::Order { moved } => moved,
        _ => 0,
    };
    deltas.iter().map(moved).sum()
}
