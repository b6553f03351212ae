//! One pass over a layer blob: its digest, its envelope, the diff ID, and the tar if asked for.
//!
//! Big blobs go through a pipeline of threads (read and hash, inflate, hash, walk) with a fixed
//! set of buffers, about 3 MiB whatever the layer's size; inflating is the slowest stage, and all
//! the others together take as long, so that two cores are busy. Damage is part of the answer
//! ([`Decoded::trouble`]); only a failure to read the blob is an error.

mod pipe;
#[cfg(test)]
mod tests;

use std::io::{self, BufRead, BufReader, Read};

use crate::digest::{Digest, Hasher};
use crate::layer::envelope::{Compression, Envelope, Unpacker};
use crate::layer::limit::LimitError;
use crate::layer::tar::Tar;
use crate::layer::tar::read::TarReader;
use crate::limits::Limits;

pub use crate::layer::envelope::{DecodeError, UnpackError};

/// Unpacked bytes travel in pieces of this size. Larger ones make inflating hardly faster.
const UNPACKED: usize = 256 << 10;
/// Blob bytes travel in pieces of this size. A blob that fits in one is decoded without threads,
/// whose start would take longer than the work.
const PACKED: usize = 128 << 10;

/// What is asked of a decode besides digests and envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ask {
    /// Whether to read the tar's entries.
    pub walk: bool,
}

/// What one pass over a blob found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Digest of the blob as stored.
    pub blob_digest: Digest,
    /// Size of the blob in bytes.
    pub blob_size: u64,
    /// What the blob is wrapped in.
    pub envelope: Envelope,
    /// SHA-256 of the unpacked bytes.
    pub diff_id: Digest,
    /// Number of unpacked bytes.
    pub tar_size: u64,
    /// The tar, if asked for.
    pub tar: Option<Tar>,
    /// Why the blob could not be decoded to its end. `blob_digest` and `blob_size` are of the
    /// whole blob all the same; the rest is as far as it got.
    pub trouble: Option<DecodeError>,
}

/// Reads a blob to its end. `expected` chooses the algorithm of [`Decoded::blob_digest`] (SHA-256
/// without it); comparing is the caller's. `progress` is told the number of blob bytes of each read.
pub fn decode(
    mut reader: impl Read + Send,
    expected: Option<&Digest>,
    ask: &Ask,
    limits: &Limits,
    progress: &(dyn Fn(u64) + Sync),
) -> io::Result<Decoded> {
    let mut first = vec![0; PACKED];
    let length = fill(&mut reader, &mut first)?;
    progress(length as u64);
    let blob_hasher = || expected.map_or_else(Hasher::sha256, Hasher::like);
    let job = Job { blob_hasher: &blob_hasher, walk: ask.walk, limits, progress };
    if length < first.len() {
        return job.small(&first[..length]);
    }
    match Compression::recognise(&first) {
        Compression::None => job.plain(&first, reader),
        _ => job.packed(first, reader),
    }
}

/// A decode and how it is to be done.
struct Job<'a> {
    blob_hasher: &'a (dyn Fn() -> Hasher + Sync),
    walk: bool,
    limits: &'a Limits,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Job<'_> {
    fn walker(&self) -> Option<TarReader> {
        self.walk.then(|| TarReader::new(self.limits))
    }

    /// Decodes a blob that is in memory.
    fn small(&self, blob: &[u8]) -> io::Result<Decoded> {
        let mut unpacker = Unpacker::new(blob, self.limits);
        let mut walker = self.walker();
        let mut hasher = Hasher::sha256();
        let mut tar_size = 0;
        let mut trouble = None;
        let mut buffer = vec![0; UNPACKED];
        loop {
            let unpacked = match unpacker.unpack(&mut buffer) {
                Ok(0) => break,
                Ok(length) => &buffer[..length],
                Err(UnpackError::Io(error)) => return Err(error),
                Err(UnpackError::Decode(error)) => {
                    trouble = Some(error);
                    break;
                }
            };
            hasher.update(unpacked);
            tar_size += unpacked.len() as u64;
            if let Some(walker) = &mut walker {
                walker.push(unpacked);
            }
        }
        let diff_id = hasher.finish();
        let envelope = unpacker.into_envelope();
        let mut blob_hasher = (self.blob_hasher)();
        let is_hashed =
            envelope.compression == Compression::None && matches!(blob_hasher, Hasher::Sha256(_)) && trouble.is_none();
        let blob_digest = if is_hashed {
            diff_id
        } else {
            blob_hasher.update(blob);
            blob_hasher.finish()
        };
        let decoded =
            Decoded { blob_digest, blob_size: blob.len() as u64, envelope, diff_id, tar_size, tar: None, trouble };
        Ok(decoded.with(walker.map(TarReader::finish)))
    }
}

impl Decoded {
    fn with(mut self, walked: Option<Result<Tar, LimitError>>) -> Self {
        match walked {
            Some(Ok(tar)) => self.tar = Some(tar),
            Some(Err(limit)) => drop(self.trouble.get_or_insert(limit.into())),
            None => {}
        }
        self
    }
}

/// The bytes at `ranges` (offset and length in the unpacked tar, in bytes, by ascending offset) of
/// a blob of any compression. A range that reaches beyond the end comes back short. Reading stops
/// behind the last range. All ranges together are bounded by [`Limits::evidence`].
pub fn contents(reader: impl Read, ranges: &[(u64, u64)], limits: &Limits) -> io::Result<Vec<Vec<u8>>> {
    let wanted = ranges.iter().fold(0u64, |sum, range| sum.saturating_add(range.1));
    if wanted > limits.evidence {
        return Err(io::Error::other(LimitError {
            what: "the size of the contents held as evidence",
            value: limits.evidence,
            option: "--max-evidence",
        }));
    }
    let end = |range: &(u64, u64)| range.0.saturating_add(range.1);
    let stop = ranges.iter().map(end).max().unwrap_or(0);
    let mut found = vec![Vec::new(); ranges.len()];
    let mut unpacker = Unpacker::new(BufReader::with_capacity(PACKED, reader), limits);
    let mut buffer = vec![0; UNPACKED];
    let (mut position, mut done) = (0u64, 0);
    while position < stop {
        let length = unpacker.unpack(&mut buffer)?;
        if length == 0 {
            break;
        }
        let next = position + length as u64;
        while ranges.get(done).is_some_and(|range| end(range) <= position) {
            done += 1;
        }
        for (range, found) in ranges.iter().zip(&mut found).skip(done) {
            if range.0 >= next {
                break;
            }
            let from = range.0.clamp(position, next) - position;
            let to = end(range).clamp(position, next) - position;
            found.extend_from_slice(&buffer[from as usize..to as usize]);
        }
        position = next;
    }
    Ok(found)
}

/// The offset in bytes of the first byte in which two streams differ, `None` if they do not. Where
/// one is the beginning of the other, that is the shorter one's length.
pub fn first_difference(a: impl Read, b: impl Read) -> io::Result<Option<u64>> {
    let mut a = BufReader::with_capacity(PACKED, a);
    let mut b = BufReader::with_capacity(PACKED, b);
    let mut offset = 0;
    loop {
        let (left, right) = (view(&mut a)?, view(&mut b)?);
        let common = left.len().min(right.len());
        if left[..common] != right[..common] || common == 0 {
            let pairs = left.iter().zip(right);
            let same = pairs.take_while(|(a, b)| a == b).count();
            let is_end = left.is_empty() && right.is_empty();
            return Ok((!is_end).then_some(offset + same as u64));
        }
        a.consume(common);
        b.consume(common);
        offset += common as u64;
    }
}

/// The bytes at hand, none only at the end.
fn view<R: Read>(reader: &mut BufReader<R>) -> io::Result<&[u8]> {
    while let Err(error) = reader.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(reader.buffer())
}

/// Reads until `buffer` is full or the stream ends.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
