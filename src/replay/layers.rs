//! The layers of a row, step by step: their tars and their blobs.
//!
//! A plain layer's blob is its tar. A compressed one keeps A's name until the last cause of its row
//! is replayed, since every step between would cost a compression; then it has to be B's, and that is
//! proved only if its encoder makes it from the same tar.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::claims::{Claims, When, is_on};
use super::documents::Stage;
use super::plan::{RowPlan, plan};
use super::stream::{Fetcher, Sink, Sunk};
use super::tars::Plan;
use super::{Chain, Job, Keep, Kept, Of, Replay, Taken, What};
use crate::compare::delta::{Field, Place};
use crate::compare::rows::Row;
use crate::digest::Digest;
use crate::image::{ContradictionKind, Image, Layer, Shape};
use crate::layer::envelope::Compression;
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
struct Found {
    states: Vec<Vec<LayerState>>,
    measured: bool,
    recut: When,
    chains: Vec<Chain>,
    taken: Vec<Taken>,
    kept: Vec<Kept>,
}

/// What rebuilding one tar gave.
struct Made {
    states: Vec<LayerState>,
    gap: Option<String>,
    measured: bool,
    kept: Vec<Kept>,
}

/// Replays all rows, several at a time.
pub(super) fn rows(job: &Job<'_>, claims: &Claims<'_>, out: &mut Replay) -> Vec<RowReplay> {
    let shared = shared(job.images.a);
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

/// The contents that A has: what is taken from B is not counted if it is one of these.
fn shared(image: &Image) -> BTreeSet<Digest> {
    let tars = image.layers.iter().filter_map(Layer::tar);
    tars.flat_map(|tar| &tar.entries).map(|entry| entry.content.digest).collect()
}

struct Maker<'r> {
    job: &'r Job<'r>,
    claims: &'r Claims<'r>,
    row: usize,
    shared: &'r BTreeSet<Digest>,
}

/// A layer's blob as it is named and stored.
fn blob_of(layer: &Layer) -> Option<Stage> {
    let digest = layer.digest.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_digest))?;
    Some(Stage { digest, size: layer.size.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_size))? })
}

fn tar_of(layer: &Layer) -> Option<Stage> {
    let size = layer.decoded.as_ref().map(|decoded| decoded.tar_size)?;
    Some(Stage { digest: layer.diff_id()?, size })
}

fn state_of(layer: &Layer) -> LayerState {
    LayerState { tar: tar_of(layer), blob: blob_of(layer) }
}

fn is_plain(layer: &Layer) -> bool {
    layer.decoded.as_ref().is_some_and(|decoded| decoded.envelope.compression == Compression::None)
}

impl Maker<'_> {
    fn layer(&self, side: Side, layer: usize) -> Option<&Layer> {
        self.job.images.get(side).layers.get(layer)
    }

    fn place(&self) -> String {
        self.job.comparison.rows.get(self.row).map(Row::name).unwrap_or_default()
    }

    fn own(&self) -> Vec<usize> {
        self.claims.of(|delta| delta.place.row() == Some(self.row))
    }

    /// The step after which nothing of the row changes; `None` if something of it is not claimed.
    fn last(&self) -> When {
        self.own().into_iter().map(|delta| self.claims.step(delta)).try_fold(0, |last, step| Some(last.max(step?)))
    }

    fn of_row(&self, wanted: impl Fn(&Field) -> bool) -> Vec<usize> {
        self.claims.of(|delta| delta.place == (Place::Layer { row: self.row }) && wanted(&delta.field))
    }

    /// When the compressed form of a row's blob becomes B's, if it differs.
    fn encoding(&self) -> Vec<usize> {
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

    /// The tars are the same bytes; only how they are stored differs.
    fn recompressed(&self, layers: Pair<usize>, a: &LayerState, b: &LayerState) -> Found {
        let mut guards = self.encoding();
        if !guards.is_empty() || self.shape_differs() {
            let kinds = [ContradictionKind::Tar, ContradictionKind::TrailingData];
            guards.extend(self.claims.contradictions(self.row, &kinds));
            if guards.is_empty() {
                guards.extend(self.claims.of_images());
            }
        } else {
            guards.extend(self.claims.contradictions(self.row, &[ContradictionKind::TrailingData]));
        }
        let when = self.claims.when(guards);
        let tar = a.tar.or(b.tar);
        let plain = self.layer(Side::B, layers.b).is_some_and(is_plain);
        let (blob, gap) = if plain { (tar, None) } else { self.encoded(layers.b, tar, b.blob, layers.a) };
        let states = (0..=self.claims.last())
            .map(|step| vec![LayerState { tar, blob: if is_on(when, step) { blob } else { a.blob } }])
            .collect();
        // only the one switch
        let mut found = Found { states, ..Found::default() };
        found.chains.push(self.blob_chain(0, &found.states, b.blob, gap));
        found
    }

    /// Whether the layers are kept by two kinds of image, of which one stores tars as they are.
    fn shape_differs(&self) -> bool {
        self.job.images.a.shape != self.job.images.b.shape
    }

    /// The blob that encoding `tar`, which A's layer has too, gives; B's own where nobody knows the encoder, and then why.
    fn encoded(
        &self,
        layer: usize,
        tar: Option<Stage>,
        wanted: Option<Stage>,
        from: usize,
    ) -> (Option<Stage>, Option<String>) {
        let of_b = self.layer(Side::B, layer).and_then(tar_of);
        if tar.is_some() && tar == of_b && self.job.reencode.is_reproduced(layer) {
            return (wanted, None);
        }
        let Some(mut encoding) = self.job.reencode.start(layer) else { return (wanted, Some(self.unknown(layer))) };
        let Ok(mut reader) = self.job.contents.tar(Side::A, from) else { return (wanted, Some(self.unknown(layer))) };
        let mut piece = vec![0; 256 << 10];
        loop {
            match std::io::Read::read(&mut reader, &mut piece) {
                Ok(0) => break,
                Ok(count) => encoding.write(piece.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return (wanted, Some(self.unknown(layer))),
            }
        }
        match encoding.finish() {
            Some(blob) => (Some(blob), None),
            None => (wanted, Some(self.unknown(layer))),
        }
    }

    fn unknown(&self, layer: usize) -> String {
        format!(
            "layer {} of b: its compressed bytes were not rebuilt: no encoder is known to make them of its tar",
            layer + 1
        )
    }

    fn blob_chain(&self, at: usize, states: &[Vec<LayerState>], wanted: Option<Stage>, gap: Option<String>) -> Chain {
        let own = states.iter().map(|row| row.get(at).and_then(|state| state.blob));
        self.chain(Of::Blob(self.row, at), own, wanted, gap)
    }

    fn chain(
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

    /// Layers of which nothing is known but their digests: the deltas' own values.
    fn not_compared(&self, ends: Pair<Vec<LayerState>>) -> Found {
        let own = self.own();
        let when = self.claims.when(if own.is_empty() { self.claims.of_images() } else { own });
        let states: Vec<Vec<LayerState>> = (0..=self.claims.last())
            .map(|step| if is_on(when, step) { ends.b.clone() } else { ends.a.clone() })
            .collect();
        let mut found = Found { states, recut: when, ..Found::default() };
        let opaque = self.of_row(|field| *field == Field::Blob);
        for (at, state) in ends.b.iter().enumerate() {
            // a layer of nothing but the end of an archive, as schema 1 has one for each step
            let nothing = state.tar.is_some_and(|tar| tar.digest == Digest::sha256(&[0; 1024]));
            let gap = match (opaque.is_empty(), nothing) {
                (false, _) => None,
                (true, true) => Some(format!("{}: its compressed bytes were not rebuilt", self.place())),
                (true, false) => Some(format!("{}: its contents were not compared", self.place())),
            };
            if let (Some(blob), false, true) = (state.blob, opaque.is_empty(), when.is_some()) {
                found.taken.push(Taken { place: self.place(), what: What::Blob, bytes: blob.size });
            }
            found.chains.push(self.blob_chain(at, &found.states, state.blob, gap));
        }
        found
    }

    /// Layers whose tars are rebuilt entry by entry.
    fn rebuilt(&self, row: &Row, plan: &RowPlan<'_>, ends: Pair<Vec<LayerState>>) -> Found {
        let last = self.claims.last();
        let cut = plan.recut;
        let (a, b) = (row.layers(Side::A), row.layers(Side::B));
        let final_step = self.last();
        // B's layers from the step on with which the row has them
        let mut made: Vec<Vec<LayerState>> = vec![Vec::new(); last + 1];
        let mut found = Found { recut: cut.flatten(), ..Found::default() };
        let mut gaps = Vec::new();
        for (at, tar) in plan.tars.iter().enumerate() {
            let Some(&layer) = b.get(at) else { continue };
            let from = if cut.is_some() { None } else { a.first().copied() };
            let wanted = ends.b.get(at).copied().unwrap_or_default();
            let Made { states, gap, measured, kept } = self.tar(tar, layer, from, cut, final_step, wanted);
            found.kept.extend(kept);
            let plain = cut.is_none() || a.iter().all(|&own| self.layer(Side::A, own).is_some_and(is_plain));
            found.measured = measured && plain && (at == 0 || found.measured);
            for (row, state) in made.iter_mut().zip(states) {
                row.push(state);
            }
            gaps.push(gap);
            if is_on(cut.unwrap_or(Some(0)), last) {
                self.taken(tar, &mut found.taken);
            }
        }
        for (step, state) in made.into_iter().enumerate() {
            let recut = cut.is_none_or(|when| is_on(when, step));
            found.states.push(if recut { state } else { ends.a.clone() });
        }
        for at in 0..b.len().max(if cut.is_some() { 0 } else { 1 }) {
            let wanted = ends.b.get(at).copied().unwrap_or_default();
            let own = found.states.iter().map(|row| row.get(at).and_then(|state| state.tar));
            let tar = self.chain(Of::Tar(self.row, at), own, wanted.tar, None);
            found.chains.push(tar);
            let plain = b.get(at).and_then(|&layer| self.layer(Side::B, layer)).is_some_and(is_plain);
            let stored = found.states.first().and_then(|row| row.get(at)).is_some_and(|state| state.tar == state.blob);
            if !(plain && stored) {
                let gap = gaps.get(at).cloned().flatten();
                found.chains.push(self.blob_chain(at, &found.states, wanted.blob, gap));
            }
        }
        found
    }

    /// One tar of B through all steps, its blob with it, and what keeps the blob from being proved.
    fn tar(
        &self,
        plan: &Plan<'_>,
        layer: usize,
        from: Option<usize>,
        cut: Option<When>,
        final_step: When,
        wanted: LayerState,
    ) -> Made {
        let last = self.claims.last();
        let before = from.and_then(|from| self.layer(Side::A, from)).map(state_of).unwrap_or_default();
        let mut marks: BTreeSet<usize> = self.own().into_iter().filter_map(|delta| self.claims.step(delta)).collect();
        marks.insert(0);
        if let Some(cut) = cut {
            // before that the layers are A's
            marks.extend(cut);
            marks.retain(|step| is_on(cut, *step));
        }
        let plain = Pair::new(
            from.and_then(|from| self.layer(Side::A, from)).is_some_and(is_plain),
            self.layer(Side::B, layer).is_some_and(is_plain),
        );
        let encodings = self.encoding();
        let compressed = if encodings.is_empty() { None } else { self.claims.when(encodings.iter().copied()) };
        let encode = |step: usize| {
            let last = final_step == Some(step) && !self.job.reencode.is_reproduced(layer);
            // before the compression is B's it is not B's encoder that names the blob
            let between = self.job.all_steps && step > 0 && (encodings.is_empty() || is_on(compressed, step));
            (!plain.b && (last || between)).then(|| self.job.reencode.start(layer)).flatten()
        };
        let mut kept = Vec::new();
        let mut keep = |step: usize, end: &str, digest: bool| {
            let cause = step.checked_sub(1).and_then(|at| self.claims.causes.get(at)).copied().unwrap_or("a");
            let path = format!("layer-{}/{step}-{cause}.{end}", layer + 1);
            let file = self.job.keep.and_then(|keep| keep.open(&path))?;
            kept.push((step, digest, path));
            Some(file)
        };
        let with_layers = self.job.keep.is_some_and(Keep::with_layers);
        let mut sinks: Vec<Sink<'_>> = Vec::new();
        for &step in &marks {
            let mut sink = Sink::new(step, encode(step));
            sink.heads = keep(step, "headers", false);
            sink.whole = if with_layers { keep(step, "tar", true) } else { None };
            sinks.push(sink);
        }
        let mut fetcher = Fetcher::new(self.job.contents);
        plan.write(self.claims, &mut fetcher, &mut sinks);
        let sunk: Vec<(usize, Sunk)> = sinks.into_iter().map(|sink| (sink.step, sink.finish())).collect();
        let digest = |step: usize| sunk.iter().find(|(own, _)| *own == step).and_then(|(_, sunk)| sunk.tar);
        let kept = kept.into_iter().map(|(step, whole, path)| Kept {
            path,
            digest: if whole { digest(step).map(|stage| stage.digest) } else { None },
        });
        let kept: Vec<Kept> = kept.collect();
        let mut gap = None;
        let mut measured = true;
        let mut states = Vec::with_capacity(last + 1);
        for step in 0..=last {
            let Some((_, now)) = sunk.iter().rev().find(|(mark, _)| *mark <= step) else {
                states.push(before);
                continue;
            };
            let by_b = cut.is_some() || is_on(compressed, step) || encodings.is_empty() && plain.same();
            let blob = if by_b && plain.b || !by_b && plain.a {
                now.tar
            } else if step == 0 && before.blob.is_some() {
                before.blob
            } else if is_on(final_step, step) && now.tar.is_some() && now.tar == wanted.tar {
                if now.blob.is_none() && !self.job.reencode.is_reproduced(layer) {
                    gap = Some(self.unknown(layer));
                }
                measured &= now.blob.is_some();
                now.blob.or(wanted.blob)
            } else {
                measured &= now.blob.is_some();
                // without a blob of its own it has no name yet but A's, or else that of its tar
                now.blob.or(if from.is_some() { before.blob } else { now.tar })
            };
            states.push(LayerState { tar: now.tar, blob });
        }
        Made { states, gap, measured, kept }
    }

    /// What a tar takes from B.
    fn taken(&self, plan: &Plan<'_>, out: &mut Vec<Taken>) {
        let mut seen = BTreeSet::new();
        for slot in &plan.slots {
            let Some((_, _, entry)) = slot.entries.b else { continue };
            let content = &entry.content;
            let is_new = content.length > 0 && !self.shared.contains(&content.digest) && seen.insert(content.digest);
            if is_new {
                let path = crate::text::shown(&entry.attributes.path);
                let place = format!("{}: {path}", self.place());
                let twin = slot.entries.a.map(|(_, _, entry)| &entry.attributes);
                let other_form = twin.is_some_and(|twin| {
                    twin.content.is_some()
                        && (twin.content, twin.size) == (entry.attributes.content, entry.attributes.size)
                });
                let what = match (other_form, slot.hidden) {
                    (true, _) => What::StoredForm,
                    (false, true) => What::Hidden,
                    (false, false) => What::Contents,
                };
                out.push(Taken { place, what, bytes: content.length });
            }
        }
        let own = plan.trailers.a.and_then(|(_, trailer)| trailer.rest);
        if let Some(rest) = plan.trailers.b.and_then(|(_, trailer)| trailer.rest)
            && own.is_none_or(|own| own.digest != rest.digest)
        {
            out.push(Taken { place: self.place(), what: What::BehindEnd, bytes: rest.length });
        }
    }
}
