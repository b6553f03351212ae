//! `--cache DIR`: blobs by digest, kept from run to run.
//!
//! A file has no name until it is whole and its digest was checked (`O_TMPFILE`), so that neither
//! Ctrl-C nor a concurrent run leaves half of one; it is checked again before it is used. Files and
//! folders are the owner's only. Refuses to be a reason to fail: what cannot be stored is fetched
//! again the next time.

#![allow(clippy::disallowed_methods, reason = "the one place that stores blobs, and only where --cache says so")]

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::digest::{Digest, Hasher};

use super::super::error::shown_path;
use super::error::RegistryError;

/// A folder of blobs, laid out as an OCI layout lays out its own: `blobs/sha256/<hex>`.
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Opens the folder and makes it where there is none.
    pub(super) fn open(folder: &Path) -> Result<Self, RegistryError> {
        let cache = Cache { folder: folder.to_owned() };
        let failed = |doing| {
            move |error: io::Error| RegistryError::Cache { folder: shown_path(folder), doing, why: error.to_string() }
        };
        for algorithm in ["sha256", "sha512"] {
            make(&folder.join("blobs").join(algorithm)).map_err(failed("make its folders"))?;
        }
        Ok(cache)
    }

    fn place(&self, digest: &Digest) -> PathBuf {
        self.folder.join("blobs").join(digest.algorithm()).join(digest.hex())
    }

    /// A blob that is there, checked, from its start. One that is not what its name says is removed.
    pub(super) fn get(&self, digest: &Digest) -> Option<File> {
        let place = self.place(digest);
        let mut file = File::open(&place).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        let mut hasher = Hasher::like(digest);
        let mut buffer = vec![0; 256 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
        if hasher.finish() != *digest {
            let _ = fs::remove_file(&place);
            return None;
        }
        file.seek(SeekFrom::Start(0)).ok()?;
        Some(file)
    }

    /// A new file for a blob. `None` where none can be made.
    pub(super) fn entry(&self, digest: &Digest) -> Option<Entry> {
        let place = self.place(digest);
        let file = Nameless::in_folder(place.parent()?)?;
        Some(Entry { file, place, digest: *digest, hasher: Hasher::like(digest) })
    }
}

/// A blob on its way into the cache; nothing is left of it unless it is kept.
pub(super) struct Entry {
    file: Nameless,
    place: PathBuf,
    digest: Digest,
    hasher: Hasher,
}

impl Entry {
    /// Takes the next bytes. `false`: the disk does not.
    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        self.hasher.update(bytes);
        self.file.file.write_all(bytes).is_ok()
    }

    /// Gives the file its name if it is what the digest says.
    pub(super) fn keep(self) {
        if self.hasher.finish() == self.digest {
            // a concurrent run may have been first: then the same bytes are there already
            let _ = self.file.name(&self.place);
        }
    }
}

#[cfg(unix)]
fn make(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// A file without a name.
struct Nameless {
    file: File,
}

#[cfg(target_os = "linux")]
impl Nameless {
    fn in_folder(folder: &Path) -> Option<Self> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        let file = openat(CWD, folder, flags, Mode::RUSR | Mode::WUSR).ok()?;
        Some(Nameless { file: File::from(file) })
    }

    fn name(&self, place: &Path) -> io::Result<()> {
        use std::os::fd::AsRawFd as _;
        let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let flags = rustix::fs::AtFlags::SYMLINK_FOLLOW;
        Ok(rustix::fs::linkat(rustix::fs::CWD, own, rustix::fs::CWD, place, flags)?)
    }
}

// Elsewhere there are no files without a name, and so nothing is stored: what is there is used.
#[cfg(not(target_os = "linux"))]
impl Nameless {
    fn in_folder(_: &Path) -> Option<Self> {
        None
    }

    fn name(&self, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
