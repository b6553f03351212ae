//! Against stores that this file writes by itself, line by line; real ones are in `corpus/stores`.
#![allow(clippy::disallowed_methods, reason = "the tests make stores")]

use std::fs;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;

/// A store of one image of one layer.
struct Written {
    place: tempfile::TempDir,
    driver: &'static str,
    tar: Vec<u8>,
    lines: Vec<String>,
}

const CONFIG: &str = r#"{"architecture":"amd64","os":"linux"}"#;

impl Written {
    /// A layer of these files, with `behind` after the end of the archive.
    fn new(driver: &'static str, files: &[(&[u8], &[u8])], behind: &[u8]) -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        let (mut tar, mut lines, mut segment) = (Vec::new(), Vec::new(), Vec::new());
        let folder = place.path().join(if driver == "vfs" { "vfs/dir/aa" } else { "overlay/aa/diff" });
        fs::create_dir_all(&folder).expect("a folder");
        for (name, contents) in files {
            let mut header = tar::Header::new_gnu();
            header.as_old_mut().name[..name.len()].copy_from_slice(name);
            header.set_size(contents.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            segment.extend_from_slice(header.as_bytes());
            tar.extend_from_slice(&segment);
            lines.push(json!({"type": 2, "payload": STANDARD.encode(&segment), "position": lines.len()}).to_string());
            let size = if contents.is_empty() { json!(null) } else { json!(contents.len()) };
            let mut line = json!({"type": 1, "size": size, "payload": "AAAAAAAAAAA=", "position": lines.len()});
            match std::str::from_utf8(name) {
                Ok(name) => line["name"] = json!(name),
                Err(_) => line["name_raw"] = json!(STANDARD.encode(name)),
            }
            lines.push(line.to_string());
            tar.extend_from_slice(contents);
            segment = vec![0; contents.len().next_multiple_of(512) - contents.len()];
            let path = folder.join(std::ffi::OsStr::from_bytes(name));
            fs::create_dir_all(path.parent().expect("it is inside")).expect("a folder");
            fs::write(path, contents).expect("a file");
        }
        segment.extend_from_slice(&[0; 1024]);
        segment.extend_from_slice(behind);
        tar.extend_from_slice(&segment);
        lines.push(json!({"type": 2, "payload": STANDARD.encode(&segment), "position": lines.len()}).to_string());
        let written = Written { place, driver, tar, lines };
        written.write();
        written
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below.replace("DRIVER", self.driver))
    }

    fn put(&self, below: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("it is inside")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path(if self.driver == "vfs" { "vfs/dir/aa" } else { "overlay/aa/diff" }).join(name)
    }

    fn write(&self) {
        let (config, diff_id) = (Digest::sha256(CONFIG.as_bytes()), Digest::sha256(&self.tar));
        let manifest = json!({"schemaVersion": 2, "config": {"digest": config.to_string(), "size": CONFIG.len()},
            "layers": [{"digest": diff_id.to_string(), "size": self.tar.len()}]});
        let key = STANDARD.encode(config.to_string());
        self.put("DRIVER-images/0123abcd/manifest", manifest.to_string());
        self.put(&format!("DRIVER-images/0123abcd/={key}"), CONFIG);
        let images = json!([{"id": "0123abcd", "names": ["localhost/app:1"], "layer": "aa",
            "digest": Digest::sha256(manifest.to_string().as_bytes()).to_string()}]);
        self.put("DRIVER-images/images.json", images.to_string());
        let layers = json!([{"id": "aa", "diff-digest": diff_id.to_string(), "diff-size": self.tar.len()}]);
        self.put("DRIVER-layers/layers.json", layers.to_string());
        self.put("DRIVER-layers/aa.tar-split.gz", gzip(&self.lines.join("\n")));
    }

    fn open(&self, image: &str) -> Result<Opened, SourceError> {
        let name = format!("[{}@{}]{image}", self.driver, self.place.path().display());
        let reference = Reference::parse(&format!("containers-storage:{name}")).expect("a reference");
        super::open(&reference, &name, &Limits::default(), &Environment::default())
    }

    /// The layer as it is rebuilt, or what is said, with `%` for the store's folder.
    fn rebuilt(&self) -> Result<Vec<u8>, String> {
        let said = |error: String| error.replace(&*self.place.path().to_string_lossy(), "%");
        let opened = self.open("app:1").map_err(|error| said(error.to_string()))?;
        let digest = BlobName::Digest(Digest::sha256(&self.tar));
        let mut bytes = Vec::new();
        let mut stream = opened.source.open(&digest).map_err(|error| said(error.to_string()))?;
        stream.read_to_end(&mut bytes).map_err(|error| said(error.to_string()))?;
        assert_eq!(opened.source.size(&digest), Ok(Some(bytes.len() as u64)));
        Ok(bytes)
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

fn two_files() -> Written {
    Written::new("overlay", &[(b"etc/a", b"first"), (b"etc/b", b"second file")], b"")
}

#[test]
fn layers_are_rebuilt_to_the_byte() {
    let large = vec![7; 1_000_001];
    type Case<'a> = (&'a str, &'a [(&'a [u8], &'a [u8])], &'a [u8]);
    let table: [Case<'_>; 6] = [
        ("nothing", &[], b""),
        ("one", &[(b"etc/a", b"first")], b""),
        ("a whole block", &[(b"a", &[1; 512]), (b"b", b"")], b""),
        ("large", &[(b"usr/lib/large", &large), (b"usr/lib/small", b"s")], b""),
        ("a name that is not UTF-8", &[(b"usr/\xff\xfe", b"raw")], b""),
        ("bytes behind the end", &[(b"a", b"a")], b"left over"),
    ];
    for driver in ["overlay", "vfs"] {
        for (name, files, behind) in table {
            let written = Written::new(driver, files, behind);
            assert!(
                written.rebuilt().as_deref() == Ok(&written.tar),
                "{driver}: {name}: {:?}",
                written.rebuilt().err()
            );
        }
    }
}

#[test]
fn a_changed_store_is_told() {
    type Change = fn(&mut Written);
    let table: [(&str, Change, &str); 20] = [
        (
            "other contents",
            |it| fs::write(it.file("etc/a"), "First").expect("a file"),
            "its files do not make the layer again",
        ),
        ("shorter", |it| fs::write(it.file("etc/a"), "fir").expect("a file"), "\"etc/a\": expected 5 bytes, found 3"),
        ("longer", |it| fs::write(it.file("etc/a"), "first!").expect("a file"), "\"etc/a\": expected 5 bytes, found 6"),
        ("gone", |it| fs::remove_file(it.file("etc/b")).expect("a file"), "\"etc/b\": No such file"),
        (
            "a link instead",
            |it| {
                fs::remove_file(it.file("etc/b")).expect("a file");
                std::os::unix::fs::symlink("a", it.file("etc/b")).expect("a link");
            },
            "\"etc/b\": it is no regular file",
        ),
        ("no line", |it| it.lines[1] = "{".to_owned(), "tar-split line 2: no entry"),
        ("another type", |it| it.lines[1] = r#"{"type":3}"#.to_owned(), "expected an entry of type 1 or 2, found 3"),
        ("another position", |it| it.lines.swap(0, 2), "expected position 0, found 2"),
        ("a line is missing", |it| drop(it.lines.pop()), "its files do not make the layer again"),
        ("no base64", |it| it.lines[0] = r#"{"type":2,"payload":"?"}"#.to_owned(), "tar-split line 1: no base64"),
        ("a negative size", |it| it.lines[1] = r#"{"type":1,"name":"etc/a","size":-1}"#.to_owned(), "a negative size"),
        (
            "out of the folder",
            |it| it.lines[1] = r#"{"type":1,"name":"../../../layers.json","size":1}"#.to_owned(),
            "No such file",
        ),
        ("control characters", |it| it.lines[1] = r#"{"type":1,"name":"\u001b[31m","size":1}"#.to_owned(), "x1b[31m"),
        (
            "no tar-split",
            |it| fs::remove_file(it.path("overlay-layers/aa.tar-split.gz")).expect("a file"),
            "podman save --format oci-archive",
        ),
        ("no gzip", |it| it.put("overlay-layers/aa.tar-split.gz", "{}"), "expected gzip or zstd data"),
        (
            "cut gzip",
            |it| {
                let whole = gzip(&it.lines.join("\n"));
                it.put("overlay-layers/aa.tar-split.gz", &whole[..whole.len() - 9]);
            },
            "ends too early",
        ),
        (
            "no files",
            |it| fs::remove_dir_all(it.path("overlay/aa")).expect("a folder"),
            "has no folder of its files; write the image",
        ),
        (
            "composefs",
            |it| it.put("overlay/aa/composefs-data/composefs.blob", ""),
            "is kept as composefs; write the image",
        ),
        ("no digest", |it| it.put("overlay-layers/layers.json", r#"[{"id":"aa"}]"#), "has no digest of its tar"),
        ("no layer", |it| it.put("overlay-layers/layers.json", "[]"), "holds no layer aa"),
    ];
    for (name, change, expected) in table {
        let mut written = two_files();
        change(&mut written);
        if written.lines != two_files().lines {
            written.put("overlay-layers/aa.tar-split.gz", gzip(&written.lines.join("\n")));
        }
        let message = written.rebuilt().expect_err(name);
        assert!(message.contains(expected) && !message.contains('\u{1b}'), "{name}: {message}");
    }
}

#[test]
fn images_are_found_by_name_id_and_digest() {
    let written = two_files();
    let manifest = fs::read(written.path("overlay-images/0123abcd/manifest")).expect("a file");
    let digest = Digest::sha256(&manifest);
    for image in ["app:1", "localhost/app:1", "0123abcd", "0123", "@0123ab", "app:1@0123abcd", "sha256:0123abcd"] {
        assert!(written.open(image).is_ok(), "{image}: {:?}", written.open(image));
    }
    assert!(written.open(&format!("app@{digest}")).is_ok());
    for image in ["app:2", "0123abcde", "01", "app@0124", "@", "zz"] {
        let message = written.open(image).map(|_| ()).expect_err(image).to_string();
        assert!(message.contains("holds no image") && message.contains("localhost/app:1"), "{image}: {message}");
    }
}

#[test]
fn a_parent_that_is_its_own_parent_ends() {
    let written = two_files();
    let digest = Digest::sha256(&written.tar);
    let layers = json!([{"id": "aa", "parent": "aa", "diff-digest": digest.to_string()}]);
    written.put("overlay-layers/layers.json", layers.to_string());
    let message = written.open("app:1").map(|_| ()).expect_err("a circle").to_string();
    assert!(message.contains("--max-layers"), "{message}");
}

#[test]
fn what_is_no_store_is_told() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let open = || {
        let name = format!("[{}]app", place.path().display());
        let reference = Reference::parse(&format!("containers-storage:{name}")).expect("a reference");
        super::open(&reference, &name, &Limits::default(), &Environment::default())
            .map(|_| ())
            .expect_err("none")
            .to_string()
    };
    assert!(open().contains("expected a store in") && open().contains("podman info"), "{}", open());
    fs::create_dir(place.path().join("btrfs-images")).expect("a folder");
    assert!(open().contains("\"btrfs\" is not known; write the image") && open().contains("podman save"), "{}", open());
    fs::create_dir(place.path().join("vfs-images")).expect("a folder");
    assert!(open().contains("holds no image"), "{}", open());
    fs::write(place.path().join("vfs-images/images.json"), "[{]").expect("a file");
    assert!(open().contains("images.json: it is not JSON"), "{}", open());
}

#[test]
fn compressed_layers_that_are_gone_are_no_layers() {
    let written = two_files();
    let config = Digest::sha256(CONFIG.as_bytes());
    let manifest =
        json!({"config": {"digest": config.to_string()}, "layers": [{"digest": config.to_string()}]}).to_string();
    written.put("overlay-images/0123abcd/manifest", &manifest);
    let opened = written.open("app:1").expect("it opens");
    let diff_id = Digest::sha256(&written.tar).to_string();
    let expected = Root::Unpacked {
        manifest: manifest.into_bytes(),
        config: CONFIG.into(),
        config_name: format!("config {config}"),
        layers: vec![diff_id.clone()],
    };
    assert_eq!(opened.root, expected);
    assert_eq!(opened.source.size(&BlobName::Member(diff_id)), Ok(Some(written.tar.len() as u64)));
    assert!(opened.source.remarks().concat().contains("are gone"));
    written.put("overlay-images/0123abcd/manifest", r#"{"schemaVersion":1}"#);
    let message = written.open("app:1").map(|_| ()).expect_err("schema 1").to_string();
    assert!(message.contains("has no config; write the image"), "{message}");
}
