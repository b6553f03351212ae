//! The stages of a decode on threads, and the buffers that go round between them.

use std::io::{self, BufRead, Read};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle, scope};

use super::{Decoded, Job, PACKED, UNPACKED, fill};
use crate::digest::{Digest, Hasher};
use crate::layer::envelope::{Envelope, UnpackError, Unpacker};
use crate::layer::limit::LimitError;
use crate::layer::tar::Tar;
use crate::layer::tar::read::TarReader;

/// How many buffers of unpacked bytes there are: one being filled, one in each consumer's hands,
/// the rest on the way, so that a consumer may be late for a while.
const UNPACKED_BUFFERS: usize = 8;
/// How many buffers of blob bytes there are.
const PACKED_BUFFERS: usize = 6;

/// A buffer of a pool and how much of it is filled. Goes back to its pool when it is dropped,
/// wherever that is.
struct Piece {
    bytes: Vec<u8>,
    length: usize,
    pool: Sender<Vec<u8>>,
}

impl Piece {
    fn filled(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // The pool may be gone, and the buffer with it.
        let _ = self.pool.send(std::mem::take(&mut self.bytes));
    }
}

/// A fixed number of buffers.
struct Pool {
    returned: Receiver<Vec<u8>>,
    give_back: Sender<Vec<u8>>,
    left: usize,
    size: usize,
}

impl Pool {
    fn new(count: usize, size: usize) -> Self {
        let (give_back, returned) = channel();
        Pool { returned, give_back, left: count, size }
    }

    /// An empty piece, waiting for one if all are under way.
    fn take(&mut self) -> Piece {
        let bytes = match self.returned.try_recv() {
            Ok(bytes) => bytes,
            Err(_) if self.left > 0 => {
                self.left -= 1;
                vec![0; self.size]
            }
            Err(_) => {
                let returned = self.returned.recv();
                returned.expect("the pool itself holds a sender")
            }
        };
        Piece { bytes, length: 0, pool: self.give_back.clone() }
    }
}

/// Sends unpacked bytes to those who hash and walk them.
struct Fan<'scope> {
    pool: Pool,
    hash: SyncSender<Arc<Piece>>,
    walk: Option<SyncSender<Arc<Piece>>>,
    hashed: ScopedJoinHandle<'scope, Digest>,
    walked: Option<ScopedJoinHandle<'scope, Result<Tar, LimitError>>>,
    size: u64,
}

/// What the consumers of a fan found.
struct Consumed {
    diff_id: Digest,
    walked: Option<Result<Tar, LimitError>>,
    size: u64,
}

impl<'scope> Fan<'scope> {
    fn new(scope: &'scope Scope<'scope, '_>, walker: Option<TarReader>) -> Self {
        let (hash, pieces) = sync_channel::<Arc<Piece>>(UNPACKED_BUFFERS);
        let hashed = scope.spawn(move || {
            let mut hasher = Hasher::sha256();
            pieces.iter().for_each(|piece| hasher.update(piece.filled()));
            hasher.finish()
        });
        let (walk, walked) = walker
            .map(|mut walker| {
                let (walk, pieces) = sync_channel::<Arc<Piece>>(UNPACKED_BUFFERS);
                let walked = scope.spawn(move || {
                    pieces.iter().for_each(|piece| walker.push(piece.filled()));
                    walker.finish()
                });
                (walk, walked)
            })
            .unzip();
        Fan { pool: Pool::new(UNPACKED_BUFFERS, UNPACKED), hash, walk, hashed, walked, size: 0 }
    }

    fn send(&mut self, piece: Piece) {
        self.size += piece.length as u64;
        let piece = Arc::new(piece);
        // A receiver is gone only if its thread panicked, which joining it tells.
        if let Some(walk) = &self.walk {
            let _ = walk.send(Arc::clone(&piece));
        }
        let _ = self.hash.send(piece);
    }

    fn finish(self) -> Consumed {
        drop((self.hash, self.walk));
        Consumed { diff_id: joined(self.hashed), walked: self.walked.map(joined), size: self.size }
    }
}

fn joined<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// The blob as it comes from the reading thread.
struct Blob {
    pieces: Receiver<Piece>,
    current: Option<Piece>,
    taken: usize,
}

impl Read for Blob {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Blob {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if (self.current.as_ref()).is_none_or(|piece| self.taken == piece.length) {
            // The used one goes back before the wait for the next.
            self.current = None;
            self.current = self.pieces.recv().ok();
            self.taken = 0;
        }
        let piece = self.current.as_ref();
        Ok(piece.map_or(&[], |piece| &piece.filled()[self.taken..]))
    }

    fn consume(&mut self, count: usize) {
        self.taken += count;
    }
}

impl Job<'_> {
    /// Decodes a blob that is the tar itself: what is hashed is blob and tar in one.
    pub(super) fn plain(&self, first: &[u8], mut reader: impl Read) -> io::Result<Decoded> {
        let mut blob_hasher = Some((self.blob_hasher)()).filter(|h| !matches!(h, Hasher::Sha256(_)));
        scope(|scope| {
            let mut fan = Fan::new(scope, self.walker());
            let mut first = Some(first);
            let mut trouble = None;
            loop {
                let mut piece = fan.pool.take();
                piece.length = match first.take() {
                    Some(first) => {
                        piece.bytes[..first.len()].copy_from_slice(first);
                        first.len()
                    }
                    None => fill(&mut reader, &mut piece.bytes)?,
                };
                let length = piece.length as u64;
                if length == 0 {
                    break;
                }
                if fan.size > 0 {
                    (self.progress)(length);
                }
                if let Some(hasher) = &mut blob_hasher {
                    hasher.update(piece.filled());
                }
                if fan.size + length > self.limits.layer_size && trouble.is_none() {
                    trouble = Some(LimitError::layer_size(self.limits).into());
                    fan.walk = None;
                }
                fan.send(piece);
            }
            let consumed = fan.finish();
            let decoded = Decoded {
                blob_digest: blob_hasher.map_or(consumed.diff_id, Hasher::finish),
                blob_size: consumed.size,
                envelope: Envelope::default(),
                diff_id: consumed.diff_id,
                tar_size: consumed.size,
                tar: None,
                trouble,
            };
            Ok(decoded.with(consumed.walked))
        })
    }

    /// Decodes a compressed blob.
    pub(super) fn packed(&self, first: Vec<u8>, reader: impl Read + Send) -> io::Result<Decoded> {
        scope(|scope| {
            let (send, pieces) = sync_channel(PACKED_BUFFERS);
            let read = scope.spawn(move || self.read(&first, reader, &send));
            let blob = Blob { pieces, current: None, taken: 0 };
            let mut unpacker = Unpacker::new(blob, self.limits);
            let mut fan = Fan::new(scope, self.walker());
            let trouble = loop {
                let mut piece = fan.pool.take();
                match unpacker.unpack(&mut piece.bytes) {
                    Ok(0) => break None,
                    Ok(length) => {
                        piece.length = length;
                        fan.send(piece);
                    }
                    Err(error) => break Some(error),
                }
            };
            // Lets the reading thread go on to the blob's end alone.
            let envelope = unpacker.into_envelope();
            let consumed = fan.finish();
            let (blob_digest, blob_size) = joined(read)?;
            let trouble = match trouble {
                Some(UnpackError::Io(error)) => return Err(error),
                Some(UnpackError::Decode(error)) => Some(error),
                None => None,
            };
            let decoded = Decoded {
                blob_digest,
                blob_size,
                envelope,
                diff_id: consumed.diff_id,
                tar_size: consumed.size,
                tar: None,
                trouble,
            };
            Ok(decoded.with(consumed.walked))
        })
    }

    /// Reads and hashes the blob to its end, passing it on as long as somebody wants it.
    fn read(&self, first: &[u8], mut reader: impl Read, send: &SyncSender<Piece>) -> io::Result<(Digest, u64)> {
        let mut hasher = (self.blob_hasher)();
        let mut pool = Pool::new(PACKED_BUFFERS, PACKED);
        let mut piece = pool.take();
        piece.bytes.copy_from_slice(first);
        piece.length = first.len();
        let mut size = 0;
        while piece.length > 0 {
            hasher.update(piece.filled());
            size += piece.length as u64;
            // A failure to send says that unpacking has stopped; the buffer comes back.
            let _ = send.send(piece);
            piece = pool.take();
            piece.length = fill(&mut reader, &mut piece.bytes)?;
            (self.progress)(piece.length as u64);
        }
        Ok((hasher.finish(), size))
    }
}
