//! Archives that are compressed as a whole: gzip or zstd, as a stream.
//!
//! Refuses to store what comes out: a bound on it stops bombs, and who needs a later place reads
//! up to it again.

use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::limits::Limits;
use crate::text::{size, thousands};

use super::disk;
use super::error::{SourceError, shown_path};
use super::members::READ_AHEAD;

/// How a file is compressed as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

/// What growth is never held against a file: small ones compress well.
const FREE_GROWTH: u64 = 64 << 20;

impl Compression {
    /// By the magic number (RFC 1952, RFC 8878; skippable frames may come first).
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }
}

/// A stream of a file's decompressed bytes. Its errors carry a [`SourceError`].
pub(super) struct Decompressed {
    inner: Box<dyn Read + Send>,
    compression: Compression,
    file: String,
    read: u64,
    most: u64,
    option: &'static str,
}

impl Decompressed {
    pub(super) fn open(path: &Path, compression: Compression, limits: &Limits) -> Result<Self, SourceError> {
        let file = disk::open_at(path, 0)?;
        let length = match disk::look(path)? {
            disk::Lies::File { size } => size,
            _ => 0,
        };
        let io = |error: io::Error| SourceError::Io {
            file: shown_path(path),
            doing: format!("start a {} decoder", compression.name()),
            why: error.to_string(),
        };
        let buffered = BufReader::with_capacity(READ_AHEAD, file);
        let inner: Box<dyn Read + Send> = match compression {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(buffered)),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::with_buffer(buffered).map_err(io)?),
        };
        let growth = length.saturating_mul(limits.ratio).saturating_add(FREE_GROWTH);
        let (most, option) =
            if growth < limits.layer_size { (growth, "--max-ratio") } else { (limits.layer_size, "--max-layer-size") };
        Ok(Decompressed { inner, compression, file: shown_path(path), read: 0, most, option })
    }
}

impl Read for Decompressed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).map_err(|error| {
            let why = match error.kind() {
                io::ErrorKind::UnexpectedEof => "the file ends too early".to_owned(),
                _ => error.to_string(),
            };
            let (file, format) = (self.file.clone(), self.compression.name());
            SourceError::Compressed { file, format, offset: self.read, why }.into_io()
        })?;
        self.read += count as u64;
        if self.read > self.most {
            return Err(SourceError::Limit {
                what: self.file.clone(),
                over: format!("decompresses to more than {}, over", size(self.most)),
                most: self.most,
                option: self.option,
            }
            .into_io());
        }
        Ok(count)
    }
}

/// Reads and drops `count` bytes; says how many there were.
pub(super) fn drop_bytes(reader: &mut dyn Read, count: u64) -> io::Result<u64> {
    let mut buffer = vec![0; usize::try_from(count).unwrap_or(usize::MAX).min(64 << 10)];
    let mut left = count;
    while left > 0 {
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        match reader.read(&mut buffer[..want]) {
            Ok(0) => break,
            Ok(read) => left -= read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(count - left)
}

/// What to do about a compression that is none of ours, by its magic number.
pub(super) fn foreign(head: &[u8]) -> Option<&'static str> {
    match head {
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz: decompress it first (xz -dk)"),
        [b'B', b'Z', b'h', ..] => Some("bzip2: decompress it first (bzip2 -dk)"),
        [0x04, 0x22, 0x4d, 0x18, ..] => Some("lz4: decompress it first (lz4 -d)"),
        [b'P', b'K', 3 | 5, ..] => Some("a zip archive: unpack it first (unzip)"),
        _ => None,
    }
}

/// For messages about how far a stream went.
pub(super) fn at(offset: u64) -> String {
    format!("offset {}", thousands(offset))
}
