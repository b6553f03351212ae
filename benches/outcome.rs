//! How long every form of a check, a bug report and its redaction take with 100,000 differences: alike and unlike, in
//! layers and in documents.
//!
//! The images are made here, compared once, and rendered again and again; `redact` takes a copy along each time.
#![expect(clippy::disallowed_methods, reason = "the images are files")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::Criterion;
use why_differ::check::{Date, Policy};
use why_differ::digest::Digest;
use why_differ::pair::Pair;
use why_differ::render::{View, bug_report, check, explain, json, markdown, text};
use why_differ::report::{Report, Unexplained, Value};
use why_differ::{Options, diff, redact};

const COUNT: usize = 100_000;

/// One side of a shape: the layer's files, with their times, and the config's labels.
struct Made {
    files: Vec<(String, String, u64)>,
    labels: Vec<(String, String)>,
}

/// The two sides of each shape.
fn shapes() -> Vec<(&'static str, Pair<Made>)> {
    let side = |make: &dyn Fn(&'static str) -> Made| Pair::new(make("a"), make("b"));
    let place = |number: usize| format!("usr/share/d{}/file{number}", number % 97);
    let files = |each: &dyn Fn(usize) -> (String, String, u64)| Made {
        files: (0..COUNT).map(each).collect(),
        labels: Vec::new(),
    };
    vec![
        ("times alike", side(&|name| files(&|at| (place(at), String::new(), if name == "a" { 1 } else { 11 })))),
        (
            "times unlike",
            side(&|name| files(&|at| (place(at), String::new(), if name == "a" { 1 } else { at as u64 + 2 }))),
        ),
        ("contents", side(&|name| files(&|at| (place(at), format!("first\n{name} {at}\nlast {}\n", at * 7), 1)))),
        ("names", side(&|name| files(&|at| (format!("{}-{name}", place(at)), format!("{name} {at}"), 1)))),
        (
            "labels",
            side(&|name| Made {
                files: vec![],
                labels: (0..COUNT).map(|at| (format!("org.example.l{at}"), format!("{name}{at}"))).collect(),
            }),
        ),
    ]
}

/// A docker archive.
fn write(path: &Path, made: &Made) {
    let mut layer = tar::Builder::new(Vec::new());
    for (name, content, mtime) in &made.files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(*mtime);
        layer.append_data(&mut header, name, content.as_bytes()).expect("memory takes everything");
    }
    let layer = layer.into_inner().expect("memory takes everything");
    let labels: serde_json::Map<String, serde_json::Value> =
        made.labels.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let config = serde_json::json!({
        "architecture": "amd64", "os": "linux", "config": { "Labels": labels },
        "rootfs": { "type": "layers", "diff_ids": [Digest::sha256(&layer).to_string()] },
    });
    let manifest = serde_json::json!([{ "Config": "config.json", "RepoTags": null, "Layers": ["layer.tar"] }]);
    let mut archive = tar::Builder::new(std::fs::File::create(path).expect("the folder is ours"));
    for (name, bytes) in [
        ("layer.tar", layer),
        ("config.json", config.to_string().into_bytes()),
        ("manifest.json", manifest.to_string().into_bytes()),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &bytes[..]).expect("the folder is ours");
    }
    archive.finish().expect("the folder is ours");
}

/// The reports: bounded as `check` and `bug-report` have them, and whole.
fn reports() -> Vec<(String, Report, Report)> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut out = Vec::new();
    for (name, pair) in shapes() {
        let paths: Pair<PathBuf> = Pair::new(folder.path().join("a.tar"), folder.path().join("b.tar"));
        write(&paths.a, &pair.a);
        write(&paths.b, &pair.b);
        let of = |full: bool| {
            let options = Options { spots: true, exhibits: true, full, ..Options::default() };
            let (a, b) = (paths.a.to_string_lossy(), paths.b.to_string_lossy());
            diff(&a, &b, &options, &())
        };
        let bounded = of(false);
        assert!(bounded.trouble.is_empty() && bounded.differences as usize >= COUNT, "{name}: {:?}", bounded.trouble);
        out.push((name.to_owned(), bounded, of(true)));
    }
    // nothing made here stays unexplained, so that is written in by hand
    let unexplained = (0..COUNT).map(|at| Unexplained {
        place: format!("layer 1: file{at}"),
        field: "a field".to_owned(),
        values: Pair::new(Value::Number(at as i128), Value::text(format!("{at}"))),
    });
    if let Some((_, bounded, full)) = out.first().cloned() {
        let with = |report: Report| Report { findings: vec![], unexplained: unexplained.clone().collect(), ..report };
        out.push(("unexplained".to_owned(), with(bounded), with(full)));
    }
    out
}

/// Renders once; the length of what came.
type Render<'r> = Box<dyn Fn() -> usize + 'r>;

fn main() {
    let mut criterion = Criterion::default().sample_size(10).configure_from_args();
    let entries: Vec<explain::Entry<'static>> = why_differ::cause::all()
        .iter()
        .map(|cause| explain::Entry { code: cause.code, group: cause.group, page: cause.page })
        .collect();
    let policy = Policy::read("[[allow]]\npaths = \"usr/share/d1?/**\"\n[[forbid]]\npaths = \"**/*.so\"", &[]);
    let policy = policy.unwrap_or_else(|fault| panic!("{fault}"));
    let today = Date::from_unix(0);
    for (name, bounded, full) in reports() {
        let verdict = why_differ::check::check(&bounded, &policy, None, today).verdict;
        let view = View::default();
        let whole = View { full: true, ..View::default() };
        let forms: Vec<(&str, Render<'_>)> = vec![
            ("text", Box::new(|| text::report(&bounded, &view).len())),
            ("text, full", Box::new(|| text::report(&full, &whole).len())),
            ("json", Box::new(|| json::report(&bounded, false).len())),
            ("json, full", Box::new(|| json::report(&full, true).len())),
            ("markdown", Box::new(|| markdown::report(&full, &entries, false).len())),
            ("markdown, full", Box::new(|| markdown::report(&full, &entries, true).len())),
            (
                "check itself",
                Box::new(|| why_differ::check::check(&bounded, &policy, None, today).verdict.results.len()),
            ),
            ("check text", Box::new(|| check::text(&verdict, &bounded, &view).len())),
            ("check json", Box::new(|| check::json(&verdict, &bounded, false).len())),
            ("check github", Box::new(|| check::annotations(&verdict, &bounded).len())),
            ("check sarif", Box::new(|| check::sarif(&verdict, &bounded, &entries, "0").len())),
            ("check junit", Box::new(|| check::junit(&verdict, &bounded).len())),
            ("check markdown", Box::new(|| check::markdown(&verdict, &bounded).len())),
            ("bug report", Box::new(|| bug_report::markdown(&bounded, &[""; 0], &entries, "0").len())),
            ("redact", Box::new(|| redact::report(&mut bounded.clone()).len())),
            ("redact, full", Box::new(|| redact::report(&mut full.clone()).len())),
            ("suspects, full", Box::new(|| redact::suspects(&mut full.clone()).len())),
        ];
        for (form, render) in forms {
            criterion.bench_function(&format!("{name}: {form}"), |bencher| bencher.iter(|| black_box(render())));
            println!("{name}: {form}: {} bytes", render());
        }
    }
    criterion.final_summary();
}
