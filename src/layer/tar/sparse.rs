//! Sparse files: which parts of a file its tar entry stores, and the digest of the whole.
//!
//! Four spellings (GNU tar manual, "Storing Sparse Files"): old GNU (a map of four pieces in the
//! header, more in blocks behind it), PAX `GNU.sparse` 0.0 (a record per number), 0.1 (one record)
//! and 1.0 (a map of decimal lines at the beginning of the content, filled up to a block).
//! Pieces are stored one after the other without padding between them.

use super::pax::{SparseRecords, decimal};
use super::{BLOCK, number};
use crate::digest::{Digest, Hasher};

/// The stored pieces of a sparse file as (offset in the file, length), in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Map {
    pub(super) pieces: Vec<(u64, u64)>,
    pub(super) real_size: u64,
}

impl Map {
    /// How many bytes are stored, if the pieces are in order, within the file and do not overlap.
    pub(super) fn stored(&self) -> Option<u64> {
        let (mut end, mut stored) = (0u64, 0u64);
        for (offset, length) in &self.pieces {
            if *offset < end {
                return None;
            }
            end = offset.checked_add(*length)?;
            stored += length;
        }
        (end <= self.real_size).then_some(stored)
    }
}

/// The pieces that an old GNU header (its four) or one of its extension blocks (21) lists; `None`
/// if a number is unreadable. A piece of two blank fields ends the list.
pub(super) fn old_gnu(fields: &[u8]) -> Option<Vec<(u64, u64)>> {
    let mut pieces = Vec::new();
    for piece in fields.chunks_exact(24) {
        if piece[0] == 0 && piece[12] == 0 {
            break;
        }
        let offset = u64::try_from(number::value(&piece[..12]).0?).ok()?;
        let length = u64::try_from(number::value(&piece[12..]).0?).ok()?;
        pieces.push((offset, length));
    }
    Some(pieces)
}

/// The pieces that PAX records of version 0.0 or 0.1 list; `None` if they are not pairs of numbers.
pub(super) fn pax_0(records: &SparseRecords) -> Option<Vec<(u64, u64)>> {
    let from_map: Option<Vec<u64>>;
    let numbers = match &records.map {
        Some(map) => {
            from_map = map.split(|b| *b == b',').map(decimal).collect();
            from_map.as_ref()?
        }
        None => &records.pieces,
    };
    let pairs = numbers.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.map(|pair| (pair[0], pair[1])).collect())
}

/// Reads a version 1.0 map from the front of an entry's content.
#[derive(Debug, Default)]
pub(super) struct MapText {
    line: Vec<u8>,
    numbers: Vec<u64>,
    expected: Option<u64>,
    /// Bytes taken in.
    pub(super) length: u64,
}

/// What [`MapText`] found after a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MapState {
    /// The map goes on in the bytes to come.
    More,
    /// The map and its padding are complete.
    Done(Vec<(u64, u64)>),
    /// This is no map.
    Malformed,
}

impl MapText {
    /// Takes in as much of `data` as belongs to the map and its padding; returns how much that was.
    pub(super) fn push(&mut self, data: &[u8]) -> (usize, MapState) {
        let mut taken = 0;
        for byte in data {
            if self.is_listed() && self.length.is_multiple_of(BLOCK as u64) {
                break;
            }
            taken += 1;
            self.length += 1;
            if self.is_listed() {
                continue;
            }
            if *byte != b'\n' {
                self.line.push(*byte);
                if self.line.len() > 20 {
                    return (taken, MapState::Malformed);
                }
                continue;
            }
            match (decimal(&self.line), self.expected) {
                (None, _) => return (taken, MapState::Malformed),
                (Some(pieces), None) => self.expected = Some(pieces),
                (Some(number), Some(_)) => self.numbers.push(number),
            }
            self.line.clear();
        }
        if !self.is_listed() || !self.length.is_multiple_of(BLOCK as u64) {
            return (taken, MapState::More);
        }
        let pieces = self.numbers.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        (taken, MapState::Done(pieces.collect()))
    }

    fn is_listed(&self) -> bool {
        let Some(expected) = self.expected else {
            return false;
        };
        self.numbers.len() as u64 / 2 >= expected && self.numbers.len().is_multiple_of(2)
    }
}

/// Hashes a sparse file as its reader would see it: stored pieces, and zeros between them.
pub(super) struct Expander {
    map: Map,
    next: usize,
    /// Position in the expanded file.
    position: u64,
    hasher: Hasher,
    overfull: bool,
}

impl Expander {
    /// An expander for a map that [`Map::stored`] accepts.
    pub(super) fn new(map: Map) -> Self {
        Expander { map, next: 0, position: 0, hasher: Hasher::sha256(), overfull: false }
    }

    /// Takes in the next stored bytes.
    pub(super) fn push(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            let Some(&(offset, length)) = self.map.pieces.get(self.next) else {
                self.overfull = true;
                return;
            };
            self.zeros_to(offset);
            let left = offset + length - self.position;
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
            self.hasher.update(&data[..take]);
            self.position += take as u64;
            data = &data[take..];
            if self.position == offset + length {
                self.next += 1;
            }
        }
    }

    /// The digest of the whole file, if exactly the stored bytes came.
    pub(super) fn finish(mut self) -> Option<Digest> {
        let rest = &self.map.pieces[self.next..];
        let is_complete = match rest.split_first() {
            Some(((offset, length), after)) => {
                self.position.max(*offset) == offset + length && after.iter().all(|p| p.1 == 0)
            }
            None => true,
        };
        if self.overfull || !is_complete {
            return None;
        }
        self.zeros_to(self.map.real_size);
        Some(self.hasher.finish())
    }

    fn zeros_to(&mut self, position: u64) {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        while self.position < position {
            let left = usize::try_from(position - self.position).unwrap_or(usize::MAX);
            let zeros = &ZEROS[..left.min(ZEROS.len())];
            self.hasher.update(zeros);
            self.position += zeros.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pieces = &'static [(u64, u64)];

    #[test]
    fn maps_that_contradict_themselves_are_refused() {
        let table: [(Pieces, u64, Option<u64>); 6] = [
            (&[], 7, Some(0)),
            (&[(0, 3), (5, 2), (7, 0)], 7, Some(5)),
            (&[(5, 2), (0, 3)], 7, None),
            (&[(0, 3), (2, 2)], 7, None),
            (&[(0, 8)], 7, None),
            (&[(3, u64::MAX)], 7, None),
        ];
        for (pieces, real_size, stored) in table {
            let map = Map { pieces: pieces.to_vec(), real_size };
            assert_eq!(map.stored(), stored, "{pieces:?}");
        }
    }

    #[test]
    fn holes_are_hashed_as_zeros() {
        let map = Map { pieces: vec![(0, 2), (2, 0), (5, 2), (7, 0)], real_size: 9 };
        for cut in 0..=4 {
            let mut expander = Expander::new(map.clone());
            let (a, b) = b"abcd".split_at(cut);
            expander.push(a);
            expander.push(b);
            assert_eq!(expander.finish(), Some(Digest::sha256(b"ab\0\0\0cd\0\0")));
        }
        for wrong in [&b"abc"[..], b"abcde"] {
            let mut expander = Expander::new(map.clone());
            expander.push(wrong);
            assert_eq!(expander.finish(), None);
        }
    }

    #[test]
    fn a_map_in_the_content_is_read_in_any_pieces() {
        let mut content = b"2\n0\n512\n2048\n10\n".to_vec();
        content.resize(BLOCK, 0);
        let expected = MapState::Done(vec![(0, 512), (2048, 10)]);
        content.extend([7; 5]);
        assert_eq!(MapText::default().push(&content), (BLOCK, expected.clone()));
        let mut map = MapText::default();
        assert_eq!(map.push(&content[..3]), (3, MapState::More));
        assert_eq!(map.push(&content[3..17]), (14, MapState::More));
        assert_eq!(map.push(&content[17..]), (BLOCK - 17, expected));
        assert_eq!(MapText::default().push(b"2\nx\n").1, MapState::Malformed);
    }

    #[test]
    fn maps_of_each_spelling_are_pairs() {
        let records = SparseRecords { map: Some(b"0,3,5,2"[..].into()), ..Default::default() };
        assert_eq!(pax_0(&records), Some(vec![(0, 3), (5, 2)]));
        let records = SparseRecords { pieces: vec![0, 3, 5], ..Default::default() };
        assert_eq!(pax_0(&records), None);
        let mut header = [0; 96];
        header[..48].copy_from_slice(b"00000000000\x0000000001000\x0000000004000\x0000000000012\0");
        assert_eq!(old_gnu(&header), Some(vec![(0, 512), (2048, 10)]));
    }
}
