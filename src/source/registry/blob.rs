//! A blob as a stream: asked for when its first byte is wanted, resumed where it breaks off.
//!
//! Refuses to judge the bytes, whose digest is checked by who reads them, and to go on behind the size
//! that the registry gave. The beginning of a blob that was read before is not fetched again.

use std::io::{self, Read};
use std::sync::Arc;

use ureq::BodyReader;
use ureq::http::Method;

use crate::digest::Digest;

use super::super::error::SourceError;
use super::super::pace::Paced;
use super::body::BodyFault;
use super::cache::Entry;
use super::client::Ask;
use super::error::RegistryError;
use super::images::Shared;
use super::retry::Tries;

/// How much of a large blob is kept, in bytes: who compressed it, and where two part, is seen
/// in the beginning.
const HEAD: u64 = 1 << 20;
/// A blob up to this size is kept whole, in bytes.
const SMALL: u64 = 8 << 20;
/// A resumption that brings less is one in vain, in bytes: a server that lets bytes drip is given up.
const LEAST: u64 = 4 << 10;
/// How often one transfer is resumed in all, however much each time brought.
const MOST_RESUMPTIONS: u32 = 100;

/// A blob that is being read.
pub(super) struct BlobReader {
    shared: Arc<Shared>,
    digest: Digest,
    /// As the registry gave it.
    size: Option<u64>,
    /// Bytes handed out.
    at: u64,
    /// What was kept of it when it was read before.
    head: Arc<[u8]>,
    body: Option<Paced<BodyReader<'static>>>,
    /// What is kept of it this time.
    keep: Option<Vec<u8>>,
    /// Where it is written to for the next run.
    entry: Option<Entry>,
    tries: Tries,
    barren: u32,
    resumed_at: u64,
    resumptions: u32,
    done: bool,
}

impl BlobReader {
    pub(super) fn new(shared: &Arc<Shared>, digest: &Digest, size: Option<u64>) -> Self {
        let head = shared.kept(digest);
        let entry = shared.cache.as_ref().filter(|_| head.is_empty()).and_then(|cache| cache.entry(digest));
        BlobReader {
            digest: *digest,
            size,
            at: 0,
            keep: head.is_empty().then(Vec::new),
            head,
            body: None,
            entry,
            tries: Tries::new(&shared.client.access.patience),
            barren: 0,
            resumed_at: 0,
            resumptions: 0,
            done: false,
            shared: Arc::clone(shared),
        }
    }

    /// Asks for the bytes from where the last one was handed out.
    fn connect(&mut self) -> Result<(), RegistryError> {
        let path = format!("/blobs/{}", self.digest);
        let client = &self.shared.client;
        let ask = Ask { path: &path, method: &Method::GET, accept: None, from: self.at, body: None };
        let answer = client.ask(&ask)?;
        let skip = match answer.status {
            200 => self.at,
            206 if self.at > 0 => {
                let range = answer.header("content-range").unwrap_or_default();
                let start = range.strip_prefix("bytes ").and_then(|range| range.split('-').next()?.trim().parse().ok());
                if start != Some(self.at) {
                    return Err(RegistryError::Answer {
                        host: answer.origin.host.clone(),
                        what: format!("the rest of blob {}", self.digest),
                        expected: "the bytes from where the transfer broke off",
                        found: format!("Content-Range {:?}", client.clean(range)),
                    });
                }
                0
            }
            404 => {
                return Err(RegistryError::NotFound {
                    host: answer.origin.host.clone(),
                    what: format!("blob {} in {}", self.digest, client.name.repository),
                    hint: String::new(),
                });
            }
            _ => return Err(client.refused(answer, &format!("blob {}", self.digest))),
        };
        if self.size.is_none() && answer.status == 200 {
            self.size = answer.length();
        }
        let mut body = answer.body;
        if skip > 0 {
            // the server cannot resume: what came before comes again
            let mut skipped = 0;
            let mut buffer = [0; 64 << 10];
            while skipped < skip {
                let most = buffer.len().min(usize::try_from(skip - skipped).unwrap_or(buffer.len()));
                match body.read(&mut buffer[..most]) {
                    Ok(0) => return Ok(()),
                    Ok(count) => {
                        client.count(count as u64);
                        skipped += count as u64;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return self.fault(BodyFault::of(&error)),
                }
            }
        }
        self.body = Some(body);
        Ok(())
    }

    /// Takes note that the transfer broke off, and waits before another try. The error ends it.
    fn broke_off(&mut self, why: &str) -> Result<(), RegistryError> {
        self.body = None;
        self.resumptions += 1;
        if self.resumptions > MOST_RESUMPTIONS || !self.tries.pause(None) {
            return Err(RegistryError::Broken {
                host: self.shared.client.host().to_owned(),
                blob: format!("blob {}", self.digest),
                at: self.at,
                tries: self.barren,
                why: self.shared.client.clean(why),
            });
        }
        self.barren += 1;
        self.resumed_at = self.at;
        Ok(())
    }

    /// What is done about a body that goes wrong. A server that lets bytes drip would let the rest drip too.
    fn fault(&mut self, fault: BodyFault) -> Result<(), RegistryError> {
        match fault {
            BodyFault::Broke(why) => self.broke_off(&why),
            fault => {
                let (host, blob) = (self.shared.client.host().to_owned(), format!("blob {}", self.digest));
                Err(fault.cleaned(&self.shared.client).into_error(host, blob, 0))
            }
        }
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.at += bytes.len() as u64;
        if self.barren > 0 && self.at - self.resumed_at >= LEAST {
            self.barren = 0;
            self.tries = Tries::new(&self.shared.client.access.patience);
        }
        if let Some(entry) = &mut self.entry
            && !entry.write(bytes)
        {
            // the cache is a help: a full disk is no reason to fail
            self.entry = None;
        }
        let most = if self.size.is_some_and(|size| size <= SMALL) { SMALL } else { HEAD };
        if let Some(keep) = &mut self.keep {
            let room = most.saturating_sub(keep.len() as u64).min(bytes.len() as u64) as usize;
            keep.extend_from_slice(&bytes[..room]);
        }
    }

    /// The end: what is whole is kept for the next run.
    fn finish(&mut self) {
        self.done = true;
        self.body = None;
        if let Some(entry) = self.entry.take() {
            entry.keep();
        }
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        if self.done || buffer.is_empty() {
            return Ok(0);
        }
        if let Some(rest) = self.head.get(usize::try_from(self.at).unwrap_or(usize::MAX)..)
            && !rest.is_empty()
        {
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.at += count as u64;
            return Ok(count);
        }
        if self.size == Some(self.at) && self.body.is_none() {
            self.finish();
            return Ok(0);
        }
        loop {
            if self.body.is_none() {
                self.connect()?;
            }
            let Some(body) = &mut self.body else {
                self.broke_off("it ended early")?;
                continue;
            };
            let limit = self.size.unwrap_or(self.shared.limits.layer_size);
            match body.read(buffer) {
                Ok(0) if self.size.is_some_and(|size| self.at < size) => self.broke_off("it ended early")?,
                Ok(0) => {
                    self.finish();
                    return Ok(0);
                }
                Ok(count) if self.at + count as u64 > limit => {
                    self.shared.client.count(count as u64);
                    return Err(RegistryError::TooLong {
                        host: self.shared.client.host().to_owned(),
                        blob: format!("blob {}", self.digest),
                        size: limit,
                    });
                }
                Ok(count) => {
                    self.shared.client.count(count as u64);
                    self.advance(&buffer[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.fault(BodyFault::of(&error))?,
            }
        }
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next(buffer).map_err(|error| SourceError::from(error).into_io())
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        if let Some(keep) = self.keep.take() {
            self.shared.keep(&self.digest, keep);
        }
    }
}
