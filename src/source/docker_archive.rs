//! The output of `docker save`, read by its `manifest.json` (Docker image specification v1.2,
//! "Combined Image JSON + Filesystem Changeset Format"): in a tar or unpacked.
//!
//! Such an archive holds config and layers but no manifest document; none is made up.

use std::sync::Arc;

use serde_json::Value;

use crate::digest::Digest;

use super::candidates::{Candidate, Located};
use super::error::SourceError;
use super::json::Described;
use super::members::{self, Members, blob_path};
use super::stored::Stored;
use super::{Opened, Root};

/// Its table of images.
pub(super) const MANIFEST: &str = "manifest.json";

struct Item {
    config: String,
    tags: Vec<String>,
    layers: Vec<String>,
}

/// Opens the chosen image of a `docker save` archive.
pub(super) fn open(located: &Located<'_>, members: Box<dyn Members>) -> Result<Opened, SourceError> {
    let bytes = members::document(&*members, MANIFEST, "a docker archive", located.limits)?;
    let described = Described { file: members.file(), document: MANIFEST };
    let manifest = described.parse(&bytes)?;
    let Value::Array(items) = &manifest else {
        return Err(described.wrong("", "an array of images with \"Config\" and \"Layers\"", Some(&manifest)));
    };
    let mut items =
        items.iter().enumerate().map(|(at, item)| read_item(&described, item, at)).collect::<Result<Vec<_>, _>>()?;
    let candidates: Vec<_> = items.iter().map(candidate).collect();
    let Item { config, tags, layers } = items.swap_remove(located.choose(&candidates)?);
    let bytes = members::document(&*members, &config, MANIFEST, located.limits)?;
    // A layer that cannot be found keeps its name: whoever asks for it is told why.
    let resolved = layers.into_iter().enumerate().map(|(at, layer)| {
        let found = if at < located.limits.layers { members.find(&layer).ok().flatten() } else { None };
        found.map_or(layer, |found| found.name)
    });
    let root = Root::DockerArchive { config: bytes, config_name: config, layers: resolved.collect(), tags };
    let kind = if members.is_folder() { "unpacked docker archive" } else { "docker archive" };
    Ok(Opened { source: Arc::new(Stored { members, kind, places }), root })
}

/// Where the writers of such archives keep what a digest names: docker from 25 on, docker before
/// it, skopeo and podman, crane and kaniko.
fn places(digest: &Digest) -> Vec<String> {
    let hex = digest.hex();
    vec![blob_path(digest), format!("{hex}.json"), format!("{hex}.tar"), format!("{hex}.tar.gz"), digest.to_string()]
}

fn read_item(described: &Described<'_>, item: &Value, at: usize) -> Result<Item, SourceError> {
    let place = format!("[{at}]");
    if !item.is_object() {
        return Err(described.wrong(&place, "an object with \"Config\" and \"Layers\"", Some(item)));
    }
    Ok(Item {
        config: described.string(item, &place, "Config")?.to_owned(),
        tags: described.strings(item, &place, "RepoTags")?,
        layers: described.strings(item, &place, "Layers")?,
    })
}

fn candidate(item: &Item) -> Candidate {
    let digest = config_digest(&item.config);
    Candidate {
        names: item.tags.clone(),
        digest,
        identity: format!("{}\n{}", item.config, item.layers.join("\n")),
        note: digest.map(|digest| format!("image ID {}", digest.short())).unwrap_or_default(),
        aside: false,
    }
}

/// The image ID that the config's name tells: `<hex>.json`, `blobs/sha256/<hex>`, `sha256:<hex>`.
fn config_digest(name: &str) -> Option<Digest> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let hex = last.strip_suffix(".json").unwrap_or(last);
    let hex = hex.strip_prefix("sha256:").unwrap_or(hex);
    format!("sha256:{hex}").parse().ok()
}
