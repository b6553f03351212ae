//! The tar model loses nothing and means what other readers read: over tars that real tools make at
//! test time, over those tars damaged, and over random bytes.

#![expect(clippy::disallowed_methods, reason = "runs the tools that make tars")]

mod tar_support;

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use tar_support::{Listed, Made, XATTR, lab, listed};
use why_differ::digest::Digest;
use why_differ::layer::entry::{Attributes, Kind};
use why_differ::layer::envelope::Unpacker;
use why_differ::layer::tar::read::TarReader;
use why_differ::layer::tar::write::write;
use why_differ::layer::tar::{AnomalyKind, Content, Dialect, Tar};
use why_differ::limits::Limits;

fn read(bytes: &[u8], chunk: usize) -> Tar {
    // What a damaged header claims of an extension is beyond any bound; only what is there is kept of it.
    let limits = Limits { extension: u64::MAX, kept: u64::MAX, ..Limits::default() };
    let mut reader = TarReader::new(&limits);
    bytes.chunks(chunk).for_each(|chunk| reader.push(chunk));
    reader.finish().expect("nothing here is near a limit")
}

fn written(tar: &Tar, source: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut contents = |content: &Content, out: &mut dyn Write| {
        let range = content.offset as usize..(content.offset + content.length) as usize;
        assert_eq!(Digest::sha256(&source[range.clone()]), content.digest);
        out.write_all(&source[range])
    };
    write(tar, &mut contents, &mut out)?;
    Ok(out)
}

/// What must hold of any bytes at all.
fn check_lossless(name: &str, bytes: &[u8], chunks: &[usize]) {
    let tar = read(bytes, 1 << 20);
    assert_eq!(tar.size, bytes.len() as u64, "{name}");
    let back = written(&tar, bytes).expect("writing to memory");
    assert!(back == bytes, "{name}: not the same bytes back");
    for chunk in chunks {
        assert_eq!(read(bytes, *chunk), tar, "{name} in pieces of {chunk}");
    }
}

#[test]
fn every_tool_s_tars_come_back_byte_for_byte() {
    for Made { name, bytes } in &lab().tars {
        check_lossless(name, bytes, &[1, 511, 4_097]);
        assert_eq!(read(bytes, 1 << 20).anomalies, [], "{name}");
    }
}

#[test]
fn the_corpus_comes_back_byte_for_byte() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/wild");
    let Ok(folder) = fs::read_dir(&corpus) else {
        println!("skipped: {} is not part of this package", corpus.display());
        return Ok(());
    };
    let mut layers = 0;
    for file in folder {
        let path = file?.path();
        let name = path.display().to_string();
        if path.is_dir() || !name.contains(".tar") {
            continue;
        }
        let archive = unpacked(&fs::read(&path)?)?;
        check_lossless(&name, &archive, &[4_097]);
        for entry in read(&archive, 1 << 20).entries {
            let Content { offset, length, .. } = entry.content;
            let layer = unpacked(&archive[offset as usize..(offset + length) as usize])?;
            // Documents are kept too, all of them as what cannot be read.
            check_lossless(&name, &layer, &[4_097]);
            layers += usize::from(read(&layer, 1 << 20).entries.len() > 1);
        }
    }
    assert!(layers > 0, "no layer in {}", corpus.display());
    Ok(())
}

/// The bytes of a blob of any compression.
fn unpacked(blob: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Unpacker::new(blob, &Limits::default()).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn normal(path: &[u8]) -> &[u8] {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let end = path.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1);
    &path[..end]
}

#[test]
fn file_contents_are_the_tree_s() {
    for Made { name, bytes } in &lab().tars {
        let mut files = 0;
        for entry in &read(bytes, 1 << 20).entries {
            let attributes = &entry.attributes;
            if attributes.kind != Kind::File {
                continue;
            }
            files += 1;
            let path = normal(&attributes.path);
            let found = attributes.content.map(|digest| digest.hex());
            // V7 and ustar writers cut or leave out what they cannot hold; none invents a name.
            let expected = lab().digests.get(path);
            assert!(expected.is_some(), "{name}: {}", path.escape_ascii());
            assert_eq!(found.as_ref(), expected, "{name}: {}", path.escape_ascii());
        }
        assert!(files > 5, "{name}: only {files} files");
    }
}

#[test]
fn sparse_files_are_stored_without_their_holes() {
    let mut seen = 0;
    for Made { name, bytes } in lab().tars.iter().filter(|made| made.name.contains("--sparse")) {
        for entry in &read(bytes, 1 << 20).entries {
            if normal(&entry.attributes.path) == b"sparse" {
                assert_eq!(entry.attributes.size, 1 << 18, "{name}");
                if entry.content.length < 60_000 {
                    seen += 1;
                }
            }
        }
    }
    if seen == 0 {
        println!("skipped: no tool made a sparse entry here");
    }
}

#[test]
fn extended_attributes_are_read_in_either_family() {
    if !lab().xattrs {
        println!("skipped: the temporary folder has no extended attributes");
        return;
    }
    for Made { name, bytes } in &lab().tars {
        if !["tar --format=posix --xattrs --acls", "bsdtar pax", "go unspecified"].contains(&&name[..]) {
            continue;
        }
        let tar = read(bytes, 1 << 20);
        let entry = tar.entries.iter().find(|entry| normal(&entry.attributes.path) == b"xattr");
        let xattrs = &entry.expect("the file is in the tree").attributes.xattrs;
        assert_eq!(xattrs.get(&b"user.why"[..]).map(|value| &value[..]), Some(XATTR), "{name}");
    }
}

fn letter(kind: Kind) -> char {
    match kind {
        Kind::File => 'f',
        Kind::Hardlink => 'h',
        Kind::Symlink => 'l',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
        Kind::Directory => 'd',
        Kind::Fifo => 'p',
        Kind::Other(_) => '?',
    }
}

fn as_listed(attributes: &Attributes, names_devices: bool) -> Listed {
    let end = attributes.path.iter().rposition(|b| *b != b'/').map_or(0, |i| i + 1);
    let (major, minor) = attributes.device.unwrap_or_default();
    let numbers = [attributes.uid, attributes.gid, attributes.size].map(u64::cast_signed);
    let [uid, gid, size] = numbers;
    let device = if names_devices { [major, minor].map(u64::cast_signed) } else { [0, 0] };
    Listed {
        path: attributes.path[..end].to_vec(),
        kind: letter(attributes.kind),
        numbers: [i64::from(attributes.mode), uid, gid, size, attributes.mtime.seconds, device[0], device[1]].to_vec(),
        strings: vec![
            attributes.uname.to_vec(),
            attributes.gname.to_vec(),
            attributes.link.as_deref().unwrap_or_default().to_vec(),
        ],
        digest: match (attributes.kind, attributes.content) {
            (Kind::File, Some(digest)) => digest.hex(),
            _ => "-".to_owned(),
        },
    }
}

#[test]
fn python_reads_the_same_entries() {
    for Made { name, bytes } in &lab().tars {
        if ["tar --format=gnu --listed-incremental=SNAPSHOT", "go gnu"].contains(&&name[..]) {
            continue; // Python takes the access times of GNU headers for ustar prefixes.
        }
        let Some(mut python) = listed(bytes) else {
            println!("skipped: Python does not list {name}");
            continue;
        };
        let tar = read(bytes, 1 << 20);
        assert_eq!(tar.entries.len(), python.len(), "{name}");
        for (entry, theirs) in tar.entries.iter().zip(&mut python) {
            let ours = as_listed(&entry.attributes, theirs.kind == 'c' || theirs.kind == 'b');
            if !matches!(theirs.kind, 'c' | 'b') {
                theirs.numbers[5..].fill(0);
            }
            if theirs.kind == '?' {
                // A dump of a folder's names: Python calls its size, and no more, the same.
                theirs.digest = "-".to_owned();
            }
            assert_eq!(&ours, theirs, "{name}");
        }
    }
}

#[test]
fn the_tar_crate_reads_the_same_entries() -> io::Result<()> {
    for Made { name, bytes } in &lab().tars {
        if name.contains("--label") {
            continue; // The crate stops at the blank size of a label.
        }
        let ours = read(bytes, 1 << 20);
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut ours = ours.entries.iter();
        for theirs in archive.entries()? {
            let mut theirs = theirs?;
            if theirs.header().entry_type().is_pax_global_extensions() {
                continue;
            }
            let entry = ours.next().expect("as many entries as the tar crate finds");
            let attributes = &entry.attributes;
            let is_sparse = attributes.kind == Kind::File && attributes.size != entry.content.length;
            let is_pax_sparse = is_sparse && entry.header.dialect() == Dialect::Ustar;
            if is_pax_sparse {
                continue; // The crate does not know these.
            }
            assert_eq!(theirs.path_bytes(), &attributes.path[..], "{name}");
            assert_eq!(theirs.link_name_bytes().as_deref(), attributes.link.as_deref(), "{name}");
            let header = theirs.header();
            assert_eq!(header.mode()?, attributes.mode, "{name}");
            assert_eq!(header.entry_size()?, entry.content.length, "{name}");
            let mut contents = Vec::new();
            theirs.read_to_end(&mut contents)?;
            if attributes.kind == Kind::File {
                assert_eq!(Some(Digest::sha256(&contents)), attributes.content, "{name}");
            }
        }
        assert!(ours.next().is_none(), "{name}: the tar crate finds fewer entries");
    }
    Ok(())
}

#[test]
fn a_tar_cut_anywhere_near_its_blocks_is_kept() {
    let made = lab().tars.iter().find(|made| made.name.contains("sparse-version=1.0"));
    let Some(Made { name, bytes }) = made else {
        println!("skipped: GNU tar is not installed");
        return;
    };
    for block in (0..bytes.len()).step_by(512).take(80) {
        for cut in [block, block + 1, block + 511] {
            check_lossless(name, &bytes[..cut.min(bytes.len())], &[]);
        }
    }
    let tar = read(&bytes[..700], 512);
    assert!(tar.anomalies.iter().any(|anomaly| matches!(anomaly.kind, AnomalyKind::Truncated { .. })));
}

/// A change to a tar.
#[derive(Debug, Clone)]
enum Damage {
    /// A byte of a header, whose checksum is put right again: deeper than the checksum.
    Header(Index, usize, u8),
    /// Any byte.
    Byte(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        4 => (any::<Index>(), 0usize..512, any::<u8>()).prop_map(|(i, at, b)| Damage::Header(i, at, b)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(i, b)| Damage::Byte(i, b)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), prop::collection::vec(any::<u8>(), 1..600)).prop_map(|(i, b)| Damage::Insert(i, b)),
        1 => (any::<Index>(), 1usize..1_100).prop_map(|(i, n)| Damage::Remove(i, n)),
    ]
}

fn apply(damage: &Damage, headers: &[usize], bytes: &mut Vec<u8>) {
    if bytes.len() < 512 {
        return;
    }
    match damage {
        Damage::Header(which, at, byte) => {
            let start = *which.get(headers);
            let Some(header) = bytes.get_mut(start..start + 512) else {
                return;
            };
            header[*at] = *byte;
            header[148..156].fill(b' ');
            let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
            header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
        Damage::Byte(which, byte) => *which.get_mut(bytes) = *byte,
        Damage::Cut(which) => bytes.truncate(which.index(bytes.len())),
        Damage::Insert(which, new) => {
            let at = which.index(bytes.len());
            bytes.splice(at..at, new.iter().copied());
        }
        Damage::Remove(which, count) => {
            let at = which.index(bytes.len());
            let end = (at + count).min(bytes.len());
            bytes.drain(at..end);
        }
    }
}

/// Where the headers of entries and extensions are: everything on a block boundary with a magic.
fn headers(bytes: &[u8]) -> Vec<usize> {
    let starts = (0..bytes.len().saturating_sub(511)).step_by(512);
    let mut headers: Vec<usize> = starts.filter(|at| bytes[at + 257..].starts_with(b"ustar")).collect();
    headers.push(0);
    headers
}

/// An extension that claims more bytes than there are, or than anybody would keep, is kept as far as it goes.
#[test]
fn extensions_that_claim_too_much_are_kept() {
    let extended = lab().tars.iter().flat_map(|Made { name, bytes }| {
        let headers = headers(bytes).into_iter().filter(|at| matches!(bytes[at + 156], b'x' | b'g' | b'L' | b'K'));
        headers.map(move |at| (name, bytes, at))
    });
    let mut count = 0;
    for (name, bytes, at) in extended.step_by(7) {
        for size in [*b"00004000001\0", *b"77777777777\0", *b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff"] {
            let mut bytes = bytes[at..(at + 20_480).min(bytes.len())].to_vec();
            bytes[124..136].copy_from_slice(&size);
            check_lossless(name, &bytes, &[511]);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

proptest! {
    // Failures are not written to a file: the tars they were found in are gone with the run.
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_kept(bytes in prop::collection::vec(any::<u8>(), 0..3_000), chunk in 1usize..700) {
        check_lossless("random bytes", &bytes, &[chunk]);
    }

    #[test]
    fn damaged_tars_are_kept(
        which in any::<Index>(),
        begin in any::<Index>(),
        damages in prop::collection::vec(damage(), 1..6),
        chunk in 1usize..2_000,
    ) {
        let made = which.get(&lab().tars);
        // A window of some entries: damage is as likely to meet a header as contents.
        let starts = headers(&made.bytes);
        let start = *begin.get(&starts);
        let mut bytes = made.bytes[start..(start + 20_480).min(made.bytes.len())].to_vec();
        let headers = headers(&bytes);
        for damage in &damages {
            apply(damage, &headers, &mut bytes);
        }
        check_lossless(&made.name, &bytes, &[chunk]);
    }
}
