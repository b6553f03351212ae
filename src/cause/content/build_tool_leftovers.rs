//! `build-tool-leftovers`: empty folders and files that the build tool itself put into a layer.

use super::prelude::*;

/// The cause `build-tool-leftovers`.
pub const CAUSE: Cause = Cause {
    code: "build-tool-leftovers",
    group: Group::Content,
    page: include_str!("../pages/build-tool-leftovers.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| matches!(delta.field, Field::Presence(_)) && is_leftover(context, delta),
    title: |context, deltas| {
        format!("{}: mount points and empty files that a build step leaves behind", files_in(context, deltas))
    },
    evidence: None,
    fixes: |_, _| {
        vec![
            advice(
                "build both images with the same tool: BuildKit leaves empty dev/, proc/ and sys/ behind RUN, buildah adds etc/hostname and etc/hosts, `docker export` adds .dockerenv and dev/console",
            ),
            command("let the base have the folders, so that no step adds them", "RUN mkdir -p /dev /proc /sys"),
            command("buildah: leave the files out", "buildah build --no-hostname --no-hosts …"),
        ]
    },
};

/// Empty mount points of a build container, and what lies in its dev/.
fn is_leftover(context: &Context<'_>, delta: &Delta) -> bool {
    const PLACES: [&[u8]; 10] = [
        b"dev",
        b"proc",
        b"sys",
        b"run",
        b"etc/hostname",
        b"etc/hosts",
        b"etc/resolv.conf",
        b"run/.containerenv",
        b".dockerenv",
        b"etc/mtab",
    ];
    let Some(path) = entry_path(delta) else { return false };
    // what a build tool leaves is empty: a file with contents is somebody's
    let Pair { a, b } = context.entries(delta);
    let empty = a.or(b).is_some_and(|entry| entry.attributes.size == 0 && entry.content.length == 0);
    let below = path.starts_with(b"dev/") || path == b"run/secrets" || path.starts_with(b"run/secrets/");
    let linked = a.or(b).is_some_and(|entry| entry.attributes.link.is_some());
    empty && (below || PLACES.contains(&path) && (!linked || path == b"etc/mtab"))
}
