//! Blocks: which kind is written for what a matcher found (RFC 8878, section 3.1.1.2).
//!
//! Behaviour followed: klauspost/compress `zstd`, with its releases' differences.

use super::Level;
use super::literals::{Coded, LiteralsWriter, coded_header, plain_header};
use super::releases::Release;
use super::sequences::{SHORTEST_MATCH, Sequence, SequenceWriter};

const RAW: u8 = 0;
const SAME: u8 = 1;
const COMPRESSED: u8 = 2;
/// Literals whose code was described by a block before.
const TREELESS: u8 = 3;
const HEADER: usize = 3;
/// A block without matches that is shorter is not coded.
const SHORTEST_CODED: usize = 32;
/// Matches must save at least this many bytes.
const LEAST_SAVED: usize = 16;
/// Distance one, as a sequence holds it.
const DISTANCE_ONE: u32 = 4;

/// What a matcher makes of a block.
#[derive(Default)]
pub(super) struct Found {
    pub(super) literals: Vec<u8>,
    pub(super) sequences: Vec<Sequence>,
}

/// Writes the blocks of a frame.
pub(super) struct BlockWriter {
    release: Release,
    /// Whether a block that is not worth its matches is coded as literals.
    codes_all_literals: bool,
    /// The size of a full block.
    full: usize,
    literals: LiteralsWriter,
    sequences: SequenceWriter,
}

impl BlockWriter {
    pub(super) fn new(release: Release, level: Level) -> Self {
        Self {
            release,
            codes_all_literals: release.codes_all_literals(level),
            full: release.block(level),
            literals: LiteralsWriter::default(),
            sequences: SequenceWriter::new(),
        }
    }

    /// Starts a new frame.
    pub(super) fn reset(&mut self) {
        self.literals.forget();
        self.sequences.reset();
    }

    /// Bytes as they are.
    pub(super) fn raw(bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        header(RAW, bytes.len(), last, out);
        out.extend_from_slice(bytes);
    }

    /// Writes the block `source`, in which a matcher found this.
    pub(super) fn write(&mut self, source: &[u8], found: &Found, last: bool, out: &mut Vec<u8>) {
        if self.release.leaves_full_blocks_raw() && found.literals.len() == source.len() && source.len() == self.full {
            return Self::raw(source, last, out);
        }
        if found.sequences.is_empty() {
            return self.without_matches(source, last, out);
        }
        if self.release.writes_same_blocks()
            && found.literals.len() <= 1
            && let ([only], Some(byte)) = (&found.sequences[..], source.first())
            && only.offset == DISTANCE_ONE
            && only.literals as usize == found.literals.len()
        {
            header(SAME, only.length as usize + SHORTEST_MATCH + found.literals.len(), last, out);
            return out.push(*byte);
        }
        let margin = LEAST_SAVED + (source.len() >> self.release.saved_share());
        if source.len() < found.literals.len() + margin {
            return self.without_matches(source, last, out);
        }
        let start = out.len();
        out.extend_from_slice(&[0; HEADER]);
        self.literals_section(&found.literals, out);
        if self.sequences.write(&found.sequences, start + HEADER, source.len(), out) {
            let bytes = block_header(COMPRESSED, out.len() - start - HEADER, last);
            out[start..start + HEADER].copy_from_slice(&bytes);
        } else {
            out.truncate(start);
            Self::raw(source, last, out);
            self.literals.forget();
        }
    }

    /// A block of literals alone.
    fn without_matches(&mut self, source: &[u8], last: bool, out: &mut Vec<u8>) {
        if !self.codes_all_literals || source.len() < SHORTEST_CODED || source.len() <= self.release.least_literals() {
            return Self::raw(source, last, out);
        }
        match self.literals.encode(source) {
            Coded::Not => Self::raw(source, last, out),
            Coded::Same => {
                header(SAME, source.len(), last, out);
                out.extend(source.first());
            }
            Coded::Bytes { bytes, again } => {
                let section = coded_header(if again { TREELESS } else { COMPRESSED }, source.len(), bytes.len());
                if self.release.weighs_headers() && bytes.len() + section.len() >= source.len() {
                    return Self::raw(source, last, out);
                }
                self.literals.remember();
                header(COMPRESSED, section.len() + bytes.len() + 1, last, out);
                out.extend_from_slice(&section);
                out.extend_from_slice(&bytes);
                // No sequences.
                out.push(0);
            }
        }
    }

    fn literals_section(&mut self, literals: &[u8], out: &mut Vec<u8>) {
        let coded =
            if literals.len() > self.release.least_literals() { self.literals.encode(literals) } else { Coded::Not };
        let raw = plain_header(RAW, literals.len());
        match coded {
            Coded::Bytes { bytes, again } => {
                let section = coded_header(if again { TREELESS } else { COMPRESSED }, literals.len(), bytes.len());
                let smaller = bytes.len() + section.len() < literals.len() + raw.len();
                if smaller || !self.release.weighs_headers() {
                    self.literals.remember();
                    out.extend_from_slice(&section);
                    return out.extend_from_slice(&bytes);
                }
            }
            Coded::Same => {
                out.extend_from_slice(&plain_header(SAME, literals.len()));
                return out.extend(literals.first());
            }
            Coded::Not => {}
        }
        out.extend_from_slice(&raw);
        out.extend_from_slice(literals);
    }
}

fn header(kind: u8, size: usize, last: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(&block_header(kind, size, last));
}

fn block_header(kind: u8, size: usize, last: bool) -> [u8; HEADER] {
    let [low, middle, high, _] = (u32::from(last) | u32::from(kind) << 1 | (size as u32) << 3).to_le_bytes();
    [low, middle, high]
}
