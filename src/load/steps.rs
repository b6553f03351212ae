//! The steps of a proof as files, with their digests and a script that checks them: the one place
//! that writes to disk, and only where it is told to.
//!
//! Refuses to write over anything: the folder must not hold what is to be written.

#![allow(clippy::disallowed_methods, reason = "the steps of a proof are written where the caller says")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::digest::{Digest, Hasher};
use crate::replay::{Keep, Kept};
use crate::text::shown;

/// The files that list the digests, by algorithm; the second only where something is named by it.
const SUMS: [&str; 2] = ["SHA256SUMS", "SHA512SUMS"];
/// The script.
const SCRIPT: &str = "verify.sh";

/// A folder that steps are written to.
pub struct Steps {
    folder: PathBuf,
    with_layers: bool,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    /// What was written, with the digest of its bytes.
    written: BTreeMap<String, Digest>,
    /// The first thing that went wrong.
    failed: Option<String>,
}

/// What the last steps name, for the script to look for.
#[derive(Debug, Clone, Default)]
pub struct Links {
    /// A document's place, and a digest that its last step has to hold.
    pub named: Vec<(String, Digest)>,
    /// Blobs of b's layers, and the digests of their tars.
    pub blobs: Vec<(Digest, Digest)>,
    /// What all this leads to, if it leads to B.
    pub top: Option<Digest>,
}

impl Steps {
    /// Steps in `folder`, which is made if it is not there.
    ///
    /// # Errors
    /// In one sentence, when the folder cannot be made or is not empty.
    pub fn new(folder: &Path, with_layers: bool) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{}: {error}", shown_path(folder));
        fs::create_dir_all(folder).map_err(failed)?;
        if fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(format!("{}: expected an empty folder to write the steps to", shown_path(folder)));
        }
        Ok(Steps { folder: folder.to_owned(), with_layers, shared: Arc::default() })
    }

    /// Writes the list of digests and the script.
    ///
    /// # Errors
    /// In one sentence, when anything could not be written whole.
    pub fn finish(&self, kept: &[Kept], links: &Links) -> Result<(), String> {
        let shared = lock(&self.shared);
        let mut sums = [String::new(), String::new()];
        let mut last: BTreeMap<&str, &str> = BTreeMap::new();
        for one in kept {
            // the digest that the replay says, where it says one, so that the script checks the replay
            let Some(digest) = one.digest.or_else(|| shared.written.get(&one.path).copied()) else { continue };
            let line = format!("{}  {}\n", digest.hex(), one.path);
            match digest {
                Digest::Sha256(_) => sums[0].push_str(&line),
                Digest::Sha512(_) => sums[1].push_str(&line),
            }
            if let Some((place, _)) = one.path.split_once('/') {
                last.insert(place, &one.path);
            }
        }
        let script = script(&last, links, &sums);
        let failed = shared.failed.clone();
        drop(shared);
        let [sha256, sha512] = &sums;
        for (name, text) in [(SUMS[0], sha256), (SUMS[1], sha512), (SCRIPT, &script)] {
            if text.is_empty() {
                continue;
            }
            let write = || File::create_new(self.folder.join(name))?.write_all(text.as_bytes());
            write().map_err(|error| format!("{}/{name}: {error}", shown_path(&self.folder)))?;
        }
        failed.map_or(Ok(()), Err)
    }
}

fn script(last: &BTreeMap<&str, &str>, links: &Links, sums: &[String; 2]) -> String {
    let mut out = String::from(
        "#!/bin/sh\n\
         # Checks the steps of a replay of b from a: each file has its digest, and the last documents name each other.\n\
         # With the folder `blobs` of an OCI layout of b, also that b's layers unpack to what was rebuilt.\n\
         set -eu\n\
         here=$(cd \"$(dirname \"$0\")\" && pwd)\n\
         blobs=${1:+$(cd \"$1\" && pwd)}\n\
         cd \"$here\"\n\
         for sums in SHA*SUMS; do\n\
         \x20 \"$(echo \"${sums%SUMS}\" | tr A-Z a-z)sum\" -c \"$sums\"\n\
         done\n\
         names() { grep -q \"$2\" \"$1\" || { echo \"$1 does not name $2\" >&2; exit 1; }; }\n\
         unpacks() {\n\
         \x20 [ -n \"$blobs\" ] && [ -f \"$blobs/$1\" ] || return 0\n\
         \x20 found=$(gzip -dcf \"$blobs/$1\" | \"${2%:*}sum\" | cut -d ' ' -f 1)\n\
         \x20 [ \"$found\" = \"${2#*:}\" ] || { echo \"$1 unpacks to $found, not to $2\" >&2; exit 1; }\n\
         }\n",
    );
    for (place, digest) in &links.named {
        if let Some(path) = last.get(place.as_str()) {
            out.push_str(&format!("names {path} {digest}\n"));
        }
    }
    for (blob, tar) in &links.blobs {
        out.push_str(&format!("unpacks {} {tar}\n", blob.to_string().replacen(':', "/", 1)));
    }
    match &links.top {
        Some(top) => match SUMS.iter().zip(sums).find(|(_, sums)| sums.contains(&top.hex())) {
            Some((name, _)) => {
                out.push_str(&format!("names {name} {}\necho 'These steps lead to {top}.'\n", top.hex()));
            }
            // a signed schema 1 manifest is named by what was signed
            None => out.push_str(&format!(
                "echo 'These steps hold together. {top} is the digest of the payload in the last manifest, \
                 which this script does not take out.'\n"
            )),
        },
        None => out.push_str("echo 'These steps hold together, but do not lead to b.'\n"),
    }
    out
}

fn shown_path(path: &Path) -> String {
    shown(path.to_string_lossy().as_bytes())
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Keep for Steps {
    fn open(&self, path: &str) -> Option<Box<dyn Write + Send>> {
        let full = self.folder.join(path);
        let made = || -> io::Result<File> {
            if let Some(parent) = full.parent() {
                fs::create_dir_all(parent)?;
            }
            File::create_new(&full)
        };
        match made() {
            Ok(file) => Some(Box::new(Hashed {
                file: BufWriter::new(file),
                hasher: Some(Hasher::sha256()),
                path: path.to_owned(),
                shared: Arc::clone(&self.shared),
            })),
            Err(error) => {
                fail(&self.shared, &full, &error);
                None
            }
        }
    }

    fn with_layers(&self) -> bool {
        self.with_layers
    }
}

fn fail(shared: &Mutex<Shared>, path: &Path, error: &io::Error) {
    lock(shared).failed.get_or_insert_with(|| format!("{}: {error}", shown_path(path)));
}

/// A file that knows the digest of what was written to it.
struct Hashed {
    file: BufWriter<File>,
    hasher: Option<Hasher>,
    path: String,
    shared: Arc<Mutex<Shared>>,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes).inspect_err(|error| fail(&self.shared, Path::new(&self.path), error))?;
        if let (Some(hasher), Some(written)) = (&mut self.hasher, bytes.get(..count)) {
            hasher.update(written);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Hashed {
    fn drop(&mut self) {
        if let Err(error) = self.file.flush() {
            fail(&self.shared, Path::new(&self.path), &error);
        }
        if let Some(hasher) = self.hasher.take() {
            lock(&self.shared).written.insert(std::mem::take(&mut self.path), hasher.finish());
        }
    }
}
