//! `tar-format`: the same entries are written in another tar dialect: ustar, PAX or GNU.

use super::prelude::*;

/// The cause `tar-format`.
pub const CAUSE: Cause = Cause {
    code: "tar-format",
    group: Group::Encoding,
    page: include_str!("../pages/tar-format.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::TarFormat(_) | Field::Sparse | Field::Header(_)),
    title: |context, deltas| format!("{}: {}", entries_in(context, deltas), format_words(deltas)),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "harmless to a reader: tar writers have their habits (format, long names, leftovers in unused fields); build both images with the same tool and version",
        )]
    },
};

fn format_words(deltas: &[&Delta]) -> String {
    let of = |field: &Field| deltas.iter().find(|delta| delta.field == *field);
    match of(&Field::TarFormat(FormatField::Magic)).or_else(|| deltas.first()) {
        Some(delta) => format!("{} {}", field_name(&delta.field), arrow(&delta.values)),
        None => String::new(),
    }
}
