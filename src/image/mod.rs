//! The pure model of images and their documents. No IO happens here.

pub mod descriptor;
pub mod document;
pub mod json;
pub mod media_type;
pub mod platform;
pub mod schema1;
pub mod spelling;

use std::sync::Arc;

use crate::digest::Digest;
use crate::identify::Identity;
use crate::layer::decode::Decoded;
use crate::pair::Side;
use descriptor::Descriptor;
use document::Document;
use platform::Platform;

/// An image as far as it was read. What could not be read is said in [`Image::trouble`].
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// The reference as typed.
    pub reference: String,
    /// What it was read from: `OCI layout`, `docker archive`, ….
    pub source: &'static str,
    /// What people should know of how its source keeps images, one sentence each.
    pub remarks: Vec<String>,
    /// Whether it is what a store has kept of an image that it unpacked.
    pub unpacked: bool,
    /// Which kind of thing it is.
    pub shape: Shape,
    /// The indexes from the top to the chosen manifest.
    pub indexes: Vec<Document>,
    /// Every child that the indexes name, nested ones in their place, attestations included.
    pub children: Vec<Descriptor>,
    /// With `--all-platforms`: the children that are compared one by one.
    pub compared_children: Vec<Digest>,
    /// The manifest, where there is one.
    pub manifest: Option<Document>,
    /// The descriptor of the config in the manifest.
    pub config_descriptor: Option<Descriptor>,
    /// The config; for schema 1 and V1 the newest layer's JSON.
    pub config: Option<Document>,
    /// For schema 1 and V1: the JSON of the layers below the newest, oldest first.
    pub ancestors: Vec<Document>,
    /// The layers, oldest first.
    pub layers: Vec<Layer>,
    /// The platform of the chosen manifest or of the config.
    pub platform: Option<Platform>,
    /// Where it contradicts itself.
    pub contradictions: Vec<Contradiction>,
    /// What could not be read or trusted.
    pub trouble: Vec<Trouble>,
}

/// What an image was found as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Documents and blobs named by digests.
    #[default]
    Registry,
    /// A classic `docker save`: config and layers, no manifest document.
    DockerArchive,
    /// A V1 archive without `manifest.json`.
    V1,
    /// One layer blob.
    Blob,
    /// One JSON document without the blobs it names.
    Json,
}

/// One layer of an image.
#[derive(Debug, Clone)]
pub struct Layer {
    /// 0-based position, oldest first.
    pub index: usize,
    /// Media type as declared.
    pub media_type: Option<String>,
    /// Digest by which it is named, if it is.
    pub digest: Option<Digest>,
    /// Size of the blob in bytes, declared or found.
    pub size: Option<u64>,
    /// The member of an archive that holds it, where no digest names it.
    pub member: Option<String>,
    /// What the config declares as its uncompressed digest.
    pub declared_diff_id: Option<Digest>,
    /// What was read of it.
    pub decoded: Option<Arc<Decoded>>,
    /// Who compressed it, if that was looked into.
    pub encoder: Option<Arc<Identity>>,
    /// Whether its blob is not there; foreign layers need not be.
    pub absent: bool,
    /// Whether schema 1 marks it as a step that made no layer.
    pub throwaway: bool,
    /// Whether it was not opened since its declared diff ID was believed (`--fast`).
    pub believed: bool,
    /// The history entry that made it: `created_by`.
    pub created_by: Option<String>,
}

impl Layer {
    /// The recomputed diff ID, if the layer was opened and read to its end.
    pub fn diff_id(&self) -> Option<Digest> {
        self.decoded.as_ref().filter(|decoded| decoded.trouble.is_none()).map(|decoded| decoded.diff_id)
    }

    /// The walked tar, if it was walked.
    pub fn tar(&self) -> Option<&crate::layer::tar::Tar> {
        self.decoded.as_ref().and_then(|decoded| decoded.tar.as_ref())
    }

    /// How findings name it: 1-based.
    pub fn name(&self) -> String {
        format!("layer {}", self.index + 1)
    }
}

/// Something that an image says of itself and its bytes deny. Not trouble: the bytes are readable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Contradiction {
    /// Which kind; each is a cause of the group `integrity`.
    pub kind: ContradictionKind,
    /// Layer position, where it is of a layer.
    pub layer: Option<usize>,
    /// What is promised.
    pub declared: String,
    /// What is found.
    pub found: String,
}

/// The kinds of contradiction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContradictionKind {
    /// The declared media type and the bytes disagree on the compression.
    MediaType,
    /// The config's diff ID is not the digest of the uncompressed bytes.
    DiffId,
    /// The history has another number of layers than the manifest.
    HistoryLayers,
    /// The tar has oddities.
    Tar,
    /// Bytes behind the end of the compressed stream or of the tar.
    TrailingData,
}

/// Something that keeps a verdict from being trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which side; filled in by the comparison.
    pub side: Option<Side>,
    /// The integrity cause, where there is one.
    pub cause: Option<&'static str>,
    /// One sentence.
    pub message: String,
    /// Layer position, where it is of a layer.
    pub layer: Option<usize>,
}

impl Trouble {
    /// Trouble in one sentence, of no particular cause.
    pub fn new(message: impl Into<String>) -> Self {
        Trouble { side: None, cause: None, message: message.into(), layer: None }
    }
}

impl Image {
    /// The top document: the outermost index, else the manifest.
    pub fn top(&self) -> Option<&Document> {
        match self.shape {
            Shape::Registry => self.indexes.first().or(self.manifest.as_ref()),
            Shape::Json => self.indexes.first().or(self.manifest.as_ref()).or(self.config.as_ref()),
            Shape::DockerArchive | Shape::V1 | Shape::Blob => None,
        }
    }

    /// What a registry stores for it: manifest, config and layer blobs; `None` if a size is not known.
    pub fn stored_size(&self) -> Option<u64> {
        let own_config = match self.shape {
            Shape::Json => return self.top().map(|document| document.raw.len() as u64),
            Shape::Blob => 0,
            Shape::V1 => self.config.as_ref().map_or(0, |config| config.raw.len() as u64),
            Shape::Registry if self.manifest.is_none() => return None,
            Shape::Registry | Shape::DockerArchive => match (&self.config_descriptor, &self.config) {
                (Some(descriptor), _) if descriptor.size.is_some() => descriptor.size.unwrap_or_default(),
                (None, _) if self.is_schema1() => 0,
                (_, Some(config)) => config.raw.len() as u64,
                _ => 0,
            },
        };
        let manifest = self.manifest.as_ref().map_or(0, |manifest| manifest.raw.len() as u64);
        let mut sum = manifest.checked_add(own_config)?;
        for layer in &self.layers {
            sum = sum.checked_add(layer.size?)?;
        }
        Some(sum)
    }

    /// Whether the manifest is schema 1, whose config is a string inside it.
    pub fn is_schema1(&self) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| matches!(manifest.kind, document::Kind::Schema1 { .. }))
    }

    /// Digest of the config document, where the image has one.
    pub fn image_id(&self) -> Option<Digest> {
        if self.is_schema1() || self.shape == Shape::V1 {
            return None;
        }
        self.config_descriptor
            .as_ref()
            .map(|descriptor| descriptor.digest)
            .or_else(|| self.config.as_ref().map(|config| config.digest))
    }

    /// What it is, in the words people use.
    pub fn form(&self) -> String {
        match self.shape {
            Shape::DockerArchive if self.unpacked => "config and unpacked layers".into(),
            Shape::DockerArchive => "classic docker save".into(),
            Shape::V1 => "Docker V1 archive".into(),
            Shape::Blob => "layer blob".into(),
            Shape::Registry | Shape::Json => self.top().map_or_else(|| "image".into(), Document::form),
        }
    }
}
