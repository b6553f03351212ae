//! The edge: turns a reference as typed into something that hands out documents and blob bytes.
//!
//! Knows archives, folders and files; refuses to know what the documents mean beyond finding the
//! one that was asked for, verifies no digest (who reads the bytes does), and unpacks nothing to
//! disk. Registries (`registry/`), Docker's daemon, containerd and podman's store stand behind the same
//! [`Source`] trait; what a build was made without is refused with advice.

mod access;
mod archive;
mod blob;
mod candidates;
#[cfg(all(feature = "containerd", unix))]
mod containerd;
#[cfg(unix)]
mod containers_storage;
#[cfg(all(feature = "daemon", unix))]
mod daemon;
mod decompress;
mod detect;
mod dir;
mod disk;
mod docker_archive;
mod environment;
mod error;
mod folder;
mod forward;
mod json;
mod layout;
mod live;
mod members;
mod names;
#[cfg(any(feature = "registry", all(unix, any(feature = "containerd", feature = "daemon"))))]
mod pace;
mod reference;
#[cfg(feature = "registry")]
mod registry;
mod stored;
mod tar_header;
mod tar_index;
mod v1;

use std::fmt;
use std::io::Read;
use std::sync::Arc;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::origin::Origin;

pub use access::{Access, Patience};
pub use environment::Environment;
pub use error::{Choice, SourceError};
pub use reference::{Reference, ReferenceError, Select, Transport};
#[cfg(feature = "registry")]
pub use registry::RegistryError;

/// What a blob is called where it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlobName {
    /// By its content, as documents name it.
    Digest(Digest),
    /// By its path inside the archive or folder, e.g. `<id>/layer.tar`; `/` separates.
    Member(String),
}

impl fmt::Display for BlobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlobName::Digest(digest) => digest.fmt(f),
            BlobName::Member(member) => f.write_str(&crate::text::shown(member.as_bytes())),
        }
    }
}

/// Where the blobs of one image come from. Reads of several blobs may run in parallel.
pub trait Source: Send + Sync {
    /// The blob's size in bytes as stored, told without opening it; `None` when it is missing.
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError>;

    /// The blob's bytes as stored, from the start. An error inside the stream carries a
    /// [`SourceError`] where there is more to say than the operating system does
    /// (see [`SourceError::of_read`]).
    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError>;

    /// What kind of source this is, for people: `OCI layout`, `docker archive`.
    fn kind(&self) -> &'static str;

    /// Where it is, as other tools have to be told.
    fn origin(&self) -> Origin {
        Origin::Unknown
    }

    /// What a blob is called there, where a path names it: a member of an archive as stored, a file of a folder.
    fn place(&self, _blob: &BlobName) -> Option<String> {
        None
    }

    /// Where the blob begins, in a source that can only be read forward: who reads several blobs
    /// does well to ask for them in this order.
    fn position(&self, _blob: &BlobName) -> Option<u64> {
        None
    }

    /// What people should know of how this source keeps images, one sentence each.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// What people should know of blobs that are missing here, behind a semicolon.
    fn where_missing(&self) -> Option<&'static str> {
        None
    }

    /// What of the source is lost though nothing that was asked for is: an archive that is cut
    /// behind the last member anybody needs.
    fn damage(&self) -> Option<SourceError> {
        None
    }

    /// Whether blobs are to be expected here: not beside a lone document.
    fn has_blobs(&self) -> bool {
        true
    }

    /// Told before the sizes of these blobs are asked for one by one: a source that is far away asks for
    /// all of them at once.
    fn prepare(&self, _blobs: &[BlobName]) {}

    /// A manifest or index of this digest, where the source keeps such documents apart from blobs. The outer
    /// `None`: it does not, [`Source::open`] has it. The inner one: there is no such document.
    fn document(&self, _digest: &Digest, _is_manifest: bool) -> Option<Result<Option<Vec<u8>>, SourceError>> {
        None
    }

    /// What was said of these very bytes when they were served as a manifest.
    fn headers(&self, _document: &[u8]) -> Option<Headers> {
        None
    }

    /// What was transferred so far, for sources that are far away.
    fn transfer(&self) -> Option<Transfer> {
        None
    }
}

/// What an HTTP answer said of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Headers {
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Docker-Content-Digest`.
    pub digest: Option<String>,
}

impl Headers {
    /// The media type without parameters.
    pub fn media_type(&self) -> Option<&str> {
        let media_type = self.content_type.as_deref()?.split(';').next()?.trim();
        (!media_type.is_empty()).then_some(media_type)
    }
}

/// What was transferred from a source that is far away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transfer {
    /// Bytes of documents and blobs that came over the network.
    pub fetched: u64,
    /// Bytes that came from the folder of `--cache` instead.
    pub cached: u64,
    /// From where: the registry.
    pub from: String,
    /// Which file or helper gave the credentials, if some were needed.
    pub credentials: Option<String>,
}

/// A reference that was opened: its blobs, and where to begin.
pub struct Opened {
    /// Hands out the blobs.
    pub source: Arc<dyn Source>,
    /// The top of the image.
    pub root: Root,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("source", &self.source.kind()).field("root", &self.root).finish()
    }
}

/// The top of an image, as its kind of source gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Root {
    /// A manifest, index, config or other JSON document. What is declared is what the descriptor
    /// in `index.json` says, where there is one; nothing of it is checked here.
    Document {
        /// The bytes exactly as stored.
        bytes: Vec<u8>,
        /// The digest that named the document.
        declared_digest: Option<Digest>,
        /// The descriptor's `size` in bytes.
        declared_size: Option<u64>,
        /// The descriptor's `mediaType`.
        declared_media_type: Option<String>,
        /// File or blob, for messages.
        name: String,
        /// The annotations of the descriptor in `index.json`, in its order.
        annotations: Vec<(String, String)>,
    },
    /// Classic `docker save` (`manifest.json`): config and layers, but no manifest document.
    DockerArchive {
        /// The config's bytes exactly as stored.
        config: Vec<u8>,
        /// The config's member name.
        config_name: String,
        /// The layers' member names, oldest first, links resolved.
        layers: Vec<String>,
        /// The image's `RepoTags`.
        tags: Vec<String>,
    },
    /// A manifest whose compressed layers are gone: what is left is the config and the layers' tars.
    Unpacked {
        /// The manifest's bytes exactly as stored.
        manifest: Vec<u8>,
        /// The config's bytes exactly as stored.
        config: Vec<u8>,
        /// What the config is called.
        config_name: String,
        /// The names of the layers' tars, oldest first.
        layers: Vec<String>,
    },
    /// V1 folders without `manifest.json`.
    V1 {
        /// The images, newest first up to the root of the chain of parents.
        images: Vec<V1Image>,
        /// What `repositories` calls the newest, as `name:tag`.
        tags: Vec<String>,
    },
    /// A file that is one layer.
    Layer {
        /// What the source calls it.
        blob: BlobName,
        /// Its size in bytes.
        size: u64,
    },
}

/// One folder `<id>/` of a V1 archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct V1Image {
    /// The folder's name: random, not a digest.
    pub id: String,
    /// The bytes of `<id>/json` exactly as stored.
    pub json: Vec<u8>,
    /// The member name of `<id>/layer.tar`, links resolved; `None` when there is none.
    pub layer: Option<String>,
}

/// One tag or digest of a registry, asked for in the ways that clients ask.
pub struct Served {
    /// What was asked for, without the registry: `library/app:1`.
    pub name: String,
    /// The registry.
    pub host: String,
    /// Every question with its answer; HEAD stands behind the GET of the same.
    pub asked: Vec<Asked>,
    /// Hands out the blobs.
    pub source: Arc<dyn Source>,
}

/// One way of asking for a manifest, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// `GET` or `HEAD`.
    pub method: &'static str,
    /// The digest that was asked for, unless it was the tag.
    pub digest: Option<String>,
    /// What was accepted, in words.
    pub accept: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What the answer says of the document.
    pub headers: Headers,
    /// `Content-Length`, in bytes.
    pub length: Option<u64>,
    /// The document, where GET gave one.
    pub body: Option<Vec<u8>>,
}

/// Asks a registry for `reference` in the ways that clients ask.
pub fn served(reference: &Reference, limits: &Limits, access: &Access) -> Result<Served, SourceError> {
    live::served(reference, limits, access)
}

/// Opens what `reference` names: chooses the image where there are several, reads its top
/// document, and leaves all other blobs alone.
pub fn open(reference: &Reference, limits: &Limits) -> Result<Opened, SourceError> {
    open_with(reference, limits, &Access::default())
}

/// The same, with `access` saying how registries are reached.
pub fn open_with(reference: &Reference, limits: &Limits, access: &Access) -> Result<Opened, SourceError> {
    detect::open(reference, limits, access)
}
