//! Go's compressor, byte for byte: streams by real Go releases, and the laws that every encoder keeps.

#[path = "encoder_vectors/inputs.rs"]
mod inputs;

use std::io::Read;

use proptest::prelude::*;
use sha2::{Digest, Sha256};
use why_differ::encoder::Encoder;
use why_differ::encoder::go::Go;

const LEVELS: [i32; 11] = [-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// Compresses `input` in pieces of these sizes, again and again.
fn compress(level: i32, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    let mut encoder = Go::new(level).expect("a level that Go has");
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

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_stream_of_real_go_releases() {
    let inputs = inputs::all();
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in include_str!("encoder_vectors/go-1.8-1.26.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, what, size, sha256] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("four fields: {line}") };
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let (found, sized) = match what.parse() {
            Err(_) => (digest(input), input.len()),
            Ok(level) => {
                checked += 1;
                let stream = compress(level, input, &[1 << 17]);
                (digest(&stream), stream.len())
            }
        };
        if (found.as_str(), sized.to_string().as_str()) != (sha256, size) {
            wrong.push(format!("{name} {what}: {sized} bytes, not {size}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(checked, inputs.len() * LEVELS.len());
}

#[test]
fn the_sizes_of_pieces_do_not_matter() {
    for (name, input) in inputs::all() {
        // A window, a block, and what ends in the lookahead of both.
        let input = &input[..input.len().min(400_000)];
        for level in LEVELS {
            let whole = compress(level, input, &[usize::MAX]);
            for pieces in [&[1][..], &[65535], &[65536], &[65400, 1, 130], &[512, 0, 4096, 32768]] {
                assert!(compress(level, input, pieces) == whole, "{name}, level {level}, pieces of {pieces:?}");
            }
        }
    }
}

#[test]
fn nothing_is_written_as_an_empty_last_block() {
    for level in LEVELS {
        assert_eq!(compress(level, b"", &[1]), [1, 0, 0, 0xff, 0xff], "level {level}");
    }
}

#[test]
fn levels_are_those_of_go() {
    assert!(Go::new(10).is_none() && Go::new(-3).is_none());
    let text = b"the default level of Go is six, six, six";
    let mut encoder = Go::new(-1).expect("the default");
    let mut out = Vec::new();
    encoder.write(text, &mut out);
    encoder.finish(&mut out);
    assert_eq!(out, compress(6, text, &[usize::MAX]));
}

/// Bytes as files have them: runs, repeats of what came before at all distances, and noise.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn two_inflaters_give_the_input_back(input in bytes(), level in prop::sample::select(&LEVELS[..])) {
        let stream = compress(level, &input, &[4096]);
        let mut inflated = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(&stream[..]);
        reader.read_to_end(&mut inflated).expect("a deflate stream");
        prop_assert!(inflated == input, "zlib-rs at level {level}");
        prop_assert_eq!(reader.total_in(), stream.len() as u64);
        let other = miniz_oxide::inflate::decompress_to_vec(&stream).expect("a deflate stream");
        prop_assert!(other == input, "miniz at level {level}");
    }

    #[test]
    fn any_sizes_of_pieces_give_the_same(
        input in bytes(),
        level in prop::sample::select(&LEVELS[..]),
        pieces in prop::collection::vec(1..70_000usize, 1..9),
    ) {
        prop_assert!(compress(level, &input, &pieces) == compress(level, &input, &[usize::MAX]), "level {level}");
    }
}
