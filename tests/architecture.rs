//! The architecture as a test: which folder may look at which, and that one cause is one file, one page, one case.
#![allow(clippy::disallowed_methods, reason = "the test reads the sources")]

mod support;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folder or leaf file, and what it may import of ours.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("digest", &[]),
    ("encoder", &[]),
    ("limits", &[]),
    ("origin", &[]),
    ("pair", &[]),
    ("text", &[]),
    ("identify", &["digest", "encoder", "limits", "text", "layer", "report"]),
    ("image", &["digest", "limits", "pair", "text", "layer", "identify"]),
    ("layer", &["digest", "limits", "pair", "text"]),
    ("source", &["digest", "limits", "origin", "pair", "text"]),
    ("report", &["digest", "origin", "pair"]),
    ("compare", &["digest", "limits", "pair", "text", "image", "layer", "identify", "report"]),
    ("cause", &["digest", "limits", "pair", "text", "image", "layer", "identify", "compare", "report"]),
    (
        "load",
        &[
            "digest", "limits", "pair", "text", "image", "layer", "identify", "source", "compare", "cause", "encoder",
            "replay", "report", "Progress",
        ],
    ),
    ("replay", &["digest", "pair", "text", "image", "layer", "compare"]),
    ("render", &["digest", "origin", "pair", "text", "report"]),
    ("suggest", &[]),
    ("check", &["pair", "text", "image", "report", "suggest"]),
    ("redact", &["origin", "pair", "text", "report"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// The names behind every `crate::` of a file, tests and comments left out.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text
        .split("#[cfg(test)]")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![part],
        };
        for name in names {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            if end > 0 {
                found.insert(name[..end].to_owned());
            }
        }
    }
    found
}

#[test]
fn folders_look_only_downwards() {
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_IMPORT {
        let mut files = Vec::new();
        sources(&root().join("src").join(module), &mut files);
        files.push(root().join(format!("src/{module}.rs")));
        for file in files.iter().filter(|file| file.is_file()) {
            let text = std::fs::read_to_string(file).expect("a source can be read");
            for name in imports(&text) {
                if name != *module && !allowed.contains(&name.as_str()) {
                    wrong.push(format!("{}: crate::{name}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these look where their folder may not:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches", "fuzz/fuzz_targets"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 100, "the sources are found");
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source can be read");
        assert!(text.starts_with("//!"), "{} does not open with //!", file.display());
    }
}

#[test]
fn one_cause_is_one_file_one_page_one_case() {
    let codes: BTreeSet<String> = why_differ::cause::all().iter().map(|cause| cause.code.to_owned()).collect();
    assert_eq!(codes.len(), why_differ::cause::all().len(), "a code stands twice in the table");
    let pages: BTreeSet<String> = names(&root().join("src/cause/pages"), ".md");
    assert_eq!(codes, pages, "causes and pages");
    let cases: BTreeSet<String> = support::cases().iter().map(|case| case.code.clone()).collect();
    assert_eq!(codes, cases, "causes and cases");
    for code in &codes {
        let own: Vec<_> = support::cases().into_iter().filter(|case| case.code == *code).collect();
        assert!(own.iter().any(|case| case.name == *code && case.expect.causes.contains(code)), "{code}: its case");
        assert!(own.iter().any(|case| case.name.contains("/near:")), "{code}: a near miss");
        let file = format!("{}.rs", code.replace('-', "_"));
        let group = why_differ::cause::by_code(code).expect("it is in the table").group.name();
        assert!(root().join("src/cause").join(group).join(&file).is_file(), "{code}: src/cause/{group}/{file}");
    }
}

#[test]
fn every_page_has_the_skeleton() {
    const SECTIONS: [&str; 6] = [
        "## What differs",
        "## An example",
        "## Why it happens",
        "## How to confirm it",
        "## How to fix it",
        "## References",
    ];
    for cause in why_differ::cause::all() {
        let lines: Vec<&str> = cause.page.lines().collect();
        assert_eq!(lines.first(), Some(&format!("# {}", cause.code).as_str()), "{}", cause.code);
        let summary = cause.summary();
        assert!((10..=100).contains(&summary.chars().count()), "{}: {summary:?}", cause.code);
        let sections: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(sections, SECTIONS, "{}", cause.code);
    }
}

fn names(folder: &Path, ending: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("the folder can be listed");
    entries
        .filter_map(|entry| entry.expect("the folder can be listed").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
        .collect()
}
