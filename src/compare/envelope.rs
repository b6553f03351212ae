//! Two compressed layers: which algorithm, and of one algorithm which encoder or level, as far as
//! headers and block structure show. That is a fingerprint, not a proof.

use crate::compare::delta::{Delta, EncodingField, Field, Place, Value};
use crate::identify::{Contrast, Identity, contrast};
use crate::layer::decode::Decoded;
use crate::layer::envelope::deflate::{Block, BlockKind};
use crate::layer::envelope::gzip::GO_ZERO_TIME;
use crate::layer::envelope::{Compression, Envelope, GzipMember, Member, ZstdFrame};
use crate::pair::Pair;

/// What a second look at the compressed bytes of two gzip layers of equal contents showed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload {
    /// Offset behind the first header at which the compressed bytes part; `None`: they are equal.
    pub parting: Option<u64>,
    /// The first deflate blocks of each side.
    pub blocks: Pair<Vec<Block>>,
}

/// Magic of the table of contents' frame of zstd:chunked.
const CHUNKED_MAGIC: &[u8] = b"GNUlInUx";

/// Compares two envelopes. `encoders`: who wrote them, where that was looked into. `same_tar`: their unpacked bytes are
/// equal. `payload`: what a second look showed.
pub fn compare(
    pair: Pair<&Decoded>,
    encoders: Pair<Option<&Identity>>,
    row: usize,
    same_tar: bool,
    payload: Option<&Payload>,
    out: &mut Vec<Delta>,
) {
    let envelopes = pair.map(|decoded| &decoded.envelope);
    let mut push = |field: Field, values: Pair<Value>| {
        out.push(Delta { place: Place::Layer { row }, field, values, bytes: 0, spots: Vec::new() });
    };
    let lazy = envelopes.map(lazy_pull);
    if !lazy.same() {
        let words = |lazy: Option<&'static str>| Value::text(lazy.unwrap_or("plain"));
        push(Field::LazyPull, lazy.map(words));
    }
    let compressions = envelopes.map(|envelope| envelope.compression);
    if !compressions.same() {
        push(Field::Compression, compressions.map(|compression| Value::text(compression.name())));
        return;
    }
    if lazy.a.is_some() != lazy.b.is_some() {
        return;
    }
    let encoders = match encoders {
        Pair { a: Some(a), b: Some(b) } => Some(Pair::new(a, b)),
        _ => None,
    };
    let field = match compressions.a {
        Compression::Gzip => gzip(envelopes, encoders, same_tar, payload),
        Compression::Zstd => zstd(envelopes, encoders, same_tar, pair),
        Compression::None | Compression::Other(_) => None,
    };
    if let Some((field, values)) = field {
        push(Field::Encoding(field), values);
    }
}

/// The layer's lazy-pull format, if its envelope has one.
pub fn lazy_pull(envelope: &Envelope) -> Option<&'static str> {
    let all = || envelope.members.iter().chain(&envelope.last);
    let chunked = all().any(|member| match member {
        Member::Skippable(frame) => frame.head.windows(CHUNKED_MAGIC.len()).any(|window| window == CHUNKED_MAGIC),
        _ => false,
    });
    if chunked {
        return Some("zstd:chunked");
    }
    // the footer of eStargz is an empty gzip member whose extra field has the subfield `SG`
    let estargz = all().any(|member| match member {
        Member::Gzip(member) => {
            member.uncompressed == 0 && member.extra.as_deref().is_some_and(|extra| extra.starts_with(b"SG"))
        }
        _ => false,
    });
    estargz.then_some("eStargz")
}

fn first_gzip(envelope: &Envelope) -> Option<&GzipMember> {
    envelope.members.iter().find_map(|member| match member {
        Member::Gzip(member) => Some(member),
        _ => None,
    })
}

fn first_zstd(envelope: &Envelope) -> Option<&ZstdFrame> {
    envelope.members.iter().find_map(|member| match member {
        Member::Zstd(frame) => Some(frame),
        _ => None,
    })
}

type Found = Option<(EncodingField, Pair<Value>)>;

/// The field in which two known encoders differ.
fn known(encoders: Option<Pair<&Identity>>) -> Option<(EncodingField, Pair<Value>)> {
    let encoders = encoders?;
    let field = match contrast(encoders.a, encoders.b) {
        Contrast::None => return None,
        Contrast::Level => EncodingField::Level,
        Contrast::Encoder => EncodingField::Encoder,
    };
    Some((field, encoders.map(|identity| Value::text(identity.title()))))
}

fn gzip(
    envelopes: Pair<&Envelope>,
    encoders: Option<Pair<&Identity>>,
    same_tar: bool,
    payload: Option<&Payload>,
) -> Found {
    let (Some(a), Some(b)) = (first_gzip(envelopes.a), first_gzip(envelopes.b)) else { return None };
    let headers = Pair::new(gzip_header(a), gzip_header(b));
    let makers = Pair::new(maker(a), maker(b));
    let seen = |field: EncodingField, blocks: bool| {
        let mut words = Pair::new(gzip_header(a), gzip_header(b));
        if let Some(payload) = payload.filter(|_| blocks) {
            words.a.push_str(&blocks_in_words(&payload.blocks.a));
            words.b.push_str(&blocks_in_words(&payload.blocks.b));
        }
        Some((field, words.map(Value::text)))
    };
    if !same_tar {
        // the compressed bytes differ because the tars do; of the encoder speak what writes each and the headers
        return if let Some(found) = known(encoders) {
            Some(found)
        } else if makers.a.0 != makers.b.0 {
            seen(EncodingField::Encoder, false)
        } else if makers.a.1 != makers.b.1 {
            seen(EncodingField::Level, false)
        } else if !headers.same() {
            seen(EncodingField::GzipHeader, false)
        } else {
            None
        };
    }
    // bytes behind the end are told as such, and where the streams part only there they are one encoding
    let end = envelopes.map(|envelope| envelope.trailing.as_ref().map(|trailing| trailing.offset));
    let header = a.header_length;
    let at_end = |parting: u64| [end.a, end.b].into_iter().flatten().any(|end| parting + header >= end);
    if payload.and_then(|payload| payload.parting).is_some_and(at_end) {
        return if headers.same() { None } else { seen(EncodingField::GzipHeader, false) };
    }
    let parts = payload.is_none_or(|payload| payload.parting.is_some());
    if !parts {
        return seen(EncodingField::GzipHeader, false);
    }
    if envelopes.a.member_count != envelopes.b.member_count {
        let words = envelopes
            .map(|envelope| Value::text(crate::text::counted(envelope.member_count, "gzip member", "gzip members")));
        return Some((EncodingField::Framing, words));
    }
    if let Some(found) = known(encoders) {
        return Some(found);
    }
    if makers.a.0 != makers.b.0 {
        return seen(EncodingField::Encoder, true);
    }
    if makers.a.1 != makers.b.1 {
        return seen(EncodingField::Level, true);
    }
    let alike = payload.is_none_or(|payload| blocks_alike(&payload.blocks));
    seen(if alike { EncodingField::Level } else { EncodingField::Encoder }, true)
}

/// Which family of encoders the header speaks for, and which level.
fn maker(member: &GzipMember) -> (u64, u8) {
    let zero_time = u64::from(member.mtime == GO_ZERO_TIME);
    (u64::from(member.os) << 1 | zero_time, member.xfl)
}

/// The header's fields in words.
pub fn gzip_header(member: &GzipMember) -> String {
    let mtime = match member.mtime {
        GO_ZERO_TIME => "00096e88 (Go's zero time)".to_owned(),
        mtime => mtime.to_string(),
    };
    let mut words = format!("gzip header: mtime {mtime}, XFL {}, OS {}", member.xfl, member.os);
    if let Some(name) = &member.name {
        words.push_str(&format!(", name {}", crate::text::shown(name)));
    }
    if let Some(comment) = &member.comment {
        words.push_str(&format!(", comment {}", crate::text::shown(comment)));
    }
    if let Some(extra) = &member.extra {
        words.push_str(&format!(", extra field {}", crate::digest::hex(&extra[..extra.len().min(16)])));
    }
    if member.header_crc.is_some() {
        words.push_str(", header CRC");
    }
    words
}

fn blocks_in_words(blocks: &[Block]) -> String {
    match blocks {
        [] => String::new(),
        [first, ..] => {
            format!("; first block {}, {} tokens for {} bytes", kind(first), first.tokens, first.uncompressed)
        }
    }
}

fn kind(block: &Block) -> &'static str {
    match block.kind {
        BlockKind::Stored => "stored",
        BlockKind::Fixed => "fixed",
        BlockKind::Dynamic => "dynamic",
    }
}

/// Whether two streams cut their blocks by the same rule: an encoder counts tokens alike at every level.
fn blocks_alike(blocks: &Pair<Vec<Block>>) -> bool {
    let whole = |blocks: &[Block]| {
        blocks
            .iter()
            .filter(|block| !block.last && block.kind != BlockKind::Stored)
            .map(|block| block.tokens)
            .take(2)
            .collect::<Vec<_>>()
    };
    let (a, b) = (whole(&blocks.a), whole(&blocks.b));
    // a single block says nothing of the rule
    a.is_empty() || b.is_empty() || a.iter().zip(&b).all(|(a, b)| a == b)
}

fn zstd(envelopes: Pair<&Envelope>, encoders: Option<Pair<&Identity>>, same_tar: bool, pair: Pair<&Decoded>) -> Found {
    if pair.a.blob_digest == pair.b.blob_digest {
        return None;
    }
    let (Some(a), Some(b)) = (first_zstd(envelopes.a), first_zstd(envelopes.b)) else { return None };
    let words = |envelope: &Envelope, frame: &ZstdFrame| {
        let mut words = crate::text::counted(envelope.member_count, "frame", "frames");
        words.push_str(&format!(", window {}", crate::text::size(frame.window)));
        words.push_str(if frame.checksum { ", checksum" } else { ", no checksum" });
        words.push_str(if frame.content_size.is_some() {
            ", content size written"
        } else {
            ", content size not written"
        });
        words
    };
    let values = Pair::new(words(envelopes.a, a), words(envelopes.b, b)).map(Value::text);
    let shape =
        |frame: &ZstdFrame| (frame.checksum, frame.content_size.is_some(), frame.single_segment, frame.dictionary);
    if envelopes.a.member_count != envelopes.b.member_count {
        return same_tar.then_some((EncodingField::Framing, values));
    }
    if let Some(found) = known(encoders) {
        return Some(found);
    }
    if shape(a) != shape(b) {
        return Some((EncodingField::Encoder, values));
    }
    if !same_tar {
        return None;
    }
    Some((EncodingField::Level, values))
}
