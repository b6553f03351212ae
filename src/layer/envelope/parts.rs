//! A gzip blob taken apart: headers, compressed pieces beside what they unpack to, trailers. For encoders that write
//! the blob again and want to be told where they go wrong.
//!
//! Nothing is checked here that [`super::Unpacker`] checked when it read the same blob.

use std::io::BufRead;

use flate2::{Decompress, FlushDecompress, Status};

use super::gzip::{self, GzipMember, MAGIC};
use super::source::Source;
use super::{DecodeError, UnpackError};
use crate::limits::Limits;

/// How many unpacked bytes a piece has at most.
pub const PLAIN: usize = 256 << 10;
/// How many compressed bytes a piece has at most.
pub const PACKED: usize = 128 << 10;

/// The next part of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A member's header.
    Header(Box<GzipMember>),
    /// A piece of its deflate stream; whether it is the last.
    Data {
        /// Whether the stream ends with this piece.
        last: bool,
    },
    /// The member's CRC-32 and length as written.
    Trailer([u8; 8]),
    /// Bytes behind the last member.
    Rest,
}

/// A gzip blob, part by part.
pub struct Parts<R> {
    source: Source<R>,
    inflate: Decompress,
    limits: Limits,
    next: Next,
}

enum Next {
    Header { first: bool },
    Data,
    Trailer,
    Rest,
}

impl<R: BufRead> Parts<R> {
    /// The parts of the gzip blob that `blob` reads.
    pub fn new(blob: R, limits: &Limits) -> Self {
        Parts {
            source: Source::new(blob),
            inflate: Decompress::new(false),
            limits: limits.clone(),
            next: Next::Header { first: true },
        }
    }

    /// The next part; none behind the last. `packed` gets its bytes as they stand in the blob, `plain` what they unpack
    /// to.
    pub fn next(&mut self, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
        packed.clear();
        plain.clear();
        match self.next {
            Next::Header { first } => {
                if self.source.peek(MAGIC.len())? != MAGIC && !first {
                    self.next = Next::Rest;
                    return self.rest(packed);
                }
                let member = gzip::header(&mut self.source, &self.limits)?;
                self.inflate.reset(false);
                self.next = Next::Data;
                packed.extend_from_slice(&member.header());
                Ok(Some(Part::Header(Box::new(member))))
            }
            Next::Data => self.data(packed, plain).map(Some),
            Next::Trailer => {
                let trailer = self.source.array::<8>()?.ok_or_else(|| self.cut("the CRC-32 and length of a member"))?;
                packed.extend_from_slice(&trailer);
                self.next = Next::Header { first: false };
                Ok(Some(Part::Trailer(trailer)))
            }
            Next::Rest => self.rest(packed),
        }
    }

    fn cut(&self, expected: &'static str) -> UnpackError {
        UnpackError::Decode(DecodeError::Truncated { format: "gzip", offset: self.source.end(), expected })
    }

    fn data(&mut self, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Part, UnpackError> {
        plain.reserve(PLAIN);
        while plain.len() < PLAIN && packed.len() < PACKED {
            let room = PACKED - packed.len();
            let available = self.source.fill()?;
            let is_blob_end = available.is_empty();
            let available = &available[..available.len().min(room)];
            let (before_in, before_out) = (self.inflate.total_in(), plain.len());
            let status = self.inflate.decompress_vec(available, plain, FlushDecompress::None);
            let read = (self.inflate.total_in() - before_in) as usize;
            packed.extend_from_slice(&available[..read]);
            self.source.consume(read);
            match status {
                Ok(Status::StreamEnd) => {
                    self.next = Next::Trailer;
                    return Ok(Part::Data { last: true });
                }
                Ok(_) if read > 0 || plain.len() > before_out => {}
                Ok(_) if !is_blob_end => break,
                _ => return Err(self.cut("deflate data (RFC 1951)")),
            }
        }
        Ok(Part::Data { last: false })
    }

    fn rest(&mut self, packed: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
        let available = self.source.fill()?;
        packed.extend_from_slice(&available[..available.len().min(PACKED)]);
        self.source.consume(packed.len());
        Ok((!packed.is_empty()).then_some(Part::Rest))
    }
}
