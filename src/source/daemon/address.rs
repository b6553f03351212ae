//! Which daemon is meant: `DOCKER_HOST`, else docker's current context, else the usual socket,
//! with the certificates that docker would use (docker's reference of environment variables and
//! `docker context`).
//!
//! Refuses what needs another program: `ssh://`, `npipe://`, `fd://`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::digest::Digest;
use crate::limits::Limits;

use super::super::disk;
use super::super::environment::Environment;
use super::super::error::{SourceError, shown_name, shown_path};

/// Where docker's daemon listens when nothing else is said.
const USUAL: &str = "/var/run/docker.sock";

/// A daemon's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::source) struct Address {
    /// How it is reached.
    pub(super) way: Way,
    /// What said so, for messages: `DOCKER_HOST`, `the context "remote"`; empty for the usual one.
    pub(super) said_by: String,
}

/// How a daemon is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// A unix socket.
    Unix(PathBuf),
    /// TCP: host and port, and the certificates if it speaks TLS.
    Tcp { authority: String, tls: Option<Tls> },
}

/// The files of a TLS connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tls {
    /// The folder with `ca.pem`, `cert.pem` and `key.pem`.
    pub folder: PathBuf,
    /// Whether the daemon's certificate is verified.
    pub verify: bool,
}

impl Address {
    /// A unix socket.
    #[cfg(test)]
    pub(in crate::source) fn unix(path: &Path) -> Self {
        Address { way: Way::Unix(path.to_owned()), said_by: String::new() }
    }

    /// The daemon that docker's own command line would talk to.
    pub(in crate::source) fn find(environment: &Environment, limits: &Limits) -> Result<Self, SourceError> {
        if let Some(host) = environment.get("DOCKER_HOST") {
            return parse(&host, tls_of(environment), "DOCKER_HOST");
        }
        let folder = environment.path("DOCKER_CONFIG").or_else(|| environment.home(".docker"));
        let Some(folder) = folder else { return Ok(usual()) };
        let context = match environment.get("DOCKER_CONTEXT") {
            Some(context) => Some(context),
            None => read_json(&folder.join("config.json"), limits)?
                .and_then(|config| Some(config.get("currentContext")?.as_str()?.to_owned())),
        };
        match context.as_deref() {
            None | Some("" | "default") => Ok(usual()),
            Some(context) => of_context(&folder, context, limits),
        }
    }

    /// The address as docker writes it.
    pub(super) fn shown(&self) -> String {
        match &self.way {
            Way::Unix(path) => format!("unix://{}", shown_path(path)),
            Way::Tcp { authority, .. } => format!("tcp://{}", shown_name(authority)),
        }
    }
}

fn usual() -> Address {
    Address { way: Way::Unix(USUAL.into()), said_by: String::new() }
}

/// TLS as the variables ask for it.
fn tls_of(environment: &Environment) -> Option<Tls> {
    let verify = environment.get("DOCKER_TLS_VERIFY").is_some();
    if !verify && environment.get("DOCKER_TLS").is_none() {
        return None;
    }
    let folder = environment
        .path("DOCKER_CERT_PATH")
        .or_else(|| environment.path("DOCKER_CONFIG"))
        .or_else(|| environment.home(".docker"));
    Some(Tls { folder: folder.unwrap_or_default(), verify })
}

/// An address as docker writes it.
fn parse(host: &str, tls: Option<Tls>, said_by: &str) -> Result<Address, SourceError> {
    let refuse = |why: &str| Err(SourceError::NoImage { file: said_by.to_owned(), why: why.to_owned() });
    let (scheme, rest) = host.split_once("://").unwrap_or(("tcp", host));
    let way = match scheme {
        "unix" if rest.is_empty() => return refuse("expected a path behind unix://, found nothing"),
        "unix" => Way::Unix(rest.into()),
        "tcp" | "http" | "https" => {
            let authority = rest.split('/').next().unwrap_or(rest);
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
            if authority.is_empty() || !authority.bytes().all(is_plain) {
                return refuse("expected tcp://HOST:PORT, found no host name");
            }
            let tls = tls.or_else(|| (scheme == "https").then(|| Tls { folder: PathBuf::new(), verify: true }));
            let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            let port = if has_port { "" } else { [":2375", ":2376"][usize::from(tls.is_some())] };
            Way::Tcp { authority: format!("{authority}{port}"), tls }
        }
        "ssh" => {
            return refuse(
                "ssh:// is not followed; forward the socket (ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock HOST) \
                 and say DOCKER_HOST=unix:///tmp/docker.sock",
            );
        }
        other => {
            let why = format!("expected unix://PATH or tcp://HOST:PORT, found {:?}", shown_name(other));
            return refuse(&why);
        }
    };
    Ok(Address { way, said_by: said_by.to_owned() })
}

/// The address that a context's `meta.json` holds (docker/cli, `cli/context/store`).
fn of_context(folder: &Path, context: &str, limits: &Limits) -> Result<Address, SourceError> {
    let said_by = format!("the docker context {:?}", shown_name(context));
    let id = Digest::sha256(context.as_bytes()).hex();
    let meta = folder.join("contexts/meta").join(&id).join("meta.json");
    let none = |why: &str| SourceError::NoImage { file: shown_path(&meta), why: format!("{said_by}: {why}") };
    let value = read_json(&meta, limits)?.ok_or_else(|| none("no such file (docker context ls lists contexts)"))?;
    let endpoint = value.get("Endpoints").and_then(|endpoints| endpoints.get("docker"));
    let host = endpoint.and_then(|endpoint| endpoint.get("Host")).and_then(Value::as_str);
    let host = host.ok_or_else(|| none("expected Endpoints.docker.Host, found none"))?;
    let skip = endpoint.and_then(|endpoint| endpoint.get("SkipTLSVerify")).and_then(Value::as_bool);
    let certificates = folder.join("contexts/tls").join(&id).join("docker");
    let has_tls = disk::look(&certificates)? == disk::Lies::Folder;
    let tls = has_tls.then(|| Tls { folder: certificates, verify: skip != Some(true) });
    parse(host, tls, &said_by)
}

/// A JSON file of docker's own; `None` when there is none.
fn read_json(path: &Path, limits: &Limits) -> Result<Option<Value>, SourceError> {
    if !matches!(disk::look(path)?, disk::Lies::File { .. }) {
        return Ok(None);
    }
    let bytes = disk::head(path, limits.document)?;
    let parsed = serde_json::from_slice(&bytes).map_err(|error| SourceError::Json {
        file: shown_path(path),
        document: "it".to_owned(),
        // The parser quotes nothing: this file may hold passwords.
        why: format!("line {}, column {}", error.line(), error.column()),
    })?;
    Ok(Some(parsed))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use std::fs;

    use super::*;

    fn find(variables: &[(&str, &str)]) -> Result<(String, Option<Tls>), String> {
        let environment: Environment = variables.iter().copied().collect();
        let found = Address::find(&environment, &Limits::default()).map_err(|error| error.to_string())?;
        let tls = match &found.way {
            Way::Tcp { tls, .. } => tls.clone(),
            Way::Unix(_) => None,
        };
        Ok((found.shown(), tls))
    }

    #[test]
    fn variables_are_dockers() {
        let tls = |folder: &str, verify| Some(Tls { folder: folder.into(), verify });
        let host = ("DOCKER_HOST", "tcp://build:1");
        type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, Option<Tls>);
        let table: [Case<'_>; 9] = [
            (&[], "unix:///var/run/docker.sock", None),
            (&[("DOCKER_HOST", "")], "unix:///var/run/docker.sock", None),
            (&[("DOCKER_HOST", "unix:///run/x.sock")], "unix:///run/x.sock", None),
            (&[("DOCKER_HOST", "tcp://10.0.0.1")], "tcp://10.0.0.1:2375", None),
            (&[("DOCKER_HOST", "[::1]:99")], "tcp://[::1]:99", None),
            (&[host, ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", "/c")], "tcp://build:1", tls("/c", true)),
            (&[host, ("DOCKER_TLS", "1"), ("HOME", "/h")], "tcp://build:1", tls("/h/.docker", false)),
            (&[host, ("DOCKER_CERT_PATH", "/c")], "tcp://build:1", None),
            (
                &[("DOCKER_HOST", "tcp://b"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CONFIG", "/d")],
                "tcp://b:2376",
                tls("/d", true),
            ),
        ];
        for (variables, expected, tls) in table {
            assert_eq!(find(variables), Ok((expected.to_owned(), tls)), "{variables:?}");
        }
        let table = [
            ("ssh://host", "forward the socket"),
            ("unix://", "expected a path"),
            ("npipe:////./x", "found \"npipe\""),
            ("tcp://", "no host name"),
        ];
        for (host, part) in table {
            let message = find(&[("DOCKER_HOST", host)]).expect_err(host);
            assert!(message.contains(part), "{host}: {message}");
        }
    }

    #[test]
    fn contexts_are_followed() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let docker = home.path().join(".docker");
        let id = Digest::sha256(b"remote").hex();
        let meta = docker.join("contexts/meta").join(&id);
        let tls = docker.join("contexts/tls").join(&id).join("docker");
        fs::create_dir_all(&meta).expect("a folder");
        fs::write(
            meta.join("meta.json"),
            r#"{"Name":"remote","Endpoints":{"docker":{"Host":"tcp://far:5","SkipTLSVerify":false}}}"#,
        )
        .expect("a file");
        let home = home.path().to_str().expect("UTF-8");
        let asked = [("HOME", home), ("DOCKER_CONTEXT", "remote")];
        assert_eq!(find(&asked), Ok(("tcp://far:5".to_owned(), None)));
        fs::write(docker.join("config.json"), r#"{"currentContext":"remote"}"#).expect("a file");
        fs::create_dir_all(&tls).expect("a folder");
        let expected = ("tcp://far:5".to_owned(), Some(Tls { folder: tls, verify: true }));
        assert_eq!(find(&[("HOME", home)]), Ok(expected));
        let host = find(&[("HOME", home), ("DOCKER_HOST", "unix:///x")]).expect("an address");
        assert_eq!(host.0, "unix:///x", "DOCKER_HOST wins");
        let message = find(&[("HOME", home), ("DOCKER_CONTEXT", "gone")]).expect_err("no such context");
        assert!(message.contains("docker context ls"), "{message}");
        fs::write(docker.join("config.json"), r#"{"auths": hunter2"#).expect("a file");
        let message = find(&[("HOME", home)]).expect_err("no JSON");
        assert!(message.contains("line 1") && !message.contains("hunter2"), "{message}");
    }
}
