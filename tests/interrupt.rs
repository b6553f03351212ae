//! Ctrl-C in the middle of a transfer from a registry, a daemon and containerd: the program ends by the signal, as a shell
//! expects it (130), and leaves nothing behind: no file, no half of one, nothing to be cleared up in a daemon.
#![cfg(all(unix, feature = "registry", feature = "daemon", feature = "containerd"))]
#![allow(clippy::disallowed_methods, reason = "tests make sockets and files and start the program")]

mod fake_registry;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use fake_registry::{Reply, Server, Store};

/// SIGINT's number, on every system.
const INTERRUPT: i32 = 2;

/// Whoever hangs does so for less than this.
const LONG: Duration = Duration::from_secs(60);

/// Runs the program until `transferring`, and interrupts it. Its folders are all its own: what it leaves is found.
#[track_caller]
fn interrupted(args: &[&str], variables: &[(&str, &str)], transferring: &Receiver<()>) {
    let place = tempfile::tempdir().expect("a temporary directory");
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.args(args).env_clear().envs(variables.iter().copied()).current_dir(place.path());
    for variable in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
        command.env(variable, place.path());
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the program starts");
    transferring.recv_timeout(LONG).expect("the transfer begins");
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    let output = child.wait_with_output().expect("it was started");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.signal(), Some(INTERRUPT), "{args:?}: {said}");
    assert_eq!(said, "", "nothing is said of half a comparison");
    let left: Vec<_> = walk(place.path());
    assert_eq!(left, [""; 0], "{args:?}");
}

/// All files below a folder, and how long they are.
fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("a folder");
        match entry.file_type().expect("it is there").is_dir() {
            true => found.extend(walk(&entry.path())),
            false => found.push(entry.path().display().to_string()),
        }
    }
    found
}

#[test]
fn a_transfer_from_a_registry() {
    for cache in [&[][..], &["--cache", "kept"]] {
        let (begun, transferring) = channel();
        let store = Store::default().wild("docker20-push.tar", "1");
        let server = Server::start(move |request| {
            let reply = store.answer(request);
            // the first blob that is asked for: nothing is whole yet
            match request.is_blob() {
                true => {
                    let _ = begun.send(());
                    Reply { stall: Some(reply.body.len() / 2), ..reply }
                }
                false => reply,
            }
        });
        let image = format!("{}/some/app:1", server.host);
        let args = ["inspect", "--plain-http", "--authfile", "/dev/null", &image];
        interrupted(&[&args[..], cache].concat(), &[], &transferring);
    }
}

/// A daemon's socket whose export stops in the middle; `gone` is told when the client has left it.
fn daemon(socket: &Path, begun: Sender<()>, gone: Sender<()>) {
    let listener = UnixListener::bind(socket).expect("a socket");
    let answer = move |mut stream: UnixStream| {
        let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let Some(Ok(first)) = lines.next() else { return };
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        let json = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if !first.contains("/get ") {
            let _ = stream.write_all(json("{}").as_bytes());
            return;
        }
        let mut header = tar::Header::new_gnu();
        header.set_path("layer.tar").expect("short");
        header.set_size(1 << 30);
        header.set_cksum();
        let head = "HTTP/1.1 200 OK\r\nContent-Length: 2000000000\r\n\r\n";
        let _ = stream.write_all(&[head.as_bytes(), header.as_bytes(), &[b'x'; 9_000]].concat());
        let _ = begun.send(());
        let _ = stream.read_to_end(&mut Vec::new());
        let _ = gone.send(());
    };
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
}

#[test]
fn an_export_of_a_daemon() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let socket = folder.path().join("docker.sock");
    let ((begun, transferring), (gone, left)) = (channel(), channel());
    daemon(&socket, begun, gone);
    let host = format!("unix://{}", socket.display());
    interrupted(&["inspect", "docker-daemon:app:1"], &[("DOCKER_HOST", &host)], &transferring);
    left.recv_timeout(LONG).expect("the daemon is left alone");
}

/// One gRPC message of protobuf fields, all of which have a length.
fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (tag, bytes) in fields {
        assert!(bytes.len() < 128, "a length of one byte");
        out.extend([tag << 3 | 2, bytes.len() as u8]);
        out.extend_from_slice(bytes);
    }
    out
}

/// A containerd whose blob stops in the middle. `asked` is told each method, and the end of the connection.
async fn containerd(stream: tokio::net::UnixStream, asked: Sender<String>) {
    let Ok(mut connection) = h2::server::handshake(stream).await else { return };
    while let Some(Ok((request, respond))) = connection.accept().await {
        // the connection goes on only while it is asked for the next request
        tokio::spawn(answer(request, respond, asked.clone()));
    }
    let _ = asked.send("gone".to_owned());
}

async fn answer(
    request: http::Request<h2::RecvStream>,
    mut respond: h2::server::SendResponse<bytes::Bytes>,
    asked: Sender<String>,
) {
    let (head, mut body) = request.into_parts();
    while body.data().await.is_some_and(|data| data.is_ok()) {}
    let method = head.uri.path().to_owned();
    let digest = fake_registry::digest(b"{}");
    let image = message(&[(1, b"docker.io/library/app:1"), (3, &message(&[(2, digest.as_bytes())]))]);
    let answer = match method.rsplit('/').next() {
        Some("List") => message(&[(1, &image[..])]),
        // a size of 2 bytes
        Some("Info") => message(&[(1, &[0x10, 2])]),
        _ => message(&[(2, b"{")]),
    };
    let head = http::Response::builder().header("content-type", "application/grpc").body(()).expect("a head");
    let Ok(mut stream) = respond.send_response(head, false) else { return };
    let mut frame = vec![0, 0, 0, 0, u8::try_from(answer.len()).expect("short")];
    frame.extend(answer);
    let _ = stream.send_data(frame.into(), false);
    let hangs = method.ends_with("Read");
    let _ = asked.send(method);
    if hangs {
        std::future::pending::<()>().await;
    }
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", 0.into());
    let _ = stream.send_trailers(trailers);
}

#[test]
fn a_blob_of_containerd() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let socket = folder.path().join("c.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    listener.set_nonblocking(true).expect("it can");
    let (asked, asks) = channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::UnixListener::from_std(listener).expect("a socket");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(containerd(stream, asked.clone()));
            }
        });
    });
    let (begun, transferring) = channel();
    let methods = thread::spawn(move || {
        let mut methods = Vec::new();
        while let Ok(method) = asks.recv_timeout(LONG) {
            if method == "gone" {
                break;
            }
            if method.ends_with("Read") {
                let _ = begun.send(());
            }
            methods.push(method);
        }
        methods
    });
    let address = socket.display().to_string();
    interrupted(&["inspect", "containerd://app:1"], &[("CONTAINERD_ADDRESS", &address)], &transferring);
    // no lease was taken that would have to be given back
    let asked = methods.join().expect("it does not panic");
    let expected = ["images.v1.Images/List", "content.v1.Content/Info", "content.v1.Content/Read"];
    assert_eq!(asked, expected.map(|method| format!("/containerd.services.{method}")));
}
