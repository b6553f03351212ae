//! One store: its images, its layers and the documents of an image, as containers/storage lays
//! them out (go.podman.io/storage, `images.go`, `layers.go` and the drivers).
//!
//! Knows the drivers overlay and vfs; refuses others, and layers that were not unpacked to plain
//! folders.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::digest::Digest;
use crate::limits::Limits;

use super::super::disk::{self, Lies};
use super::super::error::{SourceError, shown_name, shown_path};

/// The largest table of images or layers that is read, in bytes: thousands of images fit.
const LARGEST_TABLE: u64 = 256 << 20;

/// The drivers whose layers are plain folders.
const DRIVERS: [&str; 2] = ["overlay", "vfs"];

/// Drivers of containers/storage whose layout is not known here.
const UNKNOWN: [&str; 4] = ["btrfs", "zfs", "aufs", "devicemapper"];

/// What to do about what is not known.
pub(super) const SAVE: &str =
    "write the image to a file and name that: podman save --format oci-archive -o image.tar NAME";

/// An image's row.
#[derive(Deserialize)]
pub(super) struct Image {
    pub id: String,
    pub names: Option<Vec<String>>,
    pub digest: Option<String>,
    /// The top layer; nothing for an image without layers.
    pub layer: Option<String>,
}

/// A layer's row.
#[derive(Deserialize)]
pub(super) struct Layer {
    pub id: String,
    pub parent: Option<String>,
    #[serde(rename = "diff-digest")]
    pub diff_digest: Option<String>,
    /// Size of the tar in bytes.
    #[serde(rename = "diff-size")]
    pub diff_size: Option<u64>,
}

/// One driver's part of one store.
pub(super) struct Store {
    pub root: PathBuf,
    pub driver: &'static str,
    pub images: Vec<Image>,
    layers: Vec<Layer>,
}

impl Store {
    /// The stores of all known drivers in `root`, or of the one that is settled.
    pub fn open(root: &Path, driver: Option<&str>, limits: &Limits) -> Result<Vec<Store>, SourceError> {
        let there = |driver: &str| -> Result<bool, SourceError> {
            Ok(disk::look(&root.join(format!("{driver}-images")))? == Lies::Folder)
        };
        let mut stores = Vec::new();
        for known in DRIVERS {
            // overlay2 is another name of overlay's
            let wanted = driver.is_none_or(|driver| driver == known || driver == format!("{known}2"));
            if wanted && there(known)? {
                let folder = root.join(format!("{known}-images"));
                let images = read_table(&folder.join("images.json"))?;
                let mut layers = Vec::new();
                for name in ["layers.json", "volatile-layers.json"] {
                    layers.extend(read_table::<Layer>(&root.join(format!("{known}-layers")).join(name))?);
                }
                if images.len() > limits.members {
                    return Err(SourceError::Limit {
                        what: shown_path(&folder),
                        over: format!("has {} images, over", images.len()),
                        most: limits.members as u64,
                        option: "--max-members",
                    });
                }
                stores.push(Store { root: root.to_owned(), driver: known, images, layers });
            }
        }
        if stores.is_empty() {
            for unknown in UNKNOWN.into_iter().chain(driver) {
                if !DRIVERS.contains(&unknown) && there(unknown)? {
                    let unknown = shown_name(unknown);
                    let why = format!("the layout of the storage driver {unknown:?} is not known; {SAVE}");
                    return Err(SourceError::NoImage { file: shown_path(root), why });
                }
            }
        }
        Ok(stores)
    }

    /// The store, for messages.
    pub fn name(&self) -> String {
        format!("[{}@{}]", self.driver, shown_path(&self.root))
    }

    pub fn layer(&self, id: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    /// The bytes of a document of an image, `manifest` or `sha256:…`.
    pub fn document(&self, image: &Image, key: &str, limits: &Limits) -> Result<Vec<u8>, SourceError> {
        must_be_id(&self.root, &image.id)?;
        let path = self.root.join(format!("{}-images", self.driver)).join(&image.id).join(file_name(key));
        match disk::look(&path)? {
            Lies::File { size } if size <= limits.document => disk::head(&path, limits.document),
            Lies::File { size } => Err(super::super::members::too_large(&self.name(), &shown_name(key), size, limits)),
            _ => Err(SourceError::Missing {
                file: self.name(),
                blob: shown_name(key),
                named_by: format!("image {}", shown_name(&image.id)),
            }),
        }
    }

    /// The folder that the layer was unpacked to.
    pub fn files(&self, layer: &Layer) -> Result<PathBuf, SourceError> {
        must_be_id(&self.root, &layer.id)?;
        let folder = match self.driver {
            "vfs" => self.root.join("vfs/dir").join(&layer.id),
            _ => {
                let own = self.root.join("overlay").join(&layer.id);
                if disk::look(&own.join("composefs-data"))? != Lies::Nothing {
                    return Err(self.unknown(layer, "is kept as composefs"));
                }
                own.join("diff")
            }
        };
        match disk::look(&folder)? {
            Lies::Folder => Ok(folder),
            _ => Err(self.unknown(layer, "has no folder of its files")),
        }
    }

    /// The tar-split data of the layer.
    pub fn tar_split(&self, layer: &Layer) -> Result<PathBuf, SourceError> {
        must_be_id(&self.root, &layer.id)?;
        let path = self.root.join(format!("{}-layers", self.driver)).join(format!("{}.tar-split.gz", layer.id));
        match disk::look(&path)? {
            Lies::File { .. } => Ok(path),
            _ => Err(self.unknown(layer, "has no tar-split data, from which its tar could be rebuilt")),
        }
    }

    /// The tar's digest, as the store noted it.
    pub fn diff_id(&self, layer: &Layer) -> Result<Digest, SourceError> {
        let noted = layer.diff_digest.as_deref().and_then(|digest| digest.parse().ok());
        noted.ok_or_else(|| self.unknown(layer, "has no digest of its tar"))
    }

    /// The error for a layer that cannot be rebuilt.
    fn unknown(&self, layer: &Layer, what: &str) -> SourceError {
        let why = format!("layer {} {what}; {SAVE}", shown_name(layer.id.get(..12).unwrap_or(&layer.id)));
        SourceError::NoImage { file: self.name(), why }
    }
}

/// A table of rows; none where there is no file.
fn read_table<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<Vec<T>, SourceError> {
    let Lies::File { size } = disk::look(path)? else { return Ok(Vec::new()) };
    if size > LARGEST_TABLE {
        let why = format!("expected a table of at most {LARGEST_TABLE} bytes, found {size}");
        return Err(SourceError::NoImage { file: shown_path(path), why });
    }
    let bytes = disk::head(path, LARGEST_TABLE)?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let rows: Option<Vec<T>> = serde_json::from_slice(&bytes).map_err(|error| SourceError::Json {
        file: shown_path(path),
        document: "it".to_owned(),
        why: error.to_string(),
    })?;
    Ok(rows.unwrap_or_default())
}

/// IDs become names of folders.
fn must_be_id(root: &Path, id: &str) -> Result<(), SourceError> {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return Ok(());
    }
    Err(SourceError::UnsafePath { file: shown_path(root), path: shown_name(id), why: "is no ID" })
}

/// What a document's file is called: its key, or `=` and base64 where the key has other characters
/// than digits, small letters and dots.
fn file_name(key: &str) -> String {
    let is_plain = |byte: u8| byte == b'.' || byte.is_ascii_digit() || byte.is_ascii_lowercase();
    if key.bytes().all(is_plain) { key.to_owned() } else { format!("={}", STANDARD.encode(key)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_called_as_the_store_calls_them() {
        assert_eq!(file_name("manifest"), "manifest");
        assert_eq!(file_name("sha256:00"), "=c2hhMjU2OjAw");
        assert_eq!(file_name("Manifest"), "=TWFuaWZlc3Q=");
    }

    #[test]
    fn ids_stay_inside() {
        for (id, good) in [("0af", true), ("my-id_1", true), ("..", false), ("a/b", false), ("", false), ("a\0", false)]
        {
            assert_eq!(must_be_id(Path::new("/s"), id).is_ok(), good, "{id:?}");
        }
    }
}
