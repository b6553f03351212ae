//! Alignment, diagnosis and proof: layers aligned, entries compared, deltas claimed and replayed, on models made here and
//! on real images.

use std::hint::black_box;

use criterion::Criterion;
use why_differ::compare::align::align;
use why_differ::layer::tar::Tar;
use why_differ::layer::tar::read::TarReader;
use why_differ::limits::Limits;
use why_differ::pair::Pair;
use why_differ::{Options, compare, diff};

/// How many entries the made layers have.
const ENTRIES: usize = 20_000;

/// A tar of empty files with that modification time.
fn made(mtime: u64) -> Tar {
    let mut builder = tar::Builder::new(Vec::new());
    for number in 0..ENTRIES {
        let mut header = tar::Header::new_ustar();
        header.set_size(0);
        header.set_mode(0o644);
        header.set_mtime(mtime);
        builder
            .append_data(&mut header, format!("usr/share/d{}/file{number}", number % 97), &b""[..])
            .expect("memory takes everything");
    }
    let bytes = builder.into_inner().expect("memory takes everything");
    let mut reader = TarReader::new(&Limits::default());
    reader.push(&bytes);
    reader.finish().expect("a small tar is within the limits")
}

fn alignment(criterion: &mut Criterion) {
    let (a, b): (Vec<u32>, Vec<u32>) = ((0..120).collect(), (0..120).filter(|n| n % 7 != 3).chain(500..520).collect());
    criterion.bench_function("align 120 layers", |bencher| {
        bencher.iter(|| align(black_box(&a), black_box(&b), |a, b| a == b))
    });
}

fn entries(criterion: &mut Criterion) {
    let pair = Pair::new(made(1_700_000_000), made(1_700_000_010));
    criterion.bench_function("compare 20,000 entries of another mtime", |bencher| {
        bencher.iter(|| {
            let lists = Pair::new(compare::tars::list(&pair.a, 0), compare::tars::list(&pair.b, 0));
            let mut deltas = Vec::new();
            compare::tars::compare(lists.as_ref().map(|list| &list[..]), 0, true, &mut deltas);
            assert_eq!(deltas.len(), ENTRIES);
        });
    });
}

fn whole(criterion: &mut Criterion) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/wild");
    for (name, a, b) in [
        ("docker/ctr", "docker20-push.tar", "ctr16-push.tar"),
        ("two builds", "docker20-push.tar", "docker20-rebuild.tar"),
        ("unrelated", "docker20-push.tar", "docker20-export-import.tar"),
    ] {
        let (a, b) = (format!("{folder}/{a}"), format!("{folder}/{b}"));
        for (what, prove) in [("diagnose", false), ("prove", true)] {
            let options = Options { prove, ..Options::default() };
            criterion.bench_function(&format!("{what} {name}"), |bencher| bencher.iter(|| diff(&a, &b, &options, &())));
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    alignment(&mut criterion);
    entries(&mut criterion);
    whole(&mut criterion);
    criterion.final_summary();
}
