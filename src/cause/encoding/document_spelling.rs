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
    fixes: |_, deltas| fixes(deltas),
};

/// A config is written by who builds or converts, the documents above it by who pushes.
fn fixes(deltas: &[&Delta]) -> Vec<Fix> {
    let config = |delta: &&Delta| matches!(delta.place, Place::Document(Part::Config));
    let mut fixes = Vec::new();
    if deltas.iter().any(config) {
        fixes.push(advice(
            "the configs were written by different tools: build both with the same one, and copy without converting",
        ));
    }
    if !deltas.iter().all(config) {
        fixes.push(advice("keep the bytes: copy the image instead of pushing it again from another store"));
        fixes.push(command("copy without rewriting", "skopeo copy --all --preserve-digests docker://A docker://B"));
    }
    fixes
}

fn spelling_title(context: &Context<'_>, deltas: &[&Delta]) -> String {
    let mut places: Vec<(String, Vec<String>)> = Vec::new();
    for delta in deltas {
        let place = context.place(delta);
        let what = match &delta.field {
            Field::Spelling(Spelling::WhiteSpace) => arrow(&delta.values),
            Field::Spelling(Spelling::KeyOrder) => "keys in another order".to_owned(),
            field => field_name(field),
        };
        match places.iter_mut().find(|(own, _)| *own == place) {
            Some((_, said)) if said.contains(&what) => {}
            Some((_, said)) => said.push(what),
            None => places.push((place, vec![what])),
        }
    }
    let parts: Vec<String> = places.iter().map(|(place, said)| format!("{place}: {}", said.join(", "))).collect();
    parts.join("; ")
}
