//! The program as a shell sees it: what it prints where, and with which code it exits.
#![expect(clippy::disallowed_methods, reason = "these tests start the program")]

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use why_differ::cause;

/// An image of `corpus/wild`.
fn wild(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "corpus", "wild", name].iter().collect();
    path.into_os_string().into_string().expect("the checkout's path is UTF-8")
}

fn docker() -> String {
    wild("docker20-push.tar")
}

fn ctr() -> String {
    wild("ctr16-push.tar")
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("all output is UTF-8")
}

/// Runs and compares the exit code and what stdout and stderr contain; an empty string means nothing is printed.
#[track_caller]
fn check(args: &[&str], code: i32, stdout: &str, stderr: &str) {
    let output = run(args);
    let found = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {found:?}");
    for (name, found, expected) in [("stdout", found.0, stdout), ("stderr", found.1, stderr)] {
        let fits = if expected.is_empty() { found.is_empty() } else { found.contains(expected) };
        assert!(fits, "{args:?}: {name} is {found:?}, expected {expected:?}");
    }
}

#[test]
fn the_exit_code_is_the_verdict() {
    let (docker, ctr) = (docker(), ctr());
    check(&[&docker, &docker], 0, "SAME DIGEST\n", "");
    check(&[&docker, &ctr], 1, "SAME IMAGE, ENCODED DIFFERENTLY\n", "");
    check(&[&docker, &ctr, "--require", "same-image"], 0, "SAME IMAGE", "");
    check(&[&docker, &ctr, "--require=different"], 0, "SAME IMAGE", "");
    check(&[&docker, &ctr, "--require", "same-digest"], 1, "SAME IMAGE", "");
    check(&[&docker, "no-such.tar"], 2, "CANNOT TELL\n", "no-such.tar");
}

#[test]
fn what_is_ignored_does_not_count() {
    let (docker, ctr) = (docker(), ctr());
    check(&[&docker, &ctr, "--ignore", "layer-compression"], 1, "Ignored, as asked: layer-compression", "");
    check(&[&docker, &ctr, "--ignore", "layer-compression,document-spelling"], 0, "SAME IMAGE", "");
    check(&[&docker, &ctr, "--ignore=layer-compression", "--ignore=document-spelling"], 0, "SAME IMAGE", "");
    check(&[&docker, &ctr, "--ignore", "layer-compresion"], 2, "", "did you mean layer-compression?");
    check(&[&docker, "no-such.tar", "--ignore", "layer-compression"], 2, "CANNOT TELL", "no-such.tar");
}

#[test]
fn usage_errors_are_trouble() {
    check(&[], 2, "", "<A>");
    check(&["a"], 2, "", "<B>");
    check(&["a", "b", "c"], 2, "", "two images are compared, and 3 were given");
    check(&["a", "b", "--blocks"], 2, "", "--blocks");
    check(&["a", "b", "--steps", "all"], 2, "", "--prove");
    check(&["a", "b", "--require", "same"], 2, "", "same-digest");
    check(&["a", "b", "--platform=linux/amd64", "--all-platforms"], 2, "", "cannot be used with");
    check(&["a", "b", "--max-document", "8X"], 2, "", "expected K, M, G or T");
    check(&["a", "b", "--jobs", "0"], 2, "", "--jobs");
    check(&["-v", "inspect", "a"], 2, "", "./inspect");
    check(&["explain", "mtime-file"], 2, "", "no cause is called `mtime-file`");
}

#[test]
fn a_password_in_a_name_is_refused_and_not_repeated() {
    for reference in
        ["docker://bob:canary@host.example/app:1", "bob:canary@host.example/app:1", "https://bob:canary@h/a"]
    {
        for args in
            [vec![reference, "b"], vec!["inspect", reference], vec!["served", reference], vec!["check", "a", reference]]
        {
            let output =
                Command::new(env!("CARGO_BIN_EXE_why-differ")).args(&args).output().expect("the program starts");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
            assert!(!said.contains("canary") && said.contains("docker login"), "{args:?}: {said}");
        }
    }
}

#[test]
fn an_image_is_not_overwritten_by_a_report() {
    let dir = tempfile::tempdir().expect("a folder");
    let image = dir.path().join("image.html");
    std::fs::copy(docker(), &image).expect("an image");
    let before = std::fs::read(&image).expect("a file");
    let path = image.to_str().expect("UTF-8");
    check(&["report", &docker(), &ctr(), "-o", path], 2, "", "was not overwritten");
    check(&["bug-report", &docker(), &ctr(), "--bundle", path], 2, "", "was not overwritten");
    assert!(std::fs::read(&image).expect("a file") == before);
    let page = dir.path().join("page.html");
    let page = page.to_str().expect("UTF-8");
    for _ in 0..2 {
        check(&["report", &docker(), &ctr(), "-o", page], 1, "", "");
    }
}

#[test]
fn help_and_version_are_no_trouble() {
    check(&["--help"], 0, "Exit code:", "");
    check(&["-h"], 0, "Usage: why-differ", "");
    check(&["inspect", "--help"], 0, "--max-layer-size", "");
    check(&["--version"], 0, env!("CARGO_PKG_VERSION"), "");
}

#[test]
fn quiet_is_one_line() {
    let output = run(&[&docker(), &ctr(), "-q"]);
    assert_eq!(text(&output.stdout), "SAME IMAGE, ENCODED DIFFERENTLY\n");
}

#[test]
fn trouble_leaves_stdout_to_the_report() {
    let output = run(&[&docker(), "no-such.tar", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("stdout stays parseable");
    assert_eq!(report["sameness"], serde_json::Value::Null);
    assert_eq!(report["error"]["side"], "b");
    assert_eq!(report["error"], report["errors"][0]);
    assert_eq!(report["a"]["reference"], docker());
    let complaint = text(&output.stderr);
    assert!(complaint.starts_with("why-differ: ") && complaint.ends_with('\n'), "{complaint:?}");
    assert_eq!(complaint.lines().count(), 1, "{complaint:?}");
}

#[test]
fn inspect_shows_one_image() {
    let output = run(&["inspect", &docker(), "--format=json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let inspection: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(inspection["schema"], 1);
    assert_eq!(inspection["image"]["reference"], docker());
    check(&["inspect", &docker()], 0, "docker20-push.tar", "");
}

#[test]
fn every_cause_is_listed_and_explained() {
    let list = run(&["explain"]);
    for cause in cause::all() {
        assert!(text(&list.stdout).contains(&format!("\n  {} ", cause.code)), "{} is not listed", cause.code);
        check(&["explain", cause.code], 0, "\nHow to fix it\n", "");
    }
    let too_wide = text(&list.stdout).lines().find(|line| line.chars().count() > 80);
    assert_eq!(too_wide, None, "a pipe has 80 columns");
}

#[test]
fn shells_are_served() {
    for shell in ["bash", "zsh", "fish"] {
        check(&["completions", shell], 0, "layer-compression", "");
    }
    for shell in ["elvish", "powershell"] {
        check(&["completions", shell], 0, "--max-layer-size", "");
    }
    check(&["man"], 0, ".TH why-differ 1", "");
    check(&["man", "inspect"], 0, ".TH why-differ-inspect 1", "");
}

#[test]
fn colours_are_asked_for_or_not_there() {
    let (docker, ctr) = (docker(), ctr());
    let colored = |command: &mut Command| {
        let output = command.args([&docker, &ctr]).output().expect("the program starts");
        output.stdout.contains(&0x1b)
    };
    assert!(!colored(&mut program()), "a pipe gets no colours");
    assert!(colored(program().arg("--color=always")));
    assert!(
        colored(program().arg("--color=always").env("NO_COLOR", "1")),
        "an option is stronger than the environment"
    );
    assert!(!colored(program().arg("--color=never")));
}

#[test]
fn a_reader_who_leaves_is_no_trouble() {
    let mut child =
        program().arg("explain").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let mut complaint = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut complaint).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), complaint.as_str()), (Some(0), ""));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (docker, ctr) = (docker(), ctr());
    for format in ["text", "json"] {
        let once = |jobs: &str| run(&[&docker, &ctr, "--format", format, "--jobs", jobs, "-v"]).stdout;
        assert_eq!(text(&once("1")), text(&once("7")));
    }
}

/// A folder to write into, and the path of a file in it.
fn scratch(file: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let path = dir.path().join(file).into_os_string().into_string().expect("its name is UTF-8");
    (dir, path)
}

fn write(path: &str, text: &str) {
    std::fs::write(path, text).expect("the file can be written");
}

#[test]
fn a_check_passes_or_fails() {
    let (docker, ctr) = (docker(), ctr());
    check(&["check", &docker, &docker], 0, "PASS: same-digest, as required\n", "");
    check(&["check", &docker, &ctr], 1, "FAIL: same-image, but same-digest is required; 2 causes: ", "");
    check(&["check", &docker, "no-such.tar"], 2, "CANNOT TELL: b: no-such.tar", "no-such.tar");
    let (_dir, policy) = scratch("why-differ.toml");
    write(&policy, "require = \"same-image\"");
    check(&["check", &docker, &ctr, "--policy", &policy], 0, "PASS: same-image, as required\n", "");
    check(&["check", &docker, &ctr, "--policy", &policy, "-q"], 0, "PASS: same-image, as required\n", "");
    write(&policy, "\n requier = 1");
    check(
        &["check", &docker, &ctr, "--policy", &policy],
        2,
        "CANNOT TELL: ",
        "why-differ.toml:2:2: unknown key `requier`",
    );
    check(
        &["check", &docker, &ctr, "--policy", "no-such.toml"],
        2,
        "CANNOT TELL: no-such.toml: no such file",
        "no-such.toml: no such file\n",
    );
    check(&["check", &docker], 2, "", "<B>");
    check(&["check", "a", "b", "--write-baseline"], 2, "", "--baseline");
    check(&["check", "a", "b", "--today", "2027-02-29"], 2, "", "2027-01-31");
}

#[test]
fn a_rule_ends_with_its_day_whatever_the_clock() {
    let (docker, ctr) = (docker(), ctr());
    let (_dir, policy) = scratch("why-differ.toml");
    write(&policy, "[[allow]]\ngroup = \"encoding\"\nuntil = 2027-01-31\nreason = \"moving\"");
    let args = ["check", &docker, &ctr, "--policy", &policy, "--today"];
    check(&[&args[..], &["2027-01-31"]].concat(), 0, "PASS: 2 causes are allowed or known", "");
    check(&[&args[..], &["2027-02-01"]].concat(), 1, "no longer allowed", "");
}

#[test]
fn a_baseline_is_written_and_held_against() {
    let (docker, ctr) = (docker(), ctr());
    let (_dir, known) = scratch("known.toml");
    let with = |more: &[&'static str]| -> Vec<String> {
        ["check", &docker, &ctr, "--baseline", &known].iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    let call = |words: Vec<String>, code: i32, stdout: &str, stderr: &str| {
        check(&words.iter().map(String::as_str).collect::<Vec<_>>(), code, stdout, stderr);
    };
    call(with(&[]), 2, "CANNOT TELL: ", "known.toml: no such file (--write-baseline writes one)");
    call(with(&["--write-baseline"]), 0, "known.toml was written: it knows 2 causes", "");
    call(with(&[]), 0, "PASS: 2 causes are allowed or known", "");
    check(&["check", &docker, &wild("docker20-edited.tar"), "--baseline", &known], 1, "are new or have grown", "");
    // bounds that a person set are kept
    let text = std::fs::read_to_string(&known).expect("it was written");
    write(&known, &text.replace("\"10%\"", "77"));
    call(with(&["--write-baseline"]), 0, "PASS: 2 causes are allowed or known", "");
    assert!(std::fs::read_to_string(&known).expect("it was written").contains("differences = 77\n"));
    // what is no baseline is left alone, and trouble writes nothing
    write(&known, "precious = true");
    call(with(&["--write-baseline"]), 2, "CANNOT TELL: ", "known.toml:1:1: unknown key `precious`");
    assert_eq!(std::fs::read_to_string(&known).expect("it is there"), "precious = true");
    let (_other, fresh) = scratch("fresh.toml");
    check(
        &["check", &docker, "no-such.tar", "--baseline", &fresh, "--write-baseline"],
        2,
        "CANNOT TELL",
        "no-such.tar",
    );
    assert!(!std::path::Path::new(&fresh).exists());
}

#[test]
fn a_workflow_gets_its_annotations_and_its_summary() {
    let (_dir, summary) = scratch("summary.md");
    write(&summary, "before\n");
    let output = program()
        .args(["check", &docker(), &ctr(), "--format", "github"])
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout).lines().filter(|line| line.starts_with("::error title=")).count(), 2);
    let written = std::fs::read_to_string(&summary).expect("the summary is there");
    assert!(written.starts_with("before\n**FAIL**: "), "{written}");
    // other forms leave it alone
    program().args(["check", &docker(), &ctr()]).env("GITHUB_STEP_SUMMARY", &summary).output().expect("it starts");
    assert_eq!(std::fs::read_to_string(&summary).expect("it is there"), written);
}

#[test]
fn every_form_of_a_check_is_printed() {
    for (format, beginning) in [
        ("text", "FAIL: "),
        ("json", "{"),
        ("github", "FAIL: "),
        ("sarif", "{"),
        ("junit", "<?xml"),
        ("markdown", "**FAIL**"),
    ] {
        let output = run(&["check", &docker(), &ctr(), "--format", format]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        assert!(text(&output.stdout).starts_with(beginning), "{format}: {}", text(&output.stdout));
    }
}

#[test]
fn reports_are_written_by_the_files_ending() {
    let (dir, page) = scratch("report.html");
    let file = |name: &str| dir.path().join(name).into_os_string().into_string().expect("its name is UTF-8");
    for (name, beginning) in [
        ("report.html", "<!DOCTYPE html>"),
        ("report.md", "# SAME IMAGE"),
        ("report.json", "{"),
        ("REPORT.HTM", "<!DOCTYPE"),
    ] {
        check(&["report", &docker(), &ctr(), "-o", &file(name)], 1, "", "");
        let written = std::fs::read_to_string(file(name)).expect("it was written");
        assert!(written.starts_with(beginning), "{name}: {written}");
    }
    let written = std::fs::read_to_string(&page).expect("it was written");
    assert!(written.contains("Where they part") && written.contains("docker20-push.tar"));
    check(&["report", &docker(), &docker(), "-o", &page], 0, "", "");
    check(&["report", &docker(), &ctr(), "-o", "-", "--format", "html"], 1, "<!DOCTYPE html>", "");
    check(&["report", &docker(), &ctr(), "-o", "report.txt"], 2, "", "name the file .html, .md or .json");
    check(&["report", &docker(), &ctr(), "-o", &file("no/such/report.md")], 2, "", "the report could not be written");
    check(&["report", &docker(), "no-such.tar", "-o", &page], 2, "", "no-such.tar");
    check(&[&docker(), &ctr(), "--format", "markdown"], 1, "# SAME IMAGE, ENCODED DIFFERENTLY\n", "");
    check(&["inspect", &docker(), "--format", "markdown"], 2, "", "inspect writes text or json");
}

#[test]
fn a_bug_report_and_its_bundle() {
    let (_dir, bundle) = scratch("evidence.tar.zst");
    let (docker, edited) = (docker(), wild("docker20-edited.tar"));
    check(&["bug-report", &docker, &edited, "--bundle", &bundle], 1, "## To see it without why-differ", "");
    let bytes = std::fs::read(&bundle).expect("it was written");
    let mut archive = tar::Archive::new(zstd::Decoder::new(&bytes[..]).expect("it is zstd"));
    let mut names = Vec::new();
    for entry in archive.entries().expect("it is a tar") {
        let mut entry = entry.expect("it is whole");
        let name = entry.path().expect("names are UTF-8").to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("it is whole");
        // the edited line of a file of the image: contents are not in it
        assert!(!content.windows(13).any(|window| window == b"listen = 9090"), "{name}");
        if name.ends_with(".bin") {
            assert!([10, 512].contains(&content.len()), "{name} is a header");
        }
        names.push(name);
    }
    for expected in [
        "bug-report.md",
        "report.json",
        "redacted.txt",
        "documents/1-manifest.a.json",
        "documents/2-config.b.json",
        "headers/0001.a.bin",
        "headers/index.txt",
    ] {
        assert!(names.iter().any(|name| name == expected), "{expected} in {names:?}");
    }
    run(&["bug-report", &docker, &edited, "--bundle", &bundle]);
    assert_eq!(std::fs::read(&bundle).expect("it was written"), bytes, "the same input gives the same bytes");
}
