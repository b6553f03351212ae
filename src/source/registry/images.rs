//! One repository of a registry as a source of documents and blobs.
//!
//! Refuses to fetch what nobody reads: sizes are asked for with HEAD, layers stream as they are read,
//! and nothing is stored but the beginnings of blobs, in memory and within a bound.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ureq::http::Method;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::origin::Origin;

use super::super::error::SourceError;
use super::super::{BlobName, Headers, Source, Transfer};
use super::blob::BlobReader;
use super::body::BodyFault;
use super::cache::Cache;
use super::client::{Ask, Client, DOCUMENT_BODY};
use super::error::RegistryError;
use super::retry::Tries;

/// What is kept of all blobs in memory, in bytes, so that a second look fetches less.
const KEPT: usize = 64 << 20;
/// How many blobs are asked for their sizes at a time.
const AT_A_TIME: usize = 8;

/// Every kind of manifest that we read, as one `Accept` header.
pub(super) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.v1+prettyjws, \
    application/vnd.docker.distribution.manifest.v1+json";

/// A repository.
pub(super) struct Images(pub Arc<Shared>);

/// What its readers share.
pub(super) struct Shared {
    pub client: Client,
    pub limits: Limits,
    pub cache: Option<Cache>,
    sizes: Mutex<BTreeMap<Digest, Result<Option<u64>, SourceError>>>,
    headers: Mutex<BTreeMap<Digest, Headers>>,
    kept: Mutex<Kept>,
    cached: AtomicU64,
}

#[derive(Default)]
struct Kept {
    blobs: BTreeMap<Digest, Arc<[u8]>>,
    bytes: usize,
}

/// A manifest as it was served.
pub(super) struct Manifest {
    pub bytes: Vec<u8>,
    pub headers: Headers,
}

impl Images {
    pub(super) fn new(client: Client, cache: Option<Cache>, limits: &Limits) -> Self {
        Images(Arc::new(Shared {
            client,
            limits: limits.clone(),
            cache,
            sizes: Mutex::default(),
            headers: Mutex::default(),
            kept: Mutex::default(),
            cached: AtomicU64::new(0),
        }))
    }
}

impl Shared {
    /// What is known of the beginning of a blob.
    pub(super) fn kept(&self, digest: &Digest) -> Arc<[u8]> {
        locked(&self.kept).blobs.get(digest).map_or_else(|| Arc::from([]), Arc::clone)
    }

    /// Keeps the beginning of a blob, if there is room.
    pub(super) fn keep(&self, digest: &Digest, bytes: Vec<u8>) {
        let mut kept = locked(&self.kept);
        let before = kept.blobs.get(digest).map_or(0, |own| own.len());
        if bytes.len() > before && kept.bytes - before + bytes.len() <= KEPT {
            kept.bytes = kept.bytes - before + bytes.len();
            kept.blobs.insert(*digest, bytes.into());
        }
    }

    /// Fetches a manifest by tag or digest. `None`: there is none.
    pub(super) fn manifest(&self, reference: &str) -> Result<Option<Manifest>, RegistryError> {
        let path = format!("/manifests/{reference}");
        let limit = self.limits.document;
        let body = Some(DOCUMENT_BODY);
        let ask = Ask { path: &path, method: &Method::GET, accept: Some(ACCEPT), from: 0, body };
        let what = format!("manifest {reference} of {}", self.client.name.repository);
        let mut tries = Tries::new(&self.client.access.patience);
        loop {
            let answer = self.client.ask(&ask)?;
            match answer.status {
                200 => {}
                404 => return Ok(None),
                _ => return Err(self.client.refused(answer, &what)),
            }
            let text = |name: &str| answer.header(name).map(str::to_owned);
            let headers = Headers { content_type: text("content-type"), digest: text("docker-content-digest") };
            let host = answer.origin.host.clone();
            let fault = match answer.read_to(limit) {
                Ok(bytes) => {
                    self.client.count(bytes.len() as u64);
                    locked(&self.headers).insert(Digest::sha256(&bytes), headers.clone());
                    return Ok(Some(Manifest { bytes, headers }));
                }
                Err(fault) => fault,
            };
            if !matches!(fault, BodyFault::Broke(_)) || !tries.pause(None) {
                let tries = self.client.access.patience.tries;
                return Err(fault.cleaned(&self.client).into_error(host, what, tries));
            }
        }
    }

    /// A blob's size without its bytes. `None`: there is no such blob.
    fn ask_size(&self, digest: &Digest) -> Result<Option<u64>, RegistryError> {
        let path = format!("/blobs/{digest}");
        let answer = self.client.ask(&Ask {
            path: &path,
            method: &Method::HEAD,
            accept: None,
            from: 0,
            body: Some(DOCUMENT_BODY),
        })?;
        match (answer.status, answer.length()) {
            (200, Some(length)) => return Ok(Some(length)),
            (404, _) => return Ok(None),
            (401, _) => return Err(self.client.refused(answer, &format!("blob {digest}"))),
            _ => {}
        }
        // some stores sign their URLs for GET only, and some leave the length out: the body is not read
        let answer = self.client.ask(&Ask {
            path: &path,
            method: &Method::GET,
            accept: None,
            from: 0,
            body: Some(DOCUMENT_BODY),
        })?;
        match (answer.status, answer.length()) {
            (200, Some(length)) => Ok(Some(length)),
            (200, None) => Err(RegistryError::Answer {
                host: answer.origin.host.clone(),
                what: format!("blob {digest}"),
                expected: "a Content-Length header",
                found: "none".to_owned(),
            }),
            (404, _) => Ok(None),
            _ => Err(self.client.refused(answer, &format!("blob {digest}"))),
        }
    }

    fn known_size(&self, digest: &Digest) -> Result<Option<u64>, SourceError> {
        if let Some(known) = locked(&self.sizes).get(digest) {
            return known.clone();
        }
        let size = self.ask_size(digest).map_err(SourceError::from);
        locked(&self.sizes).insert(*digest, size.clone());
        size
    }
}

impl Source for Images {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        match blob {
            BlobName::Digest(digest) => self.0.known_size(digest),
            BlobName::Member(_) => Ok(None),
        }
    }

    fn prepare(&self, blobs: &[BlobName]) {
        let next = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..AT_A_TIME.min(blobs.len()) {
                scope.spawn(|| {
                    while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
                        // what fails is told when its size is asked for
                        let _ = self.size(blob);
                    }
                });
            }
        });
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        let BlobName::Digest(digest) = blob else {
            return Err(SourceError::Missing {
                file: self.0.client.name.to_string(),
                blob: blob.to_string(),
                named_by: "the image".to_owned(),
            });
        };
        if let Some(file) = self.0.cache.as_ref().and_then(|cache| cache.get(digest)) {
            return Ok(Box::new(Counted { file, shared: Arc::clone(&self.0) }));
        }
        let size = locked(&self.0.sizes).get(digest).and_then(|size| size.clone().ok().flatten());
        Ok(Box::new(BlobReader::new(&self.0, digest, size)))
    }

    fn document(&self, digest: &Digest, is_manifest: bool) -> Option<Result<Option<Vec<u8>>, SourceError>> {
        // a config is a blob and asked for like a layer; it is read whole and kept
        if !is_manifest {
            return None;
        }
        let manifest = self.0.manifest(&digest.to_string()).map_err(SourceError::from);
        Some(manifest.map(|manifest| manifest.map(|manifest| manifest.bytes)))
    }

    fn headers(&self, document: &[u8]) -> Option<Headers> {
        locked(&self.0.headers).get(&Digest::sha256(document)).cloned()
    }

    fn transfer(&self) -> Option<Transfer> {
        Some(Transfer {
            fetched: self.0.client.fetched.load(Ordering::Relaxed),
            cached: self.0.cached.load(Ordering::Relaxed),
            from: self.0.client.name.registry.clone(),
            credentials: self.0.client.credentials_from(),
        })
    }

    fn kind(&self) -> &'static str {
        "registry"
    }

    fn origin(&self) -> Origin {
        Origin::Registry(self.0.client.place())
    }
}

/// A blob of the cache, its bytes counted.
struct Counted {
    file: std::fs::File,
    shared: Arc<Shared>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.shared.cached.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
