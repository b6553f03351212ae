//! `gzip-header`: only the gzip header differs: time, file name, system byte or flags.

use super::prelude::*;

/// The cause `gzip-header`.
pub const CAUSE: Cause = Cause {
    code: "gzip-header",
    group: Group::Encoding,
    page: include_str!("../pages/gzip-header.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Encoding(EncodingField::GzipHeader)),
    title: |context, deltas| format!("only header fields differ {}", in_layers(context, deltas)),
    evidence: Some(headers_and_encoders),
    fixes: |_, _| {
        vec![
            command("write no time and no name", "gzip -n FILE"),
            command(
                "or compress both with the same tool, or compare by diff IDs",
                "why-differ --require same-layers A B",
            ),
        ]
    },
};
