//! A document: its bytes, its JSON tree, and what kind of document it is.

use std::sync::Arc;

use crate::digest::Digest;
use crate::image::json::{self, Json, JsonError, Node};
use crate::image::media_type::{self, Family, Role};
use crate::image::schema1;
use crate::image::spelling::Layout;

/// What a document is, by its content first and its declared media type second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Docker manifest list or OCI index.
    Index,
    /// Docker schema 2 or OCI manifest.
    Manifest,
    /// Docker V2 schema 1, signed or not.
    Schema1 {
        /// Whether it carries JWS signatures.
        signed: bool,
    },
    /// Image configuration.
    Config,
    /// The `json` of one image of a V1 archive.
    V1,
    /// JSON of no kind that images have.
    Other,
}

/// The part a document plays in an image; also how findings name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The index.
    Index,
    /// The manifest.
    Manifest,
    /// The config.
    Config,
    /// A JSON document of no kind that images have.
    Json,
}

impl Part {
    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            Part::Index => "index",
            Part::Manifest => "manifest",
            Part::Config => "config",
            Part::Json => "document",
        }
    }
}

/// One document.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file or blob it was read from, for messages.
    pub name: String,
    /// Its bytes.
    pub raw: Arc<[u8]>,
    /// Digest of its bytes; of the payload for signed schema 1.
    pub digest: Digest,
    /// Its tree.
    pub root: Node,
    /// Its white space.
    pub layout: Layout,
    /// What it is.
    pub kind: Kind,
    /// The media type of the descriptor that named it.
    pub declared_media_type: Option<String>,
    /// What keeps a signed payload from being rebuilt.
    pub signature_problem: Option<String>,
}

impl Document {
    /// Reads a document. `declared` is the media type of the descriptor that names it.
    pub fn read(name: String, raw: Vec<u8>, declared: Option<String>, depth: usize) -> Result<Document, JsonError> {
        let root = json::parse(&raw, depth)?;
        let kind = kind_of(&root, declared.as_deref());
        let mut digest = Digest::sha256(&raw);
        let mut signature_problem = None;
        if matches!(kind, Kind::Schema1 { .. }) {
            match schema1::payload(&raw, &root) {
                Some(Ok(payload)) => digest = Digest::sha256(&payload),
                Some(Err(problem)) => signature_problem = Some(problem),
                None => {}
            }
        }
        let layout = Layout::of(&raw, &root);
        Ok(Document {
            name,
            raw: raw.into(),
            digest,
            root,
            layout,
            kind,
            declared_media_type: declared,
            signature_problem,
        })
    }

    /// The same document with the digest by which its descriptor names it, once its bytes were checked against it.
    pub fn named_by(mut self, digest: Digest) -> Document {
        self.digest = digest;
        self
    }

    /// The `mediaType` that it carries itself.
    pub fn media_type_field(&self) -> Option<&str> {
        self.root.value.get("mediaType").and_then(|node| node.value.as_str())
    }

    /// Its media type: its own, else its descriptor's, else what its content says.
    pub fn media_type(&self) -> Option<String> {
        if let Some(own) = self.media_type_field() {
            return Some(own.to_owned());
        }
        if let Some(declared) = &self.declared_media_type {
            return Some(declared.clone());
        }
        let by_content = match self.kind {
            Kind::Index => media_type::OCI_INDEX,
            Kind::Manifest => media_type::OCI_MANIFEST,
            Kind::Schema1 { signed: true } => media_type::SCHEMA1_SIGNED,
            Kind::Schema1 { signed: false } => media_type::SCHEMA1,
            Kind::Config | Kind::V1 | Kind::Other => return None,
        };
        Some(by_content.to_owned())
    }

    /// What it is, in the words people use.
    pub fn form(&self) -> String {
        let family = self.media_type().and_then(|media_type| media_type::parts(&media_type).family);
        let words = match (self.kind, family) {
            (Kind::Index, Some(Family::Docker)) => "Docker manifest list",
            (Kind::Index, _) => "OCI index",
            (Kind::Manifest, Some(Family::Docker)) => "Docker schema 2",
            (Kind::Manifest, _) if self.root.value.get("artifactType").is_some() => "OCI artifact",
            (Kind::Manifest, _) => "OCI manifest",
            (Kind::Schema1 { signed: true }, _) => "Docker schema 1, signed",
            (Kind::Schema1 { signed: false }, _) => "Docker schema 1",
            (Kind::Config, _) => "image config",
            (Kind::V1, _) => "Docker V1 image",
            (Kind::Other, _) => "JSON document",
        };
        words.to_owned()
    }

    /// The part it plays.
    pub fn part(&self) -> Part {
        match self.kind {
            Kind::Index => Part::Index,
            Kind::Manifest | Kind::Schema1 { .. } => Part::Manifest,
            Kind::Config | Kind::V1 => Part::Config,
            Kind::Other => Part::Json,
        }
    }
}

fn kind_of(root: &Node, declared: Option<&str>) -> Kind {
    let has_array = |key: &str| root.value.get(key).is_some_and(|node| matches!(node.value, Json::Array(_)));
    let has_object = |key: &str| root.value.get(key).is_some_and(|node| matches!(node.value, Json::Object(_)));
    let signed = || root.value.get("signatures").is_some_and(|node| !node.value.items().is_empty());
    if has_array("manifests") {
        return Kind::Index;
    }
    if has_array("fsLayers") {
        return Kind::Schema1 { signed: signed() };
    }
    if has_array("layers")
        || (has_object("config") && root.value.get("config").is_some_and(|node| node.value.get("digest").is_some()))
    {
        return Kind::Manifest;
    }
    if has_object("rootfs") {
        return Kind::Config;
    }
    let own = root.value.get("mediaType").and_then(|node| node.value.as_str());
    match own.or(declared).map(|media_type| media_type::parts(media_type).role) {
        Some(Role::Index) => Kind::Index,
        Some(Role::Manifest) => Kind::Manifest,
        Some(Role::Schema1) => Kind::Schema1 { signed: signed() },
        Some(Role::Config) => Kind::Config,
        _ if root.value.get("architecture").is_some() && root.value.get("os").is_some() => Kind::Config,
        _ => Kind::Other,
    }
}
