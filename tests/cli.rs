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
