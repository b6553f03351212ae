//! What can go wrong between a reference and the bytes: facts first, one sentence each.
//!
//! Refuses to judge contents: a wrong digest or a wrong size is found by who reads the bytes.

use std::fmt;
use std::io;
use std::path::Path;

use crate::text::{clipped, shown, thousands};

use super::reference::ReferenceError;

/// Why a reference, a document or a blob cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// What was typed is no reference.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Nothing lies at the path.
    #[error("{file}: no such file or folder{hint}")]
    NotFound {
        /// The path.
        file: String,
        /// What may have been meant, with its punctuation; may be empty.
        hint: String,
    },
    /// The operating system refuses.
    #[error("{file}: cannot {doing}: {why}")]
    Io {
        /// The path.
        file: String,
        /// `open the file`, `read at offset 512`.
        doing: String,
        /// The operating system's words.
        why: String,
    },
    /// A pipe, socket or device where a file is needed, since archives are read at several places.
    #[error("{file} is a {is}, which can be read only once: write it to a file first")]
    NotAFile {
        /// The path.
        file: String,
        /// `pipe`, `socket`, `device`.
        is: &'static str,
    },
    /// What lies there is no image that we know.
    #[error("{file}: {why}")]
    NoImage {
        /// The path.
        file: String,
        /// What was expected and found.
        why: String,
    },
    /// A source that is not a file.
    #[error("{typed}: {what} cannot be read by this version; {instead}")]
    Live {
        /// The reference as typed.
        typed: String,
        /// `images in a registry`.
        what: &'static str,
        /// How to get a file, with the command.
        instead: String,
    },
    /// An archive that ends too early.
    #[error("truncated archive {file}: {member} needs {} bytes at offset {}, the {} {}",
        thousands(*needed), thousands(*offset), if *unpacked { "archive unpacks to" } else { "file has" }, thousands(*size))]
    Truncated {
        /// The archive.
        file: String,
        /// The member's name, or `a header`.
        member: String,
        /// Where its bytes begin, in the tar.
        offset: u64,
        /// How many bytes it has.
        needed: u64,
        /// How many bytes the tar has in all.
        size: u64,
        /// Whether offsets and sizes count decompressed bytes.
        unpacked: bool,
    },
    /// An archive with a header that cannot be read.
    #[error("damaged archive {file}: at offset {} {why}", thousands(*offset))]
    Damaged {
        /// The archive.
        file: String,
        /// Where the header begins, in the tar (decompressed).
        offset: u64,
        /// What was expected and found.
        why: String,
    },
    /// A compressed archive that does not decompress.
    #[error("{file}: the {format} data ends in an error after {} decompressed bytes: {why}", thousands(*offset))]
    Compressed {
        /// The archive.
        file: String,
        /// `gzip` or `zstd`.
        format: &'static str,
        /// How many decompressed bytes came before.
        offset: u64,
        /// The decoder's words.
        why: String,
    },
    /// A limit on foreign bytes was hit.
    #[error("{what} {over} the limit of {}; {option} lifts it", thousands(*most))]
    Limit {
        /// The file and what of it.
        what: String,
        /// `has 9,000,000 bytes, over`; the verb and the number found.
        over: String,
        /// The limit.
        most: u64,
        /// The option that lifts it.
        option: &'static str,
    },
    /// A document of the container itself (`index.json`, `manifest.json`) that is no JSON.
    #[error("{file}: {document} is not JSON: {why}")]
    Json {
        /// The archive or folder.
        file: String,
        /// The member.
        document: String,
        /// What the parser says, with line and column.
        why: String,
    },
    /// JSON of the wrong shape.
    #[error("{file}: {document}: expected {expected}, found {found}")]
    Shape {
        /// The archive or folder.
        file: String,
        /// The member, and the place in it.
        document: String,
        /// `an object with a "manifests" array`.
        expected: &'static str,
        /// `a string`.
        found: String,
    },
    /// Something that a document names is not there.
    #[error("{file} holds no {blob}, which {named_by} names")]
    Missing {
        /// The archive or folder.
        file: String,
        /// The blob or member.
        blob: String,
        /// Who names it.
        named_by: String,
    },
    /// A path that leaves the archive or folder.
    #[error("{file}: the path {path:?} {why}, so it is not followed")]
    UnsafePath {
        /// The archive or folder.
        file: String,
        /// The path as written.
        path: String,
        /// `is absolute`, `holds ".."`, `leads out of the folder`.
        why: &'static str,
    },
    /// A member that exists but holds no bytes of its own.
    #[error("{file}: expected {member} to be a file, found {found}")]
    NotContents {
        /// The archive or folder.
        file: String,
        /// The member.
        member: String,
        /// `a folder`, `a sparse file, …`.
        found: String,
    },
    /// V1 folders that are no chain of parents.
    #[error("{file}: image {id}: {why}")]
    Chain {
        /// The archive.
        file: String,
        /// The image whose `json` is at fault.
        id: String,
        /// What is wrong.
        why: String,
    },
    /// `:REF`, `:@N` or `@DIGEST` where there is nothing to choose from.
    #[error("{file} is a {kind} and holds one image only: leave {asked:?} away")]
    NothingToChoose {
        /// The path.
        file: String,
        /// The kind of source.
        kind: &'static str,
        /// What was asked for.
        asked: String,
    },
    /// Several images, and none or more than one of them was asked for.
    #[error("{0}")]
    Choice(Choice),
    /// A registry does not give what was asked of it.
    #[cfg(feature = "registry")]
    #[error(transparent)]
    Registry(#[from] super::registry::RegistryError),
    /// A bare name that is no path here and that no registry gives either.
    #[error("{typed}: no file or folder of this name is here, and as an image of a registry: {why}")]
    BareName {
        /// What was typed.
        typed: String,
        /// Why the registry does not give it, in a sentence.
        why: String,
    },
}

/// The images of one place, when the choice fails. Its message lists references ready to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The archive or folder.
    pub file: String,
    /// What was asked for, as typed; `None` when nothing was.
    pub asked: Option<String>,
    /// How many images fit what was asked for: 0, or 2 and more.
    pub fitting: usize,
    /// References that choose one each, with what is known of it; the first few.
    pub choices: Vec<(String, String)>,
    /// How many more there are.
    pub more: usize,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.choices.len() + self.more;
        match (&self.asked, all) {
            (_, 0) => return write!(f, "{}: holds no image", self.file),
            (None, _) => write!(f, "{} holds {all} images; say which:", self.file)?,
            (Some(asked), _) if self.fitting == 0 => {
                write!(
                    f,
                    "{} holds no image {asked:?}; it holds {}:",
                    self.file,
                    if all == 1 { "this" } else { "these" }
                )?;
            }
            (Some(asked), _) => {
                write!(f, "{}: {asked:?} fits {} images; say which:", self.file, self.fitting)?;
            }
        }
        for (reference, note) in &self.choices {
            write!(f, "\n  {reference}")?;
            if !note.is_empty() {
                write!(f, "   {note}")?;
            }
        }
        if self.more > 0 {
            write!(f, "\n  and {} more", thousands(self.more as u64))?;
        }
        Ok(())
    }
}

impl SourceError {
    /// What went wrong while the stream of `blob` in `file` was read. A [`SourceError`] that the
    /// stream carries comes out as it went in.
    pub fn of_read(file: &str, blob: &str, error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()) {
            Some(error) => error.clone(),
            None => SourceError::Io { file: file.to_owned(), doing: format!("read {blob}"), why: error.to_string() },
        }
    }

    /// The same error inside a stream.
    pub(super) fn into_io(self) -> io::Error {
        io::Error::other(self)
    }
}

/// A path for a message: nothing in it drives a terminal.
pub(super) fn shown_path(path: &Path) -> String {
    shown(path.as_os_str().as_encoded_bytes())
}

/// A foreign name for a message: bounded, and nothing in it drives a terminal.
pub(super) fn shown_name(name: &str) -> String {
    clipped(&shown(name.as_bytes()), 200)
}
