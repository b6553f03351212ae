//! What a proof tells determines b: two images that differ by one hidden byte are never both proved by the same causes
//! with the same values, unless the byte stands in what is counted as taken from b.

use crate::support;
use crate::support::spec::in_order;
use crate::support::{Case, image, merge};
use rayon::prelude::*;
use toml::{Table, Value};
use why_differ::report::{Certainty, Report};
use why_differ::{Options, diff};

const BLOCK: usize = 512;

/// Where b is changed, in parts per 65536 of what there is.
#[derive(Debug, Clone, Copy)]
struct Place {
    which: u16,
    at: u16,
    byte: u8,
}

/// What was done to b.
enum Change {
    /// A byte of a layer's tar.
    Tar { at: usize, over: Table },
    /// A key that no reader knows in an object of a document.
    Document { over: Table },
}

fn scaled(part: u16, whole: usize) -> usize {
    (usize::from(part) * whole) >> 16
}

/// One more step into the same table.
fn nested(path: &[&str], value: Value) -> Table {
    let mut table = Table::new();
    match path {
        [last] => table.insert((*last).to_owned(), value),
        [first, rest @ ..] => table.insert((*first).to_owned(), Value::Table(nested(rest, value))),
        [] => None,
    };
    table
}

fn hex(bytes: &[u8]) -> Value {
    Value::Table(nested(&["hex"], Value::String(image::hex(bytes))))
}

fn sum(block: &[u8]) -> u64 {
    block.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) }).sum()
}

fn stored_sum(block: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(&block[148..156]).ok()?.trim_matches(|c| c == '\0' || c == ' ');
    u64::from_str_radix(digits, 8).ok()
}

/// Changes one byte of a tar; where it stands in a header whose checksum was right, it is right again.
fn changed(tar: &[u8], place: Place) -> (usize, Vec<u8>) {
    let at = scaled(place.at, tar.len());
    let mut out = tar.to_vec();
    out[at] ^= place.byte.max(1);
    let start = at / BLOCK * BLOCK;
    let was = tar.get(start..start + BLOCK).filter(|block| stored_sum(block) == Some(sum(block)));
    if was.is_some() && !(148..156).contains(&(at - start)) {
        let digits = format!("{:06o}\0 ", sum(&out[start..start + BLOCK]));
        out[start + 148..start + 156].copy_from_slice(digits.as_bytes());
    }
    (at, out)
}

/// One layer with one file, stored plain, and the changes of the second side.
const NAMED: &str = r#"
form = "layout"
kind = "docker"
name = "example/app:1"
layers.0.compression = "none"
[layers.0.entries."etc"]
type = "dir"
[layers.0.entries."etc/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
content = "long"
[config.json]
architecture = "amd64"
os = "linux"
"#;

/// A name, overrides of a, overrides of b, and what is hidden in b's tar: after which bytes, how far behind them, what.
type Hidden = (&'static str, &'static str, &'static str, &'static [u8], usize, &'static [u8]);

const HIDDEN: [Hidden; 5] = [
    ("the unused end of a V7 header", "", "layers.0.style.format = 'v7'", b"etc/", 300, b"hidden"),
    (
        "what stands behind a long name",
        "layers.0.style.long_names = 'pax'",
        "layers.0.style.long_names = 'gnu'",
        b"aaaa\0",
        5,
        b"hidden",
    ),
    (
        "the owner of a PAX header",
        "layers.0.style.long_names = 'gnu'",
        "layers.0.style.long_names = 'pax'",
        b"PaxHeaders.0/",
        265,
        b"hidden",
    ),
    (
        "the owner of a long name's header",
        "layers.0.style.long_names = 'pax'",
        "layers.0.style.long_names = 'gnu'",
        b"././@LongLink",
        265,
        b"hidden",
    ),
    ("the prefix of a GNU header", "", "layers.0.style.format = 'gnu'", b"etc/", 500, b"hidden"),
];

fn parsed(text: &str) -> Table {
    toml::from_str(text).expect("it is TOML")
}

#[test]
fn nothing_hides_in_a_header() {
    for (name, a, b, needle, behind, payload) in HIDDEN {
        let common = parsed(NAMED);
        let (a, b) = (merge::merged(&common, &parsed(a)), merge::merged(&common, &parsed(b)));
        let mut tar = image::build(&b).layers[0].tar.clone();
        let found = tar.windows(needle.len()).position(|window| window == needle).expect("the tar has it");
        let at = found + behind;
        tar[at..at + payload.len()].copy_from_slice(payload);
        for start in (0..tar.len()).step_by(BLOCK) {
            let block = &tar[start..start + BLOCK];
            if block[257..262] == *b"ustar" || block[156] == b'0' || block[156] == b'5' {
                let digits = format!("{:06o}\0 ", sum(block));
                tar[start + 148..start + 156].copy_from_slice(digits.as_bytes());
            }
        }
        let hidden = merge::merged(&b, &nested(&["layers", "0", "tar"], hex(&tar)));
        let reports = [&b, &hidden].map(|b| compared(&a, b));
        assert!(!is_hidden(&reports[0], &reports[1], false), "{name} is told nowhere");
    }
}

fn compared(a: &Table, b: &Table) -> Report {
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let [a, b] = [(a, "a"), (b, "b")].map(|(table, side)| support::store::write(table, dir.path(), side));
    let report = diff(&a, &b, &options(), &());
    assert!(report.trouble.is_empty(), "{:?}", report.trouble);
    report
}

#[test]
fn nothing_hides_in_schema_1() {
    let a = merge::merged(&support::case::ground(), &parsed("kind = 'schema1'"));
    let b = merge::merged(&a, &parsed("config.json.created = '2001-01-01T00:00:00Z'"));
    let text = image::build(&b).top_bytes;
    let objects = text.iter().filter(|byte| **byte == b'{').count();
    let plain = compared(&a, &b);
    assert!(plain.proof.as_ref().is_some_and(|proof| proof.complete && proof.taken.is_empty()), "{:?}", plain.proof);
    for at in 0..objects {
        let place = Place { which: 0, at: u16::try_from((at << 16) / objects + 1).unwrap_or(u16::MAX), byte: 7 };
        let text = with_key(&text, place).expect("a manifest has objects");
        let hidden = compared(&a, &merge::merged(&b, &nested(&["manifest", "text"], hex(&text))));
        assert_ne!(plain.sides.b.digest, hidden.sides.b.digest, "object {at} has no more keys");
        assert!(!is_hidden(&plain, &hidden, true), "object {at} is told nowhere");
    }
}

#[test]
fn a_blob_that_is_no_tar_is_counted_and_not_called_proved() {
    let of = |content: &str| {
        let layer =
            format!("layers.0.blob = '{content}'\nlayers.0.descriptor.media_type = 'application/vnd.example.thing'");
        merge::merged(&parsed(NAMED), &parsed(&layer))
    };
    let report = compared(&of("no tar"), &of("no tar either"));
    let proof = report.proof.as_ref().expect("a proof was asked for");
    let taken: Vec<(&str, u64)> = proof.taken.iter().map(|taken| (taken.what, taken.bytes)).collect();
    assert_eq!(taken, [("blob", 13)]);
    let certainty: Vec<(&str, Certainty)> =
        report.findings.iter().map(|finding| (finding.cause, finding.certainty)).collect();
    assert!(matches!(certainty[..], [("file-content", certainty)] if certainty != Certainty::Proved), "{certainty:?}");
}

/// `{` of an object in a JSON text, not in a string, by chance; what stands behind it is put off by one more key.
fn with_key(text: &[u8], place: Place) -> Option<Vec<u8>> {
    let mut objects = Vec::new();
    let (mut in_string, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match (in_string, escaped, byte) {
            (true, true, _) => escaped = false,
            (true, false, b'\\') => escaped = true,
            (_, false, b'"') => in_string = !in_string,
            (false, _, b'{') => objects.push(at),
            _ => {}
        }
    }
    let at = *objects.get(scaled(place.at, objects.len()))? + 1;
    let rest = &text[at..];
    let first = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
    // spelt as its neighbours are, or the spelling would tell
    let colon = if text.windows(3).any(|window| window == b"\": ") { ": " } else { ":" };
    let comma = if rest[first] == b'}' { "" } else { "," };
    let key = format!("\"x-hidden\"{colon}\"{}\"{comma}", place.byte);
    Some([&text[..at], &rest[..first], key.as_bytes(), rest].concat())
}

fn change(case: &Case, place: Place) -> Option<Change> {
    let table = case.side("b");
    let parsed = image::parse(&table);
    if parsed.index.is_some() || !parsed.beside.is_empty() {
        return None;
    }
    let built = image::build(&table);
    let keys: Vec<&str> =
        in_order(&parsed.layers, |layer| (layer.absent, layer.rank)).iter().map(|(key, _)| *key).collect();
    // one in four changes a document
    let choice = scaled(place.which, (keys.len() + 1) * 2);
    if let Some(key) = keys.get(choice / 2) {
        let layer = &parsed.layers[*key];
        if layer.blob.is_some() || layer.stargz || layer.gzip.deflate.is_some() {
            return None;
        }
        let (at, tar) = changed(&built.layers[choice / 2].tar, place);
        return Some(Change::Tar { at, over: nested(&["layers", key, "tar"], hex(&tar)) });
    }
    let (path, text) = match choice % 2 {
        0 => (["manifest", "text"], &built.top_bytes),
        _ if matches!(parsed.kind, support::spec::Kind::Schema1 | support::spec::Kind::Schema1Signed) => return None,
        _ => (["config", "text"], &built.config),
    };
    Some(Change::Document { over: nested(&path, hex(&with_key(text, place)?)) })
}

fn options() -> Options {
    Options { prove: true, ..Options::default() }
}

/// Whether b and the b with something hidden are both proved, by the same words, and it is not counted as taken.
fn is_hidden(plain: &Report, hidden: &Report, in_document: bool) -> bool {
    let complete = |report: &Report| report.proof.as_ref().is_some_and(|proof| proof.complete);
    let taken = hidden.proof.iter().flat_map(|proof| &proof.taken);
    let both = complete(plain) && complete(hidden) && plain.sides.b.digest != hidden.sides.b.digest;
    both && !taken.into_iter().any(|taken| (taken.what == "document") == in_document) && told(plain) == told(hidden)
}

/// What a report tells, without the digests and sizes, which differ wherever anything does.
fn told(report: &Report) -> String {
    let json = why_differ::render::json::report(report, true);
    let document: serde_json::Value = serde_json::from_str(&json).expect("a report is JSON");
    let mut parts = vec![document["findings"].clone(), document["unexplained"].clone()];
    parts.iter_mut().for_each(without_digests);
    serde_json::to_string(&parts).expect("it was JSON")
}

fn without_digests(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if text.contains("sha256:") => text.clear(),
        serde_json::Value::Array(items) => items.iter_mut().for_each(without_digests),
        serde_json::Value::Object(members) => {
            members.remove("size_effect");
            members.values_mut().for_each(without_digests);
        }
        _ => {}
    }
}

/// How many places of each case are changed.
const PLACES: u64 = 2;

/// Numbers that look like chance, the same on every run (Knuth's MMIX generator).
fn chance(seed: u64) -> u64 {
    let mut state = seed;
    for _ in 0..4 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    }
    state >> 11
}

#[test]
fn two_images_are_not_proved_by_the_same_words() {
    let cases = support::cases();
    let mut wrong: Vec<String> = (0..cases.len() * PLACES as usize)
        .into_par_iter()
        .filter_map(|at| {
            let number = chance(at as u64);
            let place = Place { which: number as u16, at: (number >> 16) as u16, byte: (number >> 32) as u8 };
            tells(&cases[at / PLACES as usize], place).err()
        })
        .collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{} are told nowhere:\n{}", wrong.len(), wrong.join("\n"));
}

fn tells(case: &Case, place: Place) -> Result<(), String> {
    let Some(change) = change(case, place) else { return Ok(()) };
    let over = match &change {
        Change::Tar { over, .. } | Change::Document { over } => over,
    };
    let dir = tempfile::tempdir().expect("a temporary directory can be made");
    let (plain, hidden) = (dir.path().join("plain"), dir.path().join("hidden"));
    for folder in [&plain, &hidden] {
        std::fs::create_dir(folder).expect("a folder can be made");
    }
    let plain = case.build(&plain);
    let hidden = case.build_with(over, &hidden);
    let plain = diff(&plain.a, &plain.b, &options(), &());
    let hidden = diff(&hidden.a, &hidden.b, &options(), &());
    let at = match change {
        Change::Tar { at, .. } => format!("byte {at} (block {}, {} in it)", at / BLOCK, at % BLOCK),
        Change::Document { .. } => "a key of a document".to_owned(),
    };
    if is_hidden(&plain, &hidden, matches!(change, Change::Document { .. })) {
        Err(format!("{}: {at}", case.name))
    } else {
        Ok(())
    }
}
