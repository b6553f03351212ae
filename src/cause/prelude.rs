//! What nearly every cause's file needs.

pub use crate::cause::Cause;
pub use crate::cause::context::{Context, entry_path, is_json, json_path};
pub use crate::cause::words::{
    advice, arrow, command, encoder_names, encoders, entries, entries_in, field_name, files_in, in_layers, layers,
    paths, time_in_words, value_in_words,
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

/// `layer 2: declared …, found …`.
pub fn contradiction_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let say = |delta: &Delta| {
        let (side, value) = match (&delta.values.a, &delta.values.b) {
            (Value::Absent, value) => (Side::B, value),
            (value, _) => (Side::A, value),
        };
        let place = context.place(delta);
        let place = if place.contains(" of ") { place } else { format!("{place} of {}", side.name()) };
        format!("{place}: {}", value_in_words(value))
    };
    let own: Vec<&&Delta> = deltas.iter().filter(|delta| matches!(delta.field, Field::Contradiction(_))).collect();
    match own.as_slice() {
        [] => deltas.first().map(|delta| say(delta)).unwrap_or_default(),
        [only] => say(only),
        [first, rest @ ..] => format!("{}, and {} more", say(first), rest.len()),
    }
}

/// One file with its two values, or how many files and the first one's values.
pub fn files_with_values(context: &Context<'_>, deltas: &[&Delta]) -> String {
    match deltas {
        [] => String::new(),
        [first, ..] => format!("{}: {}", files_in(context, deltas), arrow(&first.values)),
    }
}

/// `created 2026-… → 2026-…`, or how many values.
pub fn json_title(deltas: &[&Delta]) -> String {
    match deltas {
        [] => String::new(),
        [only] => format!("{} {}", field_name(&only.field), crate::text::clipped(&arrow(&only.values), 160)),
        [first, rest @ ..] => {
            format!("{} and {}", field_name(&first.field), counted(rest.len() as u64, "more value", "more values"))
        }
    }
}

/// A path that only `side` has.
pub fn is_presence(delta: &Delta, side: Side) -> bool {
    let alone = *delta.values.get(side.other()) == Value::Absent;
    delta.field == Field::Presence(Presence::Path) && alone
}
