//! What a case may say of a tar entry, and of the way a whole layer writes its entries.
//! It refuses to check sense: a case may ask for entries that no sane writer writes.

use super::content::Content;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// Takes the entry out of this side.
    pub absent: bool,
    /// Entries are written in the order of (rank, key): a higher rank moves one towards the end.
    pub rank: i64,
    /// Absent: the key of the table. Directories get their slash from the style.
    pub path: Option<String>,
    pub path_hex: Option<String>,
    /// file, dir, symlink, hardlink, char, block, fifo, contiguous, or nothing for a file.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// The type flag as written, where it is not the kind's own.
    pub flag: Option<String>,
    /// Octal, as in `0644`.
    pub mode: Option<String>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub uname: Option<String>,
    pub gname: Option<String>,
    pub mtime: Option<Time>,
    pub atime: Option<Time>,
    pub ctime: Option<Time>,
    pub link: Option<String>,
    pub link_hex: Option<String>,
    pub major: i64,
    pub minor: i64,
    pub content: Content,
    pub xattrs: BTreeMap<String, Content>,
    /// PAX records beyond those that the fields above need, in this order.
    pub pax: Vec<[String; 2]>,
    /// The bytes of the whole PAX header's data, where records are to be malformed.
    pub pax_bytes: Option<Content>,
    pub sparse: Option<Sparse>,
    /// The size field's value, where it is not the content's.
    pub size: Option<i64>,
    /// Header bytes overwritten before the checksum is taken: offset → hexadecimal digits.
    pub patch: BTreeMap<String, String>,
    /// The checksum field as written, eight bytes at most.
    pub checksum: Option<String>,
    pub style: Style,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    File,
    Dir,
    Symlink,
    Hardlink,
    Char,
    Block,
    Fifo,
    Contiguous,
}

impl Kind {
    pub fn flag(self) -> u8 {
        match self {
            Kind::File => b'0',
            Kind::Hardlink => b'1',
            Kind::Symlink => b'2',
            Kind::Char => b'3',
            Kind::Block => b'4',
            Kind::Dir => b'5',
            Kind::Fifo => b'6',
            Kind::Contiguous => b'7',
        }
    }

    pub fn mode(self) -> u64 {
        match self {
            Kind::Dir => 0o755,
            Kind::Symlink => 0o777,
            _ => 0o644,
        }
    }

    pub fn type_bits(self) -> u64 {
        match self {
            Kind::File | Kind::Hardlink | Kind::Contiguous => 0o100000,
            Kind::Dir => 0o040000,
            Kind::Symlink => 0o120000,
            Kind::Char => 0o020000,
            Kind::Block => 0o060000,
            Kind::Fifo => 0o010000,
        }
    }
}

/// Seconds, or seconds with a fraction as PAX writes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Time {
    Seconds(i64),
    Exact(String),
}

impl Time {
    pub fn seconds(&self) -> i64 {
        match self {
            Time::Seconds(seconds) => *seconds,
            Time::Exact(text) => {
                let whole = text.split('.').next().expect("a split has a first part");
                whole.parse().unwrap_or_else(|_| panic!("{text} is no time"))
            }
        }
    }

    pub fn record(&self) -> String {
        match self {
            Time::Seconds(seconds) => seconds.to_string(),
            Time::Exact(text) => text.clone(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sparse {
    /// `gnu` (type S, map in the header), `0.0`, `0.1` or `1.0` (PAX).
    pub kind: String,
    /// The size with the holes; `content` holds only the pieces, one after another.
    pub size: i64,
    /// Offset and length of each piece.
    pub map: Vec<[i64; 2]>,
}

/// How entries are written; a layer sets it for all of its entries, an entry for itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Style {
    /// v7, ustar (also the one that PAX uses) or gnu.
    pub format: Option<Format>,
    /// How names that do not fit are written: `prefix` (and PAX where that fails), `pax` or `gnu`.
    pub long_names: Option<LongNames>,
    pub number: Option<Number>,
    /// File-type bits repeated in the mode field.
    pub type_bits: Option<bool>,
    /// What stands before every path: `./` or `/`.
    pub before_path: Option<String>,
    /// `false`: directories are written without their slash.
    pub dir_slash: Option<bool>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub uname: Option<String>,
    pub gname: Option<String>,
    pub mtime: Option<Time>,
    /// `SCHILY` (plain) or `LIBARCHIVE` (base64).
    pub xattr_family: Option<String>,
    /// PAX records in reverse order; else they are sorted, as Go does it.
    pub pax_reversed: Option<bool>,
    /// The checksum as seven digits and NUL, as pre-POSIX tars wrote it; else six digits, NUL and blank.
    pub seven_digit_checksum: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    V7,
    Ustar,
    Gnu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LongNames {
    Prefix,
    Pax,
    Gnu,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Number {
    /// Zeros, digits, NUL: what Go and GNU tar write.
    OctalNul,
    /// Zeros, digits, blank.
    OctalSpace,
    /// Zeros, one digit fewer, blank, NUL.
    OctalSpaceNul,
    /// Blanks, digits, NUL.
    OctalBlankPadded,
    /// Digits to the last byte.
    OctalFull,
    /// GNU's binary form.
    Base256,
}

impl Style {
    /// This style, and where it says nothing the other's.
    pub fn or(&self, other: &Style) -> Style {
        Style {
            format: self.format.or(other.format),
            long_names: self.long_names.or(other.long_names),
            number: self.number.or(other.number),
            type_bits: self.type_bits.or(other.type_bits),
            before_path: self.before_path.clone().or_else(|| other.before_path.clone()),
            dir_slash: self.dir_slash.or(other.dir_slash),
            uid: self.uid.or(other.uid),
            gid: self.gid.or(other.gid),
            uname: self.uname.clone().or_else(|| other.uname.clone()),
            gname: self.gname.clone().or_else(|| other.gname.clone()),
            mtime: self.mtime.clone().or_else(|| other.mtime.clone()),
            xattr_family: self.xattr_family.clone().or_else(|| other.xattr_family.clone()),
            pax_reversed: self.pax_reversed.or(other.pax_reversed),
            seven_digit_checksum: self.seven_digit_checksum.or(other.seven_digit_checksum),
        }
    }
}
