//! Unix sockets for the HTTP client, which speaks TCP by itself.
//!
//! Uses the client's transport interface and refuses to know HTTP.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// Connects to one socket, whatever the URL's host.
#[derive(Debug)]
pub(super) struct UnixConnector {
    pub path: PathBuf,
    /// For writing a request.
    pub patience: Duration,
}

impl Connector<()> for UnixConnector {
    type Out = UnixTransport;

    fn connect(&self, details: &ConnectionDetails<'_>, _: Option<()>) -> Result<Option<UnixTransport>, Error> {
        let stream = connect(self.path.clone(), self.patience)?;
        stream.set_write_timeout(Some(self.patience))?;
        let buffers = LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(Some(UnixTransport { stream, buffers }))
    }
}

/// Connects within `patience`: where nobody takes connections and the queue is full, connecting waits, and the system has
/// no other end for it.
#[expect(clippy::disallowed_methods, reason = "the edge where daemons are talked to")]
fn connect(path: PathBuf, patience: Duration) -> Result<UnixStream, Error> {
    let (done, wait) = mpsc::channel();
    thread::spawn(move || done.send(UnixStream::connect(path)));
    match wait.recv_timeout(patience) {
        Ok(connected) => Ok(connected?),
        Err(_) => Err(Error::Timeout(Timeout::Connect)),
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct UnixTransport {
    stream: UnixStream,
    buffers: LazyBuffers,
}

impl Transport for UnixTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        self.stream.write_all(output).map_err(|error| timed(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let timeout = timeout.for_read();
        let wait = timeout.not_zero().map(|wait| *wait);
        self.stream.set_read_timeout(wait)?;
        loop {
            match self.stream.read(self.buffers.input_append_buf()) {
                Ok(count) => {
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(timed(error, timeout)),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // No connection is used twice.
        false
    }
}

fn timed(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => Error::Io(error),
    }
}

/// Resolves no name: the socket's path says all.
#[derive(Debug)]
pub(super) struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        // The client asks for one address at least; nobody connects to it.
        addresses.push(([127, 0, 0, 1], 0).into());
        Ok(addresses)
    }
}
