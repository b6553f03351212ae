//! The pass over a layer: entries are written at all steps at once, each content read once a side.
//!
//! Memory holds one piece of content and a hasher for each step, whatever the layer's size.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use super::documents::Stage;
use super::{Contents, Encoding};
use crate::digest::Hasher;
use crate::layer::tar::Content;
use crate::pair::Side;

/// Contents travel in pieces of this size.
const PIECE: usize = 256 << 10;
/// How often one layer is read again from its start for contents that stand in another order.
const RESTARTS: u32 = 8;

/// What a tar becomes at one step.
pub(super) struct Sink<'s> {
    pub(super) step: usize,
    hasher: Hasher,
    size: u64,
    encoding: Option<Box<dyn Encoding + 's>>,
    /// Where all but the contents is kept.
    pub(super) heads: Option<Box<dyn Write + Send>>,
    /// Where all of it is kept.
    pub(super) whole: Option<Box<dyn Write + Send>>,
    failed: bool,
}

/// What a sink took in: the tar, and its blob if it was encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sunk {
    pub(super) tar: Option<Stage>,
    pub(super) blob: Option<Stage>,
}

impl<'s> Sink<'s> {
    pub(super) fn new(step: usize, encoding: Option<Box<dyn Encoding + 's>>) -> Self {
        Sink { step, hasher: Hasher::sha256(), size: 0, encoding, heads: None, whole: None, failed: false }
    }

    /// Takes in headers, fill, or the end.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        keep(&mut self.heads, bytes);
        self.content(bytes);
    }

    /// Takes in contents.
    fn content(&mut self, bytes: &[u8]) {
        keep(&mut self.whole, bytes);
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        if let Some(encoding) = &mut self.encoding {
            encoding.write(bytes);
        }
    }

    pub(super) fn zeros(&mut self, mut count: u64) {
        const ZEROS: [u8; 4096] = [0; 4096];
        while count > 0 {
            let now = count.min(ZEROS.len() as u64);
            self.write(ZEROS.get(..now as usize).unwrap_or_default());
            count -= now;
        }
    }

    pub(super) fn finish(self) -> Sunk {
        if self.failed {
            return Sunk { tar: None, blob: None };
        }
        let tar = Some(Stage { digest: self.hasher.finish(), size: self.size });
        Sunk { tar, blob: self.encoding.and_then(Encoding::finish) }
    }
}

/// Writes what is kept; what cannot be written is kept no further, which its digest shows.
fn keep(file: &mut Option<Box<dyn Write + Send>>, bytes: &[u8]) {
    if file.as_mut().is_some_and(|file| file.write_all(bytes).is_err()) {
        *file = None;
    }
}

/// Reads contents of both sides' layers, forwards as far as it can.
pub(super) struct Fetcher<'s> {
    contents: &'s dyn Contents,
    cursors: BTreeMap<(Side, usize), Cursor<'s>>,
    piece: Vec<u8>,
}

struct Cursor<'s> {
    reader: Box<dyn Read + Send + 's>,
    position: u64,
    restarts: u32,
}

impl<'s> Fetcher<'s> {
    pub(super) fn new(contents: &'s dyn Contents) -> Self {
        Fetcher { contents, cursors: BTreeMap::new(), piece: vec![0; PIECE] }
    }

    /// Hands `content` of a layer to every sink that `wanted` chooses; those that cannot have it are given up.
    pub(super) fn copy(
        &mut self,
        from: (Side, usize),
        content: &Content,
        sinks: &mut [Sink<'_>],
        wanted: &dyn Fn(&Sink<'_>) -> bool,
    ) {
        if content.length == 0 {
            return;
        }
        let ready = self.seek(from, content.offset);
        let mut left = content.length;
        while left > 0 && ready.is_ok() {
            let Some(cursor) = self.cursors.get_mut(&from) else { break };
            let most = usize::try_from(left).map_or(self.piece.len(), |left| left.min(self.piece.len()));
            let Some(piece) = self.piece.get_mut(..most) else { break };
            let count = match cursor.reader.read(piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            cursor.position += count as u64;
            left -= count as u64;
            let bytes = piece.get(..count).unwrap_or_default();
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.content(bytes));
        }
        if left > 0 {
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.failed = true);
        }
    }

    fn seek(&mut self, from: (Side, usize), offset: u64) -> io::Result<()> {
        let behind = self.cursors.get(&from).map(|cursor| (cursor.position > offset, cursor.restarts));
        let restarts = match behind {
            Some((false, _)) => None,
            Some((true, restarts)) if restarts >= RESTARTS => {
                return Err(io::Error::other("contents stand in another order"));
            }
            Some((true, restarts)) => Some(restarts + 1),
            None => Some(0),
        };
        if let Some(restarts) = restarts {
            let reader = self.contents.tar(from.0, from.1)?;
            self.cursors.insert(from, Cursor { reader, position: 0, restarts });
        }
        let Some(cursor) = self.cursors.get_mut(&from) else { return Ok(()) };
        let skip = offset.saturating_sub(cursor.position);
        let skipped = io::copy(&mut (&mut cursor.reader).take(skip), &mut io::sink())?;
        cursor.position += skipped;
        if skipped < skip { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}
