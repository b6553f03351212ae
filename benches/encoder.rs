//! How fast each encoder writes what another program would have written, beside zlib-ng's and miniz's own.
//!
//! The input is made here: half text, half noise, as in `layer`. `WHY_DIFFER_BENCH_TAR` names a real tar to compress
//! instead. `--only FAMILY LEVEL` compresses stdin once with the newest class, for `encoders.sh`, which holds the time
//! against that of the program whose bytes these are.

#![expect(missing_docs, reason = "what criterion's macros make has none")]
#![expect(clippy::disallowed_methods, reason = "reads the tar that the user names")]

use std::hint::black_box;
use std::io::{self, Read};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use why_differ::encoder::{Family, classes};

/// Bytes that are compressed at a time.
const PIECE: usize = 256 << 10;
/// Bytes of the made input.
const SIZE: usize = 8 << 20;

fn input() -> Vec<u8> {
    if let Some(path) = std::env::var_os("WHY_DIFFER_BENCH_TAR") {
        return std::fs::read(path).expect("the tar that WHY_DIFFER_BENCH_TAR names");
    }
    let mut state = 7u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    let words: Vec<String> = (0..4000).map(|_| format!("{:x} ", random() % 100_000)).collect();
    let mut bytes = Vec::with_capacity(SIZE + 16);
    while bytes.len() < SIZE {
        match bytes.len() >> 14 & 1 {
            0 => bytes.extend_from_slice(words[(random() % words.len()).min(random() % words.len())].as_bytes()),
            _ => bytes.push(random() as u8),
        }
    }
    bytes
}

/// Every family at its usual levels, the newest class of each.
fn encoders(criterion: &mut Criterion) {
    let input = input();
    let mut group = criterion.benchmark_group("encoders");
    group.throughput(Throughput::Bytes(input.len() as u64)).sample_size(10);
    let mut seen: Vec<(Family, i8)> = Vec::new();
    for class in classes() {
        for &level in class.levels.iter().filter(|level| [1, 3, 5, 6, 9].contains(*level)) {
            if seen.contains(&(class.family, level)) {
                continue;
            }
            seen.push((class.family, level));
            let recipe = class.recipe(level, 1 << 20);
            group.bench_function(BenchmarkId::new(class.family.name(), level), |bencher| {
                bencher.iter(|| {
                    let mut encoder = recipe.start().expect("a level of the class");
                    let mut out = Vec::new();
                    for piece in input.chunks(PIECE) {
                        encoder.write(piece, &mut out);
                        black_box(out.len());
                        out.clear();
                    }
                    encoder.finish(&mut out);
                });
            });
        }
    }
    group.finish();
}

/// Compresses stdin with the newest class of a family; what comes of it is dropped.
fn once(family: &str, level: &str) -> io::Result<()> {
    let level: i8 = level.parse().expect("a level");
    let class = classes().find(|class| class.family.name() == family && class.levels.contains(&level));
    let mut encoder = class.expect("a family at a level").recipe(level, 1 << 20).start().expect("a level of the class");
    let (mut input, mut piece, mut out) = (io::stdin().lock(), vec![0; PIECE], Vec::new());
    loop {
        match input.read(&mut piece)? {
            0 => break,
            count => encoder.write(&piece[..count], &mut out),
        }
        black_box(out.len());
        out.clear();
    }
    encoder.finish(&mut out);
    Ok(())
}

criterion_group!(benches, encoders);

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, only, family, level] = &arguments[..]
        && only == "--only"
    {
        return once(family, level);
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
    Ok(())
}
