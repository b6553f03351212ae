//! containerd through the API on its socket: the namespaced table of images and the content store.
//!
//! Refuses to pull what is not there, and to change anything: it takes no lease, and what is thrown away while it is
//! read is missing.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes};

use crate::digest::Digest;
use crate::text::{clipped, shown};

use super::super::error::{SourceError, shown_name, shown_path};
use super::super::pace::{Pace, Paced};
use super::Keeper;
use super::grpc::{Body, Channel, Failure, NOT_FOUND, decode};
use super::messages::{
    Image, InfoRequest, InfoResponse, ListImagesRequest, ListImagesResponse, ListNamespacesRequest,
    ListNamespacesResponse, ReadContentRequest, ReadContentResponse,
};

/// How long each step of a call may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// One namespace of one containerd.
pub(super) struct Client {
    channel: Arc<Channel>,
    namespace: String,
    /// The daemon and the namespace, for messages.
    who: String,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NotReached {
    /// The system's kind of error, and its words.
    pub kind: io::ErrorKind,
    pub why: String,
}

impl Client {
    /// Connects to a socket. `patience` is how long each step may take.
    pub(super) fn connect(socket: &Path, namespace: &str, patience: Duration) -> Result<Self, NotReached> {
        let who = format!("containerd at {}, namespace {namespace}", shown_path(socket));
        let channel = Channel::connect(socket, patience).map_err(|failure| match failure {
            Failure::Broken(kind, why) => NotReached { kind, why },
            Failure::Status(code, message) => NotReached { kind: io::ErrorKind::Other, why: said(code, &message) },
        })?;
        Ok(Client { channel: Arc::new(channel), namespace: namespace.to_owned(), who })
    }
}

impl Keeper for Client {
    fn who(&self) -> &str {
        &self.who
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn images(&self, namespace: &str) -> Result<Vec<Image>, SourceError> {
        let request = ListImagesRequest { filters: Vec::new() };
        let method = "containerd.services.images.v1.Images/List";
        let answer: Result<ListImagesResponse, _> = self.channel.call(method, namespace, &request);
        answer.map(|answer| answer.images).map_err(|failure| failed(&self.who, "list its images", failure))
    }

    fn namespaces(&self) -> Result<Vec<String>, SourceError> {
        let method = "containerd.services.namespaces.v1.Namespaces/List";
        let answer: Result<ListNamespacesResponse, _> =
            self.channel.call(method, &self.namespace, &ListNamespacesRequest {});
        let answer = answer.map_err(|failure| failed(&self.who, "list its namespaces", failure))?;
        Ok(answer.namespaces.into_iter().map(|namespace| namespace.name).collect())
    }

    fn size(&self, digest: &Digest) -> Result<Option<u64>, SourceError> {
        let request = InfoRequest { digest: digest.to_string() };
        let method = "containerd.services.content.v1.Content/Info";
        let answer: Result<InfoResponse, _> = self.channel.call(method, &self.namespace, &request);
        match answer {
            Ok(answer) => Ok(answer.info.and_then(|info| u64::try_from(info.size).ok())),
            Err(Failure::Status(NOT_FOUND, _)) => Ok(None),
            Err(failure) => Err(failed(&self.who, &format!("look for {digest}"), failure)),
        }
    }

    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, SourceError> {
        let request = ReadContentRequest { digest: digest.to_string() };
        let method = "containerd.services.content.v1.Content/Read";
        let doing = format!("read {}", shown_name(&digest.to_string()));
        let body = self.channel.start(method, &self.namespace, &request);
        let body = body.map_err(|failure| failed(&self.who, &doing, failure))?;
        let channel = Arc::clone(&self.channel);
        let who = self.who.clone();
        let blob = Blob { channel, body, piece: Bytes::new(), read: 0, who, doing, done: false };
        Ok(Box::new(Paced::new(blob, Pace::over(PATIENCE * 2))))
    }
}

/// What containerd says beside a status that is no success.
fn said(code: u32, message: &str) -> String {
    format!("it answers with the status {code}: {}", clipped(&shown(message.as_bytes()), 300))
}

fn failed(who: &str, doing: &str, failure: Failure) -> SourceError {
    let why = match failure {
        Failure::Status(code, message) => said(code, &message),
        Failure::Broken(_, why) => why,
    };
    SourceError::Io { file: who.to_owned(), doing: doing.to_owned(), why }
}

/// A blob as it comes. Its errors carry a [`SourceError`].
struct Blob {
    channel: Arc<Channel>,
    body: Body,
    piece: Bytes,
    read: u64,
    who: String,
    doing: String,
    done: bool,
}

impl Blob {
    /// Fetches the next piece.
    fn fetch(&mut self) -> Result<(), Failure> {
        match self.channel.next(&mut self.body)? {
            None => self.done = true,
            Some(message) => {
                let answer: ReadContentResponse = decode(message)?;
                if u64::try_from(answer.offset) != Ok(self.read) {
                    let why = format!("expected the bytes at offset {}, found those at {}", self.read, answer.offset);
                    return Err(Failure::Broken(io::ErrorKind::InvalidData, why));
                }
                self.read += answer.data.len() as u64;
                self.piece = answer.data;
            }
        }
        Ok(())
    }
}

impl Read for Blob {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.piece.is_empty() && !self.done {
            self.fetch().map_err(|failure| failed(&self.who, &self.doing, failure).into_io())?;
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
