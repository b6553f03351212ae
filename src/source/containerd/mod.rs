//! Images in containerd: the namespaced table of images and the content store, through the API on its socket or straight
//! from its folder. Documents and blobs come as they were pulled or pushed, byte by byte.
//!
//! Refuses to pull what is not there, and to change anything.

mod api;
mod bolt;
mod choose;
mod grpc;
mod messages;
mod on_disk;
mod place;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::origin::Origin;

use super::environment::Environment;
use super::error::{SourceError, shown_name};
use super::members::too_large;
use super::reference::Reference;
use super::{BlobName, Opened, Root, Source};

use choose::{choose, digest_of};
use messages::Image;
use place::{NAMESPACE, Spot};

/// Who keeps one namespace's images.
trait Keeper: Send + Sync {
    /// For messages: whom, and which namespace.
    fn who(&self) -> &str;

    /// The namespace.
    fn namespace(&self) -> &str;

    /// The images of this or another namespace.
    fn images(&self, namespace: &str) -> Result<Vec<Image>, SourceError>;

    /// All namespaces.
    fn namespaces(&self) -> Result<Vec<String>, SourceError>;

    /// A blob's size in bytes; `None` when the namespace has none.
    fn size(&self, digest: &Digest) -> Result<Option<u64>, SourceError>;

    /// A blob from its start.
    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, SourceError>;

    /// What people should know of where the images were read from.
    fn remark(&self) -> Option<&str> {
        None
    }
}

/// Opens the image that containerd calls `name`; `folder` is containerd's, if one was typed.
pub(super) fn open(
    reference: &Reference,
    folder: Option<&Path>,
    namespace: Option<&str>,
    name: &str,
    limits: &Limits,
    environment: &Environment,
) -> Result<Opened, SourceError> {
    let namespace = namespace.map(str::to_owned).or_else(|| environment.get("CONTAINERD_NAMESPACE"));
    let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
    open_at(&Spot::find(folder, environment), reference, &namespace, name, limits)
}

/// Opens an image of a namespace of the containerd at `spot`.
fn open_at(
    spot: &Spot,
    reference: &Reference,
    namespace: &str,
    name: &str,
    limits: &Limits,
) -> Result<Opened, SourceError> {
    // It becomes a header.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !namespace.bytes().all(is_plain) {
        let why = format!("expected a namespace of containerd, found {:?}", shown_name(namespace));
        return Err(SourceError::NoImage { file: "CONTAINERD_NAMESPACE".to_owned(), why });
    }
    open_in(spot.keeper(namespace, limits)?, spot, reference, name, limits)
}

/// Opens an image that `keeper` has.
fn open_in(
    keeper: Box<dyn Keeper>,
    spot: &Spot,
    reference: &Reference,
    name: &str,
    limits: &Limits,
) -> Result<Opened, SourceError> {
    let image = choose(&*keeper, spot, reference, name)?;
    let no_target = || SourceError::NoImage {
        file: keeper.who().to_owned(),
        why: format!("image {} names no document", shown_name(&image.name)),
    };
    let target = image.target.clone().ok_or_else(no_target)?;
    let digest = digest_of(&target).ok_or_else(no_target)?;
    let content = Content { keeper };
    let bytes = content.document(&digest, &image.name, limits)?;
    let root = Root::Document {
        bytes,
        declared_digest: Some(digest),
        declared_size: u64::try_from(target.size).ok(),
        declared_media_type: Some(target.media_type).filter(|media_type| !media_type.is_empty()),
        name: digest.to_string(),
        annotations: target.annotations.into_iter().collect(),
    };
    Ok(Opened { source: Arc::new(content), root })
}

/// containerd's content as a source.
struct Content {
    keeper: Box<dyn Keeper>,
}

impl Content {
    fn document(&self, digest: &Digest, image: &str, limits: &Limits) -> Result<Vec<u8>, SourceError> {
        let who = self.keeper.who();
        let Some(size) = self.keeper.size(digest)? else {
            return Err(SourceError::Missing {
                file: who.to_owned(),
                blob: digest.to_string(),
                named_by: format!("image {}", shown_name(image)),
            });
        };
        if size > limits.document {
            return Err(too_large(who, &digest.to_string(), size, limits));
        }
        let mut bytes = Vec::new();
        let read = self.keeper.open(digest)?.take(limits.document).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::of_read(who, &digest.to_string(), &error))?;
        Ok(bytes)
    }
}

impl Source for Content {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        match blob {
            BlobName::Digest(digest) => self.keeper.size(digest),
            BlobName::Member(_) => Ok(None),
        }
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        match blob {
            BlobName::Digest(digest) => self.keeper.open(digest),
            BlobName::Member(_) => Err(SourceError::Missing {
                file: self.keeper.who().to_owned(),
                blob: shown_name(&blob.to_string()),
                named_by: "the image".to_owned(),
            }),
        }
    }

    fn kind(&self) -> &'static str {
        "containerd"
    }

    fn origin(&self) -> Origin {
        Origin::Containerd { namespace: self.keeper.namespace().to_owned() }
    }

    fn remarks(&self) -> Vec<String> {
        self.keeper.remark().map(str::to_owned).into_iter().collect()
    }

    fn where_missing(&self) -> Option<&'static str> {
        Some(
            "containerd does not keep it: it was pulled for another platform, or thrown away when it was unpacked \
             (discard_unpacked_layers); ctr content fetch NAME gets it again",
        )
    }
}
