//! Images in registries, by the OCI distribution protocol (distribution-spec v1.1; Docker's registry
//! API v2): `docker://NAME` and bare names.
//!
//! Everything about the network, credentials and `--cache` is here. Refuses to verify digests (who reads
//! the bytes does), to store anything unless it is told where, and to let a secret out.
//!
//! `name` → `client` (redirects) → `auth` (401) and `retry` → `wire` (HTTP); `images` is the source
//! that the rest of the program sees, `blob` its streams.

mod ask;
mod auth;
mod auth_file;
mod blob;
mod body;
mod cache;
mod challenge;
mod client;
mod credentials;
mod error;
mod helper;
mod images;
mod name;
mod places;
mod proxy;
mod retry;
mod secret;
mod tls;
mod wire;

use std::sync::Arc;

use crate::limits::Limits;

use super::access::Access;
use super::error::SourceError;
use super::{Opened, Root};

use cache::Cache;
use client::Client;
use images::{Images, Manifest};
use name::Name;

pub(super) use ask::served;
pub use error::RegistryError;

/// Opens the image that `typed` names; its top manifest is fetched and nothing else.
pub(super) fn open(typed: &str, limits: &Limits, access: &Access) -> Result<Opened, SourceError> {
    let name = Name::parse(typed)?;
    let cache = access.cache.as_deref().map(Cache::open).transpose()?;
    let images = Images::new(Client::new(name.clone(), access), cache, limits);
    let Some(Manifest { bytes, headers }) = images.0.manifest(&name.reference())? else {
        let host = name.host.clone();
        let hint = format!("; docker-daemon:{typed} names an image in the Docker daemon");
        return Err(RegistryError::NotFound { host, what: name.in_registry(), hint }.into());
    };
    // "application/json" and "text/plain" say nothing of what a manifest is
    let media_type = headers.media_type().filter(|media_type| media_type.starts_with("application/vnd."));
    let root = Root::Document {
        bytes,
        declared_digest: name.digest,
        declared_size: None,
        declared_media_type: media_type.map(str::to_owned),
        name: name.to_string(),
        annotations: Vec::new(),
    };
    Ok(Opened { source: Arc::new(images), root })
}
