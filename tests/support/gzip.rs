//! Writes gzip: the envelope byte by byte, the deflate stream by a library or by hand.
//! It refuses to guess: what a case does not ask for is what Go's `compress/gzip` writes (no mtime, no name, OS 255).

use base64::Engine as _;
use serde::Deserialize;
use std::io::{Read as _, Write as _};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gzip {
    /// 0 to 9; absent is 6.
    pub level: Option<u32>,
    pub mtime: Option<u32>,
    /// The operating system byte; absent is 255, as Go writes.
    pub os: Option<u8>,
    /// Absent: 2 at level 9, 4 at level 1, else 0, as every writer does it.
    pub xfl: Option<u8>,
    pub name: Option<String>,
    pub comment: Option<String>,
    /// A header checksum (FHCRC).
    pub header_checksum: bool,
    /// How the deflate stream is made: absent or `library`, `stored` (no compression at all), or `sync` (a sync
    /// flush after every 1024 bytes, as pgzip leaves between its blocks).
    pub encoder: Option<String>,
    /// A deflate stream that another encoder made, in base64. It must inflate to the very tar of the case.
    pub deflate: Option<String>,
    /// The data are cut into this many members.
    pub members: Option<usize>,
    /// Bytes after the last member.
    pub trailing: Option<super::content::Content>,
}

pub fn compress(data: &[u8], gzip: &Gzip) -> Vec<u8> {
    let members = gzip.members.unwrap_or(1).max(1);
    let mut out = Vec::new();
    for part in data.chunks(data.len().div_ceil(members).max(1)) {
        write_member(part, gzip, &mut out);
    }
    if data.is_empty() {
        write_member(data, gzip, &mut out);
    }
    if let Some(trailing) = &gzip.trailing {
        out.extend(trailing.bytes());
    }
    out
}

fn write_member(data: &[u8], gzip: &Gzip, out: &mut Vec<u8>) {
    let level = gzip.level.unwrap_or(6);
    let flags = u8::from(gzip.header_checksum) << 1
        | u8::from(gzip.name.is_some()) << 3
        | u8::from(gzip.comment.is_some()) << 4;
    let mut header = vec![0x1f, 0x8b, 8, flags];
    header.extend(gzip.mtime.unwrap_or(0).to_le_bytes());
    header.push(gzip.xfl.unwrap_or(match level {
        9 => 2,
        1 => 4,
        _ => 0,
    }));
    header.push(gzip.os.unwrap_or(255));
    for text in [&gzip.name, &gzip.comment].into_iter().flatten() {
        header.extend(text.as_bytes());
        header.push(0);
    }
    if gzip.header_checksum {
        header.extend((crc32(&header) as u16).to_le_bytes());
    }
    out.extend(header);
    out.extend(deflate(data, level, gzip));
    out.extend(crc32(data).to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
}

fn deflate(data: &[u8], level: u32, gzip: &Gzip) -> Vec<u8> {
    if let Some(letters) = &gzip.deflate {
        let stream = base64::engine::general_purpose::STANDARD
            .decode(letters.split_whitespace().collect::<String>())
            .expect("the case's deflate stream is base64");
        let mut inflated = Vec::new();
        let read = flate2::read::DeflateDecoder::new(stream.as_slice()).read_to_end(&mut inflated);
        assert!(
            read.is_ok() && inflated == data,
            "a deflate stream given in a case no longer inflates to that case's tar"
        );
        return stream;
    }
    match gzip.encoder.as_deref().unwrap_or("library") {
        "library" => raw_deflate(data, level),
        "stored" => stored(data),
        "sync" => synced(data, level),
        other => panic!("no deflate encoder is called {other}"),
    }
}

fn raw_deflate(data: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(data).and_then(|()| encoder.finish()).expect("writing to memory does not fail")
}

/// A sync flush leaves an empty stored block; pgzip ends each of its blocks so.
fn synced(data: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
    for part in data.chunks(1024) {
        encoder.write_all(part).and_then(|()| encoder.flush()).expect("writing to memory does not fail");
    }
    encoder.finish().expect("writing to memory does not fail")
}

fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let blocks: Vec<&[u8]> = if data.is_empty() { vec![data] } else { data.chunks(0xffff).collect() };
    for (position, block) in blocks.iter().enumerate() {
        let length = block.len() as u16;
        out.push(u8::from(position + 1 == blocks.len()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(*block);
    }
    out
}

/// One member that inflates to `mebibytes` MiB of zeros from about a thousandth of that: one compressed MiB,
/// ended by a full flush so that it stands alone, over and over.
pub fn bomb(mebibytes: usize) -> Vec<u8> {
    const MEBIBYTE: usize = 1 << 20;
    let zeros = vec![0; MEBIBYTE];
    let mut compressor = flate2::Compress::new(flate2::Compression::best(), false);
    let mut segment = Vec::with_capacity(MEBIBYTE);
    compressor.compress_vec(&zeros, &mut segment, flate2::FlushCompress::Full).expect("zeros compress");
    assert_eq!(compressor.total_in(), MEBIBYTE as u64, "one call takes the whole MiB");
    let mut sum = flate2::Crc::new();
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
    let mut one = flate2::Crc::new();
    one.update(&zeros);
    for _ in 0..mebibytes {
        out.extend(&segment);
        sum.combine(&one);
    }
    out.extend([1, 0, 0, 0xff, 0xff]); // the last block: stored and empty
    out.extend(sum.sum().to_le_bytes());
    out.extend(((mebibytes * MEBIBYTE) as u32).to_le_bytes());
    out
}

pub fn crc32(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}
