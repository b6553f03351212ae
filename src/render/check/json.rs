//! A check as JSON, schema 1: the comparison's own keys, and `check` in front of them.

use serde::Serialize;

use super::headline;
use crate::render::json::{Comparison, SCHEMA, written};
use crate::report::{CheckNote, CheckResult, Report, Rule, Standing, Verdict};

/// The outcome and the report it rests on, ending in a newline; `full` lifts the bounds of lists.
pub fn json(verdict: &Verdict, report: &Report, full: bool) -> String {
    written(&Document { schema: SCHEMA, check: Check::of(verdict, report), comparison: Comparison::of(report, full) })
}

#[derive(Serialize)]
struct Document<'r> {
    schema: u32,
    check: Check<'r>,
    #[serde(flatten)]
    comparison: Comparison<'r>,
}

#[derive(Serialize)]
struct Check<'r> {
    /// `true`, `false`, or `null` where no verdict can be trusted.
    pass: Option<bool>,
    why: String,
    required: &'static str,
    policy: Option<&'r str>,
    baseline: Option<&'r str>,
    results: Vec<Row<'r>>,
    notes: Vec<Note<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault<'r>>,
}

/// Where a policy or a baseline is wrong; `error` beside `check` says the same in one line.
#[derive(Serialize)]
struct Fault<'r> {
    file: &'r str,
    line: Option<usize>,
    column: Option<usize>,
    message: &'r str,
}

impl<'r> Check<'r> {
    fn of(verdict: &'r Verdict, report: &Report) -> Self {
        Check {
            pass: verdict.pass,
            why: headline(verdict, report),
            required: verdict.required.name(),
            policy: verdict.policy.as_deref(),
            baseline: verdict.baseline.as_deref(),
            results: verdict.results.iter().map(Row::of).collect(),
            notes: verdict.notes.iter().map(Note::of).collect(),
            fault: verdict.fault.as_ref().map(|fault| Fault {
                file: &fault.file,
                line: fault.position.map(|(line, _)| line),
                column: fault.position.map(|(_, column)| column),
                message: &fault.message,
            }),
        }
    }
}

#[derive(Serialize)]
struct Row<'r> {
    cause: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'r str>,
    standing: &'static str,
    outside: bool,
    title: &'r str,
    count: u64,
    #[serde(rename = "where")]
    places: &'r [String],
    where_total: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<RuleRow<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<Growth>,
}

impl<'r> Row<'r> {
    fn of(result: &'r CheckResult) -> Self {
        let (rule, growth) = match &result.standing {
            Standing::Forbidden(rule) | Standing::Allowed(rule) => (Some(rule), None),
            Standing::New { expired } => (expired.as_ref(), None),
            Standing::Grown { what, from, to, most } => {
                (None, Some(Growth { what, from: *from, to: *to, most: *most }))
            }
            Standing::Known | Standing::WithinLevel => (None, None),
        };
        Row {
            cause: result.cause,
            platform: result.platform.as_deref(),
            standing: result.standing.name(),
            outside: result.standing.is_outside(),
            title: &result.title,
            count: result.differences,
            places: &result.places,
            where_total: result.places_total,
            rule: rule.map(RuleRow::of),
            growth,
        }
    }
}

#[derive(Serialize)]
struct RuleRow<'r> {
    line: usize,
    until: Option<&'r str>,
    reason: Option<&'r str>,
}

impl<'r> RuleRow<'r> {
    fn of(rule: &'r Rule) -> Self {
        RuleRow { line: rule.line, until: rule.until.as_deref(), reason: rule.reason.as_deref() }
    }
}

#[derive(Serialize)]
struct Growth {
    what: &'static str,
    from: u64,
    to: u64,
    most: u64,
}

#[derive(Serialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
enum Note<'r> {
    RuleExpired { rule: RuleRow<'r> },
    RuleUnused { rule: RuleRow<'r> },
    BaselineWritten { causes: u64 },
    BaselineGone { cause: &'r str, platform: Option<&'r str> },
}

impl<'r> Note<'r> {
    fn of(note: &'r CheckNote) -> Self {
        match note {
            CheckNote::Expired(rule) => Note::RuleExpired { rule: RuleRow::of(rule) },
            CheckNote::Unused(rule) => Note::RuleUnused { rule: RuleRow::of(rule) },
            CheckNote::Written { causes } => Note::BaselineWritten { causes: *causes },
            CheckNote::Gone { platform, cause } => Note::BaselineGone { cause, platform: platform.as_deref() },
        }
    }
}
