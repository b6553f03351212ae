//! Sources that are not files. This version reads files only; each message says how to make one.

use super::error::SourceError;
use super::names::full;
use super::reference::{Reference, Transport};

/// Why a live source is not opened, and the command that exports it. `None` for paths.
pub(super) fn refusal(reference: &Reference) -> Option<SourceError> {
    let (what, instead) = match &reference.transport {
        Transport::Registry(name) => ("images in a registry", registry(name)),
        Transport::DockerDaemon(name) => (
            "images in a Docker daemon",
            format!("export it first: docker save -o image.tar {name}, then name image.tar"),
        ),
        Transport::Containerd { namespace, name } => {
            let namespace = namespace.as_deref().map(|name| format!("-n {name} ")).unwrap_or_default();
            let command = format!("ctr {namespace}images export image.tar {name}");
            ("images in containerd", format!("export it first: {command}, then name image.tar"))
        }
        Transport::ContainersStorage(name) => (
            "images in podman's and buildah's store",
            format!("export it first: podman save --format oci-archive -o image.tar {name}, then name image.tar"),
        ),
        _ => return None,
    };
    Some(SourceError::Live { typed: reference.typed.clone(), what, instead })
}

/// A bare name: nothing lies there, and it looks like a registry's.
pub(super) fn bare_name(name: &str) -> SourceError {
    SourceError::Live {
        typed: name.to_owned(),
        what: "no file or folder of this name is here, and images in a registry",
        instead: registry(name),
    }
}

fn registry(name: &str) -> String {
    format!("export it first: skopeo copy docker://{} oci-archive:image.tar, then name image.tar", full(name))
}
