//! A registry as one repository sees it: requests with authorization, redirects and another try.
//!
//! Refuses to take `Authorization` to another origin than the registry's, and to follow a redirect
//! from TLS to where there is none.

use std::io::Read as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ureq::http::Method;

use crate::text::{clipped, shown};

use super::super::access::Access;
use super::auth::Auth;
use super::body::BodyFault;
use super::error::RegistryError;
use super::name::Name;
use super::retry;
use super::secret::{Secret, Secrets};
use super::wire::{Answer, Origin, Sent, Wire};

/// Redirects that are followed of one request. curl follows 50, Go 10; blob stores need one or two.
const MOST_REDIRECTS: usize = 10;
/// How often one request may be answered 401: without a token, with an old one, with a new one.
const MOST_CHALLENGES: usize = 3;
/// What is read of an error's body, in bytes.
const LONGEST_COMPLAINT: u64 = 16 << 10;
/// How long a document may take in all; blobs take as long as they keep their pace.
pub(super) const DOCUMENT_BODY: Duration = Duration::from_secs(180);

/// Talks to one registry about one repository.
pub(super) struct Client {
    pub name: Name,
    pub access: Access,
    wire: Wire,
    auth: Auth,
    secrets: Secrets,
    origin: OnceLock<Origin>,
    /// Bytes of bodies that were asked for and came.
    pub fetched: AtomicU64,
}

/// What to ask of the registry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    /// Behind the repository: `/manifests/latest`.
    pub path: &'a str,
    pub method: &'a Method,
    pub accept: Option<&'a str>,
    /// The first byte that is wanted.
    pub from: u64,
    /// How long the body may take in all, if it is a short one.
    pub body: Option<Duration>,
}

impl Client {
    pub(super) fn new(name: Name, access: &Access) -> Self {
        Client {
            wire: Wire::new(&name.registry, access),
            auth: Auth::new(&name, access),
            name,
            access: access.clone(),
            secrets: Secrets::default(),
            origin: OnceLock::new(),
            fetched: AtomicU64::new(0),
        }
    }

    /// Host and port, for messages.
    pub(super) fn host(&self) -> &str {
        &self.name.host
    }

    /// Which file or helper gave the credentials.
    pub(super) fn credentials_from(&self) -> Option<String> {
        self.auth.from()
    }

    /// Counts bytes of bodies.
    pub(super) fn count(&self, bytes: u64) {
        self.fetched.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Foreign text with no secret in it, on one line and not long.
    pub(super) fn clean(&self, text: &str) -> String {
        clipped(&shown(self.secrets.clean(text).as_bytes()), 300)
    }

    /// Asks, whatever the answer's status. 401 is answered with credentials where there are some.
    pub(super) fn ask(&self, ask: &Ask<'_>) -> Result<Answer, RegistryError> {
        let origin = self.origin()?;
        let url = format!("{}/v2/{}{}", origin.url(), self.name.repository, ask.path);
        for _ in 0..MOST_CHALLENGES {
            let header = self.auth.header();
            let answer = self.follow(&origin, &url, ask, header.value.as_ref())?;
            if answer.status != 401 || !answer.origin.same(&origin) {
                return Ok(answer);
            }
            self.auth.challenged(&self.wire, &self.secrets, &answer, &header)?;
            answer.drain();
        }
        Err(RegistryError::Unauthorized {
            host: self.name.host.clone(),
            what: self.name.repository.clone(),
            status: 401,
            with: self.auth.in_words(),
        })
    }

    /// Asks and follows redirects, `Authorization` left out on other origins.
    fn follow(
        &self,
        registry: &Origin,
        url: &str,
        ask: &Ask<'_>,
        authorization: Option<&Secret>,
    ) -> Result<Answer, RegistryError> {
        let mut url = url.to_owned();
        let mut here = registry.clone();
        for _ in 0..=MOST_REDIRECTS {
            let sent = Sent {
                method: ask.method,
                url: &url,
                accept: ask.accept,
                authorization: authorization.filter(|_| here.same(registry)).map(Secret::reveal),
                from: ask.from,
                form: None,
                body: ask.body,
            };
            let answer = retry::send(&self.wire, &self.access.patience, &sent)?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let wrong = |expected: &'static str, found: &str| RegistryError::Answer {
                host: here.host.clone(),
                what: format!("status {}", answer.status),
                expected,
                found: found.to_owned(),
            };
            let Some(location) = answer.header("location") else {
                return Err(wrong("a Location header", "none"));
            };
            url = joined(&url, &here, location);
            let Some(next) = Origin::of(&url) else {
                return Err(wrong("a Location that is a URL of HTTP", "something else"));
            };
            if here.https && !next.https && !self.access.insecure {
                return Err(wrong("a Location with TLS", "one without (--insecure goes there)"));
            }
            here = next;
            answer.drain();
        }
        Err(RegistryError::Answer {
            host: registry.host.clone(),
            what: ask.path.trim_start_matches('/').to_owned(),
            expected: "an answer",
            found: format!("more than {MOST_REDIRECTS} redirects"),
        })
    }

    /// Scheme and host of the registry. A registry on this machine, and any with `--insecure`, may have no
    /// TLS: then it is asked once with and, if there is none, without.
    fn origin(&self) -> Result<Origin, RegistryError> {
        if let Some(origin) = self.origin.get() {
            return Ok(origin.clone());
        }
        let origin = |https: bool| Origin { https, host: self.name.host.clone() };
        let found = if self.access.plain_http {
            origin(false)
        } else if self.access.insecure || self.name.is_loopback() {
            let url = format!("{}/v2/", origin(true).url());
            let sent = Sent {
                method: &Method::GET,
                url: &url,
                accept: None,
                authorization: None,
                from: 0,
                form: None,
                body: Some(DOCUMENT_BODY),
            };
            match self.wire.send(&sent) {
                Ok(answer) => {
                    answer.drain();
                    origin(true)
                }
                Err(failure) if failure.no_tls => origin(false),
                Err(failure) => return Err(failure.error),
            }
        } else {
            origin(true)
        };
        Ok(self.origin.get_or_init(|| found).clone())
    }

    /// Where it is, as other tools have to be told.
    pub(super) fn place(&self) -> crate::origin::Registry {
        crate::origin::Registry {
            name: self.name.registry.clone(),
            host: self.name.host.clone(),
            repository: self.name.repository.clone(),
            reference: self.name.reference(),
            https: self.origin.get().is_none_or(|origin| origin.https),
            trusted: !self.access.insecure && self.access.ca_file.is_none(),
            asks: self.credentials_from().is_some(),
        }
    }

    /// The error for a status that is not what was asked for.
    pub(super) fn refused(&self, answer: Answer, what: &str) -> RegistryError {
        let (host, status) = (answer.origin.host.clone(), answer.status);
        let from_registry = self.origin.get().is_some_and(|origin| origin.same(&answer.origin));
        let said = self.complaint(answer, from_registry);
        match status {
            401 | 403 if from_registry => RegistryError::Unauthorized {
                host,
                what: self.name.repository.clone(),
                status,
                with: format!("{}{said}", self.auth.in_words()),
            },
            _ => RegistryError::Status { host, status, what: what.to_owned(), said },
        }
    }

    /// What a server says of an error, as distribution's errors have it: `: CODE: message`. One line of plain words is
    /// taken from the registry itself only: a blob store's may repeat the signature that it was sent.
    fn complaint(&self, answer: Answer, from_registry: bool) -> String {
        let Ok(bytes) = answer.read_to(LONGEST_COMPLAINT) else { return String::new() };
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
            let words = std::str::from_utf8(bytes.trim_ascii()).unwrap_or_default();
            let is_line = !words.is_empty() && !words.starts_with('<') && !words.contains('\n');
            return if is_line && from_registry { format!(": {}", self.clean(words)) } else { String::new() };
        };
        let Some(first) = json.get("errors").and_then(|errors| errors.get(0)) else { return String::new() };
        let text = |key: &str| first.get(key).and_then(serde_json::Value::as_str).filter(|text| !text.is_empty());
        [text("code"), text("message")].into_iter().flatten().map(|text| format!(": {}", self.clean(text))).collect()
    }
}

/// Where a `Location` leads from a URL (RFC 3986 section 5.2, without the removal of dots, which servers do).
fn joined(url: &str, here: &Origin, location: &str) -> String {
    let has_scheme = location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    let path = || url.split(['?', '#']).next().unwrap_or(url);
    match location {
        _ if has_scheme => location.to_owned(),
        _ if location.starts_with("//") => format!("{}:{location}", if here.https { "https" } else { "http" }),
        _ if location.starts_with('/') => format!("{}{location}", here.url()),
        _ if location.starts_with('?') => format!("{}{location}", path()),
        _ => format!("{}/{location}", path().rsplit_once('/').map_or("", |(folder, _)| folder)),
    }
}

impl BodyFault {
    /// The same with no secret in it.
    pub(super) fn cleaned(self, client: &Client) -> Self {
        match self {
            BodyFault::TooLong(most) => BodyFault::TooLong(most),
            BodyFault::TooSlow(why) => BodyFault::TooSlow(client.clean(&why)),
            BodyFault::Broke(why) => BodyFault::Broke(client.clean(&why)),
        }
    }
}

impl Answer {
    /// The body, at most `most` bytes of it.
    pub(super) fn read_to(self, most: u64) -> Result<Vec<u8>, BodyFault> {
        let mut bytes = Vec::new();
        let read = self.body.take(most.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| BodyFault::of(&error))?;
        if bytes.len() as u64 > most {
            return Err(BodyFault::TooLong(most));
        }
        Ok(bytes)
    }

    /// Reads a short body to its end, so that the connection can be used again.
    fn drain(self) {
        let _ = self.read_to(LONGEST_COMPLAINT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_lead_where_they_say() {
        let table = [
            ("http://b/x?sig=1", "http://b/x?sig=1"),
            ("//b/x", "https://b/x"),
            ("/x/y", "https://a:1/x/y"),
            ("other", "https://a:1/v2/app/blobs/other"),
            ("other?at=10:30", "https://a:1/v2/app/blobs/other?at=10:30"),
            ("?sig=/", "https://a:1/v2/app/blobs/sha256:0?sig=/"),
            ("file:///etc/passwd", "file:///etc/passwd"),
        ];
        let url = "https://a:1/v2/app/blobs/sha256:0?from=/x";
        let here = Origin::of(url).expect("a URL");
        for (location, expected) in table {
            assert_eq!(joined(url, &here, location), expected, "{location}");
        }
    }
}
