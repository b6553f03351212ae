//! Sources that are not files: registries, and what this version refuses. Each refusal says how to make a
//! file of it.

use crate::limits::Limits;

use super::access::Access;
use super::error::SourceError;
use super::reference::{Reference, Transport};
use super::{Opened, Served};

/// An image in a registry.
#[cfg(feature = "registry")]
pub(super) fn registry(_: &Reference, name: &str, limits: &Limits, access: &Access) -> Result<Opened, SourceError> {
    super::registry::open(name, limits, access)
}

/// A bare name: nothing lies there, and it looks like a registry's.
#[cfg(feature = "registry")]
pub(super) fn bare_name(reference: &Reference, limits: &Limits, access: &Access) -> Result<Opened, SourceError> {
    let typed = reference.typed.clone();
    super::registry::open(&typed, limits, access)
        .map_err(|error| SourceError::BareName { typed, why: error.to_string() })
}

/// One tag of a registry, asked for in the ways that clients ask.
#[cfg(feature = "registry")]
pub(super) fn served(reference: &Reference, limits: &Limits, access: &Access) -> Result<Served, SourceError> {
    match &reference.transport {
        Transport::Registry(name) => super::registry::served(name, limits, access),
        Transport::Auto(_) => super::registry::served(&reference.typed, limits, access),
        _ => Err(SourceError::NoImage {
            file: reference.typed.clone(),
            why: "expected an image of a registry, REGISTRY/NAME:TAG".to_owned(),
        }),
    }
}

/// One tag of a registry, in a program that was built without them.
#[cfg(not(feature = "registry"))]
pub(super) fn served(reference: &Reference, _: &Limits, _: &Access) -> Result<Served, SourceError> {
    let what = "images in a registry";
    Err(SourceError::Live { typed: reference.typed.clone(), what, instead: export(&reference.typed) })
}

/// An image in a registry, in a program that was built without that feature.
#[cfg(not(feature = "registry"))]
pub(super) fn registry(reference: &Reference, name: &str, _: &Limits, _: &Access) -> Result<Opened, SourceError> {
    let what = "images in a registry";
    Err(SourceError::Live { typed: reference.typed.clone(), what, instead: export(name) })
}

/// A bare name, in a program that was built without registries.
#[cfg(not(feature = "registry"))]
pub(super) fn bare_name(reference: &Reference, _: &Limits, _: &Access) -> Result<Opened, SourceError> {
    let what = "no file or folder of this name is here, and images in a registry";
    Err(SourceError::Live { typed: reference.typed.clone(), what, instead: export(&reference.typed) })
}

#[cfg(not(feature = "registry"))]
fn export(name: &str) -> String {
    let name = super::names::full(name);
    format!("export it first: skopeo copy docker://{name} oci-archive:image.tar, then name image.tar")
}

/// Why a live source is not opened, and the command that exports it. `None` for paths.
pub(super) fn refusal(reference: &Reference) -> Option<SourceError> {
    let (what, instead) = match &reference.transport {
        Transport::DockerDaemon(name) => (
            "images in a Docker daemon",
            format!("export it first: docker save -o image.tar {name}, then name image.tar"),
        ),
        Transport::Containerd { namespace, name, .. } => {
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
