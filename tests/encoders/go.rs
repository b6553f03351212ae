//! Go's compressor, byte for byte: streams by real Go releases, and the laws that every encoder keeps.

use std::io::Read;

use crate::laws::{bytes, digest};
use crate::{inputs, laws};
use proptest::prelude::*;
use why_differ::encoder::Encoder;
use why_differ::encoder::go::parallel::Parallel;
use why_differ::encoder::go::{Go, Releases};

const LEVELS: [i32; 11] = [-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// All levels of the latest releases, and of the earlier ones those that differ.
const KINDS: [(Releases, i32); 23] = {
    let mut kinds = [(Releases::From1_15To1_26, 0); 23];
    let mut kind = 0;
    while kind < 23 {
        kinds[kind] = match kind as i32 {
            0 => (Releases::From1_15To1_26, -2),
            level @ 1..11 => (Releases::From1_15To1_26, level - 1),
            level @ 11..13 => (Releases::Of1_7, level - 11),
            level => (Releases::UpTo1_6, level - 13),
        };
        kind += 1;
    }
    kinds
};

/// Compresses `input` in pieces of these sizes, again and again.
fn compress(releases: Releases, level: i32, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    written_by(Go::of(releases, level).expect("a level that Go has"), input, pieces)
}

/// What an encoder makes of `input` in pieces of these sizes, again and again.
fn written_by(mut encoder: impl Encoder, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    laws::written(&mut encoder, input, pieces)
}

/// Checks every vector of a file, in which each input has so many levels.
fn check_vectors(vectors: &str, releases: Releases, levels: &[i32]) {
    let inputs = inputs::all();
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in vectors.lines().filter(|line| !line.starts_with('#')) {
        let [name, what, size, sha256] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("four fields: {line}") };
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let (found, sized) = match what.parse() {
            Err(_) => (digest(input), input.len()),
            Ok(level) => {
                checked += 1;
                let stream = compress(releases, level, input, &[1 << 17]);
                let parallel = Parallel::of(releases, level).expect("a level that Go has");
                assert!(written_by(parallel, input, &[1 << 17]) == stream, "{name} {what} on several cores");
                (digest(&stream), stream.len())
            }
        };
        if (found.as_str(), sized.to_string().as_str()) != (sha256, size) {
            wrong.push(format!("{name} {what}: {sized} bytes, not {size}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(checked, inputs.len() * levels.len());
}

#[test]
fn every_stream_of_go_1_8_to_1_26() {
    let vectors = include_str!("vectors/go-1.8-1.26.txt");
    check_vectors(vectors, Releases::From1_15To1_26, &LEVELS);
    check_vectors(vectors, Releases::From1_8To1_14, &LEVELS);
}

#[test]
fn every_stream_of_go_1_7() {
    check_vectors(include_str!("vectors/go-1.7.txt"), Releases::Of1_7, &LEVELS);
}

#[test]
fn every_stream_of_go_up_to_1_6() {
    check_vectors(include_str!("vectors/go-1.2-1.6.txt"), Releases::UpTo1_6, &LEVELS[1..]);
}

#[test]
fn the_sizes_of_pieces_do_not_matter() {
    for (name, input) in inputs::all() {
        // A window, a block, and what ends in the lookahead of both.
        let input = &input[..input.len().min(400_000)];
        for (releases, level) in KINDS {
            let whole = compress(releases, level, input, &[usize::MAX]);
            for pieces in [&[1][..], &[65535], &[65536], &[65400, 1, 130], &[512, 0, 4096, 32768]] {
                let same = compress(releases, level, input, pieces) == whole;
                assert!(same, "{name}, {releases:?} level {level}, pieces of {pieces:?}");
            }
        }
    }
}

#[test]
fn nothing_is_written_as_an_empty_last_block() {
    for (releases, level) in KINDS {
        assert_eq!(compress(releases, level, b"", &[1]), [1, 0, 0, 0xff, 0xff], "{releases:?} level {level}");
    }
}

#[test]
fn a_flush_is_an_empty_stored_block_before_the_last() {
    let input: Vec<u8> = (0..300_000u64).map(|i| ((i * i) >> 7) as u8).collect();
    let flushed = |mut encoder: Box<dyn Encoder>| {
        let mut out = Vec::new();
        encoder.write(&input, &mut out);
        encoder.finish_as(&[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff], &mut out);
        out
    };
    for (releases, level) in KINDS {
        let stream = flushed(Box::new(Go::of(releases, level).expect("a level that Go has")));
        assert!(stream.ends_with(&[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]), "{releases:?} level {level}");
        assert_eq!(miniz_oxide::inflate::decompress_to_vec(&stream).expect("a deflate stream"), input);
        let parallel = flushed(Box::new(Parallel::of(releases, level).expect("a level that Go has")));
        assert!(parallel == stream, "{releases:?} level {level} on several cores");
    }
}

#[test]
fn levels_are_those_of_go() {
    let text = b"the default level of Go is six, six, six";
    for releases in Releases::ALL {
        assert!([-3, 10, i32::MIN, i32::MAX].iter().all(|&level| Go::of(releases, level).is_none()));
        let default = compress(releases, -1, text, &[usize::MAX]);
        assert_eq!(default, compress(releases, 6, text, &[usize::MAX]));
    }
    assert!(Go::of(Releases::UpTo1_6, -2).is_none(), "the codes without matches came with 1.7");
}

/// The same on so many threads, in segments of so many times 32 KiB.
fn compress_in_parallel(
    (releases, level): (Releases, i32),
    (threads, segment): (usize, usize),
    input: &[u8],
    pieces: &[usize],
) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
    let encoder = Parallel::with_segments(releases, level, segment).expect("a level that Go has");
    pool.install(|| written_by(encoder, input, pieces))
}

/// Inputs in which a search from the middle of a stream goes wrong for long, or for ever.
fn adversarial() -> Vec<(String, Vec<u8>)> {
    let mut state = 1u64;
    let mut noise = |size: usize| -> Vec<u8> {
        let step = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(step).take(size).collect()
    };
    let size = 700_000;
    let repeated = |period: &[u8]| -> Vec<u8> { period.iter().copied().cycle().take(size).collect() };
    let mut inputs = vec![
        ("zeros".to_owned(), vec![0; size]),
        ("noise".to_owned(), noise(size)),
        ("two bytes in turn".to_owned(), repeated(b"ab")),
        ("runs in noise".to_owned(), [noise(99_000), vec![7; 300_000], noise(10), vec![7; 200_000]].concat()),
        ("few letters".to_owned(), noise(size).iter().map(|byte| b'a' + byte % 3).collect()),
    ];
    // About what can be reached at the start of a window and at its end, and about a copy's greatest length.
    for period in [257, 258, 259, 4096, 4097, 32505, 32506, 32507, 32767, 32768, 32769, 65535, 65536] {
        inputs.push((format!("noise again and again each {period}"), repeated(&noise(period))));
    }
    // Long enough that the last byte before the end of a batch, a segment, a window is the stream's last.
    for size in [131_072, 131_071, 131_073, 131_072 + 262, 262_144, 65_535 * 4, 65_535 * 8 + 17] {
        inputs.push((format!("{size} bytes"), noise(size / 2).iter().flat_map(|byte| [byte % 5, byte % 7]).collect()));
    }
    inputs
}

#[test]
fn several_cores_write_the_same_whatever_the_input() {
    for (name, input) in adversarial() {
        for kind @ (releases, level) in KINDS.into_iter().filter(|(_, level)| *level < 8) {
            let whole = compress(releases, level, &input, &[usize::MAX]);
            for shape in [(1, 1), (2, 5)] {
                let same = compress_in_parallel(kind, shape, &input, &[100_000]) == whole;
                assert!(same, "{name}, {releases:?} level {level}, {shape:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn two_inflaters_give_the_input_back(input in bytes(), (releases, level) in prop::sample::select(&KINDS[..])) {
        let stream = compress(releases, level, &input, &[4096]);
        let mut inflated = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(&stream[..]);
        reader.read_to_end(&mut inflated).expect("a deflate stream");
        prop_assert!(inflated == input, "zlib-rs at {releases:?} level {level}");
        prop_assert_eq!(reader.total_in(), stream.len() as u64);
        let other = miniz_oxide::inflate::decompress_to_vec(&stream).expect("a deflate stream");
        prop_assert!(other == input, "miniz at {releases:?} level {level}");
    }

    #[test]
    fn any_sizes_of_pieces_give_the_same(
        input in bytes(),
        (releases, level) in prop::sample::select(&KINDS[..]),
        pieces in prop::collection::vec(1..70_000usize, 1..9),
    ) {
        let whole = compress(releases, level, &input, &[usize::MAX]);
        prop_assert!(compress(releases, level, &input, &pieces) == whole, "{releases:?} level {level}");
    }
    #[test]
    fn any_number_of_threads_and_any_segments_give_the_same(
        input in bytes(),
        kind in prop::sample::select(&KINDS[..]),
        shape in (1..4usize, 1..7usize),
        pieces in prop::collection::vec(1..200_000usize, 1..5),
    ) {
        let whole = compress(kind.0, kind.1, &input, &[usize::MAX]);
        prop_assert!(compress_in_parallel(kind, shape, &input, &pieces) == whole, "{kind:?} {shape:?}");
    }
}
