//! Odd tars, block by block, and what each means.

use super::read::TarReader;
use super::*;
use crate::layer::entry::Kind;
use crate::limits::Limits;

/// A header with a right checksum, changed by `change` before it is summed.
fn header(name: &[u8], typeflag: u8, size: u64, change: impl FnOnce(&mut [u8; BLOCK])) -> Vec<u8> {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000007\0");
    block[156] = typeflag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    change(&mut block);
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block.to_vec()
}

fn plain(name: &str, typeflag: u8, size: u64) -> Vec<u8> {
    header(name.as_bytes(), typeflag, size, |_| {})
}

/// `bytes` filled up to a block.
fn body(bytes: &[u8]) -> Vec<u8> {
    let mut body = bytes.to_vec();
    body.resize(body.len().next_multiple_of(BLOCK), 0);
    body
}

fn extension(typeflag: u8, bytes: &[u8]) -> Vec<u8> {
    [plain("extension", typeflag, bytes.len() as u64), body(bytes)].concat()
}

/// An extension header of PAX records.
fn pax(typeflag: u8, records: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = String::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let digits = if rest < 9 { 1 } else { 2 };
        bytes += &format!("{} {key}={value}\n", rest + digits);
    }
    extension(typeflag, bytes.as_bytes())
}

fn end() -> Vec<u8> {
    vec![0; 2 * BLOCK]
}

fn read_with(limits: &Limits, parts: &[Vec<u8>]) -> Result<Tar, crate::layer::limit::LimitError> {
    let mut reader = TarReader::new(limits);
    reader.push(&parts.concat());
    reader.finish()
}

fn read(parts: &[Vec<u8>]) -> Tar {
    read_with(&Limits::default(), parts).expect("nothing here is near a limit")
}

fn paths(tar: &Tar) -> Vec<String> {
    tar.entries.iter().map(|entry| String::from_utf8_lossy(&entry.attributes.path).into_owned()).collect()
}

fn kinds(tar: &Tar) -> Vec<AnomalyKind> {
    tar.anomalies.iter().map(|anomaly| anomaly.kind.clone()).collect()
}

#[test]
fn names_are_put_together_as_each_dialect_does() {
    let long = "x".repeat(100);
    let no_magic = |block: &mut [u8; BLOCK]| block[257..265].fill(0);
    let prefix = |block: &mut [u8; BLOCK]| block[345..350].copy_from_slice(b"a/pre");
    let gnu = |block: &mut [u8; BLOCK]| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[345..357].copy_from_slice(b"00000000011\0");
    };
    let old_go = |block: &mut [u8; BLOCK]| {
        block[257..265].copy_from_slice(b"ustar  \0");
        block[345..350].copy_from_slice(b"a/pre");
    };
    let tar = read(&[
        header(long.as_bytes(), b'0', 0, no_magic),
        header(b"name", b'0', 0, prefix),
        header(b"name", b'0', 0, gnu),
        header(b"name", b'0', 0, old_go),
        end(),
    ]);
    assert_eq!(paths(&tar), [&long, "a/pre/name", "name", "a/pre/name"]);
    assert_eq!(tar.entries[2].attributes.atime.map(|time| time.seconds), Some(9));
    assert_eq!(tar.entries[3].attributes.atime, None);
    assert_eq!(tar.anomalies, []);
}

#[test]
fn extensions_override_in_their_order() {
    let tar = read(&[
        pax(b'g', &[("comment", "once"), ("uname", "g"), ("uid", "12")]),
        plain("global", b'0', 0),
        pax(b'x', &[("path", "pax"), ("uname", ""), ("uid", "")]),
        plain("local", b'0', 0),
        pax(b'x', &[("path", "pax")]),
        extension(b'L', b"long\0"),
        extension(b'K', b"target\0"),
        plain("gnu", b'2', 0),
        pax(b'X', &[("path", "sun")]),
        plain("solaris", b'0', 0),
        end(),
    ]);
    assert_eq!(paths(&tar), ["global", "pax", "long", "sun"]);
    let owners: Vec<_> = tar.entries.iter().map(|e| (&e.attributes.uname[..], e.attributes.uid)).collect();
    let global = (&b"g"[..], 12);
    assert_eq!(owners, [global, (b"", 0), global, global]);
    assert_eq!(tar.entries[2].attributes.link.as_deref(), Some(&b"target"[..]));
    assert_eq!(tar.entries[2].extensions.len(), 3);
    assert_eq!(tar.entries[1].offset, 3 * BLOCK as u64);
}

#[test]
fn only_bytes_that_are_no_header_are_content_of_a_link_or_folder() {
    let data = body(b"data of a hardlink");
    for typeflag in [b'1', b'2', b'3', b'5', b'6', b'V'] {
        let tar = read(&[plain("odd", typeflag, 18), plain("next", b'0', 0), end()]);
        assert_eq!(paths(&tar), ["odd", "next"]);
        assert_eq!((tar.entries[0].content.length, tar.entries[0].attributes.size), (0, 0));
        let tar = read(&[plain("odd", typeflag, 18), data.clone(), plain("next", b'0', 0), end()]);
        assert_eq!(paths(&tar), ["odd", "next"]);
        assert_eq!((tar.entries[0].content.length, tar.anomalies.len()), (18, 0));
        let tar = read(&[plain("odd", typeflag, 700), end()]);
        assert_eq!((tar.entries[0].content.length, tar.trailer.zeros, tar.anomalies.len()), (0, 1024, 0));
    }
    let tar = read(&[plain("long", b'1', 700), body(&[1; 700]), plain("next", b'0', 0), end()]);
    assert_eq!(tar.entries[0].content.digest, Digest::sha256(&[1; 700]));
    assert_eq!(tar.entries[0].attributes.content, None);
}

#[test]
fn other_types_have_the_content_that_their_size_says() {
    for typeflag in [b'D', b'M', b'N', b'A', b'7', b'S', 0] {
        let tar = read(&[plain("other", typeflag, 3), body(b"abc"), plain("next/", b'0', 0), end()]);
        assert_eq!(tar.entries[0].content.digest, Digest::sha256(b"abc"));
        assert_eq!(tar.entries[1].attributes.kind, Kind::Directory);
        assert_eq!(tar.anomalies, []);
    }
}

#[test]
fn a_pax_size_says_what_is_stored() {
    let tar = read(&[pax(b'x', &[("size", "3")]), plain("a", b'0', 0), body(b"abc"), end()]);
    assert_eq!((tar.entries[0].attributes.size, tar.entries[0].content.length), (3, 3));
    assert_eq!(tar.anomalies, []);
}

#[test]
fn what_is_odd_is_noted_where_it_stands() {
    use AnomalyKind as A;
    let after_end = |tail: &[u8]| [end(), tail.to_vec()].concat();
    let mut unsummed = plain("a", b'0', 0);
    unsummed[0] = b'b';
    let computed = unsummed.iter().map(|b| u64::from(*b)).sum::<u64>();
    let digits = unsummed[148..156].iter().map(|b| u64::from(*b)).sum::<u64>();
    let computed = computed - digits + 8 * 32;
    let mut strange = unsummed.clone();
    strange[257..265].fill(0);
    let number = |block: &mut [u8; BLOCK]| block[108..116].copy_from_slice(b"00x0000\0");
    let huge = |block: &mut [u8; BLOCK]| block[124..136].copy_from_slice(b"\x80\0\0\0\x10\0\0\0\0\0\0\0");
    let negative = |block: &mut [u8; BLOCK]| block[124..136].fill(0xff);
    let table: [(Vec<u8>, Vec<AnomalyKind>); 12] = [
        (vec![], vec![A::EndMarker { blocks: 0 }]),
        (vec![0; 700], vec![A::EndMarker { blocks: 1 }]),
        (plain("a", b'0', 0), vec![A::EndMarker { blocks: 0 }]),
        (after_end(b"junk"), vec![A::AfterEnd]),
        ([vec![0; 600], b"x".to_vec()].concat(), vec![A::EndMarker { blocks: 1 }, A::AfterEnd]),
        ([unsummed, end()].concat(), vec![A::Checksum { declared: Some(computed - 1), computed }]),
        ([strange, end()].concat(), vec![A::NotAHeader]),
        ([header(b"a", b'0', 0, number), end()].concat(), vec![A::Number(HeaderField::Uid)]),
        ([header(b"a", b'0', 0, negative), end()].concat(), vec![A::Number(HeaderField::Size)]),
        (header(b"a", b'0', 0, huge), vec![A::Truncated { missing: 1 << 60 }]),
        ([extension(b'x', b"9 nothing"), plain("a", b'0', 0), end()].concat(), vec![A::Pax]),
        (pax(b'x', &[("path", "pax")])[..600].to_vec(), vec![A::Truncated { missing: 424 }]),
    ];
    for (bytes, expected) in table {
        let tar = read(std::slice::from_ref(&bytes));
        assert_eq!(kinds(&tar), expected, "{}", bytes[..bytes.len().min(20)].escape_ascii());
    }
    let tar = read(&[plain("a", b'0', 0), end(), b"junk".to_vec()]);
    assert_eq!(tar.anomalies[0].offset, 3 * BLOCK as u64);
    assert_eq!(tar.trailer.rest.map(|rest| (rest.offset, rest.digest)), Some((1536, Digest::sha256(b"junk"))));
}

#[test]
fn signed_checksums_of_old_writers_fit() {
    let mut block = header(b"caf\xe9", b'0', 0, |block| block[257..265].fill(0));
    let sum = u32::from_str_radix(&String::from_utf8_lossy(&block[148..154]), 8).expect("octal digits");
    block[148..154].copy_from_slice(format!("{:06o}", sum - 256).as_bytes());
    assert_eq!(read(&[block, end()]).anomalies, []);
}

#[test]
fn limits_are_named() {
    let tight = Limits { entries: 1, extension: 8, kept: 4_000, ..Limits::default() };
    let junk: Vec<Vec<u8>> = (0..40).map(|_| [plain("a", b'0', 1), vec![1; BLOCK]].concat()).collect();
    let roomy = Limits { entries: 100, ..tight.clone() };
    let table = [
        (&tight, vec![plain("a", b'0', 0), plain("b", b'0', 0)], "--max-entries", 1),
        (&tight, vec![pax(b'x', &[("path", "pax")])], "--max-extension", 8),
        (&roomy, junk, "--max-kept", 4_000),
    ];
    for (limits, parts, option, value) in table {
        let error = read_with(limits, &parts).expect_err("the limit is tight");
        assert_eq!((error.option, error.value), (option, value));
        assert!(error.to_string().contains(option), "{error}");
    }
}

#[test]
fn holes_beyond_the_limit_are_not_hashed() {
    let records = [
        ("GNU.sparse.major", "1"),
        ("GNU.sparse.minor", "0"),
        ("GNU.sparse.realsize", "5000"),
        ("GNU.sparse.name", "real"),
    ];
    let map = b"1\n0\n3\n";
    let parts = [pax(b'x', &records), plain("GNUSparseFile.0/real", b'0', 515), body(map), body(b"abc"), end()];
    let tar = read(&parts);
    let mut whole = b"abc".to_vec();
    whole.resize(5_000, 0);
    assert_eq!(paths(&tar), ["real"]);
    assert_eq!(tar.entries[0].attributes.content, Some(Digest::sha256(&whole)));
    let limits = Limits { sparse: 4_996, ..Limits::default() };
    let tar = read_with(&limits, &parts).expect("this limit is no error");
    assert_eq!((tar.entries[0].attributes.content, tar.entries[0].attributes.size), (None, 5_000));
    assert_eq!(kinds(&tar), [AnomalyKind::SparseTooLarge { size: 5_000 }]);
}
