//! A single file: a layer, or a document without its blobs.
//!
//! Refuses to look inside: what the bytes of a layer are is decided by who decodes them.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::limits::Limits;
use crate::origin::Origin;

use super::disk;
use super::error::{SourceError, shown_name, shown_path};
use super::members::{READ_AHEAD, too_large};
use super::{BlobName, Opened, Root, Source};

/// The file as one layer.
pub(super) fn layer(path: &Path, size: u64) -> Opened {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let blob = BlobName::Member(name);
    let source = Single { path: path.to_owned(), blob: Some((blob.clone(), size)) };
    Opened { source: Arc::new(source), root: Root::Layer { blob, size } }
}

/// The file as a manifest, index, config or other JSON document.
pub(super) fn document(path: &Path, size: u64, limits: &Limits) -> Result<Opened, SourceError> {
    let file = shown_path(path);
    if size > limits.document {
        return Err(too_large(&file, "in it", size, limits));
    }
    let bytes = disk::head(path, limits.document)?;
    let root = Root::Document {
        bytes,
        declared_digest: None,
        declared_size: None,
        declared_media_type: None,
        name: file,
        annotations: Vec::new(),
    };
    Ok(Opened { source: Arc::new(Single { path: path.to_owned(), blob: None }), root })
}

struct Single {
    path: PathBuf,
    /// The layer and its size in bytes; `None` for a document.
    blob: Option<(BlobName, u64)>,
}

impl Source for Single {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        Ok(self.blob.as_ref().filter(|(name, _)| name == blob).map(|(_, size)| *size))
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        if self.size(blob)?.is_none() {
            return Err(SourceError::Missing {
                file: shown_path(&self.path),
                blob: shown_name(&blob.to_string()),
                named_by: "the image".to_owned(),
            });
        }
        Ok(Box::new(BufReader::with_capacity(READ_AHEAD, disk::open_at(&self.path, 0)?)))
    }

    fn kind(&self) -> &'static str {
        if self.has_blobs() { "layer file" } else { "document file" }
    }

    fn has_blobs(&self) -> bool {
        self.blob.is_some()
    }

    fn origin(&self) -> Origin {
        Origin::File { path: self.path.to_string_lossy().into_owned() }
    }
}
