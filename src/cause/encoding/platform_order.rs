//! `platform-order`: the two indexes list the same entries in another order.

use super::prelude::*;

/// The cause `platform-order`.
pub const CAUSE: Cause = Cause {
    code: "platform-order",
    group: Group::Encoding,
    page: include_str!("../pages/platform-order.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Index(IndexField::Order)),
    title: |_, deltas| arrow(&deltas[0].values),
    evidence: None,
    fixes: |_, _| {
        vec![command(
            "write the index in the order you want",
            "docker buildx imagetools create -t IMAGE IMAGE@sha256:… IMAGE@sha256:…",
        )]
    },
};
