//! How an entry's stored content makes the file, and how a file is stored in the form of another entry: sparse files
//! hold the same in five ways.
//!
//! Refuses entries whose maps cannot be read or contradict themselves.

use super::draft;
use super::sparse::{Map, MapState, MapText};
use super::{BLOCK, Entry};

/// How a file is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    map: Option<Map>,
    real_size: u64,
}

impl Form {
    /// The form that an entry's headers say; `None` for what is no file, and for a map that cannot be read.
    pub fn of(entry: &Entry) -> Option<Form> {
        let real_size = entry.attributes.size;
        entry.attributes.content?;
        Some(match draft::pieces(entry)? {
            draft::Pieces::All => Form { map: Some(Map { pieces: vec![(0, real_size)], real_size }), real_size },
            draft::Pieces::Listed(map) => Form { map: Some(map), real_size },
            draft::Pieces::InContent => Form { map: None, real_size },
        })
    }

    /// Whether the content begins with a map, as in PAX 1.0.
    pub fn has_map_in_content(&self) -> bool {
        self.map.is_none()
    }

    /// Reads the map at the beginning of the content; how many bytes it has, once it is whole.
    pub fn read_map(&mut self, content: &[u8]) -> Option<usize> {
        let mut text = MapText::default();
        let (length, state) = text.push(content);
        let MapState::Done(pieces) = state else { return None };
        self.map = Some(Map { pieces, real_size: self.real_size });
        Some(length)
    }
}

/// Turns stored content of one form into that of another, as it streams past.
#[derive(Debug)]
pub struct Refold {
    from: Cursor,
    to: Cursor,
}

#[derive(Debug)]
struct Cursor {
    map: Map,
    next: usize,
    /// Position in the file.
    position: u64,
}

impl Cursor {
    fn new(form: Form) -> Option<Self> {
        let map = form.map?;
        map.stored()?;
        Some(Cursor { map, next: 0, position: 0 })
    }

    /// The piece under way or to come.
    fn piece(&mut self) -> Option<(u64, u64)> {
        while let Some(&(offset, length)) = self.map.pieces.get(self.next) {
            if offset + length > self.position {
                return Some((offset, length));
            }
            self.next += 1;
        }
        None
    }
}

impl Refold {
    /// From one form to another of the same file; `None` if a map contradicts itself or is still to be read.
    pub fn new(from: Form, to: Form) -> Option<Self> {
        (from.real_size == to.real_size).then_some(())?;
        Some(Refold { from: Cursor::new(from)?, to: Cursor::new(to)? })
    }

    /// Takes in stored bytes, without a map in front of them, and gives out those of the other form.
    pub fn push(&mut self, mut data: &[u8], out: &mut dyn FnMut(&[u8])) {
        while !data.is_empty() {
            let Some((offset, length)) = self.from.piece() else { return };
            self.hole(offset, out);
            let left = usize::try_from(offset + length - self.from.position).unwrap_or(usize::MAX);
            let (now, rest) = data.split_at(left.min(data.len()));
            self.data(now, out);
            self.from.position += now.len() as u64;
            data = rest;
        }
    }

    /// The file is over.
    pub fn finish(mut self, out: &mut dyn FnMut(&[u8])) {
        self.hole(self.from.map.real_size, out);
    }

    /// Zeros of the file up to `end`, which the one form does not store and the other may.
    fn hole(&mut self, end: u64, out: &mut dyn FnMut(&[u8])) {
        const ZEROS: [u8; 8 * BLOCK] = [0; 8 * BLOCK];
        while self.from.position < end {
            let Some((offset, length)) = self.to.piece() else { break };
            let start = offset.max(self.from.position);
            let stop = end.min(offset + length);
            if start >= stop {
                break;
            }
            let count = (stop - start).min(ZEROS.len() as u64);
            out(ZEROS.get(..count as usize).unwrap_or_default());
            self.from.position = start + count;
            self.to.position = start + count;
        }
        self.from.position = self.from.position.max(end);
    }

    fn data(&mut self, data: &[u8], out: &mut dyn FnMut(&[u8])) {
        let (begin, end) = (self.from.position, self.from.position + data.len() as u64);
        while let Some((offset, length)) = self.to.piece() {
            let (start, stop) = (offset.max(begin).max(self.to.position), end.min(offset + length));
            if start >= stop {
                break;
            }
            out(data.get((start - begin) as usize..(stop - begin) as usize).unwrap_or_default());
            self.to.position = stop;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pieces: &[(u64, u64)]) -> Form {
        Form { map: Some(Map { pieces: pieces.to_vec(), real_size: 12 }), real_size: 12 }
    }

    fn stored(file: &[u8], pieces: &[(u64, u64)]) -> Vec<u8> {
        pieces
            .iter()
            .flat_map(|(offset, length)| &file[*offset as usize..(offset + length) as usize])
            .copied()
            .collect()
    }

    #[test]
    fn every_form_becomes_every_other() {
        let file = b"\0\0ab\0\0\0cd\0\0\0";
        let forms: [&[(u64, u64)]; 6] = [
            &[(0, 12)],
            &[(2, 2), (7, 2)],
            &[(2, 2), (7, 2), (12, 0)],
            &[(0, 4), (6, 6)],
            &[(1, 1), (2, 1), (3, 2), (5, 0), (7, 5)],
            &[(2, 7)],
        ];
        for from in forms {
            for to in forms {
                for size in [1, 3, 12] {
                    let mut refold = Refold::new(form(from), form(to)).expect("the maps are sound");
                    let mut out = Vec::new();
                    for piece in stored(file, from).chunks(size) {
                        refold.push(piece, &mut |bytes| out.extend_from_slice(bytes));
                    }
                    refold.finish(&mut |bytes| out.extend_from_slice(bytes));
                    assert_eq!(out, stored(file, to), "{from:?} to {to:?} by {size}");
                }
            }
        }
    }

    #[test]
    fn maps_that_contradict_themselves_are_refused() {
        assert!(Refold::new(form(&[(5, 2), (0, 3)]), form(&[(0, 12)])).is_none());
        assert!(Refold::new(form(&[(0, 12)]), form(&[(0, 13)])).is_none());
    }
}
