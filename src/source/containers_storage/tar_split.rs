//! A layer's tar, put together again from the files it was unpacked to and what was kept of it
//! beside them: tar-split's JSON lines (github.com/vbatts/tar-split, `tar/storage`).
//!
//! A line is either bytes of the tar that are no file's contents, or the name and size of a file
//! whose contents come next. Refuses to pass for the layer what does not have its diff ID.

use std::io::{self, BufRead, BufReader, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::digest::{Digest, Hasher};
use crate::limits::Limits;
use crate::text::{clipped, shown, thousands};

use super::super::error::SourceError;
use super::super::members::READ_AHEAD;
use super::inside::Inside;

/// The longest line, in bytes. Headers and padding are in it as base64; what stands behind the end
/// of an archive is one piece in old versions.
const LONGEST_LINE: u64 = 64 << 20;

/// One line.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind: u64,
    /// A file's name, where it is UTF-8.
    name: Option<String>,
    /// A file's name in base64, where it is not.
    name_raw: Option<String>,
    /// A file's size in bytes.
    size: Option<i64>,
    /// Bytes of the tar in base64; of a file a checksum.
    payload: Option<String>,
    position: Option<u64>,
}

/// A file's contents come next.
const FILE: u64 = 1;
/// Bytes of the tar.
const SEGMENT: u64 = 2;

/// The tar, as a stream. Its errors carry a [`SourceError`].
pub(super) struct Rebuilt {
    lines: BufReader<Box<dyn Read + Send>>,
    line: u64,
    most_lines: u64,
    files: Inside,
    now: Piece,
    hasher: Option<Hasher>,
    diff_id: Digest,
    /// The store and the layer, for messages.
    layer: String,
}

/// What the next bytes come from.
enum Piece {
    Nothing,
    Bytes(io::Cursor<Vec<u8>>),
    File { file: BufReader<std::fs::File>, left: u64, name: Vec<u8> },
}

impl Rebuilt {
    /// `lines` are the unpacked lines, `files` the layer's folder.
    pub fn new(lines: Box<dyn Read + Send>, files: Inside, diff_id: Digest, layer: String, limits: &Limits) -> Self {
        Rebuilt {
            lines: BufReader::with_capacity(READ_AHEAD, lines),
            line: 0,
            // a header and contents for each entry, some more for what follows
            most_lines: (limits.entries as u64).saturating_mul(3),
            files,
            now: Piece::Nothing,
            hasher: Some(Hasher::like(&diff_id)),
            diff_id,
            layer,
        }
    }

    fn wrong(&self, why: String) -> io::Error {
        SourceError::NoImage {
            file: self.layer.clone(),
            why: format!("tar-split line {}: {why}", thousands(self.line)),
        }
        .into_io()
    }

    /// Goes to the next piece. False: there is none.
    fn next(&mut self) -> io::Result<bool> {
        let mut text = Vec::new();
        let read = (&mut self.lines).take(LONGEST_LINE).read_until(b'\n', &mut text);
        self.line += 1;
        read.map_err(|error| self.wrong(error.to_string()))?;
        if text.is_empty() {
            return Ok(false);
        }
        if text.len() as u64 == LONGEST_LINE {
            return Err(self.wrong(format!("longer than {} bytes", thousands(LONGEST_LINE))));
        }
        if self.line > self.most_lines {
            return Err(SourceError::Limit {
                what: self.layer.clone(),
                over: "has more lines of tar-split data than".to_owned(),
                most: self.most_lines,
                option: "--max-entries",
            }
            .into_io());
        }
        let line: Line = serde_json::from_slice(&text).map_err(|error| self.wrong(format!("no entry: {error}")))?;
        if line.position.is_some_and(|position| position != self.line - 1) {
            let found = line.position.unwrap_or_default();
            return Err(self.wrong(format!("expected position {}, found {found}", self.line - 1)));
        }
        self.now = match line.kind {
            SEGMENT => Piece::Bytes(io::Cursor::new(self.decoded(line.payload.as_deref().unwrap_or_default())?)),
            FILE => {
                let size =
                    u64::try_from(line.size.unwrap_or(0)).map_err(|_| self.wrong("a negative size".to_owned()))?;
                if size == 0 {
                    // folders, links and devices; an empty file has nothing to give
                    Piece::Nothing
                } else {
                    let name = match &line.name_raw {
                        Some(raw) => self.decoded(raw)?,
                        None => line.name.unwrap_or_default().into_bytes(),
                    };
                    self.file(name, size)?
                }
            }
            kind => return Err(self.wrong(format!("expected an entry of type 1 or 2, found {kind}"))),
        };
        Ok(true)
    }

    fn decoded(&self, base64: &str) -> io::Result<Vec<u8>> {
        STANDARD.decode(base64).map_err(|error| self.wrong(format!("no base64: {error}")))
    }

    fn file(&mut self, name: Vec<u8>, size: u64) -> io::Result<Piece> {
        match self.files.open(&name) {
            Ok((file, found)) if found == size => {
                Ok(Piece::File { file: BufReader::with_capacity(READ_AHEAD, file), left: size, name })
            }
            Ok((_, found)) => {
                Err(self.lost(&name, format!("expected {} bytes, found {}", thousands(size), thousands(found))))
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                Err(self
                    .lost(&name, format!("{error}; run as root, or for a rootless store: podman unshare why-differ …")))
            }
            Err(error) => Err(self.lost(&name, error.to_string())),
        }
    }

    /// The error for a file that is not what the layer had.
    fn lost(&self, name: &[u8], why: String) -> io::Error {
        let name = clipped(&shown(name), 200);
        SourceError::Io { file: self.layer.clone(), doing: format!("rebuild it: the file {name:?}"), why }.into_io()
    }

    /// At the end: whether this was the layer.
    fn verify(&mut self) -> io::Result<()> {
        let Some(hasher) = self.hasher.take() else { return Ok(()) };
        let found = hasher.finish();
        if found == self.diff_id {
            return Ok(());
        }
        let why = format!(
            "its files do not make the layer again: expected the diff ID {}, found {found}; the store is damaged (pull the \
             image again)",
            self.diff_id
        );
        Err(SourceError::NoImage { file: self.layer.clone(), why }.into_io())
    }
}

impl Read for Rebuilt {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = match &mut self.now {
                Piece::Nothing => 0,
                Piece::Bytes(bytes) => bytes.read(buffer)?,
                Piece::File { file, left, name } => {
                    let count = file.take(*left).read(buffer);
                    match count {
                        Ok(0) if *left > 0 => {
                            let (name, left) = (std::mem::take(name), *left);
                            return Err(self.lost(&name, format!("{} bytes are gone", thousands(left))));
                        }
                        Ok(count) => {
                            *left -= count as u64;
                            count
                        }
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                        Err(error) => {
                            let name = std::mem::take(name);
                            return Err(self.lost(&name, error.to_string()));
                        }
                    }
                }
            };
            if count > 0 {
                if let Some(hasher) = &mut self.hasher {
                    hasher.update(buffer.get(..count).unwrap_or_default());
                }
                return Ok(count);
            }
            if !self.next()? {
                self.verify()?;
                return Ok(0);
            }
        }
    }
}
