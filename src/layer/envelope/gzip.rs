//! gzip streams (RFC 1952), member by member: header as written, data, checked trailer.

use std::io::BufRead;

use crc32fast::Hasher as Crc;
use flate2::{Decompress, FlushDecompress, Status};

use super::source::Source;
use super::{DecodeError, Envelope, Member, Turn, UnpackError};
use crate::layer::limit::LimitError;
use crate::limits::Limits;

/// The two magic bytes and the only method there is (deflate).
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;

/// Go's zero time in a header, as klauspost's gzip and pgzip write it, whatever the file's time is, and as Go did up to 1.7.
pub const GO_ZERO_TIME: u32 = 0x886e_0900;

/// How many of the last bytes of a deflate stream are kept: the marks by which encoders end it.
pub const ENDING: usize = 9;

/// One gzip member.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GzipMember {
    /// Where it begins in the blob, in bytes.
    pub offset: u64,
    /// The FLG byte, reserved bits included.
    pub flags: u8,
    /// Seconds since 1970; 0 means none.
    pub mtime: u32,
    /// Extra flags: 2 the slowest, 4 the fastest level.
    pub xfl: u8,
    /// Operating system: 3 Unix, 255 unknown.
    pub os: u8,
    /// The extra field, without its length.
    pub extra: Option<Vec<u8>>,
    /// The file's name, without its NUL.
    pub name: Option<Vec<u8>>,
    /// The comment, without its NUL.
    pub comment: Option<Vec<u8>>,
    /// The header's CRC-16 as written, where there is one.
    pub header_crc: Option<u16>,
    /// Length of the header in bytes.
    pub header_length: u64,
    /// The last bytes of its deflate stream, [`ENDING`] at most.
    pub ending: Vec<u8>,
    /// Length of the whole member in bytes, header and trailer included.
    pub compressed: u64,
    /// Length of its data in bytes.
    pub uncompressed: u64,
    /// CRC-32 of its data, checked.
    pub crc32: u32,
    /// Length of its data modulo 2³² as written, checked.
    pub isize: u32,
}

/// The state between two turns.
pub(super) struct Decoder {
    inflate: Decompress,
    crc: Crc,
    /// The member under way.
    member: Option<GzipMember>,
    ending: Vec<u8>,
    count: u64,
    /// An error that waits until the data in front of it is given out.
    failed: Option<UnpackError>,
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder {
            inflate: Decompress::new(false),
            crc: Crc::new(),
            member: None,
            ending: Vec::new(),
            count: 0,
            failed: None,
        }
    }
}

impl GzipMember {
    /// The header as its fields make it. What a member's own header is, unless reserved flags announce more.
    pub fn header(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.push(self.flags);
        out.extend_from_slice(&self.mtime.to_le_bytes());
        out.extend_from_slice(&[self.xfl, self.os]);
        if let Some(extra) = &self.extra {
            out.extend_from_slice(&(extra.len() as u16).to_le_bytes());
            out.extend_from_slice(extra);
        }
        for text in [&self.name, &self.comment].into_iter().flatten() {
            out.extend_from_slice(text);
            out.push(0);
        }
        if let Some(crc) = self.header_crc {
            out.extend_from_slice(&crc.to_le_bytes());
        }
        out
    }
}

impl Decoder {
    pub(super) fn turn(
        &mut self,
        source: &mut Source<impl BufRead>,
        out: &mut [u8],
        envelope: &mut Envelope,
        limits: &Limits,
    ) -> Result<Turn, UnpackError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.member.is_none() {
            if self.count > 0 && source.peek(MAGIC.len())? != MAGIC {
                return Ok(Turn::Over);
            }
            self.member = Some(header(source, limits)?);
            self.count += 1;
            self.inflate.reset(false);
            self.crc.reset();
            self.ending.clear();
        }
        let (wrote, is_end) = self.inflate(source, out)?;
        self.crc.update(&out[..wrote]);
        if is_end && let Some(mut member) = self.member.take() {
            member.uncompressed = self.inflate.total_out();
            member.ending = std::mem::take(&mut self.ending);
            self.failed = self.trailer(source, &mut member).err();
            envelope.add(Member::Gzip(member));
        }
        Ok(Turn::Wrote(wrote))
    }

    fn inflate(&mut self, source: &mut Source<impl BufRead>, out: &mut [u8]) -> Result<(usize, bool), UnpackError> {
        let available = source.fill()?;
        let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
        let is_blob_end = available.is_empty();
        let status = (self.inflate).decompress(available, out, FlushDecompress::None);
        let read = (self.inflate.total_in() - before_in) as usize;
        let wrote = (self.inflate.total_out() - before_out) as usize;
        let taken = &available[..read];
        self.ending.extend_from_slice(&taken[read.saturating_sub(ENDING)..]);
        self.ending.drain(..self.ending.len().saturating_sub(ENDING));
        source.consume(read);
        let status = match status {
            Ok(status) => status,
            Err(error) => {
                self.failed = Some(UnpackError::Decode(DecodeError::Corrupt {
                    format: "gzip",
                    offset: source.offset,
                    expected: "deflate data (RFC 1951)",
                    found: error.message().unwrap_or("invalid data").to_owned(),
                }));
                return Ok((wrote, false));
            }
        };
        let is_end = status == Status::StreamEnd;
        if is_blob_end && wrote == 0 && !is_end {
            return Err(truncated(source, "more deflate data"));
        }
        Ok((wrote, is_end))
    }

    fn trailer(&mut self, source: &mut Source<impl BufRead>, member: &mut GzipMember) -> Result<(), UnpackError> {
        let Some(trailer) = source.array::<8>()? else {
            member.compressed = source.end() - member.offset;
            return Err(truncated(source, "the CRC-32 and length of a member"));
        };
        member.compressed = source.offset - member.offset;
        let [a, b, c, d, e, f, g, h] = trailer;
        member.crc32 = u32::from_le_bytes([a, b, c, d]);
        member.isize = u32::from_le_bytes([e, f, g, h]);
        let offset = source.offset;
        if member.crc32 != self.crc.clone().finalize() {
            return Err(UnpackError::Decode(DecodeError::Crc {
                offset,
                declared: member.crc32,
                computed: self.crc.clone().finalize(),
            }));
        }
        let computed = member.uncompressed as u32;
        if member.isize != computed {
            return Err(UnpackError::Decode(DecodeError::Length { offset, declared: member.isize, computed }));
        }
        Ok(())
    }
}

pub(super) fn header(source: &mut Source<impl BufRead>, limits: &Limits) -> Result<GzipMember, UnpackError> {
    let offset = source.offset;
    let Some(fixed) = source.array::<10>()? else {
        return Err(truncated(source, "a gzip header of 10 bytes or more"));
    };
    let [_, _, _, flags, a, b, c, d, xfl, os] = fixed;
    let mut member =
        GzipMember { offset, flags, mtime: u32::from_le_bytes([a, b, c, d]), xfl, os, ..GzipMember::default() };
    let mut crc = Crc::new();
    crc.update(&fixed);
    if flags & FEXTRA != 0 {
        let missing = "the extra field of a gzip header";
        let length = source.array::<2>()?;
        let length = length.ok_or_else(|| truncated(source, missing))?;
        crc.update(&length);
        let length = usize::from(u16::from_le_bytes(length));
        let extra = source.peek(length)?.to_vec();
        source.consume(extra.len());
        if extra.len() < length {
            return Err(truncated(source, missing));
        }
        crc.update(&extra);
        member.extra = Some(extra);
    }
    if flags & FNAME != 0 {
        member.name = Some(text(source, &mut crc, limits)?);
    }
    if flags & FCOMMENT != 0 {
        member.comment = Some(text(source, &mut crc, limits)?);
    }
    if flags & FHCRC != 0 {
        let declared = source.array::<2>()?;
        let declared = declared.ok_or_else(|| truncated(source, "the CRC-16 of a gzip header"))?;
        let declared = u16::from_le_bytes(declared);
        member.header_crc = Some(declared);
        let computed = crc.clone().finalize() as u16;
        if declared != computed {
            return Err(UnpackError::Decode(DecodeError::Corrupt {
                format: "gzip",
                offset: source.offset - 2,
                expected: "the CRC-16 of the header",
                found: format!("{declared:04x} where its bytes give {computed:04x}"),
            }));
        }
    }
    member.header_length = source.offset - offset;
    Ok(member)
}

/// A string of the header, up to its NUL.
fn text(source: &mut Source<impl BufRead>, crc: &mut Crc, limits: &Limits) -> Result<Vec<u8>, UnpackError> {
    let mut text = Vec::new();
    loop {
        let byte = source.byte()?;
        let byte = byte.ok_or_else(|| truncated(source, "the end of a gzip header's name or comment"))?;
        crc.update(&[byte]);
        if byte == 0 {
            return Ok(text);
        }
        text.push(byte);
        if text.len() as u64 > limits.extension {
            return Err(UnpackError::from(LimitError {
                what: "the size of a gzip header",
                value: limits.extension,
                option: "--max-extension",
            }));
        }
    }
}

fn truncated(source: &Source<impl BufRead>, expected: &'static str) -> UnpackError {
    UnpackError::Decode(DecodeError::Truncated { format: "gzip", offset: source.end(), expected })
}
