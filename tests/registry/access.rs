//! Redirects, TLS or none, and what goes to whom.

use super::*;

/// A blob store on another origin gets no Authorization, and a broken transfer from it is resumed through the registry.
#[test]
fn a_redirect_takes_no_credentials_along() {
    let whole = store();
    let blobs = Server::start(move |request| {
        let mut own = request.clone();
        own.path = request.path.replacen("/signed/", "/v2/", 1);
        Reply { cut: Some(60_000), ..whole.answer(&own) }
    });
    let elsewhere = blobs.host.clone();
    let server = faulty(move |request, reply| {
        if request.header("authorization") != "Basic dXNlcjpodW50ZXIyMg==" {
            return Reply::new(401).with("WWW-Authenticate", "Basic realm=\"x\"");
        }
        match request.path.contains("/blobs/") && request.method == "GET" {
            true => {
                let path = request.path.replacen("/v2/", "/signed/", 1);
                Reply::new(307).with("Location", format!("http://{elsewhere}{path}?signature=secret"))
            }
            false => reply,
        }
    });
    let folder = tempfile::tempdir().expect("a temporary directory");
    let authfile = folder.path().join("auth.json");
    let auth = format!(r#"{{"auths": {{"{}": {{"auth": "dXNlcjpodW50ZXIyMg=="}}}}}}"#, server.host);
    std::fs::write(&authfile, auth).expect("it can be written");
    let options = options(Access { authfile: Some(authfile), ..access() });
    let report = compare(&server, "docker", &file(CTR), &options);
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameImage), String::new()));
    assert!(blobs.log().len() > 4, "the layers came from there, in parts");
    let leaked: Vec<_> =
        blobs.log().into_iter().filter(|request| !request.header("authorization").is_empty()).collect();
    assert_eq!(leaked, []);
    let resumed = |request: &Request| request.header("range") == "bytes=60000-";
    assert!(server.count(resumed) > 0 && blobs.count(resumed) > 0, "each part is asked for anew");
}

/// A registry on this machine may have no TLS: it is asked with TLS once, and then without.
#[test]
fn a_registry_on_this_machine_needs_no_option() {
    let server = healthy();
    let options = options(Access { plain_http: false, ..access() });
    let report = compare(&server, "docker", &file(DOCKER), &options);
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameDigest), String::new()));
}

/// The environment's proxy is used for hosts that are elsewhere, and its password is not shown.
#[test]
fn the_proxy_of_the_environment_is_used() {
    let store = store();
    // a tunnel ends in the same server that made it
    let proxy = Server::start(move |request| match request.method.as_str() {
        "CONNECT" => Reply::new(200),
        _ => store.answer(request),
    });
    let run = |except: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_why-differ"));
        command
            .args(["--plain-http", "--authfile", "/dev/null", "-v"])
            .args(["docker://registry.invalid/some/app:docker", &file(DOCKER)])
            .env("HTTP_PROXY", format!("http://user:hunter22@{}", proxy.host))
            .env("NO_PROXY", except);
        let output = command.output().expect("the program starts");
        let said = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).expect("UTF-8");
        assert!(!said.contains("hunter22") && !said.contains("dXNlcjpodW50ZXIyMg"), "{said}");
        (output.status.code(), said)
    };
    let (code, said) = run("");
    assert_eq!(code, Some(0), "{said}");
    let tunnels: Vec<_> = proxy.log().into_iter().filter(|request| request.method == "CONNECT").collect();
    assert!(!tunnels.is_empty());
    for tunnel in tunnels {
        assert_eq!(tunnel.path, "registry.invalid:80");
        assert_eq!(tunnel.header("proxy-authorization"), "Basic dXNlcjpodW50ZXIyMg==");
    }
    proxy.forget();
    let (code, said) = run("registry.invalid");
    assert_eq!((code, proxy.log()), (Some(2), vec![]), "{said}");
}

/// Runs the program with nothing in its environment but one variable; what it says has no password in it.
fn through(variable: &str, value: &str, options: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.args(["--authfile", "/dev/null", "-v", "--timeout", "5", "--format", "json"]).args(options);
    command.args(["docker://registry.invalid/some/app:docker", &file(DOCKER)]).env_clear().env(variable, value);
    let output = command.output().expect("the program starts");
    let said = String::from_utf8([&output.stdout[..], &output.stderr[..]].concat()).expect("UTF-8");
    assert!(!said.contains("hunter22") && !said.contains("dXNlcjpodW50ZXIyMg"), "{said}");
    (output.status.code(), said)
}

/// A proxy that cannot be reached, or does not what it should, is named, and nothing of its password is.
#[test]
fn a_proxy_that_fails_is_named() {
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.local_addr().expect("it is bound").to_string()
    };
    let answering = |status: u16| Server::start(move |_| Reply::new(status)).host;
    let (refusing, failing) = (answering(407), answering(502));
    let http: &[&str] = &["--plain-http"];
    let table: [(&str, String, &[&str], &str, &str); 6] = [
        ("HTTP_PROXY", closed.clone(), http, &closed, "refused"),
        ("HTTPS_PROXY", closed.clone(), &[], &closed, "refused"),
        ("https_proxy", closed.clone(), &["--insecure"], &closed, "refused"),
        ("HTTP_PROXY", refusing.clone(), http, &refusing, "the proxy wants other credentials"),
        ("ALL_PROXY", failing.clone(), http, &failing, "it makes no tunnel: proxy server responded 502"),
        ("HTTP_PROXY", "proxy.invalid:3128".to_owned(), http, "proxy.invalid:3128", "cannot talk to registry.invalid"),
    ];
    for (variable, place, options, host, expected) in table {
        let (code, said) = through(variable, &format!("http://user:hunter22@{place}"), options);
        assert_eq!(code, Some(2), "{variable} {place}: {said}");
        let named = format!("registry.invalid through the proxy {host} ({variable})");
        assert!(said.contains(&named) && said.contains(expected), "{variable} {place}: {said}");
    }
    for value in ["http://user:hunter22@", "nonsense://user:hunter22@x", "http://user:hunter22@a b"] {
        let (code, said) = through("HTTP_PROXY", value, http);
        assert!(code == Some(2) && said.contains("HTTP_PROXY holds no URL of a proxy"), "{value}: {said}");
    }
}

/// A SOCKS proxy resolves names itself.
#[test]
fn a_socks_proxy_is_used() {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    let server = healthy();
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let host = listener.local_addr().expect("it is bound");
    let behind = server.host.clone();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let behind = behind.clone();
            // RFC 1928: no authentication, CONNECT, a name
            let serve = move || -> std::io::Result<()> {
                let mut head = [0; 2];
                client.read_exact(&mut head)?;
                client.read_exact(&mut vec![0; usize::from(head[1])])?;
                client.write_all(&[5, 0])?;
                let mut request = [0; 5];
                client.read_exact(&mut request)?;
                let mut name = vec![0; usize::from(request[4]) + 2];
                client.read_exact(&mut name)?;
                if (&request[..4], &name[..]) != (&[5, 1, 0, 3], &b"registry.invalid\0\x50"[..]) {
                    return client.write_all(&[5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
                }
                client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
                let mut server = TcpStream::connect(behind)?;
                let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                std::io::copy(&mut server, &mut client).map(|_| ())
            };
            std::thread::spawn(serve);
        }
    });
    for scheme in ["socks5", "socks5h"] {
        let (code, said) = through("ALL_PROXY", &format!("{scheme}://{host}"), &["--plain-http"]);
        assert_eq!(code, Some(0), "{scheme}: {said}");
    }
    assert!(!server.log().is_empty());
}

#[test]
fn a_file_of_authorities_must_hold_some() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "not a certificate").expect("it can be written");
    let options = options(Access { ca_file: Some(path), plain_http: false, ..access() });
    let report = compare(&healthy(), "docker", &file(DOCKER), &options);
    assert!(trouble(&report).contains("expected certificates in PEM, found none"), "{}", trouble(&report));
}
