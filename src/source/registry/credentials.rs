//! The credentials for one repository: the first file or helper that has some.
//!
//! Looked for only once a registry asks for them. A file or helper that fails is remembered and told
//! if the registry then refuses; it does not keep an anonymous pull from working.

use super::super::access::Access;
use super::super::disk::{self, Lies};
use super::super::error::shown_path;
use super::auth_file::{self, Credential, Entry};
use super::helper;
use super::name::Name;
use super::places;

/// The largest file of credentials that is read, in bytes.
const LARGEST: u64 = 4 << 20;

/// What was found, and where.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The credential.
    pub credential: Option<Credential>,
    /// The file, and the helper if one had it.
    pub from: Option<String>,
    /// What failed on the way.
    pub failed: Vec<String>,
}

impl Found {
    /// For a message: with what it was tried.
    pub(super) fn in_words(&self, registry: &str) -> String {
        let mut words = match &self.from {
            Some(from) => format!("the credentials of {from} are not accepted"),
            None => format!(
                "no credentials for it were found; log in with docker login {registry} or skopeo login {registry}"
            ),
        };
        for failed in &self.failed {
            words.push_str("; ");
            words.push_str(failed);
        }
        words
    }
}

/// Looks for the credentials of `name`.
pub(super) fn find(name: &Name, access: &Access) -> Found {
    let mut found = Found::default();
    for place in places::auth_files(access) {
        let file = shown_path(&place.path);
        let bytes = match disk::look(&place.path) {
            Ok(Lies::Nothing) if !place.named => continue,
            Ok(Lies::Nothing) => Err("no such file".to_owned()),
            Ok(Lies::File { size }) if size > LARGEST => Err(format!("{size} bytes are too many for credentials")),
            // `--authfile /dev/null` says that there shall be none
            Ok(Lies::Other("device")) => continue,
            Ok(Lies::File { size: 0 }) => continue,
            Ok(Lies::File { .. }) => disk::head(&place.path, LARGEST).map_err(|error| error.to_string()),
            Ok(Lies::Folder | Lies::Other(_)) => Err("expected a file".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let entries = bytes.and_then(|bytes| auth_file::entries(&bytes, name));
        let entries = match entries {
            Ok(entries) => entries,
            Err(why) => {
                found.failed.push(format!("{file}: {why}"));
                continue;
            }
        };
        for entry in entries {
            let (credential, from) = match entry {
                Entry::Here(credential) => (Some(credential), file.clone()),
                Entry::Helper { helper, server } => match helper::ask(&helper, &server) {
                    Ok(credential) => (credential, format!("docker-credential-{helper} ({file})")),
                    Err(why) => {
                        found.failed.push(why);
                        continue;
                    }
                },
            };
            if credential.is_some() {
                return Found { credential, from: Some(from), ..found };
            }
        }
    }
    found
}
