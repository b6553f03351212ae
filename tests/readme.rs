//! What the documents show is so: the README's output, and the commands of docs/pipelines.md and action.yml.
#![expect(clippy::disallowed_methods, reason = "this test reads the README and starts the program")]

use std::path::Path;
use std::process::{Command, Output};

/// Blocks of output in the README, each with the arguments that make it.
const BLOCKS: [(&str, [&str; 2]); 1] =
    [("docker-ctr", ["corpus/wild/docker20-push.tar", "corpus/wild/ctr16-push.tar"])];

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is a README");
    for (name, arguments) in BLOCKS {
        // As in a fresh clone: from its root, into a pipe.
        let output = Command::new(env!("CARGO_BIN_EXE_why-differ")).args(arguments).current_dir(root).output();
        let printed = String::from_utf8(output.expect("the program starts").stdout).expect("all output is UTF-8");
        let block = format!("<!-- output:{name} -->\n```text\n{printed}```\n<!-- /output -->\n");
        assert!(
            readme.contains(&block),
            "the README does not show what is printed now; its block should be:\n\n{block}"
        );
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The fenced blocks of `language` in docs/pipelines.md.
fn blocks(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/pipelines.md")).expect("the document is there");
    let opening = format!("```{language}\n");
    let blocks: Vec<String> = text
        .split(&opening)
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```").map(|(block, _)| block.to_owned()))
        .collect();
    assert!(!blocks.is_empty(), "the document has blocks of {language}");
    blocks
}

/// A folder with the files that the document speaks of.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    for (name, image) in [
        ("first.tar", "docker20-push.tar"),
        ("second.tar", "docker20-rebuild.tar"),
        ("release.tar", "docker20-push.tar"),
        ("build.tar", "docker20-edited.tar"),
        ("source.tar", "multi-buildah-docker.tar"),
        ("mirror.tar", "multi-buildah-docker.tar"),
    ] {
        std::fs::copy(root().join("corpus/wild").join(image), dir.path().join(name)).expect("the image is there");
    }
    let policy = &blocks("toml")[0];
    std::fs::write(dir.path().join("why-differ.toml"), policy).expect("the file can be written");
    dir
}

/// Runs a script where `why-differ` is this program.
fn shell(script: &str, dir: &Path) -> Output {
    let program = Path::new(env!("CARGO_BIN_EXE_why-differ")).parent().expect("it is in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(dir).env("PATH", path).env_remove("GITHUB_STEP_SUMMARY");
    command.output().expect("there is a shell")
}

#[test]
fn the_policy_that_the_document_shows_is_one() {
    let codes: Vec<&str> = why_differ::cause::all().iter().map(|cause| cause.code).collect();
    let policy = why_differ::check::Policy::read(&blocks("toml")[0], &codes);
    let policy = policy.unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!((policy.allow.len(), policy.forbid.len()), (2, 1));
}

#[test]
fn the_documents_commands_work() {
    let dir = folder();
    let mut run = 0;
    for block in blocks("sh") {
        // only what needs no registry and no builder; its lines are run one by one, in their order
        let whole = block.starts_with("if ");
        let lines: Vec<&str> = if whole { vec![&block] } else { block.lines().collect() };
        for line in lines.into_iter().filter(|line| whole || line.starts_with("why-differ ")) {
            let output = shell(line, dir.path());
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)) && complaint.is_empty(), "{line}: {complaint}");
            run += 1;
        }
    }
    assert!(run >= 8, "{run} commands were run");
    for file in ["known.toml", "why-differ.html", "report.html", "bug.md", "evidence.tar.zst"] {
        assert!(dir.path().join(file).is_file(), "{file}");
    }
    for line in blocks("yaml").iter().flat_map(|block| block.lines()) {
        let line = line.trim_start().trim_start_matches("- ");
        if line.starts_with("why-differ ") {
            let output = shell(line, dir.path());
            let complaint = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)) && complaint.is_empty(), "{line}: {complaint}");
        }
    }
}

#[test]
fn the_action_runs_its_check() {
    let action = std::fs::read_to_string(root().join("action.yml")).expect("the action is there");
    // the last step's script, without its indentation
    let (_, script) = action.rsplit_once("run: |\n").expect("the last step is a script");
    let script: String = script.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    for input in ["A", "B", "POLICY", "BASELINE", "SARIF", "ARGUMENTS"] {
        let name = input.to_lowercase();
        assert!(action.contains(&format!("        {input}: ${{{{ inputs.{name} }}}}\n")), "{input}");
        assert!(action.contains(&format!("\n  {name}:\n")), "{name}");
    }
    let dir = folder();
    let bin = dir.path().join("why-differ/bin");
    std::fs::create_dir_all(&bin).expect("a folder can be made");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_why-differ"), bin.join("why-differ")).expect("a link can be made");
    let run = |inputs: &[(&str, &str)]| {
        let mut command = Command::new("bash");
        // as a runner starts `shell: bash`
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(dir.path());
        for input in ["A", "B", "POLICY", "BASELINE", "SARIF", "ARGUMENTS"] {
            let value = inputs.iter().find(|(name, _)| *name == input).map_or("", |(_, value)| value);
            command.env(input, value);
        }
        let summary = dir.path().join("summary.md");
        command.env("GITHUB_OUTPUT", dir.path().join("output.txt"));
        command.env("RUNNER_TEMP", dir.path()).env("GITHUB_STEP_SUMMARY", summary).output()
    };
    let verdicts = || std::fs::read_to_string(dir.path().join("output.txt")).expect("it was written");
    // a machine without bash runs no action either
    let Ok(same) = run(&[("A", "release.tar"), ("B", "first.tar")]) else { return };
    assert_eq!(same.status.code(), Some(0), "{same:?}");
    assert_eq!(verdicts(), "verdict=pass\n");
    let inputs = [
        ("A", "release.tar"),
        ("B", "build.tar"),
        ("POLICY", "why-differ.toml"),
        ("SARIF", "out.sarif"),
        ("ARGUMENTS", "--today 2027-01-01 --verify"),
    ];
    let differs = run(&inputs).expect("bash is here");
    let printed = String::from_utf8_lossy(&differs.stdout);
    assert_eq!(differs.status.code(), Some(1), "{differs:?}");
    assert!(printed.starts_with("FAIL: ") && printed.contains("\n::error title="), "{printed}");
    let sarif = std::fs::read(dir.path().join("out.sarif")).expect("it was written");
    let sarif: serde_json::Value = serde_json::from_slice(&sarif).expect("it is JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let summary = std::fs::read_to_string(dir.path().join("summary.md")).expect("it was written");
    assert!(summary.contains("**PASS**") && summary.contains("**FAIL**"));
    assert_eq!(verdicts(), "verdict=pass\nverdict=fail\n");
    // the file that is uploaded next is there whatever went wrong
    std::fs::remove_file(dir.path().join("out.sarif")).expect("it is there");
    let inputs = [("A", "release.tar"), ("B", "no-such.tar"), ("SARIF", "out.sarif"), ("ARGUMENTS", "")];
    let trouble = run(&inputs).expect("bash is here");
    assert_eq!(trouble.status.code(), Some(2), "{trouble:?}");
    assert_eq!(verdicts(), "verdict=pass\nverdict=fail\nverdict=trouble\n");
    let sarif = std::fs::read_to_string(dir.path().join("out.sarif")).expect("it was written");
    assert!(sarif.contains("\"executionSuccessful\": false"), "{sarif}");
}
