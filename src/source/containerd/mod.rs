//! Images in containerd, through the API on its socket: the namespaced table of images and the
//! content store. Documents and blobs come as they were pulled or pushed, byte by byte.
//!
//! Refuses to pull what is not there, and to change anything.

mod grpc;
mod messages;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes};

use crate::digest::Digest;
use crate::limits::Limits;
use crate::text::{clipped, shown};

use super::disk::{self, Lies};
use super::environment::Environment;
use super::error::{Choice, SourceError, shown_name, shown_path};
use super::members::too_large;
use super::names::fit;
use super::reference::Reference;
use super::{BlobName, Opened, Root, Source};

use grpc::{Body, Channel, Failure, NOT_FOUND, decode};
use messages::{
    Descriptor, Image, InfoRequest, InfoResponse, ListImagesRequest, ListImagesResponse, ListNamespacesRequest,
    ListNamespacesResponse, ReadContentRequest, ReadContentResponse,
};

/// Where containerd listens, and others that bring their own: the first is the usual one.
const SOCKETS: [&str; 4] = [
    "/run/containerd/containerd.sock",
    "/run/k3s/containerd/containerd.sock",
    "/var/run/docker/containerd/containerd.sock",
    "/var/snap/microk8s/common/run/containerd.sock",
];

/// The namespace that ctr takes when none is said.
const NAMESPACE: &str = "default";

/// How long each step of a call may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many images an error lists.
const LISTED: usize = 20;

/// How many other namespaces are searched for an image that is not in the one that was asked for.
const SEARCHED: usize = 16;

/// Opens the image that containerd calls `name`.
pub(super) fn open(
    reference: &Reference,
    namespace: Option<&str>,
    name: &str,
    limits: &Limits,
    environment: &Environment,
) -> Result<Opened, SourceError> {
    let typed = environment.get("CONTAINERD_ADDRESS");
    let is_usual = typed.is_none();
    let socket = typed.unwrap_or_else(|| SOCKETS[0].to_owned());
    let socket = PathBuf::from(socket.strip_prefix("unix://").unwrap_or(&socket));
    let namespace = namespace.map(str::to_owned).or_else(|| environment.get("CONTAINERD_NAMESPACE"));
    let namespace = namespace.unwrap_or_else(|| NAMESPACE.to_owned());
    let client = Client::connect(&socket, namespace, is_usual, PATIENCE)?;
    client.open(reference, name, limits)
}

/// One namespace of one containerd.
struct Client {
    channel: Arc<Channel>,
    namespace: String,
    /// The daemon and the namespace, for messages.
    who: String,
}

impl Client {
    fn connect(socket: &Path, namespace: String, is_usual: bool, patience: Duration) -> Result<Self, SourceError> {
        // It becomes a header.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !namespace.bytes().all(is_plain) {
            let why = format!("expected a namespace of containerd, found {:?}", shown_name(&namespace));
            return Err(SourceError::NoImage { file: "CONTAINERD_NAMESPACE".to_owned(), why });
        }
        let who = format!("containerd at {}, namespace {namespace}", shown_path(socket));
        let channel = Channel::connect(socket, patience).map_err(|failure| match failure {
            Failure::Broken(kind, why) => {
                let why = format!("{why}{}", advice(kind, is_usual));
                SourceError::Io {
                    file: format!("containerd at {}", shown_path(socket)),
                    doing: "connect".to_owned(),
                    why,
                }
            }
            Failure::Status(..) => failed(&who, "connect", failure),
        })?;
        Ok(Client { channel: Arc::new(channel), namespace, who })
    }

    fn open(self, reference: &Reference, name: &str, limits: &Limits) -> Result<Opened, SourceError> {
        let images = self.images(&self.namespace)?;
        let image = self.choose(reference, name, &images)?;
        let no_target = || SourceError::NoImage {
            file: self.who.clone(),
            why: format!("image {} names no document", shown_name(&image.name)),
        };
        let target = image.target.clone().ok_or_else(no_target)?;
        let digest = digest_of(&target).ok_or_else(no_target)?;
        let content = Content { client: self };
        let bytes = content.document(&digest, &image.name, limits)?;
        let root = Root::Document {
            bytes,
            declared_digest: Some(digest),
            declared_size: u64::try_from(target.size).ok(),
            declared_media_type: Some(target.media_type).filter(|media_type| !media_type.is_empty()),
            name: digest.to_string(),
            annotations: target.annotations.into_iter().collect(),
        };
        Ok(Opened { source: Arc::new(content), root })
    }

    fn images(&self, namespace: &str) -> Result<Vec<Image>, SourceError> {
        let request = ListImagesRequest { filters: Vec::new() };
        let method = "containerd.services.images.v1.Images/List";
        let answer: Result<ListImagesResponse, _> = self.channel.call(method, namespace, &request);
        answer.map(|answer| answer.images).map_err(|failure| failed(&self.who, "list its images", failure))
    }

    fn choose<'i>(&self, reference: &Reference, name: &str, images: &'i [Image]) -> Result<&'i Image, SourceError> {
        let fitting = best_named(name, images);
        let mut distinct: Vec<&Image> = Vec::new();
        for image in fitting {
            if !distinct.iter().any(|other| other.target == image.target) {
                distinct.push(image);
            }
        }
        if let [only] = distinct.as_slice() {
            return Ok(only);
        }
        let fitting = distinct.len();
        if fitting == 0
            && let Some(elsewhere) = self.elsewhere(reference, name)
        {
            return Err(elsewhere);
        }
        let listed: Vec<&Image> = if fitting == 0 { images.iter().collect() } else { distinct };
        // A namespace with a dot cannot be typed: the variable says it.
        let prefix = if self.namespace.contains('.') { String::new() } else { format!("{}/", self.namespace) };
        let choices = listed.iter().take(LISTED).map(|image| {
            let note = image.target.as_ref().map(|target| shown_name(&target.digest)).unwrap_or_default();
            (format!("containerd://{prefix}{}", shown_name(&image.name)), note)
        });
        Err(SourceError::Choice(Choice {
            file: self.who.clone(),
            asked: Some(shown_name(name)),
            fitting,
            choices: choices.collect(),
            more: listed.len().saturating_sub(LISTED),
        }))
    }

    /// The error that says in which other namespace the image is; `None` when it is in none.
    fn elsewhere(&self, reference: &Reference, name: &str) -> Option<SourceError> {
        let method = "containerd.services.namespaces.v1.Namespaces/List";
        let all: ListNamespacesResponse = self.channel.call(method, &self.namespace, &ListNamespacesRequest {}).ok()?;
        // `containerd://k8s.io/NAME`: a namespace with a dot, which cannot be told from a registry.
        let behind = name.split_once('/');
        for other in all.namespaces.iter().take(SEARCHED).filter(|other| other.name != self.namespace) {
            let images = self.images(&other.name).unwrap_or_default();
            let whole = (!best_named(name, &images).is_empty()).then_some(name);
            let asked = whole.or_else(|| {
                behind
                    .filter(|(first, rest)| *first == other.name && !best_named(rest, &images).is_empty())
                    .map(|(_, rest)| rest)
            });
            let Some(asked) = asked else { continue };
            let (found, asked) = (shown_name(&other.name), shown_name(asked));
            let say = if found.contains(['.', ':']) {
                format!("CONTAINERD_NAMESPACE={found} and containerd://{asked}")
            } else {
                format!("containerd://{found}/{asked}")
            };
            let why = format!("{} holds no such image, its namespace {found} does: say {say}", self.who);
            return Some(SourceError::NoImage { file: shown_name(&reference.typed), why });
        }
        None
    }
}

/// The images that `name` fits best: by name, else `…@DIGEST` or a digest alone by what it names.
fn best_named<'i>(name: &str, images: &'i [Image]) -> Vec<&'i Image> {
    let best = images.iter().filter_map(|image| fit(name, &image.name)).min();
    if best.is_some() {
        return images.iter().filter(|image| fit(name, &image.name) == best).collect();
    }
    let digest = name.rsplit('@').next().and_then(|digest| digest.parse::<Digest>().ok());
    let names_it = |image: &&Image| digest.is_some() && image.target.as_ref().and_then(digest_of) == digest;
    images.iter().filter(names_it).collect()
}

fn digest_of(target: &Descriptor) -> Option<Digest> {
    target.digest.parse().ok()
}

/// What to do about a socket that does not take connections.
fn advice(kind: io::ErrorKind, is_usual: bool) -> String {
    match kind {
        io::ErrorKind::PermissionDenied => "; run as root: the socket is root's".to_owned(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
            let there = SOCKETS
                .iter()
                .skip(1)
                .find(|socket| matches!(disk::look(Path::new(socket)), Ok(Lies::Other("socket"))));
            match there {
                Some(socket) if is_usual => {
                    format!("; is it running? There is one at {socket}: say CONTAINERD_ADDRESS={socket}")
                }
                _ => "; is it running? CONTAINERD_ADDRESS says where".to_owned(),
            }
        }
        _ => String::new(),
    }
}

fn failed(who: &str, doing: &str, failure: Failure) -> SourceError {
    let why = match failure {
        Failure::Status(code, message) => {
            format!("it answers with the status {code}: {}", clipped(&shown(message.as_bytes()), 300))
        }
        Failure::Broken(_, why) => why,
    };
    SourceError::Io { file: who.to_owned(), doing: doing.to_owned(), why }
}

/// containerd's content store as a source.
struct Content {
    client: Client,
}

impl Content {
    fn document(&self, digest: &Digest, image: &str, limits: &Limits) -> Result<Vec<u8>, SourceError> {
        let blob = BlobName::Digest(*digest);
        let Some(size) = self.size(&blob)? else {
            return Err(SourceError::Missing {
                file: self.client.who.clone(),
                blob: digest.to_string(),
                named_by: format!("image {}", shown_name(image)),
            });
        };
        if size > limits.document {
            return Err(too_large(&self.client.who, &digest.to_string(), size, limits));
        }
        let mut bytes = Vec::new();
        let read = self.open(&blob)?.take(limits.document).read_to_end(&mut bytes);
        read.map_err(|error| SourceError::of_read(&self.client.who, &digest.to_string(), &error))?;
        Ok(bytes)
    }
}

impl Source for Content {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        let BlobName::Digest(digest) = blob else { return Ok(None) };
        let request = InfoRequest { digest: digest.to_string() };
        let method = "containerd.services.content.v1.Content/Info";
        let answer: Result<InfoResponse, _> = self.client.channel.call(method, &self.client.namespace, &request);
        match answer {
            Ok(answer) => Ok(answer.info.and_then(|info| u64::try_from(info.size).ok())),
            Err(Failure::Status(NOT_FOUND, _)) => Ok(None),
            Err(failure) => Err(failed(&self.client.who, &format!("look for {digest}"), failure)),
        }
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        let request = ReadContentRequest { digest: blob.to_string() };
        let method = "containerd.services.content.v1.Content/Read";
        let doing = format!("read {}", shown_name(&blob.to_string()));
        let body = self.client.channel.start(method, &self.client.namespace, &request);
        let body = body.map_err(|failure| failed(&self.client.who, &doing, failure))?;
        let channel = Arc::clone(&self.client.channel);
        Ok(Box::new(Blob {
            channel,
            body,
            piece: Bytes::new(),
            read: 0,
            who: self.client.who.clone(),
            doing,
            done: false,
        }))
    }

    fn kind(&self) -> &'static str {
        "containerd"
    }

    fn where_missing(&self) -> Option<&'static str> {
        Some(
            "containerd does not keep it: it was pulled for another platform, or thrown away when it was unpacked \
             (discard_unpacked_layers); ctr content fetch NAME gets it again",
        )
    }
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
