//! How registries are talked to, as the command line says it: plain data.
//!
//! Holds the names of files and no secret of any kind, so that it may be shown.

use std::path::PathBuf;
use std::time::Duration;

/// How a registry is reached, and with whose credentials. The default is what docker does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// The only file to look for credentials in (`--authfile`), as `docker login` or `skopeo login` write it.
    pub authfile: Option<PathBuf>,
    /// Talk HTTP without TLS (`--plain-http`).
    pub plain_http: bool,
    /// Do not verify certificates, and fall back to HTTP where there is no TLS (`--insecure`).
    pub insecure: bool,
    /// Certificate authorities in PEM that are trusted besides the machine's own (`--ca-file`).
    pub ca_file: Option<PathBuf>,
    /// A folder where blobs are kept from run to run (`--cache`); nothing is kept without it.
    pub cache: Option<PathBuf>,
    /// How long to wait, and how often to try.
    pub patience: Patience,
}

/// How long a registry is waited for. Every request ends within these bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// How long a server may stay silent: to connect, to answer, between two reads (`--timeout`).
    pub silence: Duration,
    /// For how long a server may send less than 1 KiB a second on average; time in which nobody reads is not counted.
    pub slow: Duration,
    /// The first pause before another try; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause that a server may ask for (`Retry-After`); beyond it the request fails.
    pub longest_pause: Duration,
    /// How often one request is tried, and how often a transfer that brings nothing is resumed.
    pub tries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            silence: Duration::from_secs(30),
            slow: Duration::from_secs(60),
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(60),
            tries: 5,
        }
    }
}
