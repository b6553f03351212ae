//! Which encoders are worth trying, and which rules the structure has for leaving one out.
//!
//! A rule never leaves out an encoder that could have written the stream; it only saves the work of trying.

use std::collections::BTreeMap;

use super::Named;
use super::facts::{Facts, ZLIB_REACH};
use crate::encoder::pgzip::MEBIBYTE;
use crate::encoder::{Class, Family, Format, Recipe, class_of, classes, pigz};
use crate::layer::envelope::deflate::BlockKind;
use crate::layer::envelope::gzip::GO_ZERO_TIME;

/// No larger tar is kept in memory for an encoder that wants it whole.
const LATE: u64 = 64 << 20;

/// An encoder to be tried, and the classes that it stands for: at least one.
pub struct Candidate {
    /// How it is started.
    pub recipe: Recipe,
    /// Who writes these bytes.
    pub named: Vec<Named>,
}

/// Why an encoder cannot have written a stream.
struct Rule {
    /// Whether the rule speaks of this encoder.
    of: fn(Recipe) -> bool,
    /// Whether the stream can be such an encoder's work.
    holds: fn(&Facts) -> bool,
}

const RULES: &[Rule] = &[
    // Go up to 1.26 closes a stream with an empty stored block.
    Rule { of: Recipe::ends_with_empty_stored, holds: |facts| facts.ends_with_empty_stored() },
    // Others end so only if they have nothing to code; a stored block of data may look so in its last bytes.
    Rule {
        of: |recipe| !recipe.ends_with_empty_stored(),
        holds: |facts| {
            facts.believes_all_endings()
                || !facts.ends_with_empty_stored()
                || facts.blocks.iter().all(|block| block.kind == BlockKind::Stored)
        },
    },
    // Those that compress in one go never flush.
    Rule { of: |recipe| !recipe.flushes(), holds: |facts| facts.flushes().next().is_none() },
    Rule {
        of: |recipe| !recipe.flushes(),
        holds: |facts| facts.believes_all_endings() || facts.is_whole || !facts.closes_behind_flush(),
    },
    // zlib fills its blocks. Others do not, and GNU gzip begins like it where it stores.
    Rule {
        of: |recipe| matches!(recipe, Recipe::Zlib(1.., _)),
        holds: |facts| facts.believes_all_endings() || facts.first_cut.is_none(),
    },
    // zlib and its like keep away from the far end of the window.
    Rule { of: Recipe::is_of_zlib, holds: |facts| facts.farthest().is_none_or(|farthest| farthest <= ZLIB_REACH) },
    // Go since 1.7 and klauspost look for matches of four bytes.
    Rule {
        of: |recipe| recipe.shortest_match() == 4,
        holds: |facts| facts.shortest().is_none_or(|shortest| shortest > 3),
    },
    // Levels 0 and below do not look for matches.
    Rule { of: |recipe| recipe.level() <= 0, holds: |facts| facts.shortest().is_none() },
];

/// The candidates for a blob of these facts.
pub fn of(facts: &Facts, tar_size: u64) -> Vec<Candidate> {
    of_classes(facts, tar_size, classes())
}

/// The same among some classes.
fn of_classes(facts: &Facts, tar_size: u64, classes: impl Iterator<Item = Class>) -> Vec<Candidate> {
    let pgzip: Vec<u32> = block_size(facts).into_iter().collect();
    let pigz = pigz_sizes(facts);
    // eStargz: every member is flushed once, at its end; zstd:chunked: the last frame is
    let is_flushed = facts.is_flushed();
    let mut found: BTreeMap<Recipe, usize> = BTreeMap::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    for class in classes {
        if !(class.tars.0..class.tars.1).contains(&tar_size) {
            continue;
        }
        let usual = [class.usual_block().unwrap_or_default()];
        let sizes = match class.family {
            Family::Pgzip => &pgzip[..],
            Family::Pigz if class.shows_blocks() => &pigz,
            _ => &usual,
        };
        // Only pgzip shows that a block is full where nothing follows: by another one, which is empty.
        let most = if class.family == Family::Pgzip { tar_size } else { tar_size.saturating_sub(1) };
        for (&level, &size) in class.levels.iter().flat_map(|level| sizes.iter().map(move |size| (level, size))) {
            let recipe = class.recipe(level, size);
            let recipe = match recipe {
                // of a lone stream with such a header pgzip is the writer, which flushes always
                Recipe::Klauspost(..) if facts.members == 1 && facts.header.mtime == GO_ZERO_TIME => recipe,
                recipe if is_flushed => recipe.flushed(),
                recipe => recipe,
            };
            let fits = match &facts.frame {
                Some(frame) => {
                    let tells_size = frame.single_segment || frame.content_size.is_some();
                    recipe.format() == Format::Zstd
                        && recipe.writes_checksum() == frame.checksum
                        && (tells_size || recipe.tells_window(frame.window))
                }
                None => {
                    recipe.format() == Format::Deflate
                        && RULES.iter().all(|rule| !(rule.of)(recipe) || (rule.holds)(facts))
                }
            };
            let fits = fits && (!recipe.is_late() || recipe.forerunner().is_some() || tar_size <= LATE);
            if !fits {
                continue;
            }
            let named = Named {
                family: class.family,
                versions: class.versions,
                level: Some(level),
                apart: class.apart,
                block: Some(size).filter(|&size| class.shows_blocks() && u64::from(size) <= most),
            };
            let at = *found.entry(recipe).or_insert_with(|| {
                candidates.push(Candidate { recipe, named: Vec::new() });
                candidates.len() - 1
            });
            candidates[at].named.push(named);
        }
    }
    candidates
}

/// The size of blocks that the flushes show: where the first is. Where one block holds the whole member, its size does
/// not matter; where what was read ends before a block can, the size is taken that most use.
fn block_size(facts: &Facts) -> Option<u32> {
    if facts.first_cut.is_some() {
        return facts.first_cut;
    }
    let mut flushes = facts.flushes();
    let Some(first) = flushes.next() else {
        let may_come = !facts.is_whole && facts.unpacked() <= MEBIBYTE as u64;
        return u32::try_from(MEBIBYTE).ok().filter(|_| may_come);
    };
    // behind a tar that fills its last block there is an empty one, flushed too
    if first < facts.header.uncompressed || flushes.next().is_some() {
        u32::try_from(first).ok()
    } else {
        u32::try_from(MEBIBYTE).ok()
    }
}

/// The sizes of blocks that pigz may have been given: its own, and what divides all places where blocks end that are
/// not full. Not every one of its blocks ends with a mark, so that its own is never left out.
fn pigz_sizes(facts: &Facts) -> Vec<u32> {
    let mut sizes = vec![pigz::DEFAULT_BLOCK as u32];
    let cuts = facts.cuts().reduce(common_divisor);
    let stored = facts.stored_cuts().reduce(common_divisor);
    for size in facts.first_cut.map(u64::from).or(cuts).into_iter().chain(stored) {
        let size = u32::try_from(size).ok().filter(|&size| size as usize >= pigz::DICTIONARY);
        sizes.extend(size.filter(|size| !sizes.contains(size)));
    }
    sizes
}

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Whether the header's bytes are those that a family's own writer gives.
pub fn header_speaks_for(named: &Named, facts: &Facts) -> bool {
    let header = &facts.header;
    let xfl = |level: Option<i8>| match level {
        Some(9) => 2,
        Some(1) => 4,
        _ => 0,
    };
    let is_zero_time = header.mtime == GO_ZERO_TIME;
    let is_variant = || class_of(named.family, named.versions).is_some_and(|class| class.is_variant);
    match named.family {
        Family::Go | Family::Klauspost | Family::Pgzip
            if class_of(named.family, named.versions).is_some_and(|class| class.writes_zero_time) =>
        {
            is_zero_time && header.os == 255
        }
        Family::Go => !is_zero_time && header.os == 255 && header.xfl == xfl(named.level),
        Family::Jdk => header.mtime == 0 && matches!(header.os, 0 | 255) && header.xfl == 0 && header.flags == 0,
        Family::GnuGzip | Family::Pigz => header.os == 3 && header.xfl == xfl(named.level),
        Family::Isal | Family::Zopfli => header.os == 3,
        // A header by these libraries has no name; Perl writes one as gzip does, and Python with another byte for the OS.
        Family::Zlib | Family::ZlibNg | Family::Libdeflate | Family::Miniz if header.os == 3 => {
            let fast = matches!(named.level, Some(0 | 1));
            !is_zero_time
                && header.xfl == if fast { 4 } else { xfl(named.level) }
                && (header.name.is_none() || is_variant())
        }
        Family::Zlib => !is_zero_time,
        Family::ZlibNg | Family::Libdeflate | Family::Miniz => !is_zero_time && matches!(header.os, 10 | 255),
        Family::Klauspost | Family::Pgzip | Family::Libzstd | Family::KlauspostZstd => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identify::{Certainty, Contrast, Identity, contrast, is_old_and_new_go};
    use crate::layer::envelope::{Envelope, GzipMember, Member};

    /// A release that changes no bytes but its name is a row and nothing else: all that is asked about a class is asked of
    /// its row or of its range of releases.
    #[test]
    fn a_row_is_all_that_a_new_release_needs() {
        let mut next = class_of(Family::Go, "≥ 1.27").expect("Go's newest row");
        next.versions = "≥ 1.30";
        let member = GzipMember { os: 255, compressed: 23, ..GzipMember::default() };
        let envelope = Envelope { members: vec![Member::Gzip(member)], member_count: 1, ..Envelope::default() };
        // An empty stream as Go closes it since 1.27.
        let facts = Facts::new(&envelope, &[1, 0, 0, 0xff, 0xff, 3, 0], 9);
        let found = of_classes(&facts, 0, classes().chain([next]));
        let named: Vec<Named> = found.iter().flat_map(|candidate| candidate.named.clone()).collect();
        let new = named.iter().find(|named| named.versions == "≥ 1.30" && named.level == Some(6)).expect("the new row");
        assert!(header_speaks_for(new, &facts));
        assert!(new.title().ends_with("level 6 (Go ≥ 1.30)"), "{}", new.title());
        let identity = |named: &Named| Identity {
            named: vec![*named],
            certainty: Certainty::Proved,
            agreed: 23,
            nearest: None,
            is_open: false,
            seen: Vec::new(),
            producers: Vec::new(),
            recipe: None,
        };
        let of = |versions: &str| named.iter().find(|named| named.versions == versions && named.level == Some(6));
        let old = Named { versions: "1.8–1.26", ..*new };
        assert!(is_old_and_new_go(&identity(&old), &identity(new)));
        assert!(!is_old_and_new_go(&identity(of("≥ 1.27").expect("a row")), &identity(new)));
        assert_eq!(contrast(&identity(&old), &identity(new)), Contrast::Encoder);
    }
}
