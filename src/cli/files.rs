//! The few files that the command line itself reads and writes: policies, baselines, reports.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// No policy and no baseline is larger, in bytes.
const LARGEST: u64 = 8 << 20;

/// The text of a policy or a baseline.
///
/// # Errors
/// One sentence that names the file.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the files it was given")]
pub fn read(path: &str) -> Result<String, String> {
    let shown = why_differ::text::shown(path.as_bytes());
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => format!("{shown}: no such file"),
        io::ErrorKind::InvalidData => format!("{shown}: expected UTF-8, found other bytes"),
        _ => format!("{shown}: {error}"),
    };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(failed)?;
    let length = file.take(LARGEST + 1).read_to_string(&mut text).map_err(failed)?;
    if length as u64 > LARGEST {
        return Err(format!("{shown}: expected at most {LARGEST} bytes, found more"));
    }
    Ok(text)
}

/// Whether there is anything at `path`.
#[expect(clippy::disallowed_methods, reason = "a baseline that is not there yet is no fault when it is to be written")]
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// Writes a file whole, where there is none or one that this program wrote: an image that was named by a slip is kept.
///
/// # Errors
/// One sentence that names the file.
#[expect(clippy::disallowed_methods, reason = "the user named a file to be written")]
pub fn write_output(path: &str, bytes: &[u8]) -> Result<(), String> {
    /// Where our name stands in every report, within so many bytes.
    const HEAD: u64 = 64 << 10;
    if let Ok(file) = fs::File::open(path) {
        let mut head = Vec::new();
        // a device or a pipe is written to without being read
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        if is_file {
            let _ = file.take(HEAD).read_to_end(&mut head);
        }
        let ours: [&[u8]; 2] = [b"why-differ", b"{\n  \"schema\": 1,\n  \"a\": {"];
        let is_ours = ours.iter().any(|mark| head.windows(mark.len()).any(|window| window == *mark));
        if is_file && !head.is_empty() && !is_ours {
            let shown = why_differ::text::shown(path.as_bytes());
            return Err(format!(
                "{shown}: expected no file, or one that why-differ wrote, found another; it was not overwritten"
            ));
        }
    }
    write(path, bytes)
}

/// Writes a file whole.
///
/// # Errors
/// One sentence that names the file.
#[expect(clippy::disallowed_methods, reason = "the user named a file to be written")]
pub fn write(path: &str, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|error| format!("{}: {error}", why_differ::text::shown(path.as_bytes())))
}

/// Adds to a file that another program keeps, such as the step summary of a workflow.
///
/// # Errors
/// One sentence that names the file.
#[expect(clippy::disallowed_methods, reason = "the workflow's runner named a file to be added to")]
pub fn append(path: &Path, text: &str) -> Result<(), String> {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("{}: {error}", why_differ::text::shown(path.as_os_str().as_encoded_bytes())))
}
