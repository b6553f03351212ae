//! `served`: one tag in every way of asking, of registries that convert, rewrite and mislabel.

use why_differ::report::Served;
use why_differ::{render, served};

use super::*;

fn ask(server: &Server, tag: &str) -> Served {
    served(&name(server, tag), &options(access()), &())
}

fn said(served: &Served) -> String {
    served.trouble.iter().map(|trouble| trouble.message.as_str()).collect::<Vec<_>>().join("\n")
}

/// A registry that has every type it is asked for is asked in ten ways by GET and by HEAD, and by digest.
#[test]
fn one_document_is_served_alike() {
    let server = healthy();
    let served = ask(&server, "docker");
    assert_eq!((served.sameness, said(&served)), (Some(Sameness::SameDigest), String::new()));
    assert_eq!((served.answers.len(), served.findings.len(), served.comparisons.len()), (1, 0, 0));
    let asked = server.log();
    for method in ["GET", "HEAD"] {
        let accepts = asked.iter().filter(|request| request.method == method && request.path.ends_with("/docker"));
        let mut accepts: Vec<_> = accepts.map(|request| request.headers.get("accept").cloned()).collect();
        let all = accepts.len();
        accepts.sort();
        accepts.dedup();
        assert_eq!((all, accepts.len()), (10, 10), "each way once");
        assert!(accepts.contains(&None), "one of them accepts nothing in particular");
    }
    let digest = served.answers[0].digest.to_string();
    assert_eq!(asked.iter().filter(|request| request.path.ends_with(&digest)).count(), 6, "by digest too");
    let text = render::served::served(&served, &render::View::default());
    assert!(text.starts_with("SERVED ALIKE\n"), "{text}");
}

/// A registry that converts for old clients: what they get is another document, and it is said why.
#[test]
fn a_converted_schema_is_explained() {
    let folder = file("schema1-registry.dir");
    let old = std::fs::read(format!("{folder}/manifest.json")).expect("the corpus has it");
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    let whole = store();
    let server = Server::start(move |request| {
        let reply = whole.answer(request);
        let newer = ["schema", "v2+json", "oci.image"].iter().any(|part| request.header("accept").contains(part));
        match request.path.ends_with("/manifests/docker") && !newer {
            true => Reply::new(200).with("Content-Type", signed).body(old.clone()),
            false => reply,
        }
    });
    let served = ask(&server, "docker");
    assert_eq!(served.answers.len(), 2, "{}", said(&served));
    let [compared] = served.comparisons.as_slice() else { panic!("{:?}", served.comparisons) };
    assert!(causes(&compared.report).contains(&"manifest-schema"), "{:?}", causes(&compared.report));
    let text = render::served::served(&served, &render::View::default());
    assert!(text.contains("Answer 1 against answer 2") && text.contains("manifest-schema"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&render::json::served(&served, false)).expect("JSON");
    assert_eq!(json["answers"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["comparisons"][0]["answers"], serde_json::json!([0, 1]));
}

/// A registry that writes its documents anew for some clients.
#[test]
fn a_rewritten_document_is_explained() {
    let server = faulty(|request, reply| match request.path.ends_with("/manifests/docker") {
        true if request.header("accept") == "*/*" => {
            let value: serde_json::Value = serde_json::from_slice(&reply.body).expect("JSON");
            let body = value.to_string().into_bytes();
            let digest = fake_registry::digest(&body);
            Reply { body, ..reply }.with("Docker-Content-Digest", digest)
        }
        _ => reply,
    });
    let served = ask(&server, "docker");
    assert_eq!((served.answers.len(), served.sameness), (2, Some(Sameness::SameImage)), "{}", said(&served));
    assert_eq!(causes(&served.comparisons[0].report), ["document-spelling"]);
    // the registry names a digest that it does not have
    assert!(served.asked.iter().any(|row| row.by_digest.is_some() && row.status == 404), "{:?}", served.asked);
    assert!(served.notes[0].ends_with("is not there when it is asked for by digest"), "{:?}", served.notes);
}

#[test]
fn headers_that_lie_are_told() {
    type Fault = fn(&Request, Reply) -> Reply;
    let table: [(&str, Fault, &str, bool); 5] = [
        (
            "another type",
            |_, reply| reply.with("Content-Type", "application/vnd.oci.image.manifest.v1+json"),
            "media-type-mismatch",
            false,
        ),
        (
            "another type for HEAD",
            |request, reply| match request.method == "HEAD" {
                true => reply.with("Content-Type", "text/plain"),
                false => reply,
            },
            "media-type-mismatch",
            false,
        ),
        (
            "another digest for HEAD",
            |request, reply| match request.method == "HEAD" {
                true => reply.with("Docker-Content-Digest", fake_registry::digest(b"")),
                false => reply,
            },
            "blob-digest-mismatch",
            true,
        ),
        (
            "another length for HEAD",
            |request, reply| if request.method == "HEAD" { reply.with("Content-Length", "7") } else { reply },
            "blob-size-mismatch",
            true,
        ),
        (
            "no answer to HEAD",
            |request, reply| if request.method == "HEAD" { Reply::new(405) } else { reply },
            "document-kind",
            false,
        ),
    ];
    for (what, fault, cause, trouble) in table {
        let served = ask(&faulty(fault), "docker");
        let found: Vec<_> = served.findings.iter().map(|finding| finding.cause).collect();
        assert_eq!(found, [cause], "{what}: {}", said(&served));
        assert_eq!(served.trouble.is_empty(), !trouble, "{what}: {}", said(&served));
    }
    let served = ask(&faulty(|_, reply| reply.without("Docker-Content-Digest")), "docker");
    assert_eq!((served.findings.len(), said(&served)), (0, String::new()));
    assert!(served.notes[0].contains("carry no Docker-Content-Digest"), "{:?}", served.notes);
}

#[test]
fn what_is_not_there_is_told() {
    let server = healthy();
    assert!(said(&ask(&server, "nothing")).ends_with("has no some/app:nothing"));
    let served = served(&file(DOCKER), &options(access()), &());
    assert_eq!(served.sameness, None);
    let elsewhere = why_differ::served("oci:some/where", &options(access()), &());
    assert!(said(&elsewhere).contains("expected an image of a registry"), "{}", said(&elsewhere));
}

/// The program: its exit codes.
#[test]
fn the_exit_code_is_the_verdict() {
    let alike = healthy();
    let typed = faulty(|_, reply| reply.with("Content-Type", "application/vnd.oci.image.manifest.v1+json"));
    let lying = faulty(|_, reply| reply.with("Docker-Content-Digest", fake_registry::digest(b"")));
    for (server, code, first) in
        [(&alike, 0, "SERVED ALIKE"), (&typed, 1, "SERVED DIFFERENTLY"), (&lying, 2, "CANNOT TELL")]
    {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_why-differ"))
            .args(["served", "--plain-http", "--authfile", "/dev/null", &format!("{}/some/app:docker", server.host)])
            .output()
            .expect("the program starts");
        let text = String::from_utf8(output.stdout).expect("all output is UTF-8");
        assert_eq!((output.status.code(), text.lines().next()), (Some(code), Some(first)), "{text}");
    }
}
