//! Names of images in registries, taken apart as docker does it.
//!
//! Refuses what no registry could have, since a name becomes part of URLs.

use crate::digest::Digest;

use super::super::names;
use super::error::RegistryError;

/// The longest name that is read, in bytes. distribution allows 255 for the repository and 128 for the tag.
const LONGEST: usize = 1024;

/// `registry/repository[:tag][@digest]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The registry as users and credentials name it: `docker.io`, `localhost:5000`.
    pub registry: String,
    /// Host and port that requests go to.
    pub host: String,
    /// The path below the registry.
    pub repository: String,
    /// The tag, `latest` where neither tag nor digest was typed.
    pub tag: Option<String>,
    /// The digest; where both are typed it decides, as docker has it.
    pub digest: Option<Digest>,
}

impl Name {
    pub(super) fn parse(typed: &str) -> Result<Self, RegistryError> {
        let wrong = |why: String| RegistryError::Name { typed: super::super::error::shown_name(typed), why };
        if typed.len() > LONGEST {
            return Err(wrong(format!("it is longer than {LONGEST} bytes")));
        }
        if let Some((scheme, _)) = typed.split_once("://") {
            return Err(wrong(format!("leave {scheme}:// away: a name begins with its registry's host")));
        }
        let (name, digest) = match typed.split_once('@') {
            None => (typed, None),
            Some((name, digest)) => (name, Some(digest.parse::<Digest>().map_err(|error| wrong(error.to_string()))?)),
        };
        let full = names::full(name);
        let (registry, path) = full.split_once('/').unwrap_or(("docker.io", &full));
        let slash = path.rfind('/').map_or(0, |at| at + 1);
        let (repository, tag) = match path[slash..].split_once(':') {
            None => (path, None),
            Some((last, tag)) => (&path[..slash + last.len()], Some(tag)),
        };
        if registry.is_empty() || !registry.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b)) {
            return Err(wrong(format!("expected a host before the first slash, found {registry:?}")));
        }
        let part = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
                && part.starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        if !repository.split('/').all(part) {
            return Err(wrong(format!(
                "expected a repository of lower-case letters, digits and . _ - /, found {repository:?}"
            )));
        }
        let is_tag = |tag: &str| {
            (1..=128).contains(&tag.len())
                && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
                && !tag.starts_with(['.', '-'])
        };
        if let Some(tag) = tag.filter(|tag| !is_tag(tag)) {
            return Err(wrong(format!("expected a tag of letters, digits and . _ -, found {tag:?}")));
        }
        // `names::full` adds a tag where there is none; beside a digest it was not meant.
        let typed_tag = name.rsplit('/').next().is_some_and(|last| last.contains(':'));
        let tag = tag.filter(|_| digest.is_none() || typed_tag);
        Ok(Name {
            // hosts of URLs are compared in lower case
            host: if registry == "docker.io" {
                "registry-1.docker.io".to_owned()
            } else {
                registry.to_ascii_lowercase()
            },
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: tag.map(str::to_owned),
            digest,
        })
    }

    /// What names the manifest in a URL: the digest, else the tag.
    pub(super) fn reference(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_owned(),
        }
    }

    /// The name without the registry.
    pub(super) fn in_registry(&self) -> String {
        let joint = if self.digest.is_some() { '@' } else { ':' };
        format!("{}{joint}{}", self.repository, self.reference())
    }

    /// The host without its port; IPv6 without brackets.
    pub(super) fn bare_host(&self) -> &str {
        bare_host(&self.host)
    }

    /// Whether the registry is on this machine, which docker trusts without TLS.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(self.bare_host())
    }
}

/// `host:port` without the port.
pub(super) fn bare_host(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) => bare,
        _ => host,
    }
}

/// Whether a host without port means this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_are_read_as_docker_reads_them() {
        let by_digest = format!("reg:5000/a@{DIGEST}");
        let both = format!("a:1@{DIGEST}");
        let table: [(&str, &str, &str, &str); 14] = [
            ("docker.io/ubuntu", "registry-1.docker.io", "library/ubuntu", "latest"),
            ("index.docker.io/ubuntu:1", "registry-1.docker.io", "library/ubuntu", "1"),
            ("localhost:5000", "registry-1.docker.io", "library/localhost", "5000"),
            ("localhost:5000/x", "localhost:5000", "x", "latest"),
            ("Registry.Example:443/app", "registry.example:443", "app", "latest"),
            ("ubuntu", "registry-1.docker.io", "library/ubuntu", "latest"),
            ("team/app:1", "registry-1.docker.io", "team/app", "1"),
            ("index.docker.io/a/b", "registry-1.docker.io", "a/b", "latest"),
            ("localhost/app", "localhost", "app", "latest"),
            ("localhost:5000/a/b/c:v1.2-x", "localhost:5000", "a/b/c", "v1.2-x"),
            ("[::1]:5000/app", "[::1]:5000", "app", "latest"),
            ("reg.example/app", "reg.example", "app", "latest"),
            (&by_digest, "reg:5000", "a", DIGEST),
            (&both, "registry-1.docker.io", "library/a", DIGEST),
        ];
        for (typed, host, repository, reference) in table {
            let name = Name::parse(typed).expect(typed);
            assert_eq!((&*name.host, &*name.repository, &*name.reference()), (host, repository, reference), "{typed}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "a".repeat(2000);
        for typed in [
            "App",
            "a//b",
            "a/../b",
            "a:b c",
            "a:",
            "a@sha256:12",
            "host:80/",
            "a:1?x=y",
            "a:-1",
            "ho st/a",
            "https://reg/a",
            &long,
        ] {
            assert!(Name::parse(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        let table = [
            ("localhost:5000/a", true),
            ("127.0.0.1/a", true),
            ("127.1.2.3:5000/a", true),
            ("[::1]:5000/a", true),
            ("LocalHost:5000/a", true),
            ("10.0.0.1:5000/a", false),
            ("localhost.example/a", false),
        ];
        for (typed, expected) in table {
            assert_eq!(Name::parse(typed).expect(typed).is_loopback(), expected, "{typed}");
        }
    }
}
