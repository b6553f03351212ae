//! Who is let in, with what, and that no secret is ever shown.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::*;

const PASSWORD: &str = "hunter22-correct-horse";
const TOKEN: &str = "tok3n-that-nobody-shall-see";
const REFRESH: &str = "refr3sh-t0ken-of-somebody";

fn basic() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("user:{PASSWORD}"))
}

/// Everything that must not be seen.
fn secrets() -> Vec<String> {
    vec![PASSWORD.to_owned(), TOKEN.to_owned(), REFRESH.to_owned(), basic()]
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("the temporary directory can be written");
}

/// A registry that wants the user and the password.
fn with_basic() -> Server {
    let right = format!("Basic {}", basic());
    faulty(move |request, reply| match request.header("authorization") == right {
        true => reply,
        // a server that tells what it was sent
        false => Reply::new(401).with("WWW-Authenticate", "Basic realm=\"Registry Realm\"").body(format!(
            r#"{{"errors":[{{"code":"UNAUTHORIZED","message":"not {}"}}]}}"#,
            request.header("authorization")
        )),
    })
}

/// A registry with a token server, whose tokens are good for `good` requests each; `let_in` says who gets one.
fn with_tokens(good: usize, let_in: fn(&Request) -> bool) -> (Server, Server) {
    let made = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&made);
    let tokens = Server::start(move |request| match let_in(request) {
        true => {
            let number = count.fetch_add(1, Ordering::SeqCst) + 1;
            Reply::new(200).body(format!(r#"{{"token": "{TOKEN}-{number}", "expires_in": 60}}"#))
        }
        false => Reply::new(401).body(format!("who is {}", request.header("authorization"))),
    });
    let realm = format!("http://{}/token", tokens.host);
    let left = AtomicUsize::new(0);
    let last = AtomicUsize::new(0);
    let server = faulty(move |request, reply| {
        let newest = made.load(Ordering::SeqCst);
        if last.swap(newest, Ordering::SeqCst) != newest {
            left.store(good, Ordering::SeqCst);
        }
        let right = format!("Bearer {TOKEN}-{newest}");
        let is_left = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        match request.header("authorization") == right && is_left {
            true => reply,
            false => Reply::new(401).with(
                "WWW-Authenticate",
                format!(r#"Bearer realm="{realm}",service="some service",scope="repository:some/app:pull""#),
            ),
        }
    });
    (server, tokens)
}

fn ok(report: &Report) {
    assert_eq!((report.sameness, trouble(report)), (Some(Sameness::SameDigest), String::new()));
}

fn authfile(folder: &Path, host: &str, entry: &str) -> Access {
    let path = folder.join("auth.json");
    write(&path, &format!(r#"{{"auths": {{"{host}/some": {entry}}}}}"#));
    Access { authfile: Some(path), ..access() }
}

#[test]
fn anybody_may_have_a_token() {
    let (server, tokens) = with_tokens(1000, |request| request.header("authorization").is_empty());
    ok(&compare(&server, "docker", &file(DOCKER), &options(access())));
    let log = tokens.log();
    assert_eq!(log.len(), 1, "one token for all requests");
    assert_eq!(log[0].query, "service=some%20service&scope=repository%3Asome%2Fapp%3Apull");
}

#[test]
fn a_password_is_changed_for_a_token() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (server, tokens) = with_tokens(1000, |request| request.header("authorization") == format!("Basic {}", basic()));
    let access = authfile(folder.path(), &server.host, &format!(r#"{{"auth": "{}"}}"#, basic()));
    ok(&compare(&server, "docker", &file(DOCKER), &options(access)));
    assert_eq!(tokens.log().len(), 1);
    assert_eq!(server.count(|request| request.header("authorization").starts_with("Basic")), 0);
}

#[test]
fn an_identity_token_is_changed_for_a_token() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (server, tokens) = with_tokens(1000, |request| {
        request.method == "POST" && request.body.contains(&format!("grant_type=refresh_token&client_id=why-differ&service=some%20service&scope=repository%3Asome%2Fapp%3Apull&refresh_token={REFRESH}"))
    });
    let access = authfile(folder.path(), &server.host, &format!(r#"{{"identitytoken": "{REFRESH}"}}"#));
    ok(&compare(&server, "docker", &file(DOCKER), &options(access)));
    assert_eq!(tokens.log().len(), 1);
}

#[test]
fn tokens_that_expire_are_renewed() {
    let (server, tokens) = with_tokens(2, |_| true);
    let report = compare(&server, "docker", &file(CTR), &options(access()));
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameImage), String::new()));
    assert!(tokens.log().len() > 2, "{} tokens", tokens.log().len());
}

#[test]
fn tokens_that_are_never_good_end() {
    let (server, tokens) = with_tokens(0, |_| true);
    let report = compare(&server, "docker", &file(CTR), &options(access()));
    assert!(trouble(&report).contains("refuses to show some/app (401)"), "{}", trouble(&report));
    assert!(server.log().len() + tokens.log().len() < 10);
}

/// Runs the program with a home of its own.
fn program(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    let path = std::env::var("PATH").unwrap_or_default();
    for variable in
        ["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "NO_COLOR", "HTTP_PROXY"]
    {
        command.env_remove(variable);
    }
    command.env("HOME", home).env("PATH", format!("{}:{path}", home.display())).stdin(Stdio::null());
    command.args(args).output().expect("the program starts")
}

/// Looks for secrets in all that the program says.
#[track_caller]
fn silent(output: &Output, what: &str) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    let said = String::from_utf8(said).expect("all output is UTF-8");
    for secret in secrets() {
        assert!(!said.contains(&secret), "{what}: {said}");
    }
    said
}

#[test]
fn no_secret_is_shown_whatever_happens() {
    let right = format!(r#"{{"auth": "{}"}}"#, basic());
    let wrong = format!(r#"{{"username": "somebody", "password": "{PASSWORD}"}}"#);
    let spoilt = format!(r#"{{"auth": "{PASSWORD}"}}"#);
    let refresh = format!(r#"{{"identitytoken": "{REFRESH}"}}"#);
    let table = [("right", &right, 0), ("wrong", &wrong, 2), ("spoilt", &spoilt, 2), ("refresh", &refresh, 2)];
    for (what, entry, code) in table {
        let home = tempfile::tempdir().expect("a temporary directory");
        let server = with_basic();
        let (tokens, _) = with_tokens(1000, |request| {
            request.header("authorization") == format!("Basic {}", basic()) && request.method == "GET"
        });
        let config = home.path().join(".docker");
        std::fs::create_dir(&config).expect("the temporary directory can be written");
        let entries = format!(r#"{{"auths": {{"{}": {entry}, "{}": {entry}}}}}"#, server.host, tokens.host);
        write(&config.join("config.json"), &entries);
        for server in [&server, &tokens] {
            for form in [&["-v"][..], &["--format", "json", "--full"], &["-q"], &["--verify", "-v", "--full"]] {
                let (image, other) = (name(server, "docker"), file(DOCKER));
                let args = [&["--plain-http", &image, &other][..], form].concat();
                let output = program(home.path(), &args);
                let said = silent(&output, &format!("{what} {form:?}"));
                assert_eq!(output.status.code(), Some(code), "{what}: {said}");
                if form == ["-v"] && code == 0 {
                    assert!(
                        said.split_whitespace().collect::<Vec<_>>().join(" ").contains("with the credentials of"),
                        "{said}"
                    );
                }
            }
        }
    }
    let secret = Access { authfile: Some("/some/file".into()), ..access() };
    assert!(!format!("{:?}", options(secret)).contains(PASSWORD));
}

/// Helpers are run as docker runs them: one argument, the server's name on stdin.
#[test]
fn helpers_are_asked_as_docker_asks_them() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let server = with_basic();
    let helper = home.path().join("docker-credential-of-test");
    let said = home.path().join("said");
    write(
        &helper,
        &format!(
            "#!/bin/sh\necho \"$# $1 $(cat)\" >>{}\necho '{{\"ServerURL\":\"x\",\"Username\":\"user\",\"Secret\":\"{PASSWORD}\"}}'\n",
            said.display()
        ),
    );
    std::fs::set_permissions(&helper, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let config = home.path().join(".docker");
    std::fs::create_dir(&config).expect("the temporary directory can be written");
    let (image, other) = (name(&server, "docker"), file(DOCKER));
    for (key, value) in
        [("credHelpers", format!(r#"{{"{}": "of-test"}}"#, server.host)), ("credsStore", r#""of-test""#.to_owned())]
    {
        write(&config.join("config.json"), &format!(r#"{{"{key}": {value}}}"#));
        let _ = std::fs::remove_file(&said);
        let output = program(home.path(), &["--plain-http", &image, &other, "-v"]);
        let text = silent(&output, key);
        assert_eq!(output.status.code(), Some(0), "{key}: {text}");
        let asked = std::fs::read_to_string(&said).expect("the helper was asked");
        assert_eq!(asked, format!("1 get {}\n", server.host), "{key}: once, and for this server");
        assert!(text.split_whitespace().collect::<String>().contains("docker-credential-of-test"), "{text}");
    }
    // one that fails is told with the refusal
    write(&helper, &format!("#!/bin/sh\necho {PASSWORD}; echo {PASSWORD} >&2; exit 3\n"));
    let output = program(home.path(), &["--plain-http", &image, &other, "-v"]);
    let text = silent(&output, "a helper that fails");
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("docker-credential-of-test: it fails"), "{text}");
}

/// Each side has its own credentials where that is said.
#[test]
fn sides_have_credentials_of_their_own() {
    let home = tempfile::tempdir().expect("a temporary directory");
    let server = with_basic();
    let (right, none) = (home.path().join("right.json"), home.path().join("none.json"));
    write(&right, &format!(r#"{{"auths": {{"{}": {{"auth": "{}"}}}}}}"#, server.host, basic()));
    write(&none, "{}");
    let image = name(&server, "docker");
    let (right, none) = (right.display().to_string(), none.display().to_string());
    let table = [
        (vec!["--authfile", &right], 0),
        (vec!["--authfile", &none], 2),
        (vec!["--a-authfile", &right, "--b-authfile", &right], 0),
        (vec!["--a-authfile", &right], 2),
        (vec!["--authfile", &none, "--a-authfile", &right], 2),
        (vec!["--authfile", &right, "--a-authfile", &none], 2),
    ];
    for (own, code) in table {
        let args = [&["--plain-http", &image, &image][..], &own].concat();
        let output = program(home.path(), &args);
        let said = silent(&output, &format!("{own:?}"));
        assert_eq!(output.status.code(), Some(code), "{own:?}: {said}");
    }
}
