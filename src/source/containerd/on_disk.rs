//! containerd's folder (`root` of its configuration, usually /var/lib/containerd), read without containerd: its table of
//! images in `meta.db` (containerd, `core/metadata/buckets.go`) and its content store.
//!
//! Refuses blobs that lie there for other namespaces only, as containerd does, and to write or lock anything.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::limits::Limits;

use super::super::disk;
use super::super::error::{SourceError, shown_path};
use super::super::folder::Folder;
use super::super::members::Members as _;
use super::Keeper;
use super::bolt::{self, Bucket, Fault, Tree, Value};
use super::messages::{Descriptor, Image};

/// The database of what containerd knows, below its folder.
const DATABASE: &str = "io.containerd.metadata.v1.bolt/meta.db";

/// The content store, below its folder.
const CONTENT: &str = "io.containerd.content.v1.content";

/// The bucket that all namespaces are in.
const SCHEMA: &[u8] = b"v1";

/// One namespace of one containerd's folder.
pub(super) struct OnDisk {
    database: PathBuf,
    content: Folder,
    namespace: String,
    /// The folder and the namespace, for messages.
    who: String,
    remark: Option<String>,
    /// What the namespace held when it was looked at.
    images: Vec<Image>,
    blobs: BTreeSet<Digest>,
}

impl OnDisk {
    /// Looks at a namespace. `instead` says, as far as a colon, why the folder is read though nobody named it.
    pub(super) fn open(
        root: &Path,
        namespace: &str,
        instead: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, SourceError> {
        let database = root.join(DATABASE);
        if !matches!(disk::look(&database)?, disk::Lies::File { .. }) {
            let why = format!("expected containerd's folder with {DATABASE}, found none there");
            return Err(SourceError::NoImage { file: shown_path(root), why });
        }
        let content = Folder::open(&root.join(CONTENT), limits)?;
        let ((images, blobs), transaction) =
            look(&database, |tree| Ok((images(tree, namespace)?, blobs(tree, namespace)?)))?;
        let shown = shown_path(root);
        let remark = instead.map(|why| {
            format!("{why}: its folder {shown} was read instead, as it stood after its change number {transaction}")
        });
        let who = format!("containerd's folder {shown}, namespace {namespace}");
        Ok(OnDisk { database, content, namespace: namespace.to_owned(), who, remark, images, blobs })
    }

    /// Where a blob is kept, if the namespace has it.
    fn place(&self, digest: &Digest) -> Option<String> {
        self.blobs.contains(digest).then(|| format!("blobs/{}/{}", digest.algorithm(), digest.hex()))
    }
}

impl Keeper for OnDisk {
    fn who(&self) -> &str {
        &self.who
    }

    fn namespace(&self) -> &str {
        &self.namespace
    }

    fn images(&self, namespace: &str) -> Result<Vec<Image>, SourceError> {
        if namespace == self.namespace {
            return Ok(self.images.clone());
        }
        Ok(look(&self.database, |tree| images(tree, namespace))?.0)
    }

    fn namespaces(&self) -> Result<Vec<String>, SourceError> {
        let names = |tree: &Tree<'_>| {
            let mut names = Vec::new();
            if let Some(all) = tree.bucket(&[SCHEMA])? {
                tree.each(&all, &mut |name, value| {
                    if let Value::Bucket(..) = value {
                        names.push(text(name));
                    }
                    Ok(())
                })?;
            }
            Ok(names)
        };
        Ok(look(&self.database, names)?.0)
    }

    fn size(&self, digest: &Digest) -> Result<Option<u64>, SourceError> {
        let Some(place) = self.place(digest) else { return Ok(None) };
        Ok(self.content.find(&place)?.map(|found| found.size))
    }

    fn open(&self, digest: &Digest) -> Result<Box<dyn Read + Send>, SourceError> {
        let found = self.place(digest).map_or(Ok(None), |place| self.content.find(&place))?;
        match found {
            Some(found) => self.content.open(&found),
            None => Err(SourceError::Missing {
                file: self.who.clone(),
                blob: digest.to_string(),
                named_by: "the image".to_owned(),
            }),
        }
    }

    fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }
}

/// Looks into the database; what was found, and the number of the last change before it.
fn look<T>(path: &Path, what: impl FnMut(&Tree<'_>) -> Result<T, Fault>) -> Result<(T, u64), SourceError> {
    let file = disk::open_at(path, 0)?;
    bolt::look(&file, what).map_err(|fault| {
        let file = shown_path(path);
        match fault {
            Fault::Io { at, why } => SourceError::Io { file, doing: format!("read at offset {at}"), why },
            Fault::Damaged { at, why } => SourceError::NoImage { file, why: format!("damaged at offset {at}: {why}") },
            Fault::Busy => SourceError::NoImage {
                file,
                why: "containerd changes it faster than it can be read; ask containerd itself (CONTAINERD_ADDRESS)"
                    .to_owned(),
            },
        }
    })
}

/// `v1/NAMESPACE/images/NAME`: the images of a namespace by name.
fn images(tree: &Tree<'_>, namespace: &str) -> Result<Vec<Image>, Fault> {
    let mut images = Vec::new();
    let Some(all) = tree.bucket(&[SCHEMA, namespace.as_bytes(), b"images"])? else { return Ok(images) };
    tree.each(&all, &mut |name, value| {
        if let Value::Bucket(bytes, at) = value {
            images.push(image(tree, text(name), &tree.bucket_of(bytes, at)?)?);
        }
        Ok(())
    })?;
    Ok(images)
}

fn image(tree: &Tree<'_>, name: String, bucket: &Bucket) -> Result<Image, Fault> {
    let (mut target, mut annotations) = (None, BTreeMap::new());
    tree.each(bucket, &mut |field, value| {
        match (field, value) {
            (b"target", Value::Bucket(bytes, at)) => target = Some(descriptor(tree, &tree.bucket_of(bytes, at)?)?),
            // the target's, though they stand beside it
            (b"annotations", Value::Bucket(bytes, at)) => {
                tree.each(&tree.bucket_of(bytes, at)?, &mut |key, value| {
                    if let Value::Bytes(value) = value {
                        annotations.insert(text(key), text(value));
                    }
                    Ok(())
                })?;
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(Image { name, target: target.map(|target| Descriptor { annotations, ..target }) })
}

fn descriptor(tree: &Tree<'_>, bucket: &Bucket) -> Result<Descriptor, Fault> {
    let mut target = Descriptor::default();
    tree.each(bucket, &mut |field, value| {
        match (field, value) {
            (b"digest", Value::Bytes(bytes)) => target.digest = text(bytes),
            (b"mediatype", Value::Bytes(bytes)) => target.media_type = text(bytes),
            (b"size", Value::Bytes(bytes)) => target.size = varint(bytes),
            _ => {}
        }
        Ok(())
    })?;
    Ok(target)
}

/// `v1/NAMESPACE/content/blob/DIGEST`: the blobs that a namespace may see.
fn blobs(tree: &Tree<'_>, namespace: &str) -> Result<BTreeSet<Digest>, Fault> {
    let mut blobs = BTreeSet::new();
    let path: [&[u8]; 4] = [SCHEMA, namespace.as_bytes(), b"content", b"blob"];
    let Some(all) = tree.bucket(&path)? else { return Ok(blobs) };
    tree.each(&all, &mut |name, value| {
        if let Value::Bucket(..) = value {
            blobs.extend(std::str::from_utf8(name).ok().and_then(|name| name.parse::<Digest>().ok()));
        }
        Ok(())
    })?;
    Ok(blobs)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A number as Go's `binary.PutVarint` writes it: seven bits a byte, the lowest first, the sign in the lowest bit. What is
/// none is -1, which no size is.
fn varint(bytes: &[u8]) -> i64 {
    let mut number: u64 = 0;
    for (nth, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f).checked_shl(7 * nth as u32).unwrap_or_default();
        if byte & 0x80 == 0 {
            return (number >> 1) as i64 ^ -((number & 1) as i64);
        }
    }
    -1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_gos() {
        let table: [(&[u8], i64); 8] = [
            (&[0], 0),
            (&[1], -1),
            (&[2], 1),
            (&[0xda, 0x0e], 941),
            (&[0xc2, 0xe3, 0xbb, 0x01], 1_538_273),
            (&[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], i64::MAX),
            (&[], -1),
            (&[0xff; 12], -1),
        ];
        for (bytes, expected) in table {
            assert_eq!(varint(bytes), expected, "{bytes:?}");
        }
    }
}
