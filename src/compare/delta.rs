//! Deltas: single typed differences at the leaves, with both values.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::digest::Digest;
use crate::image::ContradictionKind;
use crate::image::document::Part;
use crate::layer::entry::{Kind, Time};
use crate::layer::tar::HeaderField;
use crate::pair::Pair;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// Where.
    pub place: Place,
    /// Which field.
    pub field: Field,
    /// Its two values.
    pub values: Pair<Value>,
    /// Signed bytes that it adds to its document or uncompressed tar, `b − a`.
    pub bytes: i128,
    /// The tokens of the documents that it is of; empty for what is of no document.
    pub spots: Spots,
}

/// Places in the bytes of two documents.
pub type Spots = Vec<Spot>;

/// A token, value, object or whole document of either side, by where it stands in its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Of which pair of documents.
    pub document: DocumentRef,
    /// The bytes on each side; `None` where it is not there.
    pub spans: Pair<Option<Range<usize>>>,
}

/// One of the pairs of documents of two images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentRef {
    /// An index, counted from the outermost.
    Index(usize),
    /// The manifest.
    Manifest,
    /// The config.
    Config,
    /// The JSON of a layer below the newest (schema 1, V1), counted from the newest down, from 1.
    Ancestor(usize),
}

/// Where a delta is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The images as wholes.
    Image,
    /// One of the documents.
    Document(Part),
    /// A pair of layers, by row of the alignment.
    Layer {
        /// Position in [`crate::compare::Comparison::rows`].
        row: usize,
    },
    /// An entry of a layer.
    Entry {
        /// Position in [`crate::compare::Comparison::rows`].
        row: usize,
        /// The entry on each side.
        entry: Pair<Option<EntryRef>>,
        /// Normalised path.
        path: Arc<[u8]>,
    },
}

impl Place {
    /// The row, where it is of a layer.
    pub fn row(&self) -> Option<usize> {
        match self {
            Place::Layer { row } | Place::Entry { row, .. } => Some(*row),
            Place::Image | Place::Document(_) => None,
        }
    }
}

/// An entry by its layer and its position in that layer's tar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryRef {
    /// 0-based layer.
    pub layer: u32,
    /// 0-based entry.
    pub index: u32,
}

/// Which field differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    // --- images and documents
    /// An index against a single manifest.
    DocumentKind,
    /// Schema 1 against schema 2 or OCI.
    ManifestSchema,
    /// Signatures of schema 1.
    Signatures,
    /// A V1 archive without `manifest.json` against anything else.
    LegacyV1,
    /// An archive without a manifest document against an image that has one.
    NoManifest,
    /// A media type (of the document itself or of a descriptor in it), beyond its compression.
    MediaType(JsonPath),
    /// A JSON value.
    Json(JsonPath),
    /// How a document is spelt.
    Spelling(Spelling),
    /// The children of an index.
    Index(IndexField),
    // --- layers
    /// Compression algorithm.
    Compression,
    /// Compressed bytes of one algorithm: by an encoder or a level.
    Encoding(EncodingField),
    /// eStargz or zstd:chunked.
    LazyPull,
    /// Foreign layers' urls or media types.
    Foreign,
    /// A layer without entries on one side.
    EmptyLayer,
    /// The files are cut into layers otherwise.
    Boundaries,
    /// A blob that is no tar: an artifact's.
    Blob,
    /// The blobs of layers whose diff IDs were believed to be equal: nobody looked why they differ.
    NotOpened,
    /// A layer whose content could not be compared.
    Unreadable,
    /// The order of the entries, and how many stand elsewhere.
    Order {
        /// Entries outside the longest common order.
        moved: u64,
    },
    /// The end of the archive: zero blocks.
    Trailer,
    /// What an image says of itself and its bytes deny.
    Contradiction(ContradictionKind),
    // --- entries: what they mean
    /// There on one side only.
    Presence(Presence),
    /// File type.
    Kind,
    /// File bytes.
    Content,
    /// Target of a link.
    Link,
    /// The same links, another member holds the bytes.
    LinkHolder,
    /// Permission bits.
    Mode,
    /// File-type bits repeated in the mode field.
    ModeType,
    /// Owner.
    Uid,
    /// Group.
    Gid,
    /// Owner's name.
    Uname,
    /// Group's name.
    Gname,
    /// Modification time.
    Mtime,
    /// Access time.
    Atime,
    /// Change time.
    Ctime,
    /// An extended attribute.
    Xattr(Box<[u8]>),
    /// Major and minor number.
    Device,
    // --- entries: how they are spelt
    /// `./`, leading and trailing slashes.
    PathSpelling,
    /// Magic and version of the header, and what follows from the format.
    TarFormat(FormatField),
    /// How a number field is written.
    Number(HeaderField),
    /// Extended records, and the headers that hold them.
    Pax(PaxField),
    /// The fill of the last block.
    Padding,
    /// A sparse map or how it is written.
    Sparse,
    /// Any other header field.
    Header(HeaderField),
}

/// How an entry is there on one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Presence {
    /// Its path is on one side only.
    Path,
    /// Its path is written once more on one side.
    Duplicate,
    /// A directory that holds entries of both sides.
    Parent,
    /// A whiteout whose effect both sides have.
    Whiteout,
    /// The merged file systems agree on it: another layer holds it.
    OtherLayer,
}

/// How a document is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spelling {
    /// Indentation, white space.
    WhiteSpace,
    /// Order of keys.
    KeyOrder,
    /// Escapes in strings.
    Escapes,
    /// Spelling of numbers.
    Numbers,
    /// `null`, empty or `false` against absent or each other.
    Nothing,
    /// Duplicate keys.
    Duplicates,
    /// Anything else.
    Other,
}

/// The children of an index.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexField {
    /// An attestation that one side has, or that differs.
    Attestation,
    /// A platform that one side lacks.
    Platform,
    /// Order of the children.
    Order,
    /// Spelling of one platform.
    PlatformSpelling,
    /// A child that differs and was not compared.
    NotCompared,
    /// Nested against flat.
    Nesting,
}

/// What differs between two compressions of one tar by one algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EncodingField {
    /// Only the header of a gzip member.
    GzipHeader,
    /// The compressed bytes: another level by the same kind of encoder.
    Level,
    /// The compressed bytes: another encoder.
    Encoder,
    /// Members, frames or skippable frames are cut otherwise.
    Framing,
}

/// What follows from a tar format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FormatField {
    /// Magic and version.
    Magic,
    /// How a long name is written.
    Name,
    /// How a long link target is written.
    Linkname,
    /// `0` against NUL and the like.
    Typeflag,
}

/// Extended records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaxField {
    /// A record that changes nothing.
    Record(Box<[u8]>),
    /// Order of the records.
    Order,
    /// The extension header's own block.
    Header(HeaderField),
    /// Number and kind of extension headers.
    Headers,
    /// A body that is no sequence of records.
    Body,
}

/// A value of one side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Not there.
    Absent,
    /// Text or bytes.
    Text(Box<[u8]>),
    /// A number.
    Number(i128),
    /// A mode.
    Octal(u32),
    /// A point in time.
    Time(Time),
    /// A digest.
    Digest(Digest),
    /// A file type.
    Kind(Kind),
    /// JSON as written.
    Json(Box<str>),
}

impl Value {
    /// From a string.
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into().into_bytes().into())
    }

    /// From bytes.
    pub fn bytes(bytes: &[u8]) -> Value {
        Value::Text(bytes.into())
    }
}

/// A path into a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct JsonPath(pub Vec<Step>);

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A member of an object.
    Key(Box<[u8]>),
    /// An item of an array, by what tells it from the others.
    Item(String),
}

impl JsonPath {
    /// This path and a key.
    pub fn key(&self, key: &[u8]) -> JsonPath {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.into()));
        JsonPath(steps)
    }

    /// This path and an item.
    pub fn item(&self, item: impl Into<String>) -> JsonPath {
        let mut steps = self.0.clone();
        steps.push(Step::Item(item.into()));
        JsonPath(steps)
    }

    /// A path of keys.
    pub fn of(keys: &[&str]) -> JsonPath {
        JsonPath(keys.iter().map(|key| Step::Key(key.as_bytes().into())).collect())
    }

    /// Whether its first keys are `keys`; items of arrays are passed over.
    pub fn starts_with(&self, keys: &[&str]) -> bool {
        let mut own = self.0.iter().filter_map(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Item(_) => None,
        });
        keys.iter().all(|key| own.next() == Some(key.as_bytes()))
    }

    /// The last key.
    pub fn last_key(&self) -> Option<&[u8]> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(&**key),
            Step::Item(_) => None,
        })
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(whole document)");
        }
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    let shown = crate::text::shown(key);
                    if shown.contains(['.', ' ', '"']) { write!(f, "{shown:?}")? } else { f.write_str(&shown)? }
                }
                Step::Item(item) => write!(f, "[{item}]")?,
            }
        }
        Ok(())
    }
}
