//! Whom TLS trusts: the machine's authorities, `--ca-file`, and the `certs.d` folders that docker and
//! skopeo keep for one registry, client certificates included.
//!
//! Refuses to ship authorities of its own.

use std::path::Path;

use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

use super::super::access::Access;
use super::super::disk;
use super::super::error::shown_path;
use super::error::RegistryError;
use super::places;

/// The largest file of certificates that is read, in bytes: the bundle of a whole machine has 300 KiB.
const LARGEST: u64 = 8 << 20;
/// Files that are read of one folder.
const MOST_FILES: usize = 200;

/// What TLS needs for `registry`.
pub(super) fn config(registry: &str, access: &Access) -> Result<TlsConfig, RegistryError> {
    // an authority that cannot be read is one that is not trusted
    let mut roots: Vec<Certificate<'static>> = rustls_native_certs::load_native_certs()
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    if let Some(file) = &access.ca_file {
        let own = certificates(file)?;
        if own.is_empty() {
            return Err(wrong(file, "expected certificates in PEM, found none"));
        }
        roots.extend(own);
    }
    let mut client = None;
    for folder in places::certificate_folders(registry) {
        let names = match disk::names(&folder, MOST_FILES) {
            Ok(Some(names)) => names,
            // most machines have no such folder
            Ok(None) | Err(_) => continue,
        };
        for name in names {
            let path = folder.join(&name);
            if name.ends_with(".crt") {
                roots.extend(certificates(&path)?);
            } else if let (Some(stem), None) = (name.strip_suffix(".cert"), &client) {
                client = Some(client_certificate(&path, &folder.join(format!("{stem}.key")))?);
            }
        }
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .client_cert(client)
        .disable_verification(access.insecure)
        .build())
}

fn items(path: &Path) -> Result<Vec<PemItem<'static>>, RegistryError> {
    let bytes = disk::head(path, LARGEST).map_err(|error| wrong(path, &error.to_string()))?;
    parse_pem(&bytes).collect::<Result<_, _>>().map_err(|_| wrong(path, "expected certificates in PEM, found damage"))
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>, RegistryError> {
    let certificate = |item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    };
    Ok(items(path)?.into_iter().filter_map(certificate).collect())
}

fn client_certificate(certificate: &Path, key: &Path) -> Result<ClientCert, RegistryError> {
    let private = |item| match item {
        PemItem::PrivateKey(key) => Some(key),
        _ => None,
    };
    let found: Option<PrivateKey<'static>> = items(key)?.into_iter().find_map(private);
    let Some(found) = found else { return Err(wrong(key, "expected a private key in PEM, found none")) };
    Ok(ClientCert::new_with_certs(&certificates(certificate)?, found))
}

fn wrong(path: &Path, why: &str) -> RegistryError {
    RegistryError::File { file: shown_path(path), why: why.to_owned() }
}

/// Whether a failed handshake was one with TLS at the other end, whose certificate is not trusted.
pub(super) fn is_certificate(error: &rustls::Error) -> bool {
    !matches!(error, rustls::Error::InvalidMessage(_))
}
