//! Content descriptors (OCI image-spec `descriptor.md`; the same keys in Docker's documents).

use crate::digest::Digest;
use crate::image::json::Node;
use crate::image::platform::Platform;

/// A descriptor: what a document names another blob by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    /// `mediaType`, if written.
    pub media_type: Option<String>,
    /// Digest of the blob.
    pub digest: Digest,
    /// Size of the blob in bytes, if written.
    pub size: Option<u64>,
    /// `platform`, in an index.
    pub platform: Option<Platform>,
    /// `annotations["vnd.docker.reference.type"]`: `attestation-manifest`.
    pub reference_type: Option<String>,
    /// `annotations["vnd.docker.reference.digest"]`: which manifest an attestation is of.
    pub reference_digest: Option<String>,
    /// `artifactType`
    pub artifact_type: Option<String>,
    /// Whether `urls` names another place to fetch it from.
    pub has_urls: bool,
}

impl Descriptor {
    /// Reads a descriptor; the error says what of it is wrong.
    pub fn read(node: &Node) -> Result<Descriptor, String> {
        let text = |key: &str| node.value.get(key).and_then(|node| node.value.as_str()).map(str::to_owned);
        let digest = match node.value.get("digest").map(|node| &node.value) {
            None => return Err(format!("expected a descriptor with a \"digest\", found {}", node.value.type_name())),
            Some(value) => match value.as_str() {
                None if value.as_bytes().is_some() => return Err("expected \"digest\" to be UTF-8".into()),
                None => return Err(format!("expected \"digest\" to be a string, found {}", value.type_name())),
                Some(text) => text.parse::<Digest>().map_err(|error| error.to_string())?,
            },
        };
        let size = match node.value.get("size").map(|node| &node.value) {
            None => None,
            Some(value) => match value.as_u64() {
                Some(size) => Some(size),
                None => return Err("expected \"size\" to be a whole number that is not negative".into()),
            },
        };
        let annotation = |key: &str| node.value.get("annotations")?.value.get(key)?.value.as_str().map(str::to_owned);
        Ok(Descriptor {
            media_type: text("mediaType"),
            digest,
            size,
            platform: node.value.get("platform").and_then(Platform::read),
            reference_type: annotation("vnd.docker.reference.type"),
            reference_digest: annotation("vnd.docker.reference.digest"),
            artifact_type: text("artifactType"),
            has_urls: node.value.get("urls").is_some_and(|urls| !urls.value.items().is_empty()),
        })
    }

    /// Whether it names an attestation (provenance, SBOM) rather than an image.
    pub fn is_attestation(&self) -> bool {
        self.reference_type.as_deref() == Some("attestation-manifest")
            || (self.reference_digest.is_some() && self.platform.as_ref().is_some_and(Platform::is_unknown))
    }
}
