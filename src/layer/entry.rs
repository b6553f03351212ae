//! What a tar entry means: the file an extractor would make of it.
//!
//! The spelling of these values (which header field or PAX record said so, and how) is in
//! [`crate::layer::tar`]; two entries may mean the same file and be spelt differently.

use std::collections::BTreeMap;

use crate::digest::Digest;

/// The type of a file, after POSIX pax `typeflag`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `0`, NUL, `7` (contiguous) and GNU `S` (sparse).
    File,
    /// `1`: another name of an earlier entry.
    Hardlink,
    /// `2`
    Symlink,
    /// `3`
    CharDevice,
    /// `4`
    BlockDevice,
    /// `5`
    Directory,
    /// `6`
    Fifo,
    /// Any other type flag.
    Other(u8),
}

/// Seconds and nanoseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time {
    /// Whole seconds; negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999, counted forward from `seconds`.
    pub nanoseconds: u32,
}

/// What an extractor would make of one entry. Bytes are as written, never normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes {
    /// The path as written (with `./`, leading and trailing slashes), after PAX and GNU long names.
    pub path: Box<[u8]>,
    /// File type. A type flag `0` with a trailing slash in the name is a directory (V7 habit).
    pub kind: Kind,
    /// The whole mode field, file-type bits included if they were written.
    pub mode: u32,
    /// Owner.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Owner's name; empty where none is written.
    pub uname: Box<[u8]>,
    /// Group's name; empty where none is written.
    pub gname: Box<[u8]>,
    /// Modification time.
    pub mtime: Time,
    /// Access time, where an extension or a GNU header carries it.
    pub atime: Option<Time>,
    /// Change time, likewise.
    pub ctime: Option<Time>,
    /// Target of a symbolic or hard link, as written.
    pub link: Option<Box<[u8]>>,
    /// Major and minor of a device node.
    pub device: Option<(u64, u64)>,
    /// Extended attributes by their name (`security.capability`), whichever record family said so.
    pub xattrs: BTreeMap<Box<[u8]>, Box<[u8]>>,
    /// Size of the file in bytes, holes of a sparse file included.
    pub size: u64,
    /// Digest of the file's bytes, holes included, for [`Kind::File`]; the digest of nothing for an empty one.
    pub content: Option<Digest>,
}
