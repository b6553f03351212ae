//! One tag in every way of asking, as JSON.

use serde::Serialize;

use super::inspection::DocumentRow;
use super::{Comparison, Document, Finding, SCHEMA, Trouble};
use crate::report;

/// The answers as JSON, ending in a newline; `full` lifts the bounds of lists.
pub fn served(served: &report::Served, full: bool) -> String {
    let body = Served {
        reference: &served.reference,
        registry: &served.host,
        sameness: served.sameness.map(report::Sameness::name),
        answers: served.answers.iter().map(DocumentRow::of).collect(),
        asked: served.asked.iter().map(Asked::of).collect(),
        findings: served.findings.iter().map(|finding| Finding::of(finding, full)).collect(),
        comparisons: served
            .comparisons
            .iter()
            .map(|one| Compared { answers: [one.a, one.b], report: Comparison::of(&one.report, full) })
            .collect(),
        trouble: Trouble::of(&served.trouble),
    };
    super::values::written(&Document { schema: SCHEMA, body })
}

#[derive(Serialize)]
struct Served<'r> {
    reference: &'r str,
    registry: &'r str,
    sameness: Option<&'static str>,
    answers: Vec<DocumentRow<'r>>,
    asked: Vec<Asked<'r>>,
    findings: Vec<Finding<'r>>,
    comparisons: Vec<Compared<'r>>,
    #[serde(flatten)]
    trouble: Option<Trouble<'r>>,
}

#[derive(Serialize)]
struct Asked<'r> {
    method: &'static str,
    digest: Option<&'r str>,
    accept: &'static str,
    status: u16,
    content_type: Option<&'r str>,
    docker_content_digest: Option<&'r str>,
    content_length: Option<u64>,
    answer: Option<usize>,
}

impl<'r> Asked<'r> {
    fn of(row: &'r report::AskedRow) -> Self {
        Asked {
            method: row.method,
            digest: row.by_digest.as_deref(),
            accept: row.accept,
            status: row.status,
            content_type: row.media_type.as_deref(),
            docker_content_digest: row.digest.as_deref(),
            content_length: row.size,
            answer: row.answer,
        }
    }
}

/// Two answers, by their places in `answers`, and why they differ.
#[derive(Serialize)]
struct Compared<'r> {
    answers: [usize; 2],
    #[serde(flatten)]
    report: Comparison<'r>,
}
