//! The pairs of `corpus/wild/pairs.txt`, with references that work from anywhere.
#![allow(clippy::disallowed_methods, reason = "tests make files and start the program")]
#![allow(dead_code, reason = "each test binary uses another part")]

use std::collections::BTreeSet;

/// One pair of real images.
pub struct WildPair {
    pub name: String,
    pub a: String,
    pub b: String,
}

/// Where the images lie.
pub fn folder() -> String {
    format!("{}/corpus/wild", env!("CARGO_MANIFEST_DIR"))
}

/// All pairs, in the order of the file.
pub fn pairs() -> Vec<WildPair> {
    let text = std::fs::read_to_string(format!("{}/pairs.txt", folder())).expect("corpus/wild/pairs.txt is there");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let pairs: Vec<WildPair> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, a, b, _] = fields[..] else { panic!("pairs.txt: expected four fields in {line:?}") };
            WildPair { name: name.to_owned(), a: located(a), b: located(b) }
        })
        .collect();
    assert!(pairs.len() >= 14, "pairs.txt names the wild pairs");
    pairs
}

/// Every image that a pair names, once.
pub fn references() -> BTreeSet<String> {
    pairs().into_iter().flat_map(|pair| [pair.a, pair.b]).collect()
}

/// A reference with its path made absolute.
fn located(reference: &str) -> String {
    for prefix in ["docker-archive:", "oci-archive:", "oci:", "dir:", "blob:"] {
        if let Some(path) = reference.strip_prefix(prefix) {
            return format!("{prefix}{}/{path}", folder());
        }
    }
    format!("{}/{reference}", folder())
}
