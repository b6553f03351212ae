//! Layers whose tars are rebuilt entry by entry, at every step of their row.

use std::collections::BTreeSet;

use super::claims::{When, is_on};
use super::entry;
use super::layers::{Found, LayerState, Made, Maker, is_plain, state_of};
use super::plan::RowPlan;
use super::stream::{Fetcher, Refolded, Sink, Sunk};
use super::tars::Plan;
use super::{Keep, Kept, Of, Taken, What};
use crate::compare::entry::extension_length;
use crate::compare::rows::Row;
use crate::digest::Digest;
use crate::layer::tar::{Extension, ExtensionKind};
use crate::pair::{Pair, Side};

impl Maker<'_> {
    /// Layers whose tars are rebuilt entry by entry.
    pub(super) fn rebuilt(&self, row: &Row, plan: &RowPlan<'_>, ends: Pair<Vec<LayerState>>) -> Found {
        let last = self.claims.last();
        let cut = plan.recut;
        let (a, b) = (row.layers(Side::A), row.layers(Side::B));
        let final_step = self.last();
        // B's layers from the step on with which the row has them
        let mut made: Vec<Vec<LayerState>> = vec![Vec::new(); last + 1];
        let mut found = Found { recut: cut.flatten(), ..Found::default() };
        let mut gaps = Vec::new();
        let mut seen = BTreeSet::new();
        for (at, tar) in plan.tars.iter().enumerate() {
            let Some(&layer) = b.get(at) else { continue };
            let from = if cut.is_some() { None } else { a.first().copied() };
            let wanted = ends.b.get(at).copied().unwrap_or_default();
            let Made { states, gap, measured, kept, refolded } = self.tar(tar, layer, from, cut, final_step, wanted);
            found.kept.extend(kept);
            let plain = cut.is_none() || a.iter().all(|&own| self.layer(Side::A, own).is_some_and(is_plain));
            found.measured = measured && plain && (at == 0 || found.measured);
            for (row, state) in made.iter_mut().zip(states) {
                row.push(state);
            }
            if is_on(cut.unwrap_or(Some(0)), last) {
                self.taken(tar, &refolded, &mut seen, &mut found.taken);
                if gap.is_none() && self.job.reencode.is_reproduced(layer) {
                    found.taken.extend(self.framing(layer));
                }
            }
            gaps.push(gap);
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
        let mut gap = fetcher
            .failed()
            .map(|why| format!("layer {} of b: its contents could not be read again: {why}", layer + 1));
        let sunk: Vec<(usize, Sunk)> = sinks.into_iter().map(|sink| (sink.step, sink.finish())).collect();
        let digest = |step: usize| sunk.iter().find(|(own, _)| *own == step).and_then(|(_, sunk)| sunk.tar);
        let kept = kept.into_iter().map(|(step, whole, path)| Kept {
            path,
            digest: if whole { digest(step).map(|stage| stage.digest) } else { None },
        });
        let kept: Vec<Kept> = kept.collect();
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
        Made { states, gap, measured, kept, refolded: fetcher.into_refolded() }
    }

    /// What a tar takes from B; contents that were `seen` came with another one.
    fn taken(&self, plan: &Plan<'_>, refolded: &Refolded, seen: &mut BTreeSet<Digest>, out: &mut Vec<Taken>) {
        for slot in &plan.slots {
            let Some((layer, _, entry)) = slot.entries.b else { continue };
            if let Some((_, _, own)) = slot.entries.a {
                let bytes = new_extensions(&own.extensions, &entry.extensions);
                if bytes > 0 {
                    let place = format!("{}: {}", self.place(), crate::text::shown(&entry.attributes.path));
                    out.push(Taken { place, what: What::ExtensionHeader, bytes });
                }
            } else {
                let head = entry::whole(Side::B, entry).head;
                if !self.shared.has_header(&head) {
                    let place = format!("{}: {}", self.place(), crate::text::shown(&entry.attributes.path));
                    out.push(Taken { place, what: What::EntryHeader, bytes: head.len() as u64 });
                }
            }
            let content = &entry.content;
            let is_new = content.length > 0 && !self.shared.has_content(&content.digest) && seen.insert(content.digest);
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
                // made of A's: only a map in front of it is B's
                match refolded.get(&(layer, content.offset)) {
                    Some(0) => {}
                    Some(map) => out.push(Taken { place, what: What::StoredForm, bytes: *map }),
                    None => out.push(Taken { place, what, bytes: content.length }),
                }
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

/// How many bytes of B's extension headers have no counterpart of their kind in A.
fn new_extensions(a: &[Extension], b: &[Extension]) -> u64 {
    let mut own: Vec<ExtensionKind> = a.iter().map(|extension| extension.kind).collect();
    let new = b.iter().filter(|extension| match own.iter().position(|kind| *kind == extension.kind) {
        Some(at) => {
            own.remove(at);
            false
        }
        None => true,
    });
    new.map(extension_length).sum()
}
