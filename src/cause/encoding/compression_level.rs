//! `compression-level`: the same encoder at another compression level.

use super::prelude::*;

/// The cause `compression-level`.
pub const CAUSE: Cause = Cause {
    code: "compression-level",
    group: Group::Encoding,
    page: include_str!("../pages/compression-level.md"),
    certainty: Certainty::Likely,
    claims: |_, delta| matches!(delta.field, Field::Encoding(EncodingField::Level)),
    title: |context, deltas| match encoder_names(context, deltas) {
        Some(names) => format!("{names}, {}", in_layers(context, deltas)),
        None => format!(
            "the same contents compressed to other bytes by what looks like one encoder at two levels, {}",
            in_layers(context, deltas)
        ),
    },
    evidence: Some(encoders),
    fixes: |_, _| {
        vec![
            command(
                "unpack the layers, and compress them with one level (a copy alone keeps what is gzip already)",
                "skopeo copy --dest-decompress docker://IMAGE dir:PLAIN\nskopeo copy --dest-compress-format gzip --dest-compress-level 6 dir:PLAIN oci:OUT:new\nskopeo copy --preserve-digests oci:OUT:new docker://NEW",
            ),
            command(
                "when building",
                "docker buildx build --output type=image,name=IMAGE,compression=gzip,compression-level=6,force-compression=true,push=true …",
            ),
        ]
    },
};
