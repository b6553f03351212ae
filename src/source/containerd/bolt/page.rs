//! Pages of a Bolt database, and the trees and buckets that they are.
//!
//! Every number in a page is foreign: a walk is bounded by the pages that the file has, and names and values by the page
//! that they stand in. Refuses to return anything of a page that breaks the format.

use std::borrow::Cow;
use std::cell::Cell;

use super::{Bytes, Fault, HEADER, Meta};

/// Kinds of pages.
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;

/// What marks an entry of a leaf as a bucket.
const IS_BUCKET: u32 = 0x01;

/// Bytes of one element, in branches and in leaves.
const ELEMENT: usize = 16;

/// Bytes before the page that a small bucket is kept in.
const BUCKET_HEADER: usize = 16;

/// How deep a tree may be. A page has two children at least, so 40 levels have more pages than any disk.
const MOST_DEPTH: usize = 40;

/// The largest page that is read, in bytes, with what it overflows to: one name with its value.
const LARGEST_PAGE: u64 = 64 << 20;

/// How often every page may be read in one look: buckets are looked into a few times.
const MOST_READINGS: u64 = 8;

/// The tree of one committed transaction.
pub(in super::super) struct Tree<'a> {
    bytes: &'a dyn Bytes,
    page_size: u64,
    root: u64,
    /// How many pages there can be.
    pages: u64,
    /// How many pages may still be read: a circle ends here.
    left: Cell<u64>,
}

/// A bucket: names and their values, among them other buckets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Bucket {
    /// In pages of its own, from this one down.
    Pages(u64),
    /// Small enough to be kept within its parent: one page, and where it begins in the file.
    Inline(Vec<u8>, u64),
}

/// What stands under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Value<'a> {
    /// A bucket, as [`Tree::bucket_of`] reads it: its bytes, and where they begin in the file.
    Bucket(&'a [u8], u64),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A page, and where it begins in the file.
struct Page<'b> {
    bytes: Cow<'b, [u8]>,
    at: u64,
}

/// What is done with each name of a bucket.
type Take<'t> = dyn FnMut(&[u8], Value<'_>) -> Result<(), Fault> + 't;

impl<'a> Tree<'a> {
    /// The tree that `meta` names, in a file of `length` bytes.
    pub(super) fn new(bytes: &'a dyn Bytes, meta: &Meta, length: u64) -> Self {
        let pages = meta.pages.min(length / meta.page_size);
        let left = Cell::new(pages.saturating_mul(MOST_READINGS));
        Tree { bytes, page_size: meta.page_size, root: meta.root, pages, left }
    }

    /// The bucket that holds all others.
    pub(in super::super) fn root(&self) -> Bucket {
        Bucket::Pages(self.root)
    }

    /// The bucket along a path of names; `None` where there is none.
    pub(in super::super) fn bucket(&self, path: &[&[u8]]) -> Result<Option<Bucket>, Fault> {
        let mut here = self.root();
        for name in path {
            match self.below(&here, name)? {
                Some(next) => here = next,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// The bucket of this name within another.
    pub(in super::super) fn below(&self, bucket: &Bucket, name: &[u8]) -> Result<Option<Bucket>, Fault> {
        let mut found = None;
        self.each(bucket, &mut |own, value| {
            if let Value::Bucket(bytes, at) = value
                && own == name
            {
                found = Some(self.bucket_of(bytes, at)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// The bucket whose bytes stand in a leaf at `at`: its first page, or the whole of it.
    pub(in super::super) fn bucket_of(&self, bytes: &[u8], at: u64) -> Result<Bucket, Fault> {
        match (u64_at(bytes, 0), bytes.get(BUCKET_HEADER..)) {
            (Some(0), Some(page)) => Ok(Bucket::Inline(page.to_vec(), at + BUCKET_HEADER as u64)),
            (Some(first), Some(_)) => Ok(Bucket::Pages(first)),
            _ => Err(damaged(at, format!("expected a bucket, found {} bytes", bytes.len()))),
        }
    }

    /// Takes every name of a bucket, in order.
    pub(in super::super) fn each(&self, bucket: &Bucket, take: &mut Take<'_>) -> Result<(), Fault> {
        let first = match bucket {
            Bucket::Inline(bytes, at) => return leaf(&Page { bytes: bytes.into(), at: *at }, take),
            Bucket::Pages(first) => *first,
        };
        let mut waiting = vec![(first, 0)];
        while let Some((number, depth)) = waiting.pop() {
            let page = self.page(number)?;
            match page.kind() {
                Some(LEAF) => leaf(&page, take)?,
                Some(BRANCH) if depth < MOST_DEPTH => {
                    let children = page.children()?;
                    waiting.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
                }
                Some(BRANCH) => return Err(damaged(page.at, format!("a tree of more than {MOST_DEPTH} levels"))),
                kind => {
                    let kind = kind.unwrap_or_default();
                    return Err(damaged(page.at, format!("expected a branch or a leaf, found a page of kind {kind}")));
                }
            }
        }
        Ok(())
    }

    /// A page with what it overflows to.
    fn page(&self, number: u64) -> Result<Page<'static>, Fault> {
        // the first two are metas
        if !(2..self.pages).contains(&number) {
            let why = format!("a tree leads to page {number}, and there are {}", self.pages);
            return Err(damaged(number.saturating_mul(self.page_size), why));
        }
        let at = number * self.page_size;
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(damaged(at, "a tree leads to the same pages again and again".to_owned()));
        };
        let mut bytes = vec![0; usize::try_from(self.page_size).unwrap_or_default()];
        let failed = |error: std::io::Error| Fault::Io { at, why: error.to_string() };
        self.bytes.read(at, &mut bytes).map_err(failed)?;
        if u64_at(&bytes, 0) != Some(number) {
            let found = u64_at(&bytes, 0).unwrap_or_default();
            return Err(damaged(at, format!("expected page {number}, found page {found}")));
        }
        let more = u64::from(u32_at(&bytes, 12).unwrap_or_default());
        if more >= self.pages - number || (more + 1) * self.page_size > LARGEST_PAGE {
            return Err(damaged(at, format!("page {number} goes on for {more} pages")));
        }
        self.left.set(left.saturating_sub(more));
        if more > 0 {
            bytes.resize(usize::try_from((more + 1) * self.page_size).unwrap_or_default(), 0);
            self.bytes.read(at, &mut bytes).map_err(failed)?;
        }
        Ok(Page { bytes: bytes.into(), at })
    }
}

/// Takes every name of a leaf.
fn leaf(page: &Page<'_>, take: &mut Take<'_>) -> Result<(), Fault> {
    if page.kind() != Some(LEAF) {
        return Err(damaged(page.at, "expected a leaf".to_owned()));
    }
    let mut taken = HEADER as u64;
    for (at, [flags, position, name, value]) in page.elements()? {
        let (name, value) = (u64::from(name), u64::from(value));
        let start = at as u64 + u64::from(position);
        // names and values stand side by side: together they are no longer than their page
        taken += ELEMENT as u64 + name + value;
        let parts = page.part(start, name).zip(page.part(start + name, value));
        let Some((own, bytes)) = parts.filter(|_| taken <= page.bytes.len() as u64) else {
            return Err(damaged(page.at + at as u64, "a name or value that does not fit into its page".to_owned()));
        };
        match flags & IS_BUCKET {
            0 => take(own, Value::Bytes(bytes))?,
            _ => take(own, Value::Bucket(bytes, page.at + start + name))?,
        }
    }
    Ok(())
}

impl Page<'_> {
    fn kind(&self) -> Option<u16> {
        u16_at(&self.bytes, 8)
    }

    fn part(&self, at: u64, length: u64) -> Option<&[u8]> {
        let (at, end) = (usize::try_from(at).ok()?, usize::try_from(at.checked_add(length)?).ok()?);
        self.bytes.get(at..end)
    }

    /// The numbers of the child pages of a branch.
    fn children(&self) -> Result<Vec<u64>, Fault> {
        let elements = self.elements()?;
        Ok(elements.into_iter().filter_map(|(at, _)| u64_at(&self.bytes, at + 8)).collect())
    }

    /// Every element: where it begins in the page, and its four numbers.
    fn elements(&self) -> Result<Vec<(usize, [u32; 4])>, Fault> {
        let count = usize::from(u16_at(&self.bytes, 10).unwrap_or_default());
        let element = |nth: usize| {
            let at = HEADER + nth * ELEMENT;
            let field = |nth: usize| u32_at(&self.bytes, at + 4 * nth);
            Some((at, [field(0)?, field(1)?, field(2)?, field(3)?]))
        };
        let elements: Option<Vec<_>> = (0..count).map(element).collect();
        elements.ok_or_else(|| damaged(self.at, format!("{count} elements do not fit into the page")))
    }
}

fn damaged(at: u64, why: String) -> Fault {
    Fault::Damaged { at, why }
}

/// Numbers are little-endian, as amd64, arm64 and riscv64 write them.
pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}
