//! A set of members as a source of blobs.
//!
//! Refuses to take a digest for a path: it names only the places where its kind of source keeps
//! blobs.

use std::io::Read;

use crate::digest::Digest;
use crate::origin::Origin;

use super::error::{SourceError, shown_name};
use super::members::{Found, Members};
use super::{BlobName, Source};

/// An archive or folder whose blobs are asked for.
pub(super) struct Stored {
    pub members: Box<dyn Members>,
    pub kind: &'static str,
    /// Where a blob of this digest may be kept; the first that exists is it.
    pub places: fn(&Digest) -> Vec<String>,
}

impl Stored {
    fn find(&self, blob: &BlobName) -> Result<Option<Found>, SourceError> {
        let names = match blob {
            BlobName::Member(name) => return self.members.find(name),
            BlobName::Digest(digest) => (self.places)(digest),
        };
        let mut failure = None;
        for name in names {
            match self.members.find(&name) {
                Ok(Some(found)) => return Ok(Some(found)),
                Ok(None) => {}
                // In a damaged archive one place may be lost and the next one present.
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        failure.map_or(Ok(None), Err)
    }
}

impl Source for Stored {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        Ok(self.find(blob)?.map(|found| found.size))
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        match self.find(blob)? {
            Some(found) => self.members.open(&found),
            None => Err(SourceError::Missing {
                file: self.members.file().to_owned(),
                blob: shown_name(&blob.to_string()),
                named_by: "the image".to_owned(),
            }),
        }
    }

    fn position(&self, blob: &BlobName) -> Option<u64> {
        self.members.position(&self.find(blob).ok()??)
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn origin(&self) -> Origin {
        let path = self.members.path();
        if self.members.is_folder() { Origin::Folder { path } } else { Origin::Archive { path } }
    }

    fn place(&self, blob: &BlobName) -> Option<String> {
        self.find(blob).ok().flatten().map(|found| self.members.stored_name(&found))
    }

    fn damage(&self) -> Option<SourceError> {
        self.members.lost()
    }
}
