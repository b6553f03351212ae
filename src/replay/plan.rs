//! From a row of layers to the plans of B's tars: which entries stand for each other, and what guards each.

use std::collections::BTreeMap;

use super::claims::{Claims, When};
use super::tars::{Ends, Plan, Slot};
use crate::compare::delta::{EntryRef, Field, PaxField, Place, Presence};
use crate::compare::rows::Row;
use crate::compare::{Comparison, merged, path, tars};
use crate::image::{ContradictionKind, Image};
use crate::layer::tar::{Entry, Tar};
use crate::pair::{Pair, Side};

/// The deltas of a row, by what they are of.
struct Index<'c> {
    claims: &'c Claims<'c>,
    pairs: BTreeMap<(EntryRef, EntryRef), Vec<usize>>,
    alone: BTreeMap<(Side, EntryRef), Vec<usize>>,
    /// Paths that only one side has, which a whiteout stands for.
    hidden: BTreeMap<Vec<u8>, Vec<usize>>,
    row: Vec<usize>,
    whole: Vec<usize>,
}

impl<'c> Index<'c> {
    fn new(claims: &'c Claims<'c>, row: usize) -> Self {
        let mut index = Index {
            claims,
            pairs: BTreeMap::new(),
            alone: BTreeMap::new(),
            hidden: BTreeMap::new(),
            row: Vec::new(),
            whole: claims.contradictions(row, &[ContradictionKind::Tar, ContradictionKind::TrailingData]),
        };
        for (at, delta) in claims.deltas.iter().enumerate() {
            match &delta.place {
                Place::Layer { row: own } if *own == row => index.row.push(at),
                Place::Entry { entry, path, row: own } => {
                    match (entry.a, entry.b) {
                        (Some(a), Some(b)) => {
                            index.pairs.entry((a, b)).or_default().push(at);
                            index.alone.entry((Side::A, a)).or_default().push(at);
                            index.alone.entry((Side::B, b)).or_default().push(at);
                        }
                        (Some(a), None) => index.alone.entry((Side::A, a)).or_default().push(at),
                        (None, Some(b)) => index.alone.entry((Side::B, b)).or_default().push(at),
                        (None, None) => {}
                    }
                    if *own == row && delta.field == Field::Presence(Presence::Path) {
                        index.hidden.entry(path.to_vec()).or_default().push(at);
                    }
                }
                _ => {}
            }
        }
        index
    }

    fn of_row(&self, wanted: impl Fn(&Field) -> bool) -> Vec<usize> {
        let field = |at: &usize| self.claims.deltas.get(*at).map(|delta| &delta.field);
        self.row.iter().copied().filter(|at| field(at).is_some_and(&wanted)).collect()
    }

    fn when(&self, guards: Vec<usize>) -> When {
        if guards.is_empty() {
            return None;
        }
        self.claims.when(guards.into_iter().chain(self.whole.iter().copied()))
    }

    /// Whether one of these deltas says that a path is on one side only, or that its contents differ.
    fn has_path(&self, deltas: &[usize]) -> bool {
        deltas
            .iter()
            .filter_map(|&at| self.claims.deltas.get(at))
            .any(|delta| matches!(delta.field, Field::Presence(Presence::Path) | Field::Content | Field::Kind))
    }

    /// When a layer without entries comes or goes: by its own delta, or with another kind of image.
    fn empty(&self) -> When {
        let own = self.of_row(|field| *field == Field::EmptyLayer);
        self.when(if own.is_empty() { self.claims.of_images() } else { own })
    }

    /// The deltas that say that an entry is on one side only; for a whiteout, of what it hides.
    fn presence(&self, side: Side, at: EntryRef, entry: &Entry) -> Vec<usize> {
        let own = self.alone.get(&(side, at)).cloned().unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let normal = path::normal(&entry.attributes.path);
        let (hidden, itself) = match path::meaning(&normal) {
            path::Meaning::Whiteout(hidden) => (hidden, true),
            path::Meaning::Opaque(directory) => (directory, false),
            path::Meaning::File | path::Meaning::Bookkeeping => return own,
        };
        let told = self.hidden.iter().filter(|(path, _)| itself && **path == hidden || path::is_below(path, &hidden));
        told.flat_map(|(_, deltas)| deltas.iter().copied()).collect()
    }
}

/// What a row's tars of B are made of.
pub(super) struct RowPlan<'t> {
    /// One for each of B's layers of the row.
    pub(super) tars: Vec<Plan<'t>>,
    /// When the row has B's layers; `None` in a row of pairs, whose layers never change.
    pub(super) recut: Option<When>,
}

/// The plan of a row whose layers were all walked; `None` for other rows.
pub(super) fn plan<'t>(
    images: Pair<&'t Image>,
    comparison: &Comparison,
    claims: &Claims<'_>,
    row: usize,
) -> Option<RowPlan<'t>> {
    let index = Index::new(claims, row);
    match comparison.rows.get(row)? {
        Row::Pair { layers } => {
            let tars = Pair::new(images.a.layers.get(layers.a)?.tar()?, images.b.layers.get(layers.b)?.tar()?);
            Some(RowPlan { tars: vec![pair(&index, *layers, tars)], recut: None })
        }
        Row::Region { layers } => region(images, layers, &index),
        Row::Empty { side: Side::B, layer } => {
            let tar = images.b.layers.get(*layer)?.tar()?;
            let recut = index.empty();
            Some(RowPlan { tars: vec![only_b(*layer, tar, recut)], recut: Some(recut) })
        }
        Row::Empty { side: Side::A, .. } => {
            let recut = index.empty();
            Some(RowPlan { tars: Vec::new(), recut: Some(recut) })
        }
        Row::Same { .. } => None,
    }
}

fn at(layer: usize, position: usize) -> EntryRef {
    EntryRef { layer: layer as u32, index: position as u32 }
}

fn pair<'t>(index: &Index<'_>, layers: Pair<usize>, tars: Pair<&'t Tar>) -> Plan<'t> {
    let lists = Pair::new(tars::list(tars.a, layers.a), tars::list(tars.b, layers.b));
    let matching = tars::matching(lists.as_ref().map(|list| &list[..]));
    let mut slots = Vec::with_capacity(tars.a.entries.len());
    for (i, j) in matching.matched {
        let (Some(a), Some(b)) = (tars.a.entries.get(i), tars.b.entries.get(j)) else { continue };
        let told = index.pairs.get(&(at(layers.a, i), at(layers.b, j))).cloned().unwrap_or_default();
        let entries = Pair::new(Some((layers.a, i, a)), Some((layers.b, j, b)));
        slots.push(Slot { entries, told, when: None, hidden: false });
    }
    for (side, position, _) in matching.alone {
        let layer = *layers.get(side);
        let Some(entry) = tars.get(side).entries.get(position) else { continue };
        let when = index.when(index.presence(side, at(layer, position), entry));
        let own = Some((layer, position, entry));
        let entries = if side == Side::A { Pair::new(own, None) } else { Pair::new(None, own) };
        let hidden = !index.alone.get(&(side, at(layer, position))).is_some_and(|own| index.has_path(own));
        slots.push(Slot { entries, told: Vec::new(), when, hidden });
    }
    let order = index.of_row(|field| matches!(field, Field::Order { .. }));
    let order = index.when(order);
    let trailers = tars.map(|tar| &tar.trailer);
    let differ = |differ: bool, wanted: &dyn Fn(&Field) -> bool| {
        if differ { index.when(index.of_row(wanted)) } else { None }
    };
    let ends = Ends {
        extensions: differ(trailers.a.extensions != trailers.b.extensions, &|field| {
            *field == Field::Pax(PaxField::Headers)
        }),
        zeros: differ(trailers.a.zeros != trailers.b.zeros, &|field| *field == Field::Trailer),
        rest: differ(rest(tars.a) != rest(tars.b), &|field| {
            matches!(
                field,
                Field::LazyPull | Field::Contradiction(ContradictionKind::Tar | ContradictionKind::TrailingData)
            )
        }),
    };
    Plan {
        slots,
        order,
        trailers: Pair::new(Some((layers.a, trailers.a)), Some((layers.b, trailers.b))),
        ends,
        whole: index.whole.clone(),
        irregular: index.of_row(|field| *field == Field::Trailer).into_iter().chain(index.whole.clone()).collect(),
    }
}

fn rest(tar: &Tar) -> Option<(crate::digest::Digest, u64)> {
    tar.trailer.rest.map(|rest| (rest.digest, rest.length))
}

/// A tar that A lacks altogether, as it stands.
fn only_b(layer: usize, tar: &Tar, when: When) -> Plan<'_> {
    let slot = |(position, entry)| Slot {
        entries: Pair::new(None, Some((layer, position, entry))),
        told: Vec::new(),
        when,
        hidden: false,
    };
    Plan {
        slots: tar.entries.iter().enumerate().map(slot).collect(),
        order: Some(0),
        trailers: Pair::new(None, Some((layer, &tar.trailer))),
        ends: Ends::default(),
        whole: Vec::new(),
        irregular: Vec::new(),
    }
}

/// Layers that are cut otherwise: each tar of B is made of the entries of the merged file systems;
/// what no merged file system shows (overwritten entries, whiteouts that are used up, the ends) is the cut's.
fn region<'t>(images: Pair<&'t Image>, layers: &Pair<Vec<usize>>, index: &Index<'_>) -> Option<RowPlan<'t>> {
    let all = |side: Side| {
        layers.get(side).iter().all(|&layer| images.get(side).layers.get(layer).is_some_and(|own| own.tar().is_some()))
    };
    if !all(Side::A) || !all(Side::B) {
        return None;
    }
    let cut = index.of_row(|field| *field == Field::Boundaries);
    let lists = Pair::new(merged(images.a, &layers.a).into_list(), merged(images.b, &layers.b).into_list());
    let matching = tars::matching(lists.as_ref().map(|list| &list[..]));
    let mut recut = cut.clone();
    let mut twins: BTreeMap<EntryRef, usize> = BTreeMap::new();
    let mut alone: BTreeMap<EntryRef, Vec<usize>> = BTreeMap::new();
    for (i, j) in matching.matched {
        if let Some(listed) = lists.b.get(j) {
            twins.insert(listed.at, i);
        }
    }
    for (side, position, _) in matching.alone {
        let Some(listed) = lists.get(side).get(position) else { continue };
        let own = index.presence(side, listed.at, listed.entry);
        if side == Side::B {
            alone.insert(listed.at, own);
        } else if own.is_empty() {
            // nothing says that it goes, so nothing may go
            return Some(RowPlan { tars: Vec::new(), recut: Some(None) });
        } else {
            recut.extend(own);
        }
    }
    let recut = index.when(recut);
    let mut tars = Vec::new();
    for &layer in &layers.b {
        let tar = images.b.layers.get(layer)?.tar()?;
        let mut slots = Vec::with_capacity(tar.entries.len());
        for (position, entry) in tar.entries.iter().enumerate() {
            let own = at(layer, position);
            let here = Some((layer, position, entry));
            let twin = twins.get(&own).and_then(|&i| lists.a.get(i));
            slots.push(match twin {
                Some(twin) => Slot {
                    entries: Pair::new(Some((twin.at.layer as usize, twin.at.index as usize, twin.entry)), here),
                    told: index.pairs.get(&(twin.at, own)).cloned().unwrap_or_default(),
                    when: None,
                    hidden: false,
                },
                None => {
                    let told = alone.get(&own);
                    let hidden = !told.is_some_and(|told| index.has_path(told));
                    let guards = told.cloned().unwrap_or_else(|| cut.clone());
                    Slot { entries: Pair::new(None, here), told: Vec::new(), when: index.when(guards), hidden }
                }
            });
        }
        tars.push(Plan {
            slots,
            order: Some(0),
            trailers: Pair::new(None, Some((layer, &tar.trailer))),
            ends: Ends::default(),
            whole: index.whole.clone(),
            irregular: cut.clone(),
        });
    }
    Some(RowPlan { tars, recut: Some(recut) })
}
