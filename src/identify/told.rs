//! An identity as a report shows it.

use super::{Certainty, Identity, Named};
use crate::encoder::Family;
use crate::report;
use crate::text::{listed, runs, size, thousands};

/// How many encoders a sentence lists one by one.
const LISTED: usize = 2;

/// What a range without an end begins with.
const SINCE: char = '≥';

/// What stands between releases and the way in which they are called.
const WAYS: [&str; 3] = [" with ", " as ", ", given "];

/// Encoders of one family that are named in one breath: alike but for their levels or for their releases.
struct Group {
    family: Family,
    levels: Vec<Option<i8>>,
    block: Option<u32>,
    apart: bool,
    versions: Vec<&'static str>,
}

impl Group {
    fn of(named: &Named) -> Self {
        Group {
            family: named.family,
            levels: vec![named.level],
            block: named.block,
            apart: named.apart,
            versions: vec![named.versions],
        }
    }

    /// Takes another one in, if the two are alike but for one thing.
    fn join(&mut self, other: &Group) -> bool {
        let alike = (self.family, self.block, self.apart) == (other.family, other.block, other.apart);
        if alike && self.levels == other.levels {
            self.versions.extend(&other.versions);
            self.versions.sort_by_key(|versions| order(versions));
        } else if alike && self.versions == other.versions {
            self.levels.extend(&other.levels);
            self.levels.sort_unstable();
        } else {
            return false;
        }
        true
    }

    /// `Go's compress/flate level 6 (Go 1.8–1.26)`.
    fn title(&self) -> String {
        let mut title = self.family.title().to_owned();
        let levels: Vec<i8> = self.levels.iter().copied().flatten().collect();
        if !levels.is_empty() {
            title.push_str(if levels.len() == 1 { " level " } else { " levels " });
            title.push_str(&match self.family {
                // its levels have names
                Family::KlauspostZstd => {
                    let names: Vec<String> = levels.iter().map(|level| self.family.level(*level)).collect();
                    listed(&names, "or")
                }
                _ => runs(&levels.iter().map(|level| i64::from(*level)).collect::<Vec<_>>(), "or"),
            });
        }
        if let Some(block) = self.block.filter(|block| Some(*block) != self.family.unsaid_block()) {
            title.push_str(&format!(", blocks of {}", exact(block)));
        }
        if self.apart {
            title.push_str(", the first 8 bytes apart");
        }
        let versions = releases(&self.versions);
        if !versions.is_empty() {
            let of = match self.family {
                Family::Go => "Go ",
                Family::Pgzip => "klauspost/compress ",
                _ => "",
            };
            title.push_str(&format!(" ({of}{versions})"));
        }
        title
    }
}

/// A size as options give it: nothing of it is rounded away.
fn exact(bytes: u32) -> String {
    match bytes {
        _ if bytes.is_multiple_of(1 << 20) => size(u64::from(bytes)),
        _ if bytes.is_multiple_of(1 << 10) => format!("{} KiB", thousands(u64::from(bytes >> 10))),
        _ => format!("{} bytes", thousands(u64::from(bytes))),
    }
}

/// Ranges of releases in words: neighbours joined, and all ways in which the same releases are called in one breath.
fn releases(versions: &[&str]) -> String {
    let way = |versions: &str| WAYS.iter().filter_map(|way| versions.find(way)).min().unwrap_or(versions.len());
    let parts = versions.iter().map(|versions| versions.split_at(way(versions)));
    let (plain, called): (Vec<_>, Vec<_>) = parts.partition(|(_, way)| way.is_empty());
    let plain: Vec<&str> = plain.into_iter().map(|(range, _)| range).collect();
    let mut told: Vec<(String, bool, Vec<&str>)> =
        neighbours_joined(&plain).into_iter().map(|range| (range, true, Vec::new())).collect();
    for (range, way) in called {
        match told.iter_mut().find(|(other, ..)| other == range) {
            Some((_, _, ways)) => ways.push(way.trim()),
            None => told.push((range.to_owned(), false, vec![way.trim()])),
        }
    }
    let told: Vec<String> = (told.into_iter())
        .map(|(range, is_plain, ways)| match (is_plain, &ways[..]) {
            (true, []) => range,
            (true, ways) => format!("{range}, also {}", listed(ways, "or")),
            (false, ways) => format!("{range} {}", listed(ways, "or")),
        })
        .collect();
    listed(&told, "or")
}

/// Ranges, sorted, of which one begins with the patch release behind the other's end, as one range.
fn neighbours_joined(ranges: &[&str]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let is_open = range.starts_with(SINCE);
        let numbers = range.trim_start_matches([SINCE, ' ']);
        let (first, last) = numbers.split_once('–').unwrap_or((numbers, numbers));
        let follows = |before: &String| {
            let (_, end) = before.rsplit_once('–').unwrap_or(("", before));
            next_patch(end).is_some_and(|next| next == first)
        };
        match joined.last_mut().filter(|before| follows(before)) {
            Some(before) => {
                let start = before.split('–').next().unwrap_or_default();
                *before = if is_open { format!("{SINCE} {start}") } else { format!("{start}–{last}") };
            }
            None => joined.push((*range).to_owned()),
        }
    }
    joined
}

/// `1.14.3` of `1.14.2`.
fn next_patch(release: &str) -> Option<String> {
    let (rest, patch) = release.rsplit_once('.')?;
    Some(format!("{rest}.{}", patch.parse::<u32>().ok()?.checked_add(1)?))
}

/// By the oldest release of a range; what begins with no release comes last.
fn order(versions: &str) -> (bool, Vec<u32>, &str) {
    let first = versions.trim_start_matches([SINCE, ' ']);
    let first = first.split('–').next().unwrap_or_default();
    (versions.starts_with(SINCE), first.split('.').filter_map(|number| number.parse().ok()).collect(), versions)
}

fn grouped(named: &[Named]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for named in named {
        let own = Group::of(named);
        if !groups.iter_mut().any(|group| group.join(&own)) {
            groups.push(own);
        }
    }
    let mut joined: Vec<Group> = Vec::new();
    for group in groups {
        if !joined.iter_mut().any(|other| other.join(&group)) {
            joined.push(group);
        }
    }
    joined
}

/// Whether these are few enough to be listed one by one.
pub fn is_of_few(named: &[Named]) -> bool {
    grouped(named).len() <= LISTED
}

impl Named {
    /// How a sentence names it: `Go's compress/flate level 6 (Go 1.8–1.26)`.
    pub fn title(&self) -> String {
        Group::of(self).title()
    }

    fn told(&self) -> report::EncoderName {
        report::EncoderName {
            family: self.family.name(),
            level: self.level.map(i64::from),
            versions: self.versions.to_owned(),
            block: self.block.map(u64::from),
            title: self.title(),
        }
    }
}

/// Who could have written all of several blobs, in words; none if nobody could.
pub fn shared_title(identities: &[&Identity]) -> Option<String> {
    let (first, rest) = identities.split_first()?;
    let mut shared = first.named.clone();
    for other in rest {
        shared.retain_mut(|named| {
            let alike = |other: &&Named| {
                (other.family, other.versions, other.level, other.apart)
                    == (named.family, named.versions, named.level, named.apart)
                    && (other.block.is_none() || named.block.is_none() || other.block == named.block)
            };
            let twin = other.named.iter().find(alike);
            named.block = named.block.or(twin.and_then(|twin| twin.block));
            twin.is_some()
        });
    }
    match &grouped(&shared)[..] {
        [] => None,
        [only] => Some(only.title()),
        [first, ..] => Some(format!("{} or its like", first.title())),
    }
}

impl Identity {
    /// Who wrote the bytes, in words. A class of many is named as one.
    pub fn title(&self) -> String {
        let groups = grouped(&self.named);
        match &groups[..] {
            [] => "an unknown encoder".to_owned(),
            groups if groups.len() <= LISTED => groups.iter().map(Group::title).collect::<Vec<_>>().join(", or "),
            [first, ..] => {
                format!("one of {} encoders that write this alike, such as {}", self.named.len(), first.title())
            }
        }
    }

    /// The identity as plain data.
    pub fn told(&self) -> report::Encoder {
        let mut named = self.named.iter().map(Named::told);
        report::Encoder {
            name: named.next(),
            alternatives: named.collect(),
            title: self.title(),
            producers: self.producers.clone(),
            certainty: self.certainty.name(),
            proved: self.certainty == Certainty::Proved,
            agreed_bytes: self.agreed,
            is_open: self.is_open,
            nearest: self.nearest.map(|miss| report::EncoderMiss {
                name: miss.named.told(),
                compressed_offset: miss.compressed,
                uncompressed_offset: miss.uncompressed,
                member: miss.member,
                block: miss.block,
            }),
            structure: self.seen.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Releases and a level.
    type Row = (&'static str, i8);

    fn title(family: Family, rows: &[Row]) -> String {
        let named = rows.iter().map(|&(versions, level)| Named {
            family,
            versions,
            level: Some(level),
            block: None,
            apart: false,
        });
        let groups = grouped(&named.collect::<Vec<_>>());
        groups.iter().map(Group::title).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_title_says_each_thing_once() {
        let table: [(Family, &[Row], &str); 8] = [
            (Family::Pigz, &[("2.6–2.8", 6), ("2.6–2.8 with -p 1", 6)], "pigz level 6 (2.6–2.8, also with -p 1)"),
            (
                Family::Libzstd,
                &[("1.5.7 with a checksum", 3), ("1.5.7 as the zstd program", 3)],
                "libzstd level 3 (1.5.7 as the zstd program or with a checksum)",
            ),
            (
                Family::Go,
                &[("1.8–1.26", 4), ("1.8–1.26", 5), ("1.8–1.26", 6)],
                "Go's compress/flate levels 4 to 6 (Go 1.8–1.26)",
            ),
            (Family::Go, &[("1.8–1.26", 9), ("1.8–1.26", 6)], "Go's compress/flate levels 6 or 9 (Go 1.8–1.26)"),
            (
                Family::KlauspostZstd,
                &[("1.17.6–1.17.7", 4), ("≥ 1.17.8", 4)],
                "klauspost/compress zstd level SpeedBestCompression (≥ 1.17.6)",
            ),
            (
                Family::Klauspost,
                &[("≥ 1.18.2", 6), ("1.18.1", 6), ("1.15.10–1.18.0", 6)],
                "klauspost/compress level 6 (≥ 1.15.10)",
            ),
            (Family::Klauspost, &[("≥ 1.18.2", 6), ("1.12.2", 6)], "klauspost/compress level 6 (1.12.2 or ≥ 1.18.2)"),
            (Family::ZlibNg, &[("2.x (as zlib-rs)", 6)], "zlib-ng level 6 (2.x (as zlib-rs))"),
        ];
        for (family, rows, wanted) in table {
            assert_eq!(title(family, rows), wanted);
        }
    }
}
