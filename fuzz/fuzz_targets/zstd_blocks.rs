//! The block structure of zstd frames: never a panic, a cut frame begins alike, and where the reference decoder reads the
//! frame, its blocks add up to it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use why_differ::layer::envelope::zstd_blocks::{BlockKind, frame};
use zstd::zstd_safe::{DCtx, find_frame_compressed_size};

const MOST: usize = 1 << 20;

fuzz_target!(|data: &[u8]| {
    let found = frame(data, usize::MAX);
    if let (Some(found), Some(cut)) = (&found, frame(&data[..data.len() / 2], usize::MAX)) {
        assert_eq!(found.header, cut.header);
        assert_eq!(found.blocks[..cut.blocks.len()], cut.blocks[..]);
    }
    // The reference decoder takes skippable frames too, and frames of before the RFC it was not built for.
    if !data.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        return;
    }
    let Ok(length) = find_frame_compressed_size(data) else { return };
    let mut out = Vec::with_capacity(MOST);
    if DCtx::create().decompress(&mut out, &data[..length]).is_err() {
        return;
    }
    let found = found.expect("the reference decoder read a frame");
    let header = found.header;
    assert!(found.blocks.last().is_some_and(|block| block.last));
    let blocks: u64 = found.blocks.iter().map(|block| 3 + u64::from(block.compressed)).sum();
    assert_eq!(header.header_length + blocks + if header.checksum { 4 } else { 0 }, length as u64);
    assert!(header.content_size.is_none_or(|size| size == out.len() as u64));
    let known: u64 = found.blocks.iter().filter_map(|block| block.uncompressed.map(u64::from)).sum();
    let coded = found.blocks.iter().any(|block| block.uncompressed.is_none());
    assert!(if coded { known < out.len() as u64 } else { known == out.len() as u64 });
    for block in found.blocks {
        if let BlockKind::Compressed(sections) = block.kind {
            assert_eq!(sections.modes.is_some(), sections.sequences > 0);
            assert_eq!(block.uncompressed.is_none(), sections.sequences > 0);
        }
    }
});
