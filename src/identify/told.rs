//! An identity as a report shows it.

use super::{Certainty, Identity, Named};
use crate::encoder::Family;
use crate::report;

/// How many encoders a sentence lists one by one.
const LISTED: usize = 2;

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
        let levels: Vec<String> = self.levels.iter().flatten().map(|level| self.family.level(*level)).collect();
        if !levels.is_empty() {
            title.push_str(if levels.len() == 1 { " level " } else { " levels " });
            title.push_str(&listed(&levels));
        }
        if let Some(block) = self.block {
            title.push_str(&format!(", blocks of {}", crate::text::size(u64::from(block))));
        }
        if self.apart {
            title.push_str(", the first 8 bytes apart");
        }
        let versions = neighbours_joined(&self.versions);
        if !versions.is_empty() {
            let of = match self.family {
                Family::Go => "Go ",
                Family::Pgzip => "klauspost/compress ",
                _ => "",
            };
            title.push_str(&format!(" ({of}{})", listed(&versions)));
        }
        title
    }
}

/// Ranges of which one begins with the patch release after the other's end as one range.
fn neighbours_joined(ranges: &[&str]) -> Vec<String> {
    let mut joined: Vec<String> = Vec::new();
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('–').unwrap_or((range, range));
        let follows = |before: &String| {
            let (_, end) = before.rsplit_once('–').unwrap_or(("", before));
            next_patch(end).is_some_and(|next| next == first)
        };
        match joined.last_mut().filter(|before| follows(before)) {
            Some(before) => {
                let start = before.split('–').next().unwrap_or_default().to_owned();
                *before = format!("{start}–{last}");
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
    let first = versions.trim_start_matches(['≥', ' ']);
    let first = first.split('–').next().unwrap_or_default();
    (versions.starts_with('≥'), first.split('.').filter_map(|number| number.parse().ok()).collect(), versions)
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
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
                block: miss.block,
            }),
            structure: self.seen.clone(),
        }
    }
}
