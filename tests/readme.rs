//! The output that the README shows is what the program prints.
#![expect(clippy::disallowed_methods, reason = "this test reads the README and starts the program")]

use std::path::Path;
use std::process::Command;

/// Blocks of output in the README, each with the arguments that make it.
const BLOCKS: [(&str, [&str; 2]); 1] =
    [("docker-ctr", ["corpus/wild/docker20-push.tar", "corpus/wild/ctr16-push.tar"])];

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("there is a README");
    for (name, arguments) in BLOCKS {
        // As in a fresh clone: from its root, into a pipe.
        let output = Command::new(env!("CARGO_BIN_EXE_why-differ")).args(arguments).current_dir(root).output();
        let printed = String::from_utf8(output.expect("the program starts").stdout).expect("all output is UTF-8");
        let block = format!("<!-- output:{name} -->\n```text\n{printed}```\n<!-- /output -->\n");
        assert!(
            readme.contains(&block),
            "the README does not show what is printed now; its block should be:\n\n{block}"
        );
    }
}
