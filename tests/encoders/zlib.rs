//! zlib, pigz and GNU gzip, byte for byte: streams by the real programs, those on this machine if they are the same, and
//! the laws that every encoder keeps.

use std::io::{Read, Seek, Write};
use std::process::{Command, Stdio};

use crate::laws::{bytes, digest};
use crate::{inputs, laws};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use why_differ::encoder::Encoder;
use why_differ::encoder::gnu_gzip::GnuGzip;
use why_differ::encoder::pigz::{Options, Pigz, Threads};
use why_differ::encoder::zlib::{Memory, Stored, Zlib};

/// An encoder, so that laws can be said of all of them.
#[derive(Debug, Clone, Copy)]
enum Writer {
    Zlib(i32, Memory),
    Stored(Stored),
    Pigz(Options),
    GnuGzip { level: i32, rsyncable: bool },
}

impl Writer {
    fn start(self) -> Box<dyn Encoder> {
        match self {
            Self::Zlib(level, memory) => Box::new(Zlib::new(level, memory).expect("a level of zlib")),
            Self::Stored(way) => Box::new(Zlib::stored(way)),
            Self::Pigz(options) => Box::new(Pigz::new(options).expect("options of pigz")),
            Self::GnuGzip { level, rsyncable } => {
                let encoder = if rsyncable { GnuGzip::rsyncable(level) } else { GnuGzip::new(level) };
                Box::new(encoder.expect("a level of gzip"))
            }
        }
    }

    /// Compresses `input` in pieces of these sizes, again and again.
    fn compress(self, input: &[u8], pieces: &[usize]) -> Vec<u8> {
        let mut encoder = self.start();
        laws::written(&mut *encoder, input, pieces)
    }
}

/// Input, writer, level, size and SHA-256 of each vector.
fn vectors() -> impl Iterator<Item = [&'static str; 5]> {
    let lines = include_str!("vectors/zlib.txt").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split(' ').collect::<Vec<_>>().try_into().expect("five fields"))
}

#[test]
fn every_stream_of_the_real_programs() {
    let inputs = inputs::all();
    let (mut checked, mut wrong) = (0, Vec::new());
    for [name, writer, level, size, sha256] in vectors() {
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let level = level.parse().unwrap_or_default();
        let stream = match writer {
            "input" => input.clone(),
            "mem8" => Writer::Zlib(level, Memory::Eight).compress(input, &[1 << 17]),
            "mem9" => Writer::Zlib(level, Memory::Nine).compress(input, &[1 << 17]),
            "pigz" => Writer::Pigz(Options::level(level)).compress(input, &[1 << 17]),
            "gzip" => Writer::GnuGzip { level, rsyncable: false }.compress(input, &[1 << 17]),
            _ => panic!("a writer: {writer}"),
        };
        checked += usize::from(writer != "input");
        if (digest(&stream).as_str(), stream.len().to_string().as_str()) != (sha256, size) {
            wrong.push(format!("{name} by {writer} at {level}: {} bytes, not {size}", stream.len()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    // zlib at 10 and 3 levels, pigz at 3, gzip at 9.
    assert_eq!(checked, inputs.len() * (10 + 3 + 3 + 9));
}

/// Ways to write, with small blocks for pigz.
fn writers() -> Vec<Writer> {
    let mut writers = vec![Writer::Stored(Stored::Whole)];
    for level in 0..10 {
        writers.extend([Memory::Eight, Memory::Nine].map(|memory| Writer::Zlib(level, memory)));
        // The framing is the same at all levels but 0; one that is greedy and one that is lazy stand for the others.
        for threads in [Threads::One, Threads::Many].into_iter().filter(|_| [0, 1, 6].contains(&level)) {
            for (independent, rsyncable) in [(false, false), (true, false), (false, true), (true, true)] {
                writers.push(Writer::Pigz(Options { level, block: 40_000, independent, rsyncable, threads }));
            }
        }
        if level > 0 {
            writers.extend([false, true].map(|rsyncable| Writer::GnuGzip { level, rsyncable }));
        }
    }
    writers
}

#[test]
fn the_sizes_of_pieces_do_not_matter() {
    // Of the inputs of words, one is enough.
    for (name, input) in inputs::all().into_iter().filter(|(name, _)| !["exact_2MiB", "text_3MiB"].contains(name)) {
        // A window, blocks, and what ends in the lookahead of both.
        let input = &input[..input.len().min(140_000)];
        for writer in writers() {
            let whole = writer.compress(input, &[usize::MAX]);
            for pieces in [&[1][..], &[65535], &[65400, 1, 130], &[512, 0, 4096, 32768]] {
                assert!(writer.compress(input, pieces) == whole, "{name}, {writer:?}, pieces of {pieces:?}");
            }
        }
    }
}

#[test]
fn blocks_made_one_by_one_are_the_stream() {
    for (name, input) in inputs::all() {
        for level in 0..10 {
            for independent in [false, true] {
                let options = Options { independent, ..Options::level(level) };
                let whole = Writer::Pigz(options).compress(&input, &[usize::MAX]);
                // Last block first, and one encoder for all: nothing of one block shows in another.
                let mut deflate = Pigz::deflate(&options).expect("a level of pigz");
                let mut blocks = Vec::new();
                for number in (0..input.len().div_ceil(options.block)).rev() {
                    let start = number * options.block;
                    let end = input.len().min(start + options.block);
                    let mut out = Vec::new();
                    let last = blocks.is_empty();
                    Pigz::block(&options, &mut deflate, &input[..start], &input[start..end], last, &mut out);
                    blocks.push(out);
                }
                blocks.reverse();
                assert!(blocks.concat() == whole, "{name}, level {level}");
            }
        }
    }
}

#[test]
fn nothing_is_an_empty_last_block() {
    for writer in writers() {
        let stored = matches!(writer, Writer::Stored(_) | Writer::Zlib(0, _) | Writer::Pigz(Options { level: 0, .. }));
        let expected: &[u8] = if stored { &[1, 0, 0, 0xff, 0xff] } else { &[3, 0] };
        assert_eq!(writer.compress(b"", &[1]), expected, "{writer:?}");
    }
}

#[test]
fn stored_blocks_follow_how_zlib_is_called() {
    let input = vec![7; 131_072];
    let lengths = |way| {
        let stream = Writer::Stored(way).compress(&input, &[4096]);
        let mut lengths = Vec::new();
        let mut rest = &stream[..];
        while let [last, low, high, _, _, after @ ..] = rest {
            let length = usize::from(u16::from_le_bytes([*low, *high]));
            lengths.push(length);
            rest = &after[length..];
            assert_eq!(*last == 1, rest.is_empty(), "{way:?}");
        }
        lengths
    };
    assert_eq!(lengths(Stored::Pieces), [32768, 32768, 32768, 32768, 0]);
    assert_eq!(lengths(Stored::Whole), [65535, 65535, 2]);
    assert_eq!(lengths(Stored::Buffer(131_072)), [65535, 65527, 10]);
}

#[test]
fn levels_and_block_sizes_that_there_are_not() {
    for level in [-2, 10, 11] {
        assert!(Zlib::new(level, Memory::Eight).is_none());
        assert!(Pigz::new(Options::level(level)).is_none());
        assert!(GnuGzip::new(level).is_none());
    }
    assert!(GnuGzip::new(0).is_none() && GnuGzip::rsyncable(0).is_none());
    assert!(Pigz::new(Options { block: 32767, ..Options::level(6) }).is_none());
    let text = b"the default level is six, six, six, six";
    let six = Writer::Zlib(6, Memory::Eight).compress(text, &[3]);
    assert_eq!(Writer::Zlib(-1, Memory::Eight).compress(text, &[3]), six);
    assert_eq!(Writer::Pigz(Options::level(-1)).compress(text, &[3]), six);
}

/// As `bytes`, and with an end that lies where the window is about to move and repeats itself.
fn bytes_with_hard_ends() -> impl Strategy<Value = Vec<u8>> {
    let tail = prop::collection::vec(b'a'..b'd', 2..40);
    (bytes(), tail, 1..40usize, prop::option::of(0..400usize)).prop_map(|(mut all, tail, times, short)| {
        if let Some(short) = short {
            let wanted = all.len().next_multiple_of(32768).max(65536) - short;
            let noise = (0..wanted as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 21) as u8);
            let room = wanted.saturating_sub(all.len() + tail.len() * times);
            all.extend(noise.take(room));
        }
        (0..times).for_each(|_| all.extend(&tail));
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn two_inflaters_give_the_input_back(
        input in bytes_with_hard_ends(),
        writer in prop::sample::select(writers()),
    ) {
        let stream = writer.compress(&input, &[4096]);
        let mut inflated = Vec::new();
        let mut reader = flate2::read::DeflateDecoder::new(&stream[..]);
        reader.read_to_end(&mut inflated).expect("a deflate stream");
        prop_assert!(inflated == input, "zlib-rs of {writer:?}");
        prop_assert_eq!(reader.total_in(), stream.len() as u64);
        let other = miniz_oxide::inflate::decompress_to_vec(&stream).expect("a deflate stream");
        prop_assert!(other == input, "miniz of {writer:?}");
    }

    #[test]
    fn any_sizes_of_pieces_give_the_same(
        input in bytes(),
        writer in prop::sample::select(writers()),
        pieces in prop::collection::vec(1..70_000usize, 1..9),
    ) {
        prop_assert!(writer.compress(&input, &pieces) == writer.compress(&input, &[usize::MAX]), "{writer:?}");
    }
}

/// What a program on PATH makes of `input`; none if there is no such program.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    // From a file, so that it is read in whole buffers, and nobody waits for anybody.
    let mut file = tempfile::tempfile().expect("a file for the input");
    file.write_all(input).expect("the input is written");
    file.rewind().expect("the input is read from its start");
    let output = Command::new(program).args(arguments).stdin(file).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// The deflate stream in what `gzip -n` and `pigz -n` write.
fn raw(gzip: &[u8]) -> &[u8] {
    &gzip[10..gzip.len() - 8]
}

/// Whether the program on PATH is the one that is followed here, by a vector; other versions and builds write other bytes.
fn is_the_same(writer: &str, level: &str, compress: impl Fn(&[u8]) -> Option<Vec<u8>>) -> bool {
    let (_, input) = inputs::all().into_iter().find(|(name, _)| *name == "tar_synth").expect("an input");
    let mut vectors = vectors();
    let [.., expected] =
        vectors.find(|[name, other, of, ..]| (*name, *other, *of) == ("tar_synth", writer, level)).expect("a vector");
    let same = compress(&input).is_some_and(|stream| digest(&stream) == expected);
    if !same {
        eprintln!("skipped: there is no {writer} here that writes what the vectors have");
    }
    same
}

/// Holds `writer` against a program, for many inputs.
fn hold<T: std::fmt::Debug>(
    cases: u32,
    ways: impl Strategy<Value = T>,
    check: impl Fn(&T, &[u8]) -> Result<(), String>,
) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config)
        .run(&(ways, bytes_with_hard_ends()), |(way, input)| check(&way, &input).map_err(TestCaseError::fail));
    assert!(result.is_ok(), "{}", result.expect_err("it failed"));
}

/// Compresses at the levels that it is told, each for both memory levels; each stream stands behind its length.
const PYTHON: &str = "
import struct, sys, zlib
data = sys.stdin.buffer.read()
for level in map(int, sys.argv[1:]):
    for memory in (8, 9):
        deflate = zlib.compressobj(level, zlib.DEFLATED, -15, memory)
        pieces = [deflate.compress(data[i:i + 8192]) for i in range(0, len(data), 8192)]
        stream = b''.join(pieces) + deflate.flush()
        sys.stdout.buffer.write(struct.pack('<I', len(stream)) + stream)
";

fn python(levels: &[&str], input: &[u8]) -> Option<Vec<Vec<u8>>> {
    let all = run("python3", &[&["-c", PYTHON], levels].concat(), input)?;
    let (mut rest, mut streams) = (&all[..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (stream, later) = after.split_at(u32::from_le_bytes(*length) as usize);
        streams.push(stream.to_vec());
        rest = later;
    }
    Some(streams)
}

#[test]
fn zlib_under_python_writes_the_same() {
    if !is_the_same("mem8", "6", |input| python(&["6"], input)?.into_iter().next()) {
        return;
    }
    let levels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    hold(40, Just(()), |(), input| {
        let streams = python(&levels, input).ok_or("python3 failed")?;
        let writers = (0..10).flat_map(|level| [Memory::Eight, Memory::Nine].map(|memory| Writer::Zlib(level, memory)));
        match writers.zip(streams).find(|(writer, stream)| writer.compress(input, &[usize::MAX]) != *stream) {
            Some((writer, _)) => Err(format!("{writer:?} differs")),
            None => Ok(()),
        }
    });
}

#[test]
fn pigz_writes_the_same() {
    let pigz = |options: &Options, input: &[u8]| {
        let (level, block) = (format!("-{}", options.level), (options.block >> 10).to_string());
        let threads = if options.threads == Threads::One { "1" } else { "3" };
        let mut arguments = vec!["-n", "-c", &level, "-b", &block, "-p", threads];
        arguments.extend(options.independent.then_some("-i"));
        arguments.extend(options.rsyncable.then_some("-R"));
        run("pigz", &arguments, input).map(|gzip| raw(&gzip).to_vec())
    };
    if !is_the_same("pigz", "6", |input| pigz(&Options::level(6), input)) {
        return;
    }
    let threads = prop_oneof![Just(Threads::One), Just(Threads::Many)];
    let blocks = prop::sample::select(vec![32, 33, 100, 128]);
    let options = (0..10, blocks, any::<bool>(), any::<bool>(), threads).prop_map(
        |(level, kibibytes, independent, rsyncable, threads)| Options {
            level,
            block: kibibytes << 10,
            independent,
            rsyncable,
            threads,
        },
    );
    hold(120, options, |options, input| {
        let stream = pigz(options, input).ok_or("pigz failed")?;
        let same = Writer::Pigz(*options).compress(input, &[usize::MAX]) == stream;
        same.then_some(()).ok_or_else(|| format!("{options:?} differs"))
    });
}

#[test]
fn gnu_gzip_writes_the_same() {
    let gzip = |level: i32, rsyncable: bool, input: &[u8]| {
        let level = format!("-{level}");
        let arguments = ["-n", "-c", &level, "--rsyncable"];
        run("gzip", &arguments[..3 + usize::from(rsyncable)], input).map(|gzip| raw(&gzip).to_vec())
    };
    if !is_the_same("gzip", "6", |input| gzip(6, false, input)) {
        return;
    }
    hold(120, (1..10, any::<bool>()), |&(level, rsyncable), input| {
        let stream = gzip(level, rsyncable, input).ok_or("gzip failed")?;
        let same = Writer::GnuGzip { level, rsyncable }.compress(input, &[usize::MAX]) == stream;
        same.then_some(()).ok_or_else(|| format!("level {level}, rsyncable {rsyncable} differs"))
    });
}
