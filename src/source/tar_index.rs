//! The members of a tar that holds an image: names, offsets and sizes, in one pass.
//!
//! The `tar` crate reads header fields; the walk is our own, because offsets, truncation and a
//! bound on every extension header are what is needed here and what its iterator hides. Reads no member's contents except, from a stream that cannot seek, small ones that
//! are kept. This is not the reader of layers, which loses nothing; this one looks for files.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek};
use std::sync::Arc;

use tar::{EntryType, Header};

use crate::limits::Limits;

use super::decompress::drop_bytes;
use super::error::{SourceError, shown_name};
use super::members::normal;
use super::tar_header::{Extended, checksum_fits, field_size, header, pax};

const BLOCK: u64 = 512;

/// A name that is longer belongs to nothing that an image archive holds; it is not kept.
const LONGEST_NAME: usize = 4096;

/// What is kept of a stream's small members in all, in bytes.
const KEPT: u64 = 64 << 20;

/// Bytes that can be passed over.
pub(super) trait Walk: Read {
    /// Passes over `count` bytes; says how many there were.
    fn pass(&mut self, count: u64) -> io::Result<u64>;
}

/// An open file, which seeks.
pub(super) struct Seekable<R> {
    pub file: BufReader<R>,
    pub position: u64,
    pub size: u64,
}

impl<R: Read> Read for Seekable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Walk for Seekable<R> {
    fn pass(&mut self, count: u64) -> io::Result<u64> {
        let count = count.min(self.size.saturating_sub(self.position));
        self.file.seek_relative(i64::try_from(count).map_err(io::Error::other)?)?;
        self.position += count;
        Ok(count)
    }
}

/// A stream, whose bytes are read and dropped.
pub(super) struct Streamed<R>(pub R);

impl<R: Read> Read for Streamed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<R: Read> Walk for Streamed<R> {
    fn pass(&mut self, count: u64) -> io::Result<u64> {
        drop_bytes(&mut self.0, count)
    }
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// Contents at an offset of the tar.
    File {
        offset: u64,
        size: u64,
        kept: Option<Arc<[u8]>>,
    },
    /// Contents that end with the file.
    Cut(SourceError),
    Symlink(String),
    /// The target counts from the archive's root.
    Hardlink(String),
    /// Anything else, named for messages.
    Other(&'static str),
}

/// How the walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// At the end of the archive.
    Whole,
    /// At a top folder that only root file systems have.
    RootFileSystem,
    /// Before the end: what is indexed is right, what is missing may have come later.
    Damaged(SourceError),
}

/// The index of one tar.
#[derive(Debug, Clone)]
pub(super) struct TarIndex {
    /// By normalised name. Of duplicates the last one stands, as when unpacking.
    pub entries: BTreeMap<String, Entry>,
    /// Names as stored, by the normalised ones, where they are not the same.
    pub spelled: BTreeMap<String, String>,
    pub ended: Ended,
}

/// How to walk.
pub(super) struct Options<'a> {
    pub limits: &'a Limits,
    /// For messages.
    pub file: &'a str,
    /// Whether offsets count decompressed bytes.
    pub unpacked: bool,
    /// Whether the tar is a stream: small members are kept in memory, and it is read to its end.
    pub stream: bool,
    /// Whether to stop when the tar turns out to be a root file system.
    pub stop_at_root: bool,
}

/// Indexes the tar that `walk` stands at the start of.
pub(super) fn index(walk: &mut dyn Walk, options: &Options<'_>) -> TarIndex {
    let mut walker = Walker {
        walk,
        options,
        position: 0,
        entries: BTreeMap::new(),
        spelled: BTreeMap::new(),
        left_to_keep: KEPT,
        image_pieces: false,
    };
    let ended = walker.run().unwrap_or_else(Ended::Damaged);
    TarIndex { entries: walker.entries, spelled: walker.spelled, ended }
}

struct Walker<'a, 'o> {
    walk: &'a mut dyn Walk,
    options: &'a Options<'o>,
    position: u64,
    entries: BTreeMap<String, Entry>,
    spelled: BTreeMap<String, String>,
    left_to_keep: u64,
    /// Whether a member speaks for an image archive.
    image_pieces: bool,
}

impl Walker<'_, '_> {
    fn run(&mut self) -> Result<Ended, SourceError> {
        let mut extended = Extended::default();
        let mut headers = 0_usize;
        loop {
            let at = self.position;
            let Some(block) = self.block()? else {
                return Ok(Ended::Whole);
            };
            // One block of zeros ends the archive for GNU tar as for us; what stands behind is padding.
            // A stream is read on to its end, where a checksum or the transfer's last word stands.
            if block.iter().all(|&byte| byte == 0) {
                if self.options.stream {
                    self.walk.pass(u64::MAX).map_err(|error| self.failed("its end", &error))?;
                }
                return Ok(Ended::Whole);
            }
            headers += 1;
            if headers > self.options.limits.members {
                return Err(SourceError::Limit {
                    what: self.options.file.to_owned(),
                    over: "has more members than".to_owned(),
                    most: self.options.limits.members as u64,
                    option: "--max-members",
                });
            }
            let header = header(&block);
            if !checksum_fits(&header) {
                return Err(self.damaged(at, "expected a tar header, found a block whose checksum does not fit".into()));
            }
            let size = field_size(&header).map_err(|why| self.damaged(at, why))?;
            match header.entry_type() {
                EntryType::GNULongName => extended.long_name = Some(self.extension(at, size, true)?),
                EntryType::GNULongLink => extended.long_link = Some(self.extension(at, size, true)?),
                EntryType::XHeader => {
                    let records = self.extension(at, size, false)?;
                    pax(&records, &mut extended).map_err(|why| self.damaged(at, why))?;
                }
                // Go's readers of image archives give global records no effect on members.
                EntryType::XGlobalHeader => drop(self.extension(at, size, false)?),
                _ => {
                    let stop = self.member(&header, size, std::mem::take(&mut extended))?;
                    if stop {
                        return Ok(Ended::RootFileSystem);
                    }
                }
            }
        }
    }

    /// Takes a member in and passes over its contents. True: the tar is a root file system.
    fn member(&mut self, header: &Header, size: u64, extended: Extended) -> Result<bool, SourceError> {
        let kind = header.entry_type();
        let mut sparse = extended.sparse;
        if kind == EntryType::GNUSparse {
            sparse = true;
            self.pass_sparse_map(header)?;
        }
        // These have no contents whatever their size field says (as in Go's archive/tar).
        let size = match kind {
            EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Directory
            | EntryType::Fifo => 0,
            _ => extended.pax_size.unwrap_or(size),
        };
        let name = extended.pax_path.or(extended.long_name).unwrap_or_else(|| header.path_bytes().into_owned());
        let link = extended
            .pax_link
            .or(extended.long_link)
            .or_else(|| header.link_name_bytes().map(std::borrow::Cow::into_owned));
        let is_folder = kind == EntryType::Directory || name.ends_with(b"/");
        let shown_member = shown_name(&String::from_utf8_lossy(&name));
        let offset = self.position;
        let target = || link.and_then(|link| String::from_utf8(link).ok()).filter(|link| link.len() <= LONGEST_NAME);
        let name = (name.len() <= LONGEST_NAME)
            .then(|| String::from_utf8(name).ok())
            .flatten()
            .and_then(|name| Some((normal(self.options.file, &name).ok()?, name)));

        let mut kept = None;
        let mut failure = None;
        if self.options.stream && size <= self.options.limits.document.min(self.left_to_keep) {
            let mut bytes = Vec::new();
            failure = self.walk.take(size).read_to_end(&mut bytes).err();
            self.position += bytes.len() as u64;
            if bytes.len() as u64 == size {
                self.left_to_keep -= size;
                kept = Some(bytes.into());
            }
        }
        if failure.is_none() {
            let padded = size.checked_next_multiple_of(BLOCK).unwrap_or(u64::MAX);
            match self.walk.pass(padded - (self.position - offset)) {
                Ok(passed) => self.position += passed,
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.map(|error| self.failed(&shown_member, &error));
        let there = self.position - offset;
        let cut = failure.or_else(|| {
            (there < size).then(|| SourceError::Truncated {
                file: self.options.file.to_owned(),
                member: shown_member,
                offset,
                needed: size,
                size: self.position,
                unpacked: self.options.unpacked,
            })
        });

        let mut stop = false;
        if let Some((name, stored)) = name {
            match stored == name {
                true => drop(self.spelled.remove(&name)),
                false => drop(self.spelled.insert(name.clone(), stored)),
            }
            self.image_pieces |= is_image_piece(&name);
            stop = self.options.stop_at_root && is_root_folder(&name) && !self.image_pieces;
            let entry = match kind {
                EntryType::Link => target().map_or(Entry::Other("a link to nothing"), Entry::Hardlink),
                EntryType::Symlink => target().map_or(Entry::Other("a link to nothing"), Entry::Symlink),
                EntryType::Char | EntryType::Block => Entry::Other("a device"),
                EntryType::Fifo => Entry::Other("a pipe"),
                _ if is_folder => Entry::Other("a folder"),
                _ if sparse => Entry::Other("a sparse file (make the archive again without --sparse)"),
                _ => match &cut {
                    Some(cut) => Entry::Cut(cut.clone()),
                    None => Entry::File { offset, size, kept },
                },
            };
            self.entries.insert(name, entry);
        }
        match cut {
            Some(cut) => Err(cut),
            None => Ok(stop),
        }
    }

    /// Old GNU sparse maps may go on in blocks between the header and the contents.
    fn pass_sparse_map(&mut self, header: &Header) -> Result<(), SourceError> {
        let mut goes_on = header.as_gnu().is_some_and(|header| header.is_extended());
        while goes_on {
            let at = self.position;
            let Some(block) = self.block()? else {
                return Err(self.damaged(at, "expected the rest of a sparse map, found the end".into()));
            };
            goes_on = block[504] != 0;
        }
        Ok(())
    }

    /// The contents of an extension header: a name that ends with a zero byte, or PAX records.
    fn extension(&mut self, at: u64, size: u64, is_name: bool) -> Result<Vec<u8>, SourceError> {
        if size > self.options.limits.extension {
            return Err(SourceError::Limit {
                what: format!("{}: the extension header at {}", self.options.file, super::decompress::at(at)),
                over: format!("has {} bytes, over", crate::text::thousands(size)),
                most: self.options.limits.extension,
                option: "--max-extension",
            });
        }
        let mut bytes = Vec::new();
        let offset = self.position;
        let padded = size.next_multiple_of(BLOCK);
        self.walk.take(padded).read_to_end(&mut bytes).map_err(|error| self.failed("an extension header", &error))?;
        self.position += bytes.len() as u64;
        if (bytes.len() as u64) < size {
            return Err(self.truncated("an extension header", offset, size));
        }
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        if is_name && let Some(end) = bytes.iter().position(|&byte| byte == 0) {
            bytes.truncate(end);
        }
        Ok(bytes)
    }

    /// The next block; `None` at the end of the file.
    fn block(&mut self) -> Result<Option<[u8; 512]>, SourceError> {
        let mut block = [0; 512];
        let at = self.position;
        let mut filled = 0;
        while filled < block.len() {
            match self.walk.read(&mut block[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("a header", &error)),
            }
        }
        self.position += filled as u64;
        match filled {
            0 => Ok(None),
            512 => Ok(Some(block)),
            _ => Err(self.truncated("a header", at, BLOCK)),
        }
    }

    fn truncated(&self, member: &str, offset: u64, needed: u64) -> SourceError {
        SourceError::Truncated {
            file: self.options.file.to_owned(),
            member: member.to_owned(),
            offset,
            needed,
            size: self.position,
            unpacked: self.options.unpacked,
        }
    }

    fn damaged(&self, offset: u64, why: String) -> SourceError {
        SourceError::Damaged { file: self.options.file.to_owned(), offset, why }
    }

    fn failed(&self, what: &str, error: &io::Error) -> SourceError {
        SourceError::of_read(self.options.file, &format!("{what} at {}", super::decompress::at(self.position)), error)
    }
}

/// Whether a member of this name speaks for an image archive.
pub(super) fn is_image_piece(name: &str) -> bool {
    let is_hash = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.split_once('/') {
        Some(("blobs", rest)) => rest.starts_with("sha256") || rest.starts_with("sha512"),
        Some((folder, file)) => is_hash(folder) && matches!(file, "json" | "layer.tar" | "VERSION"),
        None => {
            matches!(name, "oci-layout" | "index.json" | "manifest.json" | "repositories")
                || name.strip_suffix(".json").or_else(|| name.strip_suffix(".tar")).is_some_and(is_hash)
        }
    }
}

/// Whether the top folder is one of a root file system (Filesystem Hierarchy Standard 3.0). A
/// layer without any is read to its end before it is known not to be an archive of an image.
fn is_root_folder(name: &str) -> bool {
    let top = name.split('/').next().unwrap_or(name);
    matches!(
        top,
        "bin"
            | "boot"
            | "dev"
            | "etc"
            | "home"
            | "lib"
            | "lib32"
            | "lib64"
            | "libx32"
            | "media"
            | "mnt"
            | "opt"
            | "proc"
            | "root"
            | "run"
            | "sbin"
            | "srv"
            | "sys"
            | "tmp"
            | "usr"
            | "var"
    )
}
