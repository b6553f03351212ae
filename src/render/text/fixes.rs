//! What to do about it: every finding's fixes in one place, each command once.

use crate::report::{Finding, Fix, Report};
use crate::text::shown;

use crate::render::View;
use crate::render::page::{Ink, Page, para};
use crate::render::words::plain;

/// One way, and the causes that it removes.
pub(in crate::render) struct Way<'r> {
    pub(in crate::render) fix: &'r Fix,
    pub(in crate::render) causes: Vec<&'static str>,
}

/// The section, if there is anything to do.
pub(super) fn write(page: &mut Page, report: &Report, view: &View) {
    let ways = ways(report);
    if ways.is_empty() {
        return;
    }
    page.heading("To make them the same");
    let several = ways.iter().any(|way| way.causes != ways[0].causes);
    let indent = if several { "    " } else { "  " };
    let mut group: &[&str] = &[];
    for way in &ways {
        if several && group != way.causes {
            group = &way.causes;
            page.para(para("  ", &group.join(", ")).ink(Ink::Strong));
        }
        let text = plain(&way.fix.text, view);
        let colon = if way.fix.command.is_some() && !text.ends_with([':', '.']) { ":" } else { "" };
        page.para(para(format!("{indent}- "), &format!("{text}{colon}")));
        for line in way.fix.command.iter().flat_map(|command| command.lines()) {
            page.line(Ink::Plain, &format!("{indent}      {}", shown(line.as_bytes())));
        }
    }
}

/// Fixes in the order of their findings; one with a command seen before only adds its cause.
pub(in crate::render) fn ways(report: &Report) -> Vec<Way<'_>> {
    let mut ways: Vec<Way<'_>> = Vec::new();
    for finding in findings(report) {
        for fix in &finding.fixes {
            let same = |way: &&mut Way<'_>| match (&way.fix.command, &fix.command) {
                (Some(a), Some(b)) => a == b,
                (None, None) => way.fix.text == fix.text,
                _ => false,
            };
            match ways.iter_mut().find(same) {
                Some(way) if way.causes.contains(&finding.cause) => {}
                Some(way) => way.causes.push(finding.cause),
                None => ways.push(Way { fix, causes: vec![finding.cause] }),
            }
        }
    }
    ways
}

/// Findings of the report and of the reports inside it.
fn findings(report: &Report) -> Vec<&Finding> {
    let inner = report.pairs.iter().filter_map(|pair| pair.report.as_ref()).flat_map(findings);
    report.findings.iter().chain(inner).collect()
}
