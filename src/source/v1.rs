//! V1 archives: folders `<id>/{VERSION,json,layer.tar}` and `repositories`, without
//! `manifest.json` (Docker image specification v1.0).
//!
//! Refuses chains of parents that run in a circle or lead to what is not there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::candidates::{Candidate, Located};
use super::error::{SourceError, shown_name};
use super::json::Described;
use super::members::{self, Members};
use super::stored::Stored;
use super::{Opened, Root, V1Image};

const REPOSITORIES: &str = "repositories";

/// Opens the chosen image of a V1 archive.
pub(super) fn open(located: &Located<'_>, members: Box<dyn Members>) -> Result<Opened, SourceError> {
    let mut heads = match members.find(REPOSITORIES)? {
        Some(_) => named(located, &*members)?,
        None => Vec::new(),
    };
    // An image saved by its ID has no name.
    if heads.is_empty() {
        heads = childless(located, &*members)?;
    }
    let candidates: Vec<_> = heads.iter().map(|(id, tags)| candidate(id, tags)).collect();
    let (id, tags) = &heads[located.choose(&candidates)?];
    let images = chain(located, &*members, id)?;
    let kind = if members.is_folder() { "unpacked docker archive, V1" } else { "docker archive, V1" };
    let source = Stored { members, kind, places: |_| Vec::new() };
    Ok(Opened { source: Arc::new(source), root: Root::V1 { images, tags: tags.clone() } })
}

/// The images that `repositories` names, with their names, in its order.
fn named(located: &Located<'_>, members: &dyn Members) -> Result<Vec<(String, Vec<String>)>, SourceError> {
    let bytes = members::document(members, REPOSITORIES, "the archive", located.limits)?;
    let described = Described { file: members.file(), document: REPOSITORIES };
    let value = described.parse(&bytes)?;
    let expected = "an object of names, tags and image IDs";
    let names = value.as_object().ok_or_else(|| described.wrong("", expected, Some(&value)))?;
    let mut heads: Vec<(String, Vec<String>)> = Vec::new();
    let mut places = BTreeMap::new();
    for (name, tags) in names {
        let place = shown_name(name);
        let tags =
            tags.as_object().ok_or_else(|| described.wrong(&place, "an object of tags and image IDs", Some(tags)))?;
        for (tag, id) in tags {
            let id = id
                .as_str()
                .ok_or_else(|| described.wrong(&format!("{place}.{}", shown_name(tag)), "an image ID", Some(id)))?;
            let at = *places.entry(id.to_owned()).or_insert_with(|| {
                heads.push((id.to_owned(), Vec::new()));
                heads.len() - 1
            });
            heads[at].1.push(format!("{name}:{tag}"));
        }
    }
    Ok(heads)
}

/// The images that are nobody's parent.
fn childless(located: &Located<'_>, members: &dyn Members) -> Result<Vec<(String, Vec<String>)>, SourceError> {
    let ids = members.folders_with("json")?;
    let mut parents = BTreeSet::new();
    for id in &ids {
        parents.extend(image(located, members, id, "the archive")?.1);
    }
    let heads: Vec<_> = ids.iter().filter(|id| !parents.contains(*id)).map(|id| (id.clone(), Vec::new())).collect();
    match ids.first() {
        Some(first) if heads.is_empty() => Err(SourceError::Chain {
            file: members.file().to_owned(),
            id: shown_name(first),
            why: "its chain of parents is a circle".to_owned(),
        }),
        _ => Ok(heads),
    }
}

fn candidate(id: &str, tags: &[String]) -> Candidate {
    let short = id.get(..12).unwrap_or(id);
    let mut names = tags.to_vec();
    names.push(id.to_owned());
    names.push(short.to_owned());
    let note = if tags.is_empty() { String::new() } else { format!("image {}", shown_name(short)) };
    // Without a tag the whole ID is the name to copy.
    Candidate { names, digest: None, identity: id.to_owned(), note, aside: false }
}

/// The image and its parents, newest first.
fn chain(located: &Located<'_>, members: &dyn Members, head: &str) -> Result<Vec<V1Image>, SourceError> {
    let mut images: Vec<V1Image> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut next = Some((head.to_owned(), REPOSITORIES.to_owned()));
    while let Some((id, named_by)) = next {
        if !seen.insert(id.clone()) {
            return Err(SourceError::Chain {
                file: members.file().to_owned(),
                id: shown_name(&id),
                why: "its chain of parents is a circle".to_owned(),
            });
        }
        if images.len() >= located.limits.layers {
            return Err(SourceError::Limit {
                what: format!("{}: the chain of parents of {}", members.file(), shown_name(head)),
                over: "is longer than".to_owned(),
                most: located.limits.layers as u64,
                option: "--max-layers",
            });
        }
        let (json, parent) = image(located, members, &id, &named_by)?;
        let layer = format!("{id}/layer.tar");
        // A layer that is damaged keeps its name: whoever asks for it is told why.
        let layer = match members.find(&layer) {
            Ok(found) => found.map(|found| found.name),
            Err(_) => Some(layer),
        };
        next = parent.map(|parent| (parent, format!("image {}", shown_name(&id))));
        images.push(V1Image { id, json, layer });
    }
    Ok(images)
}

/// The bytes of `<id>/json`, and the parent that it names.
fn image(
    located: &Located<'_>,
    members: &dyn Members,
    id: &str,
    named_by: &str,
) -> Result<(Vec<u8>, Option<String>), SourceError> {
    let name = format!("{id}/json");
    let bytes = members::document(members, &name, named_by, located.limits)?;
    let described = Described { file: members.file(), document: &name };
    let value = described.parse(&bytes)?;
    let parent = match value.get("parent") {
        _ if !value.is_object() => return Err(described.wrong("", "an object", Some(&value))),
        None | Some(Value::Null) => None,
        Some(Value::String(parent)) => Some(parent.clone()).filter(|parent| !parent.is_empty()),
        found => return Err(described.wrong("parent", "an image ID", found)),
    };
    Ok((bytes, parent))
}
