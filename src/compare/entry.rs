//! Two entries of one path: what they mean, and how they are spelt.
//!
//! Meaning is compared first. A spelling that merely follows from another meaning (a checksum, a
//! size, an extended record for a time that differs) is no difference of its own.

use std::sync::Arc;

use crate::compare::delta::{Delta, EntryRef, Field, FormatField, PaxField, Place, Value};
use crate::layer::entry::{Attributes, Kind, Time};
use crate::layer::tar::{self, BLOCK, Entry, Extension, ExtensionKind, HeaderField, Padding, number};
use crate::pair::{Pair, Side};

/// Two entries of one path and where they stand.
pub struct EntryPair<'a> {
    /// The entries.
    pub entries: Pair<&'a Entry>,
    /// Their positions.
    pub refs: Pair<EntryRef>,
    /// Their path in normal form.
    pub path: &'a [u8],
    /// The row of their layers.
    pub row: usize,
    /// Whether both are one file in equal link groups, whichever entry holds the bytes.
    pub linked_alike: bool,
}

/// The bytes that `entry` takes in its tar.
pub fn stored_length(entry: &Entry) -> u64 {
    let extensions: u64 = entry.extensions.iter().map(extension_length).sum();
    let headers = BLOCK as u64 * (1 + entry.sparse_headers.len() as u64);
    extensions + headers + entry.content.length + padding_length(&entry.padding)
}

/// The bytes that an extension header takes in its tar.
pub fn extension_length(extension: &Extension) -> u64 {
    BLOCK as u64 + extension.body.len() as u64 + padding_length(&extension.padding)
}

fn padding_length(padding: &Padding) -> u64 {
    match padding {
        Padding::Zeros(count) => u64::from(*count),
        Padding::Bytes(bytes) => bytes.len() as u64,
    }
}

/// Adds to `out` every difference of `pair`.
pub fn compare(pair: &EntryPair<'_>, out: &mut Vec<Delta>) {
    let Pair { a, b } = pair.entries;
    let same_stored = a.content.digest == b.content.digest && a.content.length == b.content.length;
    if same_stored
        && a.attributes == b.attributes
        && a.header == b.header
        && a.extensions == b.extensions
        && a.sparse_headers == b.sparse_headers
        && a.padding == b.padding
    {
        return;
    }
    let mut found = Found { fields: Vec::new() };
    meaning(pair, &mut found);
    spelling(pair, &mut found);
    emit(pair, found, out);
}

/// Fields found to differ, before they become deltas.
struct Found {
    fields: Vec<(Field, Pair<Value>)>,
}

impl Found {
    fn add(&mut self, field: Field, a: Value, b: Value) {
        self.fields.push((field, Pair::new(a, b)));
    }

    fn has(&self, field: &Field) -> bool {
        self.fields.iter().any(|(found, _)| found == field)
    }

    fn differ<T: PartialEq>(&mut self, field: Field, pair: Pair<T>, value: impl Fn(T) -> Value) {
        if !pair.same() {
            let Pair { a, b } = pair.map(value);
            self.add(field, a, b);
        }
    }
}

fn optional<T>(value: Option<T>, f: impl Fn(T) -> Value) -> Value {
    value.map_or(Value::Absent, f)
}

fn meaning(pair: &EntryPair<'_>, found: &mut Found) {
    let Pair { a, b } = pair.entries.map(|entry| &entry.attributes);
    if pair.linked_alike && (a.kind != b.kind || a.link != b.link) {
        found.add(Field::LinkHolder, link_in_words(a), link_in_words(b));
    } else {
        found.differ(Field::Kind, Pair::new(a.kind, b.kind), Value::Kind);
        if a.kind == b.kind {
            link(a, b, found);
            content(pair, found);
        }
    }
    const PERMISSIONS: u32 = 0o7777;
    found.differ(Field::Mode, Pair::new(a.mode & PERMISSIONS, b.mode & PERMISSIONS), Value::Octal);
    if a.mode & !PERMISSIONS != b.mode & !PERMISSIONS {
        found.add(Field::ModeType, Value::Octal(a.mode), Value::Octal(b.mode));
    }
    found.differ(Field::Uid, Pair::new(a.uid, b.uid), |id| Value::Number(id.into()));
    found.differ(Field::Gid, Pair::new(a.gid, b.gid), |id| Value::Number(id.into()));
    found.differ(Field::Uname, Pair::new(&a.uname, &b.uname), |name| Value::bytes(name));
    found.differ(Field::Gname, Pair::new(&a.gname, &b.gname), |name| Value::bytes(name));
    found.differ(Field::Mtime, Pair::new(a.mtime, b.mtime), Value::Time);
    let time = |time: Option<Time>| optional(time, Value::Time);
    found.differ(Field::Atime, Pair::new(a.atime, b.atime), time);
    found.differ(Field::Ctime, Pair::new(a.ctime, b.ctime), time);
    let is_device = |kind| matches!(kind, Kind::CharDevice | Kind::BlockDevice);
    if a.kind == b.kind && is_device(a.kind) {
        let numbers =
            |device: Option<(u64, u64)>| optional(device, |(major, minor)| Value::text(format!("{major}:{minor}")));
        found.differ(Field::Device, Pair::new(a.device, b.device), numbers);
    }
    for key in a.xattrs.keys().chain(b.xattrs.keys().filter(|key| !a.xattrs.contains_key(*key))) {
        let values = Pair::new(a.xattrs.get(key), b.xattrs.get(key));
        found.differ(Field::Xattr(key.clone()), values, |value| optional(value, |value| Value::bytes(value)));
    }
}

fn link_in_words(attributes: &Attributes) -> Value {
    match (&attributes.kind, &attributes.link) {
        (Kind::Hardlink, Some(link)) => Value::text(format!("hard link to {}", crate::text::shown(link))),
        _ => Value::text("holds the bytes"),
    }
}

fn link(a: &Attributes, b: &Attributes, found: &mut Found) {
    // a hard link names an entry of the archive, whose path may be spelt in several ways
    let same_target = match (a.kind, &a.link, &b.link) {
        (Kind::Hardlink, Some(left), Some(right)) => super::path::normal(left) == super::path::normal(right),
        (_, left, right) => left == right,
    };
    if !same_target {
        found.differ(Field::Link, Pair::new(&a.link, &b.link), |link| {
            optional(link.as_ref(), |link| Value::bytes(link))
        });
    } else if a.link != b.link {
        found.differ(Field::PathSpelling, Pair::new(&a.link, &b.link), |link| {
            optional(link.as_ref(), |link| Value::bytes(link))
        });
    }
}

fn content(pair: &EntryPair<'_>, found: &mut Found) {
    let Pair { a, b } = pair.entries;
    let digest = |entry: &Entry| entry.attributes.content.unwrap_or(entry.content.digest);
    let same_stored = a.content.digest == b.content.digest && a.content.length == b.content.length;
    let differ = if a.attributes.kind == Kind::File {
        a.attributes.size != b.attributes.size || digest(a) != digest(b)
    } else {
        !same_stored
    };
    if differ {
        found.add(Field::Content, Value::Digest(digest(a)), Value::Digest(digest(b)));
    } else if !same_stored || stored_in_words(a) != stored_in_words(b) || a.sparse_headers != b.sparse_headers {
        found.add(Field::Sparse, stored_in_words(a), stored_in_words(b));
    }
}

fn is_sparse(entry: &Entry) -> bool {
    typeflag(entry) == b'S' || records(&entry.extensions).iter().any(|(key, _)| key.starts_with(b"GNU.sparse."))
}

fn stored_in_words(entry: &Entry) -> Value {
    let records = records(&entry.extensions);
    let has = |key: &[u8]| records.iter().any(|(own, _)| *own == key);
    let form = if typeflag(entry) == b'S' {
        "sparse (old GNU)"
    } else if !is_sparse(entry) {
        "whole"
    } else if has(b"GNU.sparse.major") {
        "sparse (PAX 1.0)"
    } else if has(b"GNU.sparse.map") {
        "sparse (PAX 0.1)"
    } else {
        "sparse (PAX 0.0)"
    };
    Value::text(format!("{form}, {} bytes stored", entry.content.length))
}

fn typeflag(entry: &Entry) -> u8 {
    entry.header.field(HeaderField::Typeflag).first().copied().unwrap_or_default()
}

fn spelling(pair: &EntryPair<'_>, found: &mut Found) {
    let Pair { a, b } = pair.entries;
    // a directory's trailing slash follows from its type
    let slash = found.has(&Field::Kind) && trimmed(&a.attributes.path) == trimmed(&b.attributes.path);
    if a.attributes.path != b.attributes.path && !slash {
        found.add(Field::PathSpelling, Value::bytes(&a.attributes.path), Value::bytes(&b.attributes.path));
    }
    let forms = pair.entries.map(name_form);
    if forms.a != forms.b {
        found.add(Field::TarFormat(FormatField::Name), Value::text(forms.a), Value::text(forms.b));
    }
    let forms = pair.entries.map(linkname_form);
    if a.attributes.link.is_some() && b.attributes.link.is_some() && forms.a != forms.b {
        found.add(Field::TarFormat(FormatField::Linkname), Value::text(forms.a), Value::text(forms.b));
    }
    if a.header != b.header {
        header(pair, found);
    }
    if a.extensions != b.extensions {
        extensions(&a.extensions, &b.extensions, found);
    }
    let fill = |padding: &Padding| match padding {
        Padding::Zeros(_) => Value::text("zeros"),
        Padding::Bytes(bytes) => Value::text(format!("{} bytes that are not all zero", bytes.len())),
    };
    if a.padding != b.padding && !matches!((&a.padding, &b.padding), (Padding::Zeros(_), Padding::Zeros(_))) {
        found.add(Field::Padding, fill(&a.padding), fill(&b.padding));
    }
}

fn trimmed(path: &[u8]) -> &[u8] {
    path.strip_suffix(b"/").unwrap_or(path)
}

/// How the path is written.
fn name_form(entry: &Entry) -> &'static str {
    let keys = records(&entry.extensions);
    if keys.iter().any(|(key, _)| *key == b"GNU.sparse.name") {
        "PAX record GNU.sparse.name"
    } else if keys.iter().any(|(key, _)| *key == b"path") {
        "PAX record path"
    } else if entry.extensions.iter().any(|extension| extension.kind == ExtensionKind::GnuLongName) {
        "GNU long name"
    } else if entry.header.dialect() == tar::Dialect::Ustar
        && entry.header.field(HeaderField::Prefix).iter().any(|&byte| byte != 0)
    {
        "ustar prefix"
    } else {
        "name field"
    }
}

fn linkname_form(entry: &Entry) -> &'static str {
    if records(&entry.extensions).iter().any(|(key, _)| *key == b"linkpath") {
        "PAX record linkpath"
    } else if entry.extensions.iter().any(|extension| extension.kind == ExtensionKind::GnuLongLink) {
        "GNU long link"
    } else {
        "linkname field"
    }
}

fn records(extensions: &[Extension]) -> Vec<(&[u8], &[u8])> {
    extensions
        .iter()
        .filter(|extension| matches!(extension.kind, ExtensionKind::Pax | ExtensionKind::PaxGlobal))
        .flat_map(|extension| tar::pax::records(&extension.body).0)
        .map(|record| (record.key, record.value))
        .collect()
}

fn header(pair: &EntryPair<'_>, found: &mut Found) {
    let blocks = pair.entries.map(|entry| entry.header.block());
    let dialects = blocks.as_ref().map(tar::Dialect::of);
    // magic and version stand together in every dialect that has them
    let magics = blocks.as_ref().map(|block| &block[257..265]);
    if !dialects.same() || !magics.same() {
        let shown = |dialect: tar::Dialect, magic: &[u8]| {
            if dialects.same() { Value::bytes(magic) } else { Value::text(dialect.name()) }
        };
        found.add(Field::TarFormat(FormatField::Magic), shown(dialects.a, magics.a), shown(dialects.b, magics.b));
    }
    for &(field, offset, length) in HeaderField::fields(dialects.a) {
        let Some(other) = field.range(dialects.b) else { continue };
        let raw = Pair::new(&blocks.a[offset..offset + length], &blocks.b[other]);
        if !raw.same() {
            header_field(pair, field, raw, found);
        }
    }
    if !dialects.same() {
        meaningless(Side::A, dialects, &blocks, found);
        meaningless(Side::B, dialects, &blocks, found);
    }
}

/// What one dialect keeps where the other has no such field, and what no reader takes for anything: told where it is
/// not zero, since the format alone does not bring it.
fn meaningless(side: Side, dialects: Pair<tar::Dialect>, blocks: &Pair<[u8; BLOCK]>, found: &mut Found) {
    use HeaderField as F;
    for &(field, offset, length) in HeaderField::fields(*dialects.get(side)) {
        let is_bare = matches!(field, F::Padding | F::V7Rest | F::Unused | F::Offset | F::Longnames);
        let raw = &blocks.get(side)[offset..offset + length];
        let says_something = raw.iter().any(|byte| *byte != 0);
        if is_bare && says_something && field.range(*dialects.get(side.other())).is_none() {
            let value = |of: Side| if of == side { Value::bytes(raw) } else { Value::Absent };
            found.add(Field::Header(field), value(Side::A), value(Side::B));
        }
    }
}

/// One header field whose bytes differ: a spelling, or something that follows from the meaning?
fn header_field(pair: &EntryPair<'_>, field: HeaderField, raw: Pair<&[u8]>, found: &mut Found) {
    use HeaderField as F;
    let Pair { a, b } = pair.entries.map(|entry| &entry.attributes);
    match field {
        F::Magic | F::Version | F::Checksum => {
            // the format is told above; a checksum follows from the other fields, but not its form
            if field == F::Checksum {
                number_spelling(field, raw, found);
            }
        }
        F::Typeflag => {
            if a.kind == b.kind && !found.has(&Field::Sparse) && !found.has(&Field::Content) {
                found.add(Field::TarFormat(FormatField::Typeflag), Value::bytes(raw.a), Value::bytes(raw.b));
            }
        }
        _ if field.is_number() => {
            number_spelling(field, raw, found);
            let values = raw.map(|raw| number::spelling(raw).0);
            if values.a.unwrap_or_default() != values.b.unwrap_or_default() && !number_follows(field, pair, found) {
                let value = |value: Option<i128>| optional(value, Value::Number);
                found.add(Field::Header(field), value(values.a), value(values.b));
            }
        }
        F::Name | F::Prefix | F::Linkname | F::Uname | F::Gname => text_field(pair, field, raw, found),
        F::SparseMap | F::IsExtended => {
            let follows = [Field::Sparse, Field::Content, Field::Kind, Field::LinkHolder];
            if !follows.iter().any(|field| found.has(field)) {
                found.add(Field::Sparse, Value::bytes(raw.a), Value::bytes(raw.b));
            }
        }
        _ => found.add(Field::Header(field), Value::bytes(raw.a), Value::bytes(raw.b)),
    }
}

fn number_spelling(field: HeaderField, raw: Pair<&[u8]>, found: &mut Found) {
    if number::same_spelling(raw.a, raw.b) {
        return;
    }
    let (left, right) = (number::spelling(raw.a), number::spelling(raw.b));
    // a number that octal cannot hold is written in base-256 by everyone
    let needs_base256 = |value: Option<i128>, width: usize| {
        value.is_some_and(|value| value < 0 || value >= 1i128 << (3 * (width.saturating_sub(1)).min(40)))
    };
    let width = raw.a.len();
    if needs_base256(left.0, width) != needs_base256(right.0, width) {
        return;
    }
    found.add(Field::Number(field), Value::bytes(raw.a), Value::bytes(raw.b));
}

/// Whether the value of a number field follows from a difference of meaning that is already told.
fn number_follows(field: HeaderField, pair: &EntryPair<'_>, found: &Found) -> bool {
    use HeaderField as F;
    let any = |fields: &[Field]| fields.iter().any(|field| found.has(field));
    let Pair { a, b } = pair.entries;
    match field {
        F::Mode => any(&[Field::Mode, Field::ModeType]),
        F::Uid => any(&[Field::Uid]),
        F::Gid => any(&[Field::Gid]),
        F::Mtime => any(&[Field::Mtime]),
        F::Atime => any(&[Field::Atime]),
        F::Ctime => any(&[Field::Ctime]),
        F::Size | F::RealSize => {
            a.content.length != b.content.length
                || any(&[Field::Content, Field::Kind, Field::LinkHolder, Field::Sparse])
        }
        F::Devmajor | F::Devminor => any(&[Field::Device, Field::Kind]),
        F::Offset => any(&[Field::Sparse]),
        _ => false,
    }
}

fn text_field(pair: &EntryPair<'_>, field: HeaderField, raw: Pair<&[u8]>, found: &mut Found) {
    use HeaderField as F;
    let Pair { a, b } = pair.entries.map(|entry| &entry.attributes);
    let end = |raw: &[u8]| raw.iter().position(|&byte| byte == 0).unwrap_or(raw.len());
    let texts = raw.map(|raw| &raw[..end(raw)]);
    let tails = raw.map(|raw| &raw[end(raw)..]);
    if tails.a.iter().chain(tails.b).any(|&byte| byte != 0) && tails.a != tails.b {
        found.add(Field::Header(field), Value::bytes(raw.a), Value::bytes(raw.b));
        return;
    }
    if texts.same() {
        return;
    }
    let follows = match field {
        F::Name | F::Prefix => a.path != b.path || found.has(&Field::TarFormat(FormatField::Name)),
        F::Linkname => a.link != b.link || a.kind != b.kind || found.has(&Field::TarFormat(FormatField::Linkname)),
        F::Uname => a.uname != b.uname,
        F::Gname => a.gname != b.gname,
        _ => false,
    };
    if !follows {
        let field = match field {
            F::Name | F::Prefix => Field::TarFormat(FormatField::Name),
            F::Linkname => Field::TarFormat(FormatField::Linkname),
            other => Field::Header(other),
        };
        if !found.has(&field) {
            found.add(field, Value::bytes(texts.a), Value::bytes(texts.b));
        }
    }
}

/// The field of meaning that a PAX record speaks of.
fn record_meaning(key: &[u8]) -> Option<Field> {
    Some(match key {
        b"mtime" => Field::Mtime,
        b"atime" => Field::Atime,
        b"ctime" => Field::Ctime,
        b"uid" => Field::Uid,
        b"gid" => Field::Gid,
        b"uname" => Field::Uname,
        b"gname" => Field::Gname,
        b"size" => Field::Content,
        b"path" | b"GNU.sparse.name" => Field::TarFormat(FormatField::Name),
        b"linkpath" => Field::TarFormat(FormatField::Linkname),
        _ if key.starts_with(b"GNU.sparse.") => Field::Sparse,
        _ => return None,
    })
}

fn record_follows(key: &[u8], found: &Found) -> bool {
    if let Some(meaning) = record_meaning(key) {
        let by_path = match key {
            b"path" | b"GNU.sparse.name" => found.has(&Field::PathSpelling),
            b"linkpath" => found.has(&Field::Link) || found.has(&Field::LinkHolder) || found.has(&Field::PathSpelling),
            _ if key.starts_with(b"GNU.sparse.") => found.has(&Field::Content),
            _ => false,
        };
        return by_path || found.has(&meaning);
    }
    found.fields.iter().any(|(field, _)| match field {
        Field::Xattr(name) => {
            let named = |prefix: &[u8]| key.strip_prefix(prefix).is_some_and(|rest| rest == &**name);
            *key == **name || named(b"SCHILY.xattr.") || named(b"LIBARCHIVE.xattr.") || key == b"hdrcharset"
        }
        _ => false,
    })
}

fn extensions(a: &[Extension], b: &[Extension], found: &mut Found) {
    let before = found.fields.len();
    let (left, right) = (records(a), records(b));
    let latest = |records: &[(&[u8], &[u8])], key: &[u8]| {
        records.iter().rev().find(|(own, _)| *own == key).map(|(_, value)| value.to_vec())
    };
    let mut explained = false;
    let mut keys: Vec<&[u8]> = left.iter().chain(&right).map(|(key, _)| *key).collect();
    keys.sort();
    keys.dedup();
    for key in keys {
        let values = Pair::new(latest(&left, key), latest(&right, key));
        if values.same() {
            continue;
        }
        if record_follows(key, found) {
            explained = true;
        } else {
            let value = |value: Option<Vec<u8>>| optional(value, |value| Value::bytes(&value));
            let Pair { a, b } = values.map(value);
            found.add(Field::Pax(PaxField::Record(key.into())), a, b);
        }
    }
    let order = |own: &[(&[u8], &[u8])], other: &[(&[u8], &[u8])]| -> Vec<u8> {
        let common = own.iter().filter(|(key, _)| other.iter().any(|(there, _)| there == key));
        common.map(|(key, _)| *key).collect::<Vec<_>>().join(&b", "[..])
    };
    let orders = Pair::new(order(&left, &right), order(&right, &left));
    found.differ(Field::Pax(PaxField::Order), orders, |order| Value::bytes(&order));
    let hidden = Pair::new(behind_names(a), behind_names(b));
    found.differ(Field::Pax(PaxField::Body), hidden, |hidden| optional(hidden, |bytes| Value::bytes(&bytes)));
    let kinds = |extensions: &[Extension]| extensions.iter().map(|extension| extension.kind).collect::<Vec<_>>();
    if kinds(a) == kinds(b) {
        for (left, right) in a.iter().zip(b) {
            extension_headers(left, right, found);
        }
    } else {
        let by_name = [FormatField::Name, FormatField::Linkname].map(Field::TarFormat);
        let follows = explained || found.fields.len() > before || by_name.iter().any(|field| found.has(field));
        if !follows {
            let words = |extensions: &[Extension]| Value::text(format!("{} extension headers", extensions.len()));
            found.add(Field::Pax(PaxField::Headers), words(a), words(b));
        }
    }
    if found.fields.len() == before && !explained && !a.is_empty() && bodies(a) != bodies(b) {
        let by_path = [
            Field::PathSpelling,
            Field::Link,
            Field::TarFormat(FormatField::Name),
            Field::TarFormat(FormatField::Linkname),
        ];
        if !by_path.iter().any(|field| found.has(field)) {
            let first = |extensions: &[Extension]| {
                extensions.first().map_or(Value::Absent, |extension| Value::bytes(&extension.body))
            };
            found.add(Field::Pax(PaxField::Body), first(a), first(b));
        }
    }
}

/// What stands behind the NUL of GNU long names, which no reader shows.
fn behind_names(extensions: &[Extension]) -> Option<Vec<u8>> {
    let names = extensions
        .iter()
        .filter(|extension| matches!(extension.kind, ExtensionKind::GnuLongName | ExtensionKind::GnuLongLink));
    let hidden: Vec<u8> = names
        .flat_map(|extension| extension.body.iter().skip_while(|byte| **byte != 0).skip_while(|byte| **byte == 0))
        .copied()
        .collect();
    (!hidden.is_empty()).then_some(hidden)
}

fn bodies(extensions: &[Extension]) -> Vec<(&[u8], &Padding)> {
    extensions.iter().map(|extension| (&extension.body[..], &extension.padding)).collect()
}

/// The header blocks of two extension headers of one kind.
fn extension_headers(a: &Extension, b: &Extension, found: &mut Found) {
    use HeaderField as F;
    if a.header == b.header {
        return;
    }
    for &(field, ..) in HeaderField::fields(a.header.dialect()) {
        if field.range(b.header.dialect()).is_none() {
            continue;
        }
        let raw = Pair::new(a.header.field(field), b.header.field(field));
        if raw.same() {
            continue;
        }
        let follows = match field {
            F::Checksum => true,
            F::Size => a.body.len() != b.body.len(),
            F::Name | F::Prefix => found.has(&Field::PathSpelling),
            F::Mtime => found.has(&Field::Mtime),
            F::Mode => found.has(&Field::Mode) || found.has(&Field::ModeType),
            F::Uid => found.has(&Field::Uid),
            F::Gid => found.has(&Field::Gid),
            F::Uname => found.has(&Field::Uname),
            F::Gname => found.has(&Field::Gname),
            F::Magic | F::Version => found.has(&Field::TarFormat(FormatField::Magic)),
            _ => false,
        };
        let same_number = field.is_number() && !number::same_spelling(&raw.a, &raw.b);
        if follows && !same_number {
            continue;
        }
        if same_number && found.has(&Field::Number(field)) {
            continue;
        }
        let Pair { a, b } = raw.as_ref().map(|raw| Value::bytes(raw));
        if same_number {
            found.add(Field::Number(field), a, b);
        } else {
            found.add(Field::Pax(PaxField::Header(field)), a, b);
        }
    }
}

/// Turns what was found into deltas and shares the difference in stored bytes among them.
fn emit(pair: &EntryPair<'_>, found: Found, out: &mut Vec<Delta>) {
    if found.fields.is_empty() {
        return;
    }
    let Pair { a, b } = pair.entries;
    let total = i128::from(stored_length(b)) - i128::from(stored_length(a));
    let data = |entry: &Entry| {
        i128::from(entry.content.length + padding_length(&entry.padding))
            + BLOCK as i128 * entry.sparse_headers.len() as i128
    };
    let data = data(b) - data(a);
    let about_data = |field: &Field| {
        matches!(field, Field::Content | Field::Kind | Field::LinkHolder | Field::Sparse | Field::Padding)
    };
    let about_records = |field: &Field| {
        matches!(field, Field::Pax(_) | Field::TarFormat(FormatField::Name | FormatField::Linkname) | Field::Xattr(_))
            || matches!(field, Field::Mtime | Field::Atime | Field::Ctime | Field::PathSpelling | Field::Link)
            || matches!(field, Field::Uid | Field::Gid | Field::Uname | Field::Gname)
    };
    let data_at = found.fields.iter().position(|(field, _)| about_data(field)).unwrap_or(0);
    let records_at = found.fields.iter().position(|(field, _)| about_records(field)).unwrap_or(data_at);
    let path: Arc<[u8]> = pair.path.into();
    let entry = pair.refs.map(Some);
    for (position, (field, values)) in found.fields.into_iter().enumerate() {
        let mut bytes = 0;
        if position == data_at {
            bytes += data;
        }
        if position == records_at {
            bytes += total - data;
        }
        let place = Place::Entry { row: pair.row, entry, path: Arc::clone(&path) };
        out.push(Delta { place, field, values, bytes, spots: Vec::new() });
    }
}
