//! Media types, taken apart: which vocabulary, what for, which compression.
//!
//! Sources: OCI image-spec `media-types.md`; distribution `manifest-v2-2.md`, `manifest-v2-1.md`.

/// Who defined the media type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// `application/vnd.docker.…`
    Docker,
    /// `application/vnd.oci.…`
    Oci,
}

impl Family {
    /// The family's name as people say it.
    pub fn name(self) -> &'static str {
        match self {
            Family::Docker => "Docker",
            Family::Oci => "OCI",
        }
    }
}

/// What a blob of a media type is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Manifest list or index.
    Index,
    /// Manifest.
    Manifest,
    /// Docker V2 schema 1, unsigned or signed.
    Schema1,
    /// Image configuration.
    Config,
    /// Layer.
    Layer {
        /// Foreign or non-distributable.
        foreign: bool,
    },
    /// Something else: an artifact's type.
    Other,
}

/// A media type taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// Its vocabulary; none for other vendors'.
    pub family: Option<Family>,
    /// Its purpose.
    pub role: Role,
    /// For layers the compression it promises: `none`, `gzip`, `zstd`.
    pub compression: Option<&'static str>,
}

/// Manifest of Docker V2 schema 1.
pub const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// Signed manifest of Docker V2 schema 1.
pub const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
/// Manifest of Docker V2 schema 2.
pub const SCHEMA2: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// Docker manifest list.
pub const MANIFEST_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// OCI manifest.
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
/// OCI index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Docker's config.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// OCI config.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// Takes `media_type` apart.
pub fn parts(media_type: &str) -> Parts {
    let family = if media_type.starts_with("application/vnd.docker.") {
        Some(Family::Docker)
    } else if media_type.starts_with("application/vnd.oci.") {
        Some(Family::Oci)
    } else {
        None
    };
    let role = match media_type {
        SCHEMA1 | SCHEMA1_SIGNED => Role::Schema1,
        SCHEMA2 | OCI_MANIFEST => Role::Manifest,
        MANIFEST_LIST | OCI_INDEX => Role::Index,
        DOCKER_CONFIG | OCI_CONFIG => Role::Config,
        _ => {
            if let Some(layer) = layer(media_type) {
                return Parts { family, ..layer };
            }
            Role::Other
        }
    };
    Parts { family, role, compression: None }
}

fn layer(media_type: &str) -> Option<Parts> {
    const STEMS: [(&str, bool, bool); 4] = [
        ("application/vnd.docker.image.rootfs.diff.tar", false, false),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar", true, false),
        ("application/vnd.oci.image.layer.v1.tar", false, true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", true, true),
    ];
    for (stem, foreign, oci) in STEMS {
        let Some(suffix) = media_type.strip_prefix(stem) else { continue };
        let compression = match (suffix, oci) {
            ("", _) => "none",
            ("+gzip", true) | (".gzip", false) => "gzip",
            ("+zstd", true) | (".zstd", false) => "zstd",
            // containerd writes `.tar+zstd` behind Docker's stem for images converted to zstd
            ("+gzip", false) => "gzip",
            ("+zstd", false) => "zstd",
            _ => continue,
        };
        return Some(Parts { family: None, role: Role::Layer { foreign }, compression: Some(compression) });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_media_type_of_the_field_is_known() {
        let table: &[(&str, Option<Family>, Role, Option<&str>)] = &[
            (SCHEMA2, Some(Family::Docker), Role::Manifest, None),
            (OCI_INDEX, Some(Family::Oci), Role::Index, None),
            (
                "application/vnd.docker.image.rootfs.diff.tar",
                Some(Family::Docker),
                Role::Layer { foreign: false },
                Some("none"),
            ),
            (
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
                Some(Family::Docker),
                Role::Layer { foreign: false },
                Some("gzip"),
            ),
            (
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                Some(Family::Docker),
                Role::Layer { foreign: true },
                Some("gzip"),
            ),
            (
                "application/vnd.oci.image.layer.v1.tar+zstd",
                Some(Family::Oci),
                Role::Layer { foreign: false },
                Some("zstd"),
            ),
            (
                "application/vnd.oci.image.layer.nondistributable.v1.tar",
                Some(Family::Oci),
                Role::Layer { foreign: true },
                Some("none"),
            ),
            ("application/vnd.oci.image.layer.v1.tar+xz", Some(Family::Oci), Role::Other, None),
            ("application/vnd.in-toto+json", None, Role::Other, None),
        ];
        for &(media_type, family, role, compression) in table {
            assert_eq!(parts(media_type), Parts { family, role, compression }, "{media_type}");
        }
    }
}
