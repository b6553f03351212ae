//! `hardlink-topology`: the same hard links, but another of the names holds the bytes in the tar.

use super::prelude::*;

/// The cause `hardlink-topology`.
pub const CAUSE: Cause = Cause {
    code: "hardlink-topology",
    group: Group::Encoding,
    page: include_str!("../pages/hardlink-topology.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::LinkHolder,
    title: |context, deltas| {
        format!("{}: linked to each other, another entry holds the bytes", entries_in(context, deltas))
    },
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless to a reader: the order in which the builder met the links decides; build both with the same tool on the same kind of file system",
        )]
    },
};
