//! The documents of an image, from the config up: each is made of A's and of what was replayed below it.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::claims::{Claims, is_on};
use super::guards::{Follow, Guards};
use super::layers::RowReplay;
use super::merge::Merge;
use super::target::document;
use super::{Chain, Keep, Kept, Of, Replay, Taken, What};
use crate::compare::Comparison;
use crate::compare::delta::{DocumentRef, Field, IndexField, Place};
use crate::digest::Digest;
use crate::image::document::{Document, Kind, Part};
use crate::image::{Image, Shape};
use crate::pair::{Pair, Side};

/// A document, tar or blob at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
}

/// The documents at each step.
#[derive(Debug, Default)]
pub(super) struct States {
    states: BTreeMap<DocumentRef, Vec<Option<Stage>>>,
}

impl States {
    /// A document at a step.
    pub(super) fn at(&self, document: DocumentRef, step: usize) -> Option<Stage> {
        self.states.get(&document)?.get(step).copied().flatten()
    }
}

pub(super) struct Maker<'r> {
    pub(super) images: Pair<&'r Image>,
    pub(super) comparison: &'r Comparison,
    pub(super) claims: &'r Claims<'r>,
    pub(super) rows: &'r [RowReplay],
    pub(super) keep: Option<&'r dyn Keep>,
    pub(super) states: States,
}

/// Replays all documents, the config first and the outermost index last.
pub(super) fn documents(
    images: Pair<&Image>,
    comparison: &Comparison,
    claims: &Claims<'_>,
    rows: &[RowReplay],
    keep: Option<&dyn Keep>,
    out: &mut Replay,
) -> States {
    let mut maker = Maker { images, comparison, claims, rows, keep, states: States::default() };
    let ancestors = images.a.ancestors.len().max(images.b.ancestors.len());
    let indexes = images.a.indexes.len().max(images.b.indexes.len());
    let config = std::iter::once(DocumentRef::Config);
    let order = (1..=ancestors).map(DocumentRef::Ancestor).chain(config).chain([DocumentRef::Manifest]);
    for at in order.chain((0..indexes).rev().map(DocumentRef::Index)) {
        maker.one(at, out);
    }
    maker.states
}

impl Maker<'_> {
    fn one(&mut self, at: DocumentRef, out: &mut Replay) {
        let pair = self.images.map(|image| document(image, at));
        let stage = |document: &Document, raw: &[u8]| Stage {
            digest: document.digest.of_same_algorithm(raw),
            size: raw.len() as u64,
        };
        let last = self.claims.last();
        let mut taken = None;
        let mut made: Vec<(usize, Stage, Vec<u8>)> = Vec::new();
        let stages: Vec<Option<Stage>> = match (pair.a, pair.b) {
            (None, None) => return,
            (Some(a), Some(b)) if a.raw == b.raw => vec![Some(stage(a, &a.raw)); last + 1],
            (Some(a), Some(b)) if self.is_replayed(at, a, b) => {
                let guards = self.guards(at, Pair::new(a, b));
                let merge = Merge::new(Pair::new(a, b), &guards, self.claims);
                (0..=last)
                    .map(|step| {
                        let raw = merge.render(step, &|follow, step| self.resolve(follow, step));
                        let stage = stage(b, &raw);
                        if self.keep.is_some() {
                            made.push((step, stage, raw));
                        }
                        Some(stage)
                    })
                    .collect()
            }
            (a, b) => {
                // another kind of document, or one that only one side has: it comes or goes whole
                let when = self.claims.when(self.whole(at));
                taken = b.filter(|_| is_on(when, last)).map(|document| document.raw.len() as u64);
                let states = Pair::new(a, b).map(|document| document.map(|document| stage(document, &document.raw)));
                (0..=last).map(|step| if is_on(when, step) { states.b } else { states.a }).collect()
            }
        };
        let wanted = pair.b.map(|document| document.digest.of_same_algorithm(&document.raw));
        let reached = stages.last().copied().flatten();
        let mut states: Vec<(usize, Option<Stage>)> = Vec::new();
        for (step, state) in stages.iter().enumerate() {
            if states.last().is_none_or(|(_, before)| before != state) {
                states.push((step, *state));
            }
        }
        let hit = reached.map(|stage| stage.digest) == wanted;
        let place = name(at, &self.images);
        self.keep(&place, pair, &made, out);
        if states.len() > 1 || !hit {
            out.chains.push(Chain { place: place.clone(), of: Of::Document(at), states, wanted, hit, gap: None });
        }
        out.taken.extend(taken.map(|bytes| Taken { place, what: What::Document, bytes }));
        self.states.states.insert(at, stages);
    }

    /// Keeps what the document is at each step that changes it, where somebody asks for that.
    fn keep(&self, place: &str, pair: Pair<Option<&Document>>, made: &[(usize, Stage, Vec<u8>)], out: &mut Replay) {
        let Some(keep) = self.keep else { return };
        let mut put = |name: &str, digest: Digest, raw: &[u8]| {
            let path = format!("{}/{name}.json", place.replace(' ', "-"));
            if let Some(mut file) = keep.open(&path)
                && file.write_all(raw).and_then(|()| file.flush()).is_ok()
            {
                out.kept.push(Kept { path, digest: Some(digest) });
            }
        };
        let mut before = None;
        for (step, stage, raw) in made {
            if before != Some(stage) {
                let cause = step.checked_sub(1).and_then(|at| self.claims.causes.get(at)).copied().unwrap_or("a");
                put(&format!("{step}-{cause}"), stage.digest, raw);
            }
            before = Some(stage);
        }
        if made.is_empty() {
            // the same on both sides, or taken whole
            let own = [("0-a", pair.a), ("b", pair.b.filter(|b| pair.a.is_none_or(|a| a.raw != b.raw)))];
            for (name, document) in own {
                if let Some(document) = document {
                    put(name, Digest::sha256(&document.raw), &document.raw);
                }
            }
        }
    }

    /// Whether both sides' documents are of one kind, so that their differences were told one by one.
    fn is_replayed(&self, at: DocumentRef, a: &Document, b: &Document) -> bool {
        let schema1 = |document: &Document| matches!(document.kind, Kind::Schema1 { .. });
        match at {
            DocumentRef::Config => (a.kind == Kind::V1) == (b.kind == Kind::V1),
            DocumentRef::Manifest => {
                schema1(a) == schema1(b) && self.images.a.shape == self.images.b.shape
                    || self.images.a.shape == Shape::Json
                    || self.images.b.shape == Shape::Json
            }
            DocumentRef::Index(_) | DocumentRef::Ancestor(_) => true,
        }
    }

    /// What guards a document that comes or goes whole.
    fn whole(&self, at: DocumentRef) -> Vec<usize> {
        let mut guards = self.claims.of_images();
        guards.extend(match at {
            DocumentRef::Index(depth) => self.claims.of(|delta| {
                let nesting = delta.field == Field::Index(IndexField::Nesting);
                let siblings = depth == 0 && delta.spots.is_empty();
                delta.place == Place::Document(Part::Index) && (nesting || siblings)
            }),
            DocumentRef::Manifest => Vec::new(),
            DocumentRef::Config | DocumentRef::Ancestor(_) => {
                self.claims.of(|delta| delta.place == Place::Document(Part::Config))
            }
        });
        guards
    }

    fn guards(&self, at: DocumentRef, documents: Pair<&Document>) -> Guards {
        let whole = match at {
            DocumentRef::Config | DocumentRef::Manifest => {
                self.claims.of(|delta| delta.place == Place::Image && matches!(delta.field, Field::Contradiction(_)))
            }
            DocumentRef::Index(_) | DocumentRef::Ancestor(_) => Vec::new(),
        };
        let mut guards = Guards::new(self.claims, at, whole);
        for spot in self.comparison.paired.iter().filter(|spot| spot.document == at) {
            if let (Some(a), Some(b)) = (&spot.spans.a, &spot.spans.b) {
                guards.pair(a, b);
            }
        }
        let documents_only = self.images.a.shape == Shape::Json || self.images.b.shape == Shape::Json;
        match at {
            DocumentRef::Config if !documents_only => self.diff_ids(documents, &mut guards),
            DocumentRef::Manifest if matches!(documents.b.kind, Kind::Schema1 { .. }) => {
                self.schema1(documents, &mut guards);
            }
            DocumentRef::Manifest if !documents_only => self.manifest(documents, &mut guards),
            DocumentRef::Index(depth) => self.index(depth, documents, &mut guards),
            DocumentRef::Config | DocumentRef::Manifest | DocumentRef::Ancestor(_) => {}
        }
        guards
    }

    /// The token of what follows from something else, at a step.
    fn resolve(&self, follow: Follow, step: usize) -> Option<Vec<u8>> {
        let layer = |row: usize, at: usize| self.rows.get(row)?.at(step).get(at).copied();
        let digest = |stage: Stage| format!("\"{}\"", stage.digest).into_bytes();
        let size = |stage: Stage| stage.size.to_string().into_bytes();
        match follow {
            Follow::DocumentDigest(at) => self.named(at, step).map(|name| format!("\"{name}\"").into_bytes()),
            Follow::DocumentSize(at) => self.states.at(at, step).map(size),
            Follow::LayerDigest(row, at) => layer(row, at)?.blob.map(digest),
            Follow::LayerSize(row, at) => layer(row, at)?.blob.map(size),
            Follow::DiffId(row, at) => layer(row, at)?.tar.map(digest),
        }
    }

    /// The digest by which a document is named: a signed schema 1 manifest's is that of its payload.
    fn named(&self, at: DocumentRef, step: usize) -> Option<Digest> {
        let reached = self.states.at(at, step)?.digest;
        for side in Side::BOTH {
            if let Some(own) = document(self.images.get(side), at)
                && own.digest.of_same_algorithm(&own.raw) == reached
            {
                return Some(own.digest);
            }
        }
        Some(reached)
    }
}

/// How a document is named to a person.
fn name(at: DocumentRef, images: &Pair<&Image>) -> String {
    let nested = images.a.indexes.len().max(images.b.indexes.len()) > 1;
    match at {
        DocumentRef::Index(depth) if nested => format!("index {}", depth + 1),
        DocumentRef::Index(_) => "index".to_owned(),
        DocumentRef::Manifest => "manifest".to_owned(),
        DocumentRef::Config => "config".to_owned(),
        DocumentRef::Ancestor(age) => format!("history {age}"),
    }
}
