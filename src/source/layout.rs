//! OCI layouts, as a folder or in a tar (image-layout.md of the OCI image specification);
//! `ctr images export` and `docker save` from 25 on write them too.
//!
//! `index.json` is read as a table of names and refused as a document to compare: the root is what
//! the chosen descriptor points to.

use std::sync::Arc;

use serde_json::Value;

use crate::digest::Digest;

use super::candidates::{Candidate, Located};
use super::error::SourceError;
use super::json::Described;
use super::members::{self, Members, blob_path};
use super::reference::Select;
use super::stored::Stored;
use super::{Opened, Root};

const INDEX: &str = "index.json";

/// The annotations that name an image: OCI's own, often a tag only, and containerd's full name.
const NAMES: [&str; 2] = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];

/// Opens the chosen image of a layout.
pub(super) fn open(located: &Located<'_>, members: Box<dyn Members>) -> Result<Opened, SourceError> {
    let kind = if members.is_folder() { "OCI layout" } else { "OCI archive" };
    let bytes = members::document(&*members, INDEX, "an OCI layout", located.limits)?;
    let described = Described { file: members.file(), document: INDEX };
    let index = described.parse(&bytes)?;
    let Some(Value::Array(descriptors)) = index.get("manifests") else {
        let found = index.as_object().map_or(Some(&index), |object| object.get("manifests"));
        return Err(if index.is_object() && found.is_some() {
            described.wrong("manifests", "an array", found)
        } else if index.is_object() {
            SourceError::Shape {
                file: members.file().to_owned(),
                document: INDEX.to_owned(),
                expected: "an object with a \"manifests\" array",
                found: "an object without".to_owned(),
            }
        } else {
            described.wrong("", "an object with a \"manifests\" array", found)
        });
    };
    let candidates = descriptors
        .iter()
        .enumerate()
        .map(|(at, descriptor)| candidate(&described, descriptor, at))
        .collect::<Result<Vec<_>, _>>()?;
    let root = match located.choose(&candidates) {
        Ok(chosen) => document(located, &*members, &descriptors[chosen], candidates[chosen].digest)?,
        // A digest may also name what only a nested index names.
        Err(error) => match located.select {
            Select::Digest(digest) if members::has(&*members, &blob_path(&digest)) => {
                document(located, &*members, &Value::Null, Some(digest))?
            }
            _ => return Err(error),
        },
    };
    let source = Stored { members, kind, places: |digest| vec![blob_path(digest)] };
    Ok(Opened { source: Arc::new(source), root })
}

fn candidate(described: &Described<'_>, descriptor: &Value, at: usize) -> Result<Candidate, SourceError> {
    let place = format!("manifests[{at}]");
    if !descriptor.is_object() {
        return Err(described.wrong(&place, "a descriptor", Some(descriptor)));
    }
    let digest = described.digest(descriptor, &place, "digest")?;
    let annotation = |key: &str| descriptor.get("annotations").and_then(|all| all.get(key)).and_then(Value::as_str);
    let platform = platform(descriptor);
    let aside = annotation("vnd.docker.reference.type").is_some()
        || platform.as_deref() == Some("unknown/unknown")
        || descriptor.get("artifactType").is_some();
    let names: Vec<String> = NAMES.iter().filter_map(|key| annotation(key)).map(str::to_owned).collect();
    let note = [platform, Some(format!("sha256:{}…", digest.short()).replacen("sha256", digest.algorithm(), 1))];
    let note: Vec<_> = note.into_iter().flatten().collect();
    Ok(Candidate { names, digest: Some(digest), identity: digest.to_string(), note: note.join(", "), aside })
}

/// `os/arch[/variant]`.
fn platform(descriptor: &Value) -> Option<String> {
    let platform = descriptor.get("platform")?;
    let part = |key: &str| platform.get(key).and_then(Value::as_str).filter(|part| !part.is_empty());
    let mut text = format!("{}/{}", part("os").unwrap_or("?"), part("architecture").unwrap_or("?"));
    if let Some(variant) = part("variant") {
        text.push('/');
        text.push_str(variant);
    }
    Some(super::error::shown_name(&text))
}

fn document(
    located: &Located<'_>,
    members: &dyn Members,
    descriptor: &Value,
    digest: Option<Digest>,
) -> Result<Root, SourceError> {
    let Some(digest) = digest else {
        return Err(Described { file: members.file(), document: INDEX }.wrong("manifests", "a digest", None));
    };
    let Some(found) = members.find(&blob_path(&digest))? else {
        return Err(SourceError::Missing {
            file: members.file().to_owned(),
            blob: digest.to_string(),
            named_by: INDEX.to_owned(),
        });
    };
    let bytes = members::read(members, &found, located.limits)?;
    let annotations = descriptor.get("annotations").and_then(Value::as_object);
    Ok(Root::Document {
        bytes,
        declared_digest: Some(digest),
        declared_size: descriptor.get("size").and_then(Value::as_u64),
        declared_media_type: descriptor.get("mediaType").and_then(Value::as_str).map(str::to_owned),
        name: digest.to_string(),
        annotations: annotations
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    })
}
