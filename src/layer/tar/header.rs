//! The 512 bytes of a tar header: kept as written, named field by field.
//!
//! Layouts: V7 (`tar(5)` of the Seventh Edition), ustar (IEEE Std 1003.1, pax, "ustar Interchange
//! Format"), GNU (`tar.h` of GNU tar: `struct header_old_gnu`, `struct sparse_header`).
//! Refuses to interpret: what the values mean is in [`super::number`] and [`super::read`].

use std::fmt;
use std::ops::Range;

use super::BLOCK;

/// One header block, byte for byte, with its runs of zeros elided: a layer has as many of these
/// as it has entries, and three quarters of each are zeros.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// Groups of (number of literal bytes, those bytes, number of zeros); zeros at the end of the
    /// block are not written. One block has one packing, so that equality is that of the blocks.
    packed: Box<[u8]>,
}

/// Which layout a header has, by its magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// No magic: zeros where ustar has `magic` and `version`.
    V7,
    /// Magic `ustar` NUL, whatever the version says (POSIX asks for `00`).
    Ustar,
    /// Magic and version together `ustar`, two spaces, NUL.
    Gnu,
    /// Any other magic: only the fields that all dialects share are known.
    Other,
}

impl Dialect {
    /// As a person names it.
    pub fn name(self) -> &'static str {
        match self {
            Dialect::V7 => "v7",
            Dialect::Ustar => "ustar",
            Dialect::Gnu => "gnu",
            Dialect::Other => "unknown",
        }
    }

    /// The dialect of a header block.
    pub fn of(block: &[u8; BLOCK]) -> Self {
        match &block[257..265] {
            b"ustar  \0" => Dialect::Gnu,
            [b'u', b's', b't', b'a', b'r', 0, ..] => Dialect::Ustar,
            [0, 0, 0, 0, 0, 0, 0, 0] => Dialect::V7,
            _ => Dialect::Other,
        }
    }
}

/// A byte range of a header block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeaderField {
    /// File name, or its last part where there is a prefix.
    Name,
    /// Permission bits, and file-type bits where a writer added them.
    Mode,
    /// Owner's number.
    Uid,
    /// Group's number.
    Gid,
    /// Bytes stored behind the header.
    Size,
    /// Modification time, seconds since 1970.
    Mtime,
    /// Sum of the header's bytes, this field taken as spaces.
    Checksum,
    /// File type.
    Typeflag,
    /// Target of a link.
    Linkname,
    /// `ustar`.
    Magic,
    /// `00`, or GNU's space and NUL.
    Version,
    /// Owner's name.
    Uname,
    /// Group's name.
    Gname,
    /// Device major.
    Devmajor,
    /// Device minor.
    Devminor,
    /// ustar: the first part of a long name.
    Prefix,
    /// GNU: access time.
    Atime,
    /// GNU: change time.
    Ctime,
    /// GNU: offset of this part of a file that spans volumes.
    Offset,
    /// GNU: never used.
    Longnames,
    /// GNU: never used.
    Unused,
    /// GNU: offset and length of pieces of a sparse file.
    SparseMap,
    /// GNU: whether a block with more of the sparse map follows.
    IsExtended,
    /// GNU: size of a sparse file, holes included.
    RealSize,
    /// What no field of the layout covers.
    Padding,
    /// V7: everything behind the link name.
    V7Rest,
}

type Field = (HeaderField, usize, usize);

const SHARED: [Field; 9] = [
    (HeaderField::Name, 0, 100),
    (HeaderField::Mode, 100, 8),
    (HeaderField::Uid, 108, 8),
    (HeaderField::Gid, 116, 8),
    (HeaderField::Size, 124, 12),
    (HeaderField::Mtime, 136, 12),
    (HeaderField::Checksum, 148, 8),
    (HeaderField::Typeflag, 156, 1),
    (HeaderField::Linkname, 157, 100),
];

const MODERN: [Field; 6] = [
    (HeaderField::Magic, 257, 6),
    (HeaderField::Version, 263, 2),
    (HeaderField::Uname, 265, 32),
    (HeaderField::Gname, 297, 32),
    (HeaderField::Devmajor, 329, 8),
    (HeaderField::Devminor, 337, 8),
];

const V7: [Field; 10] = joined(&[&SHARED, &[(HeaderField::V7Rest, 257, 255)]]);

const OTHER: [Field; 12] = joined(&[
    &SHARED,
    &[(HeaderField::Magic, 257, 6), (HeaderField::Version, 263, 2), (HeaderField::V7Rest, 265, 247)],
]);

const USTAR: [Field; 17] =
    joined(&[&SHARED, &MODERN, &[(HeaderField::Prefix, 345, 155), (HeaderField::Padding, 500, 12)]]);

const GNU: [Field; 24] = joined(&[
    &SHARED,
    &MODERN,
    &[
        (HeaderField::Atime, 345, 12),
        (HeaderField::Ctime, 357, 12),
        (HeaderField::Offset, 369, 12),
        (HeaderField::Longnames, 381, 4),
        (HeaderField::Unused, 385, 1),
        (HeaderField::SparseMap, 386, 96),
        (HeaderField::IsExtended, 482, 1),
        (HeaderField::RealSize, 483, 12),
        (HeaderField::Padding, 495, 17),
    ],
]);

const SPARSE: [Field; 3] =
    [(HeaderField::SparseMap, 0, 504), (HeaderField::IsExtended, 504, 1), (HeaderField::Padding, 505, 7)];

const fn joined<const N: usize>(parts: &[&[Field]]) -> [Field; N] {
    let mut out = [(HeaderField::Padding, 0, 0); N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            out[at] = parts[part][i];
            at += 1;
            i += 1;
        }
        part += 1;
    }
    assert!(at == N, "the array is as long as its parts");
    out
}

impl HeaderField {
    /// The fields of a header of `dialect` as (field, offset, length), in order; they cover the
    /// block without gap or overlap.
    pub fn fields(dialect: Dialect) -> &'static [(HeaderField, usize, usize)] {
        match dialect {
            Dialect::V7 => &V7,
            Dialect::Ustar => &USTAR,
            Dialect::Gnu => &GNU,
            Dialect::Other => &OTHER,
        }
    }

    /// The fields of an old GNU sparse extension block ([`super::Entry::sparse_headers`]).
    pub fn sparse_fields() -> &'static [(HeaderField, usize, usize)] {
        &SPARSE
    }

    /// Where the field is in a header of `dialect`, if it has one.
    pub fn range(self, dialect: Dialect) -> Option<Range<usize>> {
        let fields = Self::fields(dialect);
        let (_, offset, length) = fields.iter().find(|(field, ..)| *field == self)?;
        Some(*offset..offset + length)
    }

    /// Whether the field holds one number.
    pub fn is_number(self) -> bool {
        use HeaderField as F;
        matches!(self, F::Mode | F::Uid | F::Gid | F::Size | F::Mtime | F::Checksum)
            || matches!(self, F::Devmajor | F::Devminor | F::Atime | F::Ctime | F::Offset | F::RealSize)
    }

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            HeaderField::Name => "name",
            HeaderField::Mode => "mode",
            HeaderField::Uid => "uid",
            HeaderField::Gid => "gid",
            HeaderField::Size => "size",
            HeaderField::Mtime => "mtime",
            HeaderField::Checksum => "checksum",
            HeaderField::Typeflag => "typeflag",
            HeaderField::Linkname => "linkname",
            HeaderField::Magic => "magic",
            HeaderField::Version => "version",
            HeaderField::Uname => "uname",
            HeaderField::Gname => "gname",
            HeaderField::Devmajor => "devmajor",
            HeaderField::Devminor => "devminor",
            HeaderField::Prefix => "prefix",
            HeaderField::Atime => "atime",
            HeaderField::Ctime => "ctime",
            HeaderField::Offset => "offset",
            HeaderField::Longnames => "longnames",
            HeaderField::Unused => "unused",
            HeaderField::SparseMap => "sparse map",
            HeaderField::IsExtended => "isextended",
            HeaderField::RealSize => "realsize",
            HeaderField::Padding => "padding",
            HeaderField::V7Rest => "rest",
        }
    }
}

impl Header {
    /// Packs a block.
    pub fn from_block(block: &[u8; BLOCK]) -> Self {
        let end = block.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
        let mut packed = Vec::with_capacity(BLOCK / 2);
        let mut at = 0;
        while at < end {
            let start = at;
            // A shorter run of zeros costs less as literals than as a new group.
            while at < end && at - start < 255 && block[at..].iter().take(3).any(|b| *b != 0) {
                at += 1;
            }
            let zeros = block[at..end].iter().take(255).take_while(|b| **b == 0);
            let zeros = zeros.count();
            packed.push((at - start) as u8);
            packed.extend_from_slice(&block[start..at]);
            packed.push(zeros as u8);
            at += zeros;
        }
        Header { packed: packed.into_boxed_slice() }
    }

    /// The block as it was written.
    pub fn block(&self) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let mut rest = &self.packed[..];
        let mut at = 0;
        while let Some((&literals, after)) = rest.split_first() {
            let literals = usize::from(literals);
            block[at..at + literals].copy_from_slice(&after[..literals]);
            at += literals + usize::from(after[literals]);
            rest = &after[literals + 1..];
        }
        block
    }

    /// The layout, by the magic.
    pub fn dialect(&self) -> Dialect {
        Dialect::of(&self.block())
    }

    /// The bytes of a field as written; empty where the header's dialect has no such field.
    pub fn field(&self, field: HeaderField) -> Vec<u8> {
        let block = self.block();
        let range = field.range(Dialect::of(&block));
        range.map_or_else(Vec::new, |range| block[range].to_vec())
    }

    /// How many bytes of memory the packed block takes.
    pub fn kept(&self) -> usize {
        size_of::<Self>() + self.packed.len()
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block = self.block();
        let dialect = Dialect::of(&block);
        let mut fields = f.debug_struct(dialect.name());
        for &(field, offset, length) in HeaderField::fields(dialect) {
            let bytes = &block[offset..offset + length];
            if bytes.iter().any(|b| *b != 0) {
                fields.field(field.name(), &crate::text::shown(c_string(bytes)));
            }
        }
        fields.finish()
    }
}

/// Whether `block` is a header by its checksum.
pub(crate) fn is_header(block: &[u8; BLOCK]) -> bool {
    let (unsigned, signed) = checksums(block);
    let declared = super::number::value(&block[148..156]).0;
    declared == Some(i128::from(unsigned)) || declared == Some(i128::from(signed))
}

/// The sums of a header's bytes, unsigned and signed; see [`checksums`].
pub(crate) fn sums(block: &[u8; BLOCK]) -> (u64, i64) {
    checksums(block)
}

/// `bytes` up to the first NUL.
pub(super) fn c_string(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

/// The header's checksum: the sum of its bytes with the checksum field taken as spaces, once with
/// unsigned bytes (POSIX) and once with signed ones (old Sun and V7 on machines with signed `char`).
pub(super) fn checksums(block: &[u8; BLOCK]) -> (u64, i64) {
    let (mut unsigned, mut signed) = (0u32, 0i32);
    for byte in block {
        unsigned += u32::from(*byte);
        signed += i32::from(byte.cast_signed());
    }
    for byte in &block[148..156] {
        unsigned += u32::from(b' ');
        unsigned -= u32::from(*byte);
        signed += i32::from(b' ') - i32::from(byte.cast_signed());
    }
    (u64::from(unsigned), i64::from(signed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_fields_of_each_layout_cover_the_block() {
        let layouts = [
            HeaderField::fields(Dialect::V7),
            HeaderField::fields(Dialect::Ustar),
            HeaderField::fields(Dialect::Gnu),
            HeaderField::fields(Dialect::Other),
            HeaderField::sparse_fields(),
        ];
        for layout in layouts {
            let mut at = 0;
            for &(field, offset, length) in layout {
                assert_eq!(offset, at, "{field:?}");
                at += length;
            }
            assert_eq!(at, BLOCK);
        }
    }

    #[test]
    fn dialects_are_told_by_their_magic() {
        let table: [(&[u8; 8], Dialect); 6] = [
            (b"ustar\x0000", Dialect::Ustar),
            (b"ustar\0\0\0", Dialect::Ustar),
            (b"ustar  \0", Dialect::Gnu),
            (b"ustar 00", Dialect::Other),
            (b"GNUtar \0", Dialect::Other),
            (&[0; 8], Dialect::V7),
        ];
        for (magic, dialect) in table {
            let mut block = [0; BLOCK];
            block[257..265].copy_from_slice(magic);
            assert_eq!(Header::from_block(&block).dialect(), dialect);
        }
    }

    #[test]
    fn a_usual_header_packs_to_a_third() {
        let mut block = [0; BLOCK];
        block[..26].copy_from_slice(b"usr/share/doc/base/changes");
        for range in [100..107, 108..115, 116..123, 124..135, 136..147, 148..154] {
            block[range].fill(b'0');
        }
        block[155..157].copy_from_slice(b" 0");
        block[257..265].copy_from_slice(b"ustar\x0000");
        block[265..269].copy_from_slice(b"root");
        block[297..301].copy_from_slice(b"root");
        let header = Header::from_block(&block);
        assert!(header.kept() < 150, "{}", header.kept());
        assert_eq!(header.block(), block);
        assert_eq!(header.field(HeaderField::Uname)[..5], *b"root\0");
        assert_eq!(header.field(HeaderField::V7Rest), b"");
    }

    proptest! {
        #[test]
        fn any_block_is_kept(
            runs in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..80), 0usize..300), 0..12),
        ) {
            let mut bytes = Vec::new();
            for (literals, zeros) in runs {
                bytes.extend(literals);
                bytes.resize(bytes.len() + zeros, 0);
            }
            bytes.resize(BLOCK, 0);
            let block: [u8; BLOCK] = bytes.try_into().expect("resized to one block");
            prop_assert_eq!(Header::from_block(&block).block(), block);
        }
    }
}
