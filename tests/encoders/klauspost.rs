//! klauspost/compress and pgzip, byte for byte: streams by real releases, and the laws that every encoder keeps.

use std::io::Read;

use crate::laws::{bytes, digest};
use crate::{inputs, laws};
use proptest::prelude::*;
use why_differ::encoder::Encoder;
use why_differ::encoder::klauspost::{Klauspost, Release};
use why_differ::encoder::pgzip::{MEBIBYTE, Pgzip, QUARTER_MEBIBYTE};

const LEVELS: [i8; 11] = [-2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

/// Compresses `input` in pieces of these sizes, again and again.
fn compress(mut encoder: impl Encoder, input: &[u8], pieces: &[usize]) -> Vec<u8> {
    laws::written(&mut encoder, input, pieces)
}

fn plain(release: Release, level: i8) -> Klauspost {
    Klauspost::new(release, level).expect("a level that there is")
}

fn framed(release: Release, level: i8, block: usize) -> Pgzip {
    Pgzip::new(release, level, block).expect("a level that there is")
}

fn release(version: &str) -> Release {
    match version {
        "1.9.7" => Release::V1_9_0,
        "1.9.8" | "1.10.0" => Release::V1_9_8,
        "1.10.1" => Release::V1_10_1,
        "1.11.12" => Release::V1_10_2,
        "1.12.1" => Release::V1_11_13,
        "1.12.2" => Release::V1_12_2,
        "1.13.6" => Release::V1_12_3,
        "1.14.0" => Release::V1_14_0,
        "1.14.2" => Release::V1_14_2,
        "1.14.4" => Release::V1_14_3,
        "1.15.9" => Release::V1_15_0,
        "1.17.11" => Release::V1_15_15,
        "1.18.0" => Release::V1_18_0,
        "1.18.1" => Release::V1_18_1,
        "1.18.2" => Release::V1_18_2,
        "1.27" => Release::Go1_27,
        _ => panic!("a version with vectors: {version}"),
    }
}

/// Makes every stream of a file of vectors again; says how many there were.
fn check_streams(vectors: &str) -> usize {
    let inputs = inputs::all();
    let (mut checked, mut wrong) = (0, Vec::new());
    for line in vectors.lines().filter(|line| !line.starts_with('#')) {
        let [name, writer, level, size, sha256] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("five fields: {line}")
        };
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let found = if writer == "input" {
            input.clone()
        } else {
            checked += 1;
            let level = level.parse().expect("a level");
            let pieces = [1 << 17];
            match writer.split('-').collect::<Vec<_>>()[..] {
                ["go" | "klauspost", version] => compress(plain(release(version), level), input, &pieces),
                ["pgzip", "1024", version] => compress(framed(release(version), level, MEBIBYTE), input, &pieces),
                ["pgzip", "256", version] => {
                    compress(framed(release(version), level, QUARTER_MEBIBYTE), input, &pieces)
                }
                _ => panic!("a writer: {writer}"),
            }
        };
        if (digest(&found).as_str(), found.len().to_string().as_str()) != (sha256, size) {
            wrong.push(format!("{name} by {writer} at {level}: {} bytes, not {size}", found.len()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    checked
}

#[test]
fn every_stream_of_real_releases() {
    let checked = check_streams(include_str!("vectors/klauspost.txt"));
    // Go at 11 levels, five releases at 9, pgzip over them at 4 levels and once more with smaller blocks.
    assert_eq!(checked, inputs::all().len() * (11 + 5 * (9 + 5)));
}

#[test]
fn every_stream_of_real_releases_before_1_15() {
    let checked = check_streams(include_str!("vectors/klauspost-older.txt"));
    // Eleven releases at 11 levels, pgzip over them at 4 levels and once more with smaller blocks.
    assert_eq!(checked, inputs::all().len() * 11 * (11 + 5));
}

/// Inputs on which each release writes something else than the one before it.
#[test]
fn no_release_of_the_table_is_superfluous() {
    let inputs = inputs::all();
    let telling = ["mixed", "tar_synth", "text_3MiB"]
        .map(|name| &inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe").1[..]);
    let differ = |a, b| {
        telling.iter().any(|input| {
            LEVELS.iter().any(|&level| {
                let frame = |release| compress(framed(release, level, QUARTER_MEBIBYTE), input, &[1 << 17]);
                let bare = |release| compress(plain(release, level), input, &[1 << 17]);
                bare(a) != bare(b) || frame(a) != frame(b)
            })
        })
    };
    for neighbours in Release::ALL.windows(2) {
        let &[a, b] = neighbours else { panic!("windows of two") };
        // Where these two part stands below.
        if b != Release::Go1_27 {
            assert!(a < b && differ(a, b), "{a:?} and {b:?} write the same");
        }
    }
}

#[test]
fn the_sizes_of_pieces_do_not_matter() {
    for (name, input) in inputs::all() {
        // A window, blocks, and what ends in the lookahead of both.
        let input = &input[..input.len().min(140_000)];
        for level in LEVELS {
            for release in [Release::V1_9_0, Release::V1_14_0, Release::V1_15_11, Release::V1_18_2] {
                let whole = compress(plain(release, level), input, &[usize::MAX]);
                let cut = compress(framed(release, level, 50_000), input, &[usize::MAX]);
                for pieces in [&[1][..], &[65535], &[65536], &[65400, 1, 130], &[512, 0, 4096, 32768]] {
                    let again = compress(plain(release, level), input, pieces);
                    assert!(again == whole, "{name}, {release:?} {level}, pieces of {pieces:?}");
                    let again = compress(framed(release, level, 50_000), input, pieces);
                    assert!(again == cut, "{name}, pgzip on {release:?} {level}, pieces of {pieces:?}");
                }
            }
        }
    }
}

#[test]
fn blocks_made_one_by_one_are_the_stream() {
    let releases = [Release::V1_9_0, Release::V1_12_3, Release::V1_18_2];
    for (name, input) in inputs::all() {
        for (release, level) in releases.into_iter().flat_map(|release| LEVELS.map(|level| (release, level))) {
            let whole = compress(framed(release, level, QUARTER_MEBIBYTE), &input, &[usize::MAX]);
            // Last block first, and one encoder for all: nothing of one block shows in another.
            let mut deflate = plain(release, level);
            let mut blocks = Vec::new();
            for number in (0..=input.len() / QUARTER_MEBIBYTE).rev() {
                let start = number * QUARTER_MEBIBYTE;
                let end = input.len().min(start + QUARTER_MEBIBYTE);
                let mut out = Vec::new();
                Pgzip::block(&mut deflate, &input[..start], &input[start..end], blocks.is_empty(), &mut out);
                blocks.push(out);
            }
            blocks.reverse();
            assert!(blocks.concat() == whole, "{name}, {release:?} {level}");
        }
    }
}

#[test]
fn nothing_is_written_as_an_empty_last_block() {
    for release in Release::ALL {
        let end = if release < Release::V1_10_2 { &[1, 0, 0, 0xff, 0xff][..] } else { &[3, 0] };
        for level in LEVELS {
            assert_eq!(compress(plain(release, level), b"", &[1]), end, "{release:?} {level}");
            let cut = compress(framed(release, level, MEBIBYTE), b"", &[1]);
            assert_eq!(cut, [&[0, 0, 0, 0xff, 0xff], end].concat(), "pgzip on {release:?} {level}");
        }
    }
}

/// Go and klauspost agree in all vectors and differ here: a match whose bytes do not occur in the 32 KiB that literals
/// are weighed by. Both streams were made with the real encoders, Go 1.27.3 and klauspost/compress 1.19.1.
#[test]
fn where_go_and_klauspost_part() {
    let head: Vec<u8> = (0..40_000u32).map(|i| b'a' + ((i * i) >> 5) as u8 % 16).collect();
    let tail: Vec<u8> = (0..200u32).flat_map(|i| format!("{:04}", i % 7).into_bytes()).collect();
    let input = [&head[..], &tail].concat();
    let streams = [Release::V1_18_2, Release::Go1_27].map(|release| compress(plain(release, 9), &input, &[usize::MAX]));
    assert_eq!(
        streams.map(|stream| digest(&stream)),
        [
            "e99e7c935ed99905d324205680610c8d5c4ed010ad3a92b39cb8acc75d9cc41d",
            "a03c89cc32972b1c891d971dd745a6d56706990b5e92940d13da161c816d84eb",
        ]
    );
}

#[test]
fn levels_and_block_sizes_that_there_are_not() {
    for level in [-3, -1, 10] {
        assert!(Klauspost::new(Release::V1_18_2, level).is_none());
        assert!(Pgzip::new(Release::V1_18_2, level, MEBIBYTE).is_none());
    }
    assert!(Pgzip::new(Release::V1_18_2, 5, 16 << 10).is_none());
}

/// Releases whose streams can always be read.
fn sound() -> impl Strategy<Value = Release> {
    prop::sample::select(Release::ALL.into_iter().filter(|&release| release != Release::V1_18_1).collect::<Vec<_>>())
}

/// What two inflaters that share nothing make of a stream, and how much of it the first has read.
fn inflated(stream: &[u8]) -> (Vec<u8>, u64) {
    let mut inflated = Vec::new();
    let mut reader = flate2::read::DeflateDecoder::new(stream);
    reader.read_to_end(&mut inflated).expect("a deflate stream");
    let other = miniz_oxide::inflate::decompress_to_vec(stream).expect("a deflate stream");
    assert!(other == inflated, "zlib-rs and miniz do not agree");
    let read = reader.total_in();
    (inflated, read)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn inflating_gives_the_input_back(input in bytes(), release in sound(), level in prop::sample::select(&LEVELS[..])) {
        let stream = compress(plain(release, level), &input, &[4096]);
        let (found, read) = inflated(&stream);
        prop_assert!(found == input, "{release:?} at level {level}");
        prop_assert_eq!(read, stream.len() as u64);
    }

    // Levels 7 to 9 repeat the dictionary where they store the block behind it, as the real ones do.
    #[test]
    fn inflating_blocks_gives_the_input_back(input in bytes(), release in sound(), level in -2..7i8) {
        prop_assume!(level != -1);
        let stream = compress(framed(release, level, 20_000), &input, &[4096]);
        let (found, read) = inflated(&stream);
        prop_assert!(found == input, "pgzip on {release:?} at level {level}");
        prop_assert_eq!(read, stream.len() as u64);
    }

    #[test]
    fn any_sizes_of_pieces_give_the_same(
        input in bytes(),
        release in prop::sample::select(&Release::ALL[..]),
        level in prop::sample::select(&LEVELS[..]),
        pieces in prop::collection::vec(1..70_000usize, 1..9),
    ) {
        let whole = compress(plain(release, level), &input, &[usize::MAX]);
        prop_assert!(compress(plain(release, level), &input, &pieces) == whole, "{release:?} at level {level}");
        let whole = compress(framed(release, level, 20_000), &input, &[usize::MAX]);
        let again = compress(framed(release, level, 20_000), &input, &pieces);
        prop_assert!(again == whole, "pgzip on {release:?} at level {level}");
    }
}
