//! Where containerd is: its socket as ctr is told it (`CONTAINERD_ADDRESS`), or its folder, which is named in brackets as
//! `containers-storage:` names its own: `containerd://[/var/lib/containerd]NAME`.
//!
//! Refuses to search for sockets: the usual one is taken, others are only told.

use std::io;
use std::path::{Path, PathBuf};

use crate::limits::Limits;

use super::super::disk::{self, Lies};
use super::super::environment::Environment;
use super::super::error::{SourceError, shown_path};
use super::Keeper;
use super::api::{Client, NotReached, PATIENCE};
use super::on_disk::OnDisk;

/// Where containerd listens, and others that bring their own, each with its folder: the first is the usual one.
const KNOWN: [(&str, &str); 4] = [
    ("/run/containerd/containerd.sock", "/var/lib/containerd"),
    ("/run/k3s/containerd/containerd.sock", "/var/lib/rancher/k3s/agent/containerd"),
    ("/var/run/docker/containerd/containerd.sock", "/var/lib/docker/containerd/daemon"),
    ("/var/snap/microk8s/common/run/containerd.sock", "/var/snap/microk8s/common/var/lib/containerd"),
];

/// The namespace that ctr takes when none is said.
pub(super) const NAMESPACE: &str = "default";

/// Where a containerd is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Spot {
    /// Its folder, which somebody named.
    Folder(PathBuf),
    /// Its socket.
    Socket {
        path: PathBuf,
        /// The folder of who listens there, where that is known.
        folder: Option<PathBuf>,
        /// Whether nobody named it.
        is_usual: bool,
    },
}

impl Spot {
    /// The folder that was typed, else the socket that ctr would ask.
    pub(super) fn find(folder: Option<&Path>, environment: &Environment) -> Self {
        if let Some(folder) = folder {
            return Spot::Folder(folder.to_owned());
        }
        let typed = environment.get("CONTAINERD_ADDRESS");
        let is_usual = typed.is_none();
        let path = typed.unwrap_or_else(|| KNOWN[0].0.to_owned());
        let path = PathBuf::from(path.strip_prefix("unix://").unwrap_or(&path));
        let folder = KNOWN.iter().find(|(socket, _)| Path::new(socket) == path).map(|(_, folder)| folder.into());
        Spot::Socket { path, folder, is_usual }
    }

    /// What stands before namespace and name in a reference to an image here.
    pub(super) fn prefix(&self) -> String {
        match self {
            Spot::Folder(folder) => format!("containerd://[{}]", shown_path(folder)),
            Spot::Socket { .. } => "containerd://".to_owned(),
        }
    }

    /// Who keeps the images of a namespace here: containerd itself, or its folder where it does not listen.
    pub(super) fn keeper(&self, namespace: &str, limits: &Limits) -> Result<Box<dyn Keeper>, SourceError> {
        let (path, folder, is_usual) = match self {
            Spot::Folder(folder) => return Ok(Box::new(OnDisk::open(folder, namespace, None, limits)?)),
            Spot::Socket { path, folder, is_usual } => (path, folder.as_deref(), *is_usual),
        };
        let NotReached { kind, why } = match Client::connect(path, namespace, PATIENCE) {
            Ok(client) => return Ok(Box::new(client)),
            Err(not_reached) => not_reached,
        };
        let who = format!("containerd at {}", shown_path(path));
        let is_away = matches!(
            kind,
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused | io::ErrorKind::PermissionDenied
        );
        let mut on_disk = String::new();
        if is_away && let Some(folder) = folder.filter(|folder| matches!(disk::look(folder), Ok(Lies::Folder))) {
            match OnDisk::open(folder, namespace, Some(&format!("{who} cannot be reached ({why})")), limits) {
                Ok(keeper) => return Ok(Box::new(keeper)),
                Err(error) => on_disk = format!("; nor can its folder be read: {error}"),
            }
        }
        let why = format!("{why}{}{on_disk}", advice(kind, is_usual));
        Err(SourceError::Io { file: who, doing: "connect".to_owned(), why })
    }
}

/// What to do about a socket that does not take connections.
fn advice(kind: io::ErrorKind, is_usual: bool) -> String {
    match kind {
        io::ErrorKind::PermissionDenied => "; run as root: the socket is root's".to_owned(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            let is_socket =
                |(socket, _): &&(&str, &str)| matches!(disk::look(Path::new(socket)), Ok(Lies::Other("socket")));
            match KNOWN.iter().skip(1).find(is_socket) {
                Some((socket, _)) if is_usual => {
                    format!("; is it running? There is one at {socket}: say CONTAINERD_ADDRESS={socket}")
                }
                _ => "; is it running? CONTAINERD_ADDRESS says where; containerd://[FOLDER]NAME reads its folder"
                    .to_owned(),
            }
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_and_folders_are_found_as_they_are_named() {
        let socket = |path: &str, folder: Option<&str>, is_usual| Spot::Socket {
            path: path.into(),
            folder: folder.map(PathBuf::from),
            is_usual,
        };
        let own = "/run/k3s/containerd/containerd.sock";
        let table = [
            (None, "", socket(KNOWN[0].0, Some("/var/lib/containerd"), true)),
            (None, "/x/c.sock", socket("/x/c.sock", None, false)),
            (None, "unix:///x/c.sock", socket("/x/c.sock", None, false)),
            (None, own, socket(own, Some("/var/lib/rancher/k3s/agent/containerd"), false)),
            (Some("/mnt/root"), "/x/c.sock", Spot::Folder("/mnt/root".into())),
        ];
        for (folder, address, expected) in table {
            let environment = [("CONTAINERD_ADDRESS", address)].into_iter().collect();
            assert_eq!(Spot::find(folder.map(Path::new), &environment), expected, "{folder:?} {address}");
        }
    }
}
