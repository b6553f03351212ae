//! One tar of B made of A's entries: which entries stand where at each step, and their bytes.

use super::ahead::Span;
use super::claims::{Claims, When, is_on};
use super::entry::{self, EntryPlan, Told, Written};
use super::interleave::{Slot as Place, orders};
use super::stream::{Fetcher, Sink};
use crate::layer::tar::{Entry, Trailer};
use crate::pair::{Pair, Side};

/// An entry of either side or both.
pub(super) struct Slot<'t> {
    /// Layer, position in its tar, and entry.
    pub(super) entries: Pair<Option<(usize, usize, &'t Entry)>>,
    /// The deltas of just this entry or pair of entries.
    pub(super) told: Vec<usize>,
    /// When it comes, for what only B has, or goes, for what only A has.
    pub(super) when: When,
    /// Whether no file system shows it: another entry or layer stands above it.
    pub(super) hidden: bool,
}

/// A tar of B and what it is made of.
pub(super) struct Plan<'t> {
    pub(super) slots: Vec<Slot<'t>>,
    /// When the entries stand in B's order.
    pub(super) order: When,
    /// The ends of both tars, with their layers; A has none in layers that are cut otherwise.
    pub(super) trailers: Pair<Option<(usize, &'t Trailer)>>,
    pub(super) ends: Ends,
    pub(super) whole: Vec<usize>,
    pub(super) irregular: Vec<usize>,
}

/// When each part of the end of the archive switches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ends {
    pub(super) extensions: When,
    pub(super) zeros: When,
    pub(super) rest: When,
}

impl<'t> Plan<'t> {
    /// Writes the tar at every step of `sinks`.
    pub(super) fn write(&self, claims: &Claims<'_>, fetcher: &mut Fetcher<'_>, sinks: &mut [Sink<'_>]) {
        let places: Vec<Place> =
            self.slots.iter().map(|slot| slot.entries.map(|entry| entry.map(|(_, at, _)| at))).collect();
        // of layers that are cut otherwise only B's order is known
        let orders = orders(&places);
        for side in Side::BOTH {
            let here = |sink: &Sink<'_>| is_on(self.order, sink.step) == (side == Side::B);
            if !sinks.iter().any(here) {
                continue;
            }
            let order = || orders.get(side).iter().filter_map(|&at| self.slots.get(at));
            let wanted: Vec<_> = order().flat_map(|slot| contents(slot, side)).collect();
            fetcher.begin(&wanted);
            for slot in order() {
                self.slot(slot, side, claims, fetcher, sinks, &here);
            }
        }
        self.end(fetcher, sinks);
    }

    /// Writes one entry in a pass in `prefer`'s order; contents that both sides have are read from that one.
    fn slot(
        &self,
        slot: &Slot<'t>,
        prefer: Side,
        claims: &Claims<'_>,
        fetcher: &mut Fetcher<'_>,
        sinks: &mut [Sink<'_>],
        here: &dyn Fn(&Sink<'_>) -> bool,
    ) {
        match (slot.entries.a, slot.entries.b) {
            (Some((layer, _, a)), None) => {
                let wanted = |sink: &Sink<'_>| here(sink) && !is_on(slot.when, sink.step);
                one(&entry::whole(Side::A, a), layer, fetcher, sinks, &wanted);
            }
            (None, Some((layer, _, b))) => {
                let wanted = |sink: &Sink<'_>| here(sink) && is_on(slot.when, sink.step);
                one(&entry::whole(Side::B, b), layer, fetcher, sinks, &wanted);
            }
            (Some((left, _, a)), Some((right, _, b))) => {
                let pair = Pair::new(a, b);
                if same(a, b) {
                    let written = entry::whole(prefer, pair.get(prefer));
                    let layer = if prefer == Side::A { left } else { right };
                    one(&written, layer, fetcher, sinks, here);
                    return;
                }
                let told = Told { claims, own: &slot.told, whole: &self.whole, irregular: &self.irregular };
                let plan = EntryPlan::new(pair, &told);
                let written: Vec<Option<Written<'_>>> =
                    sinks.iter().map(|sink| here(sink).then(|| plan.at(sink.step))).collect();
                for (sink, written) in sinks.iter_mut().zip(&written) {
                    if let Some(written) = written {
                        sink.write(&written.head);
                    }
                }
                let shared = same_content(a, b);
                for side in Side::BOTH {
                    let steps: Vec<usize> = sinks
                        .iter()
                        .zip(&written)
                        .filter(|(_, written)| {
                            let own = written.as_ref().map(|written| written.content.0);
                            own.map(|own| if shared { prefer } else { own }) == Some(side)
                        })
                        .map(|(sink, _)| sink.step)
                        .collect();
                    let layer = if side == Side::A { left } else { right };
                    if !steps.is_empty() {
                        let wanted = |sink: &Sink<'_>| steps.contains(&sink.step);
                        if side == Side::B && fetcher.refold(Pair::new((left, a), (right, b)), sinks, &wanted) {
                            continue;
                        }
                        fetcher.copy((side, layer), &pair.get(side).content, sinks, &wanted);
                    }
                }
                for (sink, written) in sinks.iter_mut().zip(&written) {
                    if let Some(written) = written {
                        let mut fill = Vec::new();
                        entry::fill(written.fill, &mut fill);
                        sink.write(&fill);
                    }
                }
            }
            (None, None) => {}
        }
    }

    fn end(&self, fetcher: &mut Fetcher<'_>, sinks: &mut [Sink<'_>]) {
        let side_of = |when: When, step: usize| {
            if is_on(when, step) || self.trailers.a.is_none() { Side::B } else { Side::A }
        };
        for sink in sinks.iter_mut() {
            let mut head = Vec::new();
            if let Some((_, trailer)) = self.trailers.get(side_of(self.ends.extensions, sink.step)) {
                entry::extensions(&trailer.extensions, &mut head);
            }
            sink.write(&head);
            if let Some((_, trailer)) = self.trailers.get(side_of(self.ends.zeros, sink.step)) {
                sink.zeros(trailer.zeros);
            }
        }
        for side in Side::BOTH {
            if let Some((layer, trailer)) = self.trailers.get(side)
                && let Some(rest) = &trailer.rest
            {
                let wanted = |sink: &Sink<'_>| side_of(self.ends.rest, sink.step) == side;
                if sinks.iter().any(&wanted) {
                    fetcher.copy((side, *layer), rest, sinks, &wanted);
                }
            }
        }
    }
}

/// What a pass in `prefer`'s order reads for one entry.
fn contents(slot: &Slot<'_>, prefer: Side) -> Vec<((Side, usize), Span)> {
    let shared = matches!(slot.entries, Pair { a: Some((_, _, a)), b: Some((_, _, b)) } if same_content(a, b));
    let sides = Side::BOTH.into_iter().filter(|side| !shared || *side == prefer);
    let own = sides.filter_map(|side| Some((side, (*slot.entries.get(side))?)));
    own.map(|(side, (layer, _, entry))| ((side, layer), (entry.content.offset, entry.content.length))).collect()
}

fn same_content(a: &Entry, b: &Entry) -> bool {
    (a.content.digest, a.content.length) == (b.content.digest, b.content.length)
}

/// Whether two entries are the same bytes.
pub(super) fn same(a: &Entry, b: &Entry) -> bool {
    same_content(a, b)
        && a.header == b.header
        && a.extensions == b.extensions
        && a.sparse_headers == b.sparse_headers
        && a.padding == b.padding
}

/// Writes one entry to the sinks that want it.
fn one(
    written: &Written<'_>,
    layer: usize,
    fetcher: &mut Fetcher<'_>,
    sinks: &mut [Sink<'_>],
    wanted: &dyn Fn(&Sink<'_>) -> bool,
) {
    if !sinks.iter().any(wanted) {
        return;
    }
    sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.write(&written.head));
    let (side, content) = written.content;
    fetcher.copy((side, layer), content, sinks, wanted);
    let mut fill = Vec::new();
    entry::fill(written.fill, &mut fill);
    sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.write(&fill));
}
