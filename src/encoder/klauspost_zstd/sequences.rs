//! Sequences, their codes (RFC 8878, section 3.1.1.3.2.1), and the section of a block that holds them.
//!
//! Which table is used follows klauspost/compress `zstd` since 1.10: a new one, the one before, or the format's own,
//! by an estimate of each one's size. Repeat codes other than those the matchers put in are not looked for.

use super::fse::{State, Table};
use crate::encoder::bits::BitWriter;

/// The shortest match that the format can express.
pub(super) const SHORTEST_MATCH: usize = 3;

/// Literals, and the match that follows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sequence {
    /// How many literals precede the match.
    pub(super) literals: u32,
    /// The length of the match, less [`SHORTEST_MATCH`].
    pub(super) length: u32,
    /// The distance plus three, or the number of a repeated one (1 to 3).
    pub(super) offset: u32,
}

/// A number's code, and how many of its low bits are written besides.
pub(super) type Coded = (u8, u32);

const LITERALS_LOG: u32 = 6;
const OFFSETS_LOG: u32 = 5;
const LENGTHS_LOG: u32 = 6;
/// RFC 8878, section 3.1.1.3.2.2.
const LITERALS: [i16; 36] =
    [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1];
const OFFSETS: [i16; 29] = [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];
const LENGTHS: [i16; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
/// The largest log of a new table's size.
const MOST_LOG: u8 = 8;

pub(super) fn literals_code(count: u32) -> Coded {
    match count {
        0..16 => (count as u8, 0),
        16..24 => (16 + ((count - 16) >> 1) as u8, 1),
        24..32 => (20 + ((count - 24) >> 2) as u8, 2),
        32..48 => (22 + ((count - 32) >> 3) as u8, 3),
        48..64 => (24, 4),
        _ => (count.ilog2() as u8 + 19, count.ilog2()),
    }
}

pub(super) fn length_code(length: u32) -> Coded {
    match length {
        0..32 => (length as u8, 0),
        32..40 => (32 + ((length - 32) >> 1) as u8, 1),
        40..48 => (36 + ((length - 40) >> 2) as u8, 2),
        48..64 => (38 + ((length - 48) >> 3) as u8, 3),
        64..96 => (40 + ((length - 64) >> 4) as u8, 4),
        96..128 => (42, 5),
        _ => (length.ilog2() as u8 + 36, length.ilog2()),
    }
}

pub(super) fn offset_code(offset: u32) -> Coded {
    (offset.ilog2() as u8, offset.ilog2())
}

/// The format's own tables for offsets and match lengths, by which one matcher judges what a match costs.
pub(super) fn predefined_costs() -> (Table, Table) {
    (Table::build(&OFFSETS, OFFSETS_LOG), Table::build(&LENGTHS, LENGTHS_LOG))
}

/// What a stream remembers of its tables, and the format's own.
pub(super) struct SequenceWriter {
    literals: Kind,
    offsets: Kind,
    lengths: Kind,
}

/// One of the three kinds of number.
struct Kind {
    predefined: Table,
    /// The table that the block before used, unless that was the format's own or needed none.
    before: Option<Table>,
}

/// How a block writes one kind of number.
enum Choice {
    Predefined,
    /// All are the same: the code stands in the header and takes no bits.
    Same(u8),
    New(Table),
    Before,
}

impl SequenceWriter {
    pub(super) fn new() -> Self {
        let kind = |shares: &[i16], log| Kind { predefined: Table::build(shares, log), before: None };
        Self {
            literals: kind(&LITERALS, LITERALS_LOG),
            offsets: kind(&OFFSETS, OFFSETS_LOG),
            lengths: kind(&LENGTHS, LENGTHS_LOG),
        }
    }

    /// Forgets the tables of the blocks before.
    pub(super) fn reset(&mut self) {
        for kind in [&mut self.literals, &mut self.offsets, &mut self.lengths] {
            kind.before = None;
        }
    }

    /// Appends the sequences section, and says whether the block is still less than `most` bytes from `start` on: only
    /// then are its tables remembered.
    pub(super) fn write(&mut self, sequences: &[Sequence], start: usize, most: usize, out: &mut Vec<u8>) -> bool {
        count(sequences.len(), out);
        let codes: Vec<[Coded; 3]> = sequences
            .iter()
            .map(|s| [literals_code(s.literals), offset_code(s.offset), length_code(s.length)])
            .collect();
        let kinds = [&mut self.literals, &mut self.offsets, &mut self.lengths];
        let mut choices = Vec::with_capacity(3);
        for (i, kind) in kinds.iter().enumerate() {
            let Some(choice) = kind.choose(codes.iter().map(|codes| codes[i].0)) else {
                return false;
            };
            choices.push(choice);
        }
        out.push(choices.iter().fold(0, |modes, choice| modes << 2 | choice.mode()) << 2);
        for choice in &choices {
            match choice {
                Choice::Same(code) => out.push(*code),
                Choice::New(table) => table.describe(out),
                Choice::Predefined | Choice::Before => {}
            }
        }
        let tables: Vec<Option<&Table>> = kinds.iter().zip(&choices).map(|(kind, choice)| kind.table(choice)).collect();
        if let [literals, offsets, lengths] = tables[..] {
            bits(sequences, &codes, [literals, offsets, lengths], out);
        }
        let fits = out.len() - start < most;
        if fits {
            for (kind, choice) in kinds.into_iter().zip(choices) {
                match choice {
                    Choice::Predefined | Choice::Same(_) => kind.before = None,
                    Choice::New(table) => kind.before = Some(table),
                    Choice::Before => {}
                }
            }
        }
        fits
    }
}

impl Kind {
    /// Chooses a table; none, if no table can be made for these codes, which no producer has been seen to meet.
    fn choose(&self, codes: impl ExactSizeIterator<Item = u8>) -> Option<Choice> {
        let total = codes.len();
        let mut counts = [0_u32; 64];
        let mut used = 0;
        for code in codes {
            counts[usize::from(code)] += 1;
            used = used.max(usize::from(code) + 1);
        }
        let counts = &counts[..used];
        if counts.last() == Some(&(total as u32)) {
            return Some(Choice::Same(used as u8 - 1));
        }
        let log = Table::log(MOST_LOG, total, total, used);
        let new = Table::normalized(counts, total, log)?;
        let header = (((used as u32 * log) >> 3) + 3) * 8;
        let new_size = new.size(counts).map_or(u32::MAX, |size| size.wrapping_add(header));
        // A new table must be worth a sixteenth and a bit.
        let new_size = new_size.wrapping_add(new_size.wrapping_add(2 * 8 * 16) >> 4);
        let predefined = self.predefined.size(counts).unwrap_or(u32::MAX);
        let before = self.before.as_ref().and_then(|table| table.size(counts)).unwrap_or(u32::MAX);
        Some(if predefined <= before && predefined <= new_size {
            Choice::Predefined
        } else if before <= new_size {
            Choice::Before
        } else {
            Choice::New(new)
        })
    }

    /// The table that a choice means; none where nothing is written.
    fn table<'a>(&'a self, choice: &'a Choice) -> Option<&'a Table> {
        match choice {
            Choice::Predefined => Some(&self.predefined),
            Choice::Same(_) => None,
            Choice::New(table) => Some(table),
            Choice::Before => self.before.as_ref(),
        }
    }
}

impl Choice {
    fn mode(&self) -> u8 {
        match self {
            Choice::Predefined => 0,
            Choice::Same(_) => 1,
            Choice::New(_) => 2,
            Choice::Before => 3,
        }
    }
}

/// RFC 8878, section 3.1.1.3.2.1.
fn count(count: usize, out: &mut Vec<u8>) {
    match count {
        0..128 => out.push(count as u8),
        128..0x7f00 => out.extend_from_slice(&[128 + (count >> 8) as u8, count as u8]),
        _ => {
            out.push(255);
            out.extend_from_slice(&((count - 0x7f00) as u16).to_le_bytes());
        }
    }
}

/// The bit stream, which is written from the last sequence to the first so that it is read from the first on.
fn bits(sequences: &[Sequence], codes: &[[Coded; 3]], tables: [Option<&Table>; 3], out: &mut Vec<u8>) {
    let mut bits = BitWriter::default();
    let mut states: [Option<State<'_>>; 3] = [None, None, None];
    for (sequence, codes) in sequences.iter().zip(codes).rev() {
        // States: offset, match length, literals; the first symbol of all costs no bits.
        for i in [1, 2, 0] {
            match (&mut states[i], tables[i]) {
                (Some(state), _) => state.encode(codes[i].0, &mut bits, out),
                (state, Some(table)) => *state = Some(State::first(table, codes[i].0)),
                (None, None) => {}
            }
        }
        // Low bits: literals, match length, offset.
        for (number, (_, low)) in
            [(sequence.literals, codes[0]), (sequence.length, codes[2]), (sequence.offset, codes[1])]
        {
            bits.put(u64::from(number) & ((1 << low) - 1), low, out);
        }
    }
    for i in [2, 1, 0] {
        if let Some(state) = &states[i] {
            state.end(&mut bits, out);
        }
    }
    bits.put(1, 1, out);
    bits.align(out);
}
