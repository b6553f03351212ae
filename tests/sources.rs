//! Every kind of source, from bytes that this file writes by itself: what is found in it, what is
//! chosen, and what is said when it cannot be.
//!
//! Shares nothing with the reader: tars come from the `tar` crate's builder, or from a header
//! written here where the builder would refuse what a hostile archive holds.
#![allow(clippy::disallowed_methods, reason = "tests make files and start the program")]

use std::fs;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use why_differ::digest::Digest;
use why_differ::limits::Limits;
use why_differ::source::{BlobName, Opened, Reference, Root, SourceError, open};

// --- what is written -----------------------------------------------------------------------------

#[derive(Clone)]
enum Member {
    File(Vec<u8>),
    Symlink(&'static str),
    Hardlink(&'static str),
}

type Files = Vec<(String, Member)>;

fn file(name: &str, bytes: impl AsRef<[u8]>) -> (String, Member) {
    (name.to_owned(), Member::File(bytes.as_ref().to_vec()))
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::sha256(bytes)
}

fn blob(bytes: impl AsRef<[u8]>) -> (String, Member) {
    file(&format!("blobs/sha256/{}", digest(bytes.as_ref()).hex()), bytes)
}

fn header(name: &str, kind: tar::EntryType, size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// Appends a member; its name goes in as it is.
fn put(builder: &mut tar::Builder<Vec<u8>>, name: &str, kind: tar::EntryType, bytes: impl AsRef<[u8]>) {
    let bytes = bytes.as_ref();
    add(builder, &header(name, kind, bytes.len() as u64), bytes);
}

fn add(builder: &mut tar::Builder<Vec<u8>>, header: &tar::Header, bytes: &[u8]) {
    builder.append(header, bytes).expect("a Vec takes everything");
}

/// A tar of the files; names and link targets go in as they are.
fn pack(files: &Files) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, member) in files {
        let (kind, target, bytes): (_, &str, &[u8]) = match member {
            Member::File(bytes) => (REGULAR, "", bytes),
            Member::Symlink(target) => (tar::EntryType::Symlink, target, &[]),
            Member::Hardlink(target) => (tar::EntryType::Link, target, &[]),
        };
        let mut header = header(name, kind, bytes.len() as u64);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        put_blocks(&mut builder, &mut header, bytes);
    }
    builder.into_inner().expect("a Vec takes everything")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("a Vec takes everything");
    encoder.finish().expect("a Vec takes everything")
}

fn zstandard(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).expect("a Vec takes everything")
}

const REGULAR: tar::EntryType = tar::EntryType::Regular;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Place(tempfile::tempdir().expect("a temporary folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is inside")).expect("a folder");
        fs::write(path, bytes).expect("a file");
        self
    }

    fn unpack(&self, folder: &str, files: &Files) -> &Self {
        for (name, member) in files {
            if let Member::File(bytes) = member {
                self.write(&format!("{folder}/{name}"), bytes);
            }
        }
        self
    }

    /// Opens a reference in which `%` stands for this folder.
    fn open(&self, reference: &str) -> Result<Opened, SourceError> {
        self.open_within(reference, &Limits::default())
    }

    fn open_within(&self, reference: &str, limits: &Limits) -> Result<Opened, SourceError> {
        let typed = reference.replace('%', &self.0.path().to_string_lossy());
        open(&Reference::parse(&typed)?, limits)
    }

    /// The message of a reference that does not open, with `%` for this folder again.
    fn fails(&self, reference: &str) -> String {
        self.fails_within(reference, &Limits::default())
    }

    fn fails_within(&self, reference: &str, limits: &Limits) -> String {
        let error = self.open_within(reference, limits).expect_err(reference);
        self.shorten(&error)
    }

    fn shorten(&self, error: &SourceError) -> String {
        error.to_string().replace(&*self.0.path().to_string_lossy(), "%")
    }
}

// --- what is read --------------------------------------------------------------------------------

fn bytes_of(opened: &Opened, blob: &BlobName) -> Vec<u8> {
    let mut bytes = Vec::new();
    opened.source.open(blob).expect("the blob opens").read_to_end(&mut bytes).expect("the blob reads");
    assert_eq!(opened.source.size(blob), Ok(Some(bytes.len() as u64)), "{blob}");
    bytes
}

/// The kind of source and what its root is, on one line.
fn summary(opened: &Opened) -> String {
    let root = match &opened.root {
        Root::Document { bytes, .. } => format!("document {}", String::from_utf8_lossy(bytes)),
        Root::DockerArchive { config_name, layers, tags, .. } => {
            format!("{config_name} [{}] [{}]", layers.join(" "), tags.join(" "))
        }
        Root::V1 { images, tags } => {
            let ids: Vec<_> = images.iter().map(|image| image.id.get(..4).unwrap_or(&image.id)).collect();
            format!("{} [{}]", ids.join(" < "), tags.join(" "))
        }
        Root::Layer { blob, size } => format!("layer {blob} {size}"),
        Root::Unpacked { .. } => unreachable!("no file is a store"),
    };
    format!("{}: {root}", opened.source.kind())
}

fn check(place: &Place, reference: &str, expected: &str) -> Opened {
    let opened = place.open(reference).unwrap_or_else(|error| panic!("{reference}: {error}"));
    assert_eq!(summary(&opened), expected, "{reference}");
    opened
}

// --- small images --------------------------------------------------------------------------------

const ONE: &str = r#"{"schemaVersion":2,"one":1}"#;
const TWO: &str = r#"{"schemaVersion":2,"two":2}"#;

fn descriptor(document: &str, rest: &str) -> String {
    format!(r#"{{"mediaType":"m","digest":"{}","size":{}{rest}}}"#, digest(document.as_bytes()), document.len())
}

fn named(document: &str, image: &str, reference: &str) -> String {
    let annotations = format!(
        r#","annotations":{{"io.containerd.image.name":"{image}","org.opencontainers.image.ref.name":"{reference}","n":7}}"#
    );
    descriptor(document, &annotations)
}

/// An OCI layout with both documents and whatever index.json is to list.
fn layout(descriptors: &[String]) -> Files {
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, descriptors.join(","));
    vec![blob(ONE), blob(TWO), file("index.json", index), file("oci-layout", r#"{"imageLayoutVersion":"1.0.0"}"#)]
}

fn id(letter: char) -> String {
    letter.to_string().repeat(64)
}

/// `docker save` before 25: b's layer is a's, so it is a link.
fn save() -> Files {
    let (a, b) = (id('a'), id('b'));
    let image =
        |tag: &str| format!(r#"{{"Config":"c.json","RepoTags":["{tag}"],"Layers":["{a}/layer.tar","{b}/layer.tar"]}}"#);
    vec![
        file(&format!("{a}/json"), format!(r#"{{"id":"{a}"}}"#)),
        file(&format!("{a}/layer.tar"), "first layer"),
        file(&format!("{b}/json"), format!(r#"{{"id":"{b}","parent":"{a}"}}"#)),
        (
            format!("{b}/layer.tar"),
            Member::Symlink("../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/layer.tar"),
        ),
        file("c.json", r#"{"os":"linux"}"#),
        file("manifest.json", format!("[{}]", image("app:1"))),
        file("repositories", format!(r#"{{"app":{{"1":"{b}"}}}}"#)),
    ]
}

fn v1() -> Files {
    save().into_iter().filter(|(name, _)| name != "manifest.json" && name != "c.json").collect()
}

// --- kinds ---------------------------------------------------------------------------------------

#[test]
fn a_bare_path_is_recognised_by_what_lies_there() {
    let place = Place::new();
    let (oci, save, v1) = (layout(&[descriptor(ONE, "")]), save(), v1());
    let mut hybrid = oci.clone();
    hybrid.extend([file(
        "manifest.json",
        format!(r#"[{{"Config":"blobs/sha256/{}","RepoTags":null,"Layers":[]}}]"#, digest(TWO.as_bytes()).hex()),
    )]);
    let dir = vec![file("manifest.json", ONE), file("version", "Directory Transport Version: 1.1\n")];
    let layer = pack(&vec![file("etc/passwd", "root"), file("manifest.json", "{}")]);
    place.unpack("oci", &oci).unpack("save", &save).unpack("v1", &v1).unpack("dir", &dir);
    for (name, bytes) in [
        ("oci.tar", pack(&oci)),
        ("save.tar", pack(&save)),
        ("v1.tar", pack(&v1)),
        ("hybrid.tar", pack(&hybrid)),
        ("layer.tar", layer),
    ] {
        place
            .write(name, &bytes)
            .write(&format!("{name}.gz"), &gzip(&bytes))
            .write(&format!("{name}.zst"), &zstandard(&bytes));
    }
    place.write("one.json", ONE.as_bytes()).write("text.gz", &gzip(b"no tar")).write("empty.tar", &[0; 1024]);

    let (a, b) = (id('a'), id('b'));
    let oci = format!("document {ONE}");
    let save = format!("c.json [{a}/layer.tar {a}/layer.tar] [app:1]");
    let unpacked = format!("c.json [{a}/layer.tar {b}/layer.tar] [app:1]");
    let config = format!("blobs/sha256/{} [] []", digest(TWO.as_bytes()).hex());
    for packed in ["", ".gz", ".zst"] {
        check(&place, &format!("%/oci.tar{packed}"), &format!("OCI archive: {oci}"));
        check(&place, &format!("oci-archive:%/oci.tar{packed}"), &format!("OCI archive: {oci}"));
        check(&place, &format!("oci:%/oci.tar{packed}"), &format!("OCI archive: {oci}"));
        check(&place, &format!("%/save.tar{packed}"), &format!("docker archive: {save}"));
        check(&place, &format!("docker-archive:%/save.tar{packed}"), &format!("docker archive: {save}"));
        check(&place, &format!("%/v1.tar{packed}"), "docker archive, V1: bbbb < aaaa [app:1]");
        check(&place, &format!("docker-archive:%/v1.tar{packed}"), "docker archive, V1: bbbb < aaaa [app:1]");
        check(&place, &format!("%/hybrid.tar{packed}"), &format!("OCI archive: {oci}"));
        check(&place, &format!("oci-archive:%/hybrid.tar{packed}"), &format!("OCI archive: {oci}"));
        check(&place, &format!("docker-archive:%/hybrid.tar{packed}"), &format!("docker archive: {config}"));
        let size = fs::metadata(place.path(&format!("layer.tar{packed}"))).expect("it is there").len();
        let layer = format!("layer file: layer layer.tar{packed} {size}");
        let opened = check(&place, &format!("%/layer.tar{packed}"), &layer);
        let bytes = fs::read(place.path(&format!("layer.tar{packed}"))).expect("it is there");
        assert_eq!(bytes_of(&opened, &BlobName::Member(format!("layer.tar{packed}"))), bytes);
        check(&place, &format!("blob:%/layer.tar{packed}"), &layer);
    }
    check(&place, "%/oci", &format!("OCI layout: {oci}"));
    check(&place, "oci:%/oci", &format!("OCI layout: {oci}"));
    check(&place, "%/save", &format!("unpacked docker archive: {unpacked}"));
    check(&place, "docker-archive:%/save", &format!("unpacked docker archive: {unpacked}"));
    check(&place, "%/v1", "unpacked docker archive, V1: bbbb < aaaa [app:1]");
    check(&place, "%/dir", &format!("skopeo dir: folder: {oci}"));
    check(&place, "dir:%/dir", &format!("skopeo dir: folder: {oci}"));
    check(&place, "%/text.gz", "layer file: layer text.gz 26");
    check(&place, "%/empty.tar", "layer file: layer empty.tar 1024");
    let opened = check(&place, "%/one.json", &format!("document file: {oci}"));
    assert!(!opened.source.has_blobs());
    assert_eq!(opened.source.size(&BlobName::Digest(digest(ONE.as_bytes()))), Ok(None));
}

#[test]
fn blobs_are_told_and_read() {
    let place = Place::new();
    let (config, layer) = ("{}", "a layer that is longer than a header block; ".repeat(100));
    let mut files = layout(&[descriptor(ONE, "")]);
    files.extend([blob(config), blob(&layer)]);
    let hex = |text: &str| digest(text.as_bytes()).hex();
    let dir = vec![
        file("manifest.json", ONE),
        file(&hex(config), config),
        file(&format!("{}.tar", hex(&layer)), &layer),
        file(&format!("{}.manifest.json", hex(TWO)), TWO),
    ];
    place.unpack("oci", &files).unpack("dir", &dir);
    place.write("oci.tar", &pack(&files)).write("oci.tar.gz", &gzip(&pack(&files)));
    for reference in ["%/oci", "%/oci.tar", "%/oci.tar.gz", "dir:%/dir"] {
        let opened = place.open(reference).expect(reference);
        for text in [config, &layer, TWO] {
            let name = BlobName::Digest(digest(text.as_bytes()));
            assert_eq!(bytes_of(&opened, &name), text.as_bytes(), "{reference}");
        }
        let missing = BlobName::Digest(digest(b"missing"));
        assert_eq!(opened.source.size(&missing), Ok(None), "{reference}");
        let message = opened.source.open(&missing).err().expect("it is missing").to_string();
        assert!(message.contains(&format!("holds no {missing}")), "{message}");
    }
}

#[test]
fn what_is_too_large_to_keep_is_decompressed_again() {
    let place = Place::new();
    // over the limit of a document, so that it is not kept in memory
    let limits = Limits { document: 4096, ..Limits::default() };
    let noise: Vec<u8> = (0..200_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    let mut files = vec![blob(&noise), blob(b"behind it")];
    files.extend(layout(&[descriptor(ONE, "")]));
    place.write("oci.tgz", &gzip(&pack(&files))).write("oci.tzst", &zstandard(&pack(&files)));
    for reference in ["%/oci.tgz", "%/oci.tzst"] {
        let opened = place.open_within(reference, &limits).expect(reference);
        assert_eq!(bytes_of(&opened, &BlobName::Digest(digest(&noise))), noise);
        assert_eq!(bytes_of(&opened, &BlobName::Digest(digest(b"behind it"))), b"behind it");
    }
}

#[test]
fn the_descriptor_of_index_json_is_kept() {
    let place = Place::new();
    place.unpack("oci", &layout(&[named(ONE, "docker.io/library/app:1", "1")]));
    let Root::Document { declared_digest, declared_size, declared_media_type, annotations, name, .. } =
        place.open("%/oci").expect("it opens").root
    else {
        panic!("expected a document");
    };
    let expected = digest(ONE.as_bytes());
    assert_eq!((declared_digest, declared_size, declared_media_type.as_deref()), (Some(expected), Some(27), Some("m")));
    assert_eq!(name, expected.to_string());
    let annotation = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        annotations,
        [
            annotation("io.containerd.image.name", "docker.io/library/app:1"),
            annotation("org.opencontainers.image.ref.name", "1")
        ]
    );
}

// --- several images ------------------------------------------------------------------------------

#[test]
fn one_of_several_is_chosen() {
    let place = Place::new();
    let oci = layout(&[
        named(ONE, "docker.io/library/app:1", "1"),
        named(TWO, "reg.example/team/app:2", "2"),
        named(ONE, "docker.io/library/alias:1", "1"),
    ]);
    let image = |config: &str, tags: &str| format!(r#"{{"Config":"{config}.json","RepoTags":[{tags}],"Layers":[]}}"#);
    let (first, second) = (digest(b"first").hex(), digest(b"second").hex());
    let save = vec![
        file(&format!("{first}.json"), "{}"),
        file(&format!("{second}.json"), "{}"),
        file("manifest.json", format!("[{},{}]", image(&first, r#""app:1","app:one""#), image(&second, r#""app:2""#))),
    ];
    let v1 = vec![
        file("aa/json", "{}"),
        file("bb/json", r#"{"parent":"aa"}"#),
        file("cc/json", r#"{"parent":"aa"}"#),
        file("repositories", r#"{"app":{"1":"bb"},"reg.example/x":{"2":"cc","3":"cc"}}"#),
    ];
    let (long_a, long_b, long_c) = (id('a'), id('b'), id('c'));
    let child = format!(r#"{{"parent":"{long_a}"}}"#);
    let headless = vec![
        file(&format!("{long_a}/json"), "{}"),
        file(&format!("{long_b}/json"), &child),
        file(&format!("{long_c}/json"), &child),
    ];
    place.unpack("oci", &oci).write("oci.tar", &pack(&oci)).write("save.tar", &pack(&save)).write("v1.tar", &pack(&v1));
    place.write("headless.tar", &pack(&headless));
    place.unpack("with:colon/oci", &oci).write("with:colon/save.tar", &pack(&save));

    let (one, two) = (format!("document {ONE}"), format!("document {TWO}"));
    let two_digest = digest(TWO.as_bytes());
    for (reference, kind) in [
        ("%/oci", "OCI layout"),
        ("oci:%/oci", "OCI layout"),
        ("oci-archive:%/oci.tar", "OCI archive"),
        ("oci:%/with:colon/oci", "OCI layout"),
        ("%/with:colon/oci", "OCI layout"),
    ] {
        let table = [
            (":app:1", &one),
            (":docker.io/library/app:1", &one),
            (":1", &one),
            (":alias:1", &one),
            (":app:2", &two),
            (":team/app:2", &two),
            (":@0", &one),
            (":@1", &two),
            (&format!("@{two_digest}"), &two),
            (&format!(":@{two_digest}"), &two),
        ];
        for (select, expected) in table {
            check(&place, &format!("{reference}{select}"), &format!("{kind}: {expected}"));
        }
    }
    let first = format!("docker archive: {first}.json [] [app:1 app:one]");
    let second_image = format!("docker archive: {second}.json [] [app:2]");
    for path in ["docker-archive:%/save.tar", "%/save.tar", "docker-archive:%/with:colon/save.tar"] {
        check(&place, &format!("{path}:app:1"), &first);
        check(&place, &format!("{path}:app:one"), &first);
        check(&place, &format!("{path}:docker.io/library/app:2"), &second_image);
        check(&place, &format!("{path}:@0"), &first);
        check(&place, &format!("{path}:@1"), &second_image);
        check(&place, &format!("{path}@sha256:{second}"), &second_image);
    }
    check(&place, "%/v1.tar:app:1", "docker archive, V1: bb < aa [app:1]");
    check(&place, "%/v1.tar:x:3", "docker archive, V1: cc < aa [reg.example/x:2 reg.example/x:3]");
    check(&place, "%/v1.tar:@1", "docker archive, V1: cc < aa [reg.example/x:2 reg.example/x:3]");
    check(&place, "%/headless.tar:bbbbbbbbbbbb", "docker archive, V1: bbbb < aaaa []");
}

#[test]
fn a_choice_that_fails_lists_what_there_is() {
    let place = Place::new();
    let (one, two) = (digest(ONE.as_bytes()), digest(TWO.as_bytes()));
    let platform = |document: &str, os: &str, architecture: &str| {
        descriptor(document, &format!(r#","platform":{{"os":"{os}","architecture":"{architecture}"}}"#))
    };
    place.unpack(
        "named",
        &layout(&[named(ONE, "docker.io/library/app:1", "1"), named(TWO, "docker.io/library/b:1", "1")]),
    );
    place.unpack("platforms", &layout(&[platform(ONE, "linux", "amd64"), platform(TWO, "linux", "arm64")]));
    place.unpack("attested", &layout(&[platform(ONE, "linux", "amd64"), platform(TWO, "unknown", "unknown")]));
    place.unpack("none", &layout(&[]));
    place.write("save.tar", &pack(&save()));
    place.unpack("dir", &vec![file("manifest.json", ONE)]);
    place.write("layer.tar.gz", &gzip(b"layer"));

    let names =
        "  oci:%/named:docker.io/library/app:1   sha256:ONE…\n  oci:%/named:docker.io/library/b:1   sha256:TWO…";
    #[rustfmt::skip] // one case per line
    let table = [
        ("oci:%/named", format!("%/named holds 2 images; say which:\n{names}")),
        ("oci:%/named:1", format!("%/named: \"1\" fits 2 images; say which:\n{names}")),
        ("oci:%/named:c", format!("%/named holds no image \"c\"; it holds these:\n{names}")),
        ("oci:%/named:@2", format!("%/named holds no image \"@2\"; it holds these:\n{names}")),
        ("%/platforms", format!("%/platforms holds 2 images; say which:\n  %/platforms@{one}   linux/amd64, sha256:ONE…\n  %/platforms@{two}   linux/arm64, sha256:TWO…")),
        ("%/none", "%/none: holds no image".to_owned()),
        ("%/save.tar:app:2", "%/save.tar holds no image \"app:2\"; it holds this:\n  %/save.tar:app:1".to_owned()),
        ("%/layer.tar.gz:app", "%/layer.tar.gz is a layer file and holds one image only: leave \"app\" away".to_owned()),
        ("%/dir:app", "%/dir is a skopeo dir: folder and holds one image only: leave \"app\" away".to_owned()),
    ];
    for (reference, expected) in table {
        let expected = expected.replace("ONE", &one.short()).replace("TWO", &two.short());
        assert_eq!(place.fails(reference), expected, "{reference}");
    }
    check(&place, "%/attested", &format!("OCI layout: document {ONE}"));
    // each line of the list can be typed
    check(&place, &format!("%/platforms@{two}"), &format!("OCI layout: document {TWO}"));
    // what only a nested index names can be chosen by its digest
    place.unpack("nested", &layout(&[descriptor(ONE, "")]));
    check(&place, &format!("%/nested@{two}"), &format!("OCI layout: document {TWO}"));
}

// --- tars as they come ---------------------------------------------------------------------------

/// A layout whose index.json is written by `write` in a way of its own.
fn with_index(write: impl Fn(&mut tar::Builder<Vec<u8>>, &[u8])) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, member) in layout(&[descriptor(ONE, "")]) {
        match member {
            Member::File(bytes) if name == "index.json" => write(&mut builder, &bytes),
            Member::File(bytes) => put(&mut builder, &name, REGULAR, bytes),
            Member::Symlink(_) | Member::Hardlink(_) => {}
        }
    }
    builder.into_inner().expect("a Vec takes everything")
}

/// Blocks that the builder would not write this way: a header, and contents with their padding.
fn put_blocks(builder: &mut tar::Builder<Vec<u8>>, header: &mut tar::Header, bytes: &[u8]) {
    header.set_cksum();
    let out = builder.get_mut();
    out.extend_from_slice(header.as_bytes());
    out.extend_from_slice(bytes);
    out.resize(out.len().next_multiple_of(512), 0);
}

/// index.json behind PAX records.
fn with_pax(records: &[(&str, &[u8])], name: &str, size: Option<u64>) -> Vec<u8> {
    with_index(|builder, bytes| {
        builder.append_pax_extensions(records.iter().copied()).expect("a Vec takes everything");
        put_blocks(builder, &mut header(name, REGULAR, size.unwrap_or(bytes.len() as u64)), bytes);
    })
}

/// index.json under a header that is changed first.
fn with_header(size: u64, change: impl Fn(&mut tar::Header, u64)) -> Vec<u8> {
    with_index(|builder, bytes| {
        let mut header = header("index.json", REGULAR, size);
        change(&mut header, bytes.len() as u64);
        put_blocks(builder, &mut header, bytes);
    })
}

#[test]
fn every_dialect_of_tar_is_read() {
    let usual = with_index(|builder, bytes| put(builder, "index.json", REGULAR, bytes));
    let long_name = format!("{}index.json\0", "./".repeat(50));
    let global = "24 comment=of everything\n";
    let length = match &layout(&[descriptor(ONE, "")])[2].1 {
        Member::File(index) => index.len().to_string(),
        _ => String::new(),
    };
    #[rustfmt::skip] // one case per line
    let table: Vec<(&str, Vec<u8>)> = vec![
        ("as usual", usual.clone()),
        ("no zeros at the end", usual[..usual.len() - 1024].to_vec()),
        ("junk behind the end", [&usual[..], &[b'x'; 700]].concat()),
        ("a leading ./", with_index(|builder, bytes| put(builder, "./index.json", REGULAR, bytes))),
        ("a PAX path", with_pax(&[("comment", b"two\nlines = 1"), ("path", b"index.json")], "elsewhere", None)),
        ("a PAX size", with_pax(&[("size", length.as_bytes())], "index.json", Some(0))),
        ("an empty PAX value", with_pax(&[("path", b"no"), ("path", b"")], "index.json", None)),
        ("a GNU long name", with_index(|builder, bytes| {
            put(builder, "././@LongLink", tar::EntryType::GNULongName, &long_name);
            put(builder, "cut short", REGULAR, bytes);
        })),
        ("a global PAX header", with_index(|builder, bytes| {
            put(builder, "pax_global_header", tar::EntryType::XGlobalHeader, global);
            put(builder, "index.json", REGULAR, bytes);
        })),
        ("a base-256 size", with_header(0, |header, size| {
            header.as_old_mut().size = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, u8::try_from(size).expect("it is short")];
        })),
        ("a size without zeros", with_header(0, |header, size| {
            header.as_old_mut().size = *b"           \0";
            header.as_old_mut().size[..3].copy_from_slice(format!("{size:o}").as_bytes());
        })),
        ("a ustar prefix", with_header(0, |header, size| {
            *header = tar::Header::new_ustar();
            header.as_old_mut().name[..10].copy_from_slice(b"index.json");
            header.as_ustar_mut().expect("it is ustar").prefix[0] = b'.';
            header.set_size(size);
        })),
        ("the header of a tar from before ustar", with_header(0, |header, size| {
            *header = tar::Header::new_old();
            header.as_old_mut().name[..10].copy_from_slice(b"index.json");
            header.as_old_mut().linkflag = [0];
            header.set_size(size);
        })),
        ("duplicates, of which the last stands", with_index(|builder, bytes| {
            put(builder, "index.json", REGULAR, "wrong");
            put(builder, "index.json", REGULAR, bytes);
        })),
        ("members that no archive needs", with_index(|builder, bytes| {
            for kind in [tar::EntryType::Char, tar::EntryType::Fifo, tar::EntryType::Directory] {
                put(builder, "oddity", kind, "");
            }
            put(builder, "index.json", REGULAR, bytes);
            put(builder, "../index.json", REGULAR, "wrong");
            put(builder, "/index.json", REGULAR, "wrong");
        })),
        ("a hardlink with a size but no contents", with_index(|builder, bytes| {
            put(builder, "first", REGULAR, bytes);
            let mut header = header("index.json", tar::EntryType::Link, 10_000);
            header.as_old_mut().linkname[..5].copy_from_slice(b"first");
            put_blocks(builder, &mut header, b"");
        })),
    ];
    for (name, bytes) in table {
        let place = Place::new();
        place.write("x.tar", &bytes).write("x.tar.gz", &gzip(&bytes));
        for reference in ["%/x.tar", "%/x.tar.gz"] {
            let opened = place.open(reference).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(summary(&opened), format!("OCI archive: document {ONE}"), "{name}");
        }
    }
}

#[test]
fn links_are_followed_inside_the_archive_only() {
    let image =
        |layer: &str| file("manifest.json", format!(r#"[{{"Config":"c.json","RepoTags":[],"Layers":["{layer}"]}}]"#));
    #[rustfmt::skip] // one case per line
    let table: Vec<(Files, &str, Result<&str, &str>)> = vec![
        (vec![("b/layer.tar".into(), Member::Symlink("../a/layer.tar"))], "b/layer.tar", Ok("a/layer.tar")),
        (vec![("b".into(), Member::Hardlink("a/layer.tar"))], "b", Ok("a/layer.tar")),
        (vec![("b".into(), Member::Symlink("c")), ("c".into(), Member::Hardlink("./a/layer.tar"))], "./b", Ok("a/layer.tar")),
        (vec![("b".into(), Member::Symlink("c")), ("c".into(), Member::Symlink("b"))], "b", Err("found a loop of links")),
        (vec![("b".into(), Member::Symlink("b"))], "b", Err("found a loop of links")),
        (vec![("b".into(), Member::Symlink("../../etc/passwd"))], "b", Err("leads out of the archive")),
        (vec![("b".into(), Member::Symlink("/etc/passwd"))], "b", Err("is absolute")),
        (vec![], "../a/layer.tar", Err("holds \"..\"")),
        (vec![], "/etc/passwd", Err("is absolute")),
        (vec![], "", Err("names nothing")),
    ];
    for (more, layer, expected) in table {
        let place = Place::new();
        let mut files = vec![file("c.json", "{}"), file("a/layer.tar", "layer"), image(layer)];
        files.extend(more);
        place.write("x.tar", &pack(&files));
        let opened = place.open("%/x.tar").expect("the config can be read");
        let Root::DockerArchive { layers, .. } = &opened.root else { panic!("expected a docker archive") };
        let name = BlobName::Member(layers[0].clone());
        match expected {
            Ok(resolved) => {
                assert_eq!(layers[0], resolved);
                assert_eq!(bytes_of(&opened, &name), b"layer");
            }
            Err(part) => {
                let message = opened.source.size(&name).expect_err(part).to_string();
                assert!(message.contains(part), "{message}");
                assert!(opened.source.open(&name).is_err());
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn paths_in_documents_stay_inside_the_folder() {
    let place = Place::new();
    place.write("secret", b"secret").write("x/c.json", b"{}").write("x/inside/layer.tar", b"layer");
    std::os::unix::fs::symlink("../secret", place.path("x/link")).expect("a link");
    std::os::unix::fs::symlink("inside", place.path("x/folder")).expect("a link");
    std::os::unix::fs::symlink("loop", place.path("x/loop")).expect("a link");
    #[rustfmt::skip] // one case per line
    let table = [
        ("../secret", Err("holds \"..\"")),
        ("link", Err("leads out of the folder")),
        ("/etc/passwd", Err("is absolute")),
        ("loop", Err("cannot follow its links")),
        ("inside", Err("found a folder")),
        ("folder/layer.tar", Ok(Some(5))),
        ("inside/../inside/layer.tar", Err("holds \"..\"")),
        ("nowhere/layer.tar", Ok(None)),
        ("c.json/layer.tar", Ok(None)),
    ];
    for (layer, expected) in table {
        let manifest = format!(r#"[{{"Config":"c.json","Layers":["{layer}"]}}]"#);
        place.write("x/manifest.json", manifest.as_bytes());
        let opened = place.open("%/x").expect("the config can be read");
        let found = opened.source.size(&BlobName::Member(layer.to_owned()));
        match expected {
            Ok(size) => assert_eq!(found, Ok(size), "{layer}"),
            Err(part) => {
                let message = found.expect_err(layer).to_string();
                assert!(message.contains(part), "{layer}: {message}");
            }
        }
    }
}

// --- bad input -----------------------------------------------------------------------------------

#[test]
fn truncated_archives_are_told_wherever_they_end() {
    let layer = "layer ".repeat(300);
    let mut files = vec![blob(&layer)];
    files.extend(layout(&[descriptor(ONE, "")]));
    let whole = pack(&files);
    let place = Place::new();
    for compression in [None, Some(gzip as fn(&[u8]) -> Vec<u8>), Some(zstandard)] {
        let whole = compression.map_or_else(|| whole.clone(), |compress| compress(&whole));
        for length in (1..whole.len()).step_by(if compression.is_some() { 1 } else { 37 }) {
            place.write("x.tar", &whole[..length]);
            for reference in ["%/x.tar", "oci-archive:%/x.tar"] {
                match place.open(reference) {
                    // everything that is needed came before the cut
                    Ok(opened) if reference.starts_with("oci") => {
                        assert_eq!(summary(&opened), format!("OCI archive: document {ONE}"))
                    }
                    // a tar that ends inside its first header shows no sign of an image
                    Ok(opened) => assert!(!summary(&opened).contains("docker"), "{length}"),
                    Err(error) => {
                        let message = place.shorten(&error);
                        assert!(message.contains("%/x.tar") && !message.contains('\n'), "{length}: {message}");
                    }
                }
            }
        }
    }
    #[rustfmt::skip] // one case per line
    let members = [
        (512 + 700, "truncated archive %/x.tar: blobs/sha256/LAYER needs 1,800 bytes at offset 512, the file has 1,212"),
        (512 + 2048 + 100, "truncated archive %/x.tar: a header needs 512 bytes at offset 2,560, the file has 2,660"),
    ];
    for (length, expected) in members {
        place.write("x.tar", &whole[..length]);
        assert_eq!(place.fails("%/x.tar"), expected.replace("LAYER", &digest(layer.as_bytes()).hex()));
    }
    place.write("x.tar", &gzip(&whole[..512 + 700]));
    let message = place.fails("%/x.tar");
    assert!(message.ends_with("needs 1,800 bytes at offset 512, the archive unpacks to 1,212"), "{message}");
}

#[test]
fn what_stands_before_the_damage_is_still_read() {
    let place = Place::new();
    let mut files = layout(&[descriptor(ONE, "")]);
    files.extend([blob("present"), blob("cut ".repeat(200)), blob("behind")]);
    let whole = pack(&files);
    let cut = whole.len() - 1024 - 1024 - 512;
    for (bytes, lost) in
        [(whole[..cut].to_vec(), "truncated archive"), ([&whole[..cut], &[b'x'; 2048]].concat(), "damaged archive")]
    {
        place.write("x.tar", &bytes);
        let opened = check(&place, "%/x.tar", &format!("OCI archive: document {ONE}"));
        assert_eq!(bytes_of(&opened, &BlobName::Digest(digest(b"present"))), b"present");
        let behind = opened.source.size(&BlobName::Digest(digest(b"behind"))).expect_err("it is lost");
        assert!(behind.to_string().starts_with(lost), "{behind}");
    }
    // a truncated `docker save` is not taken for a V1 archive, though all that a V1 archive needs is there
    let mut files = save();
    let manifest = files.remove(5);
    files.push(manifest);
    let whole = pack(&files);
    place.write("x.tar", &whole[..whole.len() - 1024 - 512 - 10]);
    assert!(place.fails("%/x.tar").starts_with("truncated archive"));
}

#[test]
fn what_is_no_image_is_told() {
    let place = Place::new();
    let layout_file = |index: &str| pack(&vec![blob(ONE), file("index.json", index), file("oci-layout", "{}")]);
    let save_file = |manifest: &str| pack(&vec![file("manifest.json", manifest), file("c.json", "{}")]);
    let v1_file = |files: &[(&str, &str)]| pack(&files.iter().map(|(name, text)| file(name, text)).collect());
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let wild_size = {
        let mut header = header("index.json", REGULAR, 0);
        header.as_old_mut().size.fill(0xff);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let huge = {
        let mut header = header("index.json", REGULAR, u64::MAX);
        header.set_cksum();
        [pack(&vec![blob(ONE)])[..1024].to_vec(), header.as_bytes().to_vec()].concat()
    };
    let sparse = with_index(|builder, bytes| {
        let mut header = header("index.json", tar::EntryType::GNUSparse, bytes.len() as u64);
        header.as_gnu_mut().expect("it is GNU's").isextended[0] = 1;
        put_blocks(builder, &mut header, &[0; 512]);
        let out = builder.get_mut();
        out.extend_from_slice(bytes);
        out.resize(out.len().next_multiple_of(512), 0);
    });
    let no_octal = {
        let mut header = header("index.json", REGULAR, 0);
        header.as_old_mut().size.copy_from_slice(b"not a number");
        header.set_cksum();
        [pack(&vec![blob(ONE)])[..1024].to_vec(), header.as_bytes().to_vec()].concat()
    };
    let missing = format!("%/x holds no {}, which index.json names", digest(TWO.as_bytes()));
    #[rustfmt::skip] // one case per line
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        ("%/x", layout_file("\"text\""), "index.json: expected an object with a \"manifests\" array, found a string"),
        ("%/x", layout_file("{}"), "index.json: expected an object with a \"manifests\" array, found an object without"),
        ("%/x", layout_file(r#"{"manifests":7}"#), "index.json: manifests: expected an array, found a number"),
        ("%/x", layout_file(r#"{"manifests":[null]}"#), "manifests[0]: expected a descriptor, found null"),
        ("%/x", layout_file(r#"{"manifests":[{"digest":"sha256:../../etc/passwd"}]}"#), "manifests[0].digest: expected a digest"),
        ("%/x", layout_file(r#"{"manifests":[{}]}"#), "manifests[0].digest: expected a string, found nothing"),
        ("%/x", layout_file(""), "index.json is not JSON: it is empty"),
        ("%/x", layout_file("{"), "index.json is not JSON: EOF while parsing an object at line 1 column 1"),
        ("%/x", layout_file(&deep), "index.json is not JSON: it nests deeper than 128 levels"),
        ("%/x", layout_file(&format!(r#"{{"manifests":[{}]}}"#, descriptor(TWO, ""))), &missing),
        ("%/x", save_file("{}"), "manifest.json: expected an array of images with \"Config\" and \"Layers\", found an object; if the file is a layer, say blob:%/x"),
        ("docker-archive:%/x", save_file("{}"), "manifest.json: expected an array of images with \"Config\" and \"Layers\", found an object"),
        ("docker-archive:%/x", save_file("[7]"), "[0]: expected an object with \"Config\" and \"Layers\", found a number"),
        ("docker-archive:%/x", save_file(r#"[{"Config":7}]"#), "[0].Config: expected a string, found a number"),
        ("docker-archive:%/x", save_file(r#"[{"Config":"c.json","Layers":[7]}]"#), "[0].Layers[0]: expected a string, found a number"),
        ("docker-archive:%/x", save_file(r#"[{"Config":"../c.json"}]"#), "the path \"../c.json\" holds \"..\", so it is not followed"),
        ("docker-archive:%/x", save_file(r#"[{"Config":"d.json"}]"#), "%/x holds no d.json, which manifest.json names"),
        ("docker-archive:%/x", save_file("[]"), "%/x: holds no image"),
        ("%/x", v1_file(&[("a/json", r#"{"parent":"b"}"#), ("b/json", r#"{"parent":"a"}"#), ("repositories", r#"{"x":{"1":"a"}}"#)]), "image a: its chain of parents is a circle"),
        ("%/x", v1_file(&[("a/json", r#"{"parent":"a"}"#), ("repositories", "{}")]), "image a: its chain of parents is a circle"),
        ("%/x", v1_file(&[("a/json", r#"{"parent":"b"}"#), ("repositories", r#"{"x":{"1":"a"}}"#)]), "holds no b/json, which image a names"),
        ("%/x", v1_file(&[("a/json", r#"{"parent":7}"#), ("repositories", r#"{"x":{"1":"a"}}"#)]), "a/json: parent: expected an image ID, found a number"),
        ("%/x", v1_file(&[("a/json", "{}"), ("repositories", r#"{"x":7}"#)]), "repositories: x: expected an object of tags and image IDs, found a number"),
        ("%/x", v1_file(&[("a/json", "{}"), ("repositories", r#"{"x":{"1":"../a"}}"#)]), "the path \"../a/json\" holds \"..\""),
        ("%/x", pack(&vec![blob(ONE)]), "found parts of one without index.json, manifest.json and repositories; if the file is a layer, say blob:%/x"),
        ("%/x", pack(&vec![file("y/oci-layout", "{}"), file("y/index.json", "{}")]), "pack it again with tar -C y -cf image.tar ."),
        ("oci-archive:%/x", pack(&save()), "found a docker archive without; say docker-archive:%/x"),
        ("docker-archive:%/x", layout_file("{}"), "found an OCI layout without; say oci-archive:%/x"),
        ("docker-archive:%/x", pack(&vec![file("etc/x", "")]), "expected a docker archive with manifest.json, found a tar without"),
        ("oci:%/x", pack(&vec![file("etc/x", "")]), "expected an OCI layout with index.json, found a tar without"),
        ("oci:%/x", b"#!/bin/sh\nexit".to_vec(), "found text that begins \"#!/bin/sh\\nexit\""),
        ("oci:%/x", gzip(b"text"), "found gzip data with no tar in it"),
        ("oci:%/x", wild_size.clone(), "at offset 0 expected a size of at most 64 bits, found a larger or negative one"),
        ("%/x", huge, "truncated archive %/x: index.json needs 18,446,744,073,709,551,615 bytes at offset 1,536, the file has 1,536"),
        ("%/x", no_octal, "damaged archive %/x: at offset 1,024 expected a size in octal digits, found \"not a number\""),
        ("%/x", sparse.clone(), "expected index.json to be a file, found a sparse file (make the archive again without --sparse)"),
        ("oci:%/x", sparse, "expected index.json to be a file, found a sparse file"),
        ("%/x", Vec::new(), "found an empty file"),
        ("%/x", b"\xfd7zXZ\0".to_vec(), "found xz: decompress it first (xz -dk)"),
        ("%/x", b"\x7fELF\x02\x01".to_vec(), "found bytes that begin 7f454c460201"),
        ("%/x", b"\x1f\x8b\x08\0\0\0\0\0\0\xff\xff\xff".to_vec(), "the gzip data ends in an error after 0 decompressed bytes"),
        ("dir:%/x", layout_file("{}"), "expected a skopeo dir: folder, found a file"),
    ];
    for (reference, bytes, expected) in table {
        place.write("x", &bytes);
        let message = place.fails(reference);
        assert!(message.contains(expected), "{reference}: {message}\n  expected {expected}");
    }
}

#[test]
fn folders_that_are_no_image_are_told() {
    let place = Place::new();
    place.write("plain/file", b"");
    place.write("half/oci-layout", b"{}");
    place.write("deep/index.json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes());
    #[rustfmt::skip] // one case per line
    let table = [
        ("%/plain", "expected an image, found a folder without index.json (OCI layout)"),
        ("oci:%/plain", "expected an OCI layout with index.json, found a folder without"),
        ("dir:%/plain", "expected a skopeo dir: folder with manifest.json, found a folder without"),
        ("docker-archive:%/plain", "expected an unpacked docker archive with manifest.json, found a folder without"),
        ("blob:%/plain", "expected a file that is one layer, found a folder"),
        ("%/half", "%/half holds no index.json, which an OCI layout names"),
        ("%/deep", "index.json is not JSON: it nests deeper than 128 levels"),
    ];
    for (reference, expected) in table {
        let message = place.fails(reference);
        assert!(message.contains(expected), "{reference}: {message}");
    }
}

#[test]
fn what_does_not_exist_is_a_path_or_a_name() {
    let place = Place::new();
    place.write("file", b"text").write("app/file", b"");
    let path = "no such file or folder";
    #[rustfmt::skip] // one case per line
    let table = [
        ("%/nothing", path),
        ("./nothing", path),
        ("../nothing/x", path),
        ("nothing.tar", path),
        ("nothing.tar:app:1", path),
        ("some/where/nothing.tar.gz", path),
        ("nothing.layer", path),
        ("my.image", path),
        ("src/nothing", path),
        ("oci:%/nothing:1", "%/nothing: no such file or folder"),
        ("oci:%/nothing@sha256:0123", "\"sha256:0123\" is no sha256 digest: expected 64 lower-case hexadecimal digits"),
        ("dir:%/nothing", path),
        ("blob:%/file:1", path),
        ("%/file/below", path),
    ];
    for (reference, expected) in table {
        let message = place.fails(reference);
        assert!(message.contains(expected), "{reference}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
    // a path that exists as typed wins over PATH:REF
    place.write("app:1", &pack(&save())).unpack("app", &layout(&[descriptor(ONE, "")]));
    assert!(check_kind(&place, "%/app:1").starts_with("docker archive"));
    assert!(check_kind(&place, "docker-archive:%/app:1").starts_with("docker archive"));
    assert!(Path::new(&place.path("app")).is_dir());
}

/// What is no path is a name of a registry's image; names that no registry could have need no network to be told.
#[cfg(feature = "registry")]
#[test]
fn what_is_no_path_is_a_name() {
    let place = Place::new();
    place.write("app/file", b"");
    #[rustfmt::skip] // one case per line
    let table = [
        ("App", "App: no file or folder of this name is here, and as an image of a registry: \"App\" names no image"),
        ("Repo/app:tag", "as an image of a registry"),
        ("localhost:5000/A/b:1.2", "as an image of a registry"),
        ("localhost:5000/a:1 2", "no such file or folder"),
        ("docker://App", "\"App\" names no image of a registry: expected a repository of lower-case letters"),
    ];
    for (reference, expected) in table {
        let message = place.fails(reference);
        assert!(message.contains(expected), "{reference}: {message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[cfg(not(feature = "registry"))]
#[test]
fn without_registries_a_name_is_told_how_to_be_exported() {
    let place = Place::new();
    let name = "images in a registry cannot be read by this version; export it first: skopeo copy docker://";
    #[rustfmt::skip] // one case per line
    let table = [
        ("ubuntu", "skopeo copy docker://docker.io/library/ubuntu:latest oci-archive:image.tar"),
        ("repo/app:tag", name),
        ("registry.example/app", name),
        ("registry.example:5000/a/b:1.2", name),
        ("app:1.2", name),
        ("docker://app", "skopeo copy docker://docker.io/library/app:latest"),
    ];
    for (reference, expected) in table {
        let message = place.fails(reference);
        assert!(message.contains(expected), "{reference}: {message}");
    }
}

fn check_kind(place: &Place, reference: &str) -> String {
    summary(&place.open(reference).expect(reference))
}

#[cfg(unix)]
#[test]
fn a_pipe_is_told() {
    let place = Place::new();
    let status = std::process::Command::new("mkfifo").arg(place.path("pipe")).status();
    if status.is_ok_and(|status| status.success()) {
        assert_eq!(place.fails("%/pipe"), "%/pipe is a pipe, which can be read only once: write it to a file first");
    }
}

#[test]
fn limits_are_named() {
    let place = Place::new();
    let bomb = vec![0; 80 << 20];
    let mut files = layout(&[descriptor(ONE, "")]);
    files.insert(0, file("blobs/sha256/zeros", &bomb));
    place.write("bomb.tzst", &zstandard(&pack(&files)));
    files[0] = file("blobs/sha256/zeros", &bomb[..2 << 20]);
    place.write("bomb.tgz", &gzip(&pack(&files)));
    place.write("oci.tar", &pack(&layout(&[descriptor(ONE, "")]))).write("one.json", ONE.as_bytes());
    let long = with_index(|builder, bytes| {
        put(builder, "x", tar::EntryType::GNULongName, [b'x'; 5000]);
        put(builder, "index.json", REGULAR, bytes);
    });
    place.write("long.tar", &long);
    let limits = Limits::default();
    #[rustfmt::skip] // one case per line
    let table = [
        ("%/bomb.tzst", Limits { ratio: 1, ..limits.clone() }, "--max-ratio"),
        ("%/bomb.tgz", Limits { layer_size: 1 << 20, ..limits.clone() }, "--max-layer-size"),
        ("oci:%/oci.tar", Limits { members: 2, ..limits.clone() }, "has more members than the limit of 2; --max-members lifts it"),
        ("%/oci.tar", Limits { document: 20, ..limits.clone() }, "the document index.json has"),
        ("%/one.json", Limits { document: 20, ..limits.clone() }, "has 27 bytes, over the limit of 20; --max-document lifts it"),
        ("%/long.tar", Limits { extension: 4096, ..limits.clone() }, "the extension header at offset 2,048 has 5,000 bytes, over the limit of 4,096; --max-extension lifts it"),
    ];
    for (reference, limits, expected) in table {
        let message = place.fails_within(reference, &limits);
        assert!(message.contains(expected), "{reference}: {message}");
    }
    let chain: Files = (0..10)
        .map(|n| {
            file(&format!("{n}/json"), if n == 0 { "{}".to_owned() } else { format!(r#"{{"parent":"{}"}}"#, n - 1) })
        })
        .chain([file("repositories", r#"{"x":{"1":"9"}}"#)])
        .collect();
    place.write("v1.tar", &pack(&chain));
    let message = place.fails_within("%/v1.tar", &Limits { layers: 9, ..limits.clone() });
    assert!(message.contains("the chain of parents of 9 is longer than the limit of 9; --max-layers"), "{message}");
    assert!(place.open_within("%/v1.tar", &Limits { layers: 10, ..limits }).is_ok());
}

#[test]
fn no_bytes_make_it_panic() {
    let place = Place::new();
    let mut files = save();
    files.extend(layout(&[named(ONE, "app:1", "1")]));
    let whole = pack(&files);
    let mut state = 42_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    for round in 0..600 {
        let mut bytes = whole.clone();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            bytes[at] = u8::try_from(random(256)).unwrap_or(0);
        }
        // mend a checksum now and then, so that what stands behind it is reached
        if round % 2 == 0 {
            let at = random(bytes.len() / 512) * 512;
            let mut header = tar::Header::new_old();
            header.as_mut_bytes().copy_from_slice(&bytes[at..at + 512]);
            header.set_cksum();
            bytes[at..at + 512].copy_from_slice(header.as_bytes());
        }
        let bytes = match round % 3 {
            0 => bytes,
            1 => gzip(&bytes),
            _ => bytes[..random(bytes.len())].to_vec(),
        };
        place.write("x", &bytes);
        for prefix in ["", "oci:", "docker-archive:"] {
            if let Ok(opened) = place.open(&format!("{prefix}%/x")) {
                for (name, _) in &files {
                    let blob = BlobName::Member(name.clone());
                    if let Ok(mut stream) = opened.source.open(&blob) {
                        let _ = stream.read_to_end(&mut Vec::new());
                    }
                }
            }
        }
    }
}
