//! What archives and folders have in common: members by name, and safe names.
//!
//! A name that stands in a foreign document is split at `/` and refused when it is absolute or
//! holds `..`, before anything is done with it.

use std::io::Read;

use crate::digest::Digest;
use crate::limits::Limits;

use super::error::{SourceError, shown_name};

/// How many links are followed from one name to its contents. Linux stops at 40; `docker save`
/// needs one.
pub(super) const MOST_LINKS: usize = 40;

/// How much is read from a file at once, in bytes: enough that system calls do not show.
pub(super) const READ_AHEAD: usize = 256 << 10;

/// A member that holds bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its name with links resolved.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
}

/// A set of files with names: an archive or a folder.
pub(super) trait Members: Send + Sync {
    /// The archive or folder, for messages.
    fn file(&self) -> &str;

    /// Whether this is a folder on disk.
    fn is_folder(&self) -> bool;

    /// Looks a member up, links followed; its contents are not opened. `None`: there is none.
    fn find(&self, name: &str) -> Result<Option<Found>, SourceError>;

    /// The path of the archive or folder.
    fn path(&self) -> String;

    /// A member's name as it is stored.
    fn stored_name(&self, found: &Found) -> String {
        found.name.clone()
    }

    /// Opens a member by the resolved name that [`Members::find`] gave.
    fn open(&self, found: &Found) -> Result<Box<dyn Read + Send>, SourceError>;

    /// Where a member begins, in a set that can only be read forward.
    fn position(&self, _found: &Found) -> Option<u64> {
        None
    }

    /// The top folders that hold a member `file`, sorted.
    fn folders_with(&self, file: &str) -> Result<Vec<String>, SourceError>;

    /// What of the set is lost, whether or not anybody asks for it.
    fn lost(&self) -> Option<SourceError> {
        None
    }
}

/// Whether there is such a member. One that cannot be had counts: who reads it is told why.
pub(super) fn has(members: &dyn Members, name: &str) -> bool {
    !matches!(members.find(name), Ok(None))
}

/// The bytes of a member that must be there and must be a document.
pub(super) fn document(
    members: &dyn Members,
    name: &str,
    named_by: &str,
    limits: &Limits,
) -> Result<Vec<u8>, SourceError> {
    let Some(found) = members.find(name)? else {
        return Err(SourceError::Missing {
            file: members.file().to_owned(),
            blob: shown_name(name),
            named_by: named_by.to_owned(),
        });
    };
    read(members, &found, limits)
}

/// The bytes of a member, up to the limit of a document.
pub(super) fn read(members: &dyn Members, found: &Found, limits: &Limits) -> Result<Vec<u8>, SourceError> {
    let shown = shown_name(&found.name);
    if found.size > limits.document {
        return Err(too_large(members.file(), &shown, found.size, limits));
    }
    let mut bytes = Vec::new();
    members
        .open(found)?
        .take(limits.document)
        .read_to_end(&mut bytes)
        .map_err(|error| SourceError::of_read(members.file(), &shown, &error))?;
    Ok(bytes)
}

/// The error for a document over the limit.
pub(super) fn too_large(file: &str, document: &str, size: u64, limits: &Limits) -> SourceError {
    SourceError::Limit {
        what: format!("{file}: the document {document}"),
        over: format!("has {} bytes, over", crate::text::thousands(size)),
        most: limits.document,
        option: "--max-document",
    }
}

/// `name` without `.` and empty components. Refuses `..`, absolute paths and what this system
/// reads as either.
pub(super) fn normal(file: &str, name: &str) -> Result<String, SourceError> {
    let refuse = |why| Err(SourceError::UnsafePath { file: file.to_owned(), path: shown_name(name), why });
    if name.starts_with('/') {
        return refuse("is absolute");
    }
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return refuse("holds \"..\""),
            part if part.contains('\0') => return refuse("holds a zero byte"),
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        return refuse("names nothing");
    }
    Ok(parts.join("/"))
}

/// Where the target of a symlink at `link` leads, inside the archive.
pub(super) fn follow(file: &str, link: &str, target: &str) -> Result<String, SourceError> {
    let refuse = |why| Err(SourceError::UnsafePath { file: file.to_owned(), path: shown_name(target), why });
    if target.starts_with('/') {
        return refuse("is absolute");
    }
    let mut parts: Vec<&str> = link.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_none() => return refuse("leads out of the archive"),
            ".." => {}
            part => parts.push(part),
        }
    }
    normal(file, &parts.join("/"))
}

/// Where an OCI layout keeps a blob (image-layout.md of the OCI image specification).
pub(super) fn blob_path(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm(), digest.hex())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside() {
        let table = [
            ("a/b", Some("a/b")),
            ("./a//b/", Some("a/b")),
            ("a/./b", Some("a/b")),
            ("..", None),
            ("a/../b", None),
            ("/a", None),
            (".", None),
            ("", None),
            ("a\0b", None),
        ];
        for (name, expected) in table {
            assert_eq!(normal("x", name).ok().as_deref(), expected, "{name:?}");
        }
    }

    #[test]
    fn links_stay_inside() {
        let table = [
            ("id/layer.tar", "../other/layer.tar", Some("other/layer.tar")),
            ("id/layer.tar", "layer2.tar", Some("id/layer2.tar")),
            ("id/layer.tar", "../../etc/passwd", None),
            ("layer.tar", "../layer.tar", None),
            ("id/layer.tar", "/etc/passwd", None),
            ("id/layer.tar", "..", None),
        ];
        for (link, target, expected) in table {
            assert_eq!(follow("x", link, target).ok().as_deref(), expected, "{link} -> {target}");
        }
    }
}
