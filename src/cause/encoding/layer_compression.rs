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
    fixes: |_, deltas| fixes(deltas),
};

/// The plain side is compressed, since registries and networks carry the other better.
fn fixes(deltas: &[&Delta]) -> Vec<Fix> {
    let plain = Value::text("none");
    let plain_side =
        deltas.first().and_then(|delta| Side::BOTH.into_iter().find(|side| *delta.values.get(*side) == plain));
    let mut fixes = Vec::new();
    if let Some(side) = plain_side {
        let name = side.name();
        fixes.push(command(
            &format!("let containerd compress {name}'s layers, as `docker push` does, when it imports the archive"),
            "ctr images import --compress-blobs IMAGE.tar",
        ));
    }
    fixes.push(command(
        "give all layers one compression (gzip here; zstd and none work too)",
        "regctl image mod IMAGE --layer-compress gzip --replace",
    ));
    fixes.push(command(
        "or copy by way of a folder (from registry to registry skopeo takes the layers over as they are)",
        THROUGH_A_FOLDER,
    ));
    fixes.push(command("or compare by diff IDs, which no compression changes", "why-differ --require same-layers A B"));
    fixes
}
