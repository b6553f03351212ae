//! How each difference stands to the policy, and each cause to the baseline.

use std::collections::BTreeMap;

use super::Unit;
use super::baseline::{Baseline, Known};
use super::date::Date;
use super::growth::Growth;
use super::policy::{Place, Policy, Reach, Rule, UNEXPLAINED};
use crate::pair::{Pair, Side};
use crate::report::{CheckNote, CheckResult, Finding, Sameness, Spot, Standing};

/// How many places of one result are named.
const PLACES: usize = 20;

/// Judges one comparison after the other, and remembers which rules were of use.
pub(super) struct Judge<'p> {
    policy: &'p Policy,
    baseline: Option<&'p Baseline>,
    growth: Growth,
    required: Sameness,
    today: Date,
    used: Vec<bool>,
    seen: Vec<bool>,
    results: Vec<CheckResult>,
    left: Vec<Known>,
}

/// How one spot stands; rules by their position in the policy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    Forbidden(usize),
    Left { expired: Option<usize> },
    Allowed(usize),
    WithinLevel,
}

/// Spots of one cause that stand alike.
#[derive(Default)]
struct Heap<'r> {
    differences: u64,
    spots: Vec<&'r Spot>,
}

impl<'p> Judge<'p> {
    pub(super) fn new(policy: &'p Policy, baseline: Option<&'p Baseline>, required: Sameness, today: Date) -> Self {
        Judge {
            policy,
            baseline,
            growth: policy.growth.or(baseline.map(|baseline| baseline.growth).unwrap_or_default()),
            required,
            today,
            used: vec![false; policy.allow.len()],
            seen: vec![false; baseline.map_or(0, |baseline| baseline.known.len())],
            results: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Every cause of one comparison, in the order of the report, then what no cause claims.
    pub(super) fn unit(&mut self, unit: &Unit<'_>) {
        for finding in &unit.report.findings {
            self.cause(unit, Some(finding), finding.count);
        }
        if !unit.report.unexplained.is_empty() {
            self.cause(unit, None, unit.report.unexplained.len() as u64);
        }
    }

    fn cause(&mut self, unit: &Unit<'_>, finding: Option<&Finding>, count: u64) {
        let cause = finding.map(|finding| finding.cause);
        let anywhere =
            Spot { cause, document: None, layers: Pair::default(), path: None, admits: Sameness::Different, count };
        let mut spots: Vec<&Spot> = unit.report.spots.iter().filter(|spot| spot.cause == cause).collect();
        if spots.is_empty() {
            spots.push(&anywhere);
        }
        let level_holds = unit.report.sameness.is_some_and(|level| level >= self.required);
        let mut heaps: BTreeMap<Stands, Heap<'_>> = BTreeMap::new();
        for spot in spots {
            let place = Place { spot, group: finding.map(|finding| finding.group), platform: unit.platform.as_ref() };
            let heap = heaps.entry(self.stands(&place, level_holds)).or_default();
            heap.differences += spot.count;
            heap.spots.push(spot);
        }
        let at = self.known(unit, cause.unwrap_or(UNEXPLAINED));
        if let Some(at) = at {
            // it is there, whatever a rule says of it
            self.seen[at] = true;
        }
        // what is left is one, whichever rule once allowed it
        let left: u64 = heaps
            .iter()
            .filter(|(stands, _)| matches!(stands, Stands::Left { .. }))
            .map(|(_, heap)| heap.differences)
            .sum();
        let known = if left == 0 { None } else { self.remember(unit, finding, left, at) };
        for (stands, heap) in heaps {
            let standing = match stands {
                Stands::Forbidden(rule) => Standing::Forbidden(self.policy.forbid[rule].facts()),
                Stands::Allowed(rule) => Standing::Allowed(self.policy.allow[rule].facts()),
                Stands::WithinLevel => Standing::WithinLevel,
                Stands::Left { expired } => known
                    .clone()
                    .unwrap_or(Standing::New { expired: expired.map(|rule| self.policy.allow[rule].facts()) }),
            };
            self.results.push(CheckResult {
                platform: unit.name.map(str::to_owned),
                cause,
                title: finding
                    .map_or_else(|| "differences that no cause explains".to_owned(), |finding| finding.title.clone()),
                differences: heap.differences,
                places: heap.spots.iter().take(PLACES).map(|spot| shown(spot)).collect(),
                places_total: heap.spots.len() as u64,
                standing,
            });
        }
    }

    fn stands(&mut self, place: &Place<'_>, level_holds: bool) -> Stands {
        let holds = |rule: &Rule| !rule.expired(self.today);
        let forbidding = self.policy.forbid.iter().position(|rule| holds(rule) && rule.covers(place, Reach::Any));
        let (mut allowing, mut expired) = (None, None);
        for (at, rule) in self.policy.allow.iter().enumerate() {
            if rule.covers(place, Reach::All) {
                // what it allows is there, whichever rule comes first
                self.used[at] = true;
                let first = if holds(rule) { &mut allowing } else { &mut expired };
                first.get_or_insert(at);
            }
        }
        match (forbidding, allowing) {
            (Some(rule), _) => Stands::Forbidden(rule),
            (None, Some(rule)) => Stands::Allowed(rule),
            (None, None) if level_holds || place.spot.admits >= self.required => Stands::WithinLevel,
            (None, None) => Stands::Left { expired },
        }
    }

    /// Where the baseline speaks of a cause.
    fn known(&self, unit: &Unit<'_>, code: &str) -> Option<usize> {
        let same = |known: &Known| known.cause == code && known.platform.as_deref() == unit.name;
        self.baseline?.known.iter().position(same)
    }

    /// Notes what is left of a cause for a new baseline, and says how the old one, which knows it `at`, stands to it.
    fn remember(
        &mut self,
        unit: &Unit<'_>,
        finding: Option<&Finding>,
        differences: u64,
        at: Option<usize>,
    ) -> Option<Standing> {
        let code = finding.map_or(UNEXPLAINED, |finding| finding.cause);
        let bytes = finding
            .and_then(|finding| finding.size_effect)
            .map(|bytes| u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX));
        let platform = unit.name.map(str::to_owned);
        self.left.push(Known { platform, cause: code.to_owned(), differences, bytes });
        let (baseline, at) = (self.baseline?, at?);
        let known = &baseline.known[at];
        let grown = |what, bound: Option<super::Bound>, from: Option<u64>, to: Option<u64>| {
            let (from, to) = (from?, to?);
            let most = bound?.most(from);
            (to > most).then_some(Standing::Grown { what, from, to, most })
        };
        let more = grown("differences", self.growth.differences, Some(known.differences), Some(differences));
        let larger = || grown("bytes", self.growth.bytes, known.bytes, bytes);
        Some(more.or_else(larger).unwrap_or(Standing::Known))
    }

    /// The results, what is left, and what the policy's author should know.
    pub(super) fn conclude(self) -> (Vec<CheckResult>, Vec<Known>, Vec<CheckNote>) {
        let mut notes: Vec<CheckNote> = Vec::new();
        let rules = self.policy.allow.iter().chain(&self.policy.forbid);
        notes.extend(rules.filter(|rule| rule.expired(self.today)).map(|rule| CheckNote::Expired(rule.facts())));
        for (rule, used) in self.policy.allow.iter().zip(&self.used) {
            if !used && !rule.expired(self.today) {
                notes.push(CheckNote::Unused(rule.facts()));
            }
        }
        for (known, seen) in self.baseline.iter().flat_map(|baseline| &baseline.known).zip(&self.seen) {
            if !seen {
                notes.push(CheckNote::Gone { platform: known.platform.clone(), cause: known.cause.clone() });
            }
        }
        (self.results, self.left, notes)
    }
}

/// Where a spot is, for a person: `layer 2: etc/motd`.
fn shown(spot: &Spot) -> String {
    if let Some(document) = spot.document {
        return document.to_owned();
    }
    let name = |layers: &[usize]| match layers {
        [] => None,
        [only] => Some(format!("layer {only}")),
        [first, .., last] => Some(format!("layers {first}–{last}")),
    };
    let of = |side: Side| name(spot.layers.get(side)).map(|name| format!("{name} of {}", side.name()));
    let layers = match spot.layers.same() {
        true => name(&spot.layers.a),
        false => {
            let sides: Vec<String> = Side::BOTH.into_iter().filter_map(of).collect();
            Some(sides.join(", "))
        }
    };
    let path = spot.path.as_ref().map(|path| match path.as_slice() {
        [] => "/".to_owned(),
        path => crate::text::shown(path),
    });
    match (layers, path) {
        (Some(layers), Some(path)) => format!("{layers}: {path}"),
        (layers, path) => layers.or(path).unwrap_or_else(|| "image".to_owned()),
    }
}
