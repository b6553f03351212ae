//! PAX bodies: never a panic, and the records lie side by side up to the first malformed one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use why_differ::layer::tar::pax::records;

fuzz_target!(|data: &[u8]| {
    let (records, malformed) = records(data);
    let mut offset = 0;
    for record in records {
        assert_eq!(record.offset, offset);
        offset += record.length.len() + record.key.len() + record.value.len() + 3;
        let written = std::str::from_utf8(record.length).ok().and_then(|text| text.parse().ok());
        assert_eq!(Some(offset - record.offset), written);
    }
    assert_eq!(malformed.unwrap_or(data.len()), offset);
});
