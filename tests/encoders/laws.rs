//! What the tests of all encoders have in common: how they are driven, and inputs that put them to the test.

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use why_differ::encoder::Encoder;

/// What an encoder makes of `input` in pieces of these sizes, again and again.
pub fn written(encoder: &mut dyn Encoder, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), input);
    for &size in pieces.iter().cycle() {
        let (piece, later) = rest.split_at(size.min(rest.len()));
        encoder.write(piece, &mut out);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    encoder.finish(&mut out);
    out
}

/// The SHA-256 of these bytes as the vectors have it.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes as files have them: runs, repeats of what came before at all distances, and noise.
pub fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        (any::<u8>(), 1..3000usize).prop_map(|(byte, count)| vec![byte; count]),
        prop::collection::vec(any::<u8>(), 1..200),
        prop::collection::vec(b'a'..b'e', 1..400),
        (1u32..64, 1..40_000usize).prop_map(|(step, count)| (0..count as u32).map(|i| (i * i / step) as u8).collect()),
    ];
    prop::collection::vec((part, 1..4usize), 0..24).prop_map(|parts| {
        let mut all = Vec::new();
        for (i, (part, times)) in parts.iter().enumerate() {
            (0..*times).for_each(|_| all.extend(part));
            // Something seen before, further away each time.
            if let Some((earlier, _)) = parts.get(i / 2) {
                all.extend(earlier);
            }
        }
        all
    })
}
