//! Literals: coded with a new Huffman code, with the code of a block before, or not at all (RFC 8878, section
//! 3.1.1.3.1).
//!
//! Behaviour followed: klauspost/compress `huff0` since 1.10 as its `zstd` calls it.

use super::huffman::Code;

/// From this many bytes on there are four streams.
const FOUR_STREAMS: usize = 1024;
/// Coding must save this share: a shift.
const LEAST_GAIN: u32 = 4;
/// What the description of a code is taken to cost where an old one would do, in bytes.
const DESCRIPTION: usize = 12;

/// What became of literals.
pub(super) enum Coded {
    /// They are not worth it.
    Not,
    /// All are the same byte.
    Same,
    /// A description, unless the code is the one before, and one stream or four.
    Bytes {
        /// What to write behind the header.
        bytes: Vec<u8>,
        /// Whether the code is the one before.
        again: bool,
    },
}

/// What a stream remembers of literals.
#[derive(Default)]
pub(super) struct LiteralsWriter {
    before: Option<Code>,
    /// Whether a block before was written with a code, so that its code may serve again.
    again: bool,
}

impl LiteralsWriter {
    /// No code of a block before may serve from here on.
    pub(super) fn forget(&mut self) {
        self.again = false;
    }

    /// The code of the block before, or a newer one, has been written.
    pub(super) fn remember(&mut self) {
        self.again = true;
    }

    /// Codes literals, of which there are at least two.
    pub(super) fn encode(&mut self, literals: &[u8]) -> Coded {
        if !self.again {
            self.before = None;
        }
        let mut counts = [0_u32; 256];
        for &byte in literals {
            counts[usize::from(byte)] += 1;
        }
        let used = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        let counts = &counts[..used];
        let most = counts.iter().max().map_or(0, |most| *most as usize);
        if most == literals.len() {
            return Coded::Same;
        }
        if most == 1 || most < literals.len() >> 7 {
            return Coded::Not;
        }
        let wanted = literals.len() - (literals.len() >> LEAST_GAIN);
        let code = Code::new(counts, literals.len());
        let mut bytes = Vec::new();
        if let Some(before) = self.before.as_ref().filter(|before| before.covers(counts))
            && (before.size(counts) <= code.size(counts) || DESCRIPTION >= wanted)
        {
            streams(before, literals, &mut bytes);
            return if bytes.len() < wanted { Coded::Bytes { bytes, again: true } } else { Coded::Not };
        }
        if !code.describe(&mut bytes) {
            return Coded::Not;
        }
        streams(&code, literals, &mut bytes);
        if bytes.len() >= wanted {
            return Coded::Not;
        }
        self.before = Some(code);
        Coded::Bytes { bytes, again: false }
    }
}

fn streams(code: &Code, literals: &[u8], out: &mut Vec<u8>) {
    if literals.len() < FOUR_STREAMS {
        return code.encode(literals, out);
    }
    // The lengths of the first three, two bytes each.
    let table = out.len();
    out.extend_from_slice(&[0; 6]);
    for (i, part) in literals.chunks(literals.len().div_ceil(4)).enumerate() {
        let start = out.len();
        code.encode(part, out);
        let length = (out.len() - start) as u16;
        if i < 3 {
            out[table + 2 * i..][..2].copy_from_slice(&length.to_le_bytes());
        }
    }
}

/// The header of literals that are not coded, or all the same.
pub(super) fn plain_header(kind: u8, count: usize) -> Vec<u8> {
    let kind = usize::from(kind);
    let (header, length) = match count {
        0..16 => (kind | count << 3, 1),
        16..2048 => (kind | 1 << 2 | count << 4, 2),
        _ => (kind | 3 << 2 | count << 4, 3),
    };
    header.to_le_bytes()[..length].to_vec()
}

/// The header of coded literals.
pub(super) fn coded_header(kind: u8, count: usize, coded: usize) -> Vec<u8> {
    let (kind, count, coded) = (u64::from(kind), count as u64, coded as u64);
    let (header, length) = match count.max(coded) {
        // Fewer than are cut in four streams.
        0..1024 => (kind | count << 4 | coded << 14, 3),
        1024..16_384 => (kind | 2 << 2 | count << 4 | coded << 18, 4),
        _ => (kind | 3 << 2 | count << 4 | coded << 22, 5),
    };
    header.to_le_bytes()[..length].to_vec()
}
