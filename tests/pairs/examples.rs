//! The examples on the pages of causes: each cause has one, of real images wherever a real tool makes one, and what a
//! page shows is what the program prints.
//!
//! `UPDATE_EXAMPLES=1 cargo test --test pairs examples` writes what the program prints now into the pages; read it then.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{support, wild};

/// Causes that no real tool at hand writes, and why. Their pages show the case of `corpus/causes` and say so.
const MADE: [(&str, &str); 4] = [
    ("blob-digest-mismatch", "damage, not a tool, changes a blob under its name"),
    ("blob-size-mismatch", "damage, not a tool, cuts a blob"),
    ("diff-id-mismatch", "docker, containerd, BuildKit, buildah, skopeo, umoci and oras all hash what they write"),
    ("foreign-layer", "the images that have such layers are Windows base images, which may not be passed on"),
];
/// Lines that an example has at most.
const MOST: usize = 8;

struct Example {
    /// What is said of it.
    words: String,
    /// The references of the call.
    references: Vec<String>,
    /// The lines that the program is to print.
    lines: Vec<String>,
    /// Whether it prints more.
    is_cut: bool,
}

/// The example of a page, whose section and call have a fixed form.
fn example(code: &str, page: &str) -> Example {
    let (_, rest) = page.split_once("\n## An example\n").unwrap_or_else(|| panic!("{code}: no example"));
    let (section, _) = rest.split_once("\n## ").expect("other sections follow");
    let (words, block) = section.split_once("\n```console\n$ why-differ ").unwrap_or_else(|| panic!("{code}: no call"));
    let (block, after) = block.split_once("```\n").unwrap_or_else(|| panic!("{code}: the block does not end"));
    assert_eq!(after.trim(), "", "{code}: the block is last");
    let mut lines = block.lines().map(str::to_owned);
    let call = lines.next().expect("the call");
    let mut lines: Vec<String> = lines.collect();
    let is_cut = lines.pop_if(|last| last.trim() == "…").is_some();
    Example {
        words: words.split_whitespace().collect::<Vec<_>>().join(" "),
        references: call.split(' ').map(str::to_owned).collect(),
        lines,
        is_cut,
    }
}

fn why_differ(folder: &Path, references: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_why-differ"))
        .args(references)
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("the program starts");
    String::from_utf8(output.stdout).expect("a report is UTF-8")
}

/// The width of a line's columns says nothing; its words do.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a report says of a cause: its finding, or the trouble that it is.
fn told<'r>(report: &'r str, code: &str) -> Vec<&'r str> {
    let lines: Vec<&str> = report.lines().collect();
    let finding = |line: &&str| line.split_whitespace().nth(1) == Some(code) && line[..3].trim().parse::<u32>().is_ok();
    let is_next = |line: &&str| line.is_empty() || line.get(..3).is_some_and(|lead| lead.trim().parse::<u32>().is_ok());
    if let Some(start) = lines.iter().position(finding) {
        let end = lines[start + 1..].iter().position(is_next).map_or(lines.len(), |end| start + 1 + end);
        return lines[start..end].to_vec();
    }
    let end = lines.iter().position(|line| line.contains(&format!("({code})"))).expect("the cause is told");
    let start = lines[..=end].iter().rposition(|line| line.starts_with("  a  ") || line.starts_with("  b  "));
    lines[start.unwrap_or(end)..=end].to_vec()
}

/// Columns are pushed together, so that an example is no wider than its page.
fn narrowed(line: &str) -> String {
    let lead = line.len() - line.trim_start().len();
    let mut out = " ".repeat(lead.saturating_sub(2));
    let mut gap = 0;
    for character in line.trim().chars() {
        if character == ' ' {
            gap += 1;
            continue;
        }
        out.push_str(&" ".repeat(gap.min(2)));
        gap = 0;
        out.push(character);
    }
    out
}

/// The page with the lines that the program prints now.
fn updated(page: &str, own: &Example, told: &[&str]) -> String {
    let call = format!("```console\n$ why-differ {}\n", own.references.join(" "));
    let (before, rest) = page.split_once(&call).expect("the page has its example");
    let (_, after) = rest.split_once("```\n").expect("the block ends");
    let lines: String = told.iter().take(MOST).map(|line| narrowed(line) + "\n").collect();
    let cut = if told.len() > MOST { "     …\n" } else { "" };
    format!("{before}{call}{lines}{cut}```\n{after}")
}

#[test]
fn every_page_has_an_example_and_every_example_is_true() {
    let update = std::env::var_os("UPDATE_EXAMPLES").is_some();
    let pairs: BTreeSet<(String, String)> = wild::pairs().into_iter().map(|pair| (pair.a, pair.b)).collect();
    let mut wrong = Vec::new();
    for cause in why_differ::cause::all() {
        let own = example(cause.code, cause.page);
        assert!(own.words.len() >= 20, "{}: an example says what it is of", cause.code);
        let made = MADE.iter().any(|(code, _)| *code == cause.code);
        let case_folder = tempfile::tempdir().expect("a temporary directory can be made");
        let (folder, references) = if made {
            let named = format!("Made for this page (`corpus/causes/{}`): ", cause.code);
            assert!(own.words.starts_with(&named), "{}: the page says that its example is made", cause.code);
            let case = support::cases().into_iter().find(|case| case.name == cause.code).expect("each has its case");
            let built = case.build(case_folder.path());
            (case_folder.path().to_owned(), vec![built.a, built.b])
        } else {
            let path = |name: &String| match name.split_once(':') {
                Some((prefix, path)) => format!("{prefix}:{}/{path}", wild::folder()),
                None => format!("oci-archive:{}/{name}", wild::folder()),
            };
            let [a, b] = &own.references[..] else { panic!("{}: a call has two images", cause.code) };
            assert!(pairs.contains(&(path(a), path(b))), "{}: {a} and {b} are no pair of corpus/wild", cause.code);
            (PathBuf::from(wild::folder()), own.references.clone())
        };
        let report = why_differ(&folder, &references);
        let told = told(&report, cause.code);
        if update {
            let file = format!("{}/src/cause/pages/{}.md", env!("CARGO_MANIFEST_DIR"), cause.code);
            std::fs::write(file, updated(cause.page, &own, &told)).expect("the page can be written");
            continue;
        }
        let (shown, printed): (Vec<String>, Vec<String>) =
            (own.lines.iter().map(|line| words(line)).collect(), told.iter().map(|line| words(line)).collect());
        let is_whole = printed.starts_with(&shown) && own.is_cut == (printed.len() > shown.len());
        if shown.is_empty() || shown.len() > MOST || !is_whole {
            wrong.push(format!("{}: shown\n{}\nprinted\n{}", cause.code, shown.join("\n"), printed.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} examples are not what is printed:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn what_is_made_has_a_reason_and_no_real_pair_shows_it() {
    let mut seen = BTreeSet::new();
    for pair in wild::pairs() {
        let report = why_differ::diff(&pair.a, &pair.b, &why_differ::Options::default(), &());
        seen.extend(report.findings.iter().map(|finding| finding.cause));
        seen.extend(report.trouble.iter().filter_map(|trouble| trouble.cause));
    }
    let made: BTreeSet<&str> = MADE.iter().map(|(code, _)| *code).collect();
    let missing: BTreeSet<&str> =
        why_differ::cause::all().iter().map(|cause| cause.code).filter(|code| !seen.contains(code)).collect();
    assert_eq!(missing, made, "exactly what no real pair shows is made");
    assert!(MADE.iter().all(|(_, reason)| reason.len() > 20));
}
