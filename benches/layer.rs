//! How fast one layer is decoded: inflating and hashing it, and walking its tar.
//!
//! The layer is made here: half text that compresses like a distribution's files, half noise, so
//! that its gzip blob is a little under half its size, as layers' are. `WHY_DIFFER_BENCH_LAYER`
//! names a real blob to measure instead.

#![expect(missing_docs, reason = "what criterion's macros make has none")]
#![expect(clippy::disallowed_methods, reason = "reads the layer that the user names")]

use std::hint::black_box;
use std::io::{self, Read, Write};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::write::GzEncoder;
use why_differ::digest::Digest;
use why_differ::layer::decode::{Ask, Decoded, decode};
use why_differ::layer::envelope::Unpacker;
use why_differ::layer::tar::read::TarReader;
use why_differ::limits::Limits;

/// Entries of the made tar.
const FILES: usize = 4_000;
/// Mean size of its files in bytes.
const SIZE: usize = 8_000;

/// A tar of files between nothing and twice [`SIZE`], the same on every run.
fn made_tar() -> io::Result<Vec<u8>> {
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let words: Vec<String> = (0..500).map(|_| format!("{:x} ", random())).collect();
    let mut builder = tar::Builder::new(Vec::new());
    for i in 0..FILES {
        let size = random() % (2 * SIZE);
        let mut bytes = Vec::with_capacity(size + 16);
        while bytes.len() < size {
            match i % 2 {
                0 => bytes.extend_from_slice(words[random() % words.len()].as_bytes()),
                _ => bytes.push(random() as u8),
            }
        }
        bytes.truncate(size);
        let mut header = tar::Header::new_ustar();
        header.set_size(size as u64);
        header.set_mtime(1_700_000_000 + i as u64);
        builder.append_data(&mut header, format!("usr/share/folder-{}/file-{i}", i / 50), &bytes[..])?;
    }
    builder.into_inner()
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The gzip blob to measure and the tar in it.
fn layer() -> io::Result<(Vec<u8>, Vec<u8>)> {
    let Some(path) = std::env::var_os("WHY_DIFFER_BENCH_LAYER") else {
        let tar = made_tar()?;
        return Ok((gzip(&tar)?, tar));
    };
    let blob = std::fs::read(path)?;
    let mut tar = Vec::new();
    Unpacker::new(&blob[..], &Limits::default()).read_to_end(&mut tar)?;
    Ok((blob, tar))
}

fn decoded(blob: &[u8], walk: bool) -> io::Result<Decoded> {
    decode(blob, None, &Ask { walk }, &Limits::default(), &|_| {})
}

fn benches(criterion: &mut Criterion) {
    let (blob, tar) = layer().expect("the layer can be made or read");
    let zstd = zstd::encode_all(&tar[..], 3).expect("writing to memory");
    let mut group = criterion.benchmark_group("layer");
    group.sample_size(10).throughput(Throughput::Bytes(tar.len() as u64));
    for (name, blob) in [("gzip", &blob), ("zstd", &zstd), ("plain", &tar)] {
        group.bench_function(format!("{name}: inflate"), |bencher| {
            let mut out = vec![0; 256 << 10];
            bencher.iter(|| {
                let mut unpacker = Unpacker::new(&blob[..], &Limits::default());
                while unpacker.unpack(&mut out).is_ok_and(|count| count > 0) {}
                black_box(unpacker.into_envelope())
            });
        });
        group.bench_function(format!("{name}: inflate and hash"), |bencher| bencher.iter(|| decoded(blob, false)));
        group.bench_function(format!("{name}: inflate, hash and walk"), |bencher| bencher.iter(|| decoded(blob, true)));
    }
    group.bench_function("hash alone", |bencher| bencher.iter(|| Digest::sha256(black_box(&tar))));
    group.bench_function("tar walk alone", |bencher| {
        bencher.iter(|| {
            let mut reader = TarReader::new(&Limits::default());
            tar.chunks(256 << 10).for_each(|chunk| reader.push(chunk));
            reader.finish()
        });
    });
    group.finish();
    let mut group = criterion.benchmark_group("entries");
    let empty = empty_tar().expect("writing to memory");
    group.sample_size(10).throughput(Throughput::Elements(100_000));
    group.bench_function("walk 100,000 empty files", |bencher| {
        bencher.iter(|| {
            let mut reader = TarReader::new(&Limits::default());
            empty.chunks(256 << 10).for_each(|chunk| reader.push(chunk));
            reader.finish()
        });
    });
    group.finish();
}

/// 100,000 entries and no contents: what the entry list itself costs.
fn empty_tar() -> io::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for i in 0..100_000 {
        let mut header = tar::Header::new_ustar();
        header.set_mtime(1_700_000_000 + i);
        builder.append_data(&mut header, format!("usr/share/folder-{}/file-{i}", i / 50), io::empty())?;
    }
    builder.into_inner()
}

criterion_group!(all, benches);
criterion_main!(all);
