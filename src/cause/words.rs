//! Words that several causes share: counts, places, times, and the values of deltas as evidence.

use std::collections::BTreeMap;

use crate::cause::Context;
use crate::cause::context::entry_path;
use crate::compare::delta::{Delta, Field, FormatField, IndexField, PaxField, Place, Presence, Spelling, Step, Value};
use crate::identify::{self, Identity};
use crate::image::ContradictionKind;
use crate::image::document::Part;
use crate::layer::entry::{Kind, Time};
use crate::pair::{Pair, Side};
use crate::report::{self, Evidence, Fix};

/// `6,635 entries`: how many different entries the deltas are of.
pub fn entries(deltas: &[&Delta]) -> String {
    crate::text::counted(paths(deltas), "entry", "entries")
}

/// How many different entries the deltas are of: paths, counted in each layer.
pub fn paths(deltas: &[&Delta]) -> u64 {
    let mut paths: Vec<(Option<usize>, &[u8])> =
        deltas.iter().filter_map(|delta| Some((delta.place.row(), entry_path(delta)?))).collect();
    paths.sort_unstable();
    paths.dedup();
    paths.len() as u64
}

/// `in layer 2`, `in 2 of 3 layers`.
pub fn in_layers(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let mut rows: Vec<usize> = deltas.iter().filter_map(|delta| delta.place.row()).collect();
    rows.sort_unstable();
    rows.dedup();
    let total = context.images.a.layers.len().max(context.images.b.layers.len());
    match rows.as_slice() {
        [] => String::new(),
        [only] if total > 1 => format!("in {}", context.comparison.rows[*only].name()),
        _ if total == 1 => "in the layer".to_owned(),
        rows => format!("in {} of {total} layers", rows.len()),
    }
}

/// `6,635 entries in layer 1: WHAT`.
pub fn entries_in(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let layers = in_layers(context, deltas);
    if layers.is_empty() { entries(deltas) } else { format!("{} {layers}", entries(deltas)) }
}

/// One file by its path, several by their number.
pub fn files_in(context: &Context<'_>, deltas: &[&Delta]) -> String {
    match deltas {
        [only] => context.place(only),
        _ => entries_in(context, deltas),
    }
}

/// `layer 2: srv/app only in b`, `96 entries only in a (in layer 1)`.
pub fn only_in(context: &Context<'_>, deltas: &[&Delta], side: Side) -> String {
    let side = side.name();
    match deltas {
        [only] => format!("{} only in {side}", context.place(only)),
        _ => format!("{} only in {side} ({})", entries(deltas), in_layers(context, deltas)),
    }
}

/// A fix without a command.
pub fn advice(text: &str) -> Fix {
    Fix { text: text.to_owned(), command: None }
}

/// A fix with its command.
pub fn command(text: &str, command: &str) -> Fix {
    Fix { text: text.to_owned(), command: Some(command.to_owned()) }
}

/// `A → B` of the first delta.
pub fn arrow(values: &Pair<Value>) -> String {
    format!("{} → {}", value_in_words(&values.a), value_in_words(&values.b))
}

/// `A → B`, and that it is one of several where the deltas do not all have the same values.
pub fn arrows(deltas: &[&Delta]) -> String {
    match deltas {
        [] => String::new(),
        [first, rest @ ..] if rest.iter().all(|delta| delta.values == first.values) => arrow(&first.values),
        [first, ..] => format!("such as {}", arrow(&first.values)),
    }
}

/// `WHAT: A → B`, or `WHAT, such as A → B`.
pub fn with_arrows(what: &str, deltas: &[&Delta]) -> String {
    let arrows = arrows(deltas);
    let joint = if arrows.starts_with("such as ") { "," } else { ":" };
    format!("{what}{joint} {arrows}")
}

/// A value on one line.
pub fn value_in_words(value: &Value) -> String {
    match value {
        Value::Absent => "absent".to_owned(),
        Value::Text(text) if text.is_empty() => "\"\"".to_owned(),
        Value::Text(text) => crate::text::shown(text),
        Value::Number(number) => number.to_string(),
        Value::Octal(mode) if *mode > 0o7777 => format!("{mode:07o}"),
        Value::Octal(mode) => format!("{mode:04o}"),
        Value::Time(time) => time_in_words(*time),
        Value::Digest(digest) => digest.to_string(),
        Value::Kind(kind) => kind_in_words(*kind).to_owned(),
        Value::Json(json) => json.to_string(),
    }
}

/// A file type in words.
pub fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::Hardlink => "hard link",
        Kind::Symlink => "symbolic link",
        Kind::CharDevice => "character device",
        Kind::BlockDevice => "block device",
        Kind::Directory => "directory",
        Kind::Fifo => "fifo",
        Kind::Other(_) => "entry of another type",
    }
}

/// `2026-11-23T17:39:04Z`, with nanoseconds if there are any.
pub fn time_in_words(time: Time) -> String {
    let days = time.seconds.div_euclid(86_400);
    let second = time.seconds.rem_euclid(86_400);
    let (year, month, day) = civil(days);
    let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
    let fraction = if time.nanoseconds == 0 { String::new() } else { format!(".{:09}", time.nanoseconds) };
    format!("{year:04}-{month:02}-{day:02}T{clock}{fraction}Z")
}

/// The proleptic Gregorian date of a number of days since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    // years are counted from 1 March, so that the leap day comes last
    let shifted = i128::from(days) + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year as i64, month as i64, day as i64)
}

/// A value as a report shows it.
pub fn reported(value: &Value) -> report::Value {
    match value {
        Value::Absent => report::Value::Absent,
        Value::Text(text) => report::Value::Text(text.to_vec()),
        Value::Number(number) => report::Value::Number(*number),
        Value::Json(json) => report::Value::Json(json.to_string()),
        other => report::Value::text(value_in_words(other)),
    }
}

/// A side's contradiction, or that it has none.
fn consistent(value: &Value) -> report::Value {
    match value {
        Value::Absent => report::Value::text("agrees with itself"),
        value => reported(value),
    }
}

/// The name of a field as a report shows it.
pub fn field_name(field: &Field) -> String {
    match field {
        Field::DocumentKind | Field::ManifestSchema | Field::LegacyV1 | Field::NoManifest => "kind".into(),
        Field::Signatures => "signatures".into(),
        Field::MediaType(path) | Field::Json(path) => path.to_string(),
        Field::Spelling(spelling) => match spelling {
            Spelling::WhiteSpace => "white space",
            Spelling::KeyOrder => "order of keys",
            Spelling::Escapes => "escapes",
            Spelling::Numbers => "numbers",
            Spelling::Nothing => "null, empty or absent",
            Spelling::Duplicates => "duplicate keys",
            Spelling::Other => "bytes",
        }
        .into(),
        Field::Index(index) => match index {
            IndexField::Attestation => "attestation",
            IndexField::Platform => "platform",
            IndexField::Order => "order",
            IndexField::PlatformSpelling => "platform spelling",
            IndexField::NotCompared => "manifest of another platform, not compared",
            IndexField::Nesting => "nesting",
        }
        .into(),
        Field::Compression => "compression".into(),
        Field::Encoding(_) => "compressed bytes".into(),
        Field::LazyPull => "lazy-pull format".into(),
        Field::Foreign => "foreign layer".into(),
        Field::EmptyLayer => "layer".into(),
        Field::Boundaries => "layers".into(),
        Field::Blob => "blob".into(),
        Field::NotOpened => "encoding, not opened (without --fast it is)".into(),
        Field::Unreadable => "contents".into(),
        Field::Order { .. } => "first entry that stands elsewhere".into(),
        Field::Trailer => "end of archive".into(),
        Field::Contradiction(kind) => match kind {
            ContradictionKind::MediaType => "media type against bytes",
            ContradictionKind::DiffId => "diff ID",
            ContradictionKind::HistoryLayers => "number of layers",
            ContradictionKind::Tar => "tar",
            ContradictionKind::TrailingData => "trailing data",
        }
        .into(),
        Field::Presence(presence) => match presence {
            Presence::Path | Presence::OtherLayer => "presence",
            Presence::Duplicate => "duplicate",
            Presence::Parent => "parent directory",
            Presence::Whiteout => "whiteout",
        }
        .into(),
        Field::Kind => "type".into(),
        Field::Content => "contents".into(),
        Field::Link => "link target".into(),
        Field::LinkHolder => "hard link".into(),
        Field::Mode | Field::ModeType => "mode".into(),
        Field::Uid => "uid".into(),
        Field::Gid => "gid".into(),
        Field::Uname => "uname".into(),
        Field::Gname => "gname".into(),
        Field::Mtime => "mtime".into(),
        Field::Atime => "atime".into(),
        Field::Ctime => "ctime".into(),
        Field::Xattr(name) => format!("xattr {}", crate::text::shown(name)),
        Field::Device => "device".into(),
        Field::PathSpelling => "path".into(),
        Field::TarFormat(format) => match format {
            FormatField::Magic => "format",
            FormatField::Name => "name in the header",
            FormatField::Linkname => "link name in the header",
            FormatField::Typeflag => "typeflag",
        }
        .into(),
        Field::Number(field) => format!("{} field", field.name()),
        Field::Pax(pax) => match pax {
            PaxField::Record(key) => format!("PAX record {}", crate::text::shown(key)),
            PaxField::Order => "order of PAX records".into(),
            PaxField::Header(field) => format!("{} of the extension header", field.name()),
            PaxField::Headers => "extension headers".into(),
            PaxField::Body => "extension header".into(),
        },
        Field::Padding => "padding".into(),
        Field::Sparse => "sparse file".into(),
        Field::Header(field) => format!("{} field", field.name()),
    }
}

/// What makes two deltas of one shape: the field and its values; for times their distance, for orders of keys the
/// orders wherever they stand, for members of lists their values at whatever number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Shape<'a> {
    Values(&'a Field, &'a Pair<Value>),
    Shift(&'a Field, i128),
    Keys(Part, Pair<&'a [u8]>),
    Listed(Part, Vec<Option<&'a [u8]>>, &'a Pair<Value>),
}

fn shape(delta: &Delta) -> Shape<'_> {
    match (&delta.values.a, &delta.values.b) {
        (Value::Time(a), Value::Time(b)) => {
            let nanoseconds = |time: &Time| i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanoseconds);
            Shape::Shift(&delta.field, nanoseconds(b) - nanoseconds(a))
        }
        (Value::Text(a), Value::Text(b)) => match (&delta.place, &delta.field) {
            (Place::Document(part), Field::Spelling(Spelling::KeyOrder)) => {
                Shape::Keys(*part, Pair::new(keys(a), keys(b)))
            }
            _ => listed(delta),
        },
        _ => listed(delta),
    }
}

/// A member of a list counts as one of its like, others as themselves.
fn listed(delta: &Delta) -> Shape<'_> {
    let is_item = |step: &Step| matches!(step, Step::Item(_));
    match (&delta.place, &delta.field) {
        (Place::Document(part), Field::Json(path) | Field::MediaType(path)) if path.0.iter().any(is_item) => {
            Shape::Listed(*part, path.0.iter().map(key).collect(), &delta.values)
        }
        _ => Shape::Values(&delta.field, &delta.values),
    }
}

/// The keys of `layers[0]: mediaType, size, digest`.
fn keys(text: &[u8]) -> &[u8] {
    let colon = text.windows(2).position(|pair| pair == b": ");
    colon.map_or(text, |colon| &text[colon + 2..])
}

/// The name of a step of a path; numbers are all alike.
fn key(step: &Step) -> Option<&[u8]> {
    match step {
        Step::Key(key) => Some(key),
        Step::Item(_) => None,
    }
}

/// The deltas as evidence, those of one shape together, the most frequent first.
pub fn values(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    let mut shapes: BTreeMap<Shape<'_>, (usize, u64)> = BTreeMap::new();
    for (position, delta) in deltas.iter().enumerate() {
        shapes.entry(shape(delta)).or_insert((position, 0)).1 += 1;
    }
    let mut groups: Vec<(usize, u64)> = shapes.into_values().collect();
    groups.sort_by_key(|&(position, count)| (std::cmp::Reverse(count), position));
    groups
        .into_iter()
        .map(|(position, repeats)| {
            let delta = deltas[position];
            Evidence::Values {
                place: context.place(delta),
                field: field_name(&delta.field),
                values: match delta.field {
                    Field::Contradiction(_) => delta.values.as_ref().map(consistent),
                    _ => delta.values.as_ref().map(reported),
                },
                repeats,
            }
        })
        .collect()
}

/// The layers that the deltas are of, each with its two sizes and what was recomputed.
pub fn layers(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    let mut rows: Vec<usize> = Vec::new();
    let mut out = Vec::new();
    for delta in deltas {
        let Some(row) = delta.place.row().filter(|row| !rows.contains(row)) else { continue };
        rows.push(row);
        let Pair { a: Some(a), b: Some(b) } = context.layers(delta) else { continue };
        let pair = Pair::new(a, b);
        out.push(Evidence::Layer {
            place: context.place(delta),
            size: pair.map(|layer| layer.size),
            diff_id: pair.map(crate::image::Layer::diff_id),
        });
    }
    out
}

/// The encoders of both sides in a few words, if one on each side could have written all of its layers, or nobody known
/// any of them on one side.
pub fn encoder_names(context: &Context<'_>, deltas: &[&Delta]) -> Option<String> {
    let name = |side: Side| {
        let identities: Option<Vec<&Identity>> = deltas
            .iter()
            .map(|delta| context.layers(delta).get(side).and_then(|layer| layer.encoder.as_deref()))
            .collect();
        let identities = identities?;
        let is_unknown = identities.iter().all(|identity| identity.is_nobodys());
        identify::shared_title(&identities).or(is_unknown.then(|| identities[0].title()))
    };
    let (a, b) = (name(Side::A)?, name(Side::B)?);
    (a != b).then(|| format!("{a} → {b}"))
}

/// Who compressed the layers that the deltas are of, where both sides were looked into; else [`layers_and_values`].
pub fn encoders(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    let mut out = Vec::new();
    let mut is_new_go = false;
    for delta in deltas {
        let layers = context.layers(delta).map(|layer| layer.and_then(|layer| layer.encoder.as_deref()));
        let Pair { a: Some(a), b: Some(b) } = layers else {
            out.extend(layers_and_values(context, &[delta]));
            continue;
        };
        is_new_go |= identify::is_old_and_new_go(a, b);
        out.extend(self::layers(context, &[delta]));
        out.push(encoder_pair(context, delta, a, b));
    }
    if is_new_go {
        out.insert(0, Evidence::Note(GO_1_27.to_owned()));
    }
    out
}

/// What happened to every team that rebuilds with Go 1.27.
const GO_1_27: &str = "Go 1.27 (August 2026) replaced its deflate encoder: one tool, built with it, writes other bytes \
for the same tar than when it was built with Go 1.8 to 1.26. Nothing in the layer changed. Pin the builder, keep layers \
compressed once, and compare diff IDs (--require same-layers)";

/// [`layers_and_values`], and who compressed the layers on both sides: one encoder, whose streams have other headers.
pub fn headers_and_encoders(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    let mut out = Vec::new();
    for delta in deltas {
        out.extend(layers_and_values(context, &[delta]));
        let layers = context.layers(delta).map(|layer| layer.and_then(|layer| layer.encoder.as_deref()));
        if let Pair { a: Some(a), b: Some(b) } = layers {
            out.push(encoder_pair(context, delta, a, b));
        }
    }
    out
}

fn encoder_pair(context: &Context<'_>, delta: &Delta, a: &Identity, b: &Identity) -> Evidence {
    Evidence::Encoder { place: context.place(delta), sides: Box::new(Pair::new(a.told(), b.told())) }
}

/// [`layers`], and behind them the values of the deltas.
pub fn layers_and_values(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    let mut out = Vec::new();
    for delta in deltas {
        out.extend(layers(context, &[delta]));
        out.extend(values(context, &[delta]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_dates() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_700_000_000, "2023-11-14T22:13:20Z"),
            (4_102_444_800, "2100-01-01T00:00:00Z"),
        ];
        for (seconds, text) in table {
            assert_eq!(time_in_words(Time { seconds, nanoseconds: 0 }), text);
        }
    }
}
