//! A check in Markdown: a comment on a merge request, the step summary of a workflow.

use super::{TROUBLES, headline, name, remark, stands, troubles};
use crate::render::markup::{code, said};
use crate::report::{CheckResult, Report, Verdict};
use crate::text::thousands;

/// The outcome; its first line says pass or fail and why.
pub fn markdown(verdict: &Verdict, report: &Report) -> String {
    let headline = headline(verdict, report);
    let (word, why) = headline.split_once(": ").unwrap_or((&headline, ""));
    let mut out = format!("**{word}**: {}\n", said(why));
    out.push_str("\n| | image | digest |\n|---|---|---|\n");
    for (side, image) in [("a", &report.sides.a), ("b", &report.sides.b)] {
        let digest = image.digest.map(|digest| code(&digest.to_string())).unwrap_or_default();
        out.push_str(&format!("| {side} | {} | {digest} |\n", code(&image.reference)));
    }
    let mut against = format!("Required: {}", code(verdict.required.name()));
    if let Some(level) = verdict.sameness {
        against.push_str(&format!(", found: {}", code(level.name())));
    }
    for (what, name) in [("policy", &verdict.policy), ("baseline", &verdict.baseline)] {
        if let Some(name) = name {
            against.push_str(&format!(", {what}: {}", code(name)));
        }
    }
    out.push_str(&format!("\n{against}.\n"));
    let troubles = troubles(report);
    // the first line has the first
    if troubles.len() > 1 {
        out.push_str("\n### Why it cannot be told\n\n");
        for trouble in troubles.iter().take(TROUBLES) {
            out.push_str(&format!("- {}\n", said(trouble)));
        }
        if troubles.len() > TROUBLES {
            out.push_str(&format!("- … and {} more\n", thousands((troubles.len() - TROUBLES) as u64)));
        }
    }
    let (outside, within): (Vec<&CheckResult>, Vec<&CheckResult>) =
        verdict.results.iter().partition(|result| result.standing.is_outside());
    section(&mut out, "What fails the check", &outside, verdict);
    section(&mut out, "What passes", &within, verdict);
    if !verdict.notes.is_empty() {
        out.push_str("\n### Remarks\n\n");
        for note in &verdict.notes {
            out.push_str(&format!("- {}\n", said(&remark(note, verdict))));
        }
    }
    out
}

fn section(out: &mut String, heading: &str, results: &[&CheckResult], verdict: &Verdict) {
    if results.is_empty() {
        return;
    }
    out.push_str(&format!("\n### {heading}\n\n| cause | seen | where | |\n|---|---|---|---|\n"));
    for result in results {
        let platform = result.platform.as_ref().map(|platform| format!("{}: ", code(platform))).unwrap_or_default();
        let mut places = result.places.iter().take(3).map(|place| said(place)).collect::<Vec<_>>().join("<br>");
        let more = result.places_total.saturating_sub(3);
        if more > 0 && !places.is_empty() {
            places.push_str(&format!("<br>and {} more", thousands(more)));
        }
        out.push_str(&format!(
            "| {} | {platform}{} ({}) | {places} | {} |\n",
            code(name(result)),
            said(&result.title),
            thousands(result.differences),
            said(&stands(result, verdict))
        ));
    }
}
