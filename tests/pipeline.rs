//! `why-differ check` as a pipeline runs it: what is uploaded is what others can read, whatever came of the check.
#![expect(clippy::disallowed_methods, reason = "these tests start the program")]

mod schemas;

use std::path::Path;
use std::process::{Command, Output, Stdio};

const FORMATS: [&str; 6] = ["text", "json", "github", "sarif", "junit", "markdown"];

fn wild(name: &str) -> String {
    format!("{}/corpus/wild/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn run(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.args(args).current_dir(dir).env_remove("GITHUB_STEP_SUMMARY").stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("all output is UTF-8")
}

/// A folder with policies, baselines and images, sound and not.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| std::fs::write(dir.path().join(name), text).expect("a file");
    write("typo.toml", b"\n  requier = \"same-files\"\n");
    write("latin.toml", b"require = \"same-files\"\n# gr\xfc\xdfe\n");
    write("expired.toml", b"[[allow]]\ngroup = \"encoding\"\nuntil = 2020-01-31\nreason = \"moving\"\n");
    write(
        "known.toml",
        b"[growth]\nbytes = 0\ndifferences = 0\n[[known]]\ncause = \"layer-compression\"\ndifferences = 1\n",
    );
    let whole = std::fs::read(wild("docker20-push.tar")).expect("the image is there");
    write("cut.tar", &whole[..whole.len() / 2]);
    write("empty.tar", b"");
    dir
}

/// Name, arguments behind the images, exit code, what stderr says.
const OUTCOMES: [(&str, &str, &str, i32, &str); 11] = [
    ("pass", "docker20-push.tar", "", 0, ""),
    ("fail", "ctr16-push.tar", "", 1, ""),
    ("an expired rule", "ctr16-push.tar", "--policy expired.toml", 1, ""),
    ("growth", "ctr16-push.tar", "--baseline known.toml", 1, ""),
    ("all platforms", "multi-buildkit.tar", "--all-platforms", 1, ""),
    ("no such image", "no-such.tar", "", 2, "no-such.tar"),
    ("an image that is cut", "cut.tar", "", 2, "cut.tar"),
    ("an empty file", "empty.tar", "", 2, "empty.tar"),
    ("a misspelt policy", "ctr16-push.tar", "--policy typo.toml", 2, "typo.toml:2:3: unknown key `requier`"),
    ("a policy that is a folder", "ctr16-push.tar", "--policy .", 2, ".: expected a file, found a folder"),
    ("a policy that is no text", "ctr16-push.tar", "--policy latin.toml", 2, "latin.toml:2:5: expected UTF-8"),
];

#[test]
fn every_outcome_can_be_uploaded_in_every_form() {
    let dir = folder();
    for (name, b, options, code, said) in OUTCOMES {
        let b = if dir.path().join(b).exists() || b.starts_with("no-such") { b.to_owned() } else { wild(b) };
        let a = if name == "all platforms" { wild("multi-docker-manifest.tar") } else { wild("docker20-push.tar") };
        for format in FORMATS {
            let args = [&["check", &a, &b, "--format", format][..], &options.split_whitespace().collect::<Vec<_>>()];
            let output = run(dir.path(), &args.concat());
            let (out, complaint) = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(code), "{name}, {format}: {complaint}");
            assert!(complaint.contains(said) && complaint.is_empty() == said.is_empty(), "{name}: {complaint:?}");
            well_formed(format, out, code, name);
        }
    }
}

/// Holds an output against what its readers expect, and against the exit code.
fn well_formed(format: &str, out: &str, code: i32, name: &str) {
    let word = ["PASS", "FAIL", "CANNOT TELL"][usize::try_from(code).expect("0 to 2")];
    match format {
        "json" => {
            let json: serde_json::Value = serde_json::from_str(out).unwrap_or_else(|_| panic!("{name}: {out}"));
            let pass = [true.into(), false.into(), serde_json::Value::Null];
            assert_eq!(Some(&json["check"]["pass"]), pass.get(code as usize), "{name}");
            assert_eq!(json["error"]["message"].is_string(), code == 2, "{name}: {out}");
            assert_eq!(json["accounted"], code != 2, "{name}");
        }
        "sarif" => {
            let errors = schemas::sarif_errors(out);
            assert!(errors.is_empty(), "{name}: {errors:#?}");
            let log: serde_json::Value = serde_json::from_str(out).expect("it is JSON");
            let run = &log["runs"][0];
            assert_eq!(run["invocations"][0]["executionSuccessful"], code != 2, "{name}");
            let levels: Vec<_> = run["results"].as_array().into_iter().flatten().map(|one| &one["level"]).collect();
            assert_eq!(levels.iter().any(|level| **level == "error"), code == 1, "{name}: {levels:?}");
            let notes = run["invocations"][0]["toolExecutionNotifications"].as_array();
            assert_eq!(notes.into_iter().flatten().any(|one| one["level"] == "error"), code == 2, "{name}");
        }
        "junit" => {
            let document = roxmltree::Document::parse(out).unwrap_or_else(|_| panic!("{name}: {out}"));
            let has = |element: &str| document.descendants().any(|node| node.has_tag_name(element));
            assert_eq!((has("failure"), has("error")), (code == 1, code == 2), "{name}: {out}");
            assert!(schemas::junit_is_valid(out) != Some(false), "{name}: {out}");
        }
        "github" => {
            assert!(out.starts_with(word), "{name}: {out}");
            assert_eq!(out.lines().any(|line| line.starts_with("::error ")), code != 0, "{name}: {out}");
            if name == "a misspelt policy" {
                assert!(out.contains("::error title=why-differ,file=typo.toml,line=2,col=3::unknown key"), "{out}");
            }
        }
        "markdown" => assert!(out.starts_with(&format!("**{word}**: ")), "{name}: {out}"),
        _ => {
            assert!(out.starts_with(&format!("{word}: ")), "{name}: {out}");
            assert!(
                name != "growth" || out.contains("grown: 1 difference in the baseline, 3 now, at most 1 pass"),
                "{out}"
            );
        }
    }
}

/// `--write-baseline` writes the file, and says the outcome in the form that was asked for.
#[test]
fn a_baseline_is_written_beside_the_outcome() {
    let dir = folder();
    for format in FORMATS {
        let known = format!("{format}.toml");
        let images = [wild("docker20-push.tar"), wild("ctr16-push.tar")];
        let args = ["check", &images[0], &images[1], "--baseline", &known, "--write-baseline", "--format", format];
        let output = run(dir.path(), &args);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{format}");
        well_formed(format, text(&output.stdout), 0, "a baseline");
        let written = std::fs::read_to_string(dir.path().join(&known)).expect("it was written");
        assert_eq!(written.matches("[[known]]").count(), 2, "{written}");
    }
    // what is forbidden stays so, whatever the baseline knows
    std::fs::write(dir.path().join("forbid.toml"), "[[forbid]]\ncause = \"layer-compression\"").expect("a file");
    let images = [wild("docker20-push.tar"), wild("ctr16-push.tar")];
    let args =
        ["check", &images[0], &images[1], "--baseline", "some.toml", "--write-baseline", "--policy", "forbid.toml"];
    let output = run(dir.path(), &args);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stdout).starts_with("FAIL: 1 cause is outside the policy: layer-compression (forbidden)"));
    // a place that cannot be written to is trouble in every form
    for format in FORMATS {
        let args =
            ["check", &images[0], &images[1], "--baseline", "no/such/x.toml", "--write-baseline", "--format", format];
        let output = run(dir.path(), &args);
        assert_eq!(output.status.code(), Some(2), "{format}");
        assert!(text(&output.stderr).contains("no/such/x.toml: the baseline could not be written"), "{output:?}");
        well_formed(format, text(&output.stdout), 2, "no place for a baseline");
    }
}

/// One comparison, several files; none of them ever in the place of what is read.
#[test]
fn outcomes_are_written_to_files_too() {
    let dir = folder();
    std::fs::copy(wild("docker20-push.tar"), dir.path().join("a.tar")).expect("the image is there");
    let check = |options: &[&str]| {
        let b = wild("ctr16-push.tar");
        run(dir.path(), &[&["check", "a.tar", &b, "--baseline", "known.toml"][..], options].concat())
    };
    // a second run replaces what the first wrote
    for _ in 0..2 {
        let files: Vec<String> =
            FORMATS.iter().flat_map(|form| ["--also".into(), format!("{form}=out.{form}")]).collect();
        let output = check(&files.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""));
        assert!(text(&output.stdout).starts_with("FAIL: "), "the log has the text");
        for form in FORMATS {
            let written = std::fs::read_to_string(dir.path().join(format!("out.{form}"))).expect("it was written");
            well_formed(form, &written, 1, form);
        }
    }
    let image = std::fs::read(dir.path().join("a.tar")).expect("it is there");
    for file in ["a.tar", "./a.tar", "known.toml"] {
        let output = check(&["--also", &format!("sarif={file}")]);
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(text(&output.stderr).contains("found one that is read; it was not overwritten"), "{output:?}");
    }
    assert!(std::fs::read(dir.path().join("a.tar")).expect("it is there") == image);
    for wrong in ["pdf=x", "sarif", "sarif="] {
        let output = check(&["--also", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(
            text(&output.stderr).contains("expected FORM=FILE, where FORM is one of text, json, github"),
            "{output:?}"
        );
    }
}

/// A file is written whole or not at all, and what is no file is written to as it is.
#[test]
fn outputs_are_whole_or_not_there() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let dir = folder();
    let report = |options: &[&str]| {
        let (a, b) = (wild("docker20-push.tar"), wild("ctr16-push.tar"));
        run(dir.path(), &[&["report", &a, &b][..], options].concat())
    };
    let at = |name: &str| dir.path().join(name);
    assert_eq!(report(&["-o", "r.md"]).status.code(), Some(1));
    std::fs::set_permissions(at("r.md"), std::fs::Permissions::from_mode(0o640)).expect("it is ours");
    std::fs::hard_link(at("r.md"), at("kept.md")).expect("a link");
    std::os::unix::fs::symlink("r.md", at("link.md")).expect("a link");
    let before = std::fs::metadata(at("r.md")).expect("it is there").ino();
    assert_eq!(report(&["-o", "link.md"]).status.code(), Some(1));
    let after = std::fs::metadata(at("r.md")).expect("it is there");
    assert!(after.ino() != before, "a new file took the old one's place");
    assert_eq!(after.permissions().mode() & 0o777, 0o640, "and its mode");
    assert!(std::fs::symlink_metadata(at("link.md")).expect("it is there").is_symlink());
    assert_eq!(std::fs::metadata(at("kept.md")).expect("it is there").ino(), before, "another name keeps the old one");
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .expect("ours")
        .filter_map(|one| one.ok()?.file_name().into_string().ok())
        .collect();
    assert!(!names.iter().any(|name| name.ends_with(".part")), "nothing is left over: {names:?}");
    let output = report(&["-o", "/dev/stdout", "--format", "markdown"]);
    assert!(text(&output.stdout).starts_with("# SAME IMAGE"), "{output:?}");
    let output = report(&["-o", "report.pdf"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("not written as .pdf: there are html, markdown and json"), "{output:?}");
}

/// A bundle is written again over itself, and never over an image.
#[test]
fn a_bundle_replaces_only_a_bundle() {
    let dir = folder();
    let (a, b) = (wild("docker20-push.tar"), wild("docker20-edited.tar"));
    let bundle = |file: &str| run(dir.path(), &["bug-report", &a, &b, "--bundle", file]);
    for _ in 0..2 {
        assert_eq!(bundle("out.tar.zst").status.code(), Some(1));
    }
    let archive = dir.path().join("save.tar.zst");
    std::fs::copy(wild("docker26-save.tar.zst"), &archive).expect("the image is there");
    let output = bundle("save.tar.zst");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("one that why-differ wrote, found another; it was not overwritten"));
    assert_eq!(std::fs::read(&archive).ok(), std::fs::read(wild("docker26-save.tar.zst")).ok());
    // what is read is kept though it speaks of this program
    std::fs::write(dir.path().join("own.json"), "{\"note\":\"why-differ\"}").expect("a file");
    let output = run(dir.path(), &["report", "own.json", &b, "-o", "own.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("found one that is read"), "{output:?}");
}

/// A docker archive of one empty layer whose config has these variables.
fn archive(path: &Path, env: &[&str]) {
    let layer = vec![0; 1024];
    let id = why_differ::digest::Digest::sha256(&layer);
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "config": { "Env": env },
        "rootfs": { "type": "layers", "diff_ids": [id.to_string()] },
    });
    let mut tar = tar::Builder::new(std::fs::File::create(path).expect("a file"));
    let manifest = br#"[{"Config":"config.json","RepoTags":null,"Layers":["layer.tar"]}]"#;
    for (name, bytes) in
        [("layer.tar", &layer[..]), ("config.json", config.to_string().as_bytes()), ("manifest.json", manifest)]
    {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).expect("a member");
    }
    tar.finish().expect("a tar");
}

/// A report that is sent had better hold no secrets: it is said where it does, and `--redact` takes them out.
#[test]
fn a_report_is_redacted_where_that_is_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    archive(&dir.path().join("a.tar"), &["PATH=/bin"]);
    archive(&dir.path().join("b.tar"), &["PATH=/bin", "DEPLOY_TOKEN=hunter2hunter2"]);
    for form in ["html", "md", "json"] {
        let file = format!("out.{form}");
        let report = |options: &[&str]| {
            let output = run(dir.path(), &[&["report", "a.tar", "b.tar", "-o", &file][..], options].concat());
            assert_eq!(output.status.code(), Some(1), "{output:?}");
            (text(&output.stderr).to_owned(), std::fs::read_to_string(dir.path().join(&file)).expect("it was written"))
        };
        let (said, written) = report(&[]);
        assert!(written.contains("hunter2hunter2"), "{form}: the report is whole");
        assert_eq!(
            said,
            "why-differ: the report holds what looks like a secret (DEPLOY_TOKEN); --redact takes it out\n"
        );
        let (said, written) = report(&["--redact"]);
        assert_eq!(said, "");
        assert!(!written.contains("hunter2hunter2"), "{form}");
        assert!(written.contains("redacted #1"), "{form}: a mark stands in its place");
        match form {
            "json" => {
                let json: serde_json::Value = serde_json::from_str(&written).expect("it is JSON");
                let expected = serde_json::json!([{ "number": 1, "name": "DEPLOY_TOKEN", "length": 14 }]);
                assert_eq!(json["redacted"], expected, "the report says what was");
            }
            _ => assert!(written.contains("#1: DEPLOY_TOKEN, 14 bytes"), "{form}: the report says what was"),
        }
        assert!(form != "html" || written.contains("--redact"), "the command that makes it again");
    }
}
