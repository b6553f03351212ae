//! A blob taken apart: headers, compressed pieces beside what they unpack to, trailers. For encoders that write the
//! blob again and want to be told where they go wrong.
//!
//! Nothing is checked here that [`super::Unpacker`] checked when it read the same blob.

use std::io::BufRead;

use ::zstd::zstd_safe::{DCtx, InBuffer, OutBuffer, get_error_name};
use flate2::{Decompress, FlushDecompress, Status};

use super::gzip::{self, GzipMember, MAGIC};
use super::source::Source;
use super::zstd::{self, ZstdFrame};
use super::{Compression, DecodeError, UnpackError};
use crate::limits::Limits;

/// How many unpacked bytes a piece has at most.
pub const PLAIN: usize = 256 << 10;
/// How many compressed bytes a piece has at most.
pub const PACKED: usize = 128 << 10;

/// The next part of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A gzip member's header.
    Header(Box<GzipMember>),
    /// The beginning of a zstd frame. Its header is no part of its own: it stands in the first piece of data.
    Frame(Box<ZstdFrame>),
    /// A piece of the member's deflate stream, or of the zstd frame.
    Data {
        /// Whether the stream ends with this piece.
        last: bool,
        /// Whether a zstd block ends with it that is neither full nor the frame's last: its encoder was flushed there,
        /// or cuts blocks where it likes.
        cut: bool,
    },
    /// The member's CRC-32 and length as written.
    Trailer([u8; 8]),
    /// What no encoder of data wrote: a skippable frame, and bytes behind the last member.
    Rest,
}

/// A compressed blob, part by part.
pub enum Parts<R> {
    /// A gzip blob.
    Gzip(Box<GzipParts<R>>),
    /// A zstd blob.
    Zstd(ZstdParts<R>),
}

impl<R: BufRead> Parts<R> {
    /// The parts of a blob that is compressed so; none for other blobs than gzip and zstd.
    pub fn new(blob: R, compression: Compression, limits: &Limits) -> Option<Self> {
        match compression {
            Compression::Gzip => Some(Parts::Gzip(Box::new(GzipParts::new(blob, limits)))),
            Compression::Zstd => Some(Parts::Zstd(ZstdParts::new(blob))),
            Compression::None | Compression::Other(_) => None,
        }
    }

    /// The next part; none behind the last. `packed` gets its bytes as they stand in the blob, `plain` what they unpack
    /// to.
    pub fn next(&mut self, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
        packed.clear();
        plain.clear();
        match self {
            Parts::Gzip(parts) => parts.next(packed, plain),
            Parts::Zstd(parts) => parts.next(packed, plain),
        }
    }
}

/// A gzip blob, part by part.
pub struct GzipParts<R> {
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

impl<R: BufRead> GzipParts<R> {
    fn new(blob: R, limits: &Limits) -> Self {
        GzipParts {
            source: Source::new(blob),
            inflate: Decompress::new(false),
            limits: limits.clone(),
            next: Next::Header { first: true },
        }
    }

    fn next(&mut self, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
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
                    return Ok(Part::Data { last: true, cut: false });
                }
                Ok(_) if read > 0 || plain.len() > before_out => {}
                Ok(_) if !is_blob_end => break,
                _ => return Err(self.cut("deflate data (RFC 1951)")),
            }
        }
        Ok(Part::Data { last: false, cut: false })
    }

    fn rest(&mut self, packed: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
        rest(&mut self.source, PACKED, packed)
    }
}

/// At most `most` bytes as they are.
fn rest(source: &mut Source<impl BufRead>, most: usize, packed: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
    let available = source.fill()?;
    packed.extend_from_slice(&available[..available.len().min(most)]);
    source.consume(packed.len());
    Ok((!packed.is_empty()).then_some(Part::Rest))
}

/// A zstd blob, part by part.
pub struct ZstdParts<R> {
    source: Source<R>,
    context: DCtx<'static>,
    next: NextFrame,
}

enum NextFrame {
    Between,
    Data(Under),
    /// So many bytes of a skippable frame are left.
    Skippable(u64),
    Rest,
}

/// What is under way in a frame.
#[derive(Clone, Copy)]
struct Under {
    /// How many bytes are left of the frame's header, or of a block with its own.
    left: u64,
    /// How many bytes the block unpacked to so far.
    unpacked: u64,
    /// Whether it is a block, not the frame's header.
    is_block: bool,
}

/// Encoders that cut blocks by size alone make them of this many bytes or twice as many.
const FULL: u64 = 64 << 10;
/// No block unpacks to more, in bytes (RFC 8878, 3.1.1.2.4).
const BLOCK: usize = 128 << 10;

impl<R: BufRead> ZstdParts<R> {
    fn new(blob: R) -> Self {
        ZstdParts { source: Source::new(blob), context: DCtx::create(), next: NextFrame::Between }
    }

    fn next(&mut self, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Option<Part>, UnpackError> {
        match self.next {
            NextFrame::Between => {
                let head = self.source.peek(zstd::MAGIC.len())?;
                if zstd::is_skippable(head) {
                    packed.extend_from_slice(self.source.peek(8)?);
                    self.source.consume(packed.len());
                    let length = packed.last_chunk().map_or(0, |length| u32::from_le_bytes(*length));
                    self.next = if length == 0 { NextFrame::Between } else { NextFrame::Skippable(u64::from(length)) };
                    return Ok(Some(Part::Rest));
                }
                if head != zstd::MAGIC {
                    self.next = NextFrame::Rest;
                    return rest(&mut self.source, PACKED, packed);
                }
                let frame = zstd::frame(&mut self.source)?;
                zstd::start(&mut self.context, &frame)?;
                let left = frame.header_length;
                self.next = NextFrame::Data(Under { left, unpacked: 0, is_block: false });
                Ok(Some(Part::Frame(Box::new(frame))))
            }
            NextFrame::Data(under) => self.data(under, packed, plain).map(Some),
            NextFrame::Skippable(left) => {
                let most = usize::try_from(left).map_or(PACKED, |left| left.min(PACKED));
                let part = rest(&mut self.source, most, packed)?;
                let left = left - packed.len() as u64;
                self.next = if left == 0 { NextFrame::Between } else { NextFrame::Skippable(left) };
                Ok(part)
            }
            NextFrame::Rest => rest(&mut self.source, PACKED, packed),
        }
    }

    /// Goes on to the next block's header. What is no block is left to the decoder to complain of.
    fn block(&mut self) -> Result<Under, UnpackError> {
        let left = match block(&mut self.source)? {
            Some((size, false)) => size,
            // behind the last block there is only the checksum
            Some((_, true)) | None => u64::MAX,
        };
        Ok(Under { left, unpacked: 0, is_block: true })
    }

    fn data(&mut self, mut under: Under, packed: &mut Vec<u8>, plain: &mut Vec<u8>) -> Result<Part, UnpackError> {
        plain.reserve(PLAIN + BLOCK);
        while plain.len() < PLAIN && packed.len() < PACKED {
            if under.left == 0 {
                under = self.block()?;
            }
            let room = usize::try_from(under.left).unwrap_or(PACKED).min(PACKED - packed.len());
            let available = self.source.fill()?;
            let is_blob_end = available.is_empty();
            let mut input = InBuffer::around(&available[..available.len().min(room)]);
            let before = plain.len();
            let mut output = OutBuffer::around_pos(plain, before);
            let result = self.context.decompress_stream(&mut output, &mut input);
            let read = input.pos();
            packed.extend_from_slice(&available[..read]);
            self.source.consume(read);
            let hint = result.map_err(|code| DecodeError::Corrupt {
                format: "zstd",
                offset: self.source.offset,
                expected: "the blocks of a frame (RFC 8878)",
                found: get_error_name(code).to_owned(),
            })?;
            if hint == 0 {
                self.next = NextFrame::Between;
                return Ok(Part::Data { last: true, cut: false });
            }
            if is_blob_end && plain.len() == before {
                let offset = self.source.end();
                let expected = "the rest of a frame";
                return Err(DecodeError::Truncated { format: "zstd", offset, expected }.into());
            }
            under.left -= read as u64;
            under.unpacked += (plain.len() - before) as u64;
            if under.left == 0 && under.is_block && !under.unpacked.is_multiple_of(FULL) {
                self.next = NextFrame::Data(under);
                return Ok(Part::Data { last: false, cut: true });
            }
        }
        self.next = NextFrame::Data(under);
        Ok(Part::Data { last: false, cut: false })
    }
}

/// How many bytes the next block has with its header, and whether it is the frame's last; none where nothing is left.
fn block(source: &mut Source<impl BufRead>) -> Result<Option<(u64, bool)>, UnpackError> {
    let [a, b, c] = *source.peek(3)? else { return Ok(None) };
    let header = u32::from_le_bytes([a, b, c, 0]);
    let size = if header >> 1 & 3 == 1 { 1 } else { header >> 3 };
    Ok(Some((3 + u64::from(size), header & 1 == 1)))
}

/// A block of a zstd frame, and what it unpacks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZstdSpan {
    /// Where its header begins, in bytes from the beginning of the frame.
    pub offset: u64,
    /// How many bytes it has with its header.
    pub compressed: u64,
    /// How many bytes the frame unpacks to before it.
    pub before: u64,
    /// How many bytes it unpacks to; none where it is cut or damaged, and nothing follows then.
    pub unpacked: Option<u64>,
}

/// The blocks of the zstd frame that begins here, unpacked one by one: what a compressed block unpacks to is not told by
/// its header. Stops without complaint where the frame ends or is damaged.
pub struct ZstdSpans<R> {
    source: Source<R>,
    context: DCtx<'static>,
    plain: Vec<u8>,
    before: u64,
    over: bool,
}

impl<R: BufRead> ZstdSpans<R> {
    /// The blocks of `frame`; none if that does not begin with the header of a frame, or it asks for too much memory.
    pub fn new(frame: R) -> Option<Self> {
        let mut source = Source::new(frame);
        let mut context = DCtx::create();
        let header = zstd::frame(&mut source).ok()?;
        zstd::start(&mut context, &header).ok()?;
        let mut spans = ZstdSpans { source, context, plain: Vec::with_capacity(BLOCK), before: 0, over: false };
        spans.unpack(header.header_length)?;
        Some(spans)
    }

    /// The number from 0 of the block around the byte at `offset` of the frame, and how many bytes the frame unpacks to
    /// before that block. Unpacks as far as there; none if the frame does not reach so far, or that is no byte of a block.
    pub fn locate(self, offset: u64) -> Option<(u64, u64)> {
        let mut spans = (0..).zip(self).take_while(|(_, span)| span.offset <= offset);
        let (number, span) = spans.find(|(_, span)| offset < span.offset + span.compressed)?;
        Some((number, span.before))
    }

    /// Gives so many bytes to the decoder; says how many it made of them.
    fn unpack(&mut self, mut left: u64) -> Option<u64> {
        let mut unpacked = 0;
        while left > 0 {
            let available = self.source.fill().ok().filter(|available| !available.is_empty())?;
            let most = usize::try_from(left).map_or(available.len(), |left| left.min(available.len()));
            let mut input = InBuffer::around(&available[..most]);
            self.plain.clear();
            let mut output = OutBuffer::around(&mut self.plain);
            self.context.decompress_stream(&mut output, &mut input).ok()?;
            let (read, wrote) = (input.pos(), output.pos());
            self.source.consume(read);
            left -= read as u64;
            unpacked += wrote as u64;
            if read + wrote == 0 {
                return None;
            }
        }
        Some(unpacked)
    }
}

impl<R: BufRead> Iterator for ZstdSpans<R> {
    type Item = ZstdSpan;

    fn next(&mut self) -> Option<ZstdSpan> {
        if self.over {
            return None;
        }
        let (offset, before) = (self.source.offset, self.before);
        let (compressed, last) = block(&mut self.source).ok()??;
        let unpacked = self.unpack(compressed);
        self.over = last || unpacked.is_none();
        self.before += unpacked.unwrap_or_default();
        Some(ZstdSpan { offset, compressed, before, unpacked })
    }
}
