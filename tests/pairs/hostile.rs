//! Bad input (`corpus/hostile`): the program never panics, exits with the right code, says which file or blob it is
//! and keeps the rest of the report. Real images cut at many places get the same treatment.

use std::path::Path;
use std::process::{Command, Output};

use crate::{support, wild};

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_why-differ"))
        .args(args)
        .output()
        .expect("the program was built and can be started")
}

/// What must hold of every run, however bad the input: a code of ours, no panic, stdout that a program can read.
fn assert_civil(name: &str, args: &[&str], output: &Output) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0..=2)), "{name}: exit {:?}\n{stderr}", output.status);
    assert!(!stderr.contains("panicked"), "{name}: {stderr}");
    if output.status.code() == Some(2) {
        assert_eq!(stderr.lines().count(), 1, "{name}: trouble is one sentence on stderr, found {stderr:?}");
    }
    if args.contains(&"json") {
        let report: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{name}: stdout is no JSON: {error}"));
        let trouble = output.status.code() == Some(2);
        assert_eq!(
            report.get("error").is_some(),
            trouble,
            "{name}: `error` stands in the report just when there is trouble"
        );
    }
}

#[test]
fn bad_input_gets_one_sentence_and_the_right_code() {
    let mut wrong = Vec::new();
    for case in support::hostile_cases() {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        let built = case.build(dir.path());
        for format in ["text", "json"] {
            let mut args = vec![built.a.as_str(), built.b.as_str(), "--format", format];
            args.extend(case.args.iter().map(String::as_str));
            let output = run(&args);
            assert_civil(&case.name, &args, &output);
            let all = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            let mut complaints = case.complaints(&all);
            if !output.status.code().is_some_and(|code| case.exit.contains(&code)) {
                complaints.push(format!("exit {:?}, expected {:?}", output.status.code(), case.exit));
            }
            if !complaints.is_empty() {
                let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
                wrong.push(format!("{} ({format}): {complaints:?}\n  {}\n  stderr: {stderr}", case.name, case.about));
            }
        }
        let mut args = vec!["inspect", built.b.as_str(), "--format", "json"];
        args.extend(case.args.iter().map(String::as_str).filter(|arg| *arg != "--all-platforms"));
        assert_civil(&case.name, &args, &run(&args));
    }
    assert!(wrong.is_empty(), "{} are not as expected:\n{}", wrong.len(), wrong.join("\n"));
}

/// A real image cut short is trouble wherever it is cut, and never an image that differs.
#[test]
fn a_real_archive_cut_short_is_trouble() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    for name in [
        "docker20-push.tar",
        "ctr16-push.tar",
        "docker20-save.tar.gz",
        "docker26-save.tar.zst",
        "docker20-save-v1.derived.tar.gz",
    ] {
        let whole = std::fs::read(format!("{}/{name}", wild::folder())).expect("the image is there");
        let last = last_meaningful(&whole);
        for eighth in 1..8 {
            let cut = last * eighth / 8;
            let path = dir.path().join(name);
            std::fs::write(&path, &whole[..cut]).expect("the temporary directory can be written");
            let original = format!("{}/{name}", wild::folder());
            let args = [original.as_str(), &shown(&path), "--format", "json"];
            let output = run(&args);
            assert_civil(&format!("{name} cut at {cut}"), &args, &output);
            assert_eq!(output.status.code(), Some(2), "{name} cut at {cut} of {}", whole.len());
        }
    }
}

/// Where an archive's zeros at the end begin: cutting those loses nothing.
fn last_meaningful(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

fn shown(path: &Path) -> String {
    path.to_str().expect("the temporary directory's name is UTF-8").to_owned()
}

/// Every byte of a small real image is changed in turn (some of them, spread over it): no panic, and never silence.
#[test]
fn a_real_archive_with_one_changed_byte_never_panics() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let original = format!("{}/docker20-push.tar", wild::folder());
    let whole = std::fs::read(&original).expect("the image is there");
    let path = dir.path().join("changed.tar");
    for step in 0..64 {
        let at = whole.len() * step / 64 + step * 37 % 512;
        let mut changed = whole.clone();
        let Some(byte) = changed.get_mut(at) else { continue };
        *byte ^= 0x55;
        std::fs::write(&path, &changed).expect("the temporary directory can be written");
        let options = why_differ::Options::default();
        let report = why_differ::diff(&original, &shown(&path), &options, &());
        let rendered = why_differ::render::json::report(&report, false);
        assert!(rendered.ends_with('\n'), "byte {at}");
    }
}

/// Digests cannot make a cycle, annotations can: an attestation that names itself as its subject.
#[test]
fn an_attestation_of_itself_is_no_cycle() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let index = |size: u32| {
        let digest = format!("sha256:{}", "1".repeat(64));
        let annotations = format!(
            r#"{{"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":"{digest}"}}"#
        );
        format!(
            r#"{{"schemaVersion":2,"manifests":[{{"digest":"{digest}","size":{size},"annotations":{annotations}}},
            {{"digest":"sha256:{}","size":1,"platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#,
            "2".repeat(64)
        )
    };
    let [a, b] = [("a.json", 1), ("b.json", 2)].map(|(name, size)| {
        let path = dir.path().join(name);
        std::fs::write(&path, index(size)).expect("the temporary directory can be written");
        shown(&path)
    });
    let report = why_differ::diff(&a, &b, &why_differ::Options::default(), &());
    assert!(report.differences > 0, "{report:?}");
}

/// Two documents of different kinds have no value to be held against each other: that is the difference.
#[test]
fn documents_of_different_kinds_are_never_passed_over_in_silence() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let digest = format!("sha256:{}", "1".repeat(64));
    let broken =
        format!(r#"{{"layers":[{{"digest":1}},{{"digest":"{digest}","size":1}}],"config":{{"digest":"{digest}"}}}}"#);
    let documents = [("list.json", "[1]"), ("broken.json", broken.as_str())];
    let [a, b] = documents.map(|(name, text)| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("the temporary directory can be written");
        shown(&path)
    });
    let options = why_differ::Options::default();
    // a layer that cannot be read keeps its place: this is trouble, and no panic
    let report = why_differ::diff(&a, &b, &options, &());
    assert!(report.trouble.iter().any(|trouble| trouble.message.contains("layers[0]")), "{:?}", report.trouble);
    let whole = dir.path().join("other.json");
    std::fs::write(&whole, format!(r#"{{"layers":[],"config":{{"digest":"{digest}"}}}}"#)).expect("it can be written");
    let report = why_differ::diff(&a, &shown(&whole), &options, &());
    assert_eq!((report.trouble.len(), report.differences, report.accounted()), (0, 1, false), "{report:?}");
}
