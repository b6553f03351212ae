//! `document-spelling`: the same JSON values are written with other bytes: indentation, key order, escapes.

use super::prelude::*;

/// The cause `document-spelling`.
pub const CAUSE: Cause = Cause {
    code: "document-spelling",
    group: Group::Encoding,
    page: include_str!("../pages/document-spelling.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| matches!(delta.field, Field::Spelling(_)),
    title: |context, deltas| spelling_title(context, deltas),
    evidence: None,
    fixes: |_, _| {
        vec![
            advice("keep the bytes: copy the image instead of pushing it again from another store"),
            command("copy without rewriting", "skopeo copy --all --preserve-digests docker://A docker://B"),
        ]
    },
};

fn spelling_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut last = String::new();
    for delta in deltas {
        let place = context.place(delta);
        let what = match &delta.field {
            Field::Spelling(Spelling::WhiteSpace) => arrow(&delta.values),
            Field::Spelling(Spelling::KeyOrder) => "keys in another order".to_owned(),
            field => field_name(field),
        };
        let part = if place == last { what } else { format!("{place}: {what}") };
        if !parts.contains(&part) {
            parts.push(part);
        }
        last = place;
    }
    parts.join("; ")
}
