//! `lazy-pull-format`: one side's layers are eStargz or zstd:chunked, which carry a table of contents.

use super::prelude::*;

/// The cause `lazy-pull-format`.
pub const CAUSE: Cause = Cause {
    code: "lazy-pull-format",
    group: Group::Encoding,
    page: include_str!("../pages/lazy-pull-format.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| delta.field == Field::LazyPull || is_table_of_contents(delta) || is_lazy_annotation(delta),
    title: |context, deltas| lazy_title(context, deltas),
    evidence: None,
    fixes: |_, deltas| fixes(deltas),
};

/// zstd:chunked ends with the compression; the table of contents of eStargz is an entry of the tar and stays.
fn fixes(deltas: &[&Delta]) -> Vec<Fix> {
    let mut fixes = vec![
        advice("every runtime reads both; to make both plain or both lazy, write the layers again with one tool"),
        command(
            "plain layers from BuildKit (or compression=zstd)",
            "docker buildx build --output type=image,name=IMAGE,compression=gzip,force-compression=true,push=true …",
        ),
    ];
    let chunked = Value::text("zstd:chunked");
    if deltas.iter().any(|delta| delta.values.a == chunked || delta.values.b == chunked) {
        fixes.push(command("or write them as gzip while copying by way of a folder", THROUGH_A_FOLDER));
    }
    fixes
}

/// Entries that stargz writers add to the tar.
fn is_table_of_contents(delta: &Delta) -> bool {
    const NAMES: [&[u8]; 3] = [b"stargz.index.json", b".prefetch.landmark", b".no.prefetch.landmark"];
    matches!(delta.field, Field::Presence(_)) && entry_path(delta).is_some_and(|path| NAMES.contains(&path))
}

/// Annotations by which lazy pullers find the table of contents.
fn is_lazy_annotation(delta: &Delta) -> bool {
    const PREFIXES: [&[u8]; 3] =
        [b"containerd.io/snapshot/stargz/", b"io.github.containers.zstd-chunked.", b"io.containers.estargz."];
    let path = json_path(delta, Part::Manifest);
    path.and_then(JsonPath::last_key).is_some_and(|key| PREFIXES.iter().any(|prefix| key.starts_with(prefix)))
}

fn lazy_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    match deltas.iter().find(|delta| delta.field == Field::LazyPull) {
        Some(delta) => format!("{} {}", arrow(&delta.values), in_layers(context, deltas)),
        None => "a table of contents for lazy pulling on one side".to_owned(),
    }
}
