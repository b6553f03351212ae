//! Files below a layer's folder, by the names that its tar gives them.
//!
//! Links are followed as if the folder were the root of the file system: what a hostile image has
//! put there leads to nothing outside of it.

#![allow(clippy::disallowed_methods, reason = "the edge is where files are read")]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// How many links are followed on the way to one file; Linux stops at 40.
const MOST_LINKS: usize = 40;

/// A layer's folder.
pub(super) struct Inside {
    root: PathBuf,
    /// The last folder that was asked for, and where it is: tars list files by folder.
    last: Option<(Vec<u8>, PathBuf)>,
}

impl Inside {
    pub fn new(root: PathBuf) -> Self {
        Inside { root, last: None }
    }

    /// Opens the regular file that the tar calls `name`, and tells its size in bytes.
    pub fn open(&mut self, name: &[u8]) -> io::Result<(fs::File, u64)> {
        let trimmed = name.strip_suffix(b"/").unwrap_or(name);
        let slash = trimmed.iter().rposition(|&byte| byte == b'/');
        let (parent, last) = match slash {
            Some(at) => (&trimmed[..at], &trimmed[at + 1..]),
            None => (&[][..], trimmed),
        };
        if last.is_empty() || last == b"." || last == b".." {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name is no file's"));
        }
        let folder = match &self.last {
            Some((known, folder)) if known == parent => folder.clone(),
            _ => {
                let folder = self.resolve(parent)?;
                self.last = Some((parent.to_vec(), folder.clone()));
                folder
            }
        };
        let path = folder.join(OsStr::from_bytes(last));
        // A tar's file is a file and no link to one.
        let found = fs::symlink_metadata(&path)?;
        if !found.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no regular file"));
        }
        Ok((fs::File::open(&path)?, found.len()))
    }

    /// Where a folder is, links followed inside of the root.
    fn resolve(&self, folder: &[u8]) -> io::Result<PathBuf> {
        let mut left: Vec<Vec<u8>> = parts(Path::new(OsStr::from_bytes(folder)));
        left.reverse();
        let (mut at, mut links) = (self.root.clone(), 0);
        let mut depth = 0_usize;
        while let Some(part) = left.pop() {
            if part == b".." {
                // The root is its own parent.
                if depth > 0 {
                    at.pop();
                    depth -= 1;
                }
                continue;
            }
            let next = at.join(OsStr::from_bytes(&part));
            if !fs::symlink_metadata(&next)?.is_symlink() {
                at = next;
                depth += 1;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "its folders are a loop of links"));
            }
            let target = fs::read_link(&next)?;
            if target.is_absolute() {
                (at, depth) = (self.root.clone(), 0);
            }
            left.extend(parts(&target).into_iter().rev());
        }
        Ok(at)
    }
}

fn parts(path: &Path) -> Vec<Vec<u8>> {
    let part = |component| match component {
        Component::Normal(part) => Some(part.as_bytes().to_vec()),
        Component::ParentDir => Some(b"..".to_vec()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn nothing_leads_outside() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let root = place.path().join("root");
        fs::create_dir_all(root.join("usr/lib")).expect("a folder");
        fs::create_dir_all(place.path().join("etc")).expect("a folder");
        fs::write(place.path().join("etc/secret"), "outside").expect("a file");
        fs::write(root.join("usr/lib/a"), "inside").expect("a file");
        let outside = place.path().join("etc");
        for (target, link) in [
            ("usr/lib", "lib"),
            ("/usr/lib", "lib64"),
            ("../../../usr", "u"),
            ("loop", "loop"),
            ("../etc", "out"),
            (outside.to_str().expect("UTF-8"), "abs"),
            ("usr/lib/a", "file"),
        ] {
            symlink(target, root.join(link)).expect("a link");
        }
        let table = [
            ("usr/lib/a", Ok("inside")),
            ("./usr//lib/a", Ok("inside")),
            ("/usr/lib/a", Ok("inside")),
            ("lib/a", Ok("inside")),
            ("lib64/a", Ok("inside")),
            ("u/lib/a", Ok("inside")),
            ("usr/../lib/a", Ok("inside")),
            ("loop/a", Err("a loop of links")),
            ("out/secret", Err("No such file")),
            ("abs/secret", Err("No such file")),
            ("../etc/secret", Err("No such file")),
            ("usr/lib/..", Err("no file's")),
            ("usr/lib", Err("no regular file")),
            ("file", Err("no regular file")),
            ("", Err("no file's")),
            ("usr/lib/b", Err("No such file")),
        ];
        for (name, expected) in table {
            let found = Inside::new(root.clone()).open(name.as_bytes()).map(|(mut file, size)| {
                let mut text = String::new();
                file.read_to_string(&mut text).expect("it reads");
                assert_eq!(size, text.len() as u64, "{name}");
                text
            });
            match (found, expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{name}"),
                (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{name}: {error}"),
                (found, expected) => panic!("{name}: expected {expected:?}, found {found:?}"),
            }
        }
    }
}
