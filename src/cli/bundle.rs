//! The bundle beside a bug report: documents and headers in a tar, compressed with zstd.
//!
//! The same report gives the same bytes: no times, no owners, one order. Never file contents.

use std::io::{self, Read as _};

use why_differ::pair::Side;
use why_differ::render::json;
use why_differ::report::{Redaction, Report};

/// The first member of every bundle.
const FIRST: &str = "bug-report.md";

/// The bundle's bytes.
///
/// # Errors
/// When the archive cannot be made.
pub fn packed(report: &Report, redacted: &[Redaction], text: &str) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(zstd::Encoder::new(Vec::new(), 0)?);
    add(&mut tar, FIRST, text.as_bytes())?;
    add(&mut tar, "report.json", json::report(report, false).as_bytes())?;
    let mut list = String::new();
    for redaction in redacted {
        list.push_str(&format!("{redaction}\n"));
    }
    add(&mut tar, "redacted.txt", list.as_bytes())?;
    for (number, document) in report.exhibits.documents.iter().enumerate() {
        for side in Side::BOTH {
            if let Some(body) = document.sides.get(side) {
                let name = format!("documents/{}-{}.{}.json", number + 1, document.part, side.name());
                add(&mut tar, &name, &body.bytes)?;
            }
        }
    }
    let mut index = String::new();
    for (number, header) in report.exhibits.headers.iter().enumerate() {
        let place = why_differ::text::shown(header.place.as_bytes());
        index.push_str(&format!("{:04}  {}  {place}\n", number + 1, header.kind));
        for side in Side::BOTH {
            if let Some(bytes) = header.bytes.get(side) {
                add(&mut tar, &format!("headers/{:04}.{}.bin", number + 1, side.name()), bytes)?;
            }
        }
    }
    add(&mut tar, "headers/index.txt", index.as_bytes())?;
    tar.into_inner()?.finish()
}

/// Whether a file that begins so is a bundle: its first member is the bug report.
pub fn is_one(head: &[u8]) -> bool {
    let mut name = [0; FIRST.len() + 1];
    let read = zstd::Decoder::new(head).and_then(|mut tar| tar.read_exact(&mut name));
    read.is_ok() && name.split_last() == Some((&0, FIRST.as_bytes()))
}

fn add(tar: &mut tar::Builder<impl io::Write>, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    tar.append_data(&mut header, name, bytes)
}
