//! What a layer blob is wrapped in: gzip, zstd or nothing, and what the wrapping says of its maker.
//!
//! Decided by the bytes, never by a declared media type. Bytes behind the last member are a fact,
//! not an error; a stream that breaks off or does not decode is a [`DecodeError`] with its offset.

pub mod deflate;
mod error;
pub mod gzip;
pub mod parts;
mod source;
#[cfg(test)]
mod tests;
pub mod zstd;
pub mod zstd_blocks;

use std::io::{self, BufRead, Read};

pub use error::{DecodeError, UnpackError};
pub use gzip::GzipMember;
pub use zstd::{SkippableFrame, ZstdFrame};

use crate::digest::{Digest, Hasher};
use crate::layer::limit::LimitError;
use crate::layer::tar;
use crate::limits::Limits;
use source::Source;

/// How many members (gzip members, zstd frames) are described; all are counted.
pub const MEMBERS: usize = 64;
/// How many of the first bytes of something opaque are kept.
pub const HEAD: usize = 64;
/// What a blob may unpack to before [`Limits::ratio`] is asked.
const FREE: u64 = 64 << 20;

/// What a blob is compressed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
    /// One that images do not use, by name; recognised so that an error can say so.
    Other(&'static str),
}

impl Compression {
    /// `none`, `gzip`, `zstd`, or the name of another.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Other(name) => name,
        }
    }

    /// Recognises a blob by its first bytes; 512 are enough. A tar whose first name looks like
    /// another format's magic is a tar: its header's checksum decides.
    pub fn recognise(head: &[u8]) -> Self {
        if head.first_chunk().is_some_and(tar::header::is_header) {
            return Compression::None;
        }
        let magics: [(&[u8], Compression); 8] = [
            (&gzip::MAGIC, Compression::Gzip),
            (&zstd::MAGIC, Compression::Zstd),
            (b"BZh", Compression::Other("bzip2")),
            (b"\xfd7zXZ\0", Compression::Other("xz")),
            (b"\x04\x22\x4d\x18", Compression::Other("lz4")),
            (b"\x5d\0\0", Compression::Other("lzma")),
            (b"\x1f\x9d", Compression::Other("compress")),
            (b"LZIP", Compression::Other("lzip")),
        ];
        if zstd::is_skippable(head) {
            return Compression::Zstd;
        }
        let found = magics.iter().find(|(magic, _)| head.starts_with(magic));
        found.map_or(Compression::None, |(_, compression)| *compression)
    }
}

/// What is known of a blob's wrapping.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Envelope {
    /// What the bytes are.
    pub compression: Compression,
    /// The first [`MEMBERS`] members or frames, and as many skippable frames, in order.
    pub members: Vec<Member>,
    /// How many there are, skippable frames included.
    pub member_count: u64,
    /// The last one, where it is beyond those described: lazy-pull formats keep their footer there.
    pub last: Option<Member>,
    /// What follows the last one.
    pub trailing: Option<Trailing>,
}

/// One part of a compressed stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// A gzip member.
    Gzip(GzipMember),
    /// A zstd frame.
    Zstd(ZstdFrame),
    /// A zstd skippable frame.
    Skippable(SkippableFrame),
}

/// Bytes behind the last member that belong to no member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailing {
    /// Where they begin in the blob.
    pub offset: u64,
    /// How many there are.
    pub length: u64,
    /// Whether all of them are zero.
    pub zeros: bool,
    /// The first of them, at most [`HEAD`].
    pub head: Vec<u8>,
    /// SHA-256 of all of them.
    pub digest: Digest,
}

impl Envelope {
    fn add(&mut self, member: Member) {
        self.member_count += 1;
        let is_skippable = |member: &Member| matches!(member, Member::Skippable(_));
        let alike = |other: &&Member| is_skippable(other) == is_skippable(&member);
        self.last = None;
        if self.members.iter().filter(alike).count() < MEMBERS {
            self.members.push(member);
        } else {
            self.last = Some(member);
        }
    }
}

/// Unpacks a blob of any compression, noting what its envelope says.
pub struct Unpacker<R> {
    source: Source<R>,
    codec: Codec,
    envelope: Envelope,
    limits: Limits,
    /// Bytes given out.
    unpacked: u64,
    pending: Option<UnpackError>,
}

enum Codec {
    Unknown,
    Plain,
    Gzip(Box<gzip::Decoder>),
    Zstd(Box<zstd::Decoder>),
    End,
}

/// What a codec did with its turn.
enum Turn {
    /// That many bytes were written, perhaps none.
    Wrote(usize),
    /// The format's stream is over; what follows in the blob is not part of it.
    Over,
}

impl<R: BufRead> Unpacker<R> {
    /// An unpacker bounded by the limits on layer size, ratio and extensions.
    pub fn new(blob: R, limits: &Limits) -> Self {
        Unpacker {
            source: Source::new(blob),
            codec: Codec::Unknown,
            envelope: Envelope::default(),
            limits: limits.clone(),
            unpacked: 0,
            pending: None,
        }
    }

    /// What the blob is compressed by, from its first bytes.
    pub fn compression(&mut self) -> io::Result<Compression> {
        if matches!(self.codec, Codec::Unknown) {
            let compression = Compression::recognise(self.source.peek(tar::BLOCK)?);
            self.envelope.compression = compression;
            self.codec = match compression {
                Compression::None => Codec::Plain,
                Compression::Gzip => Codec::Gzip(Box::default()),
                Compression::Zstd => Codec::Zstd(Box::default()),
                Compression::Other(name) => {
                    self.pending = Some(DecodeError::Compression { name }.into());
                    Codec::End
                }
            };
        }
        Ok(self.envelope.compression)
    }

    /// The envelope as far as it was read; all of it once [`Unpacker::unpack`] gave 0.
    pub fn into_envelope(self) -> Envelope {
        self.envelope
    }

    /// Fills `out` with the next unpacked bytes. Less than all of it is filled only at the end of
    /// the blob or in front of an error, which the next call gives.
    pub fn unpack(&mut self, out: &mut [u8]) -> Result<usize, UnpackError> {
        let mut filled = 0;
        while filled < out.len() && self.pending.is_none() {
            match self.turn(&mut out[filled..]) {
                Ok(Some(count)) => filled += count,
                Ok(None) => break,
                Err(error) => self.pending = Some(error),
            }
        }
        match self.pending.take() {
            Some(error) if filled == 0 => Err(error),
            pending => {
                self.pending = pending;
                Ok(filled)
            }
        }
    }

    fn turn(&mut self, out: &mut [u8]) -> Result<Option<usize>, UnpackError> {
        let turn = match &mut self.codec {
            Codec::Unknown => {
                self.compression()?;
                Turn::Wrote(0)
            }
            Codec::Plain => {
                let available = self.source.fill()?;
                let count = available.len().min(out.len());
                out[..count].copy_from_slice(&available[..count]);
                self.source.consume(count);
                if count == 0 { Turn::Over } else { Turn::Wrote(count) }
            }
            Codec::Gzip(decoder) => decoder.turn(&mut self.source, out, &mut self.envelope, &self.limits)?,
            Codec::Zstd(decoder) => decoder.turn(&mut self.source, out, &mut self.envelope)?,
            Codec::End => return Ok(None),
        };
        match turn {
            Turn::Wrote(count) => {
                self.unpacked += count as u64;
                self.check_size()?;
                Ok(Some(count))
            }
            Turn::Over => {
                self.codec = Codec::End;
                self.trailing()?;
                Ok(None)
            }
        }
    }

    fn check_size(&self) -> Result<(), LimitError> {
        let limits = &self.limits;
        if self.unpacked > limits.layer_size {
            return Err(LimitError::layer_size(limits));
        }
        let beyond = self.unpacked.saturating_sub(FREE);
        if beyond > self.source.offset.saturating_mul(limits.ratio) {
            return Err(LimitError {
                what: "how many times its size the layer unpacks to",
                value: limits.ratio,
                option: "--max-ratio",
            });
        }
        Ok(())
    }

    fn trailing(&mut self) -> io::Result<()> {
        let offset = self.source.offset;
        let mut hasher = Hasher::sha256();
        let (mut zeros, mut head) = (true, Vec::new());
        loop {
            let bytes = self.source.fill()?;
            if bytes.is_empty() {
                break;
            }
            hasher.update(bytes);
            zeros &= bytes.iter().all(|b| *b == 0);
            head.extend(bytes.iter().take(HEAD - head.len()));
            let count = bytes.len();
            self.source.consume(count);
        }
        let length = self.source.offset - offset;
        if length > 0 {
            self.envelope.trailing = Some(Trailing { offset, length, zeros, head, digest: hasher.finish() });
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Unpacker<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(self.unpack(out)?)
    }
}
