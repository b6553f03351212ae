//! Against a containerd that is none: an HTTP/2 server on a socket in a temporary folder that answers what a case says.
#![allow(clippy::disallowed_methods, reason = "the tests make sockets")]

use std::collections::BTreeMap;
use std::io;
use std::thread;
use std::time::Duration;

use bytes::{BufMut as _, Bytes};
use prost::Message as _;

use super::api::{Client, PATIENCE};
use super::grpc::NOT_FOUND;
use super::messages::{
    Descriptor, Info, InfoRequest, InfoResponse, ListImagesResponse, ListNamespacesResponse, Namespace,
    ReadContentRequest, ReadContentResponse,
};
use super::*;

/// What the server answers to one request.
#[derive(Clone)]
struct Answer {
    /// The bytes of the body, frames and all.
    body: Vec<Vec<u8>>,
    end: End,
}

#[derive(Clone)]
enum End {
    /// `grpc-status` and `grpc-message` in trailers.
    Status(u32, &'static str),
    /// Nothing more comes, and the stream stays open.
    Hang,
    /// The stream ends without trailers.
    Bare,
    /// The stream is reset.
    Reset,
    /// No gRPC at all: an HTTP status.
    Http(u16),
}

/// Method, namespace, message.
type Handler = dyn Fn(&str, &str, &[u8]) -> Answer + Send + Sync;

fn frame(message: &[u8]) -> Vec<u8> {
    let mut frame = vec![0];
    frame.put_u32(u32::try_from(message.len()).expect("small"));
    frame.extend_from_slice(message);
    frame
}

fn good(messages: &[Vec<u8>]) -> Answer {
    Answer { body: messages.iter().map(|message| frame(message)).collect(), end: End::Status(0, "") }
}

fn bad(end: End) -> Answer {
    Answer { body: Vec::new(), end }
}

struct Server {
    folder: tempfile::TempDir,
}

impl Server {
    fn start(handler: impl Fn(&str, &str, &[u8]) -> Answer + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join("c.sock")).expect("a socket");
        listener.set_nonblocking(true).expect("it can");
        let handler: Arc<Handler> = Arc::new(handler);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::UnixListener::from_std(listener).expect("a socket");
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(connection(stream, Arc::clone(&handler)));
                }
            });
        });
        Server { folder }
    }

    fn spot(&self) -> Spot {
        Spot::Socket { path: self.folder.path().join("c.sock"), folder: None, is_usual: false }
    }

    fn open(&self, namespace: &str, name: &str) -> Result<Opened, String> {
        let reference = Reference::parse(&format!("containerd://{name}")).expect("a reference");
        self.plain(open_at(&self.spot(), &reference, namespace, name, &Limits::default()))
    }

    fn open_within(&self, namespace: &str, name: &str, patience: Duration) -> Result<Opened, String> {
        let reference = Reference::parse(&format!("containerd://{name}")).expect("a reference");
        let client = Client::connect(&self.folder.path().join("c.sock"), namespace, patience).expect("it listens");
        self.plain(open_in(Box::new(client), &self.spot(), &reference, name, &Limits::default()))
    }

    fn plain(&self, opened: Result<Opened, SourceError>) -> Result<Opened, String> {
        opened.map_err(|error| error.to_string().replace(&*self.folder.path().to_string_lossy(), "%"))
    }
}

async fn connection(stream: tokio::net::UnixStream, handler: Arc<Handler>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        tokio::spawn(answer(request, respond, Arc::clone(&handler)));
    }
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<Bytes>,
    handler: Arc<Handler>,
) {
    let (head, mut body) = request.into_parts();
    let mut message = Vec::new();
    while let Some(Ok(data)) = body.data().await {
        message.extend_from_slice(&data);
    }
    assert_eq!(head.headers["content-type"], "application/grpc");
    let namespace = head.headers["containerd-namespace"].to_str().expect("ASCII").to_owned();
    let answer = handler(head.uri.path(), &namespace, message.get(5..).unwrap_or_default());
    let status = if let End::Http(status) = answer.end { status } else { 200 };
    let head =
        http::Response::builder().status(status).header("content-type", "application/grpc").body(()).expect("a head");
    let Ok(mut stream) = respond.send_response(head, false) else { return };
    for part in answer.body {
        let _ = stream.send_data(part.into(), false);
    }
    match answer.end {
        End::Status(code, message) => {
            let mut trailers = http::HeaderMap::new();
            trailers.insert("grpc-status", code.into());
            trailers.insert("grpc-message", message.parse().expect("ASCII"));
            let _ = stream.send_trailers(trailers);
        }
        End::Bare | End::Http(_) => drop(stream.send_data(Bytes::new(), true)),
        End::Reset => stream.send_reset(h2::Reason::INTERNAL_ERROR),
        End::Hang => std::future::pending().await,
    }
}

const MANIFEST: &[u8] = br#"{"schemaVersion":2}"#;

fn image(name: &str, digest: &Digest) -> Image {
    let annotations = BTreeMap::from([("k".to_owned(), "v".to_owned())]);
    let target = Descriptor { media_type: "m".to_owned(), digest: digest.to_string(), size: 19, annotations };
    Image { name: name.to_owned(), target: Some(target) }
}

/// The answers of a containerd with these images by namespace and these blobs.
fn store(
    namespaces: Vec<(&'static str, Vec<Image>)>,
    blobs: Vec<Vec<u8>>,
) -> impl Fn(&str, &str, &[u8]) -> Answer + Send + Sync + 'static {
    let blobs: BTreeMap<String, Vec<u8>> =
        blobs.into_iter().map(|bytes| (Digest::sha256(&bytes).to_string(), bytes)).collect();
    move |method, namespace, message| match method {
        "/containerd.services.images.v1.Images/List" => {
            let images = namespaces.iter().find(|(name, _)| *name == namespace).map(|(_, images)| images.clone());
            good(&[ListImagesResponse { images: images.unwrap_or_default() }.encode_to_vec()])
        }
        "/containerd.services.namespaces.v1.Namespaces/List" => {
            let namespaces = namespaces.iter().map(|(name, _)| Namespace { name: (*name).to_owned() }).collect();
            good(&[ListNamespacesResponse { namespaces }.encode_to_vec()])
        }
        "/containerd.services.content.v1.Content/Info" => {
            let request = InfoRequest::decode(message).expect("a request");
            match blobs.get(&request.digest) {
                Some(bytes) => {
                    let info = Info { size: i64::try_from(bytes.len()).expect("small") };
                    good(&[InfoResponse { info: Some(info) }.encode_to_vec()])
                }
                None => bad(End::Status(NOT_FOUND, "content: not found")),
            }
        }
        "/containerd.services.content.v1.Content/Read" => {
            let request = ReadContentRequest::decode(message).expect("a request");
            let Some(bytes) = blobs.get(&request.digest) else {
                return bad(End::Status(NOT_FOUND, "content: not found"));
            };
            good(&pieces(bytes))
        }
        other => panic!("{other}"),
    }
}

/// A blob as containerd sends it, in pieces of an odd size.
fn pieces(bytes: &[u8]) -> Vec<Vec<u8>> {
    let piece = |(at, data): (usize, &[u8])| {
        let offset = i64::try_from(at * 99_991).expect("small");
        ReadContentResponse { offset, data: Bytes::copy_from_slice(data) }.encode_to_vec()
    };
    bytes.chunks(99_991).enumerate().map(piece).collect()
}

fn read(opened: &Opened, digest: Digest) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut stream = opened.source.open(&BlobName::Digest(digest)).map_err(|error| error.to_string())?;
    stream.read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[test]
fn documents_and_blobs_come_as_they_are_stored() {
    let manifest = Digest::sha256(MANIFEST);
    let layer: Vec<u8> = (0..9_000_000_u32).map(|n| n.to_le_bytes()[n as usize % 4]).collect();
    let (known, empty, gone) = (Digest::sha256(&layer), Digest::sha256(b""), Digest::sha256(b"gone"));
    let blobs = vec![MANIFEST.to_vec(), layer.clone(), Vec::new()];
    let server = Server::start(store(vec![("default", vec![image("docker.io/library/app:1", &manifest)])], blobs));
    let opened = server.open("default", "app:1").expect("it opens");
    let expected = Root::Document {
        bytes: MANIFEST.to_vec(),
        declared_digest: Some(manifest),
        declared_size: Some(19),
        declared_media_type: Some("m".to_owned()),
        name: manifest.to_string(),
        annotations: vec![("k".to_owned(), "v".to_owned())],
    };
    assert_eq!((opened.source.kind(), &opened.root), ("containerd", &expected));
    let size = |digest| opened.source.size(&BlobName::Digest(digest));
    assert_eq!((size(known), size(empty), size(gone)), (Ok(Some(9_000_000)), Ok(Some(0)), Ok(None)));
    assert!(opened.source.where_missing().is_some_and(|advice| advice.contains("ctr content fetch")));
    let read = |digest| read(&opened, digest);
    let (one, two) = rayon::join(|| read(known), || read(known));
    assert!(one.as_ref() == Ok(&layer) && two == one, "two readers at a time");
    assert_eq!(read(empty), Ok(Vec::new()));
    assert!(read(gone).expect_err("gone").contains("status 5: content: not found"));
    // a reader that stops early does not stand in the way of others
    let mut some = [0; 10];
    opened.source.open(&BlobName::Digest(known)).expect("it opens").read_exact(&mut some).expect("it reads");
    assert!(read(known) == Ok(layer));
}

#[test]
fn images_are_found_by_name_and_digest() {
    let (one, two) = (Digest::sha256(MANIFEST), Digest::sha256(b"{}"));
    let images = vec![
        image("docker.io/library/app:1", &one),
        image("docker.io/library/app:latest", &two),
        image("reg.example:5000/team/app:1", &two),
        image("sha256:0123", &one),
        image("docker.io/library/twice:1", &one),
        image("other.example/twice:1", &one),
        image("bad:1", &Digest::sha256(b"not there")),
    ];
    let k8s = vec![image("registry.example/pause:3.9", &one)];
    let team = vec![image("docker.io/library/only:1", &one)];
    let namespaces = vec![("default", images), ("k8s.io", k8s), ("team", team)];
    let server = Server::start(store(namespaces, vec![MANIFEST.to_vec(), b"{}".to_vec()]));
    let found = |namespace: &str, name: &str| -> Result<Option<Digest>, String> {
        match server.open(namespace, name)?.root {
            Root::Document { declared_digest, .. } => Ok(declared_digest),
            root => panic!("{root:?}"),
        }
    };
    let table = [
        ("app:1", one),
        ("app", two),
        ("library/app:1", one),
        ("team/app:1", two),
        ("sha256:0123", one),
        ("twice:1", one),
        (&format!("app@{two}"), two),
        (&two.to_string(), two),
    ];
    for (name, digest) in table {
        assert_eq!(found("default", name), Ok(Some(digest)), "{name}");
    }
    assert_eq!(found("k8s.io", "pause:3.9"), Ok(Some(one)));
    let table = [
        (
            "default",
            "gone",
            "holds no image \"gone\"; it holds these:\n  containerd://default/docker.io/library/app:1   sha256:",
        ),
        ("default", "bad:1", "holds no sha256:"),
        (
            "default",
            "pause:3.9",
            "its namespace k8s.io does: say CONTAINERD_NAMESPACE=k8s.io and containerd://registry.example/pause:3.9",
        ),
        (
            "default",
            "k8s.io/registry.example/pause:3.9",
            "CONTAINERD_NAMESPACE=k8s.io and containerd://registry.example/pause:3.9",
        ),
        ("default", "only:1", "its namespace team does: say containerd://team/docker.io/library/only:1"),
        ("k8s.io", "gone", "\n  containerd://registry.example/pause:3.9"),
        ("nothing", "gone", "namespace nothing: holds no image"),
        ("a b", "app", "expected a namespace of containerd, found \"a b\""),
        ("a\nb", "app", "expected a namespace of containerd"),
    ];
    for (namespace, name, expected) in table {
        let message = found(namespace, name).expect_err(name);
        assert!(message.contains(expected), "{namespace} {name}: {message}");
    }
}

#[test]
fn what_goes_wrong_is_told() {
    let manifest = Digest::sha256(MANIFEST);
    let short = Duration::from_millis(400);
    let broken = |body: Vec<Vec<u8>>, end: End| Answer { body, end };
    let huge = [0, 0xff, 0, 0, 0].to_vec();
    let other = ReadContentResponse { offset: 7, data: Bytes::from_static(b"x") }.encode_to_vec();
    let (first, half) = (pieces(MANIFEST), frame(&pieces(MANIFEST)[0]));
    let table = [
        ("a status", bad(End::Status(7, "no%20entry%1b[31m")), "status 7: no entry\\x1b[31m"),
        ("a status behind some bytes", broken(vec![half.clone()], End::Status(14, "gone")), "status 14: gone"),
        ("no status", broken(vec![half.clone()], End::Bare), "it ends without a status"),
        ("half a message", broken(vec![half[..9].to_vec()], End::Status(0, "")), "it ends inside of a message"),
        ("silence", broken(vec![half.clone()], End::Hang), "no answer for"),
        ("silence from the start", bad(End::Hang), "no answer for"),
        ("a reset", broken(vec![half[..9].to_vec()], End::Reset), "the connection broke"),
        ("an HTTP status", bad(End::Http(503)), "HTTP status 503"),
        ("a compressed message", broken(vec![[1, 0, 0, 0, 0].to_vec()], End::Hang), "a compressed message"),
        ("a huge message", broken(vec![huge], End::Hang), "over the limit of 67108864"),
        ("other bytes", broken(vec![frame(&other)], End::Hang), "expected the bytes at offset 0, found those at 7"),
        ("no message", broken(vec![frame(b"\xff\xff\xff")], End::Hang), "not the message that was expected"),
    ];
    assert_eq!(first.len(), 1);
    for (name, answer, expected) in table {
        let patience = if matches!(answer.end, End::Hang) { short } else { PATIENCE };
        let whole = store(vec![("default", vec![image("app:1", &manifest)])], vec![MANIFEST.to_vec()]);
        let server = Server::start(move |method, namespace, message| {
            if method.ends_with("Content/Read") { answer.clone() } else { whole(method, namespace, message) }
        });
        let message = server.open_within("default", "app:1", patience).expect_err(name);
        assert!(message.contains(expected), "{name}: {message}");
        assert!(
            message.starts_with("containerd at %/c.sock, namespace default: cannot read sha256:"),
            "{name}: {message}"
        );
    }
}

#[test]
fn what_is_no_containerd_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("c.sock");
    let spot = Spot::Socket { path: socket.clone(), folder: None, is_usual: false };
    let connect = || {
        let keeper = spot.keeper("default", &Limits::default());
        keeper.and_then(|keeper| keeper.images("default")).map(|_| ()).expect_err("no containerd").to_string()
    };
    assert!(connect().contains("is it running? CONTAINERD_ADDRESS says where"), "{}", connect());
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
    });
    assert!(connect().contains("the connection broke"), "{}", connect());
}

/// Where nobody listens, the folder is read, and that is said; a containerd that answers badly is not gone around.
#[test]
fn a_folder_stands_in_for_who_does_not_listen() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/stores/containerd");
    let open = |socket: &str, folder: &Path| {
        let spot = Spot::Socket { path: place.path().join(socket), folder: Some(folder.to_owned()), is_usual: false };
        let reference = Reference::parse("containerd://store:pulled").expect("a reference");
        open_at(&spot, &reference, "default", "store:pulled", &Limits::default()).map_err(|error| error.to_string())
    };
    drop(std::os::unix::net::UnixListener::bind(place.path().join("left.sock")).expect("a socket"));
    for socket in ["none.sock", "left.sock"] {
        let opened = open(socket, &folder).expect("the folder is there");
        let remarks = opened.source.remarks().concat();
        assert!(remarks.contains(&format!("{socket} cannot be reached (")), "{remarks}");
        assert!(
            remarks.contains("corpus/stores/containerd was read instead, as it stood after its change"),
            "{remarks}"
        );
    }
    let message = open("none.sock", &place.path().join("nowhere")).expect_err("neither is there");
    assert!(message.contains("is it running?") && !message.contains("nor can"), "{message}");
    let message = open("none.sock", place.path()).expect_err("neither is there");
    assert!(message.contains("nor can its folder be read:") && message.contains("meta.db"), "{message}");
    let server = Server::start(|_, _, _| bad(End::Status(7, "no")));
    let spot = Spot::Socket { path: server.folder.path().join("c.sock"), folder: Some(folder), is_usual: false };
    let reference = Reference::parse("containerd://store:pulled").expect("a reference");
    let opened = open_at(&spot, &reference, "default", "store:pulled", &Limits::default());
    assert!(opened.map(|_| ()).expect_err("it answers no").to_string().contains("status 7: no"));
}
