//! Writes zstd: one or several frames, with skippable frames between or after them, the way zstd:chunked and
//! pzstd do. It refuses to be clever about contents: frames are cut at equal lengths.

use super::content::Content;
use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Zstd {
    /// Absent is 3.
    pub level: Option<i32>,
    /// The data are cut into this many frames.
    pub frames: Option<usize>,
    /// A content checksum after each frame.
    pub checksum: bool,
    /// Skippable frames after the data, each with this payload.
    pub skippable: Vec<Content>,
    /// A zstd:chunked table of contents: the frames described by it are the layer's real ones; its JSON is
    /// compressed, wrapped in a skippable frame and followed by the 64-byte footer in another.
    pub chunked: bool,
    pub trailing: Option<Content>,
}

/// What the annotations of a zstd:chunked layer repeat of its bytes.
pub struct Chunked {
    pub manifest_position: String,
    pub manifest_checksum: String,
}

pub fn compress(data: &[u8], zstd: &Zstd) -> (Vec<u8>, Option<Chunked>) {
    let frames = zstd.frames.unwrap_or(1).max(1);
    let mut out = Vec::new();
    for part in data.chunks(data.len().div_ceil(frames).max(1)) {
        out.extend(frame(part, zstd));
    }
    for payload in &zstd.skippable {
        out.extend(skippable_frame(&payload.bytes()));
    }
    let chunked = zstd.chunked.then(|| append_table_of_contents(data, &mut out));
    if let Some(trailing) = &zstd.trailing {
        out.extend(trailing.bytes());
    }
    (out, chunked)
}

fn frame(data: &[u8], zstd: &Zstd) -> Vec<u8> {
    let mut compressor = zstd::bulk::Compressor::new(zstd.level.unwrap_or(3)).expect("the level is one of zstd's");
    compressor.include_checksum(zstd.checksum).expect("zstd knows checksums");
    compressor.compress(data).expect("compressing memory does not fail")
}

fn skippable_frame(payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x50, 0x2a, 0x4d, 0x18];
    out.extend(u32::try_from(payload.len()).expect("a test frame is small").to_le_bytes());
    out.extend(payload);
    out
}

/// The layout that containers/storage writes: a compressed JSON manifest in one skippable frame, then a footer
/// frame of eight little-endian words: offset, compressed length, length, type 1, and the same for the tar-split
/// part (absent here), closed by the magic `GNUlInUx`.
fn append_table_of_contents(data: &[u8], out: &mut Vec<u8>) -> Chunked {
    let entries = format!(
        r#"{{"version":1,"entries":[{{"type":"reg","name":"whole","size":{},"digest":"{}"}}]}}"#,
        data.len(),
        super::image::digest(data)
    );
    let manifest = frame(entries.as_bytes(), &Zstd::default());
    let offset = out.len() + 8;
    out.extend(skippable_frame(&manifest));
    let mut footer = Vec::new();
    for word in [offset, manifest.len(), entries.len(), 1, 0, 0, 0] {
        footer.extend((word as u64).to_le_bytes());
    }
    footer.extend(b"GNUlInUx");
    out.extend(skippable_frame(&footer));
    Chunked {
        manifest_position: format!("{offset}:{}:{}:1", manifest.len(), entries.len()),
        manifest_checksum: super::image::digest(&manifest),
    }
}

/// A frame of run-length blocks by hand: four bytes stand for 128 KiB of zeros.
pub fn bomb(mebibytes: usize) -> Vec<u8> {
    const BLOCK: usize = 128 << 10;
    let blocks = mebibytes * (1 << 20) / BLOCK;
    // Magic; descriptor without content size, dictionary or checksum; a window of 128 KiB (exponent 7).
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    for position in 0..blocks {
        let last = usize::from(position + 1 == blocks);
        let header = BLOCK << 3 | 1 << 1 | last;
        out.extend(&(header as u32).to_le_bytes()[..3]);
        out.push(0);
    }
    out
}
