//! A check as SARIF 2.1.0 (OASIS Standard): every cause is a rule with its page as help, every
//! result has the image b for a location and the places in it as logical locations.
//!
//! What a rule allows or the baseline knows is there and suppressed, so that a viewer can count it.

use serde_json::{Value, json};

use super::{TROUBLES, UNEXPLAINED, extent, headline, name, remark, stands, troubles};
use crate::render::View;
use crate::render::explain::{self, Entry};
use crate::report::{CheckNote, CheckResult, Report, Standing, Verdict};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";
/// How many logical locations one result has.
const PLACES: usize = 10;

/// The outcome as one run, ending in a newline. `causes` are all that there are, with their pages.
pub fn sarif(verdict: &Verdict, report: &Report, causes: &[Entry<'_>], version: &str) -> String {
    let mut ids: Vec<&str> = Vec::new();
    for result in &verdict.results {
        if !ids.contains(&name(result)) {
            ids.push(name(result));
        }
    }
    let rules: Vec<Value> = ids.iter().map(|id| rule(id, causes)).collect();
    let results: Vec<Value> = verdict.results.iter().map(|one| result(one, verdict, report, &ids)).collect();
    let mut notifications: Vec<Value> = Vec::new();
    if let Some(fault) = &verdict.fault {
        let mut notification = json!({ "level": "error", "message": text(&shown(&fault.message)) });
        let mut place = json!({ "artifactLocation": { "uri": uri(&fault.file) } });
        if let Some((line, column)) = fault.position {
            place["region"] = json!({ "startLine": line, "startColumn": column });
        }
        notification["locations"] = json!([{ "physicalLocation": place }]);
        notifications.push(notification);
    } else if verdict.pass.is_none() {
        let all = troubles(report);
        notifications
            .extend(all.iter().take(TROUBLES).map(|trouble| json!({ "level": "error", "message": text(trouble) })));
    }
    for note in &verdict.notes {
        let level = if matches!(note, CheckNote::Expired(_)) { "warning" } else { "note" };
        let mut notification = json!({ "level": level, "message": text(&remark(note, verdict)) });
        if let (CheckNote::Expired(rule) | CheckNote::Unused(rule), Some(file)) = (note, &verdict.policy) {
            notification["locations"] = json!([{ "physicalLocation": {
                "artifactLocation": { "uri": uri(file) }, "region": { "startLine": rule.line },
            } }]);
        }
        notifications.push(notification);
    }
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "why-differ", "version": version, "rules": rules } },
            "invocations": [{
                "executionSuccessful": verdict.pass.is_some(),
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": {
                "verdict": headline(verdict, report),
                "required": verdict.required.name(),
                "sameness": verdict.sameness.map(|level| level.name()),
            },
        }],
    });
    crate::render::json::written(&log)
}

/// A message. Viewers make links of `[…](…)` in it (section 3.11.6), so no name may spell one.
fn text(text: &str) -> Value {
    json!({ "text": text.replace("](", "] (") })
}

fn rule(id: &str, causes: &[Entry<'_>]) -> Value {
    let Some(entry) = causes.iter().find(|entry| entry.code == id) else {
        return json!({
            "id": UNEXPLAINED,
            "shortDescription": text("A difference that no known cause explains."),
        });
    };
    json!({
        "id": id,
        "shortDescription": text(&format!("{}.", explain::summary(entry.page))),
        "help": { "text": explain::page(entry.page, &View::default()), "markdown": entry.page },
        "properties": { "tags": [entry.group.name()] },
    })
}

fn result(result: &CheckResult, verdict: &Verdict, report: &Report, ids: &[&str]) -> Value {
    let platform = result.platform.as_ref().map(|platform| format!("{platform}: ")).unwrap_or_default();
    let message = format!("{platform}{}; {}; {}", result.title, extent(result, 3), stands(result, verdict));
    let places: Vec<Value> = result
        .places
        .iter()
        .take(PLACES)
        .map(|place| json!({ "fullyQualifiedName": shown(place), "kind": "resource" }))
        .collect();
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&report.sides.b.reference) },
            "region": { "startLine": 1 },
        },
    });
    if !places.is_empty() {
        location["logicalLocations"] = Value::Array(places);
    }
    let outside = result.standing.is_outside();
    let mut out = json!({
        "ruleId": name(result),
        "ruleIndex": ids.iter().position(|id| *id == name(result)),
        "level": if outside { "error" } else { "note" },
        "message": text(&shown(&message)),
        "locations": [location],
        "partialFingerprints": {
            "whyDiffer/v1": format!("{}{}{}", shown(&platform), name(result), if outside { "" } else { " (passes)" }),
        },
        "properties": { "standing": result.standing.name(), "differences": result.differences },
    });
    if verdict.baseline.is_some() {
        let state = match &result.standing {
            Standing::Known => Some("unchanged"),
            Standing::Grown { .. } => Some("updated"),
            Standing::New { .. } => Some("new"),
            Standing::Forbidden(_) | Standing::Allowed(_) | Standing::WithinLevel => None,
        };
        if let Some(state) = state {
            out["baselineState"] = json!(state);
        }
    }
    if matches!(result.standing, Standing::Allowed(_) | Standing::Known | Standing::WithinLevel) {
        out["suppressions"] = json!([{ "kind": "external", "justification": shown(&stands(result, verdict)) }]);
    }
    out
}

fn shown(text: &str) -> String {
    crate::text::shown(text.as_bytes())
}

/// A reference as a URI reference: what RFC 3986 does not let stand is written in per cent, and so
/// is a colon that would make a scheme of a path's beginning.
fn uri(reference: &str) -> String {
    let mut out = String::new();
    let remote = reference.starts_with("docker://");
    for byte in reference.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                out.push(char::from(byte))
            }
            b':' if remote => out.push(':'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn references_become_uris() {
        let table = [
            ("build/app.tar", "build/app.tar"),
            ("oci:a b:v1", "oci%3Aa%20b%3Av1"),
            ("docker://localhost:5000/app:v1", "docker://localhost:5000/app:v1"),
            ("<ü>", "%3C%C3%BC%3E"),
        ];
        for (reference, expected) in table {
            assert_eq!(uri(reference), expected);
        }
    }
}
