//! One HTTP request over TCP or TLS, with a bound on every wait; no retry, no redirect, no credentials.
//!
//! The only file that knows the HTTP library. Its errors become facts here, without URLs: those of
//! blob stores carry signatures.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::time::Duration;

use ureq::http::{HeaderMap, Method, Request, Uri};
use ureq::{Agent, BodyReader, Timeout};

use crate::text::shown;

use super::super::access::Access;
use super::super::pace::{Pace, Paced};
use super::error::RegistryError;
use super::name::bare_host;
use super::{proxy, tls};

/// Bytes read from a socket at a time.
const READ_AHEAD: usize = 128 << 10;

/// Where a request goes: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    pub https: bool,
    /// Host, and port where one is written.
    pub host: String,
}

impl Origin {
    /// The origin and the rest of an absolute URL.
    pub(super) fn of(url: &str) -> Option<Origin> {
        let uri: Uri = url.parse().ok()?;
        let https = match uri.scheme_str()? {
            scheme if scheme.eq_ignore_ascii_case("https") => true,
            scheme if scheme.eq_ignore_ascii_case("http") => false,
            _ => return None,
        };
        let authority = uri.authority()?.as_str();
        // user information in a URL is nobody's to use here
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        (!host.is_empty()).then(|| Origin { https, host: host.to_ascii_lowercase() })
    }

    /// The same with the port that is meant.
    fn full(&self) -> (bool, &str, u16) {
        let bare = bare_host(&self.host);
        let port = self.host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        (self.https, bare, port.unwrap_or(if self.https { 443 } else { 80 }))
    }

    /// Whether what is meant for one may be sent to the other.
    pub(super) fn same(&self, other: &Origin) -> bool {
        self.full() == other.full()
    }

    /// `https://host`.
    pub(super) fn url(&self) -> String {
        format!("{}://{}", if self.https { "https" } else { "http" }, self.host)
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent<'a> {
    pub method: &'a Method,
    pub url: &'a str,
    pub accept: Option<&'a str>,
    /// The value of `Authorization`.
    pub authorization: Option<&'a str>,
    /// The first byte that is wanted; 0 for all.
    pub from: u64,
    /// A form to send with POST.
    pub form: Option<&'a str>,
    /// How long the body may take in all, if it is a short one.
    pub body: Option<Duration>,
}

/// An answer whose body was not read yet.
pub(super) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Paced<BodyReader<'static>>,
    /// Who gave it.
    pub origin: Origin,
}

impl Answer {
    /// A header as text; `None` when it is missing or no text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The length of the whole blob as far as the headers tell.
    pub(super) fn length(&self) -> Option<u64> {
        self.header("content-length")?.trim().parse().ok()
    }
}

/// Why there is no answer, and whether to try again.
#[derive(Debug)]
pub(super) struct Failure {
    pub error: RegistryError,
    /// A connection that broke may hold the next time; a name that does not resolve will not.
    pub again: bool,
    /// Whether the other end speaks no TLS at all.
    pub no_tls: bool,
}

/// Connections by scheme, and by whether a proxy is used.
pub(super) struct Wire {
    access: Access,
    registry: String,
    ways: Mutex<BTreeMap<(bool, bool), Way>>,
}

/// How an origin is reached.
#[derive(Clone)]
struct Way {
    agent: Agent,
    /// For messages, behind a host: the proxy; empty without one.
    through: String,
}

impl Wire {
    pub(super) fn new(registry: &str, access: &Access) -> Self {
        Wire { access: access.clone(), registry: registry.to_owned(), ways: Mutex::default() }
    }

    /// Sends one request.
    pub(super) fn send(&self, sent: &Sent<'_>) -> Result<Answer, Failure> {
        let Some(origin) = Origin::of(sent.url) else {
            let found = "another scheme".to_owned();
            let what = "a URL that it names".to_owned();
            let expected = "http:// or https:// and a host";
            return Err(final_failure(RegistryError::Answer { host: self.registry.clone(), what, expected, found }));
        };
        let Way { agent, through } = self.way(&origin).map_err(final_failure)?;
        let mut request = Request::builder().method(sent.method).uri(sent.url);
        for (name, value) in [("accept", sent.accept), ("authorization", sent.authorization)] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        if sent.from > 0 {
            request = request.header("range", format!("bytes={}-", sent.from));
        }
        let answer = match sent.form {
            None => request
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| agent.run(agent.configure_request(request).timeout_recv_body(sent.body).build())),
            Some(form) => request
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form)
                .map_err(ureq::Error::from)
                .and_then(|request| agent.run(agent.configure_request(request).timeout_recv_body(sent.body).build())),
        };
        let answer = answer.map_err(|error| self.failure(&origin, &through, &error))?;
        let (parts, body) = answer.into_parts();
        let body = Paced::new(body.into_reader(), Pace::over(self.access.patience.slow));
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body, origin })
    }

    fn way(&self, origin: &Origin) -> Result<Way, RegistryError> {
        // the variable may hold a password, so its value is not shown
        let proxy = proxy::on_the_way(origin.https, &origin.host).map_err(|variable| RegistryError::Unreachable {
            host: origin.host.clone(),
            why: format!("{variable} holds no URL of a proxy"),
        })?;
        let key = (origin.https, proxy.is_some());
        let locked = || self.ways.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(way) = locked().get(&key) {
            return Ok(way.clone());
        }
        let (proxy, through) = proxy.map_or((None, String::new()), |used| (Some(used.proxy), used.shown));
        let silence = Some(self.access.patience.silence);
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            // a request says what it accepts, or nothing
            .accept(ureq::config::AutoHeaderValue::None)
            .user_agent(concat!("why-differ/", env!("CARGO_PKG_VERSION")))
            .input_buffer_size(READ_AHEAD)
            .max_idle_connections_per_host(16)
            .timeout_resolve(silence)
            .timeout_connect(silence)
            .timeout_send_request(silence)
            .timeout_recv_response(silence)
            .timeout_per_read(silence)
            .timeout_per_write(silence)
            .proxy(proxy);
        if origin.https {
            config = config.tls_config(tls::config(&self.registry, &self.access)?);
        }
        let way = Way { agent: Agent::new_with_config(config.build()), through };
        Ok(locked().entry(key).or_insert(way).clone())
    }

    /// What an error means; `through` names the proxy on the way.
    fn failure(&self, origin: &Origin, through: &str, error: &ureq::Error) -> Failure {
        let host = format!("{}{through}", origin.host);
        let unreachable = |why: String| RegistryError::Unreachable { host: host.clone(), why };
        let seconds = self.access.patience.silence.as_secs();
        let (error, again, no_tls) = match error {
            ureq::Error::Timeout(which) => {
                (RegistryError::Silent { host, seconds, doing: doing(*which) }, false, false)
            }
            ureq::Error::HostNotFound if through.is_empty() => {
                (unreachable("its name does not resolve".to_owned()), false, false)
            }
            ureq::Error::HostNotFound => (unreachable("the proxy's name does not resolve".to_owned()), false, false),
            ureq::Error::ConnectProxyFailed(why) if why.contains("407") => {
                let why = "the proxy wants other credentials than the variable holds (407)";
                (unreachable(why.to_owned()), false, false)
            }
            ureq::Error::ConnectProxyFailed(why) => {
                (unreachable(format!("it makes no tunnel: {}", shown(why.as_bytes()))), false, false)
            }
            ureq::Error::Rustls(error) => (tls_error(host, error), false, !tls::is_certificate(error)),
            ureq::Error::Tls(why) => (RegistryError::Tls { host, why: (*why).to_owned() }, false, false),
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => (tls_error(host, error), false, !tls::is_certificate(error)),
                None => {
                    // what broke may hold the next time; a name that does not resolve will not
                    let broke = matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionReset
                            | io::ErrorKind::ConnectionAborted
                            | io::ErrorKind::BrokenPipe
                            | io::ErrorKind::UnexpectedEof
                    );
                    // nobody listens on the port of HTTPS, or there is no TLS at it
                    let no_tls = broke || error.kind() == io::ErrorKind::ConnectionRefused;
                    (unreachable(error.to_string()), broke, no_tls && through.is_empty())
                }
            },
            // these hold URLs
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
                (unreachable("a URL or a header that it asks for is not well-formed".to_owned()), false, false)
            }
            ureq::Error::Protocol(error) => (unreachable(format!("it breaks HTTP: {error}")), true, true),
            other => (unreachable(other.to_string()), false, false),
        };
        Failure { error, again, no_tls }
    }
}

fn final_failure(error: RegistryError) -> Failure {
    Failure { error, again: false, no_tls: false }
}

/// What a failed handshake means: a server without TLS is one that is not trusted, but for another reason.
fn tls_error(host: String, error: &rustls::Error) -> RegistryError {
    if tls::is_certificate(error) {
        return RegistryError::Tls { host, why: error.to_string() };
    }
    let why = "it does not speak TLS (--plain-http talks HTTP without, --insecure where there is none)";
    RegistryError::Unreachable { host, why: why.to_owned() }
}

fn doing(which: Timeout) -> &'static str {
    match which {
        Timeout::Resolve => "its name was resolved",
        Timeout::Connect => "connecting",
        Timeout::SendRequest | Timeout::SendBody | Timeout::PerWrite => "it was asked",
        Timeout::RecvBody => "its answer was read",
        _ => "its answer was waited for",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_with_their_ports() {
        let table = [
            ("https://a/v2/", "https://a:443/x", true),
            ("http://a/", "http://A:80/", true),
            ("https://a/", "http://a/", false),
            ("https://a/", "https://a:5000/", false),
            ("https://a/", "https://b/", false),
            ("https://user@a/", "https://a/", true),
            ("https://[::1]:5000/", "https://[::1]:5000/x", true),
        ];
        for (one, other, expected) in table {
            let (one_is, other_is) = (Origin::of(one).expect(one), Origin::of(other).expect(other));
            assert_eq!(one_is.same(&other_is), expected, "{one} {other}");
        }
        for url in ["/v2/", "ftp://a/", "a", "https://", ""] {
            assert_eq!(Origin::of(url), None, "{url}");
        }
    }
}
