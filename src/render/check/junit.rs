//! A check as JUnit XML, as the Jenkins xUnit plugin's schema (`junit-10.xsd`) has it: every cause
//! is a test case, and one outside the policy is a failure. No times: a report has no clock.

use super::{TROUBLES, extent, headline, name, remark, stands, troubles};
use crate::render::markup::escaped;
use crate::report::{CheckResult, Report, Verdict};

/// The outcome as one test suite, ending in a newline.
pub fn junit(verdict: &Verdict, report: &Report) -> String {
    let outside = verdict.outside().count();
    let errors = usize::from(verdict.pass.is_none());
    let tests = verdict.results.len() + 1;
    // the level is a test case too, so that a pipeline never sees an empty suite
    let level_fails = verdict.pass == Some(false) && outside == 0;
    let failures = outside + usize::from(level_fails);
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"why-differ check\" {counts}>\n  \
         <testsuite name=\"why-differ check\" {counts}>\n    <properties>\n"
    );
    let digest =
        |image: &crate::report::ImageSummary| image.digest.map(|digest| digest.to_string()).unwrap_or_default();
    for (key, value) in [
        ("a", report.sides.a.reference.clone()),
        ("a.digest", digest(&report.sides.a)),
        ("b", report.sides.b.reference.clone()),
        ("b.digest", digest(&report.sides.b)),
        ("required", verdict.required.name().to_owned()),
        ("sameness", verdict.sameness.map_or("null", |level| level.name()).to_owned()),
    ] {
        out.push_str(&format!("      <property name=\"{key}\" value=\"{}\"/>\n", escaped(&value)));
    }
    out.push_str("    </properties>\n");
    let said = escaped(&headline(verdict, report));
    match (errors, level_fails) {
        (0, false) => out.push_str("    <testcase classname=\"why-differ\" name=\"verdict\"/>\n"),
        (0, true) => out.push_str(&case("verdict", "failure", "level", &said, "")),
        _ => {
            let all: Vec<String> = troubles(report).iter().take(TROUBLES).map(|trouble| escaped(trouble)).collect();
            let kind = if verdict.fault.is_some() { "policy" } else { "trouble" };
            out.push_str(&case("verdict", "error", kind, &said, &all.join("\n")));
        }
    }
    for result in &verdict.results {
        out.push_str(&one(result, verdict));
    }
    let notes: Vec<String> = verdict.notes.iter().map(|note| escaped(&remark(note, verdict))).collect();
    out.push_str(&format!(
        "    <system-out>{said}{}</system-out>\n",
        notes.iter().map(|note| format!("\n{note}")).collect::<String>()
    ));
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
}

fn one(result: &CheckResult, verdict: &Verdict) -> String {
    let platform = result.platform.as_ref().map(|platform| format!("{platform}: ")).unwrap_or_default();
    let title = escaped(&format!("{platform}{}: {} ({})", name(result), result.title, result.standing.name()));
    if !result.standing.is_outside() {
        return format!("    <testcase classname=\"why-differ\" name=\"{title}\"/>\n");
    }
    let message = escaped(&stands(result, verdict));
    case(&title, "failure", result.standing.name(), &message, &escaped(&extent(result, 10)))
}

/// A test case that did not pass; all text is escaped.
fn case(name: &str, element: &str, kind: &str, message: &str, body: &str) -> String {
    format!(
        "    <testcase classname=\"why-differ\" name=\"{name}\">\n      <{element} type=\"{kind}\" \
         message=\"{message}\">{body}</{element}>\n    </testcase>\n"
    )
}
