//! Where an image was read, as other tools have to be told: what `skopeo`, `tar`, `docker` or `ctr` need to reach the
//! same bytes. Refuses to hold credentials.

/// A place that holds images.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Origin {
    /// Nobody can say.
    #[default]
    Unknown,
    /// One file: a layer or a document.
    File {
        /// As typed, without what stood around it.
        path: String,
    },
    /// A folder of files.
    Folder {
        /// As typed, without what stood around it.
        path: String,
    },
    /// A tar, plain or compressed.
    Archive {
        /// As typed, without what stood around it.
        path: String,
    },
    /// A registry.
    Registry(Registry),
    /// A Docker daemon, or podman behind Docker's interface.
    DockerDaemon {
        /// What the image is called there.
        name: String,
    },
    /// A containerd.
    Containerd {
        /// The namespace.
        namespace: String,
    },
    /// The store of podman, buildah and CRI-O.
    ContainersStorage {
        /// The image's ID, and the store if another than the usual one was typed: `[vfs@/store]0123…`.
        name: String,
    },
}

/// A repository of a registry, and what was asked for in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registry {
    /// The registry as users name it: `docker.io`.
    pub name: String,
    /// Host and port that requests go to: `registry-1.docker.io`.
    pub host: String,
    /// The path below it: `library/app`.
    pub repository: String,
    /// The tag or the digest that names the image.
    pub reference: String,
    /// Whether it speaks TLS.
    pub https: bool,
    /// Whether its certificate is one that every client trusts.
    pub trusted: bool,
    /// Whether it asked for credentials.
    pub asks: bool,
}

impl Registry {
    /// `docker.io/library/app:1`, or with another reference.
    pub fn image(&self, reference: &str) -> String {
        // a tag holds no colon, a digest does
        let joint = if reference.contains(':') { '@' } else { ':' };
        format!("{}/{}{joint}{reference}", self.name, self.repository)
    }
}
