//! Images in a Docker daemon, or in podman behind its Docker-compatible socket.
//!
//! The image is what `GET /images/NAME/get` exports: the stream that `docker save` writes. It is
//! read once for its index, and again for large members; nothing is stored. Refuses to pull, and
//! to change anything in the daemon.

mod address;
mod client;
#[cfg(test)]
mod tests;
mod unix;

use std::io::{self, Read};
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::limits::Limits;
use crate::origin::Origin;
use crate::text::{size, thousands};

use super::archive::{Archive, Looks};
use super::candidates::Located;
use super::environment::Environment;
use super::error::{SourceError, shown_name};
use super::forward::Forward;
use super::names::full;
use super::reference::{Reference, Select};
use super::{BlobName, Opened, Source, docker_archive, layout, v1};

use address::Address;
use client::{Client, Patience};

/// Opens the image that the daemon calls `name`, in the daemon that docker would ask.
pub(super) fn open(
    reference: &Reference,
    name: &str,
    limits: &Limits,
    environment: &Environment,
) -> Result<Opened, SourceError> {
    open_at(reference, name, limits, Address::find(environment, limits)?, Patience::default())
}

/// Opens the image that the daemon at `address` calls `name`.
fn open_at(
    reference: &Reference,
    name: &str,
    limits: &Limits,
    address: Address,
    patience: Patience,
) -> Result<Opened, SourceError> {
    must_be_name(reference, name)?;
    let client = Arc::new(Client::new(address, patience)?);
    let keeper = Keeper::ask(&client, limits)?;
    let exported = exported_name(&client, reference, name, limits)?;
    let file = format!("{} (the export of {})", shown_name(&reference.typed), client.name());
    let (path, own) = (format!("/images/{exported}/get"), limits.clone());
    let again = {
        let (client, file) = (Arc::clone(&client), file.clone());
        move || {
            let stream = client.export(&path)?;
            Ok(Box::new(Bounded { stream, read: 0, most: own.layer_size, file: file.clone() }) as Box<dyn Read + Send>)
        }
    };
    let none = |why: &str| SourceError::NoImage { file: file.clone(), why: why.to_owned() };
    let archive = Archive::exported(file.clone(), Forward::new(again), limits)?
        .ok_or_else(|| none("expected a tar, found something else"))?;
    let located = Located { reference, path: PathBuf::from(&file), select: Select::Default, limits };
    let looks = archive.looks();
    let damage = archive.damage().cloned();
    let opened = match looks {
        Looks::Oci => layout::open(&located, Box::new(archive)),
        Looks::Docker => docker_archive::open(&located, Box::new(archive)),
        Looks::V1 if damage.is_none() => v1::open(&located, Box::new(archive)),
        // What is looked for may have stood behind the damage.
        _ => Err(damage.unwrap_or_else(|| none("expected an image, found a tar without manifest.json and index.json"))),
    }?;
    let layout = looks == Looks::Oci;
    let source = Exported { export: opened.source, name: exported, keeper, layout };
    Ok(Opened { source: Arc::new(source), root: opened.root })
}

/// What becomes a part of a URL must be a name or an ID and nothing else.
fn must_be_name(reference: &Reference, name: &str) -> Result<(), SourceError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:@".contains(&byte);
    let parts = name.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if parts && name.bytes().all(is_plain) {
        return Ok(());
    }
    let why = "expected the name of an image as docker images lists it, or its ID, found neither".to_owned();
    Err(SourceError::NoImage { file: shown_name(&reference.typed), why })
}

/// The name to export. Without a tag the daemon would export every tag of the repository.
fn exported_name(client: &Client, reference: &Reference, name: &str, limits: &Limits) -> Result<String, SourceError> {
    let found = client.json(&format!("/images/{name}/json"), "look for the image", limits.document)?;
    let image = found.map_err(|message| SourceError::NoImage {
        file: shown_name(&reference.typed),
        why: format!("{} has no such image (docker images lists them): {message}", client.name()),
    })?;
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains([':', '@']) {
        return Ok(name.to_owned());
    }
    let tags = image.get("RepoTags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let named = tags.into_iter().any(|tag| full(tag) == full(name) || tag == format!("localhost/{name}:latest"));
    Ok(if named { format!("{name}:latest") } else { name.to_owned() })
}

/// Who keeps the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Classic,
    Containerd,
    Podman,
}

impl Keeper {
    fn ask(client: &Client, limits: &Limits) -> Result<Self, SourceError> {
        let doing = "ask who it is";
        let none = |message: String| SourceError::Io {
            file: client.name(),
            doing: doing.to_owned(),
            why: format!("it answers 404: {message}"),
        };
        let version = client.json("/version", doing, limits.document)?.map_err(none)?;
        let components = version.get("Components").and_then(Value::as_array).into_iter().flatten();
        let mut names = components.filter_map(|component| component.get("Name")?.as_str());
        if names.any(|name| name.starts_with("Podman")) {
            return Ok(Keeper::Podman);
        }
        let info = client.json("/info", doing, limits.document)?.map_err(none)?;
        let status = info.get("DriverStatus").and_then(Value::as_array).into_iter().flatten();
        // `[["driver-type", "io.containerd.snapshotter.v1"]]` with the containerd image store
        let mut pairs = status.filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)));
        let snapshots =
            pairs.any(|(key, value)| key == "driver-type" && value.starts_with("io.containerd.snapshotter"));
        Ok(if snapshots { Keeper::Containerd } else { Keeper::Classic })
    }
}

/// A daemon's export as a source.
struct Exported {
    export: Arc<dyn Source>,
    /// What was exported.
    name: String,
    keeper: Keeper,
    /// Whether the export is an OCI layout, with a manifest.
    layout: bool,
}

impl Source for Exported {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        self.export.size(blob)
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        self.export.open(blob)
    }

    fn kind(&self) -> &'static str {
        match self.keeper {
            Keeper::Classic => "Docker daemon, classic image store",
            Keeper::Containerd => "Docker daemon, containerd image store",
            Keeper::Podman => "podman's Docker-compatible socket",
        }
    }

    fn position(&self, blob: &BlobName) -> Option<u64> {
        self.export.position(blob)
    }

    fn origin(&self) -> Origin {
        Origin::DockerDaemon { name: self.name.clone() }
    }

    fn place(&self, blob: &BlobName) -> Option<String> {
        self.export.place(blob)
    }

    fn remarks(&self) -> Vec<String> {
        let who = match self.keeper {
            Keeper::Containerd => return Vec::new(),
            Keeper::Classic => "a Docker daemon with the classic image store",
            Keeper::Podman => "podman",
        };
        let manifest = if self.layout {
            "the manifest is made for the export and is not the registry's"
        } else {
            "there is no manifest"
        };
        vec![format!(
            "{who} exports plain tars: the compressed layers are gone and {manifest}, so only what was exported can be \
             compared"
        )]
    }

    fn damage(&self) -> Option<SourceError> {
        self.export.damage()
    }
}

/// A stream that does not go on for ever.
struct Bounded {
    stream: Box<dyn Read + Send>,
    read: u64,
    most: u64,
    file: String,
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.read += count as u64;
        if self.read > self.most {
            return Err(SourceError::Limit {
                what: self.file.clone(),
                over: format!("goes on after {} ({} bytes), over", size(self.most), thousands(self.most)),
                most: self.most,
                option: "--max-layer-size",
            }
            .into_io());
        }
        Ok(count)
    }
}
