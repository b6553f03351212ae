//! Snapshots of every renderer over reports made by hand, at 80 columns and without colour.
//!
//! The reports have the shapes that comparisons give: each level of sameness, images with and
//! without documents, hostile names, long lists, trouble. The snapshots are the specification of
//! what a person reads, so read them line by line when they change.

#[path = "render/outcomes.rs"]
mod outcomes;
#[path = "render/reports.rs"]
mod reports;
mod schemas;

use reports::*;
use why_differ::render::{Detail, View, explain, inspect, json, text};
use why_differ::report::*;

fn shown(report: &Report) -> String {
    text::report(report, &View::default())
}

#[test]
fn same_image() {
    insta::assert_snapshot!(shown(&docker_and_ctr()));
}

#[test]
fn same_image_wide() {
    insta::assert_snapshot!(text::report(&docker_and_ctr(), &View { width: 120, ..View::default() }));
}

#[test]
fn same_image_everything() {
    insta::assert_snapshot!(text::report(&docker_and_ctr(), &View { detail: Detail::Everything, ..View::default() }));
}

#[test]
fn only_the_first_line() {
    let view = View { detail: Detail::Verdict, ..View::default() };
    for report in [docker_and_ctr(), rebuilt(), hostile(), damaged(), unread(), platforms()] {
        let first = shown(&report).lines().next().map(|line| format!("{line}\n"));
        assert_eq!(Some(text::report(&report, &view)), first);
    }
}

#[test]
fn same_digest() {
    let side = |reference: &str| image(reference, "OCI manifest", 1, 3, 1, 5_000);
    let mut report = report(Some(Sameness::SameDigest), side("a"), side("b"));
    report.notes = vec!["Equal digests were not opened; --verify opens and hashes everything.".to_owned()];
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn same_layers() {
    let mut report = report(
        Some(Sameness::SameLayers),
        image("a", "Docker schema 2", 1, 3, 3, 1_000_000),
        image("b", "OCI manifest", 2, 4, 3, 1_000_012),
    );
    report.differences = 2;
    report.findings = vec![finding("config-created", Group::Build, "2026-01-01 → 2026-01-02", 1, Some(0))];
    report.ignored = vec!["media-type-family"];
    report.size.ledger = vec![row("media-type-family", 12), row("config-created", 0)];
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn same_files() {
    let mut report = report(
        Some(Sameness::SameFiles),
        image("a", "OCI manifest", 1, 3, 5, 900),
        image("b", "OCI manifest", 2, 4, 1, 800),
    );
    report.differences = 1;
    let mut cut = finding("layer-boundaries", Group::Encoding, "5 layers → 1 layer", 1, Some(-100));
    cut.certainty = Certainty::Proved;
    report.findings = vec![cut];
    report.size.ledger = vec![row("layer-boundaries", -100)];
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn same_contents() {
    insta::assert_snapshot!(shown(&rebuilt()));
}

#[test]
fn different_and_hostile() {
    let text = shown(&hostile());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "nothing in the report drives a terminal");
    insta::assert_snapshot!(text);
}

#[test]
fn everything_unexplained_on_request() {
    let text = text::report(&hostile(), &View { full: true, ..View::default() });
    assert!(text.contains("entry 24 byte 345") && text.contains(&"x".repeat(400)) && !text.contains("--full"));
}

#[test]
fn an_archive_without_a_manifest() {
    let mut saved = image("docker-archive:saved.tar", "classic docker save", 1, 3, 1, 2_230_000);
    (saved.digest, saved.media_type) = (None, None);
    let mut report =
        report(Some(Sameness::SameImage), saved, image("pushed.tar", "Docker schema 2", 2, 3, 1, 1_100_000));
    report.differences = 1;
    report.findings = vec![finding("no-manifest", Group::Encoding, "a holds no manifest document", 1, Some(500))];
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn two_single_layers() {
    let blob = |reference: &str, top: u8, size: u64| {
        let mut blob = image(reference, "layer blob", top, 0, 1, size);
        (blob.image_id, blob.platform, blob.media_type) = (None, None, None);
        blob
    };
    let mut report = report(Some(Sameness::SameLayers), blob("blob:1.gz", 1, 700), blob("blob:2.zst", 2, 650));
    report.differences = 1;
    let mut encoder = finding("compression-encoder", Group::Encoding, "Go's deflate → zlib's", 1, Some(-50));
    encoder.certainty = Certainty::Likely;
    report.findings = vec![encoder];
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn trouble_with_one_layer() {
    insta::assert_snapshot!(shown(&damaged()));
}

#[test]
fn trouble_with_everything() {
    insta::assert_snapshot!(shown(&unread()));
}

#[test]
fn all_platforms() {
    insta::assert_snapshot!(shown(&platforms()));
}

#[test]
fn all_platforms_but_no_trouble() {
    let mut report = platforms();
    report.sameness = Some(Sameness::SameImage);
    report.pairs.retain(|pair| pair.report.as_ref().is_some_and(|report| report.trouble.is_empty()));
    insta::assert_snapshot!(shown(&report));
}

#[test]
fn colours_change_no_word() {
    for report in [docker_and_ctr(), rebuilt(), hostile(), damaged(), unread(), platforms()] {
        let mut painted = text::report(&report, &View { color: true, ..View::default() });
        for code in ["0", "1", "2", "31", "32", "33"] {
            painted = painted.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(painted, shown(&report));
    }
}

#[test]
fn json_of_a_comparison() {
    insta::assert_snapshot!(json::report(&docker_and_ctr(), false));
}

#[test]
fn json_of_hostile_bytes() {
    let mut report = hostile();
    report.unexplained.truncate(1);
    insta::assert_snapshot!(json::report(&report, false));
}

#[test]
fn json_of_trouble() {
    insta::assert_snapshot!(json::report(&unread(), false));
}

#[test]
fn json_of_platforms() {
    let mut report = platforms();
    report.pairs.remove(0);
    insta::assert_snapshot!(json::report(&report, false));
}

#[test]
fn json_lists_are_bounded_until_all_is_asked_for() {
    let mut report = rebuilt();
    report.findings[0].places = (0..100).map(|number| number.to_string()).collect();
    let count = |full| json::report(&report, full).matches("\n        \"").count();
    assert_eq!(count(true) - count(false), 90);
    assert!(json::report(&report, false).contains("\"where_total\": 100000"));
}

#[test]
fn an_inspection() {
    insta::assert_snapshot!(inspect::inspection(&inspection(), &View::default()));
}

#[test]
fn an_inspection_of_a_damaged_image() {
    let mut inspection = inspection();
    inspection.trouble = damaged().trouble;
    inspection.layers.clear();
    insta::assert_snapshot!(inspect::inspection(&inspection, &View { detail: Detail::Everything, ..View::default() }));
}

#[test]
fn json_of_an_inspection() {
    insta::assert_snapshot!(json::inspection(&inspection(), false));
}

#[test]
fn the_list_of_causes() {
    let entry = |code, group, page| explain::Entry { code, group, page };
    let list = [
        entry(
            "layer-compression",
            Group::Encoding,
            "# layer-compression\n\n## What differs\nOne side's layers are compressed, the other's are not, or with another algorithm. And so on.\n",
        ),
        entry("file-mtime", Group::Metadata, "# file-mtime\n\n## What differs\nThe **modification times** of files.\n"),
    ];
    insta::assert_snapshot!(explain::list(&list, &View::default()));
}
