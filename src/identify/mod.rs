//! Who compressed this: the encoder, its level and its releases, found by writing the same bytes again.
//!
//! First the structure of the stream: what its blocks, matches, flushes and ending rule out. Then every candidate that
//! is left compresses the beginning of the tar and is dropped at its first wrong byte. Those that survive are the
//! answer; encoders that agree are named together, never one of them for all. If asked, or if the layer is small, the
//! survivors write the whole blob, gzip header and trailer too, and its digest is hit or missed.
//!
//! What no candidate writes is named by its structure where that is enough, and is otherwise unknown, with the encoder
//! that came nearest and the place where it went another way. Nothing is guessed from a header alone.

mod candidates;
mod facts;
mod listed;
mod place;
mod producers;
mod proof;
mod shapes;
mod told;
mod trial;

use std::io::{self, Read};

pub use facts::Facts;
pub use listed::table;
pub use producers::{PRODUCERS, Producer};
pub use told::shared_title;

use crate::digest::Digest;
use crate::encoder::{Family, Recipe, overlap};
use crate::layer::envelope::{Compression, Envelope, Member};
use crate::limits::Limits;
use proof::Until;

/// A layer whose tar is smaller is always compressed to its end.
pub const SMALL: u64 = 8 << 20;

/// The releases of Go with another encoder than before.
const SINCE_1_27: &str = "≥ 1.27";

/// How many streams all candidates together begin; with more of them, the blob is left before its end. Beginning one
/// clears tables, which costs about 30 µs: a blob of empty members would take hours.
const STARTS: u64 = 1 << 16;

/// How many more for each member, if a proof is asked for.
const STARTS_FOR_MEMBER: u64 = 4;

/// How far the end of pigz's first block is looked for where no proof is asked for, in bytes unpacked.
const LIKELY_BLOCK: u64 = 16 << 20;

/// Streams of different encoders begin with up to so many bytes in common: of 85 streams of one tar, 99 in 100 pairs.
const BY_CHANCE: u64 = 11;

/// How many compressed bytes of several members are tried, where the first is shorter.
const BEGINNING: u64 = 512 << 10;

/// A compressed blob that was read and found sound.
pub struct Subject<'a> {
    /// What it is wrapped in.
    pub envelope: &'a Envelope,
    /// Its digest, which a proof has to hit.
    pub digest: Digest,
    /// How many bytes it unpacks to.
    pub tar_size: u64,
    /// Opens it at its beginning.
    pub open: &'a (dyn Fn() -> io::Result<Box<dyn Read + Send>> + Sync),
    /// Bounds on what is read.
    pub limits: &'a Limits,
}

/// How sure an identity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Nothing known writes this.
    Unknown,
    /// The structure fits and nothing was written again.
    Structure,
    /// The beginning was written again.
    Likely,
    /// The blob was written again, and its digest was hit.
    Proved,
}

impl Certainty {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Unknown => "unknown",
            Certainty::Structure => "structure",
            Certainty::Likely => "likely",
            Certainty::Proved => "proved",
        }
    }
}

/// One class of encoders at one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// Who wrote it.
    pub family: Family,
    /// The releases that write these bytes; empty where the structure alone speaks.
    pub versions: &'static str,
    /// The level, where it is known.
    pub level: Option<i8>,
    /// The size in bytes of the blocks that are compressed side by side, where there are such.
    pub block: Option<u32>,
    /// Whether the first 8 bytes are compressed apart, as podman's family does with zstd.
    pub apart: bool,
}

/// Where the candidate that came nearest went another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Miss {
    /// The candidate.
    pub named: Named,
    /// Offset in the blob of the first byte that it writes otherwise.
    pub compressed: u64,
    /// The number from 0 of the gzip member or zstd frame that the byte stands in, where it could be found. Skippable
    /// frames have no number.
    pub member: Option<u64>,
    /// Offset in the tar of what that byte is part of, where it could be found.
    pub uncompressed: Option<u64>,
    /// The number from 0 of the member's block that it is part of, where it could be found.
    pub block: Option<u64>,
}

/// Who compressed a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Everyone who writes these bytes, the one that the header and the field speak for first. Empty: unknown.
    pub named: Vec<Named>,
    /// How sure it is.
    pub certainty: Certainty,
    /// How many bytes of the blob, from its beginning, were written again and agreed.
    pub agreed: u64,
    /// If nobody writes these bytes, who came nearest.
    pub nearest: Option<Miss>,
    /// Whether some candidates were not run, because only `prove` runs them.
    pub is_open: bool,
    /// What the structure shows, one observation a line.
    pub seen: Vec<String>,
    /// The tools that are known to use one of those for which the header speaks.
    pub producers: Vec<&'static str>,
    /// If the blob was written again, by what.
    pub recipe: Option<Recipe>,
}

impl Identity {
    /// Whether everyone known was tried, and nobody writes these bytes.
    pub fn is_nobodys(&self) -> bool {
        self.named.is_empty() && !self.is_open
    }
}

/// Finds out who compressed `subject`; to its end if `prove` or if it is small. None if it is not compressed, or in a
/// way that has no encoders here.
pub fn identify(subject: &Subject<'_>, prove: bool) -> io::Result<Option<Identity>> {
    // zstd's skippable frames are nobody's work
    let has_stream = subject.envelope.members.iter().any(|member| !matches!(member, Member::Skippable(_)));
    match subject.envelope.compression {
        Compression::Gzip | Compression::Zstd if has_stream => found(subject, prove).map(Some),
        _ => Ok(None),
    }
}

fn found(subject: &Subject<'_>, prove: bool) -> io::Result<Identity> {
    let (prefix, mut facts) = trial::prefix(subject)?;
    if facts.hides_its_flushes() {
        facts.first_cut = trial::first(subject, &prefix, facts::LARGEST_BLOCK, facts::flush)?;
    } else if facts.may_hide_cuts() {
        let farthest = if prove { facts::LARGEST_BLOCK } else { LIKELY_BLOCK };
        facts.first_cut = trial::first(subject, &prefix, farthest, facts.cut())?;
    }
    let identity = among(subject, prove, &prefix, &facts)?;
    if identity.certainty < Certainty::Likely && facts.may_end_by_chance() {
        facts.any_ending = true;
        return among(subject, prove, &prefix, &facts);
    }
    Ok(identity)
}

/// Tries the candidates that `facts` leaves.
fn among(subject: &Subject<'_>, asked: bool, prefix: &trial::Prefix, facts: &Facts) -> io::Result<Identity> {
    let prove = asked || subject.tar_size < SMALL;
    let mut starts = STARTS + if asked { STARTS_FOR_MEMBER * subject.envelope.member_count } else { 0 };
    let candidates = candidates::of(facts, subject.tar_size);
    let mut results = trial::all(&candidates, prefix, facts);
    let mut survivors: Vec<usize> = (0..results.len()).filter(|&at| results[at].survives()).collect();
    let mut proved = false;
    // Those that give nothing before the end are run if somebody like them survives, and on what is large only if
    // nobody else did: they hold it all.
    let may_follow = |at: &usize| match candidates[*at].recipe.forerunner() {
        Some(forerunner) => survivors.iter().any(|&other| candidates[other].recipe == forerunner),
        None => !candidates[*at].recipe.is_late() || subject.tar_size < SMALL || survivors.is_empty(),
    };
    let late: Vec<usize> = (0..results.len()).filter(|&at| results[at].is_untried()).filter(may_follow).collect();
    if let Some(blob) = trial::whole_blob(subject, prefix, facts).filter(|_| !survivors.is_empty()) {
        // They wrote all of the only stream: what is left is the wrapping.
        proved = subject.digest.of_same_algorithm(&blob) == subject.digest;
        for &at in &survivors {
            results[at].agreed = Some(blob.len() as u64);
        }
        if !proved {
            survivors.clear();
        }
    } else {
        let (tried, until): (Vec<usize>, Until) = if prove {
            (survivors.iter().chain(&late).copied().collect(), Until::End)
        } else if survivors.is_empty() {
            // The beginning was too short for a block of theirs: they are run until they have written one, or err.
            (late.iter().copied().filter(|&at| !candidates[at].recipe.is_late()).collect(), Until::Written)
        } else if prefix.is_whole {
            // The first of several members says little.
            (survivors.clone(), Until::Read(BEGINNING))
        } else {
            (Vec::new(), Until::Read(0))
        };
        let (few, many): (Vec<usize>, Vec<usize>) =
            (tried.iter().copied()).partition(|&at| candidates[at].recipe.is_late() && subject.tar_size >= SMALL);
        let mut stopped = false;
        for (some, at_a_time) in [(many, proof::AT_A_TIME), (few, 1)] {
            let recipes: Vec<_> = some.iter().map(|&at| candidates[at].recipe).collect();
            for (&at, run) in some.iter().zip(proof::all(&recipes, subject, at_a_time, until, &mut starts)?) {
                proved |= run.is_hit;
                stopped |= run.is_stopped;
                if run.is_stopped && !run.wrote {
                    // Nothing more is known of it than before.
                    continue;
                }
                results[at] = trial::Tried { agreed: Some(run.agreed), missed: run.missed };
                survivors.retain(|&other| other != at);
                if run.is_hit || run.is_stopped {
                    survivors.push(at);
                }
            }
        }
        // Those that were stopped belong to the same answer.
        proved &= !stopped;
    }
    if survivors.is_empty() {
        let is_open = late.iter().any(|&at| results[at].is_untried());
        return Ok(nobody(subject, is_open, &candidates, &results, facts));
    }
    if !proved {
        // Whoever begins alike and comes late belongs to the same answer.
        let is_untried = |&&at: &&usize| candidates[at].recipe.forerunner().is_some() && results[at].is_untried();
        survivors.extend(late.iter().filter(is_untried));
    }
    let named = named(survivors.iter().map(|&at| &candidates[at]), facts);
    Ok(Identity {
        certainty: if proved { Certainty::Proved } else { Certainty::Likely },
        producers: producers_of(&named, facts),
        named,
        agreed: survivors.iter().filter_map(|&at| results[at].agreed).min().unwrap_or(0),
        nearest: None,
        is_open: false,
        seen: facts.lines(),
        recipe: survivors.first().filter(|_| proved).map(|&at| candidates[at].recipe),
    })
}

/// What there is to say where no candidate wrote the bytes.
fn nobody(
    subject: &Subject<'_>,
    is_open: bool,
    candidates: &[candidates::Candidate],
    results: &[trial::Tried],
    facts: &Facts,
) -> Identity {
    // What agrees no farther than streams of any two encoders do comes not near.
    let start = stream_start(facts) + BY_CHANCE;
    let missed = results.iter().enumerate().filter(|(_, tried)| tried.missed.is_some_and(|missed| missed > start));
    let nearest = missed.max_by_key(|(at, tried)| (tried.missed, std::cmp::Reverse(*at)));
    let nearest = nearest.and_then(|(at, tried)| place::miss(subject, candidates[at].named[0], tried.missed?));
    // What somebody wrote to its end is theirs, whatever follows.
    let is_beyond =
        |miss: Miss| facts.frame.is_none() && miss.compressed >= facts.header.offset + facts.header.compressed;
    let shape = if nearest.is_some_and(is_beyond) { None } else { shapes::of(facts) };
    Identity {
        certainty: if shape.is_some() { Certainty::Structure } else { Certainty::Unknown },
        producers: shape.map(|named| producers::names(&named, facts)).unwrap_or_default(),
        named: shape.into_iter().collect(),
        agreed: nearest.map_or(0, |miss| miss.compressed),
        nearest,
        is_open,
        seen: facts.lines(),
        recipe: None,
    }
}

/// Where in the blob the first stream begins, behind a gzip header or with the first block of a zstd frame.
fn stream_start(facts: &Facts) -> u64 {
    match &facts.frame {
        Some(frame) => frame.offset + frame.header_length,
        None => facts.header.offset + facts.header.header_length,
    }
}

/// The classes of the candidates that write these bytes, the one that the header and the field speak for first.
fn named<'c>(survivors: impl Iterator<Item = &'c candidates::Candidate>, facts: &Facts) -> Vec<Named> {
    let mut named: Vec<Named> = survivors.flat_map(|candidate| candidate.named.iter().copied()).collect();
    named.sort_by_key(|named| producers::rank(named, facts));
    // Go's releases before and since 1.8 write the same streams at most levels, but not the same header; Java writes one
    // header only.
    let go = |named: &Named| named.family == Family::Go;
    if named.iter().any(|named| go(named) && candidates::header_speaks_for(named, facts)) {
        named.retain(|named| !go(named) || candidates::header_speaks_for(named, facts));
    }
    let jdk = |named: &Named| named.family == Family::Jdk;
    if named.iter().any(|named| !jdk(named)) {
        named.retain(|named| !jdk(named) || candidates::header_speaks_for(named, facts));
    }
    named
}

/// The tools that use these encoders, or those of them for which the header speaks; nobody is picked out of a class of
/// many.
fn producers_of(named: &[Named], facts: &Facts) -> Vec<&'static str> {
    let mut names = Vec::new();
    let speaks = |named: &Named| candidates::header_speaks_for(named, facts);
    // it speaks for the first, if for any
    let Some(is_spoken_for) = named.first().filter(|_| told::is_of_few(named)).map(speaks) else { return names };
    let alike = named.iter().filter(|other| speaks(other) == is_spoken_for);
    for name in alike.flat_map(|own| producers::names(own, facts)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether one side was written by Go before 1.27 and the other by Go 1.27 or later, or by klauspost's encoder, which
/// Go took over then.
pub fn is_old_and_new_go(a: &Identity, b: &Identity) -> bool {
    let go = |identity: &Identity| identity.named.first().filter(|named| named.family == Family::Go).copied();
    let is_new = |identity: &Identity| go(identity).map(|named| overlap(named.versions, SINCE_1_27));
    is_new(a).zip(is_new(b)).is_some_and(|(a, b)| a != b)
}

/// How two identities differ, as far as they are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contrast {
    /// Some encoder could have written both, or one of them is not known.
    None,
    /// One encoder at two levels.
    Level,
    /// Two encoders.
    Encoder,
}

/// What tells two identities apart.
pub fn contrast(a: &Identity, b: &Identity) -> Contrast {
    let pairs = || a.named.iter().flat_map(|a| b.named.iter().map(move |b| (a, b)));
    let same_blocks = |a: &Named, b: &Named| a.block.is_none() || b.block.is_none() || a.block == b.block;
    let one_encoder = |a: &Named, b: &Named| {
        a.family == b.family && a.apart == b.apart && overlap(a.versions, b.versions) && same_blocks(a, b)
    };
    // At no level is one the work of an encoder that was found to be the other's.
    let is_known = |identity: &Identity| identity.certainty >= Certainty::Likely;
    if (is_known(a) && b.is_nobodys()) || (a.is_nobodys() && is_known(b)) {
        Contrast::Encoder
    } else if a.named.is_empty() || b.named.is_empty() || pairs().any(|(a, b)| one_encoder(a, b) && a.level == b.level)
    {
        Contrast::None
    } else if pairs().any(|(a, b)| one_encoder(a, b)) {
        Contrast::Level
    } else {
        Contrast::Encoder
    }
}
