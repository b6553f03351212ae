//! What a header and the extensions in front of it mean together: [`Attributes`].
//!
//! Where readers disagree, this follows Go's `archive/tar`, since that is what container runtimes
//! unpack layers with, and says so at the place.

use super::header::{Dialect, HeaderField, c_string};
use super::number;
use super::pax::Overrides;
use super::{AnomalyKind, BLOCK};
use crate::layer::entry::{Attributes, Kind, Time};

/// A header as its block and its dialect.
pub(super) struct Raw<'a> {
    block: &'a [u8; BLOCK],
    dialect: Dialect,
}

/// The numbers of a header, and which fields could not be read.
struct Numbers<'a> {
    raw: &'a Raw<'a>,
    anomalies: Vec<AnomalyKind>,
}

impl<'a> Raw<'a> {
    pub(super) fn new(block: &'a [u8; BLOCK]) -> Self {
        let dialect = Dialect::of(block);
        Raw { block, dialect }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether this is a sparse file in the old GNU way.
    pub(super) fn is_old_sparse(&self) -> bool {
        self.dialect == Dialect::Gnu && self.typeflag() == b'S'
    }

    pub(super) fn typeflag(&self) -> u8 {
        self.block[156]
    }

    /// The bytes of a field; empty where the dialect has none.
    pub(super) fn field(&self, field: HeaderField) -> &'a [u8] {
        let range = field.range(self.dialect);
        range.map_or(&[], |range| &self.block[range])
    }

    fn text(&self, field: HeaderField) -> Box<[u8]> {
        c_string(self.field(field)).into()
    }

    /// The size field, and whether it is unreadable. A negative size counts as unreadable.
    pub(super) fn size(&self) -> (u64, bool) {
        let (value, unreadable) = number::value(self.field(HeaderField::Size));
        match value.map(u64::try_from) {
            Some(Ok(size)) => (size, unreadable),
            Some(Err(_)) => (0, true),
            None => (0, unreadable),
        }
    }

    /// The name and its prefix. Go before 1.6 wrote ustar prefixes behind GNU's magic; like Go's
    /// own reader since, this takes them for what they are when GNU's times are no numbers.
    fn path(&self) -> (Box<[u8]>, bool) {
        let name = c_string(self.field(HeaderField::Name));
        let is_mislabelled = self.dialect == Dialect::Gnu && {
            let times = [HeaderField::Atime, HeaderField::Ctime];
            times.iter().any(|f| number::value(self.field(*f)).1)
        };
        let prefix = match self.dialect {
            Dialect::Ustar => c_string(self.field(HeaderField::Prefix)),
            Dialect::Gnu if is_mislabelled => c_string(&self.block[345..500]),
            _ => b"",
        };
        let is_mislabelled = is_mislabelled && prefix.is_ascii();
        if prefix.is_empty() || (self.dialect == Dialect::Gnu && !is_mislabelled) {
            return (name.into(), false);
        }
        ([prefix, b"/", name].concat().into(), is_mislabelled)
    }
}

impl Numbers<'_> {
    fn read(&mut self, field: HeaderField) -> Option<i128> {
        let (value, unreadable) = number::value(self.raw.field(field));
        if unreadable {
            self.anomalies.push(AnomalyKind::Number(field));
        }
        value
    }

    fn unsigned(&mut self, field: HeaderField) -> u64 {
        // A negative owner (some writers' `nobody`) is taken modulo 2⁶⁴.
        self.read(field).unwrap_or(0) as u64
    }

    fn time(&mut self, field: HeaderField) -> Option<Time> {
        let seconds = i64::try_from(self.read(field)?);
        if seconds.is_err() {
            self.anomalies.push(AnomalyKind::Number(field));
        }
        Some(Time { seconds: seconds.ok()?, nanoseconds: 0 })
    }
}

/// The file type that a type flag and a name mean.
pub(super) fn kind(typeflag: u8, path: &[u8]) -> Kind {
    match typeflag {
        // Before ustar had a flag for directories, a slash at the end marked them.
        0 | b'0' | b'7' if path.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::Hardlink,
        b'2' => Kind::Symlink,
        b'3' => Kind::CharDevice,
        b'4' => Kind::BlockDevice,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => Kind::Other(other),
    }
}

/// Whether an entry of this kind stores content only if the bytes behind its header show it. Go,
/// GNU tar and Python skip none for links, devices and directories whatever their size field says;
/// pax may store a hardlink's content. GNU's volume label (`V`) has none either.
pub(super) fn may_lack_content(kind: Kind) -> bool {
    !matches!(kind, Kind::File | Kind::Other(_)) || kind == Kind::Other(b'V')
}

/// The attributes of an entry, its content's digest and size aside, and what could not be read.
pub(super) fn attributes(raw: &Raw<'_>, overrides: &Overrides) -> (Attributes, Vec<AnomalyKind>) {
    use HeaderField as F;
    let (header_path, is_mislabelled) = raw.path();
    // As in Go, a GNU long name has the last word.
    let path = (overrides.long_path.as_ref()).or(overrides.sparse.name.as_ref()).or(overrides.path.as_ref());
    let path = path.cloned().unwrap_or(header_path);
    let link = overrides.long_link.as_ref().or(overrides.link.as_ref());
    let kind = kind(raw.typeflag(), &path);
    let mut numbers = Numbers { raw, anomalies: Vec::new() };
    let mode = numbers.read(F::Mode).unwrap_or(0);
    if u32::try_from(mode).is_err() {
        numbers.anomalies.push(AnomalyKind::Number(F::Mode));
    }
    let (uid, gid) = (numbers.unsigned(F::Uid), numbers.unsigned(F::Gid));
    let mtime = numbers.time(F::Mtime).unwrap_or_default();
    let (mut atime, mut ctime) = (None, None);
    if raw.dialect() == Dialect::Gnu && !is_mislabelled {
        atime = numbers.time(F::Atime);
        ctime = numbers.time(F::Ctime);
    }
    let major = numbers.unsigned(F::Devmajor);
    let minor = numbers.unsigned(F::Devminor);
    let is_device = matches!(kind, Kind::CharDevice | Kind::BlockDevice);
    let is_link = matches!(kind, Kind::Hardlink | Kind::Symlink);
    let text = |text: &Option<Box<[u8]>>, field| text.clone().unwrap_or_else(|| raw.text(field));
    let attributes = Attributes {
        path,
        kind,
        mode: mode as u32,
        uid: overrides.uid.unwrap_or(uid),
        gid: overrides.gid.unwrap_or(gid),
        uname: text(&overrides.uname, F::Uname),
        gname: text(&overrides.gname, F::Gname),
        mtime: overrides.mtime.unwrap_or(mtime),
        atime: overrides.atime.or(atime),
        ctime: overrides.ctime.or(ctime),
        link: is_link.then(|| link.cloned().unwrap_or_else(|| raw.text(F::Linkname))),
        device: is_device.then(|| {
            let major = overrides.device_major.unwrap_or(major);
            (major, overrides.device_minor.unwrap_or(minor))
        }),
        xattrs: overrides.xattrs.clone(),
        size: 0,
        content: None,
    };
    (attributes, numbers.anomalies)
}
