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
