//! A database that containerd wrote (`corpus/stores/make-containerd`), small ones made here page by page, and damage.
#![allow(clippy::disallowed_methods, reason = "the tests read the corpus")]

use std::cell::Cell;

use proptest::prelude::*;

use super::*;

const PAGE: usize = 4096;

impl Bytes for Vec<u8> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(at).expect("small");
        let part = self.get(at..at + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(part);
        Ok(())
    }
}

fn real() -> Vec<u8> {
    let path = "corpus/stores/containerd/io.containerd.metadata.v1.bolt/meta.db";
    std::fs::read(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect("the corpus has it")
}

/// All that is in a bucket, buckets in it with a slash behind their names.
fn all(tree: &Tree<'_>, bucket: &Bucket, path: &str, out: &mut Vec<String>) -> Result<(), Fault> {
    tree.each(bucket, &mut |name, value| {
        let name = format!("{path}{}", String::from_utf8_lossy(name));
        match value {
            Value::Bytes(bytes) => out.push(format!("{name}={}", bytes.len())),
            Value::Bucket(bytes, at) if path.matches('/').count() < 9 => {
                all(tree, &tree.bucket_of(bytes, at)?, &format!("{name}/"), out)?;
            }
            Value::Bucket(..) => {}
        }
        Ok(())
    })
}

fn walked(bytes: &dyn Bytes) -> Result<Vec<String>, Fault> {
    let walk = |tree: &Tree<'_>| {
        let mut out = Vec::new();
        all(tree, &tree.root(), "", &mut out)?;
        Ok(out)
    };
    Ok(look(bytes, walk)?.0)
}

#[test]
fn what_containerd_wrote_is_read() {
    let found = walked(&real()).expect("it is whole");
    let has = |name: &str| found.iter().any(|own| own == name);
    assert!(has("v1/version=1"), "{found:?}");
    // on the 1st and on the last page of the bucket
    for nth in ["01", "15", "30"] {
        assert!(has(&format!("v1/default/images/registry.example/store/{nth}:1/target/digest=71")), "{nth}");
    }
    // on a page that overflows
    assert!(has("v1/default/images/localhost/store:pulled/labels/first=4000"));
    assert!(has("v1/default/images/localhost/store:pulled/labels/second=4000"));
    let blobs = |namespace: &str| {
        let path = format!("v1/{namespace}/content/blob/sha256:");
        found.iter().filter(|name| name.starts_with(&path) && name.contains("/size=")).count()
    };
    assert_eq!((blobs("default"), blobs("k8s.io"), blobs("cut")), (4, 4, 3));
}

#[test]
fn one_meta_is_enough() {
    let whole = real();
    let newest = newest(&whole).expect("it is whole").transaction;
    let spoilt = |page: usize| {
        let mut bytes = whole.clone();
        bytes[page * PAGE + HEADER + 20] ^= 1;
        bytes
    };
    let transactions: Vec<u64> =
        (0..2).map(|page| super::newest(&spoilt(page)).expect("one is left").transaction).collect();
    assert_eq!((transactions.iter().max(), transactions.iter().min()), (Some(&newest), Some(&(newest - 1))));
    let mut none = spoilt(0);
    none[PAGE + HEADER] ^= 1;
    for bytes in [none, Vec::new(), vec![0; 100], b"PK\x03\x04 no database".repeat(1000)] {
        let fault = super::newest(&bytes).expect_err("there is none");
        assert!(matches!(&fault, Fault::Damaged { at: 0, why } if why.contains("no valid meta page")), "{fault:?}");
    }
}

/// A page of a database.
fn page(number: u64, kind: u16, elements: &[[u32; 4]], rest: &[u8]) -> Vec<u8> {
    let mut page = number.to_le_bytes().to_vec();
    page.extend(kind.to_le_bytes());
    page.extend(u16::try_from(elements.len()).expect("few").to_le_bytes());
    page.extend([0; 4]);
    page.extend(elements.iter().flatten().flat_map(|field| field.to_le_bytes()));
    page.extend(rest);
    page.resize(PAGE, 0);
    page
}

/// A database whose root is page 2.
fn database(transaction: u64, pages: &[Vec<u8>]) -> Vec<u8> {
    let meta = |number: u64, transaction: u64| {
        let mut meta = Vec::new();
        for field in [MAGIC, VERSION, PAGE as u32, 0] {
            meta.extend(field.to_le_bytes());
        }
        for field in [2, 0, 0, 2 + pages.len() as u64, transaction] {
            meta.extend(field.to_le_bytes());
        }
        meta.extend(checksum(&meta).to_le_bytes());
        page(number, 4, &[], &meta)
    };
    [meta(0, transaction), meta(1, transaction - 1)].iter().chain(pages).flatten().copied().collect()
}

const BRANCH: u16 = 1;
const LEAF: u16 = 2;

/// A leaf of one name with one byte as its value.
fn named(number: u64, name: &str) -> Vec<u8> {
    let rest = [name.as_bytes(), b"!"].concat();
    page(number, LEAF, &[[0, 16, u32::try_from(name.len()).expect("short"), 1]], &rest)
}

#[test]
fn damage_is_told() {
    let child = |number: u32| [0, 0, number, 0];
    let table: [(&str, Vec<Vec<u8>>, &str); 11] = [
        ("a circle", vec![page(2, BRANCH, &[child(2)], &[])], "again and again"),
        (
            "a circle of two",
            vec![page(2, BRANCH, &[child(3), child(3)], &[]), page(3, BRANCH, &[child(2); 9], &[])],
            "again and again",
        ),
        ("a page behind the end", vec![page(2, BRANCH, &[child(9)], &[])], "leads to page 9, and there are 3"),
        ("a meta as a child", vec![page(2, BRANCH, &[child(1)], &[])], "leads to page 1"),
        ("another page", vec![page(7, LEAF, &[], &[])], "expected page 2, found page 7"),
        ("a page of another kind", vec![page(2, 16, &[], &[])], "found a page of kind 16"),
        ("a name behind the page", vec![page(2, LEAF, &[[0, 16, 5000, 0]], &[])], "does not fit"),
        ("a value behind the page", vec![page(2, LEAF, &[[0, 16, 1, u32::MAX]], &[])], "does not fit"),
        ("values upon each other", vec![page(2, LEAF, &[[0, 100, 1, 900]; 9], &[])], "does not fit"),
        ("a bucket without a header", vec![page(2, LEAF, &[[1, 16, 1, 15]], b"nxxxxxxxxxxxxxxx")], "expected a bucket"),
        (
            "more elements than fit",
            vec![{
                let mut page = page(2, LEAF, &[], &[]);
                page[10..12].copy_from_slice(&u16::MAX.to_le_bytes());
                page
            }],
            "65535 elements do not fit",
        ),
    ];
    for (what, pages, expected) in table {
        match walked(&database(9, &pages)) {
            Err(Fault::Damaged { why, .. }) => assert!(why.contains(expected), "{what}: {why}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    let mut overflowing = named(2, "a");
    overflowing[12] = 9;
    let fault = walked(&database(9, &[overflowing])).expect_err("there are no such pages");
    assert!(matches!(&fault, Fault::Damaged { why, .. } if why.contains("goes on for 9 pages")), "{fault:?}");
    // a chain of branches that is deeper than any tree
    let mut chain: Vec<_> = (2..60).map(|number| page(number, BRANCH, &[child(number as u32 + 1)], &[])).collect();
    chain.push(named(60, "a"));
    let fault = walked(&database(9, &chain)).expect_err("too deep");
    assert!(matches!(&fault, Fault::Damaged { why, .. } if why.contains("40 levels")), "{fault:?}");
}

/// A database that becomes the next one after so many readings.
struct Changing {
    states: Vec<Vec<u8>>,
    every: u32,
    readings: Cell<u32>,
}

impl Bytes for Changing {
    fn length(&self) -> io::Result<u64> {
        self.states[0].length()
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        let state = (self.readings.get() / self.every) as usize;
        self.readings.set(self.readings.get() + 1);
        self.states[state.min(self.states.len() - 1)].read(at, buffer)
    }
}

/// Whatever the moment, one state is seen and never parts of two.
#[test]
fn a_look_is_one_state() {
    let child = |number: u32| [0, 0, number, 0];
    let state = |transaction: u64, name: &str| {
        let pages = [page(2, BRANCH, &[child(3), child(4)], &[]), named(3, name), named(4, name)];
        database(transaction, &pages)
    };
    let damaged = database(9, &[page(2, BRANCH, &[child(3)], &[]), named(9, "?"), named(4, "?")]);
    let (one, two) = (vec!["one=1".to_owned(); 2], vec!["two=1".to_owned(); 2]);
    let mut seen = (0, 0);
    for first in [state(8, "one"), damaged] {
        for every in 1..12 {
            let changing = Changing { states: vec![first.clone(), state(10, "two")], every, readings: Cell::new(0) };
            match walked(&changing) {
                Ok(found) if found == one => seen.0 += 1,
                Ok(found) if found == two => seen.1 += 1,
                // the change came after the look
                Err(Fault::Damaged { .. }) => assert!(every > 4, "{every}"),
                other => panic!("{every}: {other:?}"),
            }
        }
    }
    assert!(seen.0 > 0 && seen.1 > 0, "{seen:?}");
    let states = (2..200).map(|transaction| state(transaction, "never")).collect();
    assert_eq!(walked(&Changing { states, every: 3, readings: Cell::new(0) }), Err(Fault::Busy));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in the file, a look ends, and in words.
    #[test]
    fn any_bytes_are_survived(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60),
        headers in prop::collection::vec((2_usize..60, 8_usize..48, any::<u8>()), 0..40),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = real();
        let length = bytes.len();
        for (index, byte) in changes {
            // the metas are left alone: behind a wrong one nothing is read
            bytes[2 * PAGE + index.index(length - 2 * PAGE)] = byte;
        }
        for (page, at, byte) in headers {
            bytes[page * PAGE + at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(2 * PAGE + cut.index(length - 2 * PAGE));
        }
        let _ = walked(&bytes);
    }
}
