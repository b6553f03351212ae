//! gRPC over HTTP/2 on a unix socket, as far as calling needs it (grpc/grpc, `doc/PROTOCOL-HTTP2.md`):
//! one request message, one or several answers, a status.
//!
//! Refuses to wait for ever, compressed messages, and messages over a bound. The asynchronous part
//! ends here: who calls waits.

use std::future::Future;
use std::io;
use std::path::Path;
use std::time::Duration;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use h2::RecvStream;
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use prost::Message;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

/// The largest message that is taken, in bytes: a list of very many images.
const LARGEST_MESSAGE: usize = 64 << 20;

/// How much of each answer may be under way, in bytes, so that blobs stream without pauses.
const WINDOW: u32 = 2 << 20;

/// How a call fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server's answer: status code and message.
    Status(u32, String),
    /// No answer that is one.
    Broken(io::ErrorKind, String),
}

/// gRPC's status code for what is not there.
pub(super) const NOT_FOUND: u32 = 5;

/// A connection, and the thread that keeps it going.
pub(super) struct Channel {
    runtime: Runtime,
    send: SendRequest<Bytes>,
    patience: Duration,
}

impl Channel {
    /// Connects to a socket. `patience` is how long each step may take.
    pub fn connect(socket: &Path, patience: Duration) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| broken(&error))?;
        let send = runtime.block_on(async {
            within(patience, async {
                let stream = UnixStream::connect(socket).await.map_err(|error| broken(&error))?;
                let mut builder = h2::client::Builder::new();
                builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW * 8).enable_push(false);
                let (send, connection) = builder.handshake(stream).await.map_err(|error| lost(&error))?;
                // What ends the connection is told to every call on it.
                tokio::spawn(async move { drop(connection.await) });
                Ok(send)
            })
            .await
        })?;
        Ok(Channel { runtime, send, patience })
    }

    /// Calls a method with one answer.
    pub fn call<A: Message + Default>(
        &self,
        method: &str,
        namespace: &str,
        message: &impl Message,
    ) -> Result<A, Failure> {
        let mut answers = self.stream(method, namespace, message)?;
        let answer = answers.next()?;
        let answer =
            answer.ok_or_else(|| Failure::Broken(io::ErrorKind::InvalidData, "it answers nothing".to_owned()))?;
        // The status comes behind the answer.
        match answers.next()? {
            None => decode(answer),
            Some(_) => Err(Failure::Broken(io::ErrorKind::InvalidData, "it answers more than once".to_owned())),
        }
    }

    /// Calls a method with several answers.
    pub fn stream(&self, method: &str, namespace: &str, message: &impl Message) -> Result<Answers<'_>, Failure> {
        let body = self.runtime.block_on(self.ask(method, namespace, message))?;
        Ok(Answers { channel: self, body })
    }

    /// Calls a method; the answers are taken from the body as they come.
    pub fn start(&self, method: &str, namespace: &str, message: &impl Message) -> Result<Body, Failure> {
        self.runtime.block_on(self.ask(method, namespace, message))
    }

    /// The next message of a body; `None` at its end, if the call succeeded.
    pub fn next(&self, body: &mut Body) -> Result<Option<Bytes>, Failure> {
        self.runtime.block_on(within(self.patience, body.next()))
    }

    async fn ask(&self, method: &str, namespace: &str, message: &impl Message) -> Result<Body, Failure> {
        let wrong = |error: http::Error| Failure::Broken(io::ErrorKind::InvalidInput, error.to_string());
        let request = Request::post(format!("http://localhost/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("containerd-namespace", namespace)
            .body(())
            .map_err(wrong)?;
        let mut frame = BytesMut::new();
        frame.put_u8(0);
        frame.put_u32(u32::try_from(message.encoded_len()).unwrap_or(u32::MAX));
        frame.extend_from_slice(&message.encode_to_vec());
        within(self.patience, async {
            let mut send = self.send.clone().ready().await.map_err(|error| lost(&error))?;
            let (answer, mut body) = send.send_request(request, false).map_err(|error| lost(&error))?;
            body.send_data(frame.freeze(), true).map_err(|error| lost(&error))?;
            let answer = answer.await.map_err(|error| lost(&error))?;
            if answer.status() != 200 {
                let why = format!("it answers with the HTTP status {}", answer.status().as_u16());
                return Err(Failure::Broken(io::ErrorKind::InvalidData, why));
            }
            // An error may come without a body.
            if let Some(status) = status(answer.headers()) {
                status?;
            }
            Ok(Body { stream: answer.into_body(), buffer: BytesMut::new() })
        })
        .await
    }
}

/// The answers of one call.
pub(super) struct Answers<'c> {
    channel: &'c Channel,
    body: Body,
}

impl Answers<'_> {
    fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        self.channel.next(&mut self.body)
    }
}

/// The body of an answer.
pub(super) struct Body {
    stream: RecvStream,
    buffer: BytesMut,
}

impl Body {
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let invalid = |why: String| Err(Failure::Broken(io::ErrorKind::InvalidData, why));
        loop {
            if let [flag, a, b, c, d, ..] = *self.buffer {
                let length = u32::from_be_bytes([a, b, c, d]) as usize;
                if flag != 0 {
                    return invalid("it answers with a compressed message".to_owned());
                }
                if length > LARGEST_MESSAGE {
                    return invalid(format!(
                        "it answers with a message of {length} bytes, over the limit of {LARGEST_MESSAGE}"
                    ));
                }
                if self.buffer.len() >= 5 + length {
                    self.buffer.advance(5);
                    return Ok(Some(self.buffer.split_to(length).freeze()));
                }
                self.buffer.reserve(5 + length - self.buffer.len());
            }
            match self.stream.data().await {
                Some(data) => {
                    let data = data.map_err(|error| lost(&error))?;
                    // The window is the server's again as soon as its bytes are here.
                    let _ = self.stream.flow_control().release_capacity(data.len());
                    self.buffer.extend_from_slice(&data);
                }
                None => {
                    let trailers = self.stream.trailers().await.map_err(|error| lost(&error))?;
                    return match trailers.as_ref().and_then(status) {
                        Some(status) => {
                            status?;
                            if self.buffer.is_empty() {
                                Ok(None)
                            } else {
                                invalid("it ends inside of a message".to_owned())
                            }
                        }
                        None => invalid("it ends without a status".to_owned()),
                    };
                }
            }
        }
    }
}

/// The status in headers or trailers; `None` when there is none.
fn status(headers: &HeaderMap) -> Option<Result<(), Failure>> {
    let code = headers.get("grpc-status")?.to_str().ok().and_then(|code| code.parse().ok()).unwrap_or(2);
    if code == 0 {
        return Some(Ok(()));
    }
    let message = headers.get("grpc-message").map(|message| percent_decoded(message.as_bytes())).unwrap_or_default();
    Some(Err(Failure::Status(code, message)))
}

/// `%XX` is a byte.
fn percent_decoded(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| byte == b'%') {
            Some(decoded) => {
                out.push(decoded);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                out.push(byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A message from its bytes.
pub(super) fn decode<A: Message + Default>(bytes: Bytes) -> Result<A, Failure> {
    let why = |error: prost::DecodeError| format!("its answer is not the message that was expected: {error}");
    A::decode(bytes).map_err(|error| Failure::Broken(io::ErrorKind::InvalidData, why(error)))
}

async fn within<T>(patience: Duration, step: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let waited = || Failure::Broken(io::ErrorKind::TimedOut, format!("no answer for {} seconds", patience.as_secs()));
    tokio::time::timeout(patience, step).await.unwrap_or_else(|_| Err(waited()))
}

fn broken(error: &io::Error) -> Failure {
    Failure::Broken(error.kind(), error.to_string())
}

/// The connection ended, or what came was no HTTP/2.
fn lost(error: &h2::Error) -> Failure {
    let kind = error.get_io().map_or(io::ErrorKind::InvalidData, io::Error::kind);
    Failure::Broken(kind, format!("the connection broke: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_a_status_are_percent_encoded() {
        let table = [
            ("plain", "plain"),
            ("a%20b%C3%A4", "a b\u{e4}"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%25", "%"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(percent_decoded(text.as_bytes()), expected);
        }
    }
}
