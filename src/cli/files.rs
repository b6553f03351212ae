//! The few files that the command line itself reads and writes: policies, baselines, reports.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::bundle;

/// No policy and no baseline is larger, in bytes.
const LARGEST: u64 = 8 << 20;

/// A file that is no text: where it ceases to be, if it could be read, and one sentence without its name.
pub struct Unread {
    /// Line and column from 1.
    pub position: Option<(usize, usize)>,
    /// What is wrong.
    pub message: String,
}

/// The text of a policy or a baseline.
///
/// # Errors
/// What keeps it from being read.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the files it was given")]
pub fn read(path: &str) -> Result<String, Unread> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Unread { position: None, message: "no such file".to_owned() },
        io::ErrorKind::IsADirectory => Unread { position: None, message: "expected a file, found a folder".to_owned() },
        _ => Unread { position: None, message: error.to_string() },
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    let length = file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if length as u64 > LARGEST {
        return Err(Unread { position: None, message: format!("expected at most {LARGEST} bytes, found more") });
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&good[start..]).chars().count() + 1;
        Unread { position: Some((line, column)), message: "expected UTF-8, found other bytes".to_owned() }
    })
}

/// Whether there is anything at `path`.
#[expect(clippy::disallowed_methods, reason = "a baseline that is not there yet is no fault when it is to be written")]
pub fn exists(path: &str) -> bool {
    Path::new(path).exists()
}

/// Writes a file whole, where there is none or one that this program wrote: an image that was named by a slip is kept,
/// and so is everything in `inputs`, whoever wrote it.
///
/// # Errors
/// One sentence that names the file.
pub fn write_output(path: &str, bytes: &[u8], inputs: &[&str]) -> Result<(), String> {
    if !may_replace(path) {
        let shown = why_differ::text::shown(path.as_bytes());
        return Err(format!(
            "{shown}: expected no file, or one that why-differ wrote, found another; it was not overwritten"
        ));
    }
    write_anew(path, bytes, inputs)
}

/// Writes a file whole, whatever it held, but none of `inputs`.
///
/// # Errors
/// One sentence that names the file.
pub fn write_anew(path: &str, bytes: &[u8], inputs: &[&str]) -> Result<(), String> {
    let shown = why_differ::text::shown(path.as_bytes());
    if inputs.iter().any(|input| is_within(path, input)) {
        return Err(format!("{shown}: expected a file of its own, found one that is read; it was not overwritten"));
    }
    write(path, bytes).map_err(|error| format!("{shown}: {error}"))
}

/// Whether `path` is the file, or lies in the folder, that a reference names. A colon or an at sign may end the path
/// of a reference, so each is tried.
#[expect(clippy::disallowed_methods, reason = "the user named files to be read and one to be written")]
fn is_within(path: &str, reference: &str) -> bool {
    let Ok(path) = fs::canonicalize(path) else { return false };
    let rest = PREFIXES.iter().find_map(|prefix| reference.strip_prefix(prefix)).unwrap_or(reference);
    let ends = rest.match_indices([':', '@']).map(|(at, _)| at).chain([rest.len()]);
    ends.filter(|end| *end > 0)
        .filter_map(|end| fs::canonicalize(&rest[..end]).ok())
        .any(|input| path == input || (input.is_dir() && path.is_file() && path.starts_with(&input)))
}

/// Prefixes of references behind which a path stands.
const PREFIXES: [&str; 5] = ["oci:", "oci-archive:", "docker-archive:", "dir:", "blob:"];

/// Whether nothing would be lost if `path` were written: nothing is there, it is empty, a device or a pipe, or it was
/// written by this program before.
#[expect(clippy::disallowed_methods, reason = "the user named a file to be written")]
fn may_replace(path: &str) -> bool {
    /// Where every report has one of the marks, within so many bytes.
    const HEAD: u64 = 64 << 10;
    let Ok(file) = fs::File::open(path) else { return true };
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return true;
    }
    let mut head = Vec::new();
    let _ = file.take(HEAD).read_to_end(&mut head);
    // of a page, of JSON, of Markdown
    let marks: [&[u8]; 3] =
        [b"why-differ", b"{\n  \"schema\": 1,\n  \"a\": {", b"\n| | image | form | digest | size |\n"];
    let is_report = marks.iter().any(|mark| head.windows(mark.len()).any(|window| window == *mark));
    head.is_empty() || is_report || bundle::is_one(&head)
}

/// Writes a file whole or not at all: beside it first, then in its place. What is no file (a device, a pipe) is written
/// to as it is.
///
/// # Errors
/// Why not, without the file's name.
#[expect(clippy::disallowed_methods, reason = "the user named a file to be written")]
pub fn write(path: &str, bytes: &[u8]) -> Result<(), String> {
    // behind a link its target is replaced, not the link
    let path = fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let there = fs::metadata(&path).ok();
    if there.as_ref().is_some_and(|there| !there.is_file()) {
        return fs::write(&path, bytes).map_err(|error| error.to_string());
    }
    let beside = beside(&path);
    let made = match fs::OpenOptions::new().write(true).create_new(true).open(&beside) {
        Ok(made) => made,
        // a file may be writable in a folder that is not
        Err(_) if there.is_some() => return fs::write(&path, bytes).map_err(|error| error.to_string()),
        Err(error) => return Err(error.to_string()),
    };
    let whole = || -> io::Result<()> {
        let mut made = made;
        made.write_all(bytes)?;
        if let Some(there) = &there {
            made.set_permissions(there.permissions())?;
        }
        made.sync_all()?;
        drop(made);
        fs::rename(&beside, &path)
    };
    whole().map_err(|error| {
        let _ = fs::remove_file(&beside);
        error.to_string()
    })
}

/// A name that nobody else has, in the same folder.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".why-differ.{}.part", std::process::id()))
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
