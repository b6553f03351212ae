//! The file system, read only: the one file here that touches it.
//!
//! Refuses to write, and to read what is not a regular file.

#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the edge is where files are read")]

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::{SourceError, shown_path};

/// What lies at a path, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lies {
    Nothing,
    File { size: u64 },
    Folder,
    Other(&'static str),
}

pub(super) fn look(path: &Path) -> Result<Lies, SourceError> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(Lies::File { size: found.len() }),
        Ok(found) if found.is_dir() => Ok(Lies::Folder),
        Ok(found) => Ok(Lies::Other(other(found.file_type()))),
        Err(error) if nothing(&error) => Ok(Lies::Nothing),
        Err(error) => Err(failed(path, "look at it", &error)),
    }
}

/// Opens the file and moves to `offset`.
pub(super) fn open_at(path: &Path, offset: u64) -> Result<File, SourceError> {
    let mut file = File::open(path).map_err(|error| failed(path, "open it", &error))?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset)).map_err(|error| failed(path, "move in it", &error))?;
    }
    Ok(file)
}

/// The first bytes of a file, `most` at most.
pub(super) fn head(path: &Path, most: u64) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    open_at(path, 0)?.take(most).read_to_end(&mut bytes).map_err(|error| failed(path, "read it", &error))?;
    Ok(bytes)
}

/// The path with every link resolved; `None` when nothing is there.
pub(super) fn resolved(path: &Path) -> Result<Option<PathBuf>, SourceError> {
    match fs::canonicalize(path) {
        Ok(path) => Ok(Some(path)),
        Err(error) if nothing(&error) => Ok(None),
        Err(error) => Err(failed(path, "follow its links", &error)),
    }
}

/// The names in a folder, sorted, those that are not UTF-8 left out. `None` when there are more
/// than `most`.
pub(super) fn names(path: &Path, most: usize) -> Result<Option<Vec<String>>, SourceError> {
    let list = |error: &io::Error| failed(path, "list the folder", error);
    let mut names = Vec::new();
    for entry in fs::read_dir(path).map_err(|error| list(&error))? {
        let entry = entry.map_err(|error| list(&error))?;
        if names.len() == most {
            return Ok(None);
        }
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(Some(names))
}

/// Whether this process is root, as far as the system tells.
#[cfg(unix)]
pub(super) fn is_root() -> bool {
    user() == Some(0)
}

/// The number of the user whose process this is, as far as the system tells.
#[cfg(unix)]
pub(super) fn user() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").ok().map(|own| own.uid())
}

/// Elsewhere users have no numbers.
#[cfg(not(unix))]
pub(super) fn user() -> Option<u32> {
    None
}

fn failed(path: &Path, doing: &str, error: &io::Error) -> SourceError {
    SourceError::Io { file: shown_path(path), doing: doing.to_owned(), why: error.to_string() }
}

/// Whether the error means that there is no such thing, or that there can be none.
fn nothing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename | ErrorKind::InvalidInput
    )
}

#[cfg(unix)]
fn other(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn other(_kind: FileType) -> &'static str {
    "device"
}
