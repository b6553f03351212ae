//! Secrets are found and innocents are left alone.

use super::Vault;

/// `text` after redaction.
fn redacted(text: &str) -> String {
    let mut vault = Vault::default();
    let mut bytes = text.as_bytes().to_vec();
    vault.collect(&bytes);
    vault.replace(&mut bytes);
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
