//! The block structure of deflate streams: never a panic, and where an inflater reads the whole
//! stream, the blocks add up to it.

#![no_main]

use flate2::{Decompress, FlushDecompress, Status};
use libfuzzer_sys::fuzz_target;
use why_differ::layer::envelope::deflate::blocks;

fuzz_target!(|data: &[u8]| {
    let found = blocks(data, usize::MAX);
    let mut out = vec![0; 1 << 20];
    let mut inflater = Decompress::new(false);
    let Ok(Status::StreamEnd) = inflater.decompress(data, &mut out, FlushDecompress::Finish) else {
        return;
    };
    assert!(found.last().is_some_and(|block| block.last));
    let bits: u64 = found.iter().map(|block| block.bits).sum();
    assert_eq!(bits.div_ceil(8), inflater.total_in());
    assert_eq!(found.iter().map(|block| block.uncompressed).sum::<u64>(), inflater.total_out());
});
