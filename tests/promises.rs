//! The contract's promises about what is opened, checked and walked.
#![allow(clippy::disallowed_methods, reason = "tests make and change files")]

mod wild;

use std::path::{Path, PathBuf};

use why_differ::report::Sameness;
use why_differ::{Options, diff, inspect};

/// A copy of a layout folder of the corpus, to be damaged.
fn copied(name: &str, to: &Path) -> PathBuf {
    let from = PathBuf::from(wild::folder()).join(name);
    copy(&from, &to.join(name));
    to.join(name)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder is there") {
        let path = entry.expect("the folder can be listed").path();
        let target = to.join(path.file_name().expect("a listed path has a name"));
        if path.is_dir() {
            copy(&path, &target)
        } else {
            std::fs::copy(&path, &target).expect("a file can be copied");
        }
    }
}

/// The blob of the first layer of a layout.
fn first_layer(layout: &Path) -> PathBuf {
    let inspection = inspect(shown(layout).as_str(), &Options::default(), &());
    let digest = inspection.layers[0].digest.expect("layers of a layout are named by digests");
    layout.join("blobs/sha256").join(digest.hex())
}

fn shown(path: &Path) -> String {
    path.to_str().expect("the temporary directory's name is UTF-8").to_owned()
}

#[test]
fn equal_digests_are_not_opened_unless_asked_for() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let damaged = copied("skopeo-oci-zstd", dir.path());
    let blob = first_layer(&damaged);
    let mut bytes = std::fs::read(&blob).expect("the blob is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&blob, bytes).expect("the copy can be changed");
    let (a, b) = (format!("{}/skopeo-oci-zstd", wild::folder()), shown(&damaged));
    let report = diff(&a, &b, &Options::default(), &());
    assert_eq!((report.sameness, report.trouble.len()), (Some(Sameness::SameDigest), 0), "nothing was opened");
    let report = diff(&a, &b, &Options { verify: true, ..Options::default() }, &());
    assert_eq!(report.sameness, None);
    assert!(report.findings.iter().any(|finding| finding.cause == "blob-digest-mismatch"), "{:?}", report.trouble);
}

#[test]
fn every_blob_must_be_there_with_its_size_though_it_is_not_opened() {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let layout = copied("skopeo-oci-zstd", dir.path());
    let blob = first_layer(&layout);
    let a = format!("{}/skopeo-oci-zstd", wild::folder());
    let whole = std::fs::read(&blob).expect("the blob is there");
    std::fs::write(&blob, &whole[..whole.len() - 1]).expect("the copy can be changed");
    let report = diff(&a, &shown(&layout), &Options::default(), &());
    assert!(report.trouble.iter().any(|trouble| trouble.cause == Some("blob-size-mismatch")), "{:?}", report.trouble);
    assert_eq!(report.sameness, None);
    std::fs::remove_file(&blob).expect("the copy can be changed");
    let report = diff(&a, &shown(&layout), &Options::default(), &());
    assert!(report.trouble.iter().any(|trouble| trouble.message.contains("missing")), "{:?}", report.trouble);
}

#[test]
fn equal_declared_diff_ids_are_hashed_but_not_walked() {
    let (a, b) = (format!("{}/docker20-push.tar", wild::folder()), format!("{}/ctr16-push.tar", wild::folder()));
    let report = diff(&a, &b, &Options::default(), &());
    assert_eq!(report.layers.len(), 3);
    for row in &report.layers {
        for layer in [&row.layer.a, &row.layer.b] {
            let layer = layer.as_ref().expect("both sides have the layer");
            assert!(layer.diff_id.is_some() && layer.entries.is_none(), "{layer:?}");
        }
    }
}

#[test]
fn a_rebuild_opens_only_the_layers_that_differ() {
    let (a, b) = (format!("{}/docker20-push.tar", wild::folder()), format!("{}/docker20-rebuild.tar", wild::folder()));
    let report = diff(&a, &b, &Options::default(), &());
    let opened: Vec<bool> =
        report.layers.iter().map(|row| row.layer.a.as_ref().is_some_and(|layer| layer.compression.is_some())).collect();
    assert_eq!(opened, [false, true, true], "the first layer has one digest on both sides");
}
