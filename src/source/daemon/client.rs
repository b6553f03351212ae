//! GET requests to a daemon's HTTP API, over a unix socket, TCP or TLS.
//!
//! Refuses to wait for ever: connecting, each answer and each silence inside of an answer have
//! their time. Refuses to send anything but GET.

use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use ureq::config::Config;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, RustlsConnector, TcpConnector};
use ureq::{Agent, Timeout};

use crate::text::{clipped, shown};

use super::super::disk;
use super::super::error::{SourceError, shown_path};
use super::super::pace::{Pace, Paced, TooSlow};
use super::address::{Address, Tls, Way};
use super::unix::{Nowhere, UnixConnector};

/// The longest error message that is read, in bytes.
const LONGEST_MESSAGE: u64 = 64 << 10;

/// The largest certificate file that is read, in bytes.
const LARGEST_PEM: u64 = 1 << 20;

/// How long is waited for a daemon.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) struct Patience {
    /// For a connection, and for the answer to a small question.
    pub answer: Duration,
    /// For the next byte of an export; for the first too, before which a classic daemon writes all
    /// of it to its disk.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { answer: Duration::from_secs(20), silence: Duration::from_secs(10 * 60) }
    }
}

/// A client of one daemon.
pub(super) struct Client {
    agent: Agent,
    base: String,
    /// The daemon, for messages.
    pub address: Address,
    patience: Patience,
}

/// What a daemon answers.
struct Answer {
    status: u16,
    body: Box<dyn Read + Send>,
}

impl Client {
    pub fn new(address: Address, patience: Patience) -> Result<Self, SourceError> {
        let mut config = Config::builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(0)
            .timeout_connect(Some(patience.answer))
            .timeout_per_read(None)
            .timeout_per_write(Some(patience.answer))
            .input_buffer_size(256 << 10);
        let (agent, base) = match &address.way {
            Way::Unix(path) => {
                let connector = UnixConnector { path: path.clone(), patience: patience.answer };
                (Agent::with_parts(config.build(), connector, Nowhere), "http://localhost".to_owned())
            }
            Way::Tcp { authority, tls } => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                if let Some(tls) = tls {
                    config = config.tls_config(tls_config(tls)?);
                }
                let connector = ().chain(TcpConnector::default()).chain(RustlsConnector::default());
                let agent = Agent::with_parts(config.build(), connector, DefaultResolver::default());
                (agent, format!("{scheme}://{authority}"))
            }
        };
        Ok(Client { agent, base, address, patience })
    }

    /// Asks for `path`; `silence` is how long each byte of the answer may take.
    fn get(&self, path: &str, doing: &str, silence: Duration) -> Result<Answer, SourceError> {
        let request = self.agent.get(format!("{}{path}", self.base)).config();
        let request = request.timeout_recv_response(Some(silence)).timeout_per_read(Some(silence)).build();
        let response = request.call().map_err(|error| self.failed(doing, error))?;
        let status = response.status().as_u16();
        // a daemon that prepares an export is silent for long; one that sends does so faster than this
        let reader = Paced::new(response.into_body().into_reader(), Pace::over(silence * 2));
        Ok(Answer { status, body: Box::new(Named { reader, silence }) })
    }

    /// Asks for a small JSON document. `Ok(Err(message))`: the daemon has no such thing.
    pub fn json(&self, path: &str, doing: &str, most: u64) -> Result<Result<serde_json::Value, String>, SourceError> {
        let answer = self.get(path, doing, self.patience.answer)?;
        let status = answer.status;
        let mut bytes = Vec::new();
        let read = answer.body.take(most).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::of_read(&self.name(), "the daemon's answer", &error))?;
        match status {
            200 => match serde_json::from_slice(&bytes) {
                Ok(value) => Ok(Ok(value)),
                Err(error) => Err(self.trouble(doing, format!("its answer is not JSON: {error}"))),
            },
            404 => Ok(Err(message(&bytes))),
            _ => Err(self.trouble(doing, refused(status, &bytes))),
        }
    }

    /// Asks for an export.
    pub fn export(&self, path: &str) -> Result<Box<dyn Read + Send>, SourceError> {
        let doing = "export the image";
        let answer = self.get(path, doing, self.patience.silence)?;
        if answer.status == 200 {
            return Ok(answer.body);
        }
        let mut bytes = Vec::new();
        // What can be read of the message is told.
        let _ = answer.body.take(LONGEST_MESSAGE).read_to_end(&mut bytes);
        Err(self.trouble(doing, refused(answer.status, &bytes)))
    }

    /// The daemon, for messages.
    pub fn name(&self) -> String {
        format!("the Docker daemon at {}", self.address.shown())
    }

    fn trouble(&self, doing: &str, why: String) -> SourceError {
        SourceError::Io { file: self.name(), doing: doing.to_owned(), why }
    }

    fn failed(&self, doing: &str, error: ureq::Error) -> SourceError {
        let why = match error {
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
                Some(inner) => in_words(inner),
                None => self.advised(&error),
            },
            error => in_words(&error),
        };
        self.trouble(doing, why)
    }

    /// An error of the connection, and what to do about it.
    fn advised(&self, error: &io::Error) -> String {
        let is_unix = matches!(self.address.way, Way::Unix(_));
        let said = &self.address.said_by;
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied if is_unix => {
                "; run as root, or as a user of the socket's group (docker's is called docker)".to_owned()
            }
            io::ErrorKind::NotFound if said.is_empty() => {
                "; is it running? DOCKER_HOST says where (podman: podman system service, then \
                 DOCKER_HOST=unix:///run/podman/podman.sock or unix://$XDG_RUNTIME_DIR/podman/podman.sock)"
                    .to_owned()
            }
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused if !said.is_empty() => {
                format!("; is it running? {said} names it")
            }
            io::ErrorKind::ConnectionRefused => "; is it running?".to_owned(),
            _ => String::new(),
        };
        format!("{error}{advice}")
    }
}

/// A body whose errors are told in our words.
struct Named<R> {
    reader: R,
    silence: Duration,
}

impl<R: Read> Read for Named<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer).map_err(|error| {
            if let Some(slow) = TooSlow::of(&error) {
                return io::Error::new(io::ErrorKind::TimedOut, format!("the daemon sends too slowly: {slow}"));
            }
            let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
            match inner {
                Some(ureq::Error::Timeout(_)) => {
                    let waited = self.silence.as_secs();
                    io::Error::new(io::ErrorKind::TimedOut, format!("the daemon sent nothing for {waited} seconds"))
                }
                Some(inner) => io::Error::new(error.kind(), in_words(inner)),
                None if error.kind() == io::ErrorKind::UnexpectedEof => {
                    io::Error::new(error.kind(), "the daemon closed the connection before the end")
                }
                None => error,
            }
        })
    }
}

/// An error of the client in words.
fn in_words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(Timeout::Connect) => "no connection within the time given".to_owned(),
        ureq::Error::Timeout(_) => "no answer within the time given".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        ureq::Error::Protocol(error) => format!("it does not speak HTTP as expected: {error}"),
        ureq::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// What a daemon says beside a status that is no success.
fn refused(status: u16, body: &[u8]) -> String {
    format!("it answers {status}: {}", message(body))
}

/// The `message` of a daemon's error, or its first words.
fn message(body: &[u8]) -> String {
    let value: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let text = value.as_ref().and_then(|value| value.get("message")).and_then(serde_json::Value::as_str);
    let text = text.map_or(body, str::as_bytes);
    if text.is_empty() { "nothing more".to_owned() } else { clipped(&shown(text.trim_ascii()), 300) }
}

/// The certificates of `folder`, as docker lays them out.
fn tls_config(tls: &Tls) -> Result<TlsConfig, SourceError> {
    let builder = TlsConfig::builder().disable_verification(!tls.verify);
    if tls.folder.as_os_str().is_empty() {
        return Ok(builder.build());
    }
    let roots: Vec<Certificate<'static>> = match read_pem(&tls.folder.join("ca.pem"))? {
        Some(items) => certificates(items),
        None if tls.verify => return Err(no_certificate(&tls.folder.join("ca.pem"), "a CA's certificate")),
        None => Vec::new(),
    };
    let (chain_file, key_file) = (tls.folder.join("cert.pem"), tls.folder.join("key.pem"));
    let own = match (read_pem(&chain_file)?, read_pem(&key_file)?) {
        (Some(chain), Some(key)) => {
            let key = key.into_iter().find_map(|item| match item {
                PemItem::PrivateKey(key) => Some(key),
                _ => None,
            });
            let key = key.ok_or_else(|| no_certificate(&key_file, "a private key"))?;
            Some(pair(&certificates(chain), key, &chain_file)?)
        }
        // docker goes on without where neither is there
        (None, None) => None,
        (None, Some(_)) => return Err(no_certificate(&chain_file, "the certificate of key.pem")),
        (Some(_), None) => return Err(no_certificate(&key_file, "the key of cert.pem")),
    };
    Ok(builder.root_certs(RootCerts::from(roots)).client_cert(own).build())
}

/// Certificate and key, if they belong together: the client takes that for granted.
fn pair(chain: &[Certificate<'static>], key: PrivateKey<'static>, file: &Path) -> Result<ClientCert, SourceError> {
    let der: Vec<_> = chain.iter().map(|one| rustls::pki_types::CertificateDer::from(one.der().to_vec())).collect();
    let provider = rustls::crypto::ring::default_provider();
    let refuse = |why: String| SourceError::NoImage {
        file: shown_path(file),
        why: format!("certificate and key cannot be used for TLS: {why}"),
    };
    let key_der =
        rustls::pki_types::PrivateKeyDer::try_from(key.der().to_vec()).map_err(|why| refuse(why.to_owned()))?;
    rustls::sign::CertifiedKey::from_der(der, key_der, &provider).map_err(|error| refuse(error.to_string()))?;
    Ok(ClientCert::new_with_certs(chain, key))
}

fn certificates(items: Vec<PemItem<'static>>) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    };
    items.into_iter().filter_map(certificate).collect()
}

/// The items of a PEM file; `None` when there is no such file.
fn read_pem(path: &Path) -> Result<Option<Vec<PemItem<'static>>>, SourceError> {
    if !matches!(disk::look(path)?, disk::Lies::File { .. }) {
        return Ok(None);
    }
    let bytes = disk::head(path, LARGEST_PEM)?;
    let items: Result<Vec<_>, _> = parse_pem(&bytes).collect();
    // What the parser says could quote a key.
    items.map(Some).map_err(|_| no_certificate(path, "PEM"))
}

fn no_certificate(path: &Path, expected: &str) -> SourceError {
    SourceError::NoImage { file: shown_path(path), why: format!("expected {expected}, found none") }
}
