//! Who compressed a layer: on blobs of real tools, and by the laws of recognising.

use std::collections::BTreeSet;
use std::io::{self, Read, Seek, Write};
use std::process::{Command, Stdio};

use crate::{inputs, wild};
use proptest::prelude::*;
use why_differ::digest::Digest;
use why_differ::encoder::klauspost::{Klauspost, Release};
use why_differ::encoder::klauspost_zstd::{KlauspostZstd, Level};
use why_differ::encoder::pgzip::Pgzip;
use why_differ::encoder::pigz;
use why_differ::encoder::zlib::Memory;
use why_differ::encoder::{Class, Encoder as _, Family, Format, PigzWay, Recipe, classes};
use why_differ::identify::{Certainty, Identity, Named, Subject, identify};
use why_differ::layer::decode::{Ask, decode};
use why_differ::layer::envelope::deflate::Reader;
use why_differ::layer::envelope::zstd_blocks;
use why_differ::limits::Limits;
use why_differ::report::Encoder;
use why_differ::{Options, inspect};

/// A gzip blob around a deflate stream of `plain`.
fn blob(deflate: &[u8], plain: &[u8], mtime: u32, xfl: u8, os: u8) -> Vec<u8> {
    let mut blob = vec![0x1f, 0x8b, 8, 0];
    blob.extend_from_slice(&mtime.to_le_bytes());
    blob.extend_from_slice(&[xfl, os]);
    blob.extend_from_slice(deflate);
    let mut crc = flate2::Crc::new();
    crc.update(plain);
    blob.extend_from_slice(&crc.sum().to_le_bytes());
    blob.extend_from_slice(&(plain.len() as u32).to_le_bytes());
    blob
}

fn encoded(recipe: Recipe, plain: &[u8]) -> Vec<u8> {
    let mut encoder = recipe.start().expect("a level that there is");
    let mut out = Vec::new();
    encoder.write(plain, &mut out);
    encoder.finish(&mut out);
    out
}

/// What Go and klauspost write that are flushed before they are closed, as eStargz writers do.
fn flushed(recipe: Recipe, plain: &[u8]) -> Option<Vec<u8>> {
    if !recipe.flushed().is_led_by_the_blob() {
        return None;
    }
    let mut encoder = recipe.start()?;
    let mut out = Vec::new();
    encoder.write(plain, &mut out);
    let mut rest = vec![0; plain.len() + 99];
    rest.extend_from_slice(&[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
    encoder.finish_as(&rest, &mut out);
    Some(out)
}

fn of_blob(blob: &[u8], prove: bool) -> Identity {
    let limits = Limits::default();
    let decoded = decode(blob, None, &Ask::default(), &limits, &|_| ()).expect("memory can be read");
    assert_eq!(decoded.trouble, None);
    let owned = blob.to_vec();
    let open = || -> io::Result<Box<dyn Read + Send>> { Ok(Box::new(io::Cursor::new(owned.clone()))) };
    let subject = Subject {
        envelope: &decoded.envelope,
        digest: Digest::sha256(blob),
        tar_size: decoded.tar_size,
        open: &open,
        limits: &limits,
    };
    identify(&subject, prove).expect("memory can be read").expect("a compressed blob")
}

/// Every deflate recipe that the table knows, with blocks of a mebibyte where there are blocks.
fn recipes() -> Vec<(Recipe, Named)> {
    let mut all = Vec::new();
    for class in classes().filter(|class| class.tars.0 == 0) {
        for &level in class.levels {
            let recipe = class.recipe(level, class.usual_block().unwrap_or_default());
            if recipe.format() == Format::Deflate {
                all.push((
                    recipe,
                    Named {
                        family: class.family,
                        versions: class.versions,
                        level: Some(level),
                        block: None,
                        apart: class.apart,
                    },
                ));
            }
        }
    }
    all
}

fn without_block(named: &Named) -> Named {
    Named { block: None, ..*named }
}

/// `file family level certainty versions` of a table in `corpus/encoders`.
fn table(text: &str) -> impl Iterator<Item = [String; 5]> + '_ {
    text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()).map(|line| {
        let mut fields = line.split_whitespace();
        let mut next = || fields.next().expect("five fields").to_owned();
        let head = [next(), next(), next(), next()];
        let versions = fields.collect::<Vec<_>>().join(" ");
        let [file, family, level, certainty] = head;
        [file, family, level, certainty, versions]
    })
}

fn told(encoder: &Encoder) -> [String; 4] {
    let name = encoder.name.as_ref();
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    [
        name.map_or_else(|| "-".to_owned(), |name| name.family.to_owned()),
        name.and_then(|name| name.level).map_or_else(|| "-".to_owned(), |level| level.to_string()),
        encoder.certainty.to_owned(),
        match encoder.certainty {
            "proved" | "likely" => or_dash(name.map(|name| name.versions.clone()).unwrap_or_default()),
            _ => "-".to_owned(),
        },
    ]
}

#[test]
fn blobs_of_real_tools_are_told_apart() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/encoders");
    let mut wrong = Vec::new();
    let mut files = BTreeSet::new();
    for [file, family, level, certainty, versions] in table(include_str!("../../corpus/encoders/table.txt")) {
        let inspection = inspect(&format!("blob:{folder}/{file}"), &Options::default(), &());
        assert!(inspection.trouble.is_empty(), "{file}: {:?}", inspection.trouble);
        let encoder = inspection.layers[0].encoder.as_ref().expect("a compressed blob");
        let found = told(encoder);
        if found != [family.clone(), level.clone(), certainty.clone(), versions.clone()] {
            wrong.push(format!("{file}: {found:?}, not {family} {level} {certainty} {versions}"));
        }
        files.insert(file);
    }
    assert_eq!(wrong, Vec::<String>::new());
    let there: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".gz") || name.ends_with(".zst"))
        .collect();
    assert_eq!(files, there);
}

#[test]
fn layers_of_real_images_are_proved() {
    let mut wrong = Vec::new();
    let mut layers = 0;
    for [image, family, level, certainty, versions] in table(include_str!("../../corpus/encoders/wild.txt")) {
        let (image, layer) = image.split_once('#').expect("image#layer");
        let inspection = inspect(&format!("{}/{image}", wild::folder()), &Options::default(), &());
        let layer: usize = layer.parse().expect("a number");
        let encoder = inspection.layers[layer - 1].encoder.as_ref().expect("a compressed layer");
        let found = told(encoder);
        layers += 1;
        if found != [family.clone(), level.clone(), certainty.clone(), versions.clone()] {
            wrong.push(format!("{image}#{layer}: {found:?}, not {family} {level} {certainty} {versions}"));
        }
    }
    assert!(layers > 10);
    assert_eq!(wrong, Vec::<String>::new());
}

/// Every compressed layer in the real images is written again to its digest, eStargz and zstd:chunked among them.
#[test]
fn every_compressed_layer_of_a_real_image_is_written_again() {
    let mut not = Vec::new();
    let mut count = 0;
    for reference in wild::references() {
        let inspection = inspect(&reference, &Options::default(), &());
        for layer in &inspection.layers {
            let Some(encoder) = layer.encoder.as_ref() else { continue };
            count += 1;
            if !encoder.proved {
                not.push(format!("{reference} layer {}: {}", layer.index + 1, encoder.title));
            }
            assert_eq!(encoder.proved, encoder.agreed_bytes == layer.size.unwrap_or_default(), "{reference}");
        }
    }
    assert!(count > 40, "{count}");
    assert_eq!(not, Vec::<String>::new());
}

/// libdeflate's own library writes what the real program of another release did, at the levels that the table names.
#[test]
fn every_stream_of_libdeflate() {
    let inputs = inputs::all();
    let mut wrong = Vec::new();
    let mut checked = 0;
    for line in include_str!("vectors/libdeflate.txt").lines().filter(|line| !line.starts_with('#')) {
        let [name, level, size, sha256] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("four fields: {line}")
        };
        let (_, input) = inputs.iter().find(|(other, _)| *other == name).expect("an input with a recipe");
        let stream = encoded(Recipe::Libdeflate(level.parse().expect("a level")), input);
        checked += 1;
        let digest = Digest::sha256(&stream).to_string();
        if (stream.len().to_string().as_str(), digest.as_str()) != (size, &*format!("sha256:{sha256}")) {
            wrong.push(format!("{name} {level}: {} bytes, not {size}", stream.len()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(checked, inputs.len() * 9);
}

/// A zstd stream that somebody flushed is known by its structure; the block in which its nearest went another way is told.
#[test]
fn the_block_of_a_miss_in_zstd_is_told() {
    let plain = large();
    let mut writer = zstd::Encoder::new(Vec::new(), 3).expect("a level");
    writer.write_all(&plain[..1_500_000]).expect("memory takes it");
    writer.flush().expect("memory takes it");
    writer.write_all(&plain[1_500_000..]).expect("memory takes it");
    let stream = writer.finish().expect("memory takes it");
    let identity = of_blob(&stream, true);
    assert_eq!((identity.certainty, identity.named[0].family), (Certainty::Structure, Family::Libzstd));
    let miss = identity.nearest.expect("someone came near");
    assert!(miss.block.is_some_and(|block| block > 5) && miss.compressed < stream.len() as u64, "{miss:?}");
    assert!(miss.uncompressed.is_some_and(|offset| offset < plain.len() as u64), "{miss:?}");
}

/// A frame that was flushed somewhere is nobody's; the block that ends there is told, and where it begins in the tar.
#[test]
fn the_place_of_a_miss_in_zstd_is_told() {
    const BLOCK: usize = 128 << 10;
    let plain = large();
    let mut encoder = KlauspostZstd::new(why_differ::encoder::klauspost_zstd::Release::V1_18_5, Level::Default)
        .expect("a level of the release");
    let mut stream = Vec::new();
    encoder.write(&plain[..20 * BLOCK + 1000], &mut stream);
    let before = stream.len() as u64;
    encoder.flush(&mut stream);
    encoder.write(&plain[20 * BLOCK + 1000..], &mut stream);
    encoder.finish(&mut stream);
    let identity = of_blob(&stream, true);
    assert_eq!(identity.certainty, Certainty::Unknown);
    let miss = identity.nearest.expect("someone came near");
    assert_eq!((miss.named.family, miss.named.level), (Family::KlauspostZstd, Some(2)));
    assert_eq!((miss.block, miss.uncompressed), (Some(20), Some(20 * BLOCK as u64)));
    assert!((before..before + 3).contains(&miss.compressed), "{miss:?} from {before}");
}

/// What a compressor on PATH makes of its input; none if it is not there.
fn by_tool(program: &str, level: &str, input: &[u8]) -> Option<Vec<u8>> {
    let mut file = tempfile::tempfile().expect("a file for the input");
    file.write_all(input).expect("the input is written");
    file.rewind().expect("the input is read from its start");
    let output = Command::new(program).args([level, "-c"]).stdin(file).stderr(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout)
}

/// Encoders that nothing here writes again are known by their structure, whatever they compressed.
#[test]
fn structure_tells_igzip_and_the_slow_levels_of_libdeflate() {
    let tools = [
        ("igzip", &["-0", "-1", "-2", "-3"][..], Family::Isal),
        ("libdeflate-gzip", &["-10", "-11", "-12"], Family::Libdeflate),
    ];
    let inputs = inputs::all();
    let large = inputs.iter().filter(|(name, _)| ["exact_2MiB", "mixed", "tar_synth", "text_3MiB"].contains(name));
    for (program, levels, family) in tools {
        if by_tool(program, levels[0], b"").is_none() {
            eprintln!("skipped: there is no {program} here");
            continue;
        }
        for (name, input) in large.clone() {
            for level in levels {
                let blob = by_tool(program, level, input).expect("it worked before");
                let identity = of_blob(&blob, false);
                let named: Vec<Family> = identity.named.iter().map(|named| named.family).collect();
                assert_eq!(
                    (identity.certainty, &named[..]),
                    (Certainty::Structure, &[family][..]),
                    "{name} {program} {level}"
                );
            }
        }
    }
}

/// Every level of every row of the table is one that its encoder has.
#[test]
fn every_row_can_be_started() {
    for class in classes() {
        for &level in class.levels {
            let recipe = class.recipe(level, class.usual_block().unwrap_or_default());
            assert!(recipe.start().is_some() && recipe.start_parallel().is_some(), "{recipe:?}");
        }
    }
}

/// What a recipe says of its frames' window holds for frames of every size: by it candidates are left out before they take
/// memory. And it is of use: no window is that of all recipes.
#[test]
fn windows_are_those_of_the_frames() {
    let plain: Vec<u8> = (0..300_000_u64).map(|i| ((i * i) >> 11) as u8).collect();
    let sizes = [1, 2, 8, 9, 255, 256, 257, 1023, 1024, 1025, 65_535, 65_536, 65_537, 131_072, 131_073, 300_000];
    let all = classes().flat_map(|class| class.levels.iter().map(move |&level| class.recipe(level, 0)));
    let recipes: Vec<Recipe> = all.filter(|recipe| recipe.format() == Format::Zstd).collect();
    assert!(recipes.len() > 100, "{}", recipes.len());
    let mut untold = 0;
    for size in sizes {
        let mut windows = BTreeSet::new();
        for &recipe in &recipes {
            let frame = zstd_blocks::frame(&encoded(recipe, &plain[..size]), 0).expect("a frame").header;
            if !frame.single_segment && frame.content_size.is_none() {
                assert!(recipe.tells_window(frame.window), "{recipe:?}, {size} bytes: {}", frame.window);
                windows.insert(frame.window);
                untold += 1;
            }
        }
        assert!(windows.iter().all(|&window| recipes.iter().any(|recipe| !recipe.tells_window(window))));
    }
    assert!(untold > 1000, "{untold}");
}

/// A small input of some kind: runs, text, noise, and repetitions at a distance.
fn input() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (any::<u8>(), 1usize..3000).prop_map(|(byte, count)| vec![byte; count]),
        prop::collection::vec(0u8..4, 0..2000),
        prop::collection::vec(any::<u8>(), 0..2000),
        (prop::collection::vec(b'a'..b'i', 1..40), 1usize..60).prop_map(|(word, times)| word.repeat(times)),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// The answer is all encoders that write these bytes and no other: no rule leaves one out, none is added.
    #[test]
    fn exactly_those_are_named_that_write_the_bytes(plain in input(), pick in any::<prop::sample::Index>()) {
        let recipes = recipes();
        let (recipe, _) = recipes[pick.index(recipes.len())];
        let stream = encoded(recipe, &plain);
        let identity = of_blob(&blob(&stream, &plain, 0, 0, 255), false);
        let named: BTreeSet<Named> = identity.named.iter().map(without_block).collect();
        let same = |(other, _): &&(Recipe, Named)| {
            *other == recipe || encoded(*other, &plain) == stream || flushed(*other, &plain) == Some(stream.clone())
        };
        let mut expected: BTreeSet<Named> = recipes.iter().filter(same).map(|(_, named)| *named).collect();
        // The header is one that Go writes since 1.8, at no level but 1 and 9.
        let go = |named: &Named| named.family == Family::Go;
        let fits = |named: &Named| {
            !matches!(named.versions, "1.7" | "1.2–1.6") && !matches!(named.level, Some(1 | 9))
        };
        if expected.iter().any(|named| go(named) && fits(named)) {
            expected.retain(|named| !go(named) || fits(named));
        }
        prop_assert_eq!(named, expected);
        prop_assert_eq!(identity.certainty, Certainty::Proved);
        prop_assert_eq!(identity.agreed, stream.len() as u64 + 18);
    }

    /// On several cores an encoder writes what it writes on one.
    #[test]
    fn several_cores_write_the_same(plain in input(), times in 1usize..400, pick in any::<prop::sample::Index>()) {
        let recipes = recipes();
        let (recipe, _) = recipes[pick.index(recipes.len())];
        let plain: Vec<u8> = plain.iter().copied().cycle().take((plain.len() * times).min(3 << 20)).collect();
        let mut encoder = recipe.start_parallel().expect("a level that there is");
        let mut out = Vec::new();
        for piece in plain.chunks(77_777) {
            encoder.write(piece, &mut out);
        }
        encoder.finish(&mut out);
        prop_assert!(out == encoded(recipe, &plain), "{:?}", recipe);
    }

    /// Streams of several members, each by the same encoder, are written again member by member.
    #[test]
    fn members_are_written_one_by_one(a in input(), b in input(), pick in any::<prop::sample::Index>()) {
        let recipes = recipes();
        let (recipe, named) = recipes[pick.index(recipes.len())];
        let mut both = blob(&encoded(recipe, &a), &a, 7, 0, 3);
        both.extend(blob(&encoded(recipe, &b), &b, 8, 2, 11));
        let identity = of_blob(&both, true);
        // Java writes no such header: zlib is named for it.
        let zlib = Named { family: Family::Zlib, versions: "1.2.5–1.3.2", ..named };
        let named = if named.family == Family::Jdk { zlib } else { named };
        prop_assert!(identity.named.iter().any(|other| without_block(other) == named));
        prop_assert_eq!(identity.certainty, Certainty::Proved);
    }
}

/// zstd:chunked: frames of one encoder behind one another, one of them flushed somewhere, and skippable frames.
fn chunked(encoder: &mut KlauspostZstd, frames: &[Vec<u8>], flushed: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        encoder.start();
        encoder.write(frame, &mut out);
        encoder.finish(&mut out);
    }
    encoder.start();
    encoder.write(&flushed[..flushed.len() / 2], &mut out);
    encoder.flush(&mut out);
    encoder.write(&flushed[flushed.len() / 2..], &mut out);
    encoder.finish(&mut out);
    out.extend_from_slice(b"\x50\x2a\x4d\x18\x05\0\0\0table\x50\x2a\x4d\x18\0\0\0\0");
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn frames_are_written_one_by_one(
        frames in prop::collection::vec(input(), 1..5), flushed in input(), pick in any::<prop::sample::Index>(),
    ) {
        let classes: Vec<_> = classes().filter(|class| class.family == Family::KlauspostZstd && !class.apart).collect();
        let class = &classes[pick.index(classes.len())];
        let level = class.levels[pick.index(class.levels.len())];
        let Recipe::KlauspostZstd(release, speed, false) = class.recipe(level, 0) else { panic!("{class:?}") };
        let mut encoder = KlauspostZstd::new(release, speed).expect("a level of the class");
        // Some releases make no frame of nothing.
        let frames: Vec<Vec<u8>> = frames.iter().map(|frame| [frame, &b"x"[..]].concat()).collect();
        let blob = chunked(&mut encoder, &frames, &[&flushed, &b"yz"[..]].concat());
        let identity = of_blob(&blob, true);
        prop_assert_eq!((identity.certainty, identity.agreed), (Certainty::Proved, blob.len() as u64));
        let own = |named: &Named| (named.family, named.versions, named.level) == (class.family, class.versions, Some(level));
        prop_assert!(identity.named.iter().any(own), "{:?}", identity.named);
    }
}

/// A large layer whose first member is tiny: what is likely is told from many members.
#[test]
fn many_members_are_tried_where_the_first_says_little() {
    let plain = large();
    let recipe = Recipe::Go(why_differ::encoder::go::Releases::From1_15To1_26, 6);
    let cut = [0, 512].into_iter().chain((1..=36).map(|part| part * plain.len() / 36));
    let ends: Vec<usize> = cut.collect();
    let members = ends.windows(2).map(|ends| &plain[ends[0]..ends[1]]);
    let whole = members.flat_map(|part| blob(&flushed(recipe, part).expect("Go flushes"), part, 0, 0, 255));
    let whole: Vec<u8> = whole.collect();
    let likely = of_blob(&whole, false);
    assert_eq!(likely.certainty, Certainty::Likely);
    assert!(likely.agreed > 256 << 10 && likely.agreed < whole.len() as u64, "{}", likely.agreed);
    assert_eq!((likely.named[0].family, likely.named[0].level), (Family::Go, Some(6)));
    let proved = of_blob(&whole, true);
    assert_eq!((proved.certainty, proved.agreed), (Certainty::Proved, whole.len() as u64));
    assert!(proved.named.iter().all(|named| likely.named.contains(named)));
}

/// The miss in a member beyond those that are described is found all the same.
#[test]
fn a_miss_far_behind_has_its_place() {
    let recipe = Recipe::Go(why_differ::encoder::go::Releases::From1_15To1_26, 6);
    let text = large();
    let part = |number: usize| &text[number * 4000..(number + 1) * 4000];
    let mut whole: Vec<u8> = (0..100).flat_map(|n| blob(&encoded(recipe, part(n)), part(n), 0, 0, 255)).collect();
    let before = whole.len() as u64;
    let other = Recipe::Zlib(9, why_differ::encoder::zlib::Memory::Eight);
    whole.extend(blob(&encoded(other, part(100)), part(100), 0, 0, 255));
    let miss = of_blob(&whole, true).nearest.expect("someone came near");
    assert!(miss.compressed >= before + 10, "{miss:?}");
    assert_eq!(miss.block, Some(0));
    assert!(miss.uncompressed.is_some_and(|offset| (400_000..404_000).contains(&offset)), "{miss:?}");
}

/// The first flush of a block that does not compress stands behind all that is looked at first.
#[test]
fn a_flush_that_is_far_away_is_thought_of() {
    let mut plain = random(900 << 10);
    plain.extend(b"and then words, and words again".iter().cycle().take(700 << 10));
    let rows: Vec<_> = recipes().into_iter().filter(|(_, named)| named.family == Family::Pgzip).collect();
    assert!(!rows.is_empty());
    for (recipe, named) in rows.into_iter().filter(|(_, named)| named.level == Some(5)) {
        let identity = of_blob(&blob(&encoded(recipe, &plain), &plain, 0x886e_0900, 0, 255), true);
        assert_eq!(identity.certainty, Certainty::Proved, "{named:?}");
        assert!(identity.named.iter().any(|found| found.family == Family::Pgzip), "{named:?}: {:?}", identity.named);
    }
}

/// Bytes that do not compress.
fn random(length: usize) -> Vec<u8> {
    let mut state = 7_u64;
    let bytes = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    });
    bytes.take(length).collect()
}

/// Bytes that hardly compress, so that what is read at first ends before a large block does.
fn noise(length: usize) -> Vec<u8> {
    random(length).into_iter().map(|byte| if byte < 32 { b'a' } else { byte }).collect()
}

/// Blocks of other sizes than the usual ones, whether their ends are among what is read at first or far behind it.
#[test]
fn sizes_of_blocks_are_found() {
    let text: Vec<u8> = b"words, and more words; ".iter().copied().cycle().take(500_000).collect();
    let noise = noise(9 << 20);
    let random = random(2_100_000);
    let of = |family, versions: &str| {
        classes().find(|class| class.family == family && class.versions == versions).expect("a class")
    };
    let pigz = [
        of(Family::Pigz, "2.6–2.8"),
        of(Family::Pigz, "2.6–2.8 with -p 1"),
        of(Family::Pigz, "2.6–2.8 with --independent"),
    ];
    let pgzip = [of(Family::Pgzip, "≥ 1.18.1"), of(Family::Pgzip, "1.9.0–1.9.7")];
    let check = |class: &Class, level: i8, block: u32, plain: &[u8]| {
        let (mtime, os) = if class.family == Family::Pgzip { (0x886e_0900, 255) } else { (0, 3) };
        let blob = blob(&encoded(class.recipe(level, block), plain), plain, mtime, 0, os);
        let own = |named: &Named| {
            (named.family, named.versions, named.level, named.block)
                == (class.family, class.versions, Some(level), Some(block))
        };
        let identity = of_blob(&blob, true);
        assert_eq!(identity.certainty, Certainty::Proved, "{:?} {level}, {block}: {identity:?}", class.family);
        assert!(identity.named.iter().any(own), "{:?} {level}, {block}: {:?}", class.family, identity.named);
        of_blob(&blob, false)
    };
    for class in &pigz {
        for (level, block) in [(1, 40 << 10), (6, 33 << 10), (6, 200_704), (9, 256 << 10)] {
            check(class, level, block, &text);
        }
        let likely = check(class, 1, 3 << 20, &noise);
        assert!(likely.named.iter().all(|named| named.family == Family::Pigz), "{:?}", likely.named);
        // stored, so that blocks of pigz's end on a whole byte and without a mark
        for (level, block) in [(0, 40 << 10), (0, 1_000_000), (1, 64 << 10), (6, 100_000)] {
            check(class, level, block, &random);
        }
    }
    for class in &pgzip {
        check(class, 5, 100_000, &text);
        // what ends the stream tells that it was flushed, though no flush is among what is read
        let likely = check(class, 5, 3 << 20, &noise);
        let is_of_pgzip = |named: &Named| named.family == Family::Pgzip && named.block == Some(3 << 20);
        assert!(likely.named.iter().all(is_of_pgzip), "{:?}", likely.named);
    }
}

/// A beginning that is stored looks as if pigz had written it, and short blocks behind it as if they ended a large one of
/// its: whoever did write it is found.
#[test]
fn a_stored_beginning_leaves_nobody_out() {
    let mut plain = random(700 << 10);
    plain.extend(inputs::all().into_iter().find(|(name, _)| *name == "tar_synth").expect("an input").1);
    let families = [Family::Zlib, Family::GnuGzip, Family::Pigz, Family::ZlibNg, Family::Libdeflate, Family::Miniz];
    let rows = recipes().into_iter().filter(|(_, named)| families.contains(&named.family) && named.level == Some(6));
    let mut count = 0;
    for (recipe, named) in rows {
        let identity = of_blob(&blob(&encoded(recipe, &plain), &plain, 0, 0, 3), true);
        assert_eq!(identity.certainty, Certainty::Proved, "{named:?}: {identity:?}");
        assert!(identity.named.iter().any(|own| without_block(own) == named), "{named:?}: {:?}", identity.named);
        count += 1;
    }
    assert!(count > 8, "{count}");
}

#[test]
fn the_header_chooses_among_those_that_agree() {
    let plain = inputs::all().into_iter().find(|(name, _)| *name == "b65536").expect("an input").1;
    let go = classes().find(|class| class.family == Family::Go && class.versions == "≥ 1.27").expect("a class");
    let stream = encoded(go.recipe(6, 0), &plain);
    let family = |mtime: u32| of_blob(&blob(&stream, &plain, mtime, 0, 255), false).named[0].family;
    assert_eq!(family(0), Family::Go);
    assert_eq!(family(0x886e_0900), Family::Klauspost);
    let all = of_blob(&blob(&stream, &plain, 0, 0, 255), false);
    assert!(all.named.iter().any(|named| named.family == Family::Klauspost && named.versions == "≥ 1.18.2"));
    // zlib and GNU gzip: a file's name before the stream is gzip's, but not where the byte for the OS is Python's
    let plain = b"a few words, and a few words more";
    let named = |os: u8| {
        let mut blob = blob(&encoded(Recipe::Zlib(9, Memory::Eight), plain), plain, 1_700_000_000, 2, os);
        blob[3] = 8;
        blob.splice(10..10, *b"words.tar\0");
        of_blob(&blob, false).named
    };
    assert_eq!((named(3)[0].family, named(255)[0].family), (Family::GnuGzip, Family::Zlib));
    assert!(named(3).iter().any(|named| named.family == Family::Zlib));
}

/// Several encoders of few families: the tools of each for which the header speaks, each once.
#[test]
fn tools_of_all_that_agree_are_named() {
    let plain = inputs::all().into_iter().find(|(name, _)| *name == "tar_synth").expect("an input").1;
    let stream = encoded(Recipe::Zlib(6, Memory::Eight), &plain);
    let tools = |mtime: u32, os: u8| of_blob(&blob(&stream, &plain, mtime, 0, os), false).producers;
    let has = |tools: &[&str], name: &str| tools.iter().filter(|tool| tool.contains(name)).count();
    let both = tools(0, 255);
    assert_eq!((has(&both, "Jib"), has(&both, "Python's gzip")), (1, 1), "{both:?}");
    let with_time = tools(1_700_000_000, 255);
    assert_eq!((has(&with_time, "Jib"), has(&with_time, "Python's gzip")), (0, 1), "{with_time:?}");
}

/// A stream that agrees with nobody's beyond what any two have in common is not told to be near one.
#[test]
fn what_agrees_by_chance_is_not_near() {
    let blob = include_bytes!("../../corpus/encoders/zopfli.gz");
    let identity = of_blob(blob, true);
    assert_eq!((identity.certainty, identity.nearest, identity.agreed), (Certainty::Structure, None, 0));
}

/// A miss has the numbers and places that the list of blocks has.
#[test]
fn a_miss_stands_where_the_blocks_say() {
    let plain = large();
    // the first member does not show that pigz's blocks are so large
    let pigz = Recipe::Pigz(6, PigzWay::Many, 300_000);
    let members = [&plain[..100_000], &plain].map(|plain| blob(&encoded(pigz, plain), plain, 0, 0, 3));
    let blob = members.concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("blob");
    std::fs::write(&path, &blob).expect("a file");
    let options = Options { blocks: true, prove: true, ..Options::default() };
    let inspection = inspect(&format!("blob:{}", path.display()), &options, &());
    let layer = &inspection.layers[0];
    let miss = layer.encoder.as_ref().and_then(|encoder| encoder.nearest.as_ref()).expect("someone came near");
    assert_eq!(miss.member, Some(1), "{miss:?}");
    let mut of_member = layer.blocks.iter().filter(|block| Some(block.member) == miss.member);
    let number = miss.block.expect("a block") as usize;
    assert!(number > 0);
    let block = of_member.nth(number).expect("a block of that number");
    let bits = block.bit_offset..block.bit_offset + block.bits;
    assert!(
        bits.contains(&(miss.compressed_offset * 8)) || bits.contains(&(miss.compressed_offset * 8 + 7)),
        "{miss:?}"
    );
    let start = 100_000 + block.offset.expect("where it begins");
    // what ends a block stands where the next one begins
    let bytes = start..=start + block.uncompressed.expect("what it unpacks to");
    assert!(bytes.contains(&miss.uncompressed_offset.expect("a place in the tar")), "{miss:?} {block:?}");
}

/// What nobody known writes, beside what somebody does: another encoder, not the same at another level.
#[test]
fn an_unknown_encoder_is_another_one() {
    let plain: Vec<u8> = inputs::all().into_iter().find(|(name, _)| *name == "tar_synth").expect("an input").1;
    let odd = pigz::Options { block: 40 << 10, rsyncable: true, ..pigz::Options::level(9) };
    let mut pigz = pigz::Pigz::new(odd).expect("a size that pigz takes");
    let mut stream = Vec::new();
    pigz.write(&plain, &mut stream);
    pigz.finish(&mut stream);
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, blob: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, blob).expect("a file");
        format!("blob:{}", path.display())
    };
    let gzip = file("gzip", &blob(&encoded(Recipe::GnuGzip(9, false), &plain), &plain, 0, 2, 3));
    let pigz = file("pigz", &blob(&stream, &plain, 0, 2, 3));
    for (a, b) in [(&gzip, &pigz), (&pigz, &gzip)] {
        let report = why_differ::diff(a, b, &Options::default(), &());
        let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
        assert_eq!((finding.cause, finding.certainty), ("compression-encoder", why_differ::report::Certainty::Likely));
        assert!(finding.title.contains("an unknown encoder") && finding.title.contains("gzip"), "{}", finding.title);
    }
    // and two unknown streams are not told to be by two encoders
    let other = pigz::Options { block: 48 << 10, ..odd };
    let mut stream = Vec::new();
    let mut encoder = pigz::Pigz::new(other).expect("a size that pigz takes");
    encoder.write(&plain, &mut stream);
    encoder.finish(&mut stream);
    let report = why_differ::diff(&pigz, &file("other", &blob(&stream, &plain, 0, 2, 3)), &Options::default(), &());
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert!(!finding.title.contains("unknown"), "{}", finding.title);
}

/// Text like a distribution's, of a size that is not run to its end unless asked.
fn large() -> Vec<u8> {
    let (_, text) = inputs::all().into_iter().find(|(name, _)| *name == "text_3MiB").expect("an input");
    let mut large = Vec::new();
    for turn in 0..3u8 {
        large.extend(text.iter().map(|byte| byte ^ turn));
    }
    large
}

#[test]
fn a_large_layer_is_likely_until_it_is_proved() {
    let plain = large();
    assert!(plain.len() as u64 > why_differ::identify::SMALL);
    let blob =
        blob(&encoded(Recipe::Go(why_differ::encoder::go::Releases::From1_15To1_26, 1), &plain), &plain, 0, 4, 255);
    let likely = of_blob(&blob, false);
    assert_eq!(likely.certainty, Certainty::Likely);
    assert_eq!(likely.named[0].family, Family::Go);
    assert!(likely.agreed > 100_000 && likely.agreed < blob.len() as u64, "{}", likely.agreed);
    let proved = of_blob(&blob, true);
    assert_eq!((proved.certainty, proved.agreed), (Certainty::Proved, blob.len() as u64));
}

/// A stream whose blocks change their level half-way is nobody's, and the place where they do is found.
#[test]
fn the_place_of_the_first_divergence_is_told() {
    const BLOCK: usize = 1 << 20;
    let plain = large();
    let blocks: Vec<&[u8]> = plain.chunks(BLOCK).collect();
    let (mut stream, mut before): (Vec<u8>, &[u8]) = (Vec::new(), &[]);
    let half = blocks.len() / 2;
    let mut parted = 0;
    for (number, block) in blocks.iter().enumerate() {
        if number == half {
            parted = stream.len() as u64 + 10;
        }
        let level = if number < half { 5 } else { 3 };
        let mut deflate = Klauspost::new(Release::V1_18_2, level).expect("a level");
        Pgzip::block(&mut deflate, before, block, number + 1 == blocks.len(), &mut stream);
        before = block;
    }
    let blob = blob(&stream, &plain, 0x886e_0900, 0, 255);
    let identity = of_blob(&blob, true);
    assert_eq!((identity.certainty, &identity.named[..]), (Certainty::Unknown, &[][..]));
    let miss = identity.nearest.expect("someone came near");
    assert_eq!((miss.named.family, miss.named.level), (Family::Pgzip, Some(5)));
    assert_eq!(identity.agreed, miss.compressed);
    let at = miss.uncompressed.expect("a place");
    // The first block of the other level has the same bytes for as long as the two agree: at most its own length.
    assert!((parted..parted + 70_000).contains(&miss.compressed), "{} from {parted}", miss.compressed);
    assert!(((half * BLOCK) as u64..(half * BLOCK) as u64 + 131_070).contains(&at), "{at}");
    let block = Reader::new(&stream[..]).position(|block| block.offset + block.uncompressed > at);
    assert_eq!(miss.block, block.map(|block| block as u64));
}

/// What Go 1.27 changed is told as such, with what to do.
#[test]
fn old_and_new_go_are_told_in_a_sentence() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/encoders");
    let report = |b: &str| {
        why_differ::diff(&format!("blob:{folder}/go1.19-6.gz"), &format!("blob:{folder}/{b}"), &Options::default(), &())
    };
    let new = report("go1.27-6.gz");
    let text = why_differ::render::text::report(&new, &why_differ::render::View::default());
    assert_eq!(new.findings.iter().map(|finding| finding.cause).collect::<Vec<_>>(), ["compression-encoder"]);
    assert_eq!(new.findings[0].certainty, why_differ::report::Certainty::Proved);
    assert!(text.contains("Go 1.27 (August 2026) replaced its deflate encoder"), "{text}");
    let level = report("go1.19-9.gz");
    assert_eq!(level.findings.iter().map(|finding| finding.cause).collect::<Vec<_>>(), ["compression-level"]);
    let text = why_differ::render::text::report(&level, &why_differ::render::View::default());
    assert!(!text.contains("August 2026"), "{text}");
}

/// Where only the header differs, who wrote both is told too, and the proof is of both digests.
#[test]
fn the_encoder_behind_two_headers_is_told() {
    let blob = |name: &str| format!("blob:{}/corpus/encoders/{name}", env!("CARGO_MANIFEST_DIR"));
    let (a, b) = (blob("python-compress.gz"), blob("python-gzipfile.gz"));
    let report = why_differ::diff(&a, &b, &Options::default(), &());
    let [finding] = &report.findings[..] else { panic!("{:?}", report.findings) };
    assert_eq!((finding.cause, finding.certainty), ("gzip-header", why_differ::report::Certainty::Proved));
    let sides = finding.evidence.iter().find_map(|piece| match piece {
        why_differ::report::Evidence::Encoder { sides, .. } => Some(sides),
        _ => None,
    });
    let sides = sides.expect("the encoders are evidence");
    assert!(sides.a.proved && sides.b.proved && sides.a.title == sides.b.title, "{sides:?}");
    let text = why_differ::render::text::report(&report, &why_differ::render::View::default());
    assert_eq!(text.matches("zlib level 9").count(), 1, "said once of both: {text}");
    let json = why_differ::render::json::report(&report, false);
    let json: serde_json::Value = serde_json::from_str(&json).expect("a report is JSON");
    let evidence = json["findings"][0]["evidence"].as_array().expect("evidence is a list");
    let encoder = evidence.iter().find_map(|piece| piece["b"].get("encoder")).expect("the contract's encoder");
    assert_eq!(
        (&encoder["family"], &encoder["level"], &encoder["certainty"]),
        (&"zlib".into(), &9.into(), &"proved".into())
    );
}

fn skippable(content: &[u8]) -> Vec<u8> {
    [&b"\x50\x2a\x4d\x18"[..], &(content.len() as u32).to_le_bytes(), content].concat()
}

/// Where nothing was compressed, nobody compressed it.
#[test]
fn skippable_frames_are_nobodys() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, blob) in [("one", skippable(b"hello")), ("two", [skippable(b""), skippable(b"table")].concat())] {
        let path = folder.path().join(name);
        std::fs::write(&path, blob).expect("a file");
        let inspection = inspect(&format!("blob:{}", path.display()), &Options::default(), &());
        assert!(inspection.layers.iter().all(|layer| layer.encoder.is_none()), "{name}: {:?}", inspection.layers);
    }
}

/// Members without end that nearly every encoder writes alike: they are left before all candidates wrote all of them, and
/// what was left is not called proved.
#[test]
fn members_without_end_are_left() {
    let go = Recipe::Go(why_differ::encoder::go::Releases::From1_15To1_26, 6);
    let many = blob(&encoded(go, b""), b"", 0, 0, 255).repeat(9000);
    let identity = of_blob(&many, false);
    assert_eq!(identity.certainty, Certainty::Likely);
    assert!(identity.agreed > 10 && identity.agreed < many.len() as u64, "{}", identity.agreed);
    let few = of_blob(&blob(&encoded(go, b""), b"", 0, 0, 255).repeat(90), false);
    assert_eq!((few.certainty, few.named.len()), (Certainty::Proved, identity.named.len()));
    assert!(identity.named.iter().all(|named| few.named.contains(named)), "{:?}", identity.named);
}

/// Empty blocks without end are nobody's, and nobody keeps them.
#[test]
fn empty_blocks_without_end_are_nobodys() {
    // ten bits each, in the fixed codes: four fill five bytes
    let four = (0..4).fold(0u64, |bits, block| bits | 0b010 << (10 * block)).to_le_bytes();
    let stream = [four[..5].repeat(1 << 20), vec![0b011, 0]].concat();
    let identity = of_blob(&blob(&stream, b"", 0, 0, 255), true);
    assert_eq!((identity.certainty, &identity.named[..]), (Certainty::Unknown, &[][..]));
}

/// A layer that begins with more zeros than are tried: found by its first block, not by writing all of it.
#[test]
fn a_beginning_of_zeros_is_not_written_to_the_end() {
    let plain = [vec![0; 20 << 20], large()].concat();
    let blob = blob(&encoded(Recipe::Zlib(6, Memory::Eight), &plain), &plain, 0, 0, 3);
    let likely = of_blob(&blob, false);
    assert_eq!(likely.certainty, Certainty::Likely);
    assert!(likely.agreed > 100 && likely.agreed < blob.len() as u64 / 2, "{} of {}", likely.agreed, blob.len());
    assert!(likely.named.iter().any(|named| named.family == Family::Zlib && named.level == Some(6)));
}

/// Where the first member is somebody's and the next is not, the blob as a whole is nobody's, by its structure neither.
#[test]
fn the_second_member_by_another_level_is_where_it_parts() {
    let plain = large();
    let (one, other) = plain.split_at(1 << 20);
    let first = blob(&encoded(Recipe::Zlib(6, Memory::Eight), one), one, 0, 0, 3);
    let second = blob(&encoded(Recipe::Zlib(1, Memory::Eight), other), other, 0, 4, 3);
    let identity = of_blob(&[&first[..], &second].concat(), true);
    assert_eq!((identity.certainty, &identity.named[..]), (Certainty::Unknown, &[][..]));
    let miss = identity.nearest.expect("somebody wrote the first");
    assert!(miss.compressed > first.len() as u64, "{miss:?}");
    assert!(miss.uncompressed.is_some_and(|at| at >= one.len() as u64), "{miss:?}");
    assert_eq!((miss.named.family, miss.named.level), (Family::Zlib, Some(6)));
}
