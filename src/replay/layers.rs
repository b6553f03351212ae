//! The layers of a row, step by step: their tars and their blobs.
//!
//! A plain layer's blob is its tar. A compressed one keeps A's name until the last cause of its row
//! is replayed, since every step between would cost a compression; then it has to be B's, and that is
//! proved only if its encoder makes it from the same tar.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::claims::{Claims, When};
use super::documents::Stage;
use super::entry;
use super::plan::plan;
use super::stream::Refolded;
use super::{Chain, Job, Kept, Of, Replay, Taken};
use crate::compare::delta::{Field, Place};
use crate::compare::rows::Row;
use crate::digest::Digest;
use crate::image::{Image, Layer, Shape};
use crate::layer::envelope::Compression;
use crate::layer::tar::Entry;
use crate::pair::{Pair, Side};

/// How the stored size of a row changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowSizes {
    /// Step by step: the step and its bytes.
    Steps(Vec<(usize, i128)>),
    /// All steps together.
    Whole(i128),
}

/// One layer at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerState {
    /// Its uncompressed tar, where that is known.
    pub tar: Option<Stage>,
    /// Its blob as stored, where that is known.
    pub blob: Option<Stage>,
}

/// The layers of a row through all steps.
#[derive(Debug, Clone)]
pub struct RowReplay {
    row: Row,
    /// Per step, the row's layers.
    states: Vec<Vec<LayerState>>,
    /// Whether the blob of every step was made, so that each step's size is its own.
    measured: bool,
    /// When the row has B's layers, where they are not A's one by one.
    recut: When,
}

impl RowReplay {
    /// When the row has B's layers, where they are not A's one by one.
    pub(super) fn recut(&self) -> When {
        self.recut
    }

    /// How the stored size changes: each step's own change, or all in one where the steps between
    /// were not encoded. `None` where a size is not known.
    pub(super) fn sizes(&self) -> Option<RowSizes> {
        let size = |row: &Vec<LayerState>| -> Option<i128> {
            row.iter().map(|state| state.blob.map(|blob| i128::from(blob.size))).sum()
        };
        let sizes = self.states.iter().map(size).collect::<Option<Vec<i128>>>()?;
        let changes = sizes.windows(2).enumerate().filter_map(|(step, pair)| match pair {
            [before, after] if before != after => Some((step + 1, after - before)),
            _ => None,
        });
        Some(match self.measured {
            true => RowSizes::Steps(changes.collect()),
            false => RowSizes::Whole(changes.map(|(_, bytes)| bytes).sum()),
        })
    }

    /// The layers of the row at a step.
    pub fn at(&self, step: usize) -> &[LayerState] {
        self.states.get(step).map_or(&[], Vec::as_slice)
    }

    /// The positions of the row's layers on one side.
    pub fn layers(&self, side: Side) -> Vec<usize> {
        self.row.layers(side)
    }
}

/// What replaying one row gave.
#[derive(Default)]
pub(super) struct Found {
    pub(super) states: Vec<Vec<LayerState>>,
    pub(super) measured: bool,
    pub(super) recut: When,
    pub(super) chains: Vec<Chain>,
    pub(super) taken: Vec<Taken>,
    pub(super) kept: Vec<Kept>,
}

/// What rebuilding one tar gave.
pub(super) struct Made {
    pub(super) states: Vec<LayerState>,
    pub(super) gap: Option<String>,
    pub(super) measured: bool,
    pub(super) kept: Vec<Kept>,
    pub(super) refolded: Refolded,
}

/// Replays all rows, several at a time.
pub(super) fn rows(job: &Job<'_>, claims: &Claims<'_>, out: &mut Replay) -> Vec<RowReplay> {
    let shared = Shared::new(job.images.a);
    let rows = &job.comparison.rows;
    let found: Vec<Found> = (0..rows.len())
        .into_par_iter()
        .with_max_len(1)
        .map(|row| Maker { job, claims, row, shared: &shared }.row())
        .collect();
    let mut replays = Vec::new();
    for (row, found) in rows.iter().zip(found) {
        out.chains.extend(found.chains);
        out.taken.extend(found.taken);
        out.kept.extend(found.kept);
        replays.push(RowReplay {
            row: row.clone(),
            states: found.states,
            measured: found.measured,
            recut: found.recut,
        });
    }
    replays
}

/// What A has: what is taken from B is not counted if it is one of these.
pub(super) struct Shared<'i> {
    image: &'i Image,
    contents: BTreeSet<Digest>,
    /// The headers of entries, as they are written; made when they are first asked for.
    headers: OnceLock<BTreeSet<Digest>>,
}

impl<'i> Shared<'i> {
    fn new(image: &'i Image) -> Self {
        let contents = entries(image).map(|entry| entry.content.digest).collect();
        Shared { image, contents, headers: OnceLock::new() }
    }

    pub(super) fn has_content(&self, content: &Digest) -> bool {
        self.contents.contains(content)
    }

    pub(super) fn has_header(&self, header: &[u8]) -> bool {
        let of = |entry: &Entry| Digest::sha256(&entry::whole(Side::A, entry).head);
        self.headers.get_or_init(|| entries(self.image).map(of).collect()).contains(&Digest::sha256(header))
    }
}

fn entries(image: &Image) -> impl Iterator<Item = &Entry> {
    image.layers.iter().filter_map(Layer::tar).flat_map(|tar| &tar.entries)
}

pub(super) struct Maker<'r> {
    pub(super) job: &'r Job<'r>,
    pub(super) claims: &'r Claims<'r>,
    pub(super) row: usize,
    pub(super) shared: &'r Shared<'r>,
}

/// A layer's blob as it is named and stored.
pub(super) fn blob_of(layer: &Layer) -> Option<Stage> {
    let digest = layer.digest.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_digest))?;
    Some(Stage { digest, size: layer.size.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_size))? })
}

pub(super) fn tar_of(layer: &Layer) -> Option<Stage> {
    let size = layer.decoded.as_ref().map(|decoded| decoded.tar_size)?;
    Some(Stage { digest: layer.diff_id()?, size })
}

pub(super) fn state_of(layer: &Layer) -> LayerState {
    LayerState { tar: tar_of(layer), blob: blob_of(layer) }
}

pub(super) fn is_plain(layer: &Layer) -> bool {
    layer.decoded.as_ref().is_some_and(|decoded| decoded.envelope.compression == Compression::None)
}

impl Maker<'_> {
    pub(super) fn layer(&self, side: Side, layer: usize) -> Option<&Layer> {
        self.job.images.get(side).layers.get(layer)
    }

    pub(super) fn place(&self) -> String {
        self.job.comparison.rows.get(self.row).map(Row::name).unwrap_or_default()
    }

    pub(super) fn own(&self) -> Vec<usize> {
        self.claims.of(|delta| delta.place.row() == Some(self.row))
    }

    /// The step after which nothing of the row changes; `None` if something of it is not claimed.
    pub(super) fn last(&self) -> When {
        self.own().into_iter().map(|delta| self.claims.step(delta)).try_fold(0, |last, step| Some(last.max(step?)))
    }

    pub(super) fn of_row(&self, wanted: impl Fn(&Field) -> bool) -> Vec<usize> {
        self.claims.of(|delta| delta.place == (Place::Layer { row: self.row }) && wanted(&delta.field))
    }

    /// When the compressed form of a row's blob becomes B's, if it differs.
    pub(super) fn encoding(&self) -> Vec<usize> {
        self.of_row(|field| matches!(field, Field::Compression | Field::Encoding(_) | Field::LazyPull))
    }

    fn row(&self) -> Found {
        let last = self.claims.last();
        let Some(row) = self.job.comparison.rows.get(self.row) else { return Found::default() };
        if self.job.images.a.shape == Shape::Json || self.job.images.b.shape == Shape::Json {
            // only documents were given: what they say of layers is theirs
            return Found { states: vec![Vec::new(); last + 1], ..Found::default() };
        }
        let layers = |side: Side| -> Vec<LayerState> {
            let own = row.layers(side).into_iter().filter_map(|layer| self.layer(side, layer));
            own.map(state_of).collect()
        };
        let ends = Pair::new(layers(Side::A), layers(Side::B));
        if let (Row::Pair { layers } | Row::Same { layers }, [a], [b]) = (row, &ends.a[..], &ends.b[..]) {
            if a.blob.is_some() && a.blob.map(|blob| blob.digest) == b.blob.map(|blob| blob.digest) {
                let state = LayerState { tar: a.tar.or(b.tar), blob: a.blob };
                return Found { states: vec![vec![state]; last + 1], ..Found::default() };
            }
            if matches!(row, Row::Same { .. }) {
                return self.recompressed(*layers, a, b);
            }
        }
        match plan(self.job.images, self.job.comparison, self.claims, self.row) {
            Some(plan) => self.rebuilt(row, &plan, ends),
            None => self.not_compared(ends),
        }
    }

    pub(super) fn blob_chain(
        &self,
        at: usize,
        states: &[Vec<LayerState>],
        wanted: Option<Stage>,
        gap: Option<String>,
    ) -> Chain {
        let own = states.iter().map(|row| row.get(at).and_then(|state| state.blob));
        self.chain(Of::Blob(self.row, at), own, wanted, gap)
    }

    pub(super) fn chain(
        &self,
        of: Of,
        states: impl Iterator<Item = Option<Stage>>,
        wanted: Option<Stage>,
        gap: Option<String>,
    ) -> Chain {
        let mut kept: Vec<(usize, Option<Stage>)> = Vec::new();
        for (step, state) in states.enumerate() {
            if kept.last().is_none_or(|(_, before)| *before != state) {
                kept.push((step, state));
            }
        }
        let reached = kept.last().and_then(|(_, state)| *state);
        let hit = reached.map(|stage| stage.digest) == wanted.map(|stage| stage.digest);
        let what = if matches!(of, Of::Tar(..)) { ", uncompressed" } else { "" };
        let place = format!("{}{what}", self.place());
        Chain { place, of, states: kept, wanted: wanted.map(|stage| stage.digest), hit, gap }
    }
}
