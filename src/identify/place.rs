//! Where in a blob a candidate went another way.

use std::io::{self, BufRead, BufReader, Read};

use super::{Miss, Named, Subject};
use crate::layer::envelope::deflate::Reader;
use crate::layer::envelope::parts::{PACKED, Part, Parts, ZstdSpans};
use crate::layer::envelope::{GzipMember, Member, ZstdFrame};

/// Puts a wrong byte at `offset` of the blob into its block and its place in the tar.
pub fn miss(subject: &Subject<'_>, named: Named, offset: u64) -> Option<Miss> {
    let around = described(subject, offset).or_else(|| beyond(subject, offset));
    let place = match &around {
        Some((_, Member::Gzip(member), _)) => in_gzip(subject, member, offset),
        Some((_, Member::Zstd(frame), _)) => in_zstd(subject, frame, offset),
        _ => None,
    };
    let before = around.as_ref().map_or(0, |(_, _, before)| *before);
    Some(Miss {
        named,
        compressed: offset,
        member: around.map(|(number, ..)| number),
        uncompressed: place.map(|(_, uncompressed)| before + uncompressed),
        block: place.map(|(block, _)| block),
    })
}

/// A member with its number from 0, and how much is unpacked before it.
type Around = (u64, Member, u64);

/// The member around an offset, if it is one that the envelope describes.
fn described(subject: &Subject<'_>, offset: u64) -> Option<Around> {
    let (mut number, mut before) = (0, 0);
    for member in &subject.envelope.members {
        let (start, compressed, uncompressed) = match member {
            Member::Gzip(member) => (member.offset, member.compressed, member.uncompressed),
            Member::Zstd(frame) => (frame.offset, frame.compressed, frame.uncompressed),
            Member::Skippable(_) => continue,
        };
        if (start..start + compressed).contains(&offset) {
            return Some((number, member.clone(), before));
        }
        number += 1;
        before += uncompressed;
    }
    None
}

/// The same for a blob of more members than are described: it is read as far as there.
fn beyond(subject: &Subject<'_>, offset: u64) -> Option<Around> {
    if subject.envelope.member_count <= subject.envelope.members.len() as u64 {
        return None;
    }
    let blob = BufReader::with_capacity(PACKED, (subject.open)().ok()?);
    let mut parts = Parts::new(blob, subject.envelope.compression, subject.limits)?;
    let (mut packed, mut plain) = (Vec::new(), Vec::new());
    let (mut read, mut unpacked) = (0, 0);
    let (mut begun, mut member) = (0, None);
    while read <= offset {
        let part = parts.next(&mut packed, &mut plain).ok()??;
        begun += u64::from(matches!(part, Part::Header(_) | Part::Frame(_)));
        match part {
            Part::Header(header) => member = Some((begun - 1, Member::Gzip(*header), unpacked)),
            Part::Frame(frame) => member = Some((begun - 1, Member::Zstd(*frame), unpacked)),
            Part::Rest => member = None,
            Part::Data { .. } | Part::Trailer(_) => {}
        }
        read += packed.len() as u64;
        unpacked += plain.len() as u64;
    }
    member
}

/// A block's number, and an offset in what its member unpacks to: that of a token of deflate, that of a block of zstd, in
/// which literals and copies stand apart.
type Place = (u64, u64);

fn in_gzip(subject: &Subject<'_>, member: &GzipMember, offset: u64) -> Option<Place> {
    let start = member.offset + member.header_length;
    Reader::new(from(subject, start)?).locate(offset.checked_sub(start)?)
}

fn in_zstd(subject: &Subject<'_>, frame: &ZstdFrame, offset: u64) -> Option<Place> {
    ZstdSpans::new(from(subject, frame.offset)?)?.locate(offset.checked_sub(frame.offset)?)
}

/// The blob from this offset on.
fn from(subject: &Subject<'_>, offset: u64) -> Option<impl BufRead> {
    let mut blob = (subject.open)().ok()?;
    io::copy(&mut Read::take(&mut blob, offset), &mut io::sink()).ok()?;
    Some(BufReader::with_capacity(PACKED, blob))
}
