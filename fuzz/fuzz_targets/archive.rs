//! Any file as an image: inspected and compared with itself, never a panic, and never a difference from itself.

#![no_main]

use std::io::Write as _;

use libfuzzer_sys::fuzz_target;
use why_differ::limits::Limits;
use why_differ::{Options, diff, inspect};

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
    file.write_all(data).expect("a temporary file can be written");
    let path = file.path().to_str().expect("temporary files have plain names");
    let limits = Limits { layer_size: 1 << 24, sparse: 1 << 18, ..Limits::default() };
    let options = Options { limits, verify: true, ..Options::default() };
    let _ = inspect(path, &options, &());
    assert_eq!(diff(path, path, &options, &()).differences, 0);
});
