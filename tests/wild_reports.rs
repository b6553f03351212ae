//! The reports on all pairs of real images, both ways round, as text and as JSON: read line by line when they change.

mod wild;

use why_differ::render::{View, explain, html, json, text};
use why_differ::{Options, diff};

/// Paths of this checkout are no part of a report's snapshot.
fn local(text: &str) -> String {
    text.replace(&format!("{}/", wild::folder()), "")
}

#[test]
fn reports_on_real_pairs() {
    for pair in wild::pairs() {
        for (way, a, b) in [("", &pair.a, &pair.b), ("-swapped", &pair.b, &pair.a)] {
            // references as they are typed in the folder of the images
            let mut report = diff(a, b, &Options::default(), &());
            report.sides.as_mut().map(|side| side.reference = local(&side.reference));
            let name = format!("{}{way}", pair.name);
            insta::with_settings!({ snapshot_path => "snapshots/wild", prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name.as_str(), text::report(&report, &View::default()));
                insta::assert_snapshot!(format!("{name}.json"), json::report(&report, false));
            });
        }
    }
}

/// Pages on real pairs are read, not stored: what a page says is tested on reports made by hand.
#[test]
fn every_real_pair_makes_a_page() {
    let entry =
        |cause: &&why_differ::cause::Cause| explain::Entry { code: cause.code, group: cause.group, page: cause.page };
    let causes: Vec<explain::Entry<'_>> = why_differ::cause::all().iter().map(entry).collect();
    let about = html::About { causes: &causes, version: "0.0.0", command: "why-differ report a b -o report.html" };
    for pair in wild::pairs() {
        let options = Options { exhibits: true, full: true, all_platforms: true, ..Options::default() };
        let report = diff(&pair.a, &pair.b, &options, &());
        let page = html::page(&report, &about);
        let reading = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
        let document = roxmltree::Document::parse_with_options(&page, reading);
        let document = document.unwrap_or_else(|error| panic!("{}: {error}", pair.name));
        let text: String = document.descendants().filter_map(|node| node.text()).collect();
        for finding in &report.findings {
            assert!(text.contains(finding.cause), "{}: {}", pair.name, finding.cause);
        }
        assert!(!report.exhibits.documents.is_empty() || report.trouble.is_empty(), "{}: documents", pair.name);
        assert!(page.len() < 1 << 20, "{}: {} bytes", pair.name, page.len());
    }
}

/// What the program writes for pairs of every kind, with the flags that go with it; the page says how to make it again.
#[test]
#[allow(clippy::disallowed_methods, reason = "this test starts the program")]
fn the_program_writes_pages_of_every_kind() {
    let kinds: [(&str, &[&str], &str); 7] = [
        ("docker-ctr", &["--prove"], "Proved: replaying 2 causes on a gives"),
        ("gzip-estargz", &["--prove"], "Proof"),
        ("machines", &["--prove"], "Taken from b"),
        ("list-buildkit", &["--all-platforms", "--prove"], "linux/arm64"),
        ("list-buildkit", &[], "Not explained"),
        ("schema2-schema1", &[], "Docker schema 1, signed"),
        ("docker-ctr-export", &["--verify"], "There is no difference."),
    ];
    for (name, flags, expected) in kinds {
        let pair = wild::pairs().into_iter().find(|pair| pair.name == name).expect("the pair is there");
        for form in ["html", "markdown"] {
            let output = std::process::Command::new(env!("CARGO_BIN_EXE_why-differ"))
                .args(["report", &pair.a, &pair.b, "-o", "-", "--format", form])
                .args(flags)
                .output()
                .expect("the program starts");
            let text = String::from_utf8(output.stdout).expect("a page is UTF-8");
            assert!(matches!(output.status.code(), Some(0 | 1)), "{name}: {:?}", output.status);
            assert!(
                text.contains(expected) || form == "markdown" && expected == "Taken from b",
                "{name}, {form}: {expected}"
            );
            if form == "html" {
                let reading = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
                let page = roxmltree::Document::parse_with_options(&text, reading);
                let page = page.unwrap_or_else(|error| panic!("{name}: {error}"));
                let is_again = |node: &roxmltree::Node<'_, '_>| node.attribute("id") == Some("again");
                let again = page.descendants().find(is_again).expect("the page says how it was made");
                let words: String = again.descendants().filter_map(|node| node.text()).collect();
                for flag in flags {
                    assert!(words.contains(flag), "{name}: {flag} is not in {words}");
                }
            }
        }
    }
}
