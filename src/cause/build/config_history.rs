//! `config-history`: the build steps recorded in the config's history differ.

use super::prelude::*;

/// The cause `config-history`.
pub const CAUSE: Cause = Cause {
    code: "config-history",
    group: Group::Build,
    page: include_str!("../pages/config-history.md"),
    certainty: Certainty::Observed,
    claims: |_, delta| is_history(delta, false),
    title: |_, deltas| history_title(deltas),
    evidence: None,
    fixes: |_, _| {
        vec![advice(
            "the build steps differ: build both from the same Dockerfile with the same builder; history is not needed to run the image",
        )]
    },
};

fn is_history(delta: &Delta, dates: bool) -> bool {
    is_json(delta, Part::Config, &["history"]) && is_json(delta, Part::Config, &["history", "created"]) == dates
}

/// How many steps, and how.
fn history_title(deltas: &[&Delta]) -> String {
    let mut steps: Vec<(String, Option<Side>)> = Vec::new();
    for delta in deltas {
        let Field::Json(path) = &delta.field else { continue };
        let step = path.0.get(1).map(|step| format!("{step:?}")).unwrap_or_default();
        let whole = path.0.len() == 2;
        let only = match (&delta.values.a, &delta.values.b) {
            (Value::Absent, _) if whole => Some(Side::B),
            (_, Value::Absent) if whole => Some(Side::A),
            _ => None,
        };
        if !steps.contains(&(step.clone(), only)) {
            steps.push((step, only));
        }
    }
    let count = |wanted: Option<Side>| steps.iter().filter(|(_, only)| *only == wanted).count() as u64;
    let mut parts = Vec::new();
    if count(None) > 0 {
        parts.push(format!("{} otherwise", counted(count(None), "step is written", "steps are written")));
    }
    for side in Side::BOTH {
        if count(Some(side)) > 0 {
            parts.push(format!("{} only in {}", counted(count(Some(side)), "step", "steps"), side.name()));
        }
    }
    parts.join(", ")
}
