//! Blocks of streams that zlib-rs wrote.

use super::*;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;
use std::io::{self, Write};

fn deflated(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[test]
fn each_kind_of_block_is_told() -> io::Result<()> {
    let stored = blocks(&deflated(b"stored", 0)?, 9);
    assert_eq!((stored[0].kind, stored[0].tokens), (BlockKind::Stored, 6));
    let fixed = blocks(&deflated(b"aaaaaaaaaaaaaaaa", 9)?, 9);
    assert_eq!((fixed[0].kind, fixed[0].uncompressed, fixed[0].hlit), (BlockKind::Fixed, 16, 0));
    assert!(fixed[0].tokens < 4 && fixed[0].matches > 0 && fixed[0].last);
    let text: Vec<u8> = (0..40_000u32).flat_map(|n| (n * n % 977).to_string().into_bytes()).collect();
    let packed = deflated(&text, 6)?;
    let dynamic = blocks(&packed, usize::MAX);
    assert!(dynamic.iter().any(|block| block.kind == BlockKind::Dynamic && block.hlit >= 257));
    assert_eq!(dynamic.iter().map(|block| block.uncompressed).sum::<u64>(), text.len() as u64);
    let bits: u64 = dynamic.iter().map(|block| block.bits).sum();
    assert_eq!(bits.div_ceil(8), packed.len() as u64);
    assert_eq!(blocks(&packed, 1), dynamic[..1]);
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let blocks = blocks(&bytes, 1_000);
        prop_assert!(blocks.iter().map(|block| block.bits).sum::<u64>() <= bytes.len() as u64 * 8);
    }

    #[test]
    fn a_cut_stream_begins_with_the_same_blocks(
        text in prop::collection::vec(0u8..8, 0..30_000), level in 0u32..10, cut in any::<prop::sample::Index>(),
    ) {
        let packed = deflated(&text, level).expect("writing to memory");
        let all = blocks(&packed, usize::MAX);
        prop_assert!(all.last().is_some_and(|block| block.last));
        prop_assert_eq!(all.iter().map(|block| block.uncompressed).sum::<u64>(), text.len() as u64);
        let some = blocks(&packed[..cut.index(packed.len())], usize::MAX);
        prop_assert_eq!(&some[..], &all[..some.len()]);
    }
}

/// Tokens spelled out: a literal, or a match of a length and a distance.
#[test]
fn extremes_of_matches_are_those_of_the_tokens() -> io::Result<()> {
    // a run of zeros: length 258 at distance 1; then a repetition far back
    let mut bytes = vec![0; 1000];
    let far: Vec<u8> = (0..20_000u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).collect();
    bytes.extend_from_slice(&far[..30_000]);
    bytes.extend_from_slice(&far[..500]);
    let blocks = blocks(&deflated(&bytes, 9)?, usize::MAX);
    let longest = blocks.iter().map(|block| block.longest).max();
    let farthest = blocks.iter().map(|block| block.farthest).max();
    assert_eq!((longest, farthest), (Some(258), Some(30_000)));
    assert!(blocks.iter().all(|block| (block.matches == 0) == (block.shortest == 0)));
    Ok(())
}

#[test]
fn a_place_in_the_stream_is_found_in_what_it_unpacks_to() -> io::Result<()> {
    let text: Vec<u8> = (0..60_000u32).flat_map(|n| (n * n % 977).to_string().into_bytes()).collect();
    for level in [0, 1, 6] {
        let packed = deflated(&text, level)?;
        let all = blocks(&packed, usize::MAX);
        for at in (0..packed.len()).step_by(997) {
            let (block, offset) = Reader::new(&packed[..]).locate(at as u64).expect("within the stream");
            let own = &all[block as usize];
            assert!((own.bit_offset..own.bit_offset + own.bits).contains(&(at as u64 * 8)) || level == 0);
            assert!(offset >= own.offset && offset <= own.offset + own.uncompressed, "{at}: {offset} in {own:?}");
            // what is unpacked of the stream up to there reaches about there
            let mut inflate = flate2::Decompress::new(false);
            let mut out = Vec::with_capacity(text.len() + 1);
            let _ = inflate.decompress_vec(&packed[..at], &mut out, flate2::FlushDecompress::Sync);
            assert!(
                out.len() as u64 <= offset + 258 && offset <= out.len() as u64 + 258,
                "{at}: {} {offset}",
                out.len()
            );
        }
        assert_eq!(Reader::new(&packed[..]).locate(packed.len() as u64), None);
    }
    Ok(())
}
