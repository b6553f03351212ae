//! klauspost's zstd encoder and libzstd, byte for byte: frames by real releases, and the laws that every encoder keeps.

use std::io::Read;

use crate::laws::{bytes, digest};
use crate::{inputs, laws, structured};
use proptest::prelude::*;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use why_differ::encoder::Encoder;
use why_differ::encoder::klauspost_zstd::{KlauspostZstd, Level, Release};
use why_differ::encoder::libzstd::{self, Libzstd, Options};

/// Compresses `input` in pieces of these sizes, again and again.
fn compress(mut encoder: impl Encoder, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    laws::written(&mut encoder, input, pieces)
}

fn klauspost(release: Release, level: Level) -> KlauspostZstd {
    KlauspostZstd::new(release, level).expect("a level that there is")
}

fn reference(options: Options) -> Libzstd {
    Libzstd::new(options).expect("a level that there is")
}

fn whole(release: Release, level: Level, input: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    klauspost(release, level).whole(input, &mut out);
    out
}

fn release(version: &str) -> Release {
    match version {
        "1.11.13" => Release::V1_11_8,
        "1.12.3" => Release::V1_12_2,
        "1.13.6" => Release::V1_13_4,
        "1.14.1" => Release::V1_14_0,
        "1.14.2" => Release::V1_14_2,
        "1.14.4" => Release::V1_14_3,
        "1.15.12" => Release::V1_15_10,
        "1.16.0" => Release::V1_15_13,
        "1.16.3" => Release::V1_16_1,
        "1.16.4" => Release::V1_16_4,
        "1.17.2" => Release::V1_17_0,
        "1.17.4" => Release::V1_17_3,
        "1.17.5" => Release::V1_17_5,
        "1.17.7" => Release::V1_17_6,
        "1.18.4" => Release::V1_17_8,
        "1.19.1" => Release::V1_18_5,
        _ => panic!("a version with vectors: {version}"),
    }
}

fn level(name: &str) -> Level {
    match name {
        "fastest" => Level::Fastest,
        "default" => Level::Default,
        "better" => Level::Better,
        "best" => Level::Best,
        _ => panic!("a level: {name}"),
    }
}

/// What the writer of a line makes of an input.
fn written(writer: &str, level_name: &str, input: &[u8]) -> Vec<u8> {
    let pieces = [1 << 17];
    let number = || level_name.parse().expect("a level");
    match writer.split_once('-') {
        Some(("klauspost", version)) => compress(klauspost(release(version), level(level_name)), input, &pieces),
        Some(("podman", version)) => {
            compress(klauspost(release(version), level(level_name)).with_first_block(8), input, &pieces)
        }
        Some(("whole", version)) => whole(release(version), level(level_name), input),
        _ => {
            let options = match writer {
                "input" => return input.to_vec(),
                "libzstd" => Options { checksum: true, ..Options::library(number()) },
                "jobs" | "program" => Options::program(number(), None),
                "file" => Options::program(number(), Some(input.len() as u64)),
                _ => panic!("a writer: {writer}"),
            };
            compress(reference(options), input, &pieces)
        }
    }
}

fn vectors() -> impl Iterator<Item = [&'static str; 5]> {
    let lines = include_str!("vectors/zstd.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').collect::<Vec<_>>().try_into().expect("five fields"))
}

#[test]
fn every_frame_of_real_releases() {
    let inputs = inputs::all();
    let (mut checked, mut wrong) = (0, Vec::new());
    for [name, writer, level, size, sha256] in vectors().filter(|line| line[0] != "structured") {
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let found = written(writer, level, input);
        if (digest(&found).as_str(), found.len().to_string().as_str()) != (sha256, size) {
            wrong.push(format!("{name} by {writer} at {level}: {} bytes, not {size}", found.len()));
        }
        checked += 1;
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(checked > 250, "only {checked} lines");
}

/// What the writer of a line makes of many inputs, one encoder of klauspost's making all frames.
fn all_written(writer: &str, level_name: &str, inputs: &[Vec<u8>], mut take: impl FnMut(Vec<u8>)) {
    let of_klauspost = writer.split_once('-').filter(|(way, _)| ["klauspost", "podman"].contains(way));
    let Some((way, version)) = of_klauspost else {
        return inputs.iter().for_each(|input| take(written(writer, level_name, input)));
    };
    let mut encoder = klauspost(release(version), level(level_name));
    for input in inputs {
        encoder.start();
        if way == "podman" {
            encoder = encoder.with_first_block(8);
        }
        let mut out = Vec::new();
        encoder.write(input, &mut out);
        encoder.finish(&mut out);
        take(out);
    }
}

#[test]
fn every_frame_of_two_hundred_inputs() {
    let inputs: Vec<Vec<u8>> = (0..structured::COUNT).map(structured::input).collect();
    let lines: Vec<_> = vectors().filter(|line| line[0] == "structured").collect();
    let check = |[_, writer, level, size, sha256]: &[&str; 5]| {
        let (mut total, mut digests) = (0, Vec::new());
        all_written(writer, level, &inputs, |found| {
            total += found.len();
            digests.extend(Sha256::digest(&found));
        });
        let same = (digest(&digests).as_str(), total.to_string().as_str()) == (*sha256, *size);
        (!same).then(|| format!("{writer} at {level}: {total} bytes, not {size}"))
    };
    let wrong: Vec<String> = lines.par_iter().filter_map(check).collect();
    assert_eq!(wrong, Vec::<String>::new());
    assert!(lines.len() > 80, "only {} lines", lines.len());
}

#[test]
fn every_release_has_vectors() {
    for release_with in Release::ALL {
        for level_with in Level::ALL {
            let has = vectors().any(|[_, writer, name, ..]| {
                writer
                    .strip_prefix("klauspost-")
                    .is_some_and(|it| release(it) == release_with && level(name) == level_with)
            });
            assert_eq!(has, KlauspostZstd::new(release_with, level_with).is_some(), "{release_with:?} {level_with:?}");
        }
    }
}

#[test]
fn the_sizes_of_pieces_do_not_matter() {
    for (name, input) in inputs::all() {
        let input = &input[..input.len().min(300_000)];
        for level in Level::ALL {
            let encoder = || klauspost(Release::V1_18_5, level);
            let plain = compress(encoder(), input, &[usize::MAX]);
            let prefixed = compress(encoder().with_first_block(8), input, &[usize::MAX]);
            for pieces in [&[1][..], &[65_536], &[131_072], &[7, 0, 131_065, 1], &[512, 65_535, 200_000]] {
                assert!(compress(encoder(), input, pieces) == plain, "{name}, {level:?}, pieces of {pieces:?}");
                let again = compress(encoder().with_first_block(8), input, pieces);
                assert!(again == prefixed, "{name}, {level:?}, pieces of {pieces:?} behind a first block");
            }
        }
        for level in [-5, 1, 3, 6] {
            for size in [None, Some(input.len() as u64)] {
                for jobs in [false, true] {
                    let encoder = || reference(Options { size, jobs, ..Options::library(level) });
                    let plain = compress(encoder(), input, &[usize::MAX]);
                    for pieces in [&[65_536][..], &[131_072], &[7, 0, 131_065, 1], &[512, 65_535, 200_000]] {
                        let again = compress(encoder(), input, pieces);
                        assert!(again == plain, "{name}, {level}, size {size:?}, jobs {jobs}, pieces of {pieces:?}");
                    }
                }
            }
        }
    }
}

/// Frames of a blob of many, as zstd:chunked has them, can be made by one encoder and in any order.
#[test]
fn one_encoder_makes_many_frames() {
    for level in Level::ALL {
        let mut encoder = klauspost(Release::V1_17_8, level);
        for number in [8, 3, 0, 11, 8, 1] {
            let input = structured::input(number);
            let (mut again, mut again_whole) = (Vec::new(), Vec::new());
            encoder.start();
            encoder.write(&input, &mut again);
            encoder.finish(&mut again);
            encoder.whole(&input, &mut again_whole);
            assert!(again == compress(klauspost(Release::V1_17_8, level), &input, &[4096]), "{level:?}, {number}");
            assert!(again_whole == whole(Release::V1_17_8, level, &input), "{level:?}, {number} as a whole");
        }
    }
}

#[test]
fn a_first_block_is_a_flush() {
    let input = structured::input(0);
    for level in Level::ALL {
        let mut flushed = Vec::new();
        let mut encoder = klauspost(Release::V1_18_5, level);
        encoder.flush(&mut flushed);
        encoder.write(&input[..8], &mut flushed);
        encoder.flush(&mut flushed);
        encoder.write(&input[8..], &mut flushed);
        encoder.finish(&mut flushed);
        let prefixed = compress(klauspost(Release::V1_18_5, level).with_first_block(8), &input, &[4096]);
        assert!(flushed == prefixed, "{level:?}");
        // Header, the block's header, 8 bytes.
        assert_eq!((&prefixed[6..9], &prefixed[9..17]), (&[0x40, 0, 0][..], &input[..8]));
    }
}

#[test]
fn nothing_is_nothing_or_an_empty_frame() {
    for level in Level::ALL {
        for release in Release::ALL.into_iter().filter(|release| KlauspostZstd::new(*release, level).is_some()) {
            let stream = compress(klauspost(release, level), b"", &[1]);
            let whole = whole(release, level, b"");
            if release < Release::V1_18_5 {
                assert_eq!((stream, whole), (vec![], vec![]), "{release:?} {level:?}");
            } else {
                let window = if level == Level::Fastest { 0x60 } else { 0x68 };
                let expected = [0x28, 0xb5, 0x2f, 0xfd, 4, window, 1, 0, 0, 0x99, 0xe9, 0xd8, 0x51];
                assert_eq!(stream, expected, "{release:?} {level:?}");
                assert_eq!(whole, [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0], "{release:?} {level:?}");
            }
        }
    }
}

#[test]
fn levels_by_zstds_numbers() {
    let levels = [-5, 2, 3, 5, 6, 9, 10, 22].map(Level::from_zstd);
    let [a, b, c, d] = Level::ALL;
    assert_eq!(levels, [a, a, b, b, c, c, d, d]);
}

#[test]
fn what_the_reference_library_refuses() {
    assert_eq!(zstd::zstd_safe::version_number(), libzstd::VERSION);
    for level in [libzstd::LOWEST - 1, 23] {
        assert!(Libzstd::new(Options::library(level)).is_none());
    }
    for (told, given) in [(5, 6), (6, 5), (0, 1)] {
        let mut encoder = reference(Options::program(3, Some(told)));
        let mut out = Vec::new();
        encoder.write(&vec![7; given], &mut out);
        encoder.finish(&mut out);
        assert!(encoder.has_failed(), "told {told}, given {given}");
        encoder.write(b"more", &mut out);
        encoder.finish(&mut out);
        assert!(encoder.has_failed());
    }
}

/// What two decoders that share nothing make of a frame, or of the nothing that older releases make of nothing.
fn unpacked(frame: &[u8]) -> Vec<u8> {
    if frame.is_empty() {
        return Vec::new();
    }
    let unpacked = zstd::stream::decode_all(frame).expect("a zstd frame");
    let mut other = Vec::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(frame).expect("a zstd frame");
    decoder.read_to_end(&mut other).expect("a zstd frame");
    assert!(other == unpacked, "libzstd and ruzstd do not agree");
    unpacked
}

fn any_klauspost() -> impl Strategy<Value = (Release, Level)> {
    let all = Release::ALL.into_iter().flat_map(|release| Level::ALL.map(|level| (release, level)));
    let made: Vec<_> = all.filter(|(release, level)| KlauspostZstd::new(*release, *level).is_some()).collect();
    prop::sample::select(made)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn unpacking_gives_the_input_back((release, level) in any_klauspost(), input in bytes(), first in 0..300usize) {
        let stream = compress(klauspost(release, level).with_first_block(first), &input, &[4096]);
        prop_assert!(unpacked(&stream) == input, "{release:?} {level:?}, first block of {first}");
        prop_assert!(unpacked(&whole(release, level, &input)) == input, "{release:?} {level:?} as a whole");
    }

    #[test]
    fn any_sizes_of_pieces_give_the_same(
        (release, level) in any_klauspost(),
        input in bytes(),
        pieces in prop::collection::vec(1..70_000usize, 1..9),
    ) {
        let plain = compress(klauspost(release, level), &input, &[usize::MAX]);
        prop_assert!(compress(klauspost(release, level), &input, &pieces) == plain, "{release:?} {level:?}");
    }

    #[test]
    fn unpacking_gives_the_input_back_from_the_reference(
        input in bytes(), level in -5..12i32, checksum in any::<bool>(), jobs in any::<bool>(), sized in any::<bool>(),
    ) {
        let size = sized.then_some(input.len() as u64);
        let stream = compress(reference(Options { level, checksum, size, jobs }), &input, &[4096]);
        prop_assert!(unpacked(&stream) == input);
    }
}
