//! Zstandard streams (RFC 8878), frame by frame, skippable frames included.
//!
//! The reference decoder unpacks; frame headers are read here too, for what they say of the encoder.

use std::io::BufRead;

use ::zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective, get_error_name};

use super::source::Source;
use super::{DecodeError, Envelope, HEAD, Member, Turn, UnpackError};

/// The magic of a frame.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The largest window that is given memory: the decoder's own default, 128 MiB.
pub const WINDOW: u64 = 1 << 27;
/// The longest frame header: magic, descriptor, window, dictionary, content size.
const HEADER: usize = 4 + 1 + 1 + 4 + 8;

/// One zstd frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZstdFrame {
    /// Where it begins in the blob, in bytes.
    pub offset: u64,
    /// The frame header descriptor, reserved bits included.
    pub descriptor: u8,
    /// The window size in bytes; for a single segment the content size.
    pub window: u64,
    /// Whether the frame is a single segment (no window descriptor).
    pub single_segment: bool,
    /// The content size in bytes, where the header says it.
    pub content_size: Option<u64>,
    /// The dictionary's number, where the header says one.
    pub dictionary: Option<u32>,
    /// Whether a checksum of the content follows the blocks.
    pub checksum: bool,
    /// Length of the frame header in bytes, magic included.
    pub header_length: u64,
    /// Length of the whole frame in bytes.
    pub compressed: u64,
    /// Length of its data in bytes.
    pub uncompressed: u64,
}

/// One skippable frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SkippableFrame {
    /// Where it begins in the blob, in bytes.
    pub offset: u64,
    /// The last four bits of its magic.
    pub nibble: u8,
    /// Length of its content in bytes (8 less than that of the frame).
    pub length: u64,
    /// The first bytes of its content, at most [`HEAD`].
    pub head: Vec<u8>,
}

/// Whether `head` begins a skippable frame.
pub(super) fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// The state between two turns.
pub(super) struct Decoder {
    context: DCtx<'static>,
    state: State,
}

enum State {
    /// In front of a frame or of the end.
    Between,
    Frame(ZstdFrame),
    Skippable(SkippableFrame, u64),
}

impl Default for Decoder {
    fn default() -> Self {
        Decoder { context: DCtx::create(), state: State::Between }
    }
}

impl Decoder {
    pub(super) fn turn(
        &mut self,
        source: &mut Source<impl BufRead>,
        out: &mut [u8],
        envelope: &mut Envelope,
    ) -> Result<Turn, UnpackError> {
        match &mut self.state {
            State::Between => {
                let head = source.peek(MAGIC.len())?;
                if is_skippable(head) {
                    self.state = skippable(source)?;
                } else if head == MAGIC {
                    let frame = frame(source)?;
                    start(&mut self.context, &frame)?;
                    self.state = State::Frame(frame);
                } else {
                    return Ok(Turn::Over);
                }
                Ok(Turn::Wrote(0))
            }
            State::Skippable(frame, left) => {
                let available = source.fill()?;
                let count = usize::try_from(*left).map_or(available.len(), |left| left.min(available.len()));
                if count == 0 && *left > 0 {
                    return Err(truncated(source, "the content of a skippable frame"));
                }
                let wanted = HEAD - frame.head.len();
                frame.head.extend(available[..count].iter().take(wanted));
                *left -= count as u64;
                source.consume(count);
                if *left == 0 {
                    envelope.add(Member::Skippable(std::mem::take(frame)));
                    self.state = State::Between;
                }
                Ok(Turn::Wrote(0))
            }
            State::Frame(frame) => {
                let available = source.fill()?;
                let is_blob_end = available.is_empty();
                let mut input = InBuffer::around(available);
                let mut output = OutBuffer::around(out);
                let result = self.context.decompress_stream(&mut output, &mut input);
                let (read, wrote) = (input.pos(), output.pos());
                source.consume(read);
                frame.compressed = source.offset - frame.offset;
                frame.uncompressed += wrote as u64;
                let hint = result.map_err(|code| DecodeError::Corrupt {
                    format: "zstd",
                    offset: source.offset,
                    expected: "the blocks of a frame (RFC 8878)",
                    found: get_error_name(code).to_owned(),
                })?;
                if hint == 0 {
                    envelope.add(Member::Zstd(std::mem::take(frame)));
                    self.state = State::Between;
                } else if is_blob_end && wrote == 0 {
                    return Err(truncated(source, "the rest of a frame"));
                }
                Ok(Turn::Wrote(wrote))
            }
        }
    }
}

/// Makes `context` ready for a frame, within the bounds on its window.
pub(super) fn start(context: &mut DCtx<'static>, frame: &ZstdFrame) -> Result<(), DecodeError> {
    if let Some(id) = frame.dictionary.filter(|id| *id != 0) {
        let offset = frame.offset;
        return Err(DecodeError::Dictionary { offset, id });
    }
    // A single segment's window is its content, which the decoder does not hold in memory
    // twice: the same bound serves.
    if frame.window > WINDOW {
        return Err(DecodeError::Window { offset: frame.offset, window: frame.window, most: WINDOW });
    }
    let set =
        context.reset(ResetDirective::SessionOnly).and_then(|_| context.set_parameter(DParameter::WindowLogMax(27)));
    set.map(drop).map_err(|code| DecodeError::Corrupt {
        format: "zstd",
        offset: frame.offset,
        expected: "a frame",
        found: get_error_name(code).to_owned(),
    })
}

/// Reads a frame header without taking it: the decoder wants it too.
pub(super) fn frame(source: &mut Source<impl BufRead>) -> Result<ZstdFrame, UnpackError> {
    let offset = source.offset;
    let head = source.peek(HEADER)?;
    let Some(mut frame) = parsed(head) else {
        return Err(truncated(source, "a frame header"));
    };
    frame.offset = offset;
    Ok(frame)
}

/// The header that a frame begins with (RFC 8878, 3.1.1.1), as far as it is there.
pub(super) fn parsed(head: &[u8]) -> Option<ZstdFrame> {
    let descriptor = *head.get(4)?;
    let single_segment = descriptor & 0x20 != 0;
    let mut at = 5;
    let mut number = |length: usize| {
        let bytes = head.get(at..at + length)?;
        at += length;
        let value = bytes.iter().rev().fold(0u64, |n, b| n << 8 | u64::from(*b));
        Some(value)
    };
    let window = if single_segment { 0 } else { number(1)? };
    let dictionary_length = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let dictionary = number(dictionary_length)?;
    let size_length = match (descriptor >> 6, single_segment) {
        (0, false) => 0,
        (0, true) => 1,
        (code, _) => 1 << code,
    };
    let size = number(size_length)?;
    // Two bytes count from 256: smaller sizes fit in one.
    let size = if size_length == 2 { size + 256 } else { size };
    let base = 1u64 << (10 + (window >> 3));
    let window = base + (base / 8) * (window & 7);
    Some(ZstdFrame {
        offset: 0,
        descriptor,
        window: if single_segment { size } else { window },
        single_segment,
        content_size: (size_length > 0).then_some(size),
        dictionary: (dictionary_length > 0).then_some(dictionary as u32),
        checksum: descriptor & 4 != 0,
        header_length: at as u64,
        compressed: 0,
        uncompressed: 0,
    })
}

fn skippable(source: &mut Source<impl BufRead>) -> Result<State, UnpackError> {
    let offset = source.offset;
    let Some(header) = source.array::<8>()? else {
        return Err(truncated(source, "the length of a skippable frame"));
    };
    let [magic, _, _, _, a, b, c, d] = header;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    let frame = SkippableFrame { offset, nibble: magic & 15, length, head: Vec::new() };
    Ok(State::Skippable(frame, length))
}

fn truncated(source: &Source<impl BufRead>, expected: &'static str) -> UnpackError {
    UnpackError::Decode(DecodeError::Truncated { format: "zstd", offset: source.end(), expected })
}
