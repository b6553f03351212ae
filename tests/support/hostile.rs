//! Bad input, one table: `corpus/hostile/hostile.toml`. Each row is the side `b` against the common ground as `a`.
//! It refuses to judge how the program says it: only exit codes and a few words are expected.

use super::case::{corpus_folder, ground, read_toml};
use super::content::Content;
use super::{Built, merge, store};
use serde::Deserialize;
use std::path::Path;
use toml::Table;

/// One bad input.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostileCase {
    pub name: String,
    pub about: String,
    /// The exit codes that the contract allows: one, and two where it leaves open whether a malformed tar can still
    /// be read.
    pub exit: Vec<i32>,
    /// Each must occur in stderr or in the report, whatever the case of its letters; `x|y` means either.
    #[serde(default)]
    pub words: Vec<String>,
    /// None of these may occur in the output.
    #[serde(default)]
    pub never: Vec<String>,
    /// Options for the call.
    #[serde(default)]
    pub args: Vec<String>,
    /// Overrides of the common ground for both sides.
    #[serde(default)]
    both: Table,
    /// Overrides of side `b`.
    #[serde(default)]
    b: Option<Table>,
    /// A file or folder in place of side `b`.
    #[serde(default)]
    file: Option<HostileFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum HostileFile {
    /// Nothing lies at the path.
    Missing,
    /// A folder with one unrelated file.
    Folder,
    /// A file of these bytes.
    Bytes(Content),
}

#[derive(Deserialize)]
struct File {
    hostile: Vec<HostileCase>,
}

/// The table, in its own order.
pub fn hostile_cases() -> Vec<HostileCase> {
    read_toml::<File>(&corpus_folder().join("hostile").join("hostile.toml")).hostile
}

impl HostileCase {
    /// Writes the fair side `a` and the bad side `b` below `dir`.
    pub fn build(&self, dir: &Path) -> Built {
        let common = merge::merged(&ground(), &self.both);
        let a = store::write(&common, dir, "a");
        let b = match (&self.b, &self.file) {
            (Some(over), None) => store::write(&merge::merged(&common, over), dir, "b"),
            (None, Some(file)) => write_file(file, dir),
            _ => panic!("{}: a hostile input is either an image or a file", self.name),
        };
        Built { a, b, dir: dir.to_owned() }
    }

    /// The words that are missing from what the program wrote, and those that should be.
    pub fn complaints(&self, output: &str) -> Vec<String> {
        let lower = output.to_lowercase();
        let said = |words: &String| words.split('|').any(|word| lower.contains(&word.to_lowercase()));
        let missing = self.words.iter().filter(|words| !said(words)).map(|words| format!("never says {words:?}"));
        let unwanted = self.never.iter().filter(|word| output.contains(*word)).map(|word| format!("says {word:?}"));
        missing.chain(unwanted).collect()
    }
}

fn write_file(file: &HostileFile, dir: &Path) -> String {
    const OURS: &str = "the test's own folder can be written";
    let path = dir.join("b");
    match file {
        HostileFile::Missing => return dir.join("b-is-not-here").display().to_string(),
        HostileFile::Folder => {
            std::fs::create_dir_all(&path).expect(OURS);
            std::fs::write(path.join("notes.txt"), "no image here\n").expect(OURS);
        }
        HostileFile::Bytes(content) => std::fs::write(&path, content.bytes()).expect(OURS),
    }
    path.display().to_string()
}
