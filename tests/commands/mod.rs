//! Runs the commands of a bug report and holds what they print against the digests that the report gives.
#![allow(clippy::disallowed_methods, reason = "these tests start the tools and the program")]
#![allow(dead_code, reason = "each test binary uses another part")]

use std::path::Path;
use std::process::{Command, Stdio};

/// Whether a tool can be started.
pub fn is_here(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// What `why-differ bug-report` prints, and its exit code.
pub fn bug_report(args: &[&str], env: &[(&str, String)], dir: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.arg("bug-report").args(args).envs(env.iter().cloned()).current_dir(dir).stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    (output.status.code(), String::from_utf8(output.stdout).expect("all output is UTF-8"))
}

/// The commands of a bug report.
pub fn commands(report: &str) -> &str {
    let (_, commands) = report.split_once("```sh\n").unwrap_or_else(|| panic!("there are commands in {report}"));
    commands.split_once("\n```").expect("they end").0
}

/// What came of running commands.
#[derive(Debug, Default)]
pub struct Ran {
    /// The digests that were printed as told, with what they are of.
    pub shown: Vec<String>,
    /// What went another way.
    pub wrong: Vec<String>,
}

/// Runs each line in `dir`. A digest told behind a line must be what the line prints.
pub fn run(commands: &str, dir: &Path, env: &[(&str, String)]) -> Ran {
    let mut ran = Ran::default();
    let mut printed: Option<(String, String)> = None;
    // variables live from line to line
    let mut before = String::new();
    for line in commands.lines() {
        if let Some(told) = line.strip_prefix("#  ") {
            let (digest, what) = told.split_once("  ").unwrap_or((told, ""));
            let Some((command, text)) = printed.take() else {
                ran.wrong.push(format!("nothing prints {line}"));
                continue;
            };
            let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
            let first = text.split_whitespace().next().unwrap_or_default();
            match hex.len() == 64 && first.strip_prefix("sha256:").unwrap_or(first) == hex {
                true => ran.shown.push(what.to_owned()),
                false => ran.wrong.push(format!("{command}: printed {text:?}, told {line}")),
            }
        } else if !line.starts_with('#') && !line.is_empty() {
            if let Some((command, _)) = printed.take()
                && (command.ends_with("sha256sum") || command.starts_with("sha256sum"))
            {
                ran.wrong.push(format!("{command}: no digest is told"));
            }
            let script = format!("set -e; {before}\n{line}");
            let mut bash = Command::new("bash");
            bash.args(["-o", "pipefail", "-c", &script]).envs(env.iter().cloned());
            let output = bash.current_dir(dir).stdin(Stdio::null()).output().expect("there is a shell");
            if !output.status.success() {
                ran.wrong.push(format!("{line}: {}", String::from_utf8_lossy(&output.stderr)));
            }
            if line.starts_with("TOKEN=") {
                before.push_str(line);
            }
            printed = Some((line.to_owned(), String::from_utf8_lossy(&output.stdout).into_owned()));
        }
    }
    ran
}
