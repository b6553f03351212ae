//! The extension headers of an entry: they switch together, and only if each difference in them is told.

use std::collections::BTreeMap;

use super::claims::When;
use super::entry::{Told, names};
use crate::compare::delta::{Field, FormatField, PaxField};
use crate::layer::tar::header::is_header;
use crate::layer::tar::{BLOCK, Entry, Extension, ExtensionKind, HeaderField, Padding, number, pax};
use crate::pair::Pair;

/// When B's extension headers stand in the place of A's: with the last delta that speaks of any of
/// them. Never, if something in them differs that no delta speaks of.
pub(super) fn when(entries: Pair<&Entry>, told: &Told<'_>) -> When {
    let lists = entries.map(|entry| &entry.extensions[..]);
    let mut guards = Vec::new();
    let explained = records(lists, told, &mut guards)?;
    order(lists, told, &mut guards)?;
    names_in_bodies(lists, told, &mut guards)?;
    let kinds = lists.map(|list| list.iter().map(|extension| extension.kind).collect::<Vec<_>>());
    if kinds.same() {
        for (a, b) in lists.a.iter().zip(lists.b) {
            blocks(Pair::new(a, b), told, &mut guards)?;
        }
    } else {
        let own = told.of(|field| {
            matches!(field, Field::Pax(PaxField::Headers) | Field::TarFormat(FormatField::Name | FormatField::Linkname))
        });
        if own.is_empty() && !explained && guards.is_empty() {
            return None;
        }
        guards.extend(own);
    }
    residue(lists, told, &mut guards)?;
    told.when(guards)
}

fn is_pax(extension: &&Extension) -> bool {
    matches!(extension.kind, ExtensionKind::Pax | ExtensionKind::PaxGlobal)
}

fn all_records(list: &[Extension]) -> Vec<(&[u8], &[u8])> {
    let bodies = list.iter().filter(is_pax).map(|extension| &extension.body[..]);
    bodies.flat_map(|body| pax::records(body).0).map(|record| (record.key, record.value)).collect()
}

/// Each record whose latest value differs must be told. Says whether there is one.
fn records(lists: Pair<&[Extension]>, told: &Told<'_>, guards: &mut Vec<usize>) -> Option<bool> {
    let latest = lists.map(|list| all_records(list).into_iter().collect::<BTreeMap<_, _>>());
    let mut any = false;
    let only_b = latest.b.keys().filter(|key| !latest.a.contains_key(*key));
    for key in latest.a.keys().chain(only_b) {
        if latest.a.get(key) == latest.b.get(key) {
            continue;
        }
        let own = told.of(|field| speaks_of(field, key));
        if own.is_empty() {
            return None;
        }
        any = true;
        guards.extend(own);
    }
    Some(any)
}

/// Whether a delta speaks of the PAX record `key`.
fn speaks_of(field: &Field, key: &[u8]) -> bool {
    match field {
        Field::Pax(PaxField::Record(own)) => **own == *key,
        Field::Mtime => key == b"mtime",
        Field::Atime => key == b"atime",
        Field::Ctime => key == b"ctime",
        Field::Uid => key == b"uid",
        Field::Gid => key == b"gid",
        Field::Uname => key == b"uname",
        Field::Gname => key == b"gname",
        Field::Content => key == b"size" || key.starts_with(b"GNU.sparse."),
        Field::Sparse => key.starts_with(b"GNU.sparse."),
        Field::TarFormat(FormatField::Name) => matches!(key, b"path" | b"GNU.sparse.name"),
        Field::TarFormat(FormatField::Linkname) => key == b"linkpath",
        Field::PathSpelling => matches!(key, b"path" | b"GNU.sparse.name" | b"linkpath"),
        Field::Link | Field::LinkHolder => key == b"linkpath",
        Field::Xattr(name) => {
            let named = |prefix: &[u8]| key.strip_prefix(prefix).is_some_and(|rest| *rest == **name);
            *key == **name || named(b"SCHILY.xattr.") || named(b"LIBARCHIVE.xattr.") || key == b"hdrcharset"
        }
        _ => false,
    }
}

/// The order of the records that both have, each where it first stands.
fn order(lists: Pair<&[Extension]>, told: &Told<'_>, guards: &mut Vec<usize>) -> Option<()> {
    let keys = lists.map(|list| all_records(list).into_iter().map(|(key, _)| key).collect::<Vec<_>>());
    let common = |own: &[&[u8]], other: &[&[u8]]| -> Vec<Vec<u8>> {
        let other: std::collections::BTreeSet<&[u8]> = other.iter().copied().collect();
        let mut seen = std::collections::BTreeSet::new();
        own.iter().filter(|key| other.contains(**key) && seen.insert(**key)).map(|key| key.to_vec()).collect()
    };
    if common(&keys.a, &keys.b) == common(&keys.b, &keys.a) {
        return Some(());
    }
    need(told.of(|field| *field == Field::Pax(PaxField::Order)), guards)
}

fn need(own: Vec<usize>, guards: &mut Vec<usize>) -> Option<()> {
    let some = (!own.is_empty()).then_some(());
    guards.extend(own);
    some
}

/// GNU's long names stand in bodies.
fn names_in_bodies(lists: Pair<&[Extension]>, told: &Told<'_>, guards: &mut Vec<usize>) -> Option<()> {
    for (kind, form) in
        [(ExtensionKind::GnuLongName, FormatField::Name), (ExtensionKind::GnuLongLink, FormatField::Linkname)]
    {
        let bodies = lists.map(|list| {
            let own = list.iter().filter(|extension| extension.kind == kind);
            own.map(|extension| (&extension.body, &extension.padding)).collect::<Vec<_>>()
        });
        if !bodies.same() {
            let own = told.of(|field| match field {
                Field::TarFormat(own) => *own == form,
                Field::PathSpelling => true,
                Field::Link | Field::LinkHolder | Field::Kind => form == FormatField::Linkname,
                _ => false,
            });
            need(own, guards)?;
        }
    }
    Some(())
}

/// The header blocks of two extension headers of one kind.
fn blocks(pair: Pair<&Extension>, told: &Told<'_>, guards: &mut Vec<usize>) -> Option<()> {
    use HeaderField as F;
    if pair.a.header == pair.b.header {
        return Some(());
    }
    let blocks = pair.map(|extension| extension.header.block());
    let dialects = pair.map(|extension| extension.header.dialect());
    for side in crate::pair::Side::BOTH {
        for &(field, offset, length) in HeaderField::fields(*dialects.get(side)) {
            let own = blocks.get(side).get(offset..offset + length).unwrap_or_default();
            let other = field
                .range(*dialects.get(side.other()))
                .and_then(|range| blocks.get(side.other()).get(range))
                .unwrap_or_default();
            if own == other {
                continue;
            }
            let sized = |extension: &Extension| {
                let size = number::spelling(&extension.header.field(F::Size)).0;
                size == Some(extension.body.len() as i128)
            };
            let follows = match field {
                F::Checksum => is_header(&blocks.a) && is_header(&blocks.b),
                F::Size => sized(pair.a) && sized(pair.b),
                // a field that the other dialect lacks and that says nothing comes with the format
                _ if other.is_empty() || own.len() != other.len() => {
                    own.iter().all(|byte| *byte == 0)
                        || field.is_number() && number::spelling(own).0.unwrap_or_default() == 0
                }
                _ => false,
            };
            let own = told.of(|told| {
                *told == Field::Pax(PaxField::Header(field))
                    || *told == Field::Number(field)
                    || names(field, told)
                    || matches!(field, F::Magic | F::Version) && matches!(told, Field::TarFormat(FormatField::Magic))
            });
            if own.is_empty() && !follows {
                return None;
            }
            guards.extend(own);
        }
    }
    Some(())
}

/// What records do not say of their bodies: repeated keys, odd lengths, fill.
fn residue(lists: Pair<&[Extension]>, told: &Told<'_>, guards: &mut Vec<usize>) -> Option<()> {
    let own = told.of(|field| matches!(field, Field::Pax(PaxField::Body) | Field::Padding));
    // PAX 0.0 repeats two keys for each piece of a sparse file, and the difference of the stored form tells them all
    let sparse = told.of(|field| matches!(field, Field::Sparse | Field::Content));
    let is_piece = |key: &[u8]| !sparse.is_empty() && matches!(key, b"GNU.sparse.offset" | b"GNU.sparse.numbytes");
    let plain = |list: &[Extension]| {
        let mut keys = all_records(list);
        keys.retain(|(key, _)| !is_piece(key));
        let distinct = keys.iter().map(|(key, _)| *key).collect::<std::collections::BTreeSet<_>>();
        distinct.len() == keys.len() && list.iter().all(is_plain)
    };
    let bodies =
        lists.map(|list| list.iter().map(|extension| (&extension.body, &extension.padding)).collect::<Vec<_>>());
    if own.is_empty() && !bodies.same() && !(plain(lists.a) && plain(lists.b)) {
        return None;
    }
    guards.extend(own);
    if lists
        .a
        .iter()
        .chain(lists.b)
        .any(|one| all_records(std::slice::from_ref(one)).iter().any(|(key, _)| is_piece(key)))
    {
        guards.extend(sparse);
    }
    Some(())
}

/// Whether a body is just its records as everybody writes them, filled up with zeros.
fn is_plain(extension: &Extension) -> bool {
    let over = extension.body.len() % BLOCK;
    let filled = extension.padding == Padding::Zeros(((BLOCK - over) % BLOCK) as u16);
    if !is_pax(&extension) {
        // a name and its NUL
        let hides = extension.body.iter().skip_while(|byte| **byte != 0).any(|byte| *byte != 0);
        return filled && !hides;
    }
    let (records, rest) = pax::records(&extension.body);
    let usual = |length: &[u8]| length.first().is_some_and(|digit| *digit != b'0');
    filled && rest.is_none() && records.iter().all(|record| usual(record.length))
}
