//! `layer-boundaries`: the files are cut into layers in another way: squashed, rebased or split.

use super::prelude::*;

/// The cause `layer-boundaries`.
pub const CAUSE: Cause = Cause {
    code: "layer-boundaries",
    group: Group::Encoding,
    page: include_str!("../pages/layer-boundaries.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Boundaries | Field::Presence(Presence::OtherLayer)),
    title: |context, deltas| boundaries_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the same files in other layers: build both with, or both without, squashing, and from the same base image",
        )]
    },
};

fn boundaries_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let count = |side: Side| context.images.get(side).layers.len();
    match deltas.iter().find(|delta| delta.field == Field::Boundaries) {
        Some(delta) => format!("{}: {}", context.place(delta), arrow(&delta.values)),
        None => {
            format!("{} stand in another layer ({} and {} layers)", entries(deltas), count(Side::A), count(Side::B))
        }
    }
}
