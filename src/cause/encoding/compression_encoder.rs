//! `compression-encoder`: the same algorithm and the same data, compressed by another implementation.

use super::prelude::*;

/// The cause `compression-encoder`.
pub const CAUSE: Cause = Cause {
    code: "compression-encoder",
    group: Group::Encoding,
    page: include_str!("../pages/compression-encoder.md"),
    certainty: Certainty::Likely,
    claims: |_, delta| matches!(delta.field, Field::Encoding(EncodingField::Encoder | EncodingField::Framing)),
    title: |context, deltas| match encoder_names(context, deltas) {
        Some(names) => format!("{names}, {}", in_layers(context, deltas)),
        None => format!("compressed by another encoder {}", in_layers(context, deltas)),
    },
    evidence: Some(encoders),
    fixes: |_, _| {
        vec![
            advice(
                "keep layers compressed once: copy images (`skopeo copy --preserve-digests`) instead of pulling and pushing them again; pin the builder's version",
            ),
            command("compare by diff IDs, which no encoder changes", "why-differ --require same-layers A B"),
        ]
    },
};
