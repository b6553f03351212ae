//! Tables of positions, by the hash of what stands there: what klauspost's matchers, deflate's and zstd's, have in common.
//!
//! How a place is hashed and how positions are counted, each of them decides for itself.

/// The last position with a hash, and the one before it.
#[derive(Clone, Copy, Default)]
pub(super) struct Recent {
    pub(super) last: u32,
    pub(super) before: u32,
}

impl Recent {
    #[inline(always)]
    pub(super) fn note(&mut self, position: u32) {
        self.before = self.last;
        self.last = position;
    }
}

/// An empty table of the size its type says, made without a detour over the stack.
pub(super) fn table<T: Clone + Default, const SIZE: usize>() -> Box<[T; SIZE]> {
    match vec![T::default(); SIZE].into_boxed_slice().try_into() {
        Ok(table) => table,
        Err(_) => unreachable!("the slice was made with this size"),
    }
}

/// Takes `excess` off positions.
pub(super) fn lower(table: &mut [u32], excess: u32) {
    for position in table {
        *position = position.saturating_sub(excess);
    }
}

/// Takes `excess` off pairs of positions.
pub(super) fn lower_recent(table: &mut [Recent], excess: u32) {
    for recent in table {
        recent.last = recent.last.saturating_sub(excess);
        recent.before = recent.before.saturating_sub(excess);
    }
}
