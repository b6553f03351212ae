//! Tars: never a panic, the same model in any pieces, the same bytes back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use why_differ::layer::tar::read::TarReader;
use why_differ::layer::tar::write::write;
use why_differ::layer::tar::{Header, HeaderField, Tar, number};
use why_differ::limits::Limits;

fn read(data: &[u8], piece: usize) -> Option<Tar> {
    // Hashing the holes of a sparse file takes time and shows nothing.
    let limits = Limits { sparse: 1 << 18, ..Limits::default() };
    let mut reader = TarReader::new(&limits);
    data.chunks(piece).for_each(|chunk| reader.push(chunk));
    reader.finish().ok()
}

fn check_numbers(header: &Header) {
    for (field, ..) in HeaderField::fields(header.dialect()) {
        let raw = header.field(*field);
        let (value, spelling) = number::spelling(&raw);
        if !matches!(spelling, number::NumberSpelling::Malformed(_)) {
            assert_eq!(number::spell(value, &spelling, raw.len()), Some(raw));
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let tar = read(data, data.len().max(1));
    assert_eq!(read(data, 7), tar);
    assert_eq!(read(data, 513), tar);
    let Some(tar) = tar else {
        return;
    };
    let mut back = Vec::new();
    let written = write(
        &tar,
        &mut |content, out| {
            let begin = content.offset as usize;
            out.write_all(&data[begin..begin + content.length as usize])
        },
        &mut back,
    );
    assert!(written.is_ok() && back == data);
    tar.entries.iter().for_each(|entry| check_numbers(&entry.header));
});
