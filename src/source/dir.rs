//! Skopeo's `dir:` folders: one image, `manifest.json` beside blobs named by their hash
//! (containers/image, `directory` transport).
//!
//! The manifest's bytes are handed out as stored; signatures in the folder are left alone.

use std::sync::Arc;

use crate::digest::Digest;

use super::candidates::Located;
use super::docker_archive::MANIFEST;
use super::error::SourceError;
use super::members::{self, Members};
use super::stored::Stored;
use super::{Opened, Root};

/// Opens the image of a `dir:` folder.
pub(super) fn open(located: &Located<'_>, members: Box<dyn Members>) -> Result<Opened, SourceError> {
    let kind = "skopeo dir: folder";
    located.must_be_default(kind)?;
    let bytes = members::document(&*members, MANIFEST, "a skopeo dir: folder", located.limits)?;
    let root = Root::Document {
        bytes,
        declared_digest: None,
        declared_size: None,
        declared_media_type: None,
        name: MANIFEST.to_owned(),
        annotations: Vec::new(),
    };
    Ok(Opened { source: Arc::new(Stored { members, kind, places }), root })
}

/// Version 1.1 names blobs by their hash and the manifests of a list `<hash>.manifest.json`;
/// version 1.0 added `.tar` to layers; other algorithms than SHA-256 stand before the hash.
fn places(digest: &Digest) -> Vec<String> {
    let hash = match digest {
        Digest::Sha256(_) => digest.hex(),
        Digest::Sha512(_) => format!("{}-{}", digest.algorithm(), digest.hex()),
    };
    let mut places = vec![hash.clone(), format!("{hash}.manifest.json"), format!("{hash}.tar")];
    if hash != digest.hex() {
        places.push(digest.hex());
    }
    places
}
