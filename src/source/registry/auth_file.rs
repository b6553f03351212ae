//! Files of credentials: docker's `config.json` and `containers-auth.json(5)`, which is the same with
//! keys that may go down to a repository.
//!
//! Refuses to tell what stands in them: an error names the file and the place in it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::Value;

use super::name::Name;
use super::secret::Secret;

/// What somebody logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Credential {
    /// A user and a password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: Secret,
    },
    /// An identity token (OAuth2 refresh token), to be changed for an access token.
    Identity(Secret),
    /// A token that a registry takes as it is.
    Bearer(Secret),
}

/// Where a credential is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// From `docker-credential-…`, under this server name.
    Helper {
        /// The part of the program's name behind `docker-credential-`.
        helper: String,
        /// What the helper is asked for.
        server: String,
    },
    /// It stands in the file.
    Here(Credential),
}

/// The entries of one file that are for `name`, in the order in which docker and skopeo try them.
pub(super) fn entries(bytes: &[u8], name: &Name) -> Result<Vec<Entry>, String> {
    let file: Value = serde_json::from_slice(bytes).map_err(|error| {
        // serde's words name a line and a column and may quote what stands there
        format!("expected the JSON of docker login, found something else at line {}", error.line())
    })?;
    if !file.is_object() {
        return Err("expected the JSON of docker login, found no object".to_owned());
    }
    let keys = keys(name);
    let mut found = Vec::new();
    if let Some(helpers) = file.get("credHelpers").and_then(Value::as_object) {
        for key in &keys {
            if let Some(helper) = helpers.get(key).and_then(Value::as_str).filter(|helper| !helper.is_empty()) {
                found.push(Entry::Helper { helper: helper.to_owned(), server: key.clone() });
            }
        }
    }
    if let Some(helper) = file.get("credsStore").and_then(Value::as_str).filter(|helper| !helper.is_empty()) {
        let server = if name.registry == "docker.io" { HUB.to_owned() } else { name.registry.clone() };
        found.push(Entry::Helper { helper: helper.to_owned(), server });
    }
    if let Some(auths) = file.get("auths").and_then(Value::as_object) {
        for key in &keys {
            let exact = auths.get(key);
            // docker wrote URLs once: `https://host/v1/`
            let like = || auths.iter().find(|(own, _)| own.contains("://") && plain(own) == *key).map(|(_, v)| v);
            if let Some(entry) = exact.or_else(like)
                && let Some(credential) = credential(entry).map_err(|why| format!("auths: {key}: {why}"))?
            {
                found.push(Entry::Here(credential));
            }
        }
    }
    Ok(found)
}

/// What docker calls Docker Hub in its files and to its helpers.
const HUB: &str = "https://index.docker.io/v1/";

/// The keys under which a repository's credentials may stand, the most particular first.
fn keys(name: &Name) -> Vec<String> {
    let mut keys = Vec::new();
    let mut path = name.repository.as_str();
    loop {
        keys.push(format!("{}/{path}", name.registry));
        match path.rsplit_once('/') {
            Some((parent, _)) => path = parent,
            None => break,
        }
    }
    keys.push(name.registry.clone());
    if name.registry == "docker.io" {
        keys.extend([HUB, "index.docker.io", "registry-1.docker.io"].map(str::to_owned));
    }
    keys
}

/// A key without scheme, the API's version and slashes behind.
fn plain(key: &str) -> &str {
    let bare = key.split_once("://").map_or(key, |(_, rest)| rest).trim_end_matches('/');
    bare.strip_suffix("/v1").or_else(|| bare.strip_suffix("/v2")).unwrap_or(bare)
}

fn credential(entry: &Value) -> Result<Option<Credential>, String> {
    let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Credential::Identity(Secret::new(token))));
    }
    if let Some(token) = text("registrytoken") {
        return Ok(Some(Credential::Bearer(Secret::new(token))));
    }
    if let Some(auth) = text("auth") {
        let auth = auth.trim();
        let bytes = STANDARD.decode(auth).or_else(|_| STANDARD_NO_PAD.decode(auth));
        let pair = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = pair.as_deref().and_then(|pair| pair.split_once(':'));
        let Some((user, password)) = pair else {
            return Err("expected \"auth\" to be user:password in base64".to_owned());
        };
        return Ok(Some(password_of(user, password.trim_end_matches('\0'))));
    }
    match (text("username"), text("password")) {
        (Some(user), Some(password)) => Ok(Some(password_of(user, password))),
        _ => Ok(None),
    }
}

/// A user and a password, which is an identity token if the user is called `<token>`.
pub(super) fn password_of(user: &str, password: &str) -> Credential {
    if user == "<token>" {
        return Credential::Identity(Secret::new(password));
    }
    Credential::Password { user: user.to_owned(), password: Secret::new(password) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(file: &str, name: &str) -> Option<Entry> {
        entries(file.as_bytes(), &Name::parse(name).expect(name)).expect("a file").into_iter().next()
    }

    fn user(file: &str, name: &str) -> Option<String> {
        match first(file, name)? {
            Entry::Here(Credential::Password { user, .. }) => Some(user),
            Entry::Here(Credential::Identity(_)) => Some("(identity)".to_owned()),
            Entry::Here(Credential::Bearer(_)) => Some("(bearer)".to_owned()),
            Entry::Helper { helper, server } => Some(format!("{helper} {server}")),
        }
    }

    #[test]
    fn the_longest_key_wins() {
        // user:pass in base64 for each: a, b, c, d
        let file = r#"{"auths": {
            "reg.example": {"auth": "YTpwYXNz"},
            "reg.example/team": {"auth": "YjpwYXNz"},
            "reg.example/team/app": {"auth": "YzpwYXNz"},
            "reg.example:5000": {"auth": "ZDpwYXNz"},
            "https://old.example/v1/": {"username": "e", "password": "pass"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "pass"},
            "empty.example": {},
            "token.example": {"auth": "", "identitytoken": "t"},
            "named.example": {"username": "<token>", "password": "t"},
            "ready.example": {"registrytoken": "t"}
        }}"#;
        let table = [
            ("reg.example/app", Some("a")),
            ("reg.example/team/other", Some("b")),
            ("reg.example/teams", Some("a")),
            ("reg.example/team/app:1", Some("c")),
            ("reg.example/team/app/sub", Some("c")),
            ("reg.example:5000/team/app", Some("d")),
            ("old.example/app", Some("e")),
            ("ubuntu", Some("hub")),
            ("empty.example/app", None),
            ("token.example/app", Some("(identity)")),
            ("named.example/app", Some("(identity)")),
            ("ready.example/app", Some("(bearer)")),
            ("none.example/app", None),
        ];
        for (name, expected) in table {
            assert_eq!(user(file, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn helpers_come_before_what_stands_there() {
        let file = r#"{"credsStore": "all", "credHelpers": {"reg.example": "one"},
            "auths": {"reg.example": {"auth": "YTpwYXNz"}}}"#;
        let table = [
            ("reg.example/app", "one reg.example"),
            ("other.example/app", "all other.example"),
            ("ubuntu", "all https://index.docker.io/v1/"),
        ];
        for (name, expected) in table {
            assert_eq!(user(file, name).as_deref(), Some(expected), "{name}");
        }
    }

    #[test]
    fn errors_do_not_tell_what_stands_there() {
        let name = Name::parse("reg.example/app").expect("a name");
        for file in ["hunter22", "[\"hunter22\"]", r#"{"auths": {"reg.example": {"auth": "hunter22"}}}"#] {
            let message = entries(file.as_bytes(), &name).expect_err(file);
            assert!(!message.contains("hunter22"), "{message}");
        }
    }
}
