//! `config-builder-info`: the builder's own records in the config differ: BuildKit's inline cache and build info.

use super::prelude::*;

/// The cause `config-builder-info`.
pub const CAUSE: Cause = Cause {
    code: "config-builder-info",
    group: Group::Build,
    page: include_str!("../pages/config-builder-info.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| {
        is_json(delta, Part::Config, &["moby.buildkit.buildinfo.v1"])
            || is_json(delta, Part::Config, &["moby.buildkit.cache.v0"])
            || is_json(delta, Part::Config, &["moby.buildkit.buildinfo"])
    },
    title: |_, deltas| json_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![command(
            "do not write the cache into the image (instead of type=inline)",
            "docker buildx build --cache-to type=registry,ref=CACHE …",
        )]
    },
};
