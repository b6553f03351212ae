//! The bytes that a report rests on, for whoever wants to see them: documents and headers, never
//! the contents of files.

use crate::digest::Digest;
use crate::origin::Origin;
use crate::pair::Pair;

/// What was kept; empty unless it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exhibits {
    /// The documents of both images, from the top down.
    pub documents: Vec<DocumentExhibit>,
    /// Headers that differ, the first few of each cause.
    pub headers: Vec<HeaderExhibit>,
    /// How to reach the bytes of each side without this program.
    pub obtained: Pair<Obtained>,
}

/// Where an image was read, and what its documents and layers are called there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Obtained {
    /// The place.
    pub origin: Origin,
    /// The documents from the top down, then the layers that were opened, oldest first.
    pub pieces: Vec<Piece>,
}

/// A document or a layer that can be reached on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// `index`, `manifest`, `config`, `layer 2`.
    pub name: String,
    /// What it is called where it is, if a path names it there.
    pub place: Option<String>,
    /// Its media type, where it has or is given one.
    pub media_type: Option<String>,
    /// The digest of its bytes as they are stored.
    pub digest: Digest,
    /// Of a signed schema 1 manifest: the digest of what is signed, which names it.
    pub payload: Option<Digest>,
    /// `gzip`, `zstd` or `none` of a layer.
    pub compression: Option<&'static str>,
    /// The digest of what a layer unpacks to.
    pub diff_id: Option<Digest>,
}

/// A document of each side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentExhibit {
    /// The part it plays: `index`, `manifest`, `config`.
    pub part: &'static str,
    /// The documents.
    pub sides: Pair<Option<DocumentBody>>,
}

/// A document as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentBody {
    /// Its media type, where it has or is given one.
    pub media_type: Option<String>,
    /// The digest that names it.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A header of each side whose bytes differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderExhibit {
    /// The cause that claims it.
    pub cause: Option<&'static str>,
    /// Which: `layer 2: etc/motd`.
    pub place: String,
    /// What kind: `tar header`, `gzip header`.
    pub kind: &'static str,
    /// Where it begins in the tar or in the blob, in bytes.
    pub offset: Pair<Option<u64>>,
    /// The header as written.
    pub bytes: Pair<Option<Vec<u8>>>,
    /// The fields that differ.
    pub fields: Vec<FieldExhibit>,
}

/// A field whose bytes differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldExhibit {
    /// Its name: `mtime`.
    pub name: String,
    /// Where it begins in the header, in bytes.
    pub offset: Pair<usize>,
    /// Its bytes.
    pub bytes: Pair<Vec<u8>>,
    /// What they mean.
    pub meaning: Pair<String>,
}
