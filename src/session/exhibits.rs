//! The bytes behind the findings: documents whole, and the first few headers of each cause.

use std::collections::{BTreeMap, BTreeSet};

use crate::cause::Context;
use crate::compare::delta::{EntryRef, Field, Place};
use crate::image::Image;
use crate::image::document::Document;
use crate::layer::envelope::{GzipMember, Member};
use crate::layer::tar::{Entry, Header, HeaderField, number};
use crate::pair::{Pair, Side};
use crate::report::{DocumentBody, DocumentExhibit, Exhibits, FieldExhibit, HeaderExhibit};

/// Headers of one cause.
const OF_ONE_CAUSE: usize = 3;
/// Headers in all.
const IN_ALL: usize = 60;

/// What a report shows of both images; `claims` names the cause of each delta.
pub fn exhibits(context: &Context<'_>, claims: &[Option<&'static str>]) -> Exhibits {
    let mut headers = envelopes(context, claims);
    headers.extend(entries(context, claims));
    Exhibits { documents: documents(context.images), headers, obtained: Pair::default() }
}

fn documents(images: Pair<&Image>) -> Vec<DocumentExhibit> {
    let body = |document: &Document| DocumentBody {
        media_type: document.media_type(),
        digest: document.digest,
        bytes: document.raw.to_vec(),
    };
    let one = |part: &'static str, pair: Pair<Option<&Document>>| {
        let sides = pair.map(|document| document.map(body));
        (sides.a.is_some() || sides.b.is_some()).then_some(DocumentExhibit { part, sides })
    };
    let indexes = images.a.indexes.len().max(images.b.indexes.len());
    let mut out: Vec<DocumentExhibit> =
        (0..indexes).filter_map(|at| one("index", images.map(|image| image.indexes.get(at)))).collect();
    out.extend(one("manifest", images.map(|image| image.manifest.as_ref())));
    out.extend(one("config", images.map(|image| image.config.as_ref())));
    out
}

/// The first gzip header of layers that are compressed otherwise.
fn envelopes(context: &Context<'_>, claims: &[Option<&'static str>]) -> Vec<HeaderExhibit> {
    let mut seen = BTreeSet::new();
    let mut out = Vec::new();
    for (delta, cause) in context.comparison.deltas.iter().zip(claims) {
        let compressed = matches!(delta.field, Field::Compression | Field::Encoding(_) | Field::LazyPull);
        if !compressed || !seen.insert(delta.place.row()) || out.len() == OF_ONE_CAUSE {
            continue;
        }
        let members = context.layers(delta).map(|layer| {
            layer.and_then(|layer| layer.decoded.as_ref()).and_then(|decoded| {
                decoded.envelope.members.iter().find_map(|member| match member {
                    Member::Gzip(member) => Some(member),
                    Member::Zstd(_) | Member::Skippable(_) => None,
                })
            })
        });
        if members.a.is_none() && members.b.is_none() {
            continue;
        }
        let bytes = members.map(|member| member.map(gzip_header));
        out.push(HeaderExhibit {
            cause: *cause,
            place: context.place(delta),
            kind: "gzip header",
            offset: members.map(|member| member.map(|member| member.offset)),
            fields: gzip_fields(&bytes),
            bytes: bytes.map(|bytes| bytes.map(|bytes| bytes.to_vec())),
        });
    }
    out
}

/// The ten bytes that every gzip member begins with (RFC 1952, section 2.3).
fn gzip_header(member: &GzipMember) -> [u8; 10] {
    let [m0, m1, m2, m3] = member.mtime.to_le_bytes();
    [0x1f, 0x8b, 8, member.flags, m0, m1, m2, m3, member.xfl, member.os]
}

fn gzip_fields(bytes: &Pair<Option<[u8; 10]>>) -> Vec<FieldExhibit> {
    let Pair { a: Some(a), b: Some(b) } = bytes else { return Vec::new() };
    let table: [(&str, usize, usize); 4] = [("FLG", 3, 1), ("MTIME", 4, 4), ("XFL", 8, 1), ("OS", 9, 1)];
    let mut out = Vec::new();
    for (name, offset, length) in table {
        let own = Pair::new(&a[offset..offset + length], &b[offset..offset + length]);
        if !own.same() {
            let meaning = own.map(|bytes| {
                let number = bytes.iter().rev().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
                number.to_string()
            });
            let bytes = own.map(<[u8]>::to_vec);
            out.push(FieldExhibit { name: name.to_owned(), offset: Pair::new(offset, offset), bytes, meaning });
        }
    }
    out
}

/// Entries whose header blocks differ, or that one side lacks.
fn entries(context: &Context<'_>, claims: &[Option<&'static str>]) -> Vec<HeaderExhibit> {
    let mut of_cause: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    let mut seen: BTreeSet<Pair<Option<EntryRef>>> = BTreeSet::new();
    let mut out = Vec::new();
    for (delta, cause) in context.comparison.deltas.iter().zip(claims) {
        let Place::Entry { entry, .. } = &delta.place else { continue };
        let count = of_cause.entry(*cause).or_default();
        if *count == OF_ONE_CAUSE || out.len() == IN_ALL || seen.contains(entry) {
            continue;
        }
        seen.insert(*entry);
        let own = context.entries(delta);
        let blocks = own.map(|entry| entry.map(|entry| entry.header.block().to_vec()));
        if blocks.same() {
            continue;
        }
        *count += 1;
        out.push(HeaderExhibit {
            cause: *cause,
            place: context.place(delta),
            kind: "tar header",
            offset: own.map(|entry| entry.map(own_offset)),
            fields: match own {
                Pair { a: Some(a), b: Some(b) } => fields(Pair::new(&a.header, &b.header)),
                _ => Vec::new(),
            },
            bytes: blocks,
        });
    }
    out
}

/// Where an entry's own header begins: behind its extension headers.
fn own_offset(entry: &Entry) -> u64 {
    const BLOCK: u64 = crate::layer::tar::BLOCK as u64;
    let blocks = |length: usize| (length as u64).div_ceil(BLOCK) * BLOCK;
    entry.offset + entry.extensions.iter().map(|extension| BLOCK + blocks(extension.body.len())).sum::<u64>()
}

fn fields(headers: Pair<&Header>) -> Vec<FieldExhibit> {
    let layouts = headers.map(|header| HeaderField::fields(header.dialect()));
    let mut names: Vec<HeaderField> = Vec::new();
    for side in Side::BOTH {
        for (field, ..) in layouts.get(side).iter() {
            if !names.contains(field) {
                names.push(*field);
            }
        }
    }
    let mut out = Vec::new();
    for name in names {
        let bytes = headers.map(|header| header.field(name));
        if bytes.same() {
            continue;
        }
        let offset =
            layouts.map(|layout| layout.iter().find(|(field, ..)| *field == name).map_or(0, |(_, offset, _)| *offset));
        let meaning = bytes.as_ref().map(|bytes| meaning(name, bytes));
        out.push(FieldExhibit { name: name.name().to_owned(), offset, bytes, meaning });
    }
    out
}

fn meaning(field: HeaderField, bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "no such field in this format".to_owned();
    }
    match number::spelling(bytes).0 {
        Some(value) if field == HeaderField::Mode => format!("{value:o} (octal)"),
        Some(value) if field.is_number() => value.to_string(),
        _ => {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            format!("\"{}\"", crate::text::shown(&bytes[..end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gzip_header_is_told_field_by_field() {
        let member = |mtime, xfl| GzipMember { mtime, xfl, os: 255, ..GzipMember::default() };
        let bytes = Pair::new(Some(gzip_header(&member(0, 0))), Some(gzip_header(&member(0x886e_0900, 2))));
        let fields = gzip_fields(&bytes);
        let told: Vec<_> =
            fields.iter().map(|field| (field.name.as_str(), field.offset.b, field.bytes.b.as_slice())).collect();
        assert_eq!(told, [("MTIME", 4, &[0, 9, 0x6e, 0x88][..]), ("XFL", 8, &[2][..])]);
        assert_eq!(fields[1].meaning, Pair::new("0".to_owned(), "2".to_owned()));
    }

    #[test]
    fn the_fields_that_differ_are_told_with_their_meaning() {
        let block = |mtime: &[u8]| {
            let mut block = [0; 512];
            block[..4].copy_from_slice(b"a/b\0");
            block[136..136 + mtime.len()].copy_from_slice(mtime);
            Header::from_block(&block)
        };
        let told = fields(Pair::new(&block(b"00000000017\0"), &block(b"00000000020\0")));
        let [field] = &told[..] else { panic!("{told:?}") };
        assert_eq!((field.name.as_str(), field.offset), ("mtime", Pair::new(136, 136)));
        assert_eq!(field.meaning, Pair::new("15".to_owned(), "16".to_owned()));
    }
}
