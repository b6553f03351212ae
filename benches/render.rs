//! Rendering: every form of reports of 100,000 differences that merge into one finding, and of 100,000 that do not.

use std::hint::black_box;

use criterion::Criterion;
use why_differ::pair::Pair;
use why_differ::render::{Detail, View, bug_report, explain, html, json, markdown, text};
use why_differ::report::*;

/// How many differences there are.
const DIFFERENCES: u64 = 100_000;

fn image(reference: &str) -> ImageSummary {
    ImageSummary {
        reference: reference.to_owned(),
        form: "OCI manifest".to_owned(),
        size: Some(97_517_568),
        layers: 1,
        ..ImageSummary::default()
    }
}

fn finding(cause: &'static str, evidence: Vec<Evidence>) -> Finding {
    Finding {
        cause,
        group: Group::Content,
        title: format!("{DIFFERENCES} entries in layer 1"),
        count: DIFFERENCES,
        size_effect: None,
        certainty: Certainty::Observed,
        places: (0..DIFFERENCES).map(|number| format!("layer 1: usr/share/doc/package-{number}/copyright")).collect(),
        places_total: DIFFERENCES,
        evidence_total: evidence.len() as u64,
        evidence,
        fixes: Vec::new(),
    }
}

fn report(findings: Vec<Finding>, unexplained: Vec<Unexplained>) -> Report {
    Report {
        sameness: Some(Sameness::Different),
        size: SizeAccount { sides: Pair::new(Some(97_517_568), Some(97_517_568)), ledger: Vec::new() },
        findings,
        unexplained,
        differences: DIFFERENCES,
        ..Report::bare(Pair::new(image("a"), image("b")))
    }
}

fn values(number: u64, repeats: u64) -> Evidence {
    Evidence::Values {
        place: format!("layer 1: usr/share/doc/package-{number}/copyright"),
        field: "contents".to_owned(),
        values: Pair::new(
            Value::text(format!("sha256:{number:064x}")),
            Value::text(format!("sha256:{:064x}", number + 1)),
        ),
        repeats,
    }
}

/// The reports, by what they are of.
fn reports() -> Vec<(&'static str, Report)> {
    let unexplained = |number: u64| Unexplained {
        place: "layer 1".to_owned(),
        field: format!("entry {number} byte 345"),
        values: Pair::new(Value::Number(i128::from(number)), Value::Absent),
    };
    let changed = |number: u64| Evidence::Lines {
        place: format!("layer 1: etc/{number}"),
        lines: vec![('-', format!("listen = {number}").into_bytes()), ('+', b"listen = 0".to_vec())],
        more: 0,
    };
    vec![
        ("merged", report(vec![finding("file-mtime", vec![values(0, DIFFERENCES)])], Vec::new())),
        (
            "all apart",
            report(vec![finding("file-content", (0..DIFFERENCES).map(|n| values(n, 1)).collect())], Vec::new()),
        ),
        ("edited texts", report(vec![finding("text-edit", (0..DIFFERENCES).map(changed).collect())], Vec::new())),
        ("not explained", report(Vec::new(), (0..DIFFERENCES).map(unexplained).collect())),
        ("documents", documents()),
    ]
}

/// Two configs of a thousand steps of which none is like another: the most that is compared line by line.
fn documents() -> Report {
    let config = |side: &str| {
        let steps: Vec<_> =
            (0..1_200).map(|number| format!("{{\"created_by\":\"RUN {side} {number} {}\"}}", "x".repeat(60))).collect();
        Some(DocumentBody {
            media_type: None,
            digest: why_differ::digest::Digest::Sha256([0; 32]),
            bytes: format!("{{\"history\":[{}]}}", steps.join(",")).into_bytes(),
        })
    };
    let mut report = report(Vec::new(), Vec::new());
    report.exhibits.documents =
        vec![DocumentExhibit { part: "config", sides: Pair::new(config("left"), config("right")) }];
    report
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let entry = |cause: &&'static why_differ::cause::Cause| explain::Entry {
        code: cause.code,
        group: cause.group,
        page: cause.page,
    };
    let causes: Vec<explain::Entry<'_>> = why_differ::cause::all().iter().map(entry).collect();
    let about = html::About { causes: &causes, version: "0", command: "why-differ report a b -o report.html" };
    let view = |detail, full| View { detail, full, ..View::default() };
    let redacted: [String; 0] = [];
    for (name, report) in reports() {
        let forms: [(&str, &dyn Fn() -> String); 8] = [
            ("text", &|| text::report(&report, &view(Detail::Report, false))),
            ("text -v", &|| text::report(&report, &view(Detail::Everything, false))),
            ("text -v --full", &|| text::report(&report, &view(Detail::Everything, true))),
            ("json", &|| json::report(&report, false)),
            ("json --full", &|| json::report(&report, true)),
            ("markdown --full", &|| markdown::report(&report, &causes, true)),
            ("html", &|| html::page(&report, &about)),
            ("bug report", &|| bug_report::markdown(&report, &redacted, &causes, "0")),
        ];
        for (form, render) in forms {
            eprintln!("{name}, {form}: {} bytes", render().len());
            criterion.bench_function(&format!("{name}, {form}"), |bencher| bencher.iter(|| black_box(render()).len()));
        }
    }
    criterion.final_summary();
}
