//! What the footers and tables of contents of eStargz and zstd:chunked layers say.
//!
//! Followed are the eStargz format of stargz-snapshotter (`docs/estargz.md`) and the zstd:chunked format of
//! containers/storage (`pkg/chunked`). Nothing here is checked against the files: the layer's own bytes were.

use std::io::{self, Read};

use flate2::read::GzDecoder;

use crate::image::json;
use crate::layer::envelope::{Envelope, Member};
use crate::load::{Loaded, blob_name};
use crate::text::{counted, thousands};

/// No table of contents larger than this is unpacked: real ones have some hundred bytes a file.
const LARGEST: u64 = 64 << 20;
/// How deep a table of contents may nest.
const DEPTH: usize = 16;
/// A tar header, which stands before the table of an eStargz layer.
const TAR_HEADER: u64 = 512;
/// Magic of the footer by containers/storage, and of the older one by stargz-snapshotter.
const CHUNKED: [&[u8; 8]; 2] = [b"GNUlInUx", b"GnUlInUx"];

/// What a lazy-pull format's own parts hold, in words; nothing for other layers.
pub fn lines(loaded: &Loaded, layer: usize) -> Vec<String> {
    let Some(decoded) = loaded.image.layers[layer].decoded.as_ref() else { return Vec::new() };
    let Some(table) = stargz(&decoded.envelope).or_else(|| chunked(&decoded.envelope)) else { return Vec::new() };
    let mut line = format!("table of contents at offset {}", thousands(table.offset));
    match entries(loaded, layer, &table) {
        Some(entries) => line.push_str(&format!(", {}", counted(entries, "entry", "entries"))),
        None => line.push_str(", which cannot be read"),
    }
    let tar_split = table
        .tar_split
        .filter(|(_, length)| *length > 0)
        .map(|(offset, length)| format!("tar-split data at offset {}, {} bytes", thousands(offset), thousands(length)));
    std::iter::once(line).chain(tar_split).collect()
}

/// Where a table of contents stands in its blob.
struct Table {
    offset: u64,
    /// Its length, compressed, if it is a zstd frame; else it is a gzip member with a tar entry in it.
    zstd: Option<u64>,
    tar_split: Option<(u64, u64)>,
}

/// The offset in an eStargz footer: an empty gzip member whose extra field is `SG`, a length, 16 hex digits, `STARGZ`.
fn stargz(envelope: &Envelope) -> Option<Table> {
    let footer = envelope.members.iter().chain(&envelope.last).rev().find_map(|member| match member {
        Member::Gzip(member) if member.uncompressed == 0 => member.extra.as_deref(),
        _ => None,
    })?;
    let digits = footer.strip_suffix(b"STARGZ")?.last_chunk::<16>()?;
    let offset = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    Some(Table { offset, zstd: None, tar_split: None })
}

/// The numbers in a zstd:chunked footer: little-endian, of 8 bytes each, before the magic.
fn chunked(envelope: &Envelope) -> Option<Table> {
    let footer = envelope.members.iter().chain(&envelope.last).rev().find_map(|member| match member {
        Member::Skippable(frame) if CHUNKED.iter().any(|magic| frame.head.ends_with(*magic)) => Some(&frame.head),
        _ => None,
    })?;
    let mut numbers = footer.chunks_exact(8).filter_map(|number| number.try_into().ok().map(u64::from_le_bytes));
    let (offset, length) = (numbers.next()?, numbers.next()?);
    let has_tar_split = footer.len() >= 64;
    let tar_split = has_tar_split.then(|| (numbers.nth(2), numbers.next()));
    Some(Table {
        offset,
        zstd: Some(length),
        tar_split: tar_split.and_then(|(offset, length)| Some((offset?, length?))),
    })
}

/// How many entries a table of contents lists.
fn entries(loaded: &Loaded, layer: usize, table: &Table) -> Option<u64> {
    let mut blob = loaded.source.open(&blob_name(&loaded.image.layers[layer])?).ok()?;
    io::copy(&mut Read::take(&mut blob, table.offset), &mut io::sink()).ok()?;
    let mut text = Vec::new();
    match table.zstd {
        Some(length) => {
            let decoder = zstd::stream::read::Decoder::new(blob.take(length)).ok()?;
            decoder.take(LARGEST).read_to_end(&mut text).ok()?;
        }
        None => {
            let mut tar = GzDecoder::new(blob);
            io::copy(&mut Read::take(&mut tar, TAR_HEADER), &mut io::sink()).ok()?;
            // What follows the document are the zeros that pad a tar.
            tar.take(LARGEST).read_to_end(&mut text).ok()?;
            let end = text.iter().rposition(|byte| *byte != 0)?;
            text.truncate(end + 1);
        }
    }
    let document = json::parse(&text, DEPTH).ok()?;
    Some(document.value.get("entries")?.value.items().len() as u64)
}
