//! What a 401 asks for: `WWW-Authenticate` (RFC 9110 section 11.6.1, distribution's token specification).
//!
//! Refuses to guess: a scheme that is neither Bearer nor Basic is left aside.

/// One way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// A token from a token server.
    Bearer {
        /// The token server's URL.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What it shall allow.
        scope: Option<String>,
    },
    /// User and password.
    Basic,
}

/// Parameters that are read of one header; real ones have four.
const MOST: usize = 32;

/// The challenges of one header value, in order.
pub(super) fn parse(header: &str) -> Vec<Challenge> {
    let mut found = Vec::new();
    let mut rest = header.trim_start();
    while found.len() < MOST {
        let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
        let (scheme, behind) = rest.split_at(end);
        let (parameters, behind) = parameters(behind);
        let get = |key: &str| {
            let own = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(key);
            parameters.iter().find(own).map(|(_, value)| value.clone())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            found.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = get("realm")
        {
            found.push(Challenge::Bearer { realm, service: get("service"), scope: get("scope") });
        }
        if behind.len() >= rest.len() || behind.is_empty() {
            break;
        }
        rest = behind;
    }
    found
}

/// `name=value, name="value"` as far as they go, and what stands behind.
fn parameters(text: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    let mut rest = text;
    while found.len() < MOST {
        let start = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let Some((name, behind)) = start.split_once('=') else { return (found, start) };
        let name = name.trim_end();
        if name.contains(|c: char| c.is_whitespace() || c == ',') {
            // a scheme begins here
            return (found, start);
        }
        let behind = behind.trim_start();
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted),
            None => {
                let end = behind.find([',', ' ']).unwrap_or(behind.len());
                (behind[..end].to_owned(), &behind[end..])
            }
        };
        found.push((name.to_owned(), value));
        rest = behind;
    }
    (found, rest)
}

fn quoted_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Challenge::Bearer { realm: realm.to_owned(), service: own(service), scope: own(scope) }
    }

    #[test]
    fn challenges_are_read() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let table: [(&str, Vec<Challenge>); 9] = [
            (
                hub,
                vec![bearer(
                    "https://auth.docker.io/token",
                    Some("registry.docker.io"),
                    Some("repository:a/b:pull,push"),
                )],
            ),
            (r#"Basic realm="Registry Realm""#, vec![Challenge::Basic]),
            ("basic", vec![Challenge::Basic]),
            (r#"bearer realm=http://x/t , service = "s\"t""#, vec![bearer("http://x/t", Some("s\"t"), None)]),
            (r#"Negotiate, Basic realm="a, b", Bearer realm="r""#, vec![Challenge::Basic, bearer("r", None, None)]),
            ("Bearer", vec![]),
            ("", vec![]),
            ("Bearer realm=\"open", vec![bearer("open", None, None)]),
            (",,,=,=\"", vec![]),
        ];
        for (header, expected) in table {
            assert_eq!(parse(header), expected, "{header}");
        }
    }

    #[test]
    fn any_text_is_survived() {
        for length in 0..64 {
            let text: String =
                "Basic a=\"\\\u{e4},= Bearer realm=".chars().cycle().skip(length).take(length * 3).collect();
            parse(&text);
        }
    }
}
