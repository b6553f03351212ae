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

/// Builders and registries of a machine that has neither: what they bring is what the corpus has. What else is asked of
/// them is refused.
const PLAYED: [(&str, &str); 2] = [
    (
        "docker",
        r#"[ "$1 $2" = "buildx build" ] || exit 64
for word; do last=$word; case $word in type=oci,dest=*) out=${word#type=oci,dest=} ;; esac; done
[ "$last" = . ] && cp "images/$out" "$out""#,
    ),
    (
        "skopeo",
        r#"[ "$1" = copy ] || exit 64
for word; do case $word in docker://*.example/*) from=$word ;; oci-archive:*) out=${word#oci-archive:} ;; esac; done
[ -n "$from" ] && cp "images/$out" "$out""#,
    ),
];

/// Runs a block as it stands; its builders and registries are played.
fn block(block: &str) -> (Output, tempfile::TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir(at("images")).expect("a folder");
    std::fs::create_dir(at("bin")).expect("a folder");
    if block.contains("docker ") || block.contains("skopeo ") {
        for name in ["first.tar", "second.tar", "release.tar", "build.tar", "source.tar", "mirror.tar"] {
            std::fs::rename(at(name), at("images").join(name)).expect("it is there");
        }
    }
    for (name, script) in PLAYED {
        let path = at("bin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    (shell(&format!("PATH=\"$PWD/bin:$PATH\"\n{block}"), dir.path()), dir)
}

#[test]
fn the_documents_commands_work() {
    let blocks = [blocks("sh"), tasks()].concat();
    assert!(blocks.len() >= 8, "{} blocks", blocks.len());
    let mut files = std::collections::BTreeSet::new();
    for text in blocks {
        let (output, dir) = block(&text);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 1)) && complaint.is_empty(), "{text}\n{output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        let expected = ["PASS: ", "FAIL: ", "nothing new", "# "].iter().any(|word| said.starts_with(word));
        assert!(expected || said.is_empty(), "{text}\n{said}");
        let names = std::fs::read_dir(dir.path()).expect("ours");
        files.extend(names.filter_map(|one| one.ok()?.file_name().into_string().ok()));
    }
    for file in ["known.toml", "why-differ.html", "why-differ.xml", "report.html", "bug.md", "evidence.tar.zst"] {
        assert!(files.contains(file), "{file} in {files:?}");
    }
}

/// The commands that the tasks of other pipelines run, each as one block.
fn tasks() -> Vec<String> {
    let lines = |block: String| -> Vec<String> {
        let commands = block.lines().map(|line| line.trim_start().trim_start_matches("- "));
        commands.filter(|line| line.starts_with("why-differ ")).map(str::to_owned).collect()
    };
    blocks("yaml").into_iter().map(lines).filter(|lines| !lines.is_empty()).map(|lines| lines.join("\n")).collect()
}

/// What is played above takes any option; the real skopeo says which there are.
#[test]
fn the_documents_options_are_skopeos() {
    let Ok(help) = Command::new("skopeo").args(["copy", "--help"]).output() else {
        println!("skipped: there is no skopeo");
        return;
    };
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    let text = blocks("sh").join("\n");
    let words = text.lines().filter(|line| line.starts_with("skopeo copy ")).flat_map(str::split_whitespace);
    let mut options: Vec<&str> = words.filter(|word| word.starts_with("--")).collect();
    options.sort_unstable();
    options.dedup();
    assert_eq!(options, ["--all", "--preserve-digests"]);
    for option in options {
        assert!(help.contains(&format!(" {option} ")), "{option} in {help}");
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
