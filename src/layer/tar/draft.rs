//! An entry while its content streams past: stored bytes are hashed, sparse files expanded.

use super::header::HeaderField;
use super::meaning::Raw;
use super::pax::Overrides;
use super::sparse::{self, Expander, Map, MapState, MapText};
use super::{Anomaly, AnomalyKind, Entry, ExtensionKind, number, pax};
use crate::digest::{Digest, Hasher};
use crate::layer::entry::Kind;
use crate::layer::limit::LimitError;
use crate::limits::Limits;

/// An entry whose content is still to come.
pub(super) struct Draft {
    pub(super) entry: Entry,
    /// Where its header block is: what is odd about it is noted there.
    pub(super) header_offset: u64,
    /// How many bytes its headers say are stored.
    pub(super) stored: u64,
    hasher: Hasher,
    sparse: Sparse,
}

/// How the stored bytes become the file's.
enum Sparse {
    /// They are the file's.
    No,
    /// The file cannot be rebuilt from them; the reason is among the anomalies.
    Unknown,
    /// The map is complete (PAX 0.0, 0.1) or being listed (old GNU).
    Listed(Map),
    /// PAX 1.0: the map is at the front of the content.
    InContent(MapText, u64),
    Expanding(Box<Expander>),
}

/// What the headers in front of a file say of how it is stored.
fn told(raw: &Raw<'_>, overrides: &Overrides) -> Sparse {
    let records = &overrides.sparse;
    if raw.is_old_sparse() {
        return old_gnu(raw).map_or(Sparse::Unknown, Sparse::Listed);
    }
    let Some(real_size) = records.real_size else {
        return if records.major.is_some_and(|major| major >= 1) { Sparse::Unknown } else { Sparse::No };
    };
    if records.major.is_some_and(|major| major >= 1) {
        return Sparse::InContent(MapText::default(), real_size);
    }
    sparse::pax_0(records).map_or(Sparse::Unknown, |pieces| Sparse::Listed(Map { pieces, real_size }))
}

/// How much of an old GNU extension block is map.
const MORE: usize = 504;

/// Which pieces of a file an entry stores.
pub(super) enum Pieces {
    All,
    Listed(Map),
    /// Those that a map at the front of the content lists.
    InContent,
}

/// Which pieces of its file a whole entry stores, by its own headers; `None` where that cannot be read.
pub(super) fn pieces(entry: &Entry) -> Option<Pieces> {
    let block = entry.header.block();
    let mut overrides = Overrides::default();
    for extension in &entry.extensions {
        if matches!(extension.kind, ExtensionKind::Pax | ExtensionKind::PaxGlobal) {
            overrides.apply(&pax::records(&extension.body).0);
        }
    }
    match told(&Raw::new(&block), &overrides) {
        Sparse::No => Some(Pieces::All),
        Sparse::InContent(..) => Some(Pieces::InContent),
        Sparse::Listed(mut map) => {
            for header in &entry.sparse_headers {
                map.pieces.extend(sparse::old_gnu(header.block().get(..MORE)?)?);
            }
            (map.stored() == Some(entry.content.length)).then_some(Pieces::Listed(map))
        }
        Sparse::Unknown | Sparse::Expanding(_) => None,
    }
}

/// What a draft reports to its reader.
pub(super) struct Ledger<'a> {
    pub(super) limits: &'a Limits,
    pub(super) anomalies: &'a mut Vec<Anomaly>,
    /// Bytes of holes hashed so far in this layer.
    pub(super) holes: &'a mut u64,
    pub(super) limit: &'a mut Option<LimitError>,
}

impl Draft {
    /// A draft of `entry`; sparse or not is read off the header and the overrides.
    pub(super) fn new(entry: Entry, raw: &Raw<'_>, overrides: &Overrides, header_offset: u64, stored: u64) -> Self {
        let is_file = entry.attributes.kind == Kind::File;
        let real_size = overrides.sparse.real_size;
        let sparse = if is_file { told(raw, overrides) } else { Sparse::No };
        let mut draft = Draft { entry, header_offset, stored, hasher: Hasher::sha256(), sparse };
        if is_file {
            draft.entry.attributes.size = match &draft.sparse {
                Sparse::Listed(map) => map.real_size,
                Sparse::InContent(_, real_size) => *real_size,
                _ => real_size.unwrap_or(stored),
            };
        }
        draft
    }

    /// Takes in the pieces of an old GNU extension block.
    pub(super) fn more_of_the_map(&mut self, fields: &[u8]) {
        if let Sparse::Listed(map) = &mut self.sparse {
            match sparse::old_gnu(fields) {
                Some(pieces) => map.pieces.extend(pieces),
                None => self.sparse = Sparse::Unknown,
            }
        }
    }

    /// The headers are cut off, so that what the content is cannot be known.
    pub(super) fn unreadable(&mut self) {
        self.sparse = Sparse::Unknown;
    }

    /// All headers are read: checks the map, if there is one already.
    pub(super) fn begin(&mut self, ledger: &mut Ledger<'_>) {
        match std::mem::replace(&mut self.sparse, Sparse::Unknown) {
            Sparse::Listed(map) => self.expand_by(map, self.stored, ledger),
            Sparse::Unknown => self.note(AnomalyKind::SparseMap, ledger),
            other => self.sparse = other,
        }
    }

    /// Takes in the next stored bytes.
    pub(super) fn push(&mut self, data: &[u8], ledger: &mut Ledger<'_>) {
        self.hasher.update(data);
        self.entry.content.length += data.len() as u64;
        let mut rest = data;
        if let Sparse::InContent(text, real_size) = &mut self.sparse {
            let (taken, state) = text.push(rest);
            rest = &rest[taken..];
            if text.length > ledger.limits.extension {
                *ledger.limit = Some(LimitError {
                    what: "the size of a sparse file's map",
                    value: ledger.limits.extension,
                    option: "--max-extension",
                });
            }
            match state {
                MapState::More => {}
                MapState::Malformed => {
                    self.sparse = Sparse::Unknown;
                    self.note(AnomalyKind::SparseMap, ledger);
                }
                MapState::Done(pieces) => {
                    let map = Map { pieces, real_size: *real_size };
                    let stored = self.stored - text.length;
                    self.sparse = Sparse::Unknown;
                    self.expand_by(map, stored, ledger);
                }
            }
        }
        if let Sparse::Expanding(expander) = &mut self.sparse {
            expander.push(rest);
        }
    }

    /// The entry, its digests filled in. `is_complete` is false where the stream ended too early.
    pub(super) fn finish(mut self, is_complete: bool, nothing: Digest, ledger: &mut Ledger<'_>) -> Entry {
        let is_file = self.entry.attributes.kind == Kind::File;
        self.entry.content.digest = match self.entry.content.length {
            0 => nothing,
            _ => std::mem::replace(&mut self.hasher, Hasher::sha256()).finish(),
        };
        self.entry.attributes.content = match std::mem::replace(&mut self.sparse, Sparse::No) {
            Sparse::No if is_file && is_complete => Some(self.entry.content.digest),
            Sparse::Expanding(expander) if is_complete => {
                let digest = expander.finish();
                if digest.is_none() {
                    self.note(AnomalyKind::SparseMap, ledger);
                }
                digest
            }
            Sparse::InContent(..) if is_complete => {
                self.note(AnomalyKind::SparseMap, ledger);
                None
            }
            _ => None,
        };
        if !is_file {
            self.entry.attributes.size = self.entry.content.length;
        }
        self.entry
    }

    fn expand_by(&mut self, map: Map, stored: u64, ledger: &mut Ledger<'_>) {
        if map.stored() != Some(stored) {
            self.note(AnomalyKind::SparseMap, ledger);
            return;
        }
        let holes = map.real_size - stored;
        if ledger.holes.saturating_add(holes) > ledger.limits.sparse {
            let size = map.real_size;
            self.note(AnomalyKind::SparseTooLarge { size }, ledger);
            return;
        }
        *ledger.holes += holes;
        self.sparse = Sparse::Expanding(Box::new(Expander::new(map)));
    }

    fn note(&self, kind: AnomalyKind, ledger: &mut Ledger<'_>) {
        let offset = self.header_offset;
        ledger.anomalies.push(Anomaly { offset, kind });
    }
}

fn old_gnu(raw: &Raw<'_>) -> Option<Map> {
    let real_size = number::value(raw.field(HeaderField::RealSize)).0?;
    Some(Map { pieces: sparse::old_gnu(raw.field(HeaderField::SparseMap))?, real_size: u64::try_from(real_size).ok()? })
}
