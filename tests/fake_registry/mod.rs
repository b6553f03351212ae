//! A small HTTP server on loopback that plays a registry, with faults where a test wants them.
//!
//! Knows as much HTTP as a registry's client needs and shares nothing with the program. It writes down every request.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::Digest as _;

/// One request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn is_blob(&self) -> bool {
        self.method == "GET" && self.path.contains("/blobs/")
    }
}

/// What is answered, and how it goes wrong.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The connection is closed after so many bytes of the body.
    pub cut: Option<usize>,
    /// Nothing more is said after so many bytes of the body, and the connection stays open.
    pub stall: Option<usize>,
    /// The body comes byte by byte, with so long a pause behind each.
    pub drip: Option<Duration>,
    /// The body is repeated for ever, in chunks.
    pub endless: bool,
    /// No Content-Length: the end of the connection ends the body.
    pub until_close: bool,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Reply { status, ..Reply::default() }
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self.headers.push((name, value.into()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

type Handler = dyn Fn(&Request) -> Reply + Send + Sync;

/// The server; it lives as long as the test's process.
#[derive(Clone)]
pub struct Server {
    /// `127.0.0.1:PORT`
    pub host: String,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub fn start(handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        let log = Arc::new(Mutex::new(Vec::new()));
        let server = Server { host, log: Arc::clone(&log) };
        let handler: Arc<Handler> = Arc::new(handler);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                // whoever hangs up in the middle has a reason
                std::thread::spawn(move || drop(serve(&stream, &*handler, &log)));
            }
        });
        server
    }

    /// Every request so far.
    pub fn log(&self) -> Vec<Request> {
        self.log.lock().expect("no handler panics").clone()
    }

    pub fn forget(&self) {
        self.log.lock().expect("no handler panics").clear();
    }

    pub fn count(&self, wanted: impl Fn(&Request) -> bool) -> usize {
        self.log().iter().filter(|request| wanted(request)).count()
    }
}

fn serve(stream: &TcpStream, handler: &Handler, log: &Mutex<Vec<Request>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            (&mut reader).take(64 << 10).read_until(b'\n', &mut line)?;
            // what is no text is no HTTP: the greeting of TLS
            let Ok(line) = String::from_utf8(line) else { return Ok(()) };
            let line = line.trim_end().to_owned();
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        let Some((first, rest)) = lines.split_first() else { return Ok(()) };
        let words: Vec<&str> = first.split(' ').collect();
        let &[method, target, _] = words.as_slice() else { return Ok(()) };
        let headers: BTreeMap<String, String> = rest
            .iter()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        };
        log.lock().expect("no handler panics").push(request.clone());
        if !answer(stream, &request, &handler(&request))? {
            return Ok(());
        }
    }
}

/// Writes an answer; `false`: the connection ends with it.
fn answer(mut stream: &TcpStream, request: &Request, reply: &Reply) -> std::io::Result<bool> {
    let mut head = format!("HTTP/1.1 {} Some\r\n", reply.status);
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let told = reply.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if reply.endless {
        head.push_str("Transfer-Encoding: chunked\r\n");
    } else if !told && !reply.until_close {
        head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if request.method == "HEAD" {
        return Ok(true);
    }
    if reply.endless {
        loop {
            stream.write_all(format!("{:x}\r\n", reply.body.len()).as_bytes())?;
            stream.write_all(&reply.body)?;
            stream.write_all(b"\r\n")?;
        }
    }
    if let Some(pause) = reply.drip {
        for byte in &reply.body {
            stream.write_all(&[*byte])?;
            std::thread::sleep(pause);
        }
        return Ok(true);
    }
    let end = reply.cut.or(reply.stall).unwrap_or(reply.body.len()).min(reply.body.len());
    stream.write_all(&reply.body[..end])?;
    if reply.stall.is_some() {
        // until the client gives up: then the socket has nothing more to say
        let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
        let _ = stream.read(&mut [0]);
        return Ok(false);
    }
    Ok(reply.cut.is_none() && !reply.until_close)
}

pub fn digest(bytes: &[u8]) -> String {
    let hash: String = sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

/// What a registry holds: manifests with their media types, and blobs.
#[derive(Clone, Debug, Default)]
pub struct Store {
    pub manifests: BTreeMap<String, (String, Vec<u8>)>,
    pub blobs: BTreeMap<String, Vec<u8>>,
}

impl Store {
    /// Adds the image of an OCI archive of `corpus/wild` under a tag.
    pub fn wild(mut self, file: &str, tag: &str) -> Self {
        let path = format!("{}/corpus/wild/{file}", env!("CARGO_MANIFEST_DIR"));
        #[expect(clippy::disallowed_methods, reason = "the test reads the corpus")]
        let file = std::fs::File::open(path).expect("the corpus has it");
        let mut archive = tar::Archive::new(file);
        let mut index = serde_json::Value::Null;
        for entry in archive.entries().expect("a tar") {
            let mut entry = entry.expect("a tar");
            let name = entry.path().expect("a path").to_string_lossy().into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("a whole tar");
            if name.trim_start_matches("./") == "index.json" {
                index = serde_json::from_slice(&bytes).expect("JSON");
            } else if name.contains("blobs/sha256/") && !bytes.is_empty() {
                self.blobs.insert(digest(&bytes), bytes);
            }
        }
        let top = &index["manifests"][0];
        let (named, media_type) = (top["digest"].as_str(), top["mediaType"].as_str());
        let bytes = self.blobs[named.expect("a digest")].clone();
        self.put(tag, media_type.expect("a media type"), bytes);
        self
    }

    /// Adds a manifest under a tag and its digest, and what it names as manifests.
    pub fn put(&mut self, tag: &str, media_type: &str, bytes: Vec<u8>) {
        if let Ok(document) = serde_json::from_slice::<serde_json::Value>(&bytes) {
            for child in document["manifests"].as_array().into_iter().flatten() {
                let named = child["digest"].as_str().expect("a digest");
                if let Some(blob) = self.blobs.get(named).cloned() {
                    self.put(named, child["mediaType"].as_str().expect("a media type"), blob);
                }
            }
        }
        self.manifests.insert(digest(&bytes), (media_type.to_owned(), bytes.clone()));
        self.manifests.insert(tag.to_owned(), (media_type.to_owned(), bytes));
    }

    /// The answer of a registry without faults.
    pub fn answer(&self, request: &Request) -> Reply {
        let Some(rest) = request.path.strip_prefix("/v2/") else { return Reply::new(404) };
        if rest.is_empty() {
            return Reply::new(200).body("{}");
        }
        let not_found =
            |code: &str| Reply::new(404).body(format!(r#"{{"errors":[{{"code":"{code}","message":"not here"}}]}}"#));
        if let Some((_, reference)) = rest.split_once("/manifests/") {
            return match self.manifests.get(reference) {
                None => not_found("MANIFEST_UNKNOWN"),
                Some((media_type, bytes)) => Reply::new(200)
                    .with("Content-Type", media_type.clone())
                    .with("Docker-Content-Digest", digest(bytes))
                    .body(bytes.clone()),
            };
        }
        let Some((_, named)) = rest.split_once("/blobs/") else { return Reply::new(404) };
        let Some(bytes) = self.blobs.get(named) else { return not_found("BLOB_UNKNOWN") };
        let from = request.header("range").strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        let reply = match from.and_then(|from| from.parse::<usize>().ok()) {
            None => Reply::new(200).body(bytes.clone()),
            Some(from) => Reply::new(206)
                .with("Content-Range", format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()))
                .body(&bytes[from..]),
        };
        reply.with("Content-Type", "application/octet-stream").with("Docker-Content-Digest", named)
    }
}
