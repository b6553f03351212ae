//! Hard links: which paths are one file, whichever of them holds the bytes.

use std::collections::BTreeMap;

use crate::compare::path;
use crate::layer::entry::{Attributes, Kind};
use crate::layer::tar::Entry;

/// Chains of links longer than this are cycles in effect.
const LONGEST_CHAIN: usize = 64;

/// The link groups of one list of entries.
#[derive(Debug, Default)]
pub struct LinkGroups {
    /// Per path that is part of a group: the group.
    group_of: BTreeMap<Vec<u8>, usize>,
    /// Per group: its paths in order and the position of the entry that holds the bytes.
    groups: Vec<(Vec<Vec<u8>>, usize)>,
}

impl LinkGroups {
    /// The groups among `entries` with their normal paths, in the order they are applied.
    pub fn of<'a>(entries: impl Iterator<Item = (&'a [u8], &'a Entry)> + Clone) -> LinkGroups {
        let mut target_of: BTreeMap<&[u8], Vec<u8>> = BTreeMap::new();
        for (path, entry) in entries.clone() {
            match (entry.attributes.kind, &entry.attributes.link) {
                (Kind::Hardlink, Some(link)) => {
                    let target = path::normal(link);
                    if target != path {
                        target_of.insert(path, target);
                    }
                }
                _ => {
                    target_of.remove(path);
                }
            }
        }
        if target_of.is_empty() {
            return LinkGroups::default();
        }
        let mut holder: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for (position, (path, entry)) in entries.enumerate() {
            if entry.attributes.kind != Kind::Hardlink {
                holder.insert(path.to_vec(), position);
            }
        }
        let mut by_root: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        for path in target_of.keys() {
            let mut root: &[u8] = path;
            for _ in 0..LONGEST_CHAIN {
                match target_of.get(root) {
                    Some(next) => root = next,
                    None => break,
                }
            }
            by_root.entry(root.to_vec()).or_default().push(path.to_vec());
        }
        let mut found = LinkGroups::default();
        for (root, mut paths) in by_root {
            let Some(&position) = holder.get(&root) else { continue };
            paths.push(root);
            paths.sort();
            paths.dedup();
            for path in &paths {
                found.group_of.insert(path.clone(), found.groups.len());
            }
            found.groups.push((paths, position));
        }
        found
    }

    /// The paths that are one file with `path`, and the position of the entry that holds the bytes.
    pub fn of_path(&self, path: &[u8]) -> Option<(&[Vec<u8>], usize)> {
        let (paths, holder) = &self.groups[*self.group_of.get(path)?];
        Some((paths, *holder))
    }
}

/// Whether two files, each the holder of its link group, are the same file apart from metadata.
pub fn same_bytes(a: &Attributes, b: &Attributes) -> bool {
    a.kind == b.kind && a.content == b.content && a.size == b.size
}
