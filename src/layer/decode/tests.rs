//! Small and big blobs take different ways through the decoder and must say the same.

use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::write::GzEncoder;

use super::*;
use crate::layer::envelope::Member;

/// A tar of `files` files of bytes that hardly compress, so that its blob outgrows one buffer.
fn tar(files: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut builder = ::tar::Builder::new(Vec::new());
    for i in 0..files {
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let bytes: Vec<u8> = (0..5_000).map(|_| noise()).collect();
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, format!("file-{i}"), &bytes[..]).expect("writing to memory");
    }
    builder.into_inner().expect("writing to memory")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("writing to memory");
    encoder.finish().expect("writing to memory")
}

/// Gives at most 1,000 bytes at a time, and an error instead of the end if it is told to.
struct Slow<'a>(&'a [u8], bool);

impl Read for Slow<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() && self.1 {
            return Err(io::Error::other("the disk is gone"));
        }
        let most = out.len().min(1_000);
        self.0.read(&mut out[..most])
    }
}

fn decode_with(blob: &[u8], walk: bool, limits: &Limits) -> Decoded {
    let seen = AtomicU64::new(0);
    let progress = |count| {
        seen.fetch_add(count, Ordering::Relaxed);
    };
    let decoded = decode(Slow(blob, false), None, &Ask { walk }, limits, &progress).expect("memory does not fail");
    assert_eq!(seen.into_inner(), blob.len() as u64);
    assert_eq!((decoded.blob_digest, decoded.blob_size), (Digest::sha256(blob), blob.len() as u64));
    decoded
}

#[test]
fn every_way_gives_the_same_tar() {
    for files in [0, 1, 200] {
        let tar = tar(files);
        let mut reader = TarReader::new(&Limits::default());
        reader.push(&tar);
        let expected = reader.finish().ok();
        let zstd = ::zstd::encode_all(&tar[..], 1).expect("writing to memory");
        for (blob, compression) in
            [(&tar, Compression::None), (&gzip(&tar), Compression::Gzip), (&zstd, Compression::Zstd)]
        {
            assert_eq!(blob.len() > PACKED, files == 200);
            let decoded = decode_with(blob, true, &Limits::default());
            assert_eq!((decoded.trouble, decoded.envelope.compression), (None, compression));
            assert_eq!((decoded.diff_id, decoded.tar_size), (Digest::sha256(&tar), tar.len() as u64));
            assert_eq!(decoded.tar, expected);
            assert_eq!(decode_with(blob, false, &Limits::default()).tar, None);
        }
    }
}

#[test]
fn the_blob_is_hashed_as_its_descriptor_does() {
    for files in [1, 200] {
        let tar = tar(files);
        for blob in [&tar, &gzip(&tar)] {
            let mut hasher = Hasher::Sha512(Default::default());
            hasher.update(blob);
            let expected = hasher.finish();
            let decoded = decode(&blob[..], Some(&expected), &Ask::default(), &Limits::default(), &|_| {});
            let decoded = decoded.expect("memory does not fail");
            assert_eq!((decoded.blob_digest, decoded.diff_id), (expected, Digest::sha256(&tar)));
        }
    }
}

#[test]
fn a_damaged_blob_is_hashed_to_its_end() {
    for files in [1, 200] {
        let tar = tar(files);
        let mut blob = gzip(&tar);
        let middle = blob.len() / 2;
        blob[middle..middle + 8].fill(0xff);
        let decoded = decode_with(&blob, true, &Limits::default());
        assert!(decoded.trouble.is_some());
        let cut = decode_with(&gzip(&tar)[..middle], true, &Limits::default());
        assert!(matches!(cut.trouble, Some(DecodeError::Truncated { offset, .. }) if offset == middle as u64));
        assert!(cut.tar_size > 0 && cut.tar.is_some_and(|tar| tar.size == cut.tar_size));
        let junk = [&gzip(&tar)[..], &[7; 300_000]].concat();
        let trailing = decode_with(&junk, false, &Limits::default()).envelope.trailing;
        assert_eq!(trailing.map(|trailing| trailing.length), Some(300_000));
    }
}

#[test]
fn limits_leave_the_digests() {
    for files in [3, 200] {
        let tar = tar(files);
        for blob in [&tar, &gzip(&tar)] {
            let limits = Limits { entries: 2, ..Limits::default() };
            let decoded = decode_with(blob, true, &limits);
            assert!(matches!(decoded.trouble, Some(DecodeError::Limit(limit)) if limit.option == "--max-entries"));
            assert_eq!((decoded.diff_id, decoded.tar), (Digest::sha256(&tar), None));
            let limits = Limits { layer_size: 9_000, ..Limits::default() };
            let decoded = decode_with(blob, true, &limits);
            assert!(matches!(decoded.trouble, Some(DecodeError::Limit(limit)) if limit.option == "--max-layer-size"));
        }
    }
}

#[test]
fn a_reader_that_fails_is_an_error_and_not_damage() {
    for files in [1, 200] {
        let tar = tar(files);
        for blob in [&tar, &gzip(&tar)] {
            let result = decode(Slow(blob, true), None, &Ask { walk: true }, &Limits::default(), &|_| {});
            assert!(result.is_err_and(|error| error.to_string() == "the disk is gone"));
        }
    }
}

#[test]
fn contents_are_picked_in_one_pass() -> io::Result<()> {
    let tar = tar(200);
    let size = tar.len() as u64;
    let ranges = [(0, 0), (0, 5), (512, 5_000), (514, 3), (262_140, 10), (size - 2, 9), (size + 7, 1)];
    for blob in [&tar, &gzip(&tar)] {
        let found = contents(&blob[..], &ranges, &Limits::default())?;
        for ((offset, length), found) in ranges.iter().zip(found) {
            let from = (*offset as usize).min(tar.len());
            let to = (from + *length as usize).min(tar.len());
            assert_eq!(found, tar[from..to], "{length} bytes at {offset}");
        }
    }
    // What stands behind the last range is not read.
    let mut reader = Cursor::new(gzip(&tar));
    contents(&mut reader, &ranges[..4], &Limits::default())?;
    assert!(reader.position() < reader.get_ref().len() as u64 / 2);
    let error = contents(&tar[..], &[(0, 1 << 40)], &Limits::default()).expect_err("beyond the limit");
    assert!(error.to_string().contains("--max-evidence"));
    let error = contents(&gzip(&tar)[..900], &[(0, 1 << 20)], &Limits::default()).expect_err("cut off");
    assert!(error.to_string().contains("ends at byte 900"), "{error}");
    Ok(())
}

#[test]
fn the_first_difference_is_found_in_any_pieces() -> io::Result<()> {
    let long = vec![1; 300_000];
    let mut other = long.clone();
    other[200_001] = 2;
    let table: [(&[u8], &[u8], Option<u64>); 6] = [
        (b"", b"", None),
        (b"", b"a", Some(0)),
        (b"abc", b"abd", Some(2)),
        (&long, &long, None),
        (&long, &long[..150_000], Some(150_000)),
        (&long, &other, Some(200_001)),
    ];
    for (a, b, expected) in table {
        assert_eq!(first_difference(a, b)?, expected);
        assert_eq!(first_difference(Slow(b, false), a)?, expected);
    }
    Ok(())
}

#[test]
fn an_envelope_is_that_of_the_whole_blob() {
    let tar = tar(200);
    let blob = [gzip(&tar[..500_000]), gzip(&tar[500_000..])].concat();
    let decoded = decode_with(&blob, false, &Limits::default());
    let members: Vec<u64> = (decoded.envelope.members.iter())
        .map(|member| match member {
            Member::Gzip(member) => member.uncompressed,
            _ => 0,
        })
        .collect();
    assert_eq!(members, [500_000, tar.len() as u64 - 500_000]);
}
