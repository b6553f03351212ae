//! Against daemons that are none: a socket in a temporary folder that answers what a case says.
#![allow(clippy::disallowed_methods, reason = "the tests make sockets and files")]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::super::Root;
use super::*;

/// What the fake daemon sends, in order.
enum Send {
    Bytes(Vec<u8>),
    /// The same bytes until nobody reads any more.
    ForEver(&'static [u8]),
    /// A byte now and then, until nobody reads any more.
    Drip(u8),
    /// Nothing more, but the connection stays open until the client goes away.
    Silence,
}

type Handler = dyn Fn(&str, usize) -> Vec<Send> + std::marker::Send + Sync;

/// A daemon on a socket in a temporary folder.
struct Daemon {
    folder: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Daemon {
    /// `handler` is given the path, and how often it was asked for before.
    fn start(handler: impl Fn(&str, usize) -> Vec<Send> + std::marker::Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = UnixListener::bind(folder.path().join("docker.sock")).expect("a socket");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (log, handler): (_, Arc<Handler>) = (Arc::clone(&asked), Arc::new(handler));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let (log, handler) = (Arc::clone(&log), Arc::clone(&handler));
                thread::spawn(move || answer(stream, &log, &*handler));
            }
        });
        Daemon { folder, asked }
    }

    /// One that has the image `app:latest` and exports what `export` says.
    fn exporting(export: impl Fn(usize) -> Vec<Send> + std::marker::Send + Sync + 'static) -> Self {
        Self::start(move |path, before| match path {
            "/version" => json(200, r#"{"Components":[{"Name":"Engine"}]}"#),
            "/info" => json(200, r#"{"DriverStatus":[["Backing Filesystem","extfs"]]}"#),
            "/images/app/json" | "/images/app:latest/json" => {
                json(200, r#"{"Id":"sha256:1","RepoTags":["docker.io/library/app:latest"]}"#)
            }
            "/images/app:latest/get" => export(before),
            _ => json(404, r#"{"message":"no such image"}"#),
        })
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn open(&self, name: &str, limits: &Limits) -> Result<Opened, SourceError> {
        open_socket(&self.socket(), name, limits, Patience::default())
    }

    /// The message, with little patience for an export.
    fn fails(&self) -> String {
        let patience = Patience { silence: Duration::from_millis(300), ..Patience::default() };
        let opened = open_socket(&self.socket(), "app", &Limits::default(), patience);
        let error = opened.map(|_| ()).expect_err("it does not open");
        error.to_string().replace(&*self.folder.path().to_string_lossy(), "%")
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

fn open_socket(socket: &Path, name: &str, limits: &Limits, patience: Patience) -> Result<Opened, SourceError> {
    let reference = Reference::parse(&format!("docker-daemon:{name}")).expect("a reference");
    open_at(&reference, name, limits, Address::unix(socket), patience)
}

fn answer(mut stream: impl Read + Write, log: &Mutex<Vec<String>>, handler: &Handler) {
    let mut lines = BufReader::new(&mut stream).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    drop(lines);
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let before = {
        let mut log = log.lock().expect("nobody panicked");
        log.push(path.clone());
        log.iter().filter(|earlier| **earlier == path).count() - 1
    };
    for part in handler(&path, before) {
        let sent = match part {
            Send::Bytes(bytes) => stream.write_all(&bytes),
            Send::ForEver(bytes) => loop {
                if let Err(error) = stream.write_all(bytes) {
                    break Err(error);
                }
            },
            Send::Drip(byte) => loop {
                if let Err(error) = stream.write_all(&[byte]) {
                    break Err(error);
                }
                thread::sleep(Duration::from_millis(20));
            },
            Send::Silence => stream.read_to_end(&mut Vec::new()).map(|_| ()),
        };
        if sent.is_err() {
            return;
        }
    }
}

fn json(status: u16, body: &str) -> Vec<Send> {
    let head =
        format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
    vec![Send::Bytes(head.into_bytes()), Send::Bytes(body.as_bytes().to_vec())]
}

const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n";

/// The bytes in chunks of an odd size, without the last one.
fn chunks(bytes: &[u8]) -> Vec<u8> {
    let mut out = CHUNKED.to_vec();
    for chunk in bytes.chunks(777) {
        out.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn chunked(bytes: &[u8]) -> Vec<Send> {
    let mut out = chunks(bytes);
    out.extend_from_slice(b"0\r\n\r\n");
    vec![Send::Bytes(out)]
}

/// Larger than any document that is kept from a stream.
const LAYER: usize = 9 << 20;

/// A classic `docker save` of two large layers.
fn save() -> Vec<u8> {
    save_of(LAYER)
}

fn small() -> Vec<u8> {
    save_of(10)
}

fn save_of(size: usize) -> Vec<u8> {
    let manifest = r#"[{"Config":"c.json","RepoTags":["app:latest"],"Layers":["a/layer.tar","b/layer.tar"]}]"#;
    let mut tar = tar::Builder::new(Vec::new());
    let layers = [vec![b'a'; size], vec![b'b'; size]];
    let members: [(&str, &[u8]); 4] = [
        ("a/layer.tar", &layers[0]),
        ("b/layer.tar", &layers[1]),
        ("c.json", b"{}"),
        ("manifest.json", manifest.as_bytes()),
    ];
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, bytes).expect("a Vec takes everything");
    }
    tar.into_inner().expect("a Vec takes everything")
}

fn layer(name: &str) -> BlobName {
    BlobName::Member(name.to_owned())
}

fn read(opened: &Opened, name: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut stream = opened.source.open(&layer(name)).map_err(|error| error.to_string())?;
    stream.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn an_export_is_a_source_and_is_read_as_seldom_as_can_be() {
    let saved = save();
    let daemon = Daemon::exporting(move |_| chunked(&saved));
    let opened = daemon.open("app", &Limits::default()).expect("it opens");
    assert_eq!(opened.source.kind(), "Docker daemon, classic image store");
    let Root::DockerArchive { config, layers, tags, .. } = &opened.root else { panic!("{:?}", opened.root) };
    assert_eq!((config.as_slice(), layers.len(), tags.as_slice()), (&b"{}"[..], 2, &["app:latest".to_owned()][..]));
    assert_eq!(opened.source.size(&layer("b/layer.tar")), Ok(Some(LAYER as u64)));
    assert_eq!(opened.source.size(&layer("d/layer.tar")), Ok(None));
    let at = |name| opened.source.position(&layer(name));
    assert!(at("a/layer.tar").is_some() && at("a/layer.tar") < at("b/layer.tar"));
    assert_eq!(read(&opened, "a/layer.tar"), Ok(vec![b'a'; LAYER]));
    assert_eq!(read(&opened, "b/layer.tar"), Ok(vec![b'b'; LAYER]));
    assert_eq!(read(&opened, "c.json"), Ok(b"{}".to_vec()), "kept from the first reading");
    let exports = daemon.asked().iter().filter(|path| path.ends_with("/get")).count();
    assert_eq!(exports, 2, "once for the index, once for both layers");
    let remark = opened.source.remarks().concat();
    assert!(remark.contains("classic") && remark.contains("there is no manifest"), "{remark}");
}

#[test]
fn a_length_is_as_good_as_chunks() {
    let mut bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", save().len()).into_bytes();
    bytes.extend(save());
    let daemon = Daemon::exporting(move |_| vec![Send::Bytes(bytes.clone())]);
    let opened = daemon.open("app:latest", &Limits::default()).expect("it opens");
    assert_eq!(read(&opened, "b/layer.tar").map(|bytes| bytes.len()), Ok(LAYER));
}

#[test]
fn the_keeper_is_told() {
    let table = [
        (r#"{"Components":[{"Name":"Podman Engine"}]}"#, "{}", "podman's Docker-compatible socket"),
        (
            r#"{"Components":[{"Name":"Engine"}]}"#,
            r#"{"DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}"#,
            "Docker daemon, containerd image store",
        ),
        ("{}", r#"{"DriverStatus":null}"#, "Docker daemon, classic image store"),
    ];
    for (version, info, expected) in table {
        let daemon = Daemon::start(move |path, _| match path {
            "/version" => json(200, version),
            "/info" => json(200, info),
            "/images/app:1/json" => json(200, "{}"),
            _ => chunked(&small()),
        });
        let opened = daemon.open("app:1", &Limits::default()).expect("it opens");
        assert_eq!(opened.source.kind(), expected);
        assert_eq!(opened.source.remarks().is_empty(), expected.contains("containerd"));
    }
}

#[test]
fn a_name_without_a_tag_is_not_every_tag() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let table = [
        ("app", r#"["app:latest","app:1"]"#, "app:latest"),
        ("library/app", r#"["docker.io/library/app:latest"]"#, "library/app:latest"),
        ("app", r#"["localhost/app:latest"]"#, "app:latest"),
        ("app:1", r#"["app:1"]"#, "app:1"),
        ("reg:5000/app", r#"["reg:5000/app:latest"]"#, "reg:5000/app:latest"),
        ("0123456789ab", r#"["app:latest"]"#, "0123456789ab"),
        ("0123456789ab", "null", "0123456789ab"),
        (&digest, r#"["app:latest"]"#, &digest),
        ("app@sha256:00", "[]", "app@sha256:00"),
    ];
    for (name, tags, expected) in table {
        let body = format!(r#"{{"RepoTags":{tags}}}"#);
        let daemon = Daemon::start(move |path, _| match path {
            "/version" | "/info" => json(200, "{}"),
            path if path.ends_with("/json") => json(200, &body),
            _ => chunked(&small()),
        });
        daemon.open(name, &Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(daemon.asked().contains(&format!("/images/{expected}/get")), "{name}: {:?}", daemon.asked());
    }
    for name in ["a b", "../info", "a/../../info", "a//b", "a?b", "a%2fb", "a#b", "a\r\nb"] {
        let daemon = Daemon::exporting(|_| Vec::new());
        let error = daemon.open(name, &Limits::default()).map(|_| ()).expect_err(name);
        assert!(error.to_string().contains("expected the name of an image"), "{name}: {error}");
        assert_eq!(daemon.asked(), [""; 0], "{name}: nothing was asked");
    }
}

#[test]
fn what_goes_wrong_is_told() {
    let bytes = |bytes: &[u8]| vec![Send::Bytes(bytes.to_vec())];
    type Export = Box<dyn Fn() -> Vec<Send> + std::marker::Send + Sync>;
    let table: [(&str, Export, &str); 10] = [
        (
            "a drip",
            Box::new(|| {
                let head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n";
                vec![Send::Bytes(head.to_vec()), Send::Drip(b'x')]
            }),
            "the daemon sends too slowly: ",
        ),
        (
            "500",
            Box::new(|| json(500, r#"{"message":"disk is full\u001b[31m"}"#)),
            "it answers 500: disk is full\\x1b[31m",
        ),
        (
            "a status without words",
            Box::new(move || bytes(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n")),
            "it answers 503: nothing more",
        ),
        ("no HTTP", Box::new(move || bytes(b"hello\r\n\r\n")), "does not speak HTTP"),
        ("no answer", Box::new(Vec::new), "cannot export the image"),
        ("silence", Box::new(|| vec![Send::Silence]), "no answer within the time given"),
        ("cut chunks", Box::new(|| vec![Send::Bytes(chunks(&save()[..5000]))]), "cannot read"),
        (
            "cut length",
            Box::new(|| {
                let mut cut = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec();
                cut.extend_from_slice(&save()[..5000]);
                vec![Send::Bytes(cut)]
            }),
            "cannot read",
        ),
        (
            "silence in the middle",
            Box::new(|| vec![Send::Bytes(chunks(&save()[..5000])), Send::Silence]),
            "the daemon sent nothing for",
        ),
        ("no tar", Box::new(|| chunked(&[b'x'; 2000])), "expected a tar, found something else"),
    ];
    for (name, export, expected) in table {
        let message = Daemon::exporting(move |_| export()).fails();
        assert!(message.contains(expected) && message.contains("docker.sock"), "{name}: {message}");
    }
    // the daemon reports a late failure where the tar should go on
    let message = Daemon::exporting(|_| {
        let mut late = save()[..512 + LAYER].to_vec();
        late.extend_from_slice(br#"{"errorDetail":{"message":"no space"},"error":"no space"}"#);
        chunked(&late)
    })
    .fails();
    assert!(message.contains("truncated archive") && message.contains("a header"), "{message}");
}

#[test]
fn a_missing_image_and_a_missing_daemon_are_told() {
    let daemon = Daemon::exporting(|_| Vec::new());
    let message = daemon.open("gone:1", &Limits::default()).map(|_| ()).expect_err("no image").to_string();
    assert!(message.starts_with("docker-daemon:gone:1: ") && message.contains("has no such image"), "{message}");
    let nowhere = daemon.folder.path().join("nothing.sock");
    let message = open_socket(&nowhere, "app", &Limits::default(), Patience::default())
        .map(|_| ())
        .expect_err("no daemon")
        .to_string();
    assert!(message.contains("is it running? DOCKER_HOST says where"), "{message}");
    // a socket whose process is gone
    drop(UnixListener::bind(&nowhere).expect("a socket"));
    let message = open_socket(&nowhere, "app", &Limits::default(), Patience::default())
        .map(|_| ())
        .expect_err("no daemon")
        .to_string();
    assert!(message.contains("refused") && message.contains("is it running?"), "{message}");
}

#[test]
fn a_daemon_that_takes_no_connections_is_given_up() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("docker.sock");
    let _listener = UnixListener::bind(&socket).expect("a socket");
    // Connections that nobody takes: at first they wait in a queue, and the question in them is not answered.
    let patience = Patience { answer: Duration::from_millis(300), ..Patience::default() };
    let message = open_socket(&socket, "app", &Limits::default(), patience).map(|_| ()).expect_err("no answer");
    assert!(message.to_string().contains("within the time given"), "{message}");
}

#[test]
fn nothing_goes_on_for_ever() {
    let limits = Limits { layer_size: (2 * LAYER as u64) + (2 << 20), ..Limits::default() };
    let damage = |daemon: Daemon| {
        let opened = daemon.open("app", &limits).expect("it opens");
        opened.source.damage().expect("it is told").to_string()
    };
    let daemon = Daemon::exporting(|_| vec![Send::Bytes(chunks(&save())), Send::ForEver(b"8\r\n........\r\n")]);
    let message = damage(daemon);
    assert!(message.contains("--max-layer-size"), "{message}");
    // zeros behind the end of the archive
    let mut headed = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    headed.extend(save());
    let daemon = Daemon::exporting(move |_| vec![Send::Bytes(headed.clone()), Send::ForEver(&[0; 512])]);
    let message = damage(daemon);
    assert!(message.contains("--max-layer-size"), "{message}");
}

#[test]
fn an_image_that_changes_meanwhile_is_not_taken_for_the_other() {
    let daemon = Daemon::exporting(|before| match before {
        0 => chunked(&save()),
        _ => {
            let mut other = save();
            other[0] = b'z';
            let sum: u32 = other[..512]
                .iter()
                .enumerate()
                .map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) })
                .sum();
            other[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            chunked(&other)
        }
    });
    let opened = daemon.open("app", &Limits::default()).expect("it opens");
    let message = read(&opened, "a/layer.tar").expect_err("it changed");
    assert!(message.contains("something else stands in its place"), "{message}");
}

// --- TCP and TLS ---------------------------------------------------------------------------------

/// A CA, and a certificate of it with its key.
struct Certified {
    ca: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Certified {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut parameters = rcgen::CertificateParams::new(Vec::new()).expect("parameters");
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = parameters.self_signed(&key).expect("a certificate");
        Certified { ca, issuer: rcgen::Issuer::new(parameters, key) }
    }

    fn issue(&self) -> (rcgen::Certificate, rcgen::KeyPair) {
        let key = rcgen::KeyPair::generate().expect("a key");
        let names = vec!["127.0.0.1".to_owned()];
        let parameters = rcgen::CertificateParams::new(names).expect("parameters");
        (parameters.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }
}

/// A daemon on TCP that asks its clients for a certificate of `authority`.
fn serve_tls(authority: &Certified) -> String {
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(authority.ca.der().clone()).expect("a CA");
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider)).build();
    let (certificate, key) = authority.issue();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.expect("a verifier"))
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("certificate and key belong together");
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).expect("a session");
            let mut stream = rustls::StreamOwned::new(session, stream);
            answer(&mut stream, &Mutex::default(), &|path, _| match path {
                "/version" | "/info" | "/images/app:1/json" => json(200, "{}"),
                _ => chunked(&save()),
            });
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    address
}

#[test]
fn tls_is_dockers() {
    let (own, other) = (Certified::new(), Certified::new());
    let address = serve_tls(&own);
    let write = |folder: &tempfile::TempDir, ca: &Certified, pair: Option<&(rcgen::Certificate, rcgen::KeyPair)>| {
        std::fs::write(folder.path().join("ca.pem"), ca.ca.pem()).expect("a file");
        if let Some((certificate, key)) = pair {
            std::fs::write(folder.path().join("cert.pem"), certificate.pem()).expect("a file");
            std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("a file");
        }
    };
    let open = |variables: &[(&str, &str)]| {
        let host = format!("tcp://{address}");
        let all = variables.iter().copied().chain([("DOCKER_HOST", host.as_str())]);
        let reference = Reference::parse("docker-daemon:app:1").expect("a reference");
        let opened = super::open(&reference, "app:1", &Limits::default(), &all.collect());
        opened.map(|opened| opened.source.kind()).map_err(|error| error.to_string())
    };
    let folders: Vec<_> = (0..5).map(|_| tempfile::tempdir().expect("a temporary folder")).collect();
    let path = |at: usize| folders[at].path().to_str().expect("UTF-8");
    let (pair, foreign) = (own.issue(), other.issue());
    write(&folders[0], &own, Some(&pair));
    write(&folders[1], &other, Some(&pair));
    write(&folders[2], &own, Some(&foreign));
    write(&folders[3], &own, None);
    write(&folders[4], &own, Some(&pair));
    std::fs::write(folders[4].path().join("key.pem"), foreign.1.serialize_pem()).expect("a file");
    let verify = ("DOCKER_TLS_VERIFY", "1");
    let good = Ok("Docker daemon, classic image store");
    assert_eq!(open(&[verify, ("DOCKER_CERT_PATH", path(0))]), good);
    assert_eq!(open(&[("DOCKER_TLS", "1"), ("DOCKER_CERT_PATH", path(1))]), good, "not verified");
    let table = [
        (1, "certificate"),
        (2, "cannot ask who it is"),
        (3, "cannot ask who it is"),
        (4, "certificate and key cannot be used"),
    ];
    for (folder, expected) in table {
        let message = open(&[verify, ("DOCKER_CERT_PATH", path(folder))]).expect_err("refused");
        assert!(message.contains(expected) && !message.contains("PRIVATE"), "{folder}: {message}");
    }
    let message = open(&[]).expect_err("plain HTTP to TLS");
    assert!(message.contains("cannot ask who it is"), "{message}");
    let message = open(&[verify, ("DOCKER_CERT_PATH", "/nowhere")]).expect_err("no certificates");
    assert!(message.contains("/nowhere/ca.pem: expected a CA's certificate"), "{message}");
}

#[test]
fn the_end_of_a_body_is_not_taken_for_the_end_of_the_tar() {
    // a chunked body that ends properly in the middle of a member
    let message = Daemon::exporting(|_| chunked(&save()[..512 + 4096])).fails();
    assert!(message.contains("truncated archive"), "{message}");
}
