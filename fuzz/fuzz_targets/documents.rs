//! Two documents, halves of the input, as files: never a panic, every difference claimed or listed.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use why_differ::{Options, diff};

fn file(data: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".json").tempfile().expect("a temporary file can be made");
    file.write_all(data).expect("a temporary file can be written");
    file
}

fuzz_target!(|data: &[u8]| {
    let Some(cut) = data.iter().position(|&byte| byte == 0) else { return };
    let (a, b) = (file(&data[..cut]), file(&data[cut + 1..]));
    let name = |file: &tempfile::NamedTempFile| file.path().to_str().expect("temporary files have plain names").to_owned();
    let options = Options { ..Options::default() };
    let report = diff(&name(&a), &name(&b), &options, &());
    if report.trouble.is_empty() {
        let claimed: u64 = report.findings.iter().map(|finding| finding.count).sum();
        assert_eq!(claimed + report.unexplained.len() as u64, report.differences);
        if report.sides.a.digest != report.sides.b.digest {
            assert!(report.differences > 0);
        }
    }
});
