//! Where in a blob a candidate went another way.

use std::io::{self, BufReader, Read};

use super::{Miss, Named, Subject};
use crate::layer::envelope::deflate::Reader;
use crate::layer::envelope::parts::PACKED;
use crate::layer::envelope::{GzipMember, Member, ZstdFrame, zstd_blocks};

/// No more of a zstd frame is read for the place of a byte in it, in bytes.
const LONGEST: u64 = 64 << 20;
/// No block of a zstd frame is larger with its header, in bytes (RFC 8878, 3.1.1.2.4).
const BLOCK: u64 = (128 << 10) + 3;

/// Puts a wrong byte at `offset` of the blob into its block and its place in the tar.
pub fn miss(subject: &Subject<'_>, named: Named, offset: u64) -> Option<Miss> {
    let mut before = 0;
    let mut place = None;
    for member in &subject.envelope.members {
        let (start, compressed, uncompressed) = match member {
            Member::Gzip(member) => (member.offset, member.compressed, member.uncompressed),
            Member::Zstd(frame) => (frame.offset, frame.compressed, frame.uncompressed),
            Member::Skippable(_) => continue,
        };
        if (start..start + compressed).contains(&offset) {
            place = match member {
                Member::Gzip(member) => in_gzip(subject, member, offset),
                Member::Zstd(frame) => in_zstd(subject, frame, offset),
                Member::Skippable(_) => None,
            };
            break;
        }
        before += uncompressed;
    }
    Some(Miss {
        named,
        compressed: offset,
        uncompressed: place.and_then(|(_, uncompressed)| Some(before + uncompressed?)),
        block: place.map(|(block, _)| block),
    })
}

/// A block's number and an offset in what its member unpacks to, where that is known.
type Place = (u64, Option<u64>);

fn in_gzip(subject: &Subject<'_>, member: &GzipMember, offset: u64) -> Option<Place> {
    let start = member.offset + member.header_length;
    let mut blob = (subject.open)().ok()?;
    io::copy(&mut Read::take(&mut blob, start), &mut io::sink()).ok()?;
    let (block, at) = Reader::new(BufReader::with_capacity(PACKED, blob)).locate(offset.checked_sub(start)?)?;
    Some((block, Some(at)))
}

/// What a compressed block unpacks to is not told by it: the offset is that of the block, if none before it is one.
fn in_zstd(subject: &Subject<'_>, frame: &ZstdFrame, offset: u64) -> Option<Place> {
    let at = offset - frame.offset;
    let mut blob = (subject.open)().ok()?;
    io::copy(&mut Read::take(&mut blob, frame.offset), &mut io::sink()).ok()?;
    let mut bytes = Vec::new();
    blob.take((at + BLOCK).min(LONGEST)).read_to_end(&mut bytes).ok()?;
    let blocks = zstd_blocks::frame(&bytes, usize::MAX)?.blocks;
    let number = blocks.iter().position(|block| at < block.offset + 3 + u64::from(block.compressed))?;
    let before: Option<u64> = blocks[..number].iter().map(|block| block.uncompressed.map(u64::from)).sum();
    Some((number as u64, before))
}
