//! References as typed: never a panic, and no disk is touched.

#![no_main]

use libfuzzer_sys::fuzz_target;
use why_differ::image::platform::Platform;
use why_differ::source::Reference;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = Reference::parse(text);
    if let Some(platform) = Platform::parse(text) {
        assert!(platform.satisfies(&platform));
        assert_eq!(platform.normal(), platform.normal().normal());
    }
});
