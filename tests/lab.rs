//! End to end: images that the real tools made a moment ago, of contents that no other test ever saw.
//!
//! Runs when WHY_DIFFER_LAB=1, after `corpus/lab/up --modern` has started the tools. A random seed decides the files;
//! `corpus/lab/fresh` has the tools build, push, convert and save them; the program says why the results differ. What
//! it says is held against the table below, and the digests and sizes that it prints against those of the registry.
//! WHY_DIFFER_LAB_SEED=N repeats the files of an earlier run; a run that fails leaves its images and says where.
#![expect(clippy::disallowed_methods, reason = "this test writes a build context, starts the tools and the program")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

/// Two images, what must be said of them, and words that the text must hold.
struct Expect {
    name: &'static str,
    a: &'static str,
    b: &'static str,
    sameness: &'static str,
    causes: &'static str,
    says: &'static [&'static str],
}

#[rustfmt::skip]
const PAIRS: &[Expect] = &[
    // the question that started it
    Expect { name: "docker push, ctr push", a: "push.tar", b: "ctr16.tar", sameness: "same-image",
        causes: "layer-compression document-spelling", says: &["gzip → none in 3 of 3 layers", "order of keys"] },
    Expect { name: "docker push, ctr push of compressed blobs", a: "push.tar", b: "ctr17.tar", sameness: "same-image",
        causes: "document-spelling", says: &["indented by 3 spaces → one line"] },
    Expect { name: "ctr images convert --oci", a: "push.tar", b: "convert.tar", sameness: "same-image",
        causes: "media-type-family document-spelling", says: &["Docker → OCI"] },
    // other builds
    Expect { name: "two classic builds", a: "push.tar", b: "rebuild.tar", sameness: "same-contents",
        causes: "config-created config-history-dates config-docker-fields config-parent file-mtime whiteout-style",
        says: &[] },
    Expect { name: "two BuildKit builds", a: "buildkit.tar", b: "buildkit-again.tar", sameness: "same-contents",
        causes: "config-created config-history-dates file-mtime whiteout-style", says: &[] },
    Expect { name: "classic builds, 20.10 and 26", a: "push.tar", b: "classic26.tar", sameness: "same-contents",
        causes: "config-created config-history config-history-dates config-docker-fields config-parent file-mtime \
                 mode-type-bits owner-names whiteout-style", says: &[] },
    Expect { name: "one file edited, one added", a: "push.tar", b: "edited.tar", sameness: "different",
        causes: "text-edit file-added config-created config-history config-history-dates config-docker-fields \
                 config-parent file-mtime whiteout-style",
        says: &["srv/app/app.conf - listen = 8080 + listen = 9090", "srv/app/feature.json presence (absent) → file"] },
    Expect { name: "image stores of docker 26", a: "buildkit.tar", b: "index.tar", sameness: "same-contents",
        causes: "document-kind attestation-manifest media-type-family document-spelling config-created \
                 config-history-dates file-mtime whiteout-style tar-format", says: &[] },
    Expect { name: "with and without provenance", a: "index.tar", b: "plain.tar", sameness: "same-image",
        causes: "document-kind attestation-manifest media-type-family", says: &["OCI → Docker"] },
    Expect { name: "eStargz", a: "plain.tar", b: "estargz.tar", sameness: "same-files",
        causes: "lazy-pull-format media-type-family", says: &[] },
    // copies by skopeo
    Expect { name: "skopeo, gzip level 9", a: "push.tar", b: "gzip9.tar", sameness: "same-image",
        causes: "compression-encoder document-spelling", says: &[] },
    Expect { name: "skopeo, gzip, two levels", a: "gzip.tar", b: "gzip9-oci.tar", sameness: "same-image",
        causes: "compression-level", says: &[] },
    Expect { name: "skopeo, zstd", a: "push.tar", b: "zstd.tar", sameness: "same-layers",
        causes: "layer-compression media-type-family document-spelling config-docker-fields config-parent",
        says: &["gzip → zstd in 3 of 3 layers"] },
    Expect { name: "skopeo, zstd:chunked", a: "push.tar", b: "chunked.tar", sameness: "same-layers",
        causes: "layer-compression lazy-pull-format media-type-family document-spelling config-docker-fields \
                 config-parent",
        says: &["gzip → zstd in 3 of 3 layers"] },
    Expect { name: "zstd, zstd:chunked", a: "zstd.tar", b: "chunked.tar", sameness: "same-image",
        causes: "lazy-pull-format", says: &[] },
    // docker save of every age
    Expect { name: "docker 20.10 save", a: "save20.tar.gz", b: "push.tar", sameness: "same-image",
        causes: "no-manifest layer-compression", says: &["none → gzip in 3 of 3 layers"] },
    Expect { name: "docker 26 save", a: "save26.tar.zst", b: "push.tar", sameness: "same-image",
        causes: "layer-compression media-type-family document-spelling", says: &["none → gzip in 3 of 3 layers"] },
    Expect { name: "docker 26 save, containerd store", a: "save26c.tar", b: "push.tar", sameness: "same-digest",
        causes: "", says: &["SAME DIGEST"] },
    Expect { name: "docker 26 save of an index", a: "save26c-index.tar", b: "index.tar", sameness: "same-digest",
        causes: "", says: &["SAME DIGEST"] },
    Expect { name: "two ages of docker save", a: "save20.tar.gz", b: "save26.tar.zst", sameness: "same-image",
        causes: "no-manifest", says: &[] },
    // the registry's own conversion
    Expect { name: "schema 1", a: "push.tar", b: "schema1.dir", sameness: "same-layers",
        causes: "manifest-schema", says: &["schema 1"] },
    // builders without a daemon
    Expect { name: "buildah, squashed", a: "buildah.tar", b: "squash.tar", sameness: "same-contents",
        causes: "layer-boundaries config-created config-history config-history-dates file-mtime manifest-annotations \
                 mode-type-bits path-spelling", says: &[] },
    Expect { name: "a hard link whose target is replaced", a: "replaced.tar", b: "linked.tar", sameness: "different",
        causes: "text-edit config-created config-docker-fields config-history config-parent layer-boundaries",
        says: &["- old lab", "+ new lab"] },
    Expect { name: "umoci repack of an edited file", a: "gzip.tar", b: "repack.tar", sameness: "different",
        causes: "text-edit config-history document-spelling file-mtime layer-boundaries mode-type-bits owner-names",
        says: &["etc/app.toml", "- level = 3 + level = 4"] },
    Expect { name: "umoci repack, umoci insert", a: "repack.tar", b: "insert.tar", sameness: "same-files",
        causes: "malformed-tar tar-padding config-history config-history-dates", says: &[] },
];

/// Who compressed every layer of an image: family and level.
const ENCODERS: &[(&str, &str, i64)] = &[
    // docker's classic image store, 20.10 and 26
    ("push.tar", "go", 6),
    ("rebuild.tar", "go", 6),
    ("classic26.tar", "go", 6),
    ("buildkit.tar", "go", 6),
    // containerd 1.7 importing, and BuildKit in containerd's image store
    ("ctr17.tar", "go", 6),
    ("index.tar", "go", 6),
    ("plain.tar", "go", 6),
    ("estargz.tar", "go", 6),
    // skopeo, buildah, umoci
    ("gzip.tar", "pgzip", 5),
    ("gzip9-oci.tar", "pgzip", 9),
    ("buildah.tar", "pgzip", 5),
    ("squash.tar", "pgzip", 5),
    ("repack.tar", "pgzip", 5),
    ("insert.tar", "pgzip", 5),
    ("zstd.tar", "klauspost-zstd", 2),
    ("zstd19.tar", "klauspost-zstd", 4),
    ("chunked.tar", "klauspost-zstd", 4),
    ("chunked19.tar", "klauspost-zstd", 4),
];

/// What is built: files of the seed, then one edited folder, then a step that deletes.
const DOCKERFILE: &str = r#"FROM scratch
ADD root.tar /
COPY app /srv/app/
ENV PATH=/bin
LABEL org.opencontainers.image.title="lab"
RUN rm /etc/obsolete.conf /srv/app/draft.txt && echo built > /etc/built.txt
WORKDIR /srv/app
USER 4242
CMD ["/bin/sh", "/srv/app/run"]
"#;

/// splitmix64: all that is random about the files follows from the seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// So many lines at least, and fewer than so many more.
    fn text(&mut self, least: u64, more: u64) -> String {
        let lines = least + self.below(more);
        let verbs = ["open", "sp\u{e4}te"];
        let line = |n| format!("{n:06} {:08x} {}\n", self.below(1 << 32), verbs[usize::from(self.next() < 1 << 62)]);
        (0..lines).map(line).collect()
    }
}

/// Writes the build context that follows from `seed`.
fn write_context(here: &Path, seed: u64) {
    let random = &mut Random(seed);
    let put = |random: &mut Random, path: &str, contents: &[u8], mode: u32| {
        let path = here.join(path);
        fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the lab's folder can be written");
        fs::write(&path, contents).expect("the lab's folder can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("root may do that");
        let seconds = 1_600_000_000 + random.below(1 << 26);
        let time =
            SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(random.below(1 << 29)).expect("29 bits"));
        let file = fs::File::options().append(true).open(&path).expect("it was just written");
        file.set_modified(time).expect("root may do that");
    };
    for n in 0..20 + random.below(60) {
        let text = random.text(1, 40);
        let path = format!("root/usr/share/doc/{n:03}-{:x}.txt", random.below(1 << 20));
        put(random, &path, text.as_bytes(), 0o644);
    }
    let noise = (0..100_000 + random.below(400_000)).map(|_| random.next().to_le_bytes()[0]).collect::<Vec<u8>>();
    put(random, "root/usr/lib/noise.bin", &noise, 0o755);
    let trace = random.text(30_000, 20_000);
    put(random, "root/var/log/trace.txt", trace.as_bytes(), 0o640);
    put(random, &format!("root/usr/share/{0}/{0}/{0}.txt", "a-name-that-is-long".repeat(5)), b"long\n", 0o600);
    put(random, "root/usr/share/gr\u{fc}\u{df}e \\ \"1\".txt", "gr\u{fc}\u{df}e\n".as_bytes(), 0o644);
    put(random, "root/bin/elevate", b"#!/bin/sh\n", 0o4755);
    put(random, "root/etc/obsolete.conf", b"to be deleted\n", 0o644);
    put(random, "root/etc/app.toml", b"name = \"lab\"\nlevel = 3\n", 0o644);
    symlink("app.toml", here.join("root/etc/default.toml")).expect("the lab's folder can be written");
    fs::hard_link(here.join("root/etc/obsolete.conf"), here.join("root/etc/zz.conf")).expect("one file system");
    put(random, "app-1/app/run", b"#!/bin/sh\n", 0o755);
    let settings = format!("listen = 8080\n{}", random.text(1, 9));
    put(random, "app-1/app/app.conf", settings.as_bytes(), 0o644);
    put(random, "app-1/app/draft.txt", b"draft\n", 0o644);
    put(random, "app-1/Dockerfile", DOCKERFILE.as_bytes(), 0o644);
}

/// One run of the tools: where its files are, and its images.
struct Lab {
    here: PathBuf,
    out: PathBuf,
}

impl Lab {
    fn make(seed: u64) -> Self {
        let lab = std::env::var_os("LAB").map_or_else(|| std::env::temp_dir().join("why-differ-lab"), PathBuf::from);
        let run = format!("lab-{seed}-{}", std::process::id());
        let here = lab.join("trixie/lab").join(&run);
        write_context(&here, seed);
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lab/fresh");
        let mut recipe = Command::new(recipe);
        recipe.env("LAB", &lab).env("RUN", &run).stdin(Stdio::null());
        let output = recipe.output().expect("the recipe starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "seed {seed}, in {}: {said}", here.display());
        Lab { out: here.join("out"), here }
    }

    fn image(&self, name: &str) -> String {
        self.out.join(name).into_os_string().into_string().expect("a path in UTF-8")
    }

    /// A copy of an image without its end: of the archive itself, or of the largest file of a folder.
    fn cut(&self, name: &str, percent: u64) -> String {
        let copy = ["-c", "rm -rf cut; mkdir cut; cp -r \"out/$0\" cut/", name];
        let copied = Command::new("sh").args(copy).current_dir(&self.here).status().expect("sh starts");
        assert!(copied.success(), "{name} can be copied");
        let to = self.here.join("cut").join(name);
        let files = match fs::read_dir(&to) {
            Ok(files) => files.map(|file| file.expect("it was just written").path()).collect(),
            Err(_) => vec![to.clone()],
        };
        let largest = files.into_iter().max_by_key(|file| size(file)).expect("an image has files");
        let file = fs::File::options().append(true).open(&largest).expect("it was just written");
        // an odd length: inside of a member, not between two
        file.set_len((size(&largest) * percent / 100) | 1).expect("it was just written");
        to.into_os_string().into_string().expect("a path in UTF-8")
    }
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).expect("the file is there").len()
}

/// Runs the program: its exit code, its report, and its text on one line.
fn why_differ(args: &[&str]) -> (Option<i32>, Value, String) {
    let run = |format: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
        command.args(args).args(["--format", format]).env_remove("NO_COLOR").stdin(Stdio::null());
        command.output().expect("the program was built and starts")
    };
    let (json, text) = (run("json"), run("text"));
    assert_eq!(json.status.code(), text.status.code(), "{args:?}: the exit code is the same in any format");
    let report = serde_json::from_slice(&json.stdout).unwrap_or_else(|error| panic!("{args:?}: no JSON: {error}"));
    let text = String::from_utf8(text.stdout).expect("all output is UTF-8");
    (json.status.code(), report, text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The ledger, bytes by causes.
fn ledger<'r>(report: &'r Value) -> BTreeMap<BTreeSet<&'r str>, i64> {
    let rows = report["size"]["ledger"].as_array().into_iter().flatten();
    let row = |row: &'r Value| {
        let several = row["causes"].as_array().into_iter().flatten();
        (several.chain([&row["cause"]]).filter_map(Value::as_str).collect(), row["bytes"].as_i64().expect("bytes"))
    };
    rows.map(row).collect()
}

/// How often each cause was seen.
fn causes(report: &Value) -> BTreeMap<&str, u64> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings
        .map(|found| (found["cause"].as_str().expect("a code"), found["count"].as_u64().expect("a count")))
        .collect()
}

/// A cause as it is called with the sides swapped.
fn mirrored(cause: &str) -> &str {
    match cause {
        "file-added" => "file-removed",
        "file-removed" => "file-added",
        other => other,
    }
}

/// What is wrong with what the program says of one pair, both ways round.
fn check(lab: &Lab, expect: &Expect) -> String {
    let (a, b) = (lab.image(expect.a), lab.image(expect.b));
    let (exit, report, text) = why_differ(&[&a, &b]);
    let mut wrong = String::new();
    let mut same = |what: &str, expected: Value, found: Value| {
        if expected != found {
            let _ = write!(wrong, "\n  {what}: expected {expected}, found {found}");
        }
    };
    let expected: BTreeSet<&str> = expect.causes.split_whitespace().collect();
    same("causes", json!(expected), json!(causes(&report).keys().copied().collect::<BTreeSet<_>>()));
    same("sameness", json!(expect.sameness), report["sameness"].clone());
    same("exit code", json!(i32::from(expect.sameness != "same-digest")), json!(exit));
    same("unexplained", json!([]), report["unexplained"].clone());
    same("accounted", json!(true), report["accounted"].clone());
    same("sum of the ledger", report["size"]["difference"].clone(), json!(ledger(&report).values().sum::<i64>()));
    for words in expect.says {
        same("said", json!(words), json!(text.contains(words).then_some(words)));
    }
    for (side, name) in [("a", expect.a), ("b", expect.b)] {
        let facts = fs::read_to_string(lab.image(&format!("{name}.facts"))).unwrap_or_default();
        for (fact, field) in facts.split_whitespace().zip(["digest", "size"]) {
            same(
                &format!("{field} of {side}, by the registry"),
                json!(fact),
                json!(report[side][field].to_string().trim_matches('"')),
            );
        }
    }
    let (exit_swapped, swapped, _) = why_differ(&[&b, &a]);
    same("exit code, swapped", json!(exit), json!(exit_swapped));
    same("sameness, swapped", report["sameness"].clone(), swapped["sameness"].clone());
    let back = |(cause, count)| (mirrored(cause), count);
    same(
        "causes, swapped",
        json!(causes(&report)),
        json!(causes(&swapped).into_iter().map(back).collect::<BTreeMap<_, _>>()),
    );
    let back = |(causes, bytes): (BTreeSet<_>, i64)| (causes.into_iter().map(mirrored).collect(), -bytes);
    let (ours, theirs) =
        (ledger(&report), ledger(&swapped).into_iter().map(back).collect::<BTreeMap<BTreeSet<_>, _>>());
    same("ledger, swapped", json!(format!("{ours:?}")), json!(format!("{theirs:?}")));
    same(
        "exit code when its level is required",
        json!(0),
        json!(why_differ(&[&a, &b, "--require", expect.sameness]).0),
    );
    if wrong.is_empty() { wrong } else { format!("\n{}: why-differ {a} {b}{wrong}", expect.name) }
}

/// What is wrong with who is said to have compressed an image's layers: each is written again to its digest.
fn check_encoders(lab: &Lab, &(name, family, level): &(&str, &str, i64)) -> String {
    let image = lab.image(name);
    let (_, report, _) = why_differ(&["inspect", &image]);
    let mut wrong = String::new();
    let layers = report["layers"].as_array().expect("layers");
    assert!(!layers.is_empty(), "{image} has layers");
    for layer in layers {
        let encoder = &layer["encoder"];
        let all = std::iter::once(encoder).chain(encoder["alternatives"].as_array().into_iter().flatten());
        let is_there = all.clone().any(|one| one["family"] == family && one["level"] == level);
        if !is_there || encoder["certainty"] != "proved" || encoder["agreed_bytes"] != layer["size"] {
            let _ =
                write!(wrong, "\n{image} layer {}: expected {family} {level}, proved; found {encoder}", layer["index"]);
        }
    }
    wrong
}

/// What is wrong with what the program says of one image, whole and cut.
fn check_alone(lab: &Lab, name: &str) -> String {
    let (whole, mut wrong) = (lab.image(name), String::new());
    for how in ["--full", "--verify"] {
        let (exit, report, _) = why_differ(&[&whole, &whole, how]);
        let found = (exit, &report["findings"], &report["sameness"]);
        if found != (Some(0), &json!([]), &json!("same-digest")) {
            let _ = write!(wrong, "\n{whole} against itself {how}: expected exit 0 and same-digest, found {found:?}");
        }
    }
    for percent in [2, 35, 50, 65, 80] {
        let cut = lab.cut(name, percent);
        for args in [[&whole, cut.as_str()], [&cut, &whole], ["inspect", &cut]] {
            // schema 1 tells no sizes: only who opens a blob can tell
            let verify: &[&str] = if name == "schema1.dir" { &["--verify"] } else { &[] };
            let (exit, report, _) = why_differ(&[&args, verify].concat());
            if exit != Some(2) || !report["error"]["message"].is_string() || !report["sameness"].is_null() {
                let found = (exit, &report["error"], &report["sameness"]);
                let _ = write!(wrong, "\n{args:?} cut to {percent} %: expected exit 2 and an error, found {found:?}");
            }
        }
    }
    wrong
}

#[test]
fn what_is_said_of_fresh_images_holds() {
    if std::env::var("WHY_DIFFER_LAB").as_deref() != Ok("1") {
        println!("skipped: the lab is not running (set WHY_DIFFER_LAB=1 after corpus/lab/up --modern)");
        return;
    }
    let seconds = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let seed = std::env::var("WHY_DIFFER_LAB_SEED").map_or_else(|_| seconds(), |seed| seed.parse().expect("a number"));
    let lab = Lab::make(seed);
    let mut wrong: String = PAIRS.iter().map(|pair| check(&lab, pair)).collect();
    let images: BTreeSet<&str> = PAIRS.iter().flat_map(|pair| [pair.a, pair.b]).collect();
    wrong.extend(images.into_iter().map(|name| check_alone(&lab, name)));
    wrong.extend(ENCODERS.iter().map(|expect| check_encoders(&lab, expect)));
    assert!(wrong.is_empty(), "seed {seed}, images in {}:{wrong}", lab.out.display());
    fs::remove_dir_all(&lab.here).expect("the lab's folder can be removed");
}
