//! `entry-order`: the layer's tar holds the same entries in another order.

use super::prelude::*;

/// The cause `entry-order`.
pub const CAUSE: Cause = Cause {
    code: "entry-order",
    group: Group::Encoding,
    page: include_str!("../pages/entry-order.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Order,
    title: |context, deltas| format!("the same entries in another order {}", in_layers(context, deltas)),
    evidence: None,
    fixes: |_, _| vec![command("sort them", "tar --sort=name …"), advice("or build both images with the same tool")],
};
