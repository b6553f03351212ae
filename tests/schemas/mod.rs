//! What others say an outcome looks like: SARIF's official schema, JUnit's.
#![allow(clippy::disallowed_methods, reason = "JUnit's schema is held against by xmllint")]
#![allow(dead_code, reason = "each test binary uses another part")]

use std::process::{Command, Stdio};

/// What SARIF's schema says against a text.
pub fn sarif_errors(text: &str) -> Vec<String> {
    let Ok(log) = serde_json::from_str::<serde_json::Value>(text) else { return vec![format!("no JSON: {text}")] };
    sarif_validator().iter_errors(&log).map(|error| error.to_string()).collect()
}

/// SARIF's schema.
pub fn sarif_validator() -> jsonschema::Validator {
    let mut schema: serde_json::Value =
        serde_json::from_str(include_str!("sarif-2.1.0.json")).expect("the schema is JSON");
    // a key that is not written here; its pattern has a stray bracket, which this validator does not take
    for definition in ["run", "toolComponent"] {
        let pattern = &mut schema["definitions"][definition]["properties"]["language"]["pattern"];
        assert_eq!(pattern.take(), "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$");
        *pattern = "^[a-zA-Z]{2}".into();
    }
    jsonschema::validator_for(&schema).expect("the schema is one")
}

/// Whether JUnit's schema takes a text, where `xmllint` is at hand to say so.
pub fn junit_is_valid(text: &str) -> Option<bool> {
    use std::io::Write as _;
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/junit-10.xsd");
    let mut child = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema", schema, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    child.stdin.take()?.write_all(text.as_bytes()).ok()?;
    Some(child.wait().ok()?.success())
}
