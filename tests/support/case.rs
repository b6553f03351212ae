//! Cases: what each says, what it expects, how its two sides are built, and how several are put into one pair.
//! It refuses a case whose expectation cannot be right on its face: an own cause that is missing, a near miss that
//! lists the cause it is a near miss of.

use super::{Built, merge, store};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Table;

/// One pair of images and what is to be said of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// `<code>`, `<code>/variant:<name>` or `<code>/near:<name>`.
    pub name: String,
    /// The cause whose folder the case lies in.
    pub code: String,
    pub about: String,
    pub expect: Expect,
    /// May be put together with other composable cases that touch other places.
    pub composable: bool,
    /// Codes whose cases change the same thing by another road.
    pub clashes: Vec<String>,
    /// Options that the comparison is to be called with.
    pub args: Vec<String>,
    common: Table,
    a: Table,
    b: Table,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// Exactly the causes that fire, sorted.
    pub causes: Vec<String>,
    /// The level of sameness; `null` where none can be vouched for.
    pub sameness: String,
    pub exit: i32,
}

/// A composable case, for the law of composition.
pub type Mutation = Case;

/// The levels, strongest first.
pub const LEVELS: [&str; 6] = ["same-digest", "same-image", "same-layers", "same-files", "same-contents", "different"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    about: String,
    expect: Expect,
    #[serde(default)]
    composable: bool,
    #[serde(default)]
    clashes: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    image: Table,
    #[serde(default)]
    a: Table,
    #[serde(default)]
    b: Table,
    #[serde(default)]
    variant: Vec<Sibling>,
    #[serde(default)]
    near_miss: Vec<Sibling>,
}

/// A variant or near miss: a pair of its own on the common ground, not on top of the case's overrides.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sibling {
    name: String,
    about: String,
    expect: Expect,
    #[serde(default)]
    composable: bool,
    #[serde(default)]
    clashes: Vec<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    image: Table,
    #[serde(default)]
    a: Table,
    #[serde(default)]
    b: Table,
}

/// Every case of the corpus, variants and near misses included, sorted by name.
pub fn cases() -> Vec<Case> {
    let mut out = Vec::new();
    for code in codes() {
        let file: File = read_toml(&causes_folder().join(&code).join("case.toml"));
        let File { about, expect, composable, clashes, args, image, a, b, variant, near_miss } = file;
        let own = Sibling { name: String::new(), about, expect, composable, clashes, args, image, a, b };
        out.push(case(&code, code.clone(), own));
        for sibling in variant {
            out.push(case(&code, format!("{code}/variant:{}", sibling.name), sibling));
        }
        for sibling in near_miss {
            out.push(case(&code, format!("{code}/near:{}", sibling.name), sibling));
        }
    }
    out.sort_by(|left, right| left.name.cmp(&right.name));
    out
}

/// The codes that have a folder, sorted.
pub fn codes() -> Vec<String> {
    let folder = causes_folder();
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut out: Vec<String> = entries
        .map(|entry| entry.expect("the corpus can be listed"))
        .filter(|entry| entry.path().join("case.toml").is_file())
        .map(|entry| entry.file_name().into_string().expect("cause codes are ASCII"))
        .collect();
    out.sort();
    out
}

fn case(code: &str, name: String, sibling: Sibling) -> Case {
    let Sibling { about, mut expect, composable, clashes, args, image, a, b, .. } = sibling;
    expect.causes.sort();
    let near = name.contains("/near:");
    let lists_own = expect.causes.iter().any(|cause| cause == code);
    assert_eq!(lists_own, !near, "{name}: a near miss leaves its cause out, every other case has it");
    let known = LEVELS.contains(&expect.sameness.as_str()) || expect.sameness == "null";
    assert!(known, "{name}: {} is no level of sameness", expect.sameness);
    Case { name, code: code.to_owned(), about, expect, composable, clashes, args, common: image, a, b }
}

impl Case {
    /// Writes both sides below `dir`.
    pub fn build(&self, dir: &Path) -> Built {
        write_pair(&merge::merged(&ground(), &self.common), &self.a, &self.b, dir)
    }

    /// Writes both sides below `dir`, the second one changed by `over` once more.
    pub fn build_with(&self, over: &Table, dir: &Path) -> Built {
        write_pair(&merge::merged(&ground(), &self.common), &self.a, &merge::merged(&self.b, over), dir)
    }

    /// The merged description of one side, `a` or `b`: for tests of the builder itself.
    pub fn side(&self, side: &str) -> Table {
        let over = if side == "a" { &self.a } else { &self.b };
        merge::merged(&merge::merged(&ground(), &self.common), over)
    }
}

fn write_pair(common: &Table, a: &Table, b: &Table, dir: &Path) -> Built {
    Built {
        a: store::write(&merge::merged(common, a), dir, "a"),
        b: store::write(&merge::merged(common, b), dir, "b"),
        dir: dir.to_owned(),
    }
}

// ---------------------------------------------------------------------------------------------- composition

/// The cases that may be combined.
pub fn mutations() -> Vec<Mutation> {
    cases().into_iter().filter(|case| case.composable).collect()
}

/// Whether these cases can stand in one pair: none says anything where another changes something, and none is
/// declared to clash with another.
pub fn compatible(chosen: &[&Case]) -> bool {
    chosen.iter().enumerate().all(|(position, left)| {
        chosen[position + 1..].iter().all(|right| {
            let apart =
                !left.clashes.contains(&right.code) && !right.clashes.contains(&left.code) && left.code != right.code;
            apart
                && !changes_what_other_needs(left, right)
                && !changes_what_other_needs(right, left)
                && grounds_agree(left, right)
        })
    })
}

fn changes_what_other_needs(left: &Case, right: &Case) -> bool {
    let changes = [&left.a, &left.b];
    let says = [&right.common, &right.a, &right.b];
    changes.iter().any(|change| says.iter().any(|said| merge::touch(change, said)))
}

fn grounds_agree(left: &Case, right: &Case) -> bool {
    !merge::touch(&left.common, &right.common)
        || merge::merged(&left.common, &right.common) == merge::merged(&right.common, &left.common)
}

/// One pair that holds every chosen case's difference.
pub fn compose(chosen: &[&Case], dir: &Path) -> Built {
    assert!(
        compatible(chosen),
        "these cases cannot stand in one pair: {:?}",
        chosen.iter().map(|case| &case.name).collect::<Vec<_>>()
    );
    let mut common = ground();
    let (mut a, mut b) = (Table::new(), Table::new());
    for case in chosen {
        merge::merge_into(&mut common, &case.common);
        merge::merge_into(&mut a, &case.a);
        merge::merge_into(&mut b, &case.b);
    }
    write_pair(&common, &a, &b, dir)
}

/// What a composition is to show: every cause, the weakest level, the worst exit code.
pub fn composed_expectation(chosen: &[&Case]) -> Expect {
    let causes: BTreeSet<String> = chosen.iter().flat_map(|case| case.expect.causes.iter().cloned()).collect();
    let level = chosen.iter().map(|case| LEVELS.iter().position(|level| *level == case.expect.sameness)).max();
    Expect {
        causes: causes.into_iter().collect(),
        sameness: level.flatten().map_or("same-digest", |level| LEVELS[level]).to_owned(),
        exit: chosen.iter().map(|case| case.expect.exit).max().unwrap_or(0),
    }
}

// -------------------------------------------------------------------------------------------------- reading

/// The image that every case starts from.
pub fn ground() -> Table {
    read_toml(&causes_folder().join("ground.toml"))
}

pub fn corpus_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn causes_folder() -> PathBuf {
    corpus_folder().join("causes")
}

pub fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
