//! A tar that holds an image, as a set of members; plain, or compressed as a whole.
//!
//! Refuses to unpack. A plain tar is opened again at a member's offset for every read, so that
//! parallel reads do not know of each other; a stream (a compressed tar, a daemon's export) is read
//! again up to there, and goes on from where an earlier read left it.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::limits::Limits;
use crate::text::thousands;

use super::decompress::{Compression, Decompressed};
use super::disk;
use super::error::{SourceError, shown_name, shown_path};
use super::forward::Forward;
use super::members::{Found, MOST_LINKS, Members, READ_AHEAD, follow, normal};
use super::tar_header::{is_header_of, is_tar};
use super::tar_index::{Ended, Entry, Options, Seekable, Streamed, TarIndex, index, is_image_piece};

/// How much is read ahead while headers are walked: what lies between them is passed over.
const HEADER_AHEAD: usize = 16 << 10;

/// An indexed archive.
pub(super) struct Archive {
    file: String,
    /// Where the tar lies; empty for a daemon's export.
    path: PathBuf,
    bytes: Bytes,
    index: TarIndex,
}

/// Where the tar's bytes are.
enum Bytes {
    /// In a plain file.
    File(PathBuf),
    /// In a stream; `made_anew` by each reading, so that it may not be the same.
    Stream { forward: Forward, made_anew: bool },
}

/// What the members of a tar make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// `index.json` beside `oci-layout` or `blobs/`.
    Oci,
    /// `manifest.json`.
    Docker,
    /// `<id>/json`.
    V1,
    /// Parts of an image, but nothing that says how they belong together.
    Pieces,
    /// No image.
    Other,
}

impl Archive {
    /// Indexes the tar at `path`. `None`: it is no tar (under its compression, if any). With
    /// `may_be_layer` the walk ends where the tar turns out to be a root file system.
    pub(super) fn open(
        path: &Path,
        compression: Option<Compression>,
        may_be_layer: bool,
        limits: &Limits,
    ) -> Result<Option<Self>, SourceError> {
        let file = shown_path(path);
        let Some(compression) = compression else {
            if !is_tar(&disk::head(path, 512)?) {
                return Ok(None);
            }
            let disk::Lies::File { size } = disk::look(path)? else {
                return Ok(None);
            };
            let buffered = BufReader::with_capacity(HEADER_AHEAD, disk::open_at(path, 0)?);
            let options = Options { limits, file: &file, unpacked: false, stream: false, stop_at_root: may_be_layer };
            let index = index(&mut Seekable { file: buffered, position: 0, size }, &options);
            return Ok(Some(Archive { bytes: Bytes::File(path.to_owned()), index, file, path: path.to_owned() }));
        };
        let (own_path, own) = (path.to_owned(), limits.clone());
        let again = move || Ok(Box::new(Decompressed::open(&own_path, compression, &own)?) as Box<dyn Read + Send>);
        let archive = Self::streamed(file, Forward::new(again), false, may_be_layer, limits)?;
        Ok(archive.map(|archive| Archive { path: path.to_owned(), ..archive }))
    }

    /// Indexes the tar that a daemon exports, anew for each reading. `None`: it is no tar.
    #[cfg(all(feature = "daemon", unix))]
    pub(super) fn exported(file: String, forward: Forward, limits: &Limits) -> Result<Option<Self>, SourceError> {
        Self::streamed(file, forward, true, false, limits)
    }

    fn streamed(
        file: String,
        forward: Forward,
        made_anew: bool,
        may_be_layer: bool,
        limits: &Limits,
    ) -> Result<Option<Self>, SourceError> {
        let mut stream = forward.start()?;
        let mut head = Vec::new();
        let read = stream.by_ref().take(512).read_to_end(&mut head);
        if let Err(error) = read {
            return Err(SourceError::of_read(&file, "its start", &error));
        }
        if !is_tar(&head) {
            return Ok(None);
        }
        let options = Options { limits, file: &file, unpacked: !made_anew, stream: true, stop_at_root: may_be_layer };
        let index = index(&mut Streamed(Cursor::new(head).chain(stream)), &options);
        Ok(Some(Archive { bytes: Bytes::Stream { forward, made_anew }, index, file, path: PathBuf::new() }))
    }

    /// What the members make of it.
    pub(super) fn looks(&self) -> Looks {
        let entries = &self.index.entries;
        let has = |name: &str| entries.contains_key(name);
        let has_blobs =
            || entries.range("blobs/".to_owned()..).next().is_some_and(|(name, _)| name.starts_with("blobs/"));
        if has("index.json") && (has("oci-layout") || has_blobs()) {
            Looks::Oci
        } else if has("manifest.json") {
            Looks::Docker
        } else if !self.images(has("repositories")).is_empty() {
            Looks::V1
        } else if entries.keys().any(|name| is_image_piece(name)) {
            Looks::Pieces
        } else {
            Looks::Other
        }
    }

    /// The top folder that an OCI layout was packed with, if one was: `tar -cf x.tar layout`
    /// instead of `tar -C layout -cf x.tar .`.
    pub(super) fn packed_folder(&self) -> Option<&str> {
        let entries = &self.index.entries;
        let folders = entries.keys().filter_map(|name| name.strip_suffix("/oci-layout"));
        folders
            .into_iter()
            .find(|folder| !folder.contains('/') && entries.contains_key(&format!("{folder}/index.json")))
    }

    /// Where reading the index came to its end too early.
    pub(super) fn damage(&self) -> Option<&SourceError> {
        match &self.index.ended {
            Ended::Damaged(error) => Some(error),
            Ended::Whole | Ended::RootFileSystem => None,
        }
    }

    /// The folders of V1 images. Without `repositories` a name must look like an image's ID.
    fn images(&self, any_name: bool) -> Vec<String> {
        let is_id = |name: &str| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let folders = self.index.entries.keys().filter_map(|name| name.strip_suffix("/json"));
        folders.filter(|name| !name.contains('/') && (any_name || is_id(name))).map(str::to_owned).collect()
    }
}

impl Members for Archive {
    fn file(&self) -> &str {
        &self.file
    }

    fn lost(&self) -> Option<SourceError> {
        let cut = self.index.entries.values().find_map(|entry| match entry {
            Entry::Cut(cut) => Some(cut),
            _ => None,
        });
        self.damage().or(cut).cloned()
    }

    fn is_folder(&self) -> bool {
        false
    }

    fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn stored_name(&self, found: &Found) -> String {
        self.index.spelled.get(&found.name).unwrap_or(&found.name).clone()
    }

    fn find(&self, name: &str) -> Result<Option<Found>, SourceError> {
        let mut at = normal(&self.file, name)?;
        for _ in 0..=MOST_LINKS {
            match self.index.entries.get(&at) {
                // It may be behind the damage; what is there is there.
                None => return self.damage().map_or(Ok(None), |damage| Err(damage.clone())),
                Some(Entry::File { size, .. }) => return Ok(Some(Found { name: at, size: *size })),
                Some(Entry::Cut(cut)) => return Err(cut.clone()),
                Some(Entry::Symlink(target)) => at = follow(&self.file, &at, target)?,
                Some(Entry::Hardlink(target)) => at = normal(&self.file, target)?,
                Some(Entry::Other(what)) => return Err(self.not_contents(name, what)),
            }
        }
        Err(self.not_contents(name, &format!("a loop of links, or more than {MOST_LINKS}")))
    }

    fn open(&self, found: &Found) -> Result<Box<dyn Read + Send>, SourceError> {
        let Some(Entry::File { offset, size, kept }) = self.index.entries.get(&found.name) else {
            return Err(self.not_contents(&found.name, "nothing"));
        };
        if let Some(kept) = kept {
            return Ok(Box::new(Cursor::new(kept.clone())));
        }
        let (member, left) = (shown_name(&found.name), *size);
        let inner: Box<dyn Read + Send> = match &self.bytes {
            Bytes::File(path) => {
                let file = disk::open_at(path, *offset)?;
                Box::new(BufReader::with_capacity(READ_AHEAD, file.take(left)))
            }
            Bytes::Stream { forward, made_anew: false } => {
                Box::new(forward.at(*offset, &self.file, &member)?.take(left))
            }
            Bytes::Stream { forward, made_anew: true } => {
                // The header before the contents tells whether this is what it was the first time.
                let mut stream = forward.at(offset.saturating_sub(512), &self.file, &member)?;
                let mut block = Vec::new();
                let read = stream.by_ref().take(512).read_to_end(&mut block);
                read.map_err(|error| SourceError::of_read(&self.file, &member, &error))?;
                if !is_header_of(&block, &found.name, *size) {
                    return Err(changed(&self.file, &member, "something else stands in its place"));
                }
                Box::new(stream.take(left))
            }
        };
        Ok(Box::new(Whole { inner, left, file: self.file.clone(), member }))
    }

    fn position(&self, found: &Found) -> Option<u64> {
        match (&self.bytes, self.index.entries.get(&found.name)) {
            (Bytes::Stream { .. }, Some(Entry::File { offset, .. })) => Some(*offset),
            _ => None,
        }
    }

    fn folders_with(&self, file: &str) -> Result<Vec<String>, SourceError> {
        let tail = format!("/{file}");
        let folders: BTreeSet<_> = self
            .index
            .entries
            .keys()
            .filter_map(|name| name.strip_suffix(&tail))
            .filter(|name| !name.contains('/'))
            .collect();
        Ok(folders.into_iter().map(str::to_owned).collect())
    }
}

impl Archive {
    fn not_contents(&self, member: &str, found: &str) -> SourceError {
        SourceError::NotContents { file: self.file.clone(), member: shown_name(member), found: found.to_owned() }
    }
}

fn changed(file: &str, member: &str, how: &str) -> SourceError {
    SourceError::Io {
        file: file.to_owned(),
        doing: format!("read {member}"),
        why: format!("the archive changed while it was read: {how}"),
    }
}

/// A member's bytes; an archive that has become shorter since it was indexed is an error, not an
/// early end.
struct Whole {
    inner: Box<dyn Read + Send>,
    left: u64,
    file: String,
    member: String,
}

impl Read for Whole {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.saturating_sub(count as u64);
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            let why = format!("{} bytes are gone", thousands(self.left));
            return Err(changed(&self.file, &self.member, &why).into_io());
        }
        Ok(count)
    }
}
