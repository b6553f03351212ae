//! The reports on all pairs of real images, both ways round, as text and as JSON: read line by line when they change.

mod wild;

use why_differ::render::{View, json, text};
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
