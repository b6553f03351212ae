//! A tar as a lossless model: every byte of the stream is a named field of it.
//!
//! File contents are kept as offset, length and digest, so that memory is bounded by the entry
//! list; everything else is kept as written. [`write::write`] gives the same bytes back.
//! Formats: V7, POSIX ustar and pax (IEEE Std 1003.1), GNU tar's (`tar.texi`, "Basic Tar Format").

mod draft;
pub mod header;
mod meaning;
pub mod number;
pub mod pax;
pub mod read;
mod sparse;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod write;

use crate::digest::Digest;
use crate::layer::entry::Attributes;
pub use header::{Dialect, Header, HeaderField};
pub use pax::PaxRecord;

/// The size of a tar block in bytes.
pub const BLOCK: usize = 512;

/// A whole tar stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tar {
    /// Entries in the order of the stream.
    pub entries: Vec<Entry>,
    /// Global PAX headers after the last entry and the end of the archive.
    pub trailer: Trailer,
    /// What was odd, in the order of the stream.
    pub anomalies: Vec<Anomaly>,
    /// Length of the stream in bytes.
    pub size: u64,
}

/// One entry: its extension headers, its header, its content and the padding after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where its first byte (of its first extension header) stands in the stream.
    pub offset: u64,
    /// Extension headers in front of it, in order, global ones included.
    pub extensions: Vec<Extension>,
    /// Its own header block.
    pub header: Header,
    /// Old GNU sparse extension blocks behind the header.
    pub sparse_headers: Vec<Header>,
    /// Its content as stored (a sparse file's holes are not; a PAX 1.0 sparse map is).
    pub content: Content,
    /// The bytes that fill the content's last block.
    pub padding: Padding,
    /// What all this means.
    pub attributes: Attributes,
}

/// An extension header: a header block, a body, padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which kind.
    pub kind: ExtensionKind,
    /// Its header block.
    pub header: Header,
    /// Its body as written. PAX records are read from it with [`pax::records`].
    pub body: Vec<u8>,
    /// The bytes that fill the body's last block.
    pub padding: Padding,
}

/// The kinds of extension header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtensionKind {
    /// `x` (and Solaris' `X`): PAX records for the next entry.
    Pax,
    /// `g`: PAX records for all following entries.
    PaxGlobal,
    /// `L`: GNU long name of the next entry.
    GnuLongName,
    /// `K`: GNU long link target of the next entry.
    GnuLongLink,
}

/// Stored content of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Where it begins in the stream.
    pub offset: u64,
    /// How many bytes are stored.
    pub length: u64,
    /// SHA-256 of the stored bytes; of nothing when `length` is 0.
    pub digest: Digest,
}

/// Fill up to the next block boundary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Padding {
    /// That many zero bytes (0 to 511).
    Zeros(u16),
    /// Bytes that are not all zero.
    Bytes(Box<[u8]>),
}

/// What follows the last entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trailer {
    /// Extension headers that no entry follows.
    pub extensions: Vec<Extension>,
    /// Zero bytes of the end-of-archive marker and of the blocking factor.
    pub zeros: u64,
    /// What stands after that: junk after the end, or everything from the first unreadable block on.
    pub rest: Option<Content>,
}

/// Something odd that was read without stopping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anomaly {
    /// Offset in the tar stream in bytes.
    pub offset: u64,
    /// What.
    pub kind: AnomalyKind,
}

/// The kinds of oddity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AnomalyKind {
    /// The header's checksum does not fit its bytes. The header is read all the same if it is
    /// otherwise plausible (a known magic); if not, the rest is [`Trailer::rest`].
    Checksum {
        /// What the field says.
        declared: Option<u64>,
        /// What the bytes add up to (unsigned).
        computed: u64,
    },
    /// A block that is no header at all; the rest of the stream is kept as [`Trailer::rest`].
    NotAHeader,
    /// The stream ends inside a header, an extension or content.
    Truncated {
        /// How many bytes were still expected.
        missing: u64,
    },
    /// The stream ends without a zero block, or with only one.
    EndMarker {
        /// Whole zero blocks found: 0 or 1.
        blocks: u8,
    },
    /// Bytes that are not zero after the end-of-archive marker.
    AfterEnd,
    /// A number field that is no number.
    Number(HeaderField),
    /// A PAX body that is not a sequence of records.
    Pax,
    /// A sparse map that contradicts itself or the entry's size.
    SparseMap,
    /// A sparse file whose holes would go beyond `--max-sparse`: its content has no digest.
    SparseTooLarge {
        /// Size of the file in bytes, holes included.
        size: u64,
    },
}
