//! A check for a person.

use super::{TROUBLES, extent, headline, name, remark, stands, troubles};
use crate::render::page::{Ink, Page, para};
use crate::render::words::plain;
use crate::render::{Detail, View};
use crate::report::{CheckResult, Report, Verdict};
use crate::text::thousands;

/// The outcome as text; its first line says pass or fail and why.
pub fn text(verdict: &Verdict, report: &Report, view: &View) -> String {
    let mut page = Page::new(view);
    let ink = if verdict.pass == Some(true) { Ink::Good } else { Ink::Bad };
    page.line(ink, &headline(verdict, report));
    if view.detail == Detail::Verdict {
        return page.finish();
    }
    page.gap();
    for (side, image) in [("a", &report.sides.a), ("b", &report.sides.b)] {
        let digest = image.digest.map(|digest| format!("  {}", crate::render::words::brief(&digest)));
        page.para(para(
            format!("  {side}  "),
            &format!("{}{}", plain(&image.reference, view), digest.unwrap_or_default()),
        ));
    }
    let against = against(verdict);
    page.para(para("     ", &against).ink(Ink::Faint));
    let troubles = troubles(report);
    // the first line has the first
    if troubles.len() > 1 {
        page.heading("Why it cannot be told");
        for trouble in troubles.iter().take(TROUBLES) {
            page.para(para("  - ", trouble));
        }
        if troubles.len() > TROUBLES {
            page.para(para("  - ", &format!("… and {} more", thousands((troubles.len() - TROUBLES) as u64))));
        }
    }
    let (outside, within): (Vec<&CheckResult>, Vec<&CheckResult>) =
        verdict.results.iter().partition(|result| result.standing.is_outside());
    section(&mut page, "What fails the check", &outside, verdict, view);
    section(&mut page, "What passes", &within, verdict, view);
    if !verdict.notes.is_empty() {
        page.heading("Remarks");
        for note in &verdict.notes {
            page.para(para("  - ", &remark(note, verdict)));
        }
    }
    if !outside.is_empty() {
        page.gap();
        page.para(para(
            "",
            "why-differ A B shows the evidence and what to do; why-differ explain CAUSE tells more of one.",
        ));
    }
    page.finish()
}

/// What the pair was held against, in words.
fn against(verdict: &Verdict) -> String {
    let mut parts = vec![format!("required: {}", verdict.required.name())];
    for (what, name) in [("policy", &verdict.policy), ("baseline", &verdict.baseline)] {
        if let Some(name) = name {
            parts.push(format!("{what}: {}", crate::text::shown(name.as_bytes())));
        }
    }
    parts.join("  ")
}

fn section(page: &mut Page, heading: &str, results: &[&CheckResult], verdict: &Verdict, view: &View) {
    if results.is_empty() {
        return;
    }
    page.heading(heading);
    for result in results {
        let platform = result.platform.as_ref().map(|platform| format!("{}: ", plain(platform, view)));
        let title = format!("{}{}", platform.unwrap_or_default(), plain(&result.title, view));
        page.para(para("  ", &title).label(name(result)).hang(5));
        page.para(para("     ", &extent(result, view.bound(3, 10))).ink(Ink::Faint));
        page.para(para("     ", &stands(result, verdict)));
    }
}
