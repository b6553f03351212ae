//! Several layers as one file system: whiteouts applied, overwritten entries gone.
//!
//! Partial merges keep the whiteouts that may hide something of lower layers, so that a squash of
//! some layers is compared without opening the others.

use std::collections::BTreeMap;

use crate::compare::delta::EntryRef;
use crate::compare::path::{self, Meaning};
use crate::compare::tars::Listed;
use crate::layer::entry::Kind;
use crate::pair::Pair;

/// A merge of layers, lowest first.
#[derive(Default)]
pub struct Merged<'a> {
    /// What stands at each path, whiteouts included as entries of their own path.
    files: BTreeMap<Vec<u8>, Listed<'a>>,
    /// Entries that a higher layer or a later entry hides.
    pub shadowed: u64,
    /// Whiteouts that hid something of these layers and were used up.
    pub applied: u64,
}

impl<'a> Merged<'a> {
    /// Applies one layer on top. `bottom` says that no layer lies below all this, so that whiteouts need not be kept.
    pub fn apply(&mut self, layer: &[Listed<'a>], bottom: bool) {
        // whiteouts of a layer hide what lower layers have, wherever they stand in the tar
        for listed in layer {
            match path::meaning(&listed.path) {
                Meaning::Whiteout(hidden) => {
                    let count = self.remove(&hidden, true);
                    self.applied += u64::from(count > 0);
                }
                Meaning::Opaque(directory) => {
                    let count = self.remove(&directory, false);
                    self.applied += u64::from(count > 0);
                }
                Meaning::File | Meaning::Bookkeeping => {}
            }
        }
        for listed in layer {
            match path::meaning(&listed.path) {
                Meaning::File => self.put(listed.clone()),
                _ if bottom => {}
                _ => {
                    self.files.insert(listed.path.clone(), listed.clone());
                }
            }
        }
    }

    fn put(&mut self, mut listed: Listed<'a>) {
        // a hard link is the file that stands at its target now, whatever is written there later
        if let (Kind::Hardlink, Some(link)) = (listed.entry.attributes.kind, &listed.entry.attributes.link)
            && let Some(target) = self.files.get(&path::normal(link))
        {
            (listed.holder, listed.inode) = (target.holder, target.inode);
        }
        // a file replaces a directory with all that is in it; a directory over a directory keeps its children
        if listed.entry.attributes.kind != Kind::Directory
            && self.files.get(&listed.path).is_some_and(|old| old.entry.attributes.kind == Kind::Directory)
        {
            self.remove(&listed.path.clone(), false);
        }
        // the file is there again: a whiteout of a lower layer of this merge has done its work
        let (directory, name) = path::split(&listed.path);
        let mut whiteout = directory.to_vec();
        if !whiteout.is_empty() {
            whiteout.push(b'/');
        }
        whiteout.extend_from_slice(path::WHITEOUT);
        whiteout.extend_from_slice(name);
        if self.files.get(&whiteout).is_some_and(|old| old.at.layer < listed.at.layer)
            && listed.entry.attributes.kind != Kind::Directory
        {
            self.files.remove(&whiteout);
            self.applied += 1;
        }
        if self.files.insert(listed.path.clone(), listed).is_some() {
            self.shadowed += 1;
        }
    }

    /// Removes `path` (if `itself`) and everything below it; how many went.
    fn remove(&mut self, path: &[u8], itself: bool) -> u64 {
        let mut gone: Vec<Vec<u8>> = Vec::new();
        if itself && self.files.contains_key(path) {
            gone.push(path.to_vec());
        }
        let mut prefix = path.to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        gone.extend(
            self.files
                .range(prefix.clone()..)
                .map(|(key, _)| key)
                .take_while(|key| key.starts_with(&prefix))
                .filter(|key| !key.is_empty())
                .cloned(),
        );
        for key in &gone {
            self.files.remove(key);
        }
        self.shadowed += gone.len() as u64;
        gone.len() as u64
    }

    /// What stands, in order of paths.
    pub fn into_list(self) -> Vec<Listed<'a>> {
        self.files.into_values().collect()
    }
}

/// How two file systems relate, weakest difference last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Every path has the same type, contents, links and metadata.
    Same,
    /// Metadata differs.
    Metadata,
    /// Files differ.
    Files,
}

/// The relation of two merged file systems, and the paths on which they differ.
pub fn relate(a: &[Listed<'_>], b: &[Listed<'_>]) -> (Relation, BTreeMap<Vec<u8>, Relation>) {
    let maps =
        Pair::new(a, b).map(|list| list.iter().map(|listed| (&listed.path[..], listed)).collect::<BTreeMap<_, _>>());
    let links = Pair::new(a, b).map(linked_paths);
    let mut differing = BTreeMap::new();
    for (path, left) in &maps.a {
        let relation = match maps.b.get(path) {
            // nobody sees a whiteout's own metadata
            Some(_) if path::is_whiteout(path) => Relation::Same,
            Some(right) if links.a.get(&left.inode) != links.b.get(&right.inode) => Relation::Files,
            Some(right) => files(left, right),
            None if implied(path, left, &maps.b) => Relation::Same,
            None => Relation::Files,
        };
        if relation != Relation::Same {
            differing.insert(path.to_vec(), relation);
        }
    }
    for (path, right) in &maps.b {
        if !maps.a.contains_key(path) && !implied(path, right, &maps.a) {
            differing.insert(path.to_vec(), Relation::Files);
        }
    }
    (differing.values().copied().max().unwrap_or(Relation::Same), differing)
}

/// The paths that are one file, of files that have several.
fn linked_paths<'l>(list: &'l [Listed<'_>]) -> BTreeMap<EntryRef, Vec<&'l [u8]>> {
    let mut paths: BTreeMap<EntryRef, Vec<&[u8]>> = BTreeMap::new();
    for listed in list {
        paths.entry(listed.inode).or_default().push(&listed.path);
    }
    paths.retain(|_, paths| paths.len() > 1);
    paths
}

/// A directory that one side does not write though something lies in it.
fn implied(path: &[u8], listed: &Listed<'_>, other: &BTreeMap<&[u8], &Listed<'_>>) -> bool {
    if listed.entry.attributes.kind != Kind::Directory {
        return false;
    }
    let mut prefix = path.to_vec();
    if !prefix.is_empty() {
        prefix.push(b'/');
    }
    other.range(&prefix[..]..).find(|(key, _)| !key.is_empty()).is_some_and(|(key, _)| key.starts_with(&prefix))
}

/// The relation of two files of one path, each by the entry that holds its bytes.
fn files(left: &Listed<'_>, right: &Listed<'_>) -> Relation {
    let (a, b) = (&left.holder.attributes, &right.holder.attributes);
    let same_link = a.link.as_deref().map(normal_link(a.kind)) == b.link.as_deref().map(normal_link(b.kind));
    let same_device = !matches!(a.kind, Kind::CharDevice | Kind::BlockDevice) || a.device == b.device;
    let stored = Pair::new(left, right).map(|listed| listed.holder.content.digest);
    let same_content = match a.kind {
        Kind::File => a.content == b.content && a.size == b.size && (a.content.is_some() || stored.same()),
        Kind::Other(_) => stored.same(),
        _ => true,
    };
    if a.kind != b.kind || !same_link || !same_content {
        return Relation::Files;
    }
    const PERMISSIONS: u32 = 0o7777;
    let same_metadata = same_device
        && a.mode & PERMISSIONS == b.mode & PERMISSIONS
        && (a.uid, a.gid, a.mtime, a.atime, a.ctime) == (b.uid, b.gid, b.mtime, b.atime, b.ctime)
        && a.uname == b.uname
        && a.gname == b.gname
        && a.xattrs == b.xattrs;
    if same_metadata { Relation::Same } else { Relation::Metadata }
}

fn normal_link(kind: Kind) -> impl Fn(&[u8]) -> Vec<u8> {
    move |link| if kind == Kind::Hardlink { path::normal(link) } else { link.to_vec() }
}
