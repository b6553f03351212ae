//! Reads a tar as it streams past: bytes pushed in any pieces, a [`Tar`] at the end.
//!
//! Reading never fails on what the bytes say: what cannot be understood is kept as such and noted
//! as an [`Anomaly`]. Only a limit ends it. File contents are hashed and forgotten.

mod end;

use super::draft::{Draft, Ledger};
use super::header::{Dialect, Header, HeaderField, c_string, checksums};
use super::meaning::{self, Raw};
use super::pax::{self, Overrides};
use super::{Anomaly, AnomalyKind, BLOCK, Content, Entry, Extension, ExtensionKind, Padding, Tar, number};
use crate::digest::{Digest, Hasher};
use crate::layer::entry::Attributes;
use crate::layer::limit::LimitError;
use crate::limits::Limits;

/// An incremental reader of one tar stream.
pub struct TarReader {
    limits: Limits,
    tar: Tar,
    /// Bytes of the stream taken in.
    position: u64,
    state: State,
    block: [u8; BLOCK],
    filled: usize,
    /// Extensions that wait for their entry.
    pending: Vec<Extension>,
    /// Where the first of them begins.
    pending_offset: Option<u64>,
    /// What global extensions say of all entries to come.
    global: Overrides,
    /// Bytes kept in memory besides the entries themselves.
    kept: u64,
    /// Bytes of holes hashed.
    holes: u64,
    limit: Option<LimitError>,
    nothing: Digest,
}

/// What the next bytes are.
enum State {
    Header,
    /// An extension's body, of which that many bytes are to come.
    Body(Box<Extension>, u64),
    ExtensionPadding(Box<Extension>, usize),
    /// An old GNU block with more of the sparse map.
    SparseHeader(Box<Draft>),
    /// The next header, or else content that entries of this kind rarely have.
    Doubtful(Box<Draft>),
    /// Content, of which that many bytes are to come.
    Content(Box<Draft>, u64),
    Padding(Box<Draft>, usize),
    Zeros,
    /// What cannot be read.
    Rest(Box<Hasher>),
    /// Only while the next state is being found.
    Between,
}

impl TarReader {
    /// A reader bounded by the limits on entries, extensions, kept bytes and sparse files.
    pub fn new(limits: &Limits) -> Self {
        TarReader {
            limits: limits.clone(),
            tar: Tar::default(),
            position: 0,
            state: State::Header,
            block: [0; BLOCK],
            filled: 0,
            pending: Vec::new(),
            pending_offset: None,
            global: Overrides::default(),
            kept: 0,
            holes: 0,
            limit: None,
            nothing: Digest::sha256(b""),
        }
    }

    /// The limit that was hit, if one was; what is pushed after that is ignored.
    pub fn limit(&self) -> Option<&LimitError> {
        self.limit.as_ref()
    }

    /// Takes in the next bytes of the stream.
    pub fn push(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() && self.limit.is_none() {
            let taken = self.step(chunk);
            self.position += taken as u64;
            chunk = &chunk[taken..];
            self.advance();
        }
    }

    /// Ends the stream.
    pub fn finish(mut self) -> Result<Tar, LimitError> {
        if self.limit.is_none() {
            self.end();
        }
        if let Some(limit) = self.limit {
            return Err(limit);
        }
        self.tar.size = self.position;
        self.tar.trailer.extensions = self.pending;
        self.tar.entries.shrink_to_fit();
        // An entry's oddities are noted when they are known, which may be after its neighbours'.
        self.tar.anomalies.sort();
        Ok(self.tar)
    }

    /// Takes in the front of `chunk`; returns how much.
    fn step(&mut self, chunk: &[u8]) -> usize {
        match &mut self.state {
            State::Body(extension, left) => {
                let taken = at_most(*left, chunk.len());
                extension.body.extend_from_slice(&chunk[..taken]);
                *left -= taken as u64;
                taken
            }
            State::Content(draft, left) => {
                let taken = at_most(*left, chunk.len());
                *left -= taken as u64;
                let mut ledger = Ledger {
                    limits: &self.limits,
                    anomalies: &mut self.tar.anomalies,
                    holes: &mut self.holes,
                    limit: &mut self.limit,
                };
                draft.push(&chunk[..taken], &mut ledger);
                taken
            }
            State::Rest(hasher) => {
                hasher.update(chunk);
                chunk.len()
            }
            State::Zeros => {
                let zeros = chunk.iter().take_while(|b| **b == 0).count();
                self.tar.trailer.zeros += zeros as u64;
                if zeros < chunk.len() {
                    let end = self.position + zeros as u64;
                    self.end_marker(end);
                    self.note(end, AnomalyKind::AfterEnd);
                    self.state = self.rest(end, &[]);
                }
                zeros
            }
            _ => {
                let taken = (self.wanted() - self.filled).min(chunk.len());
                self.block[self.filled..self.filled + taken].copy_from_slice(&chunk[..taken]);
                self.filled += taken;
                taken
            }
        }
    }

    /// How many bytes the current state collects in `block`.
    fn wanted(&self) -> usize {
        match &self.state {
            State::ExtensionPadding(_, wanted) | State::Padding(_, wanted) => *wanted,
            _ => BLOCK,
        }
    }

    /// Goes on to the next state as long as the current one has all its bytes.
    fn advance(&mut self) {
        while self.limit.is_none() {
            let is_full = self.filled == self.wanted();
            self.state = match std::mem::replace(&mut self.state, State::Between) {
                State::Header if is_full => self.header(),
                State::Body(extension, 0) => {
                    let wanted = padding_after(extension.body.len() as u64);
                    State::ExtensionPadding(extension, wanted)
                }
                State::ExtensionPadding(mut extension, _) if is_full => {
                    extension.padding = self.padding();
                    self.extension(*extension);
                    State::Header
                }
                State::SparseHeader(draft) if is_full => self.sparse_header(draft),
                State::Doubtful(draft) if is_full => self.doubtful(draft),
                State::Content(draft, 0) => {
                    let wanted = padding_after(draft.entry.content.length);
                    State::Padding(draft, wanted)
                }
                State::Padding(mut draft, _) if is_full => {
                    draft.entry.padding = self.padding();
                    self.entry(*draft, true);
                    State::Header
                }
                unfinished => {
                    self.state = unfinished;
                    return;
                }
            };
        }
    }

    /// The collected block is a header, the end of the archive, or nothing known.
    fn header(&mut self) -> State {
        self.filled = 0;
        let block = self.block;
        let offset = self.position - BLOCK as u64;
        if block == [0; BLOCK] {
            self.tar.trailer.zeros = BLOCK as u64;
            return State::Zeros;
        }
        let raw = Raw::new(&block);
        let (fits, declared, computed) = checksum(&raw, &block);
        if !fits {
            if matches!(raw.dialect(), Dialect::V7 | Dialect::Other) {
                self.note(offset, AnomalyKind::NotAHeader);
                return self.rest(offset, &block);
            }
            let kind = AnomalyKind::Checksum { declared, computed };
            self.note(offset, kind);
        }
        let kind = match raw.typeflag() {
            b'x' | b'X' => ExtensionKind::Pax,
            b'g' => ExtensionKind::PaxGlobal,
            b'L' => ExtensionKind::GnuLongName,
            b'K' => ExtensionKind::GnuLongLink,
            _ => return self.entry_header(&raw, &block, offset),
        };
        let (size, unreadable) = raw.size();
        if unreadable {
            self.note(offset, AnomalyKind::Number(HeaderField::Size));
        }
        if size > self.limits.extension {
            self.exceeded("the size of an extension header", self.limits.extension, "--max-extension");
        }
        let header = Header::from_block(&block);
        self.keep(size.saturating_add(header.kept() as u64));
        self.pending_offset.get_or_insert(offset);
        let extension = Extension { kind, header, body: Vec::new(), padding: Padding::Zeros(0) };
        State::Body(Box::new(extension), size)
    }

    fn entry_header(&mut self, raw: &Raw<'_>, block: &[u8; BLOCK], offset: u64) -> State {
        if self.tar.entries.len() >= self.limits.entries {
            self.exceeded("the number of entries in one layer", self.limits.entries as u64, "--max-entries");
        }
        let mut overrides = self.global.clone();
        for extension in &self.pending {
            let name = || Some(c_string(&extension.body).into());
            match extension.kind {
                ExtensionKind::Pax => drop(overrides.apply(&pax::records(&extension.body).0)),
                ExtensionKind::PaxGlobal => {}
                ExtensionKind::GnuLongName => overrides.long_path = name(),
                ExtensionKind::GnuLongLink => overrides.long_link = name(),
            }
        }
        let (attributes, anomalies) = meaning::attributes(raw, &overrides);
        for kind in anomalies {
            self.note(offset, kind);
        }
        let (size, unreadable) = raw.size();
        if unreadable && overrides.size.is_none() {
            self.note(offset, AnomalyKind::Number(HeaderField::Size));
        }
        let stored = overrides.size.unwrap_or(size);
        self.keep(heap_of(&attributes));
        let kind = attributes.kind;
        let entry = Entry {
            offset: self.pending_offset.take().unwrap_or(offset),
            extensions: std::mem::take(&mut self.pending),
            header: Header::from_block(block),
            sparse_headers: Vec::new(),
            content: Content { offset: self.position, length: 0, digest: self.nothing },
            padding: Padding::Zeros(0),
            attributes,
        };
        let draft = Box::new(Draft::new(entry, raw, &overrides, offset, stored));
        if raw.is_old_sparse() && raw.field(HeaderField::IsExtended) != b"\0" {
            return State::SparseHeader(draft);
        }
        if stored > 0 && meaning::may_lack_content(kind) {
            return State::Doubtful(draft);
        }
        self.content(draft)
    }

    fn sparse_header(&mut self, mut draft: Box<Draft>) -> State {
        self.filled = 0;
        let header = Header::from_block(&self.block);
        self.keep(header.kept() as u64 + BLOCK as u64);
        draft.entry.sparse_headers.push(header);
        draft.entry.content.offset = self.position;
        draft.more_of_the_map(&self.block[..504]);
        if self.block[504] != 0 {
            return State::SparseHeader(draft);
        }
        self.content(draft)
    }

    /// A header or the end of the archive means that the entry before has no content.
    fn doubtful(&mut self, draft: Box<Draft>) -> State {
        let block = self.block;
        let raw = Raw::new(&block);
        if block == [0; BLOCK] || checksum(&raw, &block).0 {
            self.entry(*draft, true);
            return self.header();
        }
        self.filled = 0;
        let begin = self.position - BLOCK as u64;
        self.position = begin;
        self.state = self.content(draft);
        self.push(&block);
        std::mem::replace(&mut self.state, State::Between)
    }

    fn content(&mut self, mut draft: Box<Draft>) -> State {
        draft.begin(&mut self.ledger());
        let stored = draft.stored;
        State::Content(draft, stored)
    }

    fn entry(&mut self, draft: Draft, is_complete: bool) {
        let nothing = self.nothing;
        let entry = draft.finish(is_complete, nothing, &mut self.ledger());
        self.tar.entries.push(entry);
    }

    fn extension(&mut self, extension: Extension) {
        if matches!(extension.kind, ExtensionKind::Pax | ExtensionKind::PaxGlobal) {
            let padding = padding_after(extension.body.len() as u64);
            let begin = self.position - (padding + extension.body.len()) as u64;
            let (records, malformed) = pax::records(&extension.body);
            let understood = match extension.kind {
                ExtensionKind::PaxGlobal => self.global.apply(&records),
                _ => Overrides::default().apply(&records),
            };
            if let Some(malformed) = malformed {
                self.note(begin + malformed as u64, AnomalyKind::Pax);
            } else if !understood {
                self.note(begin, AnomalyKind::Pax);
            }
        }
        self.pending.push(extension);
    }

    /// The padding that was collected, whole or cut off by the end of the stream.
    fn padding(&mut self) -> Padding {
        let bytes = &self.block[..self.filled];
        let padding = if bytes.iter().all(|b| *b == 0) {
            Padding::Zeros(self.filled as u16)
        } else {
            Padding::Bytes(bytes.into())
        };
        if let Padding::Bytes(bytes) = &padding {
            self.keep(bytes.len() as u64);
        }
        self.filled = 0;
        padding
    }

    /// Nothing from `offset` on can be read; `begin` is what was collected of it already.
    fn rest(&mut self, offset: u64, begin: &[u8]) -> State {
        let mut hasher = Hasher::sha256();
        hasher.update(begin);
        self.tar.trailer.rest = Some(Content { offset, length: 0, digest: self.nothing });
        State::Rest(Box::new(hasher))
    }

    fn note(&mut self, offset: u64, kind: AnomalyKind) {
        self.keep(size_of::<Anomaly>() as u64);
        self.tar.anomalies.push(Anomaly { offset, kind });
    }

    fn keep(&mut self, bytes: u64) {
        self.kept = self.kept.saturating_add(bytes);
        if self.kept > self.limits.kept {
            self.exceeded("what is kept in memory of one layer", self.limits.kept, "--max-kept");
        }
    }

    fn exceeded(&mut self, what: &'static str, value: u64, option: &'static str) {
        let limit = LimitError { what, value, option };
        self.limit.get_or_insert(limit);
    }

    fn ledger(&mut self) -> Ledger<'_> {
        Ledger {
            limits: &self.limits,
            anomalies: &mut self.tar.anomalies,
            holes: &mut self.holes,
            limit: &mut self.limit,
        }
    }
}

/// Whether the checksum fits, what the field says, and what the bytes add up to.
fn checksum(raw: &Raw<'_>, block: &[u8; BLOCK]) -> (bool, Option<u64>, u64) {
    let (unsigned, signed) = checksums(block);
    let declared = number::value(raw.field(HeaderField::Checksum)).0;
    let fits = declared == Some(i128::from(unsigned)) || declared == Some(i128::from(signed));
    let declared = declared.and_then(|sum| u64::try_from(sum).ok());
    (fits, declared, unsigned)
}

fn at_most(left: u64, available: usize) -> usize {
    usize::try_from(left).map_or(available, |left| left.min(available))
}

/// How many bytes fill the last block of `length` bytes.
fn padding_after(length: u64) -> usize {
    let over = (length % BLOCK as u64) as usize;
    (BLOCK - over) % BLOCK
}

/// What an entry's strings take in memory.
fn heap_of(attributes: &Attributes) -> u64 {
    let strings = [&attributes.path, &attributes.uname, &attributes.gname];
    let strings: usize = strings.iter().map(|s| s.len()).sum();
    let link = attributes.link.as_ref().map_or(0, |link| link.len());
    let xattrs: usize = (attributes.xattrs.iter()).map(|(name, value)| name.len() + value.len() + 64).sum();
    (strings + link + xattrs) as u64
}
