//! A folder that holds an image, as a set of members.
//!
//! Refuses every path that leads out of the folder, be it by its spelling or by links on disk.

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use crate::limits::Limits;

use super::disk::{self, Lies};
use super::error::{SourceError, shown_name, shown_path};
use super::members::{Found, Members, READ_AHEAD, normal};

/// A folder on disk.
pub(super) struct Folder {
    path: PathBuf,
    file: String,
    /// The same with links resolved: what must be inside is held against this.
    real: PathBuf,
    members: usize,
}

impl Folder {
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        let file = shown_path(path);
        let Some(real) = disk::resolved(path)? else {
            return Err(SourceError::NotFound { file, hint: String::new() });
        };
        Ok(Folder { path: path.to_owned(), file, real, members: limits.members })
    }

    /// Where a member lies on disk, or `None` when nothing does.
    fn place(&self, name: &str) -> Result<Option<PathBuf>, SourceError> {
        let name = normal(&self.file, name)?;
        let place = self.path.join(&name);
        let parts = Path::new(&name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let refuse = |why| SourceError::UnsafePath { file: self.file.clone(), path: shown_name(&name), why };
        if !parts {
            return Err(refuse("is absolute"));
        }
        let Some(real) = disk::resolved(&place)? else {
            return Ok(None);
        };
        if !real.starts_with(&self.real) {
            return Err(refuse("is a link that leads out of the folder (copy the folder with cp -rL)"));
        }
        Ok(Some(real))
    }
}

impl Members for Folder {
    fn file(&self) -> &str {
        &self.file
    }

    fn is_folder(&self) -> bool {
        true
    }

    fn path(&self) -> String {
        self.path.to_string_lossy().into_owned()
    }

    fn find(&self, name: &str) -> Result<Option<Found>, SourceError> {
        let Some(place) = self.place(name)? else {
            return Ok(None);
        };
        let not_contents = |found: &str| SourceError::NotContents {
            file: self.file.clone(),
            member: shown_name(name),
            found: found.to_owned(),
        };
        match disk::look(&place)? {
            Lies::Nothing => Ok(None),
            Lies::File { size } => Ok(Some(Found { name: normal(&self.file, name)?, size })),
            Lies::Folder => Err(not_contents("a folder")),
            Lies::Other(is) => Err(not_contents(&format!("a {is}"))),
        }
    }

    fn open(&self, found: &Found) -> Result<Box<dyn Read + Send>, SourceError> {
        let Some(place) = self.place(&found.name)? else {
            return Err(SourceError::NotFound {
                file: shown_path(&self.path.join(&found.name)),
                hint: " (it was there a moment ago)".to_owned(),
            });
        };
        Ok(Box::new(BufReader::with_capacity(READ_AHEAD, disk::open_at(&place, 0)?)))
    }

    fn folders_with(&self, file: &str) -> Result<Vec<String>, SourceError> {
        let Some(names) = disk::names(&self.real, self.members)? else {
            return Err(SourceError::Limit {
                what: self.file.clone(),
                over: "holds more files than".to_owned(),
                most: self.members as u64,
                option: "--max-members",
            });
        };
        let mut folders = Vec::new();
        for name in names {
            if matches!(disk::look(&self.real.join(&name).join(file))?, Lies::File { .. }) {
                folders.push(name);
            }
        }
        Ok(folders)
    }
}
