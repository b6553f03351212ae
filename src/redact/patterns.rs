//! What a secret looks like: its name, its place in an address, its shape.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// A secret in a text.
pub(super) struct Found {
    /// What it is called, or what it looks like.
    pub(super) name: String,
    /// Its name and itself.
    pub(super) whole: Range<usize>,
    /// Itself.
    pub(super) value: Range<usize>,
}

/// Names of secrets, with whatever stands around them.
const NAME: &str = r"[A-Za-z0-9_.\-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[_.\-]?key|[a-z]_?pwd|db_?pass|passcode|(?:encryption|ssh|account)[_.\-]?key|[a-z]_dsn|access[_.\-]?key|private[_.\-]?key|signing[_.\-]?key|(?:\b|_)(?:auth|pass)(?:\b|_))[A-Za-z0-9_.\-]*";

/// How a secret is written, each with the groups `name` (or none) and `value`.
static FORMS: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    let form = |text: &str| {
        let text = text.replace("NAME", &format!("(?P<name>{NAME})"));
        Regex::new(&format!("(?i-u){text}")).expect("a test compiles every pattern")
    };
    vec![
        // "NAME=value" as a whole string of JSON
        ("", form(r#""NAME=(?P<value>(?:[^"\\]|\\.)+)""#)),
        // "name": "value"
        ("", form(r#""NAME"\s*:\s*"(?P<value>(?:[^"\\]|\\.)+)""#)),
        // "--name", "value": a command as a list
        ("", form(r#""--?NAME"\s*,\s*"(?P<value>(?:[^"\\]|\\.)+)""#)),
        // ENV NAME value, as older Dockerfiles and their histories have it
        ("", form(r#"\bENV\s+NAME\s+(?P<value>[^\s"'\\]+)"#)),
        // a header: Name: value
        ("", form(r#"(?:\A|["'\s])NAME:\s+(?P<value>[^\s"'\\,]+)"#)),
        // the whole text is NAME=value
        ("", form(r"\ANAME=(?P<value>.+)\z")),
        // NAME=value among other words
        ("", form(r#"(?:\A|[^A-Za-z0-9_.\-])NAME=(?P<value>'[^']+'|\\?"[^"\\]+|[^\s"'\\,;&|]+)"#)),
        // --name value
        ("", form(r#"--?NAME[ =]\s*(?P<value>'[^']+'|[^\s"'\\,;&|\-][^\s"'\\,;&|]*)"#)),
        ("an authorization header", form(r#"authorization:\s*(?:bearer|basic|token)?\s*(?P<value>[^\s"'\\]+)"#)),
        ("a password in an address", form(r#"://[^/\s:@"'\\]*:(?P<value>[^/\s@"'\\]+)@"#)),
        ("a token in an address", form(r#"://(?P<value>[^/\s:@"'\\]{8,})@"#)),
        ("a signature in an address", form(r#"[?&]sig=(?P<value>[^&\s"'\\]+)"#)),
        ("a user's password", form(r#"(?:\A|\s)(?:-u|--user)[ =][^\s:"'\\]+:(?P<value>[^\s"'\\]+)"#)),
        ("a GitHub token", form(r"(?P<value>gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})")),
        ("a GitLab token", form(r"(?P<value>glpat-[A-Za-z0-9_\-]{16,})")),
        ("an AWS access key", form(r"\b(?P<value>(?:AKIA|ASIA)[0-9A-Z]{16})\b")),
        ("a Slack token", form(r"(?P<value>xox[abprs]-[A-Za-z0-9\-]{10,})")),
        ("a Stripe key", form(r"(?P<value>[sr]k_(?:live|test)_[A-Za-z0-9]{16,})")),
        ("an npm token", form(r"(?P<value>npm_[A-Za-z0-9]{30,})")),
        ("a Google API key", form(r"(?P<value>AIza[0-9A-Za-z_\-]{35})")),
        ("a JSON web token", form(r"(?P<value>eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*)")),
        (
            "a private key",
            form(r"(?s)(?P<value>-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z))"),
        ),
    ]
});

static NAMED: LazyLock<Regex> = LazyLock::new(|| Regex::new(&format!("(?i-u){NAME}")).expect("a test compiles it"));

/// Whether a field bears a name that secrets have.
pub(super) fn secret_name(field: &str) -> bool {
    NAMED.is_match(field.as_bytes())
}

/// What stands in every text that any form is found in: most texts hold none of it, and are looked at no further.
static TRIGGER: LazyLock<Regex> = LazyLock::new(|| {
    let words = "pass|pwd|secret|token|credential|key|dsn|auth|://|sig=|-u|gh[pousr]_|github_pat_|glpat-|akia|asia|xox|\
                 k_live_|k_test_|npm_|aiza|eyj";
    Regex::new(&format!("(?i-u){words}")).expect("a test compiles it")
});

/// The secrets in `text` by their place, none inside another; what was taken out already is none.
pub(super) fn search(text: &[u8]) -> Vec<Found> {
    if TRIGGER.is_match(text) { search_all(text) } else { Vec::new() }
}

/// The same, with every form.
pub(super) fn search_all(text: &[u8]) -> Vec<Found> {
    let mut found: BTreeMap<usize, Found> = BTreeMap::new();
    for (what, form) in FORMS.iter() {
        for captures in form.captures_iter(text) {
            let (Some(whole), Some(value)) = (captures.get(0), captures.name("value")) else { continue };
            if value.as_bytes().starts_with(b"[redacted") {
                continue;
            }
            let before = found.range(..value.end()).next_back();
            if before.is_some_and(|(_, other)| other.value.end > value.start()) {
                continue;
            }
            let name = captures.name("name").map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
            let name = name.unwrap_or_else(|| (*what).to_owned());
            found.insert(value.start(), Found { name, whole: whole.range(), value: value.range() });
        }
    }
    found.into_values().collect()
}
