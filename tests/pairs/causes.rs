//! Every case of `corpus/causes` against every cause: exactly the expected ones fire.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::support;
use why_differ::report::Report;
use why_differ::{Options, diff};

/// One case: what was expected and what was found, or nothing if they agree.
fn check(case: &support::Case) -> (String, Option<String>) {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let built = case.build(dir.path());
    let report = diff(&built.a, &built.b, &options(&case.args), &());
    let found: BTreeSet<&str> = causes(&report);
    let sameness = report.sameness.map_or("null", |level| level.name());
    let row = format!("{:<48} {:<14} {}", case.name, sameness, found.iter().copied().collect::<Vec<_>>().join(" "));
    let expected: BTreeSet<&str> = case.expect.causes.iter().map(String::as_str).collect();
    let exit = exit(&report);
    let mut wrong = String::new();
    if found != expected {
        let _ = write!(wrong, "\n  causes: expected {expected:?}, found {found:?}");
    }
    if sameness != case.expect.sameness {
        let _ = write!(wrong, "\n  sameness: expected {}, found {sameness}", case.expect.sameness);
    }
    if exit != case.expect.exit {
        let _ = write!(wrong, "\n  exit: expected {}, found {exit}", case.expect.exit);
    }
    if !report.unexplained.is_empty() {
        let _ = write!(wrong, "\n  unexplained: {:?}", report.unexplained);
    }
    if let Some(problem) = ledger_problem(&report) {
        let _ = write!(wrong, "\n  {problem}");
    }
    for trouble in &report.trouble {
        if !wrong.is_empty() {
            let _ = write!(wrong, "\n  trouble: {}", trouble.message);
        }
    }
    let wrong = (!wrong.is_empty()).then(|| format!("{}: {}{wrong}", case.name, case.about));
    (row, wrong)
}

/// The options that a case's arguments stand for.
fn options(args: &[String]) -> Options {
    let mut options = Options::default();
    let mut args = args.iter().map(String::as_str);
    while let Some(arg) = args.next() {
        match arg {
            "--platform" => options.platform = args.next().map(str::to_owned),
            "--all-platforms" => options.all_platforms = true,
            "--verify" => options.verify = true,
            other => panic!("a case uses {other}, which this test does not know"),
        }
    }
    options
}

/// The causes that fired, those that are trouble included.
fn causes(report: &Report) -> BTreeSet<&str> {
    let findings = report.findings.iter().map(|finding| finding.cause);
    findings.chain(report.trouble.iter().filter_map(|trouble| trouble.cause)).collect()
}

fn exit(report: &Report) -> i32 {
    use why_differ::report::Sameness;
    match (report.trouble.is_empty(), report.sameness) {
        (false, _) => 2,
        (true, Some(Sameness::SameDigest)) => 0,
        _ => 1,
    }
}

/// The ledger sums exactly to the difference.
fn ledger_problem(report: &Report) -> Option<String> {
    let difference = report.size.difference()?;
    let sum: i128 = report.size.ledger.iter().map(|row| row.bytes).sum();
    (sum != difference).then(|| format!("ledger: expected a sum of {difference}, found {sum}"))
}

#[test]
fn exactly_the_expected_causes_fire() {
    let mut matrix = String::new();
    let mut wrong = Vec::new();
    for case in support::cases() {
        let (row, problem) = check(&case);
        matrix.push_str(row.trim_end());
        matrix.push('\n');
        wrong.extend(problem);
    }
    assert!(wrong.is_empty(), "{} cases are not as expected:\n{}", wrong.len(), wrong.join("\n"));
    insta::assert_snapshot!("matrix", matrix);
}
