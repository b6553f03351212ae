//! With `--all-platforms`: a summary of all pairs, then each pair that differs.

use crate::report::{PlatformReport, Report, Sameness};
use crate::text::{counted, signed_size};

use super::account;
use super::head;
use super::verdict;
use super::why;
use crate::render::View;
use crate::render::page::{Edge, Ink, Page, columns, para};
use crate::render::words::plain;

/// One line a platform.
pub(super) fn summary(page: &mut Page, report: &Report) {
    if report.pairs.is_empty() {
        return;
    }
    page.heading("Platforms");
    let rows: Vec<Vec<String>> = report.pairs.iter().map(row).collect();
    for line in columns(&rows, &[Edge::Left, Edge::Left, Edge::Right, Edge::Right]) {
        page.line(Ink::Plain, &format!("  {line}"));
    }
}

fn row(pair: &PlatformReport) -> Vec<String> {
    let name = plain(&pair.platform, &View::default());
    match (&pair.report, pair.only) {
        (Some(report), _) => {
            let changed = report.size.difference().filter(|bytes| *bytes != 0).map(signed_size);
            let causes = match report.findings.len() {
                0 => String::new(),
                count => counted(count as u64, "cause", "causes"),
            };
            vec![name, verdict::headline(report).to_owned(), changed.unwrap_or_default(), causes]
        }
        (None, Some(side)) => vec![name, format!("only in {}", side.name())],
        (None, None) => vec![name, "not compared".to_owned()],
    }
}

/// Each pair that is not the same, in short.
pub(super) fn each(page: &mut Page, report: &Report, view: &View) {
    for pair in &report.pairs {
        let Some(inner) = pair.report.as_ref().filter(|inner| has_more(inner)) else {
            continue;
        };
        let name = plain(&pair.platform, view);
        page.heading(&format!("{name}: {}", verdict::headline(inner)));
        page.para(para("", &verdict::sentence(inner)));
        if inner.sameness.is_none() {
            head::trouble(page, &inner.trouble, view);
        }
        page.gap();
        why::findings(page, &inner.findings, &inner.size.ledger, view, 2);
        account::within(page, inner, view);
    }
}

/// Whether there is more to say than the summary's line.
fn has_more(report: &Report) -> bool {
    let same = report.sameness == Some(Sameness::SameDigest);
    !(same && report.findings.is_empty() && report.unexplained.is_empty() && report.trouble.is_empty())
}
