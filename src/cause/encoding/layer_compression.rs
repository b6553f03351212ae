//! `layer-compression`: the layers are compressed by different algorithms: gzip, zstd or not at all.

use super::prelude::*;

/// The cause `layer-compression`.
pub const CAUSE: Cause = Cause {
    code: "layer-compression",
    group: Group::Encoding,
    page: include_str!("../pages/layer-compression.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::Compression,
    title: |context, deltas| format!("{} {}", arrow(&deltas[0].values), in_layers(context, deltas)),
    evidence: Some(layers),
    fixes: |_, _| {
        vec![
            command(
                "compress b as docker push does",
                "ctr images import --compress-blobs …   (or: skopeo copy --dest-compress-format gzip --dest-force-compress-format docker://B docker://B-gzip)",
            ),
            command(
                "or make every layer one compression",
                "regctl image mod IMAGE --layer-compress gzip --replace   (or zstd, none)",
            ),
            advice("compare by diff IDs, which no compression changes: `--require same-image`"),
        ]
    },
};
