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

#[test]
fn a_file_of_authorities_must_hold_some() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "not a certificate").expect("it can be written");
    let options = options(Access { ca_file: Some(path), plain_http: false, ..access() });
    let report = compare(&healthy(), "docker", &file(DOCKER), &options);
    assert!(trouble(&report).contains("expected certificates in PEM, found none"), "{}", trouble(&report));
}
