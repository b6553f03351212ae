//! What the process was given to find live sources with: environment variables, as a value.
//!
//! Refuses to be asked behind one's back: who opens a live source hands it in, so that tests need
//! not change the process they run in.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Environment variables that name sockets, folders and credentials of live sources.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process.
    #[expect(clippy::disallowed_methods, reason = "the edge where live sources are found, as their own tools do")]
    pub fn of_process() -> Self {
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }

    /// The value of a variable; `None` when it is empty, as docker and podman take it.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.0.get(name)?.to_string_lossy().into_owned();
        (!value.is_empty()).then_some(value)
    }

    /// The value of a variable as a path.
    pub(super) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// A path below the user's home folder.
    pub(super) fn home(&self, below: &str) -> Option<PathBuf> {
        Some(self.path("HOME")?.join(below))
    }
}

impl<N: Into<String>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Environment(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
