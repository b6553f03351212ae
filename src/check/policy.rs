//! A policy: the level required, and rules that allow or forbid causes.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::date::Date;
use super::growth::{self, Growth};
use super::read::{Fault, FaultKind, Reader, Scalar};
use crate::image::platform::{ARCHITECTURES, Platform, SYSTEMS, variants};
use crate::pair::Side;
use crate::report::{self, Group, Sameness, Spot};
use crate::suggest::nearest;

/// The name that rules and baselines use for differences that no cause claims.
pub const UNEXPLAINED: &str = "unexplained";

/// What a pair of images is held against.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The weakest level that is enough; `same-digest` where it is not said.
    pub require: Option<Sameness>,
    /// How far causes that a baseline knows may grow.
    pub growth: Growth,
    /// Causes that may be there, whatever the level.
    pub allow: Vec<Rule>,
    /// Causes that may not, whatever the level and the baseline.
    pub forbid: Vec<Rule>,
}

/// A rule, and what it is limited to; what it does not say does not limit it.
#[derive(Debug, Clone)]
pub struct Rule {
    line: usize,
    causes: Option<Vec<String>>,
    groups: Option<Vec<String>>,
    paths: Option<GlobSet>,
    layers: Option<Vec<(usize, usize)>>,
    platforms: Option<Vec<Platform>>,
    until: Option<Date>,
    reason: Option<String>,
}

const GROUPS: [Group; 5] = [Group::Integrity, Group::Content, Group::Metadata, Group::Build, Group::Encoding];

impl Policy {
    /// Reads a policy; `codes` are the causes that there are.
    ///
    /// # Errors
    /// The first fault, with its line and column.
    pub fn read(text: &str, codes: &[&str]) -> Result<Policy, Fault> {
        const KEYS: &[&str] = &["schema", "require", "growth", "allow", "forbid"];
        let reader = Reader::new(text);
        let document = reader.document()?;
        let table = document.get_ref();
        reader.keys(table, "the policy", KEYS)?;
        schema(reader, table)?;
        let require = match table.get("require") {
            None => None,
            Some(value) => {
                let names = Sameness::ALL.map(Sameness::name);
                let name = reader.name(value, "require", "level", &names)?;
                Sameness::ALL.into_iter().find(|level| level.name() == name)
            }
        };
        let growth = match table.get("growth") {
            None => Growth::default(),
            Some(value) => growth::read(reader, reader.table(value, "growth", "a table")?)?,
        };
        let rules = |key: &'static str, place: &'static str| -> Result<Vec<Rule>, Fault> {
            const EXPECTED: &str = "a list of tables, each under [[allow]] or [[forbid]]";
            let Some(value) = table.get(key) else { return Ok(Vec::new()) };
            let Some(items) = value.get_ref().as_array() else {
                return Err(reader.value_fault(value, key, EXPECTED));
            };
            items.iter().map(|item| rule(reader, item, reader.table(item, key, EXPECTED)?, place, codes)).collect()
        };
        Ok(Policy { require, growth, allow: rules("allow", "[[allow]]")?, forbid: rules("forbid", "[[forbid]]")? })
    }
}

/// That `schema`, if it is said, is 1.
pub(super) fn schema(reader: Reader<'_>, table: &DeTable<'_>) -> Result<(), Fault> {
    const EXPECTED: &str = "1, the only schema there is";
    match table.get("schema") {
        Some(value) if reader.number(value, "schema", EXPECTED)? != 1 => {
            Err(reader.value_fault(value, "schema", EXPECTED))
        }
        _ => Ok(()),
    }
}

fn rule(
    reader: Reader<'_>,
    item: &Spanned<DeValue<'_>>,
    table: &DeTable<'_>,
    place: &'static str,
    codes: &[&str],
) -> Result<Rule, Fault> {
    const KEYS: &[&str] = &["cause", "group", "paths", "layers", "platforms", "until", "reason"];
    const LIMITS: [&str; 5] = ["cause", "group", "paths", "layers", "platforms"];
    reader.keys(table, place, KEYS)?;
    let missing = |what| Err(reader.fault(item.span(), FaultKind::Missing { place, what }));
    if !LIMITS.iter().any(|key| table.contains_key(*key)) {
        return missing("at least one of cause, group, paths, layers, platforms");
    }
    let list = |key: &'static str| match table.get(key) {
        None => Ok(None),
        Some(value) => reader.list(value, key, "at least one value").map(Some),
    };
    let known: Vec<&str> = codes.iter().copied().chain([UNEXPLAINED]).collect();
    let named = |key: &'static str, names: &[&str]| -> Result<Option<Vec<String>>, Fault> {
        let Some(values) = list(key)? else { return Ok(None) };
        values
            .iter()
            .map(|value| Ok(reader.name(value, key, key, names)?.to_owned()))
            .collect::<Result<_, _>>()
            .map(Some)
    };
    let layers = match list("layers")? {
        None => None,
        Some(values) => Some(values.into_iter().map(|value| layers(reader, value)).collect::<Result<_, _>>()?),
    };
    let platforms = match list("platforms")? {
        None => None,
        Some(values) => Some(values.iter().map(|value| platform(reader, value)).collect::<Result<_, _>>()?),
    };
    let reason = match table.get("reason") {
        None => None,
        Some(value) => Some(reader.text(value, "reason", "a sentence in quotes")?.to_owned()),
    };
    let until = match table.get("until") {
        None => None,
        Some(value) => Some(date(reader, value)?),
    };
    if until.is_some() && reason.is_none() {
        return missing("a reason, since it has an end (until)");
    }
    Ok(Rule {
        // of `[[allow]]` itself, not of its first key
        line: reader.position(item.span().start).0,
        causes: named("cause", &known)?,
        groups: named("group", &GROUPS.map(Group::name))?,
        paths: list("paths")?.map(|values| paths(reader, &values)).transpose()?,
        layers,
        platforms,
        until,
        reason,
    })
}

fn paths(reader: Reader<'_>, values: &[&Spanned<DeValue<'_>>]) -> Result<GlobSet, Fault> {
    const EXPECTED: &str = "a glob such as \"etc/**\" or \"**/*.pyc\"";
    let mut set = GlobSetBuilder::new();
    for value in values {
        let typed = reader.text(value, "paths", EXPECTED)?;
        // paths of a layer begin with neither, but people write both
        let bare = typed.strip_prefix('/').or_else(|| typed.strip_prefix("./")).unwrap_or(typed);
        let glob = GlobBuilder::new(bare).literal_separator(true).build();
        set.add(glob.map_err(|error| {
            let text = format!("`paths`: \"{}\" is no glob: {}", crate::text::shown(typed.as_bytes()), error.kind());
            reader.fault(value.span(), FaultKind::Syntax(text))
        })?);
    }
    let span = values.first().map_or(0..0, |value| value.span());
    set.build().map_err(|error| reader.fault(span, FaultKind::Syntax(format!("`paths`: {}", error.kind()))))
}

/// `os/arch[/variant]`, each of which there is: a misspelt platform would limit its rule to nothing.
fn platform(reader: Reader<'_>, value: &Spanned<DeValue<'_>>) -> Result<Platform, Fault> {
    const EXPECTED: &str = "os/arch[/variant], such as linux/arm64";
    let typed = reader.text(value, "platforms", EXPECTED)?;
    // a system alone is no platform, though an architecture alone is
    let is_system = SYSTEMS.contains(&typed) && !ARCHITECTURES.contains(&typed);
    let Some(platform) = Platform::parse(typed).filter(|_| !is_system) else {
        return Err(reader.value_fault(value, "platforms", EXPECTED));
    };
    let known = |what: &'static str, name: &str, names: &[&str]| {
        let near = nearest(name, names).into_iter().map(str::to_owned).collect();
        let is_known = names.contains(&name);
        let kind = FaultKind::UnknownName { what, name: name.to_owned(), near };
        if is_known { Ok(()) } else { Err(reader.fault(value.span(), kind)) }
    };
    known("operating system", &platform.os.to_lowercase(), &SYSTEMS)?;
    known("architecture", &platform.architecture, &ARCHITECTURES)?;
    if let Some(names) = variants(&platform.architecture).filter(|_| !platform.variant.is_empty()) {
        known("variant", &platform.variant, names)?;
    }
    Ok(platform)
}

/// `3`, or `"2-5"`, both ends included.
fn layers(reader: Reader<'_>, value: &Spanned<DeValue<'_>>) -> Result<(usize, usize), Fault> {
    const EXPECTED: &str = "layers from 1, such as 3 or \"2-5\"";
    let range = match reader.scalar(value, "layers", EXPECTED)? {
        Scalar::Number(number) => usize::try_from(number).ok().map(|number| (number, number)),
        Scalar::Text(text) => {
            text.split_once('-').and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)))
        }
    };
    let sound = range.filter(|(from, to)| 1 <= *from && from <= to);
    sound.ok_or_else(|| reader.value_fault(value, "layers", EXPECTED))
}

fn date(reader: Reader<'_>, value: &Spanned<DeValue<'_>>) -> Result<Date, Fault> {
    const EXPECTED: &str = "a day without quotes, such as 2027-01-31";
    let day = value.get_ref().as_datetime().filter(|time| time.time.is_none()).and_then(|time| time.date);
    day.and_then(|day| Date::new(day.year, day.month, day.day))
        .ok_or_else(|| reader.value_fault(value, "until", EXPECTED))
}

/// A spot with what is known around it.
pub(super) struct Place<'r> {
    /// The spot.
    pub(super) spot: &'r Spot,
    /// The cause's group.
    pub(super) group: Option<Group>,
    /// The platform of the images, where they have one.
    pub(super) platform: Option<&'r Platform>,
}

/// Whether a rule limited to layers is about a place that touches several: all of them must be in
/// it to be allowed, one is enough to be forbidden.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    All,
    Any,
}

impl Rule {
    /// Whether the rule's day has passed.
    pub(super) fn expired(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until < today)
    }

    /// Whether the rule is about a place, its day aside.
    pub(super) fn covers(&self, place: &Place<'_>, reach: Reach) -> bool {
        let spot = place.spot;
        let code = spot.cause.unwrap_or(UNEXPLAINED);
        let cause = self.causes.as_ref().is_none_or(|causes| causes.iter().any(|cause| cause == code));
        let group = self
            .groups
            .as_ref()
            .is_none_or(|groups| place.group.is_some_and(|group| groups.iter().any(|name| name == group.name())));
        let path = self.paths.as_ref().is_none_or(|paths| {
            spot.path.as_ref().is_some_and(|path| paths.is_match_candidate(&Candidate::from_bytes(path)))
        });
        let inside = |layer: &usize| self.layers.iter().flatten().any(|(from, to)| (*from..=*to).contains(layer));
        let layer = self.layers.is_none() || {
            let mut layers = Side::BOTH.into_iter().flat_map(|side| spot.layers.get(side));
            let some = layers.clone().next().is_some();
            match reach {
                Reach::All => some && layers.all(inside),
                Reach::Any => layers.any(inside),
            }
        };
        let platform = self.platforms.as_ref().is_none_or(|wanted| {
            place.platform.is_some_and(|platform| wanted.iter().any(|wanted| platform.satisfies(wanted)))
        });
        cause && group && path && layer && platform
    }

    /// The rule as a reader sees it.
    pub(super) fn facts(&self) -> report::Rule {
        report::Rule { line: self.line, reason: self.reason.clone(), until: self.until.map(|until| until.to_string()) }
    }
}
