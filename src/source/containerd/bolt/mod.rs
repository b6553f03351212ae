//! Bolt databases, read while another process may be writing them (go.etcd.io/bbolt, file format 2).
//!
//! What a look gives is one committed state of the database, or a [`Fault`]; never a mixture of two. Bolt writes a
//! changed page to a free place and names the new tree in one of two metas last. The pages of a committed tree are free
//! for others only after the next commit, so a look at the tree of transaction N is whole if N is still the newest when the
//! look ends; else it begins again. No lock is taken (bolt holds one for as long as it runs), and nothing is written.
//!
//! Why no crate: those that read Bolt map the file into memory, which takes unsafe code and a file that nobody changes,
//! wait for the lock, or check neither metas nor bounds.

mod page;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use page::{u32_at, u64_at};

pub(super) use page::{Bucket, Tree, Value};

/// What a meta begins with.
const MAGIC: u32 = 0xED0C_DAED;

/// The file format; there has been no other since Bolt was published.
const VERSION: u32 = 2;

/// Bytes of a meta before its checksum.
const SUMMED: usize = 56;

/// Where a page's contents begin, in bytes.
const HEADER: usize = 16;

/// Sizes that a page may have, in bytes. Bolt takes the machine's; those have 4 to 64 KiB.
const PAGE_SIZES: std::ops::RangeInclusive<u64> = 1 << 10..=1 << 20;

/// How often a look begins anew because the database changed under it.
const MOST_LOOKS: u32 = 20;

/// How long is waited between two looks. A commit syncs the disk twice, a look takes less.
const PAUSE: Duration = Duration::from_millis(20);

/// Why a database cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The operating system refuses.
    Io {
        /// Where in the file, in bytes.
        at: u64,
        /// Its words.
        why: String,
    },
    /// Bytes that no Bolt database has.
    Damaged {
        /// Where in the file, in bytes.
        at: u64,
        /// What was expected and found.
        why: String,
    },
    /// It changed during each look.
    Busy,
}

/// A file that is read at places.
pub(super) trait Bytes {
    /// Its length in bytes, now.
    fn length(&self) -> io::Result<u64>;

    /// Fills the buffer with the bytes from `at` on.
    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl Bytes for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buffer, at)
    }
}

/// What a meta says of a committed tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meta {
    page_size: u64,
    /// The page of the root bucket.
    root: u64,
    /// How many pages are in use; those behind are not.
    pages: u64,
    transaction: u64,
}

/// Looks at the newest committed tree of the database.
pub(super) fn look<T>(
    bytes: &dyn Bytes,
    mut what: impl FnMut(&Tree<'_>) -> Result<T, Fault>,
) -> Result<(T, u64), Fault> {
    for _ in 0..MOST_LOOKS {
        let meta = newest(bytes)?;
        let tree = Tree::new(bytes, &meta, length(bytes)?);
        let found = what(&tree);
        // what looked damaged may have been written over meanwhile
        if newest(bytes)?.transaction == meta.transaction {
            return found.map(|found| (found, meta.transaction));
        }
        std::thread::sleep(PAUSE);
    }
    Err(Fault::Busy)
}

/// The valid meta of the newest transaction. One of the two may be half written at any time.
fn newest(bytes: &dyn Bytes) -> Result<Meta, Fault> {
    let first = meta_at(bytes, 0)?;
    let second = match first {
        Some(first) => meta_at(bytes, first.page_size)?.filter(|second| second.page_size == first.page_size),
        // the first one knows the size of pages; without it every size is tried
        None => {
            let mut found = None;
            let mut size = *PAGE_SIZES.start();
            while found.is_none() && PAGE_SIZES.contains(&size) {
                found = meta_at(bytes, size)?.filter(|meta| meta.page_size == size);
                size *= 2;
            }
            found
        }
    };
    let valid = first.into_iter().chain(second).max_by_key(|meta| meta.transaction);
    valid.ok_or_else(|| Fault::Damaged {
        at: 0,
        why: "expected a Bolt database of this machine's byte order, found no valid meta page".to_owned(),
    })
}

/// The meta in the page at `at`; `None` where there is no valid one.
fn meta_at(bytes: &dyn Bytes, at: u64) -> Result<Option<Meta>, Fault> {
    let mut page = [0; HEADER + SUMMED + 8];
    if length(bytes)? < at + page.len() as u64 {
        return Ok(None);
    }
    bytes.read(at, &mut page).map_err(|error| Fault::Io { at, why: error.to_string() })?;
    let meta = &page[HEADER..];
    let known = u32_at(meta, 0) == Some(MAGIC) && u32_at(meta, 4) == Some(VERSION);
    if !known || u64_at(meta, SUMMED) != Some(checksum(&meta[..SUMMED])) {
        return Ok(None);
    }
    let read = || {
        Some(Meta {
            page_size: u64::from(u32_at(meta, 8)?),
            root: u64_at(meta, 16)?,
            pages: u64_at(meta, 40)?,
            transaction: u64_at(meta, 48)?,
        })
    };
    Ok(read().filter(|meta| PAGE_SIZES.contains(&meta.page_size) && meta.page_size.is_power_of_two()))
}

fn length(bytes: &dyn Bytes) -> Result<u64, Fault> {
    bytes.length().map_err(|error| Fault::Io { at: 0, why: error.to_string() })
}

/// FNV-1a with 64 bits.
fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
