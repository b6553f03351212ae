//! Choosing one image where there are several, by name, position or digest.
//!
//! Refuses to guess: what fits more than one image is an error that lists references ready to copy.
//! Entries that lead to the same bytes are one image, whatever they are called.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::limits::Limits;

use super::error::{Choice, SourceError, shown_name, shown_path};
use super::names::fit;
use super::reference::{Reference, Select};

/// How many images an error lists.
const LISTED: usize = 20;

/// A reference, and which of its readings exists.
pub(super) struct Located<'a> {
    pub reference: &'a Reference,
    pub path: PathBuf,
    pub select: Select,
    pub limits: &'a Limits,
}

/// One image that can be chosen.
#[derive(Debug, Clone, Default)]
pub(super) struct Candidate {
    /// What it is called, in full or by tag.
    pub names: Vec<String>,
    /// What `@DIGEST` chooses it.
    pub digest: Option<Digest>,
    /// Equal for entries that lead to the same image.
    pub identity: String,
    /// What else is known of it, for the list.
    pub note: String,
    /// An attestation or another artifact: not what is meant when nothing was asked for.
    pub aside: bool,
}

impl Located<'_> {
    /// The place of the chosen image among `candidates`.
    pub(super) fn choose(&self, candidates: &[Candidate]) -> Result<usize, SourceError> {
        let all = 0..candidates.len();
        let (fitting, aside): (Vec<usize>, Vec<usize>) = match &self.select {
            Select::Default => all.partition(|&at| !candidates[at].aside),
            Select::Nth(nth) => (all.filter(|at| at == nth).collect(), Vec::new()),
            Select::Digest(digest) => {
                (all.filter(|&at| candidates[at].digest.as_ref() == Some(digest)).collect(), Vec::new())
            }
            Select::Name(name) => (best_named(name, candidates), Vec::new()),
        };
        // Where nothing but artifacts is, one of them is meant.
        let fitting = if fitting.is_empty() { aside } else { fitting };
        let distinct = distinct(&fitting, candidates);
        match distinct.as_slice() {
            [only] => Ok(*only),
            [] => Err(self.fails(&(0..candidates.len()).collect::<Vec<_>>(), 0, candidates)),
            several => Err(self.fails(several, several.len(), candidates)),
        }
    }

    /// What was asked for, as typed behind the path.
    pub(super) fn asked(&self) -> Option<String> {
        match &self.select {
            Select::Default => None,
            Select::Name(name) => Some(shown_name(name)),
            Select::Nth(nth) => Some(format!("@{nth}")),
            Select::Digest(digest) => Some(format!("@{digest}")),
        }
    }

    /// The error for a choice where there is none.
    pub(super) fn must_be_default(&self, kind: &'static str) -> Result<(), SourceError> {
        match self.asked() {
            None => Ok(()),
            Some(asked) => Err(SourceError::NothingToChoose { file: shown_path(&self.path), kind, asked }),
        }
    }

    fn fails(&self, listed: &[usize], fitting: usize, candidates: &[Candidate]) -> SourceError {
        let listed = distinct(listed, candidates);
        let choices = listed.iter().take(LISTED).map(|&at| {
            let note = [Some(candidates[at].note.as_str()), candidates[at].aside.then_some("an artifact")];
            let note: Vec<_> = note.into_iter().flatten().filter(|part| !part.is_empty()).collect();
            (self.copyable(at, candidates), note.join(", "))
        });
        SourceError::Choice(Choice {
            file: shown_path(&self.path),
            asked: self.asked(),
            fitting,
            choices: choices.collect(),
            more: listed.len().saturating_sub(LISTED),
        })
    }

    /// A reference that chooses the image at `at` and no other.
    fn copyable(&self, at: usize, candidates: &[Candidate]) -> String {
        let one = &candidates[at];
        let place = format!("{}{}", self.reference.prefix(), shown_path(&self.path));
        let chooses_it = |name: &&String| {
            let others = best_named(name, candidates);
            distinct(&others, candidates).len() == 1
                && others.iter().all(|&other| candidates[other].identity == one.identity)
                && shown_name(name) == **name
        };
        // The longest name says most.
        let name = one.names.iter().filter(chooses_it).max_by_key(|name| name.len());
        let digest = one.digest.filter(|digest| {
            candidates.iter().all(|other| other.identity == one.identity || other.digest.as_ref() != Some(digest))
        });
        match (name, digest) {
            (Some(name), _) => format!("{place}:{name}"),
            (None, Some(digest)) => format!("{place}@{digest}"),
            (None, None) => format!("{place}:@{at}"),
        }
    }
}

/// The candidates that `name` fits best.
fn best_named(name: &str, candidates: &[Candidate]) -> Vec<usize> {
    let fits: Vec<Option<u8>> =
        candidates.iter().map(|candidate| candidate.names.iter().filter_map(|has| fit(name, has)).min()).collect();
    let best = fits.iter().flatten().min();
    (0..candidates.len()).filter(|&at| best.is_some() && fits[at].as_ref() == best).collect()
}

/// One of each identity, in order.
fn distinct(places: &[usize], candidates: &[Candidate]) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    places.iter().copied().filter(|&at| seen.insert(candidates[at].identity.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(name: &str, identity: &str) -> Candidate {
        Candidate {
            names: name.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            digest: Some(Digest::sha256(identity.as_bytes())),
            identity: identity.to_owned(),
            aside: identity.starts_with("attestation"),
            ..Candidate::default()
        }
    }

    fn choose(asked: &str, candidates: &[Candidate]) -> Result<usize, String> {
        let reference = Reference::parse(&format!("oci:x{asked}")).expect("a reference");
        let (limits, mut readings) = (Limits::default(), reference.readings());
        let at = usize::from(readings.len() > 1);
        let reading = readings.swap_remove(at);
        let located = Located { reference: &reference, path: reading.path, select: reading.select, limits: &limits };
        located.choose(candidates).map_err(|error| error.to_string())
    }

    #[test]
    fn the_right_one_is_chosen() {
        let several = [
            candidate("docker.io/library/app:1 1", "one"),
            candidate("docker.io/library/app:latest latest", "two"),
            candidate("docker.io/library/alias:1 1", "one"),
            candidate("", "attestation"),
        ];
        let two = Digest::sha256(b"two");
        let table = [
            (":app:1".to_owned(), 0),
            (":app".to_owned(), 1),
            (":latest".to_owned(), 1),
            (":1".to_owned(), 0),
            (":alias:1".to_owned(), 2),
            (":@1".to_owned(), 1),
            (":@3".to_owned(), 3),
            (format!("@{two}"), 1),
        ];
        for (asked, expected) in table {
            assert_eq!(choose(&asked, &several), Ok(expected), "{asked}");
        }
        assert_eq!(choose("", &several[2..]), Ok(0), "attestations stand aside");
        assert_eq!(choose("", &several[3..]), Ok(0), "where there is nothing else they do not");
    }

    #[test]
    fn a_failed_choice_lists_what_there_is() {
        let several = [
            candidate("a:1", "one"),
            candidate("x.example/a:2", "two"),
            candidate("same", "three"),
            candidate("same", "four"),
        ];
        let four = Digest::sha256(b"four");
        let message = choose("", &several).expect_err("ambiguous");
        assert!(
            message.starts_with("x holds 4 images; say which:\n  oci:x:a:1\n  oci:x:x.example/a:2\n  oci:x@"),
            "{message}"
        );
        assert!(message.ends_with(&format!("oci:x@{four}")), "{message}");
        let message = choose(":b", &several).expect_err("unknown");
        assert!(message.starts_with("x holds no image \"b\"; it holds these:\n  oci:x:a:1"), "{message}");
        let message = choose(":same", &several).expect_err("ambiguous");
        assert!(message.starts_with("x: \"same\" fits 2 images; say which:\n  oci:x@"), "{message}");
        assert!(!message.contains("a:1"), "{message}");
        assert!(choose(":@4", &several).expect_err("none").starts_with("x holds no image \"@4\""));
        assert_eq!(choose("", &[]).expect_err("none"), "x: holds no image");
        let many: Vec<_> = (0..50).map(|n| candidate(&format!("a:{n}"), &n.to_string())).collect();
        let message = choose("", &many).expect_err("ambiguous");
        assert!(message.ends_with("and 30 more"), "{message}");
        assert_eq!(message.lines().count(), 22);
    }
}
