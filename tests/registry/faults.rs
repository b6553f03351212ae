//! Networks and servers that fail: what can be repaired is, and what cannot is told, in a bounded number of requests.

use super::*;

#[test]
fn broken_transfers_are_resumed() {
    let options = options(access());
    let expected = told(&diff(&file(DOCKER), &file(CTR), &options, &()));
    // a server that resumes, and one that begins anew each time
    for resumes in [true, false] {
        let whole = store();
        let server = faulty(move |request, reply| match request.is_blob() {
            false => reply,
            true if resumes => Reply { cut: Some(50_000), ..reply },
            true => {
                let mut plain = request.clone();
                plain.headers.remove("range");
                let from: usize =
                    request.header("range").trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(0);
                Reply { cut: Some(from + 50_000), ..whole.answer(&plain) }
            }
        });
        let report = compare(&server, "docker", &name(&server, "ctr"), &options);
        assert_eq!(told(&report), expected, "resumes: {resumes}");
        let ranges: Vec<_> = server.log().into_iter().map(|request| request.header("range").to_owned()).collect();
        assert!(ranges.contains(&"bytes=50000-".to_owned()), "{ranges:?}");
    }
}

/// What goes wrong with which answers, what is said of it, and how many requests there may be for one blob.
#[test]
fn faults_are_told() {
    type Fault = fn(&Request, Reply) -> Reply;
    let table: [(&str, Fault, &str); 17] = [
        (
            "an error in plain words",
            |_, _| Reply::new(400).body("Client sent an HTTP request to an HTTPS server.\n"),
            "answers 400 to a request for manifest docker of some/app: Client sent an HTTP request to an HTTPS server.",
        ),
        (
            "a blob that never comes",
            |request, reply| if request.is_blob() { Reply { cut: Some(0), ..reply } } else { reply },
            "broke off after 0 bytes",
        ),
        (
            "other bytes of the right length",
            |request, reply| match request.is_blob() {
                true => Reply { body: vec![b'{'; reply.body.len()], ..reply },
                false => reply,
            },
            "not a JSON document",
        ),
        (
            "a blob that does not end",
            |request, reply| match request.is_blob() {
                true => Reply { endless: true, body: vec![b' '; 4096], ..reply },
                false => reply,
            },
            "and goes on behind them",
        ),
        (
            "a manifest that does not end",
            |request, reply| match request.path.contains("/manifests/") {
                true => Reply { endless: true, body: vec![b' '; 4096], ..reply },
                false => reply,
            },
            "--max-document",
        ),
        (
            "a manifest that breaks off",
            |request, reply| match request.path.contains("/manifests/") {
                true => Reply { cut: Some(10), ..reply },
                false => reply,
            },
            "broke off",
        ),
        (
            "a manifest of other bytes",
            |request, reply| match request.path.contains("/manifests/") {
                true => {
                    let body = [&reply.body[..], b"\n"].concat();
                    Reply { body, ..reply }
                }
                false => reply,
            },
            "(Docker-Content-Digest): its bytes do not have the digest",
        ),
        (
            "a digest that is none",
            |_, reply| reply.with("Docker-Content-Digest", "sha256:12"),
            "expected a digest, found \"sha256:12\"",
        ),
        (
            "no such blobs",
            |request, reply| if request.path.contains("/blobs/") { Reply::new(404) } else { reply },
            "missing",
        ),
        ("errors that do not pass", |_, _| Reply::new(503), "answers 503 to a request for manifest"),
        (
            "too many requests, come back another day",
            |_, _| Reply::new(429).with("Retry-After", "86400"),
            "asks to come back in 86400 s (429)",
        ),
        ("too many requests, for ever", |_, _| Reply::new(429).with("Retry-After", "0"), "answers 429"),
        (
            "401 for ever",
            |_, _| Reply::new(401).with("WWW-Authenticate", "Basic realm=\"x\""),
            "refuses to show some/app (401): no credentials for it were found",
        ),
        ("401 without a word", |_, _| Reply::new(401), "expected a WWW-Authenticate header"),
        (
            "redirects in a circle",
            |request, _| Reply::new(307).with("Location", request.path.clone()),
            "more than 10 redirects",
        ),
        ("a redirect to nowhere", |_, _| Reply::new(302), "expected a Location header"),
        (
            "a redirect to another protocol",
            |_, _| Reply::new(302).with("Location", "file:///etc/passwd"),
            "expected a Location that is a URL of HTTP",
        ),
    ];
    for (what, fault, expected) in table {
        let server = faulty(fault);
        let report = compare(&server, "docker", &file(CTR), &options(access()));
        let said = trouble(&report);
        assert!(said.contains(expected), "{what}: {said}");
        assert_eq!(report.sameness, None, "{what}");
        assert!(server.log().len() < 60, "{what}: {} requests", server.log().len());
    }
}

#[test]
fn wrong_bytes_of_a_layer_are_a_digest_mismatch() {
    let layers: Vec<String> =
        store().blobs.iter().filter(|(_, b)| b.starts_with(&[0x1f, 0x8b])).map(|(d, _)| d.clone()).collect();
    let server = faulty(move |request, mut reply| {
        if request.is_blob() && layers.iter().any(|layer| request.path.ends_with(layer)) {
            let last = reply.body.len() - 1;
            reply.body[last] ^= 1;
        }
        reply
    });
    let report = compare(&server, "docker", &file(CTR), &options(access()));
    assert!(causes(&report).contains(&"blob-digest-mismatch"), "{:?}", causes(&report));
    assert_eq!(report.sameness, None);
}

#[test]
fn passing_errors_are_waited_out() {
    for (status, header) in [(429, Some("0")), (429, None), (500, None), (503, Some("1"))] {
        let seen = AtomicUsize::new(0);
        let server = faulty(move |_, reply| match seen.fetch_add(1, Ordering::Relaxed) % 3 {
            2 => reply,
            _ => header.iter().fold(Reply::new(status), |reply, wait| reply.with("Retry-After", *wait)),
        });
        let options = Options { jobs: Some(1), ..options(access()) };
        let report = compare(&server, "docker", &file(DOCKER), &options);
        // the sizes are asked for at once, so that one of them may meet more errors than it has tries
        let met = trouble(&report);
        assert!(met.is_empty() || met.contains(&format!("answers {status}")), "{status}: {met}");
        assert_eq!(server.log()[..3].iter().filter(|request| request.path.contains("/manifests/docker")).count(), 3);
    }
}

#[test]
fn silence_ends() {
    let impatient =
        Access { patience: Patience { silence: Duration::from_millis(300), ..access().patience }, ..access() };
    for (part, stall) in [("/manifests/", 0), ("/manifests/", 10), ("/blobs/", 20)] {
        let server = faulty(move |request, reply| match request.method == "GET" && request.path.contains(part) {
            // what is asked for again brings nothing at all
            true => Reply { stall: Some(if request.header("range").is_empty() { stall } else { 0 }), ..reply },
            false => reply,
        });
        let report = compare(&server, "docker", &file(CTR), &options(impatient.clone()));
        assert!(trouble(&report).contains("no more bytes came"), "{part}: {}", trouble(&report));
    }
    // connected, and then not a word
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let host = listener.local_addr().expect("it is bound");
    let report = diff(&format!("docker://{host}/some/app"), &file(CTR), &options(impatient), &());
    assert!(trouble(&report).contains("gave no sign"), "{}", trouble(&report));
    drop(listener);
    let report = diff(&format!("docker://{host}/some/app"), &file(CTR), &options(access()), &());
    assert!(trouble(&report).contains(&format!("cannot talk to {host}")), "{}", trouble(&report));
}

/// A byte now and then is no silence, and would go on for hours: it ends by its rate.
#[test]
fn a_drip_ends() {
    let impatient = Patience { slow: Duration::from_millis(300), ..access().patience };
    let options = options(Access { patience: impatient, ..access() });
    let drip = |reply: Reply| Reply { drip: Some(Duration::from_millis(20)), ..reply };
    for part in ["/manifests/", "/blobs/"] {
        let server = faulty(move |request, reply| match request.method == "GET" && request.path.contains(part) {
            // whole documents, so that they are not over before they are too slow
            true => drip(Reply { body: [&reply.body[..], &[b' '; 5_000]].concat(), ..reply }),
            false => reply,
        });
        let report = compare(&server, "docker", &file(CTR), &options);
        let said = trouble(&report);
        assert!(said.contains("too slowly: ") && said.contains("are the least"), "{part}: {said}");
        let mut asked: Vec<_> =
            server.log().into_iter().filter(|own| own.method == "GET").map(|own| own.path).collect();
        let all = asked.len();
        asked.sort();
        asked.dedup();
        assert_eq!(asked.len(), all, "what drips is not asked for again: {said}");
    }
    // a layer that begins well; who asks for the rest is served the whole again, in drips
    let server = faulty(move |request, reply| match request.is_blob() && reply.body.len() > 100_000 {
        true if request.header("range").is_empty() => Reply { cut: Some(60_000), ..reply },
        true => drip(reply),
        false => reply,
    });
    let report = compare(&server, "docker", &file(CTR), &options);
    assert!(trouble(&report).contains("too slowly: "), "{}", trouble(&report));
}

#[test]
fn headers_are_held_against_the_bytes() {
    let wrong = "application/vnd.oci.image.manifest.v1+json";
    let server = faulty(move |request, reply| match request.path.contains("/manifests/") {
        true => reply.with("Content-Type", wrong),
        false => reply,
    });
    let report = compare(&server, "docker", &file(DOCKER), &options(access()));
    assert_eq!((causes(&report), trouble(&report)), (vec!["media-type-mismatch"], String::new()));
    assert_eq!(report.sameness, Some(Sameness::SameDigest), "the bytes are the same all the same");
    let title = &report.findings[0].title;
    assert!(title.contains(wrong) || format!("{:?}", report.findings[0].evidence).contains(wrong), "{title}");
    // a parameter says nothing new, and HTTP does not ask for a digest
    let server = faulty(|request, reply| match request.path.contains("/manifests/") {
        true => {
            let own = reply.headers.iter().find(|(name, _)| *name == "Content-Type").map(|(_, value)| value.clone());
            let own = format!("{}; charset=utf-8", own.unwrap_or_default());
            reply.with("Content-Type", own).without("Docker-Content-Digest")
        }
        false => reply,
    });
    let report = compare(&server, "docker", &file(DOCKER), &options(access()));
    assert_eq!((causes(&report), trouble(&report)), (vec![], String::new()));
    let server = faulty(|_, reply| reply.without("Content-Type"));
    let report = compare(&server, "docker", &file(DOCKER), &options(access()));
    assert_eq!(causes(&report), ["media-type-mismatch"]);
}

/// Sizes are asked for with HEAD; servers that do not answer it are asked with GET, whose body is left.
#[test]
fn a_server_without_head_is_asked_otherwise() {
    let server = faulty(|request, reply| if request.method == "HEAD" { Reply::new(405) } else { reply });
    let report = compare(&server, "docker", &file(DOCKER), &options(access()));
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameDigest), String::new()));
}

#[test]
fn schema_1_answers_are_read() {
    let folder = file("schema1-registry.dir");
    let mut whole = Store::default().wild(DOCKER, "docker");
    let manifest = std::fs::read(format!("{folder}/manifest.json")).expect("the corpus has it");
    for entry in std::fs::read_dir(&folder).expect("the corpus has it") {
        let bytes = std::fs::read(entry.expect("a folder").path()).expect("a file");
        whole.blobs.insert(fake_registry::digest(&bytes), bytes);
    }
    whole.put("old", "application/vnd.docker.distribution.manifest.v1+prettyjws", manifest);
    let server = Server::start(move |request| {
        // the digest of a signed manifest is its payload's: a registry does not say the file's
        let reply = whole.answer(request);
        if request.path.ends_with("/manifests/old") { reply.without("Docker-Content-Digest") } else { reply }
    });
    let options = options(access());
    let report = compare(&server, "old", &folder, &options);
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameDigest), String::new()));
    let (served, files) =
        (compare(&server, "old", &file(DOCKER), &options), diff(&folder, &file(DOCKER), &options, &()));
    assert_eq!((causes(&served), served.sameness), (causes(&files), files.sameness));
}
