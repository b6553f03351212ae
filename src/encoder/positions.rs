//! Tables of positions, by the hash of what stands there: what klauspost's matchers, deflate's and zstd's, have in common.
//!
//! How a place is hashed and how positions are counted, each of them decides for itself.

/// The last position with a hash, and the one before it. An array of numbers, so that a table of them comes empty from the
/// allocator, and what is never looked up of it is never touched.
pub(super) type Recent = [u32; 2];

/// How [`Recent`] is read and written.
pub(super) trait Noted {
    fn last(&self) -> u32;
    fn before(&self) -> u32;
    fn note(&mut self, position: u32);
}

impl Noted for Recent {
    #[inline(always)]
    fn last(&self) -> u32 {
        self[0]
    }

    #[inline(always)]
    fn before(&self) -> u32 {
        self[1]
    }

    #[inline(always)]
    fn note(&mut self, position: u32) {
        *self = [position, self[0]];
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
        lower(recent, excess);
    }
}
