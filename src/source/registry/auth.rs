//! Authorization for one repository: what a 401 asks for is fetched once and used until it expires.
//!
//! Follows distribution's token specification (GET with Basic, POST with a refresh token). Refuses to
//! send a password or token to a token server without TLS when the registry itself has TLS.

use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use ureq::http::Method;

use super::super::access::Access;
use super::auth_file::Credential;
use super::body::BodyFault;
use super::challenge::{self, Challenge};
use super::credentials::{self, Found};
use super::error::RegistryError;
use super::name::{Name, bare_host, is_loopback};
use super::retry;
use super::secret::{Secret, Secrets};
use super::wire::{Answer, Origin, Sent, Wire};

/// The longest answer of a token server that is read, in bytes. Tokens with many groups have 64 KiB.
const LONGEST_TOKEN: u64 = 1 << 20;
/// How long such an answer may take.
const TOKEN_BODY: Duration = Duration::from_secs(60);

/// What is known of how to authenticate.
pub(super) struct Auth {
    name: Name,
    access: Access,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The value of `Authorization`.
    header: Option<Secret>,
    /// Counts what was fetched, so that of many requests that are refused at once one fetches anew.
    generation: u32,
    found: Option<Found>,
}

/// The header for a request, and what it was when the request was sent.
pub(super) struct Header {
    pub value: Option<Secret>,
    generation: u32,
}

impl Auth {
    pub(super) fn new(name: &Name, access: &Access) -> Self {
        Auth { name: name.clone(), access: access.clone(), state: Mutex::default() }
    }

    /// What to send now.
    pub(super) fn header(&self) -> Header {
        let state = self.state();
        Header { value: state.header.clone(), generation: state.generation }
    }

    /// Which file or helper gave the credentials, once some were needed.
    pub(super) fn from(&self) -> Option<String> {
        self.state().found.as_ref()?.from.clone()
    }

    /// What to say of the credentials when they do not do.
    pub(super) fn in_words(&self) -> String {
        let state = self.state();
        state
            .found
            .as_ref()
            .map_or_else(|| Found::default().in_words(&self.name.registry), |found| found.in_words(&self.name.registry))
    }

    /// Does what a 401 asks for. `sent` is what the refused request had.
    pub(super) fn challenged(
        &self,
        wire: &Wire,
        secrets: &Secrets,
        refused: &Answer,
        sent: &Header,
    ) -> Result<(), RegistryError> {
        let mut state = self.state();
        if state.generation != sent.generation {
            // another request was refused a moment ago and has fetched a new one
            return Ok(());
        }
        let found = state.found.get_or_insert_with(|| credentials::find(&self.name, &self.access)).clone();
        let values = refused.headers.get_all("www-authenticate").iter().filter_map(|value| value.to_str().ok());
        let challenges: Vec<Challenge> = values.flat_map(challenge::parse).collect();
        let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer { .. }));
        let header = match (bearer.or(challenges.first()), &found.credential) {
            (Some(Challenge::Bearer { .. }), Some(Credential::Bearer(token))) => bearer_header(token),
            (Some(Challenge::Bearer { realm, service, scope }), credential) => {
                let asked = Asked { realm, service: service.as_deref(), scope: scope.as_deref() };
                let token = self.token(wire, secrets, refused, &asked, credential.as_ref(), &found)?;
                secrets.add(&token);
                bearer_header(&token)
            }
            (Some(Challenge::Basic), Some(Credential::Password { user, password })) if sent.value.is_none() => {
                basic_header(secrets, user, password)
            }
            (Some(Challenge::Basic), _) => return Err(self.unauthorized(&refused.origin.host, refused.status, &found)),
            (None, _) => {
                return Err(RegistryError::Answer {
                    host: refused.origin.host.clone(),
                    what: format!("status {}", refused.status),
                    expected: "a WWW-Authenticate header with Bearer or Basic",
                    found: "none".to_owned(),
                });
            }
        };
        secrets.add(&header);
        state.header = Some(header);
        state.generation += 1;
        Ok(())
    }

    /// The error for credentials that are refused.
    fn unauthorized(&self, host: &str, status: u16, found: &Found) -> RegistryError {
        RegistryError::Unauthorized {
            host: host.to_owned(),
            what: self.name.repository.clone(),
            status,
            with: found.in_words(&self.name.registry),
        }
    }

    fn token(
        &self,
        wire: &Wire,
        secrets: &Secrets,
        refused: &Answer,
        asked: &Asked<'_>,
        credential: Option<&Credential>,
        found: &Found,
    ) -> Result<Secret, RegistryError> {
        let wrong = |expected: &'static str, found: &str| RegistryError::Answer {
            host: refused.origin.host.clone(),
            what: "WWW-Authenticate: realm".to_owned(),
            expected,
            found: found.to_owned(),
        };
        let Some(origin) = Origin::of(asked.realm) else {
            return Err(wrong("the URL of a token server", "something else"));
        };
        if credential.is_some() && refused.origin.https && !origin.https && !is_loopback(bare_host(&origin.host)) {
            return Err(wrong("a token server with TLS, as the registry has it", "one without"));
        }
        let own_scope = format!("repository:{}:pull", self.name.repository);
        let scope = asked.scope.unwrap_or(&own_scope);
        let mut query = format!("scope={}", encoded(scope));
        if let Some(service) = asked.service {
            query = format!("service={}&{query}", encoded(service));
        }
        let (url, form, authorization) = match credential {
            Some(Credential::Identity(token)) => {
                let token = encoded(token.reveal());
                secrets.add(&Secret::new(token.clone()));
                let form = format!("grant_type=refresh_token&client_id=why-differ&{query}&refresh_token={token}");
                (asked.realm.to_owned(), Some(form), None)
            }
            other => {
                let basic = match other {
                    Some(Credential::Password { user, password }) => Some(basic_header(secrets, user, password)),
                    _ => None,
                };
                let joint = if asked.realm.contains('?') { '&' } else { '?' };
                (format!("{}{joint}{query}", asked.realm), None, basic)
            }
        };
        let sent = Sent {
            method: if form.is_some() { &Method::POST } else { &Method::GET },
            url: &url,
            accept: Some("application/json"),
            authorization: authorization.as_ref().map(Secret::reveal),
            from: 0,
            form: form.as_deref(),
            body: Some(TOKEN_BODY),
        };
        let answer = retry::send(wire, &self.access.patience, &sent)?;
        if matches!(answer.status, 400 | 401 | 403) {
            return Err(self.unauthorized(&origin.host, answer.status, found));
        }
        let failed = |expected: &'static str, found: String| RegistryError::Answer {
            host: origin.host.clone(),
            what: "its token".to_owned(),
            expected,
            found,
        };
        if answer.status != 200 {
            return Err(failed("status 200", format!("status {}", answer.status)));
        }
        let bytes = answer.read_to(LONGEST_TOKEN).map_err(|fault| match fault {
            BodyFault::TooLong(_) => failed("an answer of at most 1 MiB", "a longer one".to_owned()),
            fault => fault.into_error(origin.host.clone(), "its token".to_owned(), 0),
        })?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|_| failed("JSON", "something else".to_owned()))?;
        let token = ["token", "access_token"].iter().find_map(|key| answer.get(key).and_then(Value::as_str));
        // what cannot stand in a header would be told by an error that quotes it
        match token.filter(|token| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())) {
            Some(token) => Ok(Secret::new(token)),
            None => Err(failed("a \"token\"", "none that a header can hold".to_owned())),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a Bearer challenge asks for.
struct Asked<'a> {
    realm: &'a str,
    service: Option<&'a str>,
    scope: Option<&'a str>,
}

fn bearer_header(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.reveal()))
}

fn basic_header(secrets: &Secrets, user: &str, password: &Secret) -> Secret {
    let pair = STANDARD.encode(format!("{user}:{}", password.reveal()));
    secrets.add(password);
    secrets.add(&Secret::new(pair.clone()));
    Secret::new(format!("Basic {pair}"))
}

/// A value as it stands in a query or a form (RFC 3986: all but the unreserved bytes are escaped).
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        assert_eq!(encoded("repository:a/b:pull,push &=é"), "repository%3Aa%2Fb%3Apull%2Cpush%20%26%3D%C3%A9");
    }
}
