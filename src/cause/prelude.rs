//! What nearly every cause's file needs.

pub use crate::cause::Cause;
pub use crate::cause::context::{Context, entry_path, is_json, json_path};
pub use crate::cause::words::{
    advice, arrow, arrows, command, encoder_names, encoders, entries, entries_in, field_name, files_in,
    headers_and_encoders, in_layers, layers, only_in, paths, time_in_words, value_in_words, values, with_arrows,
};
pub use crate::compare::delta::{
    Delta, EncodingField, Field, FormatField, IndexField, JsonPath, Place, Presence, Spelling, Value,
};
pub use crate::compare::path;
pub use crate::compare::rows::Row;
pub use crate::image::document::Part;
pub use crate::image::{ContradictionKind, media_type};
pub use crate::layer::entry::{Kind, Time};
pub use crate::layer::tar::HeaderField;
pub use crate::pair::{Pair, Side};
pub use crate::report::{Certainty, Evidence, Fix, Group};
pub use crate::text::counted;

/// Compresses again while copying. From registry to registry skopeo reuses the blobs that are there.
pub const THROUGH_A_FOLDER: &str = "skopeo copy --dest-compress-format gzip docker://IMAGE oci:DIR:new\nskopeo copy --preserve-digests oci:DIR:new docker://NEW";

/// `layer 2: declared …, found …`.
pub fn contradiction_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let say = |delta: &Delta| {
        let (side, value) = match (&delta.values.a, &delta.values.b) {
            (Value::Absent, value) => (Side::B, value),
            (value, _) => (Side::A, value),
        };
        let place = context.place(delta);
        let place = match (&delta.place, place.contains(" of ")) {
            (Place::Image, _) => side.name().to_owned(),
            (_, true) => place,
            (_, false) => format!("{place} of {}", side.name()),
        };
        format!("{place}: {}", value_in_words(value))
    };
    let own: Vec<&&Delta> = deltas.iter().filter(|delta| matches!(delta.field, Field::Contradiction(_))).collect();
    match own.as_slice() {
        [] => deltas.first().map(|delta| say(delta)).unwrap_or_default(),
        [only] => say(only),
        [first, rest @ ..] => format!("{}, and {} more", say(first), crate::text::thousands(rest.len() as u64)),
    }
}

/// One file with its two values, or how many files and the first one's values.
pub fn files_with_values(context: &Context<'_>, deltas: &[&Delta]) -> String {
    match deltas {
        [] => String::new(),
        _ => with_arrows(&files_in(context, deltas), deltas),
    }
}

/// `created 2026-… → 2026-…`; of several values their names, and which side alone has them.
pub fn json_title(deltas: &[&Delta]) -> String {
    const NAMED: usize = 3;
    if let [only] = deltas {
        return format!("{} {}", field_name(&only.field), crate::text::clipped(&arrow(&only.values), 160));
    }
    let names: Vec<String> = deltas.iter().take(NAMED).map(|delta| field_name(&delta.field)).collect();
    let mut title = match (names.split_last(), deltas.len().saturating_sub(NAMED)) {
        (Some((last, first)), 0) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        (_, more) => format!("{} and {}", names.join(", "), counted(more as u64, "more value", "more values")),
    };
    let alone = |side: Side| deltas.iter().all(|delta| *delta.values.get(side.other()) == Value::Absent);
    if let Some(side) = Side::BOTH.into_iter().find(|side| !deltas.is_empty() && alone(*side)) {
        title.push_str(&format!(" only in {}", side.name()));
    }
    title
}

/// What to do about fields that a conversion dropped.
pub const CONVERTED: &str = "skopeo and buildah drop them when they turn a Docker config into an OCI config: `skopeo copy --format v2s2` keeps them";

/// Whether a config was written anew over the same layers, and one side lost all of these.
pub fn is_converted(context: &Context<'_>, deltas: &[&Delta]) -> bool {
    let copied = context.comparison.rows.iter().all(|row| matches!(row, Row::Same { .. }));
    let lost = |side: Side| deltas.iter().all(|delta| *delta.values.get(side) == Value::Absent);
    copied && (lost(Side::A) || lost(Side::B))
}

/// A path that only `side` has.
pub fn is_presence(delta: &Delta, side: Side) -> bool {
    let alone = *delta.values.get(side.other()) == Value::Absent;
    delta.field == Field::Presence(Presence::Path) && alone
}
