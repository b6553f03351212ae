//! The end of a tar stream, in whatever state it meets the reader: nothing that was taken in is lost.

use super::{State, TarReader, padding_after};
use crate::digest::Hasher;
use crate::layer::tar::{AnomalyKind, BLOCK};

impl TarReader {
    /// The stream is over: finishes what the current state began.
    pub(super) fn end(&mut self) {
        let collected = self.filled as u64;
        match std::mem::replace(&mut self.state, State::Between) {
            State::Header => self.end_in_header(),
            State::Zeros => self.end_marker(self.position),
            State::Rest(hasher) => self.end_rest(hasher),
            State::Body(extension, left) => {
                let size = left.wrapping_add(extension.body.len() as u64);
                self.truncated(left.saturating_add(padding_after(size) as u64));
                self.pending.push(*extension);
            }
            State::ExtensionPadding(mut extension, wanted) => {
                self.truncated(wanted as u64 - collected);
                extension.padding = self.padding();
                self.extension(*extension);
            }
            State::SparseHeader(mut draft) => {
                // Half a block is no header: it is kept as what stands behind one.
                self.truncated(draft.stored.saturating_add(BLOCK as u64 - collected));
                draft.entry.content.offset = self.position - collected;
                draft.unreadable();
                let block = self.block;
                draft.push(&block[..self.filled], &mut self.ledger());
                self.entry(*draft, false);
            }
            State::Doubtful(draft) => {
                self.entry(*draft, true);
                self.end_in_header();
            }
            State::Content(draft, left) => {
                let padding = padding_after(draft.stored) as u64;
                self.truncated(left.saturating_add(padding));
                self.entry(*draft, false);
            }
            State::Padding(mut draft, wanted) => {
                self.truncated(wanted as u64 - collected);
                draft.entry.padding = self.padding();
                self.entry(*draft, true);
            }
            State::Between => {}
        }
    }

    fn end_in_header(&mut self) {
        let block = self.block;
        let begin = &block[..self.filled];
        if begin.iter().all(|b| *b == 0) {
            self.tar.trailer.zeros = begin.len() as u64;
            self.end_marker(self.position);
            return;
        }
        self.truncated((BLOCK - begin.len()) as u64);
        if let State::Rest(hasher) = self.rest(self.position - begin.len() as u64, begin) {
            self.end_rest(hasher);
        }
    }

    fn end_rest(&mut self, hasher: Box<Hasher>) {
        if let Some(rest) = &mut self.tar.trailer.rest {
            rest.length = self.position - rest.offset;
            rest.digest = hasher.finish();
        }
    }

    /// The zeros at the end are counted and reach to `end`.
    pub(super) fn end_marker(&mut self, end: u64) {
        let zeros = self.tar.trailer.zeros;
        if zeros < 2 * BLOCK as u64 {
            let blocks = u8::from(zeros >= BLOCK as u64);
            self.note(end - zeros, AnomalyKind::EndMarker { blocks });
        }
    }

    fn truncated(&mut self, missing: u64) {
        self.note(self.position, AnomalyKind::Truncated { missing });
    }
}
