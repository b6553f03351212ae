//! Candidates that write a whole blob again: its headers and trailers too, so that its digest can be hit.
//!
//! The blob is unpacked on a thread of its own, and every candidate compresses each piece as it comes. Memory is what
//! the encoders hold and the pieces under way; a candidate that writes a wrong byte stops there.

use std::io::{self, BufReader};
use std::sync::mpsc::sync_channel;
use std::thread;

use rayon::prelude::*;

use super::{SMALL, Subject};
use crate::digest::Hasher;
use crate::encoder::{Encoder, Recipe};
use crate::layer::envelope::UnpackError;
use crate::layer::envelope::parts::{PACKED, Part, Parts};

/// How many candidates are run at a time: each holds its window and tables.
pub const AT_A_TIME: usize = 32;
/// Members that are smaller on average, in bytes unpacked, are not worth starting several cores for.
const LARGE_MEMBER: u64 = 1 << 20;
/// How many pieces may wait: more than an encoder on several cores gathers before it works on all at once, so that the
/// blob is unpacked meanwhile.
const WAITING: usize = 32;

/// After so many bytes unpacked, whoever has written nothing yet will not soon: the longest blocks are of 32768 copies.
const LONGEST_BLOCK: u64 = 16 << 20;
/// Nobody here writes more than twice what was given, and this, in bytes: empty blocks without end are nobody's.
const MOST_OVERHEAD: u64 = 1 << 20;

/// How far candidates are run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// To the blob's end.
    End,
    /// Over about so many bytes of the blob.
    Read(u64),
    /// Until everyone has written something or erred.
    Written,
}

/// How a candidate did.
pub struct Run {
    /// How many bytes of the blob it wrote as they are.
    pub agreed: u64,
    /// Its first wrong byte, if it wrote one: offset in the blob.
    pub missed: Option<u64>,
    /// Whether it was stopped before the end without a wrong byte.
    pub is_stopped: bool,
    /// Whether it wrote anything but what its members' headers copy.
    pub wrote: bool,
    /// Whether what it wrote has the blob's digest.
    pub is_hit: bool,
}

/// How many bytes two slices begin with in common.
pub fn common(a: &[u8], b: &[u8]) -> usize {
    const WORD: usize = 32;
    let whole = a.chunks_exact(WORD).zip(b.chunks_exact(WORD)).take_while(|(a, b)| a == b).count() * WORD;
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
}

/// How a piece of data ends.
#[derive(Clone, Copy)]
pub struct Ending {
    /// With the stream.
    pub last: bool,
    /// With a block that is not full.
    pub cut: bool,
}

/// Has an encoder write a piece behind `wrote`, where `stands` stands in the blob.
pub fn write(encoder: &mut dyn Encoder, plain: &[u8], ending: Ending, stands: &[u8], wrote: &mut Vec<u8>) {
    encoder.write(plain, wrote);
    if ending.cut {
        encoder.cut(wrote);
    }
    if ending.last {
        let rest = stands.get(wrote.len()..).unwrap_or_default();
        encoder.finish_as(rest, wrote);
    }
}

struct Piece {
    part: Part,
    packed: Vec<u8>,
    plain: Vec<u8>,
}

/// Runs every recipe over the blob, that many at a time, until no more streams may be begun than `starts`.
pub fn all(
    recipes: &[Recipe],
    subject: &Subject<'_>,
    at_a_time: usize,
    until: Until,
    starts: &mut u64,
) -> io::Result<Vec<Run>> {
    let mut runs = Vec::with_capacity(recipes.len());
    for recipes in recipes.chunks(at_a_time) {
        runs.extend(some(recipes, subject, until, starts)?);
    }
    Ok(runs)
}

fn some(recipes: &[Recipe], subject: &Subject<'_>, until: Until, starts: &mut u64) -> io::Result<Vec<Run>> {
    let blob = (subject.open)()?;
    let mut runs: Vec<Running> = recipes.iter().map(|recipe| Running::new(*recipe, subject)).collect();
    // Candidates as many as there are threads have one each; on several, each would hold as much more.
    let are_few = recipes.len() < rayon::current_num_threads();
    runs.iter_mut().for_each(|run| run.is_large &= are_few && until == Until::End);
    thread::scope(|scope| {
        let (send, pieces) = sync_channel::<Result<Piece, UnpackError>>(WAITING);
        scope.spawn(move || {
            let blob = BufReader::with_capacity(PACKED, blob);
            let Some(mut parts) = Parts::new(blob, subject.envelope.compression, subject.limits) else { return };
            loop {
                let (mut packed, mut plain) = (Vec::new(), Vec::new());
                let piece = match parts.next(&mut packed, &mut plain) {
                    Ok(None) => break,
                    Ok(Some(part)) => Ok(Piece { part, packed, plain }),
                    Err(error) => Err(error),
                };
                let is_error = piece.is_err();
                // Nobody takes it: every candidate is out.
                if send.send(piece).is_err() || is_error {
                    break;
                }
            }
        });
        let mut checksum = crc32fast::Hasher::new();
        let mut length = 0u32;
        let (mut read, mut unpacked) = (0, 0);
        for piece in pieces {
            let piece = piece?;
            if matches!(piece.part, Part::Header(_) | Part::Frame(_)) {
                let running = runs.iter().filter(|run| run.missed.is_none()).count() as u64;
                let Some(left) = starts.checked_sub(running) else {
                    runs.iter_mut().for_each(|run| run.is_stopped = run.missed.is_none());
                    break;
                };
                *starts = left;
            }
            match &piece.part {
                Part::Header(_) => {
                    checksum.reset();
                    length = 0;
                }
                _ => {
                    checksum.update(&piece.plain);
                    length = length.wrapping_add(piece.plain.len() as u32);
                }
            }
            let mut trailer = checksum.clone().finalize().to_le_bytes().to_vec();
            trailer.extend_from_slice(&length.to_le_bytes());
            match &mut runs[..] {
                [only] => only.take(&piece, &trailer),
                runs => runs.par_iter_mut().for_each(|run| run.take(&piece, &trailer)),
            }
            read += piece.packed.len() as u64;
            unpacked += piece.plain.len() as u64;
            let is_enough = match until {
                Until::End => false,
                Until::Read(most) => read >= most,
                Until::Written => {
                    unpacked >= LONGEST_BLOCK || runs.iter().all(|run| run.has_written || run.missed.is_some())
                }
            };
            if is_enough {
                runs.iter_mut().for_each(|run| run.is_stopped = run.missed.is_none());
            }
            if is_enough || runs.iter().all(|run| run.missed.is_some()) {
                break;
            }
        }
        Ok(())
    })
    .map_err(|error: UnpackError| io::Error::other(error.to_string()))?;
    Ok(runs.into_iter().map(|run| run.finish(subject)).collect())
}

struct Running {
    recipe: Recipe,
    encoder: Option<Box<dyn Encoder>>,
    hasher: Hasher,
    /// What it wrote and what stands in the blob, as far as they were not yet held against each other.
    wrote: Vec<u8>,
    stands: Vec<u8>,
    agreed: u64,
    missed: Option<u64>,
    is_stopped: bool,
    has_written: bool,
    /// How many bytes the current stream has, and how many it was unpacked to.
    packed: u64,
    given: u64,
    /// Whether it is worth the start to use several cores.
    is_large: bool,
}

impl Running {
    fn new(recipe: Recipe, subject: &Subject<'_>) -> Self {
        let hasher = Hasher::like(&subject.digest);
        Running {
            recipe,
            encoder: None,
            hasher,
            wrote: Vec::new(),
            stands: Vec::new(),
            agreed: 0,
            missed: None,
            is_stopped: false,
            has_written: false,
            packed: 0,
            given: 0,
            is_large: subject.tar_size >= SMALL
                && subject.tar_size / subject.envelope.member_count.max(1) >= LARGE_MEMBER,
        }
    }

    fn take(&mut self, piece: &Piece, trailer: &[u8]) {
        if self.missed.is_some() {
            return;
        }
        self.stands.extend_from_slice(&piece.packed);
        let is_end = match &piece.part {
            Part::Header(member) => {
                let recipe = self.recipe;
                self.start(|is_large| if is_large { recipe.start_parallel() } else { recipe.start() });
                self.wrote.extend_from_slice(&member.header());
                true
            }
            Part::Frame(frame) => {
                let recipe = self.recipe;
                self.start(|_| recipe.start_sized(frame.content_size));
                false
            }
            Part::Data { last, cut } => {
                self.packed += piece.packed.len() as u64;
                self.given += piece.plain.len() as u64;
                let before = self.wrote.len();
                if let Some(encoder) = &mut self.encoder {
                    let ending = Ending { last: *last, cut: *cut };
                    write(&mut **encoder, &piece.plain, ending, &self.stands, &mut self.wrote);
                }
                self.has_written |= self.wrote.len() > before;
                *last
            }
            Part::Trailer(_) => {
                self.wrote.extend_from_slice(trailer);
                true
            }
            Part::Rest => {
                self.wrote.extend_from_slice(&piece.packed);
                true
            }
        };
        let same = common(&self.wrote, &self.stands);
        self.hasher.update(&self.wrote[..same]);
        self.agreed += same as u64;
        let is_wrong = if is_end {
            self.wrote.len() != self.stands.len() || same < self.wrote.len()
        } else {
            same < self.wrote.len().min(self.stands.len()) || self.packed > 2 * self.given + MOST_OVERHEAD
        };
        if is_wrong {
            self.missed = Some(self.agreed);
            self.encoder = None;
            (self.wrote, self.stands) = (Vec::new(), Vec::new());
            return;
        }
        self.wrote.drain(..same);
        self.stands.drain(..same);
    }

    /// Starts the next stream, with the same encoder where it can begin again.
    fn start(&mut self, new: impl FnOnce(bool) -> Option<Box<dyn Encoder>>) {
        (self.packed, self.given) = (0, 0);
        if !self.encoder.as_mut().is_some_and(|encoder| encoder.restart()) {
            self.encoder = new(self.is_large);
        }
    }

    fn finish(self, subject: &Subject<'_>) -> Run {
        let is_hit = self.missed.is_none() && self.has_written && self.hasher.finish() == subject.digest;
        Run { agreed: self.agreed, missed: self.missed, is_stopped: self.is_stopped, wrote: self.has_written, is_hit }
    }
}
