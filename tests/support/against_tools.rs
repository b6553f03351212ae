//! The builder held against tools that know nothing of it: Python's tarfile, zipfile and hashlib, GNU tar, gzip, zstd,
//! readelf. A test file includes this module beside `support`. It refuses to fail where a tool is not installed: it
//! says so and returns.
#![allow(clippy::disallowed_methods, reason = "other programs are the point of these tests")]

use super::support::{self, Case, case::ground, content::Content, entry, image, merge, spec};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const LIST_TAR: &str = include_str!("list_tar.py");
const CHECK_LAYOUT: &str = include_str!("check_layout.py");
const PAYLOAD: &str = include_str!("payload.py");

/// Runs a tool; nothing when it is not installed.
fn run(program: &str, args: &[&str], input: &[u8]) -> Option<(bool, Vec<u8>, String)> {
    let mut child = match Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(error) => {
            eprintln!("skipped: {program} cannot be run here ({error})");
            return None;
        }
    };
    let mut stdin = child.stdin.take().expect("stdin was asked for");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("a started tool can be waited for");
    // A tool that stops reading early closes the pipe; its exit code says what it thought.
    drop(writer.join().expect("the writer does not panic"));
    Some((
        output.status.success(),
        output.stdout,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

fn sides(case: &Case) -> [(toml::Table, &'static str); 2] {
    [(case.side("a"), "a"), (case.side("b"), "b")]
}

#[test]
fn python_reads_every_tar_as_it_was_meant() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let mut meant = Vec::new();
    let mut paths = Vec::new();
    for case in support::cases().iter().filter(|case| case.code != "malformed-tar") {
        for (table, side) in sides(case) {
            for (key, layer) in image::parse(&table).layers.iter().filter(|(_, layer)| !layer.absent) {
                let entries = spec::in_order(&layer.entries, |entry| (entry.absent, entry.rank));
                let bytes = support::tar::archive(&entries, &layer.style, &layer.global, &layer.end);
                let path = dir
                    .path()
                    .join(format!("{}-{side}-{key}.tar", case.name.replace('/', "-")))
                    .display()
                    .to_string();
                std::fs::write(&path, bytes).expect("the temporary folder can be written");
                meant.push(format!("== {path}"));
                meant.extend(entries.iter().map(|(key, entry)| line(key, entry, &layer.style)));
                paths.push(path);
            }
        }
    }
    let args: Vec<&str> = ["-c", LIST_TAR]
        .into_iter()
        .chain(paths.iter().map(String::as_str))
        .collect();
    let Some((worked, listing, complaint)) = run("python3", &args, b"") else {
        return;
    };
    assert!(worked, "{complaint}");
    let listing = String::from_utf8_lossy(&listing);
    for (found, meant) in listing.lines().zip(&meant) {
        assert_eq!(found, meant);
    }
    assert_eq!(listing.lines().count(), meant.len());
}

/// What tarfile should print for an entry, from the case's own words.
fn line(key: &str, entry: &entry::Entry, style: &entry::Style) -> String {
    let style = entry.style.or(style);
    let kind = match entry.kind {
        entry::Kind::File | entry::Kind::Contiguous => "f",
        entry::Kind::Dir => "d",
        entry::Kind::Symlink => "l",
        entry::Kind::Hardlink => "h",
        entry::Kind::Char => "c",
        entry::Kind::Block => "b",
        entry::Kind::Fifo => "p",
    };
    let path = format!(
        "{}{}",
        style.before_path.clone().unwrap_or_default(),
        entry.path.as_deref().unwrap_or(key)
    );
    let size = match &entry.sparse {
        Some(sparse) => sparse.size,
        None => entry.content.bytes().len() as i64,
    };
    let mode = entry.mode.clone().unwrap_or_else(|| format!("{:o}", entry.kind.mode()));
    let or_dash = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let owner =
        |own: &Option<String>, all: &Option<String>| or_dash(own.clone().or_else(|| all.clone()).unwrap_or_default());
    let is_link = matches!(entry.kind, entry::Kind::Symlink | entry::Kind::Hardlink);
    [
        kind.to_owned(),
        or_dash(mode.trim_start_matches('0').to_owned()).replace('-', "0"),
        entry.uid.or(style.uid).unwrap_or(0).to_string(),
        entry.gid.or(style.gid).unwrap_or(0).to_string(),
        owner(&entry.uname, &style.uname),
        owner(&entry.gname, &style.gname),
        if kind == "f" { size.to_string() } else { "0".to_owned() },
        entry
            .mtime
            .as_ref()
            .or(style.mtime.as_ref())
            .map_or(0, entry::Time::seconds)
            .to_string(),
        image::hex(path.as_bytes()),
        if is_link {
            image::hex(entry.link.clone().unwrap_or_default().as_bytes())
        } else {
            "-".to_owned()
        },
    ]
    .join(" ")
}

#[test]
fn gnu_tar_lists_every_tar() {
    let mut seen = BTreeSet::new();
    for case in support::cases()
        .iter()
        .filter(|case| case.code != "malformed-tar" && case.code != "trailing-data")
    {
        for (table, side) in sides(case) {
            for layer in image::build(&table)
                .layers
                .into_iter()
                .filter(|layer| seen.insert(image::digest(&layer.tar)))
            {
                let Some((worked, listing, complaint)) = run("tar", &["-tvPf", "-"], &layer.tar) else {
                    return;
                };
                assert!(worked, "{} {side}: {complaint}", case.name);
                assert!(
                    !listing.is_empty() || layer.tar.len() == 1024,
                    "{} {side}: GNU tar sees no entry",
                    case.name
                );
            }
        }
    }
}

#[test]
fn gnu_tar_unfolds_every_kind_of_sparse_file() {
    let whole = [vec![0; 1024], vec![7; 512], vec![0; 2560]].concat();
    for kind in ["gnu", "0.0", "0.1", "1.0"] {
        let sparse = entry::Sparse {
            kind: kind.to_owned(),
            size: 4096,
            map: vec![[1024, 512], [4096, 0]],
        };
        let content = Content::Made(support::content::Made::Repeat { byte: 7, count: 512 });
        let disk = entry::Entry {
            content,
            sparse: Some(sparse),
            ..entry::Entry::default()
        };
        let tar = support::tar::archive(
            &[("srv/disk", &disk)],
            &entry::Style::default(),
            &[],
            &support::tar::End::default(),
        );
        let Some((worked, bytes, complaint)) = run("tar", &["-xOf", "-", "srv/disk"], &tar) else {
            return;
        };
        assert!(worked, "{kind}: {complaint}");
        assert!(bytes == whole, "{kind}: GNU tar finds other bytes");
    }
}

#[test]
fn gzip_and_zstd_accept_every_blob() {
    let mut seen = BTreeSet::new();
    for case in support::cases().iter().filter(|case| case.code != "trailing-data") {
        for (table, side) in sides(case) {
            for layer in image::build(&table)
                .layers
                .into_iter()
                .filter(|layer| seen.insert(image::digest(&layer.blob)))
            {
                let program = match layer.blob.get(..4) {
                    Some([0x1f, 0x8b, ..]) => "gzip",
                    Some([0x28, 0xb5, 0x2f, 0xfd]) => "zstd",
                    _ => continue,
                };
                let Some((worked, plain, complaint)) = run(program, &["-dc"], &layer.blob) else {
                    continue;
                };
                assert!(worked, "{} {side}: {complaint}", case.name);
                assert!(plain == layer.tar, "{} {side}: {program} finds another tar", case.name);
            }
        }
    }
}

#[test]
fn bombs_are_what_they_say() {
    const TWO_MEBIBYTES: usize = 2 << 20;
    for (program, blob) in [("gzip", support::gzip::bomb(2)), ("zstd", support::zstandard::bomb(2))] {
        let Some((worked, plain, complaint)) = run(program, &["-dc"], &blob) else {
            continue;
        };
        assert!(worked, "{complaint}");
        assert!(
            plain.len() == TWO_MEBIBYTES && plain.iter().all(|byte| *byte == 0),
            "{program} finds {} bytes",
            plain.len()
        );
    }
}

#[test]
fn every_consistent_layout_is_consistent() {
    // These cases contradict themselves on purpose, or are stored without documents.
    const NOT: [&str; 4] = [
        "blob-digest-mismatch",
        "blob-size-mismatch",
        "diff-id-mismatch",
        "trailing-data",
    ];
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let mut folders = Vec::new();
    for case in support::cases() {
        if NOT
            .iter()
            .any(|code| case.code == *code || case.expect.causes.iter().any(|cause| cause == code))
        {
            continue;
        }
        let of_case = dir.path().join(case.name.replace('/', "-"));
        std::fs::create_dir(&of_case).expect("the temporary folder can be written");
        case.build(&of_case);
        let sides = ["a", "b"].map(|side| of_case.join(side));
        folders.extend(
            sides
                .into_iter()
                .filter(|side| side.join("index.json").exists())
                .map(|side| side.display().to_string()),
        );
    }
    let args: Vec<&str> = ["-c", CHECK_LAYOUT]
        .into_iter()
        .chain(folders.iter().map(String::as_str))
        .collect();
    let Some((worked, _, complaint)) = run("python3", &args, b"") else {
        return;
    };
    assert!(worked, "{complaint}");
}

#[test]
fn a_signed_manifest_gives_back_its_payload() {
    let mut table = ground();
    table.insert("kind".to_owned(), "schema1".into());
    let unsigned = image::build(&table).top_bytes;
    table.insert("kind".to_owned(), "schema1-signed".into());
    let signed = image::build(&table).top_bytes;
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let path = dir.path().join("manifest.json");
    std::fs::write(&path, signed).expect("the temporary folder can be written");
    let path = path.to_str().expect("temporary folders have UTF-8 names");
    let Some((worked, payload, complaint)) = run("python3", &["-c", PAYLOAD, path], b"") else {
        return;
    };
    assert!(worked, "{complaint}");
    assert_eq!(String::from_utf8_lossy(&payload), String::from_utf8_lossy(&unsigned));
}

#[test]
fn made_files_are_of_their_kind() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let write = |name: &str, text: &str| {
        let made: toml::Table = toml::from_str(text).expect("the test's own TOML is right");
        let content: Content = made["content"]
            .clone()
            .try_into()
            .expect("the test's own content is right");
        let path = dir.path().join(name);
        std::fs::write(&path, content.bytes()).expect("the temporary folder can be written");
        path.display().to_string()
    };
    let zip = write(
        "a.zip",
        r#"content.zip = { time = 0x576e8000, files = { "a/b" = "text", c = { hex = "00" } } }"#,
    );
    if let Some((worked, listing, complaint)) = run("python3", &["-m", "zipfile", "-t", &zip], b"") {
        assert!(worked && listing.starts_with(b"Done"), "{complaint}");
    }
    let elf = write(
        "a.so",
        r#"content.elf = { build_id = "00112233445566778899aabbccddeeff00112233", code = "c3" }"#,
    );
    if let Some((worked, notes, complaint)) = run("readelf", &["-nSl", &elf], b"") {
        let notes = String::from_utf8_lossy(&notes);
        assert!(
            worked && notes.contains("Build ID: 00112233445566778899aabbccddeeff00112233"),
            "{complaint}{notes}"
        );
        assert!(complaint.is_empty(), "{complaint}");
    }
    let gzip = write(
        "a.gz",
        r#"content.gzip = { mtime = 1700000000, name = "a", text = "text" }"#,
    );
    if let Some((worked, text, complaint)) = run("gzip", &["-dc", &gzip], b"") {
        assert!(worked && text == b"text", "{complaint}");
    }
}

#[test]
fn sides_differ_exactly_where_a_difference_is_expected() {
    for case in support::cases() {
        let [(a, _), (b, _)] = sides(&case);
        let (left, right) = (image::build(&a), image::build(&b));
        let same = left.top_bytes == right.top_bytes;
        // A classic save holds no manifest, and a V1 archive no documents at all: the builder's own are equal.
        let without_documents = ["legacy-v1-image", "no-manifest"].contains(&case.code.as_str());
        let expected_same = case.expect.causes.is_empty();
        assert!(
            same == expected_same || without_documents,
            "{}: equal top documents: {same}",
            case.name
        );
    }
}

#[test]
fn any_two_composable_cases_stand_together_or_say_that_they_do_not() {
    let mutations = support::mutations();
    let (mut together, mut apart) = (0, 0);
    for (position, left) in mutations.iter().enumerate() {
        for right in &mutations[position + 1..] {
            let chosen = [left, right];
            if !support::compatible(&chosen) {
                apart += 1;
                continue;
            }
            together += 1;
            let dir = tempfile::tempdir().expect("a temporary folder can be made");
            let built = support::compose(&chosen, dir.path());
            assert!(
                Path::new(&built.a).exists() && Path::new(&built.b).exists(),
                "{} and {}",
                left.name,
                right.name
            );
        }
    }
    assert!(together > apart, "{together} pairs stand together, {apart} do not");
}

#[test]
fn merging_changes_only_what_is_named() {
    let over: toml::Table =
        toml::from_str(r#"layers.0.entries."etc/motd".mode = "0600""#).expect("the test's own TOML is right");
    let merged = merge::merged(&ground(), &over);
    let before = merge::leaves(&ground());
    let after = merge::leaves(&merged);
    let new: Vec<_> = after.difference(&before).collect();
    assert_eq!(
        new,
        [&["layers", "0", "entries", "etc/motd", "mode"]
            .map(str::to_owned)
            .to_vec()]
    );
    assert!(before.is_subset(&after));
}
