//! References: what a user types to name an image or a part of one.
//!
//! Follows skopeo's transports (`containers-transports(5)`), so that nobody learns a new set.
//! Refuses to touch the disk: where a colon may belong to a path, [`Reference::readings`] gives
//! each reading, and who opens the reference sees which of them exists.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::digest::Digest;

/// A reference as typed, and what it means as far as that can be told without looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// What was typed (bytes that are not UTF-8 replaced).
    pub typed: String,
    /// What it names.
    pub transport: Transport,
    /// What stands behind the prefix, for transports that name a path.
    rest: PathBuf,
}

/// Where an image is, by the prefix that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// No prefix: recognised by what lies there; a name of a registry's image if nothing does.
    Auto(PathBuf),
    /// `docker-archive:PATH[:REF|:@N]`: the output of `docker save`, read by its `manifest.json`.
    DockerArchive {
        /// The archive, or the folder it was unpacked to.
        path: PathBuf,
        /// Which image of it.
        select: Select,
    },
    /// `oci:PATH[:REF|:@N|@DIGEST]`: an OCI layout folder.
    Oci {
        /// The folder.
        path: PathBuf,
        /// Which entry of its `index.json`.
        select: Select,
    },
    /// `oci-archive:PATH[:REF|:@N|@DIGEST]`: an OCI layout in a tar.
    OciArchive {
        /// The tar, compressed or not.
        path: PathBuf,
        /// Which entry of its `index.json`.
        select: Select,
    },
    /// `dir:PATH`: skopeo's folder of one image.
    Dir {
        /// The folder.
        path: PathBuf,
    },
    /// `blob:PATH`: one layer, of any compression.
    Blob {
        /// The file.
        path: PathBuf,
    },
    /// `docker://NAME`.
    Registry(String),
    /// `docker-daemon:NAME` or `daemon://NAME`.
    DockerDaemon(String),
    /// `containerd://[NAMESPACE/]NAME`; with containerd's folder, `containerd://[FOLDER]NAME`, the brackets typed.
    Containerd {
        /// containerd's folder, if one was typed.
        folder: Option<PathBuf>,
        /// The namespace, if one was typed.
        namespace: Option<String>,
        /// The image's name.
        name: String,
    },
    /// `containers-storage:NAME`.
    ContainersStorage(String),
}

/// Which of several images in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Select {
    /// None was asked for: right where there is only one.
    Default,
    /// `:REF`: a name or tag.
    Name(String),
    /// `:@N`: by position, from 0, as skopeo counts.
    Nth(usize),
    /// `@DIGEST`: the digest of its top document (of its config, for `docker save`).
    Digest(Digest),
}

/// Why what was typed is no reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Nothing was typed.
    #[error("the reference is empty: expected a path, or one of {PREFIXES}")]
    Empty,
    /// A prefix with nothing behind it.
    #[error("{typed:?} names nothing: expected {expected} behind the prefix")]
    Nothing {
        /// What was typed.
        typed: String,
        /// `a path`, `an image name`.
        expected: &'static str,
    },
    /// `SCHEME://…` that nobody knows.
    #[error("{typed:?} has an unknown prefix {scheme:?}: expected a path, or one of {PREFIXES}")]
    Scheme {
        /// What was typed.
        typed: String,
        /// What stands before `://`.
        scheme: String,
    },
}

const PREFIXES: &str = "oci:PATH, oci-archive:PATH, docker-archive:PATH, dir:PATH, blob:PATH, docker://NAME, \
                        docker-daemon:NAME, containerd://NAME, containers-storage:NAME";

/// One way to read `PATH[:REF]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub path: PathBuf,
    pub select: Select,
}

impl Reference {
    /// Reads `typed`, without touching the disk.
    pub fn parse(typed: &str) -> Result<Self, ReferenceError> {
        if typed.is_empty() {
            return Err(ReferenceError::Empty);
        }
        let reference = |transport, rest: &str| Reference { typed: typed.to_owned(), transport, rest: rest.into() };
        for (prefix, make) in PATHS {
            if let Some(rest) = typed.strip_prefix(prefix) {
                if rest.is_empty() {
                    return Err(ReferenceError::Nothing { typed: typed.to_owned(), expected: "a path" });
                }
                return Ok(reference(make(likely(rest)), rest));
            }
        }
        for (prefix, make) in NAMES {
            if let Some(name) = typed.strip_prefix(prefix) {
                let name = name.strip_prefix("//").unwrap_or(name);
                if name.is_empty() {
                    return Err(ReferenceError::Nothing { typed: typed.to_owned(), expected: "an image name" });
                }
                let transport = make(name);
                if matches!(&transport, Transport::Containerd { name, .. } if name.is_empty()) {
                    return Err(ReferenceError::Nothing { typed: typed.to_owned(), expected: "an image name" });
                }
                return Ok(reference(transport, ""));
            }
        }
        if let Some((scheme, _)) = typed.split_once("://")
            && !scheme.is_empty()
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        {
            return Err(ReferenceError::Scheme { typed: typed.to_owned(), scheme: format!("{scheme}://") });
        }
        Ok(reference(Transport::Auto(typed.into()), typed))
    }

    /// Reads an argument as the operating system hands it over. What is not UTF-8 can only be a
    /// path, so that no `:REF` is looked for in it.
    pub fn from_os(typed: &OsStr) -> Result<Self, ReferenceError> {
        if let Some(text) = typed.to_str() {
            return Self::parse(text);
        }
        let shown = typed.to_string_lossy().into_owned();
        let whole = |rest: PathBuf| Reading { path: rest, select: Select::Default };
        for (prefix, make) in PATHS {
            if let Some(rest) = strip_os_prefix(typed, prefix) {
                return Ok(Reference { typed: shown, transport: make(whole(rest.clone())), rest });
            }
        }
        Ok(Reference { typed: shown, transport: Transport::Auto(typed.into()), rest: typed.into() })
    }

    /// The prefix of a path transport as typed; empty for a bare path.
    pub(super) fn prefix(&self) -> &'static str {
        match self.transport {
            Transport::DockerArchive { .. } => "docker-archive:",
            Transport::Oci { .. } => "oci:",
            Transport::OciArchive { .. } => "oci-archive:",
            Transport::Dir { .. } => "dir:",
            Transport::Blob { .. } => "blob:",
            _ => "",
        }
    }

    /// Every way to read `PATH[:REF]`, the path as typed first, then as skopeo reads it (the first
    /// colon ends the path), then with ever longer paths.
    pub(super) fn readings(&self) -> Vec<Reading> {
        let whole = Reading { path: self.rest.clone(), select: Select::Default };
        let mut readings = vec![whole];
        if let Some(rest) = self.rest.to_str() {
            readings.extend(splits(rest));
        }
        readings
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(typed: &str) -> Result<Self, ReferenceError> {
        Self::parse(typed)
    }
}

type OfPath = fn(Reading) -> Transport;
type OfName = fn(&str) -> Transport;

const PATHS: [(&str, OfPath); 5] = [
    ("docker-archive:", |Reading { path, select }| Transport::DockerArchive { path, select }),
    ("oci-archive:", |Reading { path, select }| Transport::OciArchive { path, select }),
    ("oci:", |Reading { path, select }| Transport::Oci { path, select }),
    ("dir:", |Reading { path, .. }| Transport::Dir { path }),
    ("blob:", |Reading { path, .. }| Transport::Blob { path }),
];

const NAMES: [(&str, OfName); 5] = [
    ("docker://", |name| Transport::Registry(name.to_owned())),
    ("docker-daemon:", |name| Transport::DockerDaemon(name.to_owned())),
    ("daemon://", |name| Transport::DockerDaemon(name.to_owned())),
    ("containerd://", containerd),
    ("containers-storage:", |name| Transport::ContainersStorage(name.to_owned())),
];

/// Brackets hold a folder if there is a slash in them (an IPv6 address has none). The first component is a namespace only
/// if it has no `.` and no `:` (contract) and is not `localhost`, the registry of what was built here.
fn containerd(text: &str) -> Transport {
    let bracketed = text.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (folder, text) = match bracketed.filter(|(folder, _)| folder.contains('/')) {
        Some((folder, name)) => (Some(PathBuf::from(folder)), name),
        None => (None, text),
    };
    match text.split_once('/') {
        Some((namespace, name)) if is_namespace(namespace) && !name.is_empty() => {
            Transport::Containerd { folder, namespace: Some(namespace.to_owned()), name: name.to_owned() }
        }
        _ => Transport::Containerd { folder, namespace: None, name: text.to_owned() },
    }
}

fn is_namespace(text: &str) -> bool {
    !text.is_empty() && text != "localhost" && !text.contains(['.', ':'])
}

/// The reading that skopeo would take.
fn likely(rest: &str) -> Reading {
    splits(rest).into_iter().next().unwrap_or_else(|| Reading { path: rest.into(), select: Select::Default })
}

fn splits(rest: &str) -> Vec<Reading> {
    let mut readings = Vec::new();
    // A digest holds a colon itself, so it is looked for before any colon is.
    for (at, _) in rest.match_indices('@') {
        if let Ok(digest) = rest[at + 1..].parse::<Digest>() {
            let path = rest[..at].strip_suffix(':').unwrap_or(&rest[..at]);
            if !path.is_empty() {
                readings.push(Reading { path: path.into(), select: Select::Digest(digest) });
            }
        }
    }
    for (at, _) in rest.match_indices(':') {
        let (path, name) = (&rest[..at], &rest[at + 1..]);
        if path.is_empty() {
            continue;
        }
        let nth = name.strip_prefix('@').and_then(|digits| digits.parse::<usize>().ok());
        let select = match nth {
            Some(nth) => Select::Nth(nth),
            None if name.is_empty() => Select::Default,
            None => Select::Name(name.to_owned()),
        };
        readings.push(Reading { path: path.into(), select });
    }
    readings
}

#[cfg(unix)]
fn strip_os_prefix(text: &OsStr, prefix: &str) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt as _;
    let rest = text.as_bytes().strip_prefix(prefix.as_bytes())?;
    Some(OsStr::from_bytes(rest).into())
}

#[cfg(not(unix))]
fn strip_os_prefix(_text: &OsStr, _prefix: &str) -> Option<PathBuf> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn transport(typed: &str) -> Transport {
        Reference::parse(typed).expect("a reference").transport
    }

    #[test]
    fn prefixes_are_skopeos() {
        let digest: Digest = DIGEST.parse().expect("a digest");
        let name = |name: &str| Select::Name(name.to_owned());
        let oci = |path: &str, select| Transport::Oci { path: path.into(), select };
        let archive = |path: &str, select| Transport::DockerArchive { path: path.into(), select };
        let containerd_at = |folder: Option<&str>, namespace: Option<&str>, name: &str| Transport::Containerd {
            folder: folder.map(PathBuf::from),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        };
        let containerd = |namespace: Option<&str>, name: &str| containerd_at(None, namespace, name);
        let table = [
            ("oci:a", oci("a", Select::Default)),
            ("oci:a:", oci("a", Select::Default)),
            ("oci:a:b:c", oci("a", name("b:c"))),
            ("oci:a:@2", oci("a", Select::Nth(2))),
            ("oci:a:@two", oci("a", name("@two"))),
            ("oci:a:b@2", oci("a", name("b@2"))),
            (&format!("oci:a@{DIGEST}"), oci("a", Select::Digest(digest))),
            (&format!("oci:a:@{DIGEST}"), oci("a", Select::Digest(digest))),
            (&format!("oci:a@b@{DIGEST}"), oci("a@b", Select::Digest(digest))),
            ("oci-archive:/x/y.tar:v1", Transport::OciArchive { path: "/x/y.tar".into(), select: name("v1") }),
            ("docker-archive:x.tar:app:1", archive("x.tar", name("app:1"))),
            ("docker-archive:x.tar:@0", archive("x.tar", Select::Nth(0))),
            ("dir:some/where", Transport::Dir { path: "some/where".into() }),
            ("blob:layer", Transport::Blob { path: "layer".into() }),
            ("docker://reg:5000/a:1", Transport::Registry("reg:5000/a:1".into())),
            ("docker-daemon:a:1", Transport::DockerDaemon("a:1".into())),
            ("daemon://a:1", Transport::DockerDaemon("a:1".into())),
            ("containerd://a:1", containerd(None, "a:1")),
            ("containerd://moby/a:1", containerd(Some("moby"), "a:1")),
            ("containerd://docker.io/library/a:1", containerd(None, "docker.io/library/a:1")),
            ("containerd://reg:5000/a", containerd(None, "reg:5000/a")),
            ("containerd://localhost/a:1", containerd(None, "localhost/a:1")),
            ("containerd://[/var/lib/c]a:1", containerd_at(Some("/var/lib/c"), None, "a:1")),
            ("containerd://[./c]k/a:1", containerd_at(Some("./c"), Some("k"), "a:1")),
            ("containerd://[::1]:5000/a", containerd(None, "[::1]:5000/a")),
            ("containers-storage:a:1", Transport::ContainersStorage("a:1".into())),
            ("a:1", Transport::Auto("a:1".into())),
            ("a/b.tar", Transport::Auto("a/b.tar".into())),
            ("./oci:x", Transport::Auto("./oci:x".into())),
        ];
        for (typed, expected) in table {
            assert_eq!(transport(typed), expected, "{typed}");
            assert_eq!(Reference::from_os(OsStr::new(typed)).map(|r| r.transport), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn what_is_no_reference_is_told() {
        let table = [
            ("", "the reference is empty"),
            ("oci:", "expected a path"),
            ("docker://", "expected an image name"),
            ("containerd://[/c]", "expected an image name"),
            ("http://a/b", "unknown prefix \"http://\""),
        ];
        for (typed, part) in table {
            let message = Reference::parse(typed).expect_err("no reference").to_string();
            assert!(message.contains(part), "{typed}: {message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn paths_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt as _;
        let typed = OsStr::from_bytes(b"oci:\xff:1");
        let path = PathBuf::from(OsStr::from_bytes(b"\xff:1"));
        let reference = Reference::from_os(typed).expect("a reference");
        assert_eq!(reference.transport, Transport::Oci { path: path.clone(), select: Select::Default });
        assert_eq!(reference.readings(), [Reading { path, select: Select::Default }]);
    }

    #[test]
    fn every_colon_gives_a_reading() {
        let readings = Reference::parse("docker-archive:a:b:c").expect("a reference").readings();
        let paths: Vec<_> = readings.iter().map(|reading| reading.path.to_string_lossy().into_owned()).collect();
        assert_eq!(paths, ["a:b:c", "a", "a:b"]);
    }
}
