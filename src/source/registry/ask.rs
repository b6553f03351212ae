//! One tag, asked for in the ways that clients ask: each `Accept`, by tag and by digest, HEAD and GET.
//!
//! Refuses to judge the answers; whoever compares them does. An answer without a document (404, 406) is one.

use std::sync::Arc;

use ureq::http::Method;

use crate::digest::Digest;
use crate::limits::Limits;

use super::super::access::Access;
use super::super::error::SourceError;
use super::super::{Asked, Headers, Served};
use super::client::{Ask, Client, DOCUMENT_BODY};
use super::error::RegistryError;
use super::images::{ACCEPT, Images};
use super::name::Name;

/// What clients accept, by what it is called in the report. The first is what this program sends.
const WAYS: [(&str, Option<&str>); 10] = [
    ("every type", Some(ACCEPT)),
    (
        "as containerd asks",
        Some(
            "application/vnd.docker.distribution.manifest.v2+json, \
             application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, \
             application/vnd.oci.image.index.v1+json, */*",
        ),
    ),
    ("OCI index", Some("application/vnd.oci.image.index.v1+json")),
    ("OCI manifest", Some("application/vnd.oci.image.manifest.v1+json")),
    ("Docker manifest list", Some("application/vnd.docker.distribution.manifest.list.v2+json")),
    ("Docker schema 2", Some("application/vnd.docker.distribution.manifest.v2+json")),
    ("Docker schema 1, signed", Some("application/vnd.docker.distribution.manifest.v1+prettyjws")),
    ("Docker schema 1", Some("application/vnd.docker.distribution.manifest.v1+json")),
    ("anything (*/*)", Some("*/*")),
    ("nothing (no Accept)", None),
];
/// The ways that a digest is asked for: what it names has one type.
const BY_DIGEST: [usize; 3] = [0, 8, 9];
/// Digests that are asked for; a registry that converts has two or three.
const MOST_DIGESTS: usize = 6;

/// Asks for `typed` in every way.
pub(in super::super) fn served(typed: &str, limits: &Limits, access: &Access) -> Result<Served, SourceError> {
    let name = Name::parse(typed)?;
    let images = Images::new(Client::new(name.clone(), access), None, limits);
    let client = &images.0.client;
    let mut asked = Vec::new();
    for (accept, header) in WAYS {
        both(client, limits, &name.reference(), name.digest.is_some(), accept, header, &mut asked)?;
    }
    if name.digest.is_none() {
        let mut digests: Vec<Digest> = Vec::new();
        for one in &asked {
            let by_header = one.headers.digest.as_deref().and_then(|digest| digest.trim().parse().ok());
            let digest = one.body.as_deref().map(|body| by_header.unwrap_or_else(|| Digest::sha256(body)));
            digests.extend(digest.filter(|digest| !digests.contains(digest) && digests.len() < MOST_DIGESTS));
        }
        for digest in digests {
            for (accept, header) in BY_DIGEST.map(|way| WAYS[way]) {
                both(client, limits, &digest.to_string(), true, accept, header, &mut asked)?;
            }
        }
    }
    let (name, host) = (name.in_registry(), name.registry.clone());
    Ok(Served { name, host, asked, source: Arc::new(images) })
}

/// GET, then HEAD, of the same.
fn both(
    client: &Client,
    limits: &Limits,
    reference: &str,
    by_digest: bool,
    accept: &'static str,
    header: Option<&str>,
    asked: &mut Vec<Asked>,
) -> Result<(), RegistryError> {
    let path = format!("/manifests/{reference}");
    for method in [&Method::GET, &Method::HEAD] {
        let ask = Ask { path: &path, method, accept: header, from: 0, body: Some(DOCUMENT_BODY) };
        let answer = client.ask(&ask)?;
        if matches!(answer.status, 401 | 403 | 500..) {
            return Err(client.refused(answer, &format!("manifest {reference}")));
        }
        let text = |name: &str| answer.header(name).map(|value| client.clean(value));
        let headers = Headers { content_type: text("content-type"), digest: text("docker-content-digest") };
        let (status, length, host) = (answer.status, answer.length(), answer.origin.host.clone());
        let body = match answer.read_to(limits.document) {
            Ok(bytes) if status == 200 && method == Method::GET => {
                client.count(bytes.len() as u64);
                Some(bytes)
            }
            Ok(_) => None,
            Err(fault) => return Err(fault.cleaned(client).into_error(host, format!("manifest {reference}"), 0)),
        };
        let method = if method == Method::GET { "GET" } else { "HEAD" };
        let digest = by_digest.then(|| reference.to_owned());
        asked.push(Asked { method, digest, accept, status, headers, length, body });
    }
    Ok(())
}
