//! Registries end to end, against a server of the test's own that serves the corpus's images and fails as servers,
//! networks and attackers do.
#![cfg(feature = "registry")]
#![allow(clippy::disallowed_methods, reason = "tests write files and start the program")]

#[path = "registry/access.rs"]
mod access;
#[path = "registry/cache.rs"]
mod cache;
#[path = "registry/credentials.rs"]
mod credentials;
mod fake_registry;
#[path = "registry/faults.rs"]
mod faults;
#[path = "registry/served.rs"]
mod served;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fake_registry::{Reply, Request, Server, Store};
use why_differ::pair::Pair;
use why_differ::report::{Report, Sameness};
use why_differ::source::{Access, Patience};
use why_differ::{Options, diff};

const DOCKER: &str = "docker20-push.tar";
const CTR: &str = "ctr16-push.tar";
const MULTI: &str = "multi-buildkit.tar";

/// The corpus's images: one image pushed by docker and by ctr, and an index.
fn store() -> Store {
    Store::default().wild(DOCKER, "docker").wild(CTR, "ctr").wild(MULTI, "multi")
}

fn file(name: &str) -> String {
    format!("{}/corpus/wild/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A registry of the corpus's images, each answer made worse by `fault`.
fn faulty(fault: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Server {
    let store = store();
    Server::start(move |request| fault(request, store.answer(request)))
}

fn healthy() -> Server {
    faulty(|_, reply| reply)
}

/// No credentials of whoever runs the tests, and pauses that nobody notices.
fn access() -> Access {
    Access {
        authfile: Some("/dev/null".into()),
        plain_http: true,
        patience: Patience {
            silence: Duration::from_secs(20),
            slow: Duration::from_secs(60),
            pause: Duration::from_millis(1),
            longest_pause: Duration::from_secs(2),
            tries: 4,
        },
        ..Access::default()
    }
}

fn options(access: Access) -> Options {
    Options { access: Pair::new(access.clone(), access), ..Options::default() }
}

fn name(server: &Server, tag: &str) -> String {
    format!("docker://{}/some/app:{tag}", server.host)
}

/// The image of the registry against another as `options` say.
fn compare(server: &Server, tag: &str, other: &str, options: &Options) -> Report {
    diff(&name(server, tag), other, options, &())
}

/// All trouble in one text.
fn trouble(report: &Report) -> String {
    report.trouble.iter().map(|trouble| trouble.message.as_str()).collect::<Vec<_>>().join("\n")
}

fn causes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.cause).collect()
}

/// The report without what tells where its images were read from.
fn told(report: &Report) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        report.sameness, report.findings, report.unexplained, report.size, report.layers, report.trouble
    )
}

#[test]
fn an_image_is_the_same_in_a_registry_and_in_a_file() {
    let server = healthy();
    let options = options(access());
    for (tag, archive) in [("docker", DOCKER), ("ctr", CTR), ("multi", MULTI)] {
        let report = compare(&server, tag, &file(archive), &options);
        assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameDigest), String::new()), "{tag}");
    }
    for all_platforms in [false, true] {
        let options = Options { all_platforms, verify: true, ..options.clone() };
        let report = compare(&server, "multi", &file(MULTI), &options);
        assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameDigest), String::new()));
    }
}

#[test]
fn a_registry_is_explained_as_files_are() {
    let server = healthy();
    let options = options(access());
    let expected = diff(&file(DOCKER), &file(CTR), &options, &());
    assert_eq!(expected.sameness, Some(Sameness::SameImage));
    for jobs in [1, 4] {
        let options = Options { jobs: Some(jobs), ..options.clone() };
        let report = compare(&server, "docker", &name(&server, "ctr"), &options);
        assert_eq!(told(&report), told(&expected), "{jobs} jobs");
    }
}

/// Layers of equal digests are not fetched; what was is told.
#[test]
fn only_what_is_needed_is_fetched() {
    let server = healthy();
    let report = compare(&server, "docker", &file(DOCKER), &options(access()));
    let config = report.sides.a.image_id.expect("an image ID").to_string();
    let fetched: Vec<_> = server.log().into_iter().filter(Request::is_blob).map(|request| request.path).collect();
    assert_eq!(fetched, [format!("/v2/some/app/blobs/{config}")], "the config and no layer");
    let transfer = report.sides.a.transfer.expect("a registry tells");
    let documents = server.log().iter().filter(|request| request.method == "GET").count();
    assert_eq!((transfer.layers_not_needed, documents), (3, 2));
    let stored = report.sides.a.size.expect("a size");
    assert_eq!(transfer.fetched + transfer.not_needed, stored, "every byte of the image is one or the other");
    assert!(report.sides.b.transfer.is_none(), "a file is not fetched");
}

/// A second look at the same bytes asks for them only once.
#[test]
fn what_was_read_is_not_fetched_again() {
    let server = healthy();
    let report = compare(&server, "docker", &name(&server, "ctr"), &options(access()));
    assert_eq!(report.sameness, Some(Sameness::SameImage));
    let mut paths: Vec<_> = server.log().into_iter().filter(Request::is_blob).map(|request| request.path).collect();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    // both sides read the one config that they share
    assert_eq!(all, paths.len() + 1);
}

/// An image of one layer, larger than what is kept in memory of a blob, plain and compressed.
fn large() -> Store {
    let mut store = Store::default();
    // no encoder finds a pattern in it
    let noise = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*state >> 56) as u8
    };
    let contents: Vec<u8> = std::iter::repeat_with({
        let mut state = 1;
        move || noise(&mut state)
    })
    .take(20 << 20)
    .collect();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(contents.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "noise", contents.as_slice()).expect("a vector takes it");
    let plain = tar.into_inner().expect("a vector takes it");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &plain).expect("a vector takes it");
    let gzip = gzip.finish().expect("a vector takes it");
    let diff_id = fake_registry::digest(&plain);
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","rootfs":{{"type":"layers","diff_ids":["{diff_id}"]}},"config":{{}}}}"#
    );
    for (tag, layer, suffix) in [("plain", plain, ""), ("gzip", gzip, "+gzip")] {
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": fake_registry::digest(config.as_bytes()), "size": config.len(),
            },
            "layers": [{
                "mediaType": format!("application/vnd.oci.image.layer.v1.tar{suffix}"),
                "digest": fake_registry::digest(&layer), "size": layer.len(),
            }],
        });
        store.blobs.insert(fake_registry::digest(&layer), layer);
        store.put(tag, "application/vnd.oci.image.manifest.v1+json", manifest.to_string().into_bytes());
    }
    store.blobs.insert(fake_registry::digest(config.as_bytes()), config.into_bytes());
    store
}

/// What a comparison costs, in requests: a guard of speed that asks no clock. Each side asks for its manifest, for the
/// sizes of its blobs at once, and for each of them once, however large it is and however often it is looked at.
#[test]
fn a_comparison_costs_few_requests() {
    for (store, a, b, blobs) in [(large(), "plain", "gzip", 4), (store(), "docker", "ctr", 8)] {
        let server = Server::start(move |request| store.answer(request));
        let report = compare(&server, a, &name(&server, b), &options(access()));
        assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameImage), String::new()));
        let count = |method: &str, part: &str| server.count(|own| own.method == method && own.path.contains(part));
        let asked =
            (count("GET", "/manifests/"), count("HEAD", "/blobs/"), count("GET", "/blobs/"), server.log().len());
        assert_eq!(asked, (2, blobs, blobs, 2 + 2 * blobs), "{a} {b}");
        for side in [report.sides.a, report.sides.b] {
            let transfer = side.transfer.expect("a registry tells");
            assert_eq!(Some(transfer.fetched), side.size, "{a} {b}: every byte once");
        }
    }
}

/// `--jobs` bounds how many layers are fetched at a time.
#[test]
fn layers_are_fetched_as_many_at_a_time_as_there_are_jobs() {
    for jobs in [1, 3] {
        let now = Arc::new(AtomicUsize::new(0));
        let most = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&most);
        let server = faulty(move |request, reply| {
            if request.is_blob() {
                seen.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(100));
                now.fetch_sub(1, Ordering::SeqCst);
            }
            reply
        });
        let options = Options { jobs: Some(jobs), ..options(access()) };
        let report = compare(&server, "docker", &name(&server, "ctr"), &options);
        assert_eq!(report.sameness, Some(Sameness::SameImage));
        let most = most.load(Ordering::SeqCst);
        assert!((1..=jobs).contains(&most) && (jobs == 1 || most > 1), "{most} at a time with {jobs} jobs");
    }
}

#[test]
fn fast_believes_what_the_configs_declare() {
    let server = healthy();
    let options = Options { fast: true, ..options(access()) };
    let report = compare(&server, "docker", &name(&server, "ctr"), &options);
    assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameImage), String::new()));
    assert_eq!(server.count(Request::is_blob), 2, "the configs only");
    assert!(report.notes.iter().any(|note| note.starts_with("--fast: 3 layers were not opened")), "{:?}", report.notes);
    assert_eq!(report.unexplained.len(), 3, "how they are encoded was not looked into: {:?}", report.unexplained);
    assert!(report.layers.iter().all(|row| row.relation == "same diff ID, as declared"), "{:?}", report.layers);
    let sum: i128 = report.size.ledger.iter().map(|row| row.bytes).sum();
    assert_eq!(Some(sum), report.size.difference(), "the ledger sums all the same");
}

/// One name, asked for in every spelling.
#[test]
fn names_are_found_by_tag_and_by_digest() {
    let server = healthy();
    let options = options(access());
    let digest = fake_registry::digest(&store().manifests["docker"].1);
    let host = &server.host;
    for name in [
        format!("docker://{host}/some/app:docker"),
        format!("{host}/some/app:docker"),
        format!("{host}/some/app@{digest}"),
        format!("docker://{host}/some/app:other@{digest}"),
    ] {
        let report = diff(&name, &file(DOCKER), &options, &());
        assert_eq!(report.sameness, Some(Sameness::SameDigest), "{name}: {}", trouble(&report));
    }
    let report = diff(&format!("{host}/some/app"), &file(DOCKER), &options, &());
    let expected = format!("{host} has no some/app:latest");
    assert!(trouble(&report).contains(&expected), "{}", trouble(&report));
}
