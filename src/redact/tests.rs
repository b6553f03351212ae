//! Secrets are found and innocents are left alone.

use super::Vault;

/// `text` after redaction.
fn redacted(text: &str) -> String {
    let mut vault = Vault::default();
    let mut bytes = text.as_bytes().to_vec();
    vault.collect(&bytes);
    vault.sealed().replace(&mut bytes);
    String::from_utf8(bytes).expect("text stays text")
}

#[test]
fn secrets_go() {
    let table = [
        ("GITHUB_TOKEN=abcdef012345", "GITHUB_TOKEN=[redacted #1]"),
        ("DB_PASS=x", "DB_PASS=[redacted #1]"),
        ("MY_SECRET=two words", "MY_SECRET=[redacted #1]"),
        (
            r#"{"Env":["PATH=/bin","AWS_SECRET_ACCESS_KEY=ab\"cd efg"]}"#,
            r#"{"Env":["PATH=/bin","AWS_SECRET_ACCESS_KEY=[redacted #1]"]}"#,
        ),
        (r#"{"com.example.api-key": "0123456789"}"#, r#"{"com.example.api-key": "[redacted #1]"}"#),
        ("RUN |1 NPM_TOKEN=deadbeef00 /bin/sh -c npm ci", "RUN |1 NPM_TOKEN=[redacted #1] /bin/sh -c npm ci"),
        ("login --password hunter22 -u me", "login --password [redacted #1] -u me"),
        ("login --password=hunter22 x", "login --password=[redacted #1] x"),
        ("curl -u me:hunter22 https://x", "curl -u me:[redacted #1] https://x"),
        ("git clone https://me:hunter22@host/x", "git clone https://me:[redacted #1]@host/x"),
        ("curl -H 'Authorization: Bearer abc.def'", "curl -H 'Authorization: Bearer [redacted #1]'"),
        ("echo ghp_0123456789abcdefghij0123 > x", "echo [redacted #1] > x"),
        (
            "x A_TOKEN=hunter22 B_TOKEN=hunter22 C_TOKEN=hunter23",
            "x A_TOKEN=[redacted #1] B_TOKEN=[redacted #1] C_TOKEN=[redacted #2]",
        ),
        ("x A_TOKEN=hunter22; echo hunter22", "x A_TOKEN=[redacted #1]; echo [redacted #1]"),
    ];
    for (text, expected) in table {
        assert_eq!(redacted(text), expected);
    }
}

#[test]
fn innocents_stay() {
    let table = [
        "PATH=/usr/local/bin:/usr/bin",
        "PWD=/srv",
        "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
        "COMPASS=north",
        "org.opencontainers.image.authors=The authors",
        "RUN /bin/sh -c passwd -l root",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "2026-11-23T17:39:52Z",
        "https://example.org/a:b/c@d",
        "TOKEN=",
    ];
    for text in table {
        assert_eq!(redacted(text), text);
    }
}

/// However many there are, and however alike: each is gone, and the time goes with the text.
#[test]
fn many_secrets_go() {
    let names = ["API_TOKEN", "DB_PASSWORD", "AWS_SECRET_ACCESS_KEY", "X_DSN"];
    let variables: Vec<String> =
        (0..100_000).map(|at| format!("\"{}_{at}=hunter{at:07}\"", names[at % names.len()])).collect();
    let text = format!("{{\"Env\":[{}]}}", variables.join(","));
    let out = redacted(&text);
    assert!(!out.contains("hunter"));
    assert!(out.contains("[redacted #10000]\"") && out.ends_with("=[redacted]\"]}"), "the rest has no number");
    // marks are not looked into
    assert_eq!(redacted("x A_TOKEN=redacted #1 B_TOKEN=redacted"), "x A_TOKEN=[redacted #1] #1 B_TOKEN=[redacted #1]");
}

proptest::proptest! {
    /// What a form is found in is never passed over for want of a word.
    #[test]
    fn no_form_does_without_its_word(pieces in proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..12)) {
        let text = pieces.concat();
        let all = super::patterns::search_all(text.as_bytes()).len();
        proptest::prop_assert_eq!(super::patterns::search(text.as_bytes()).len(), all, "{}", text);
    }
}

/// What secrets are made of, and what stands around them.
const PIECES: [&str; 40] = [
    "API_",
    "passwd",
    "PassWord",
    "passphrase",
    "secret",
    "Token",
    "credential",
    "api-key",
    "x_pwd",
    "DBPASS",
    "passcode",
    "ssh_key",
    "X_DSN",
    "access.key",
    "auth",
    "AUTH_",
    "=",
    ": ",
    "\"",
    "'",
    " ",
    ",",
    "--",
    "-u ",
    "--user=",
    "me:hunter2",
    "ENV ",
    "Authorization: Bearer ",
    "https://",
    "u:p@h/",
    "abcdefgh@h",
    "?sig=",
    "&sig=",
    "ghp_0123456789abcdefghij",
    "glpat-0123456789abcdef",
    "AKIA0123456789ABCDEF",
    "xoxb-0123456789",
    "sk_live_0123456789abcdef",
    "eyJ01234567.01234567.x",
    "-----BEGIN RSA PRIVATE KEY-----",
];
