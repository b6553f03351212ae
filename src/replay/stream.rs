//! The pass over a layer: entries are written at all steps at once, each content read once a side.
//!
//! Memory holds one piece of content and a hasher for each step, whatever the layer's size, and contents that stand in
//! another order up to a bound.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use super::ahead::{Span, out_of_order};
use super::documents::Stage;
use super::{Contents, Encoding};
use crate::digest::Hasher;
use crate::layer::tar::stored::{Form, Refold};
use crate::layer::tar::{Content, Entry};
use crate::pair::{Pair, Side};

/// Contents travel in pieces of this size.
const PIECE: usize = 256 << 10;
/// How many bytes of contents that stand in another order are read ahead and held.
const HELD: u64 = 32 << 20;
/// How often one layer is read again from its start for more of them than that.
const RESTARTS: u32 = 8;
/// The longest map at the front of a sparse file's content (PAX 1.0) that is read.
const MAP: usize = 16 << 20;

/// What a tar becomes at one step.
pub(super) struct Sink<'s> {
    pub(super) step: usize,
    hasher: Hasher,
    size: u64,
    encoding: Option<Box<dyn Encoding + 's>>,
    /// Where all but the contents is kept.
    pub(super) heads: Option<Box<dyn Write + Send>>,
    /// Where all of it is kept.
    pub(super) whole: Option<Box<dyn Write + Send>>,
    failed: bool,
}

/// What a sink took in: the tar, and its blob if it was encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sunk {
    pub(super) tar: Option<Stage>,
    pub(super) blob: Option<Stage>,
}

impl<'s> Sink<'s> {
    pub(super) fn new(step: usize, encoding: Option<Box<dyn Encoding + 's>>) -> Self {
        Sink { step, hasher: Hasher::sha256(), size: 0, encoding, heads: None, whole: None, failed: false }
    }

    /// Takes in headers, fill, or the end.
    pub(super) fn write(&mut self, bytes: &[u8]) {
        keep(&mut self.heads, bytes);
        self.content(bytes);
    }

    /// Takes in contents.
    fn content(&mut self, bytes: &[u8]) {
        keep(&mut self.whole, bytes);
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        if let Some(encoding) = &mut self.encoding {
            encoding.write(bytes);
        }
    }

    pub(super) fn zeros(&mut self, mut count: u64) {
        const ZEROS: [u8; 4096] = [0; 4096];
        while count > 0 {
            let now = count.min(ZEROS.len() as u64);
            self.write(ZEROS.get(..now as usize).unwrap_or_default());
            count -= now;
        }
    }

    pub(super) fn finish(self) -> Sunk {
        if self.failed {
            return Sunk { tar: None, blob: None };
        }
        let tar = Some(Stage { digest: self.hasher.finish(), size: self.size });
        Sunk { tar, blob: self.encoding.and_then(Encoding::finish) }
    }
}

/// Writes what is kept; what cannot be written is kept no further, which its digest shows.
fn keep(file: &mut Option<Box<dyn Write + Send>>, bytes: &[u8]) {
    if file.as_mut().is_some_and(|file| file.write_all(bytes).is_err()) {
        *file = None;
    }
}

/// Contents of B's layers, by layer and offset, that were made of A's, and how many bytes of each are B's own.
pub(super) type Refolded = BTreeMap<(usize, u64), u64>;

/// Reads contents of both sides' layers, forwards as far as it can.
pub(super) struct Fetcher<'s> {
    contents: &'s dyn Contents,
    cursors: BTreeMap<(Side, usize), Cursor<'s>>,
    /// Contents that were read ahead, by their layer and offset.
    held: BTreeMap<(Side, usize, u64), Vec<u8>>,
    piece: Vec<u8>,
    failed: Option<String>,
    refolded: Refolded,
}

struct Cursor<'s> {
    reader: Box<dyn Read + Send + 's>,
    position: u64,
    restarts: u32,
}

impl<'s> Fetcher<'s> {
    pub(super) fn new(contents: &'s dyn Contents) -> Self {
        Fetcher {
            contents,
            cursors: BTreeMap::new(),
            held: BTreeMap::new(),
            piece: vec![0; PIECE],
            failed: None,
            refolded: BTreeMap::new(),
        }
    }

    /// Why contents could not be had, if any could not.
    pub(super) fn failed(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Makes ready for a pass that wants these contents in this order.
    pub(super) fn begin(&mut self, wanted: &[((Side, usize), Span)]) {
        self.cursors.clear();
        self.held.clear();
        let mut layers: BTreeMap<(Side, usize), Vec<Span>> = BTreeMap::new();
        for (layer, span) in wanted.iter().filter(|(_, span)| span.1 > 0) {
            layers.entry(*layer).or_default().push(*span);
        }
        let mut room = HELD;
        for (layer, spans) in layers {
            let late = out_of_order(&spans).into_iter().filter_map(|at| spans.get(at).copied());
            let mut late: Vec<Span> = late.collect::<BTreeSet<_>>().into_iter().collect();
            // what does not fit is read again from the start, so the large ones
            late.sort_by_key(|(offset, length)| (*length, *offset));
            let fits =
                late.iter().take_while(|(_, length)| room.checked_sub(*length).inspect(|left| room = *left).is_some());
            let mut fits: Vec<Span> = fits.copied().collect();
            fits.sort_unstable();
            if let Err(error) = self.hold(layer, &fits) {
                self.failed.get_or_insert_with(|| error.to_string());
            }
        }
    }

    /// Reads pieces of a layer that stand in order, in a pass of their own.
    fn hold(&mut self, layer: (Side, usize), spans: &[Span]) -> io::Result<()> {
        if spans.is_empty() {
            return Ok(());
        }
        let mut reader = self.contents.tar(layer.0, layer.1)?;
        let mut position = 0;
        for &(offset, length) in spans {
            position += io::copy(&mut (&mut reader).take(offset.saturating_sub(position)), &mut io::sink())?;
            let mut bytes = Vec::new();
            (&mut reader).take(length).read_to_end(&mut bytes)?;
            position += bytes.len() as u64;
            if position != offset.saturating_add(length) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.held.insert((layer.0, layer.1, offset), bytes);
        }
        Ok(())
    }

    /// Hands `content` of a layer to every sink that `wanted` chooses; those that cannot have it are given up.
    pub(super) fn copy(
        &mut self,
        from: (Side, usize),
        content: &Content,
        sinks: &mut [Sink<'_>],
        wanted: &dyn Fn(&Sink<'_>) -> bool,
    ) {
        let whole = self.read(from, content, &mut |bytes| {
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.content(bytes));
        });
        if !whole {
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.failed = true);
        }
    }

    /// Hands A's content of one file to the sinks in the form in which B stores it; false where that cannot be.
    pub(super) fn refold(
        &mut self,
        entries: Pair<(usize, &Entry)>,
        sinks: &mut [Sink<'_>],
        wanted: &dyn Fn(&Sink<'_>) -> bool,
    ) -> bool {
        let contents = entries.map(|(_, entry)| entry.attributes.content);
        let forms = entries.map(|(_, entry)| Form::of(entry));
        let (true, Some(mut from), Some(mut to)) = (contents.same(), forms.a, forms.b) else { return false };
        let mut own = 0;
        if to.has_map_in_content() {
            let Some(map) = self.map((Side::B, entries.b.0), &entries.b.1.content, &mut to) else { return false };
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.content(&map));
            own = map.len() as u64;
        }
        let mut front = Vec::new();
        let mut refold = if from.has_map_in_content() { None } else { Refold::new(from.clone(), to.clone()) };
        let mut write = |bytes: &[u8]| {
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.content(bytes));
        };
        let mut whole = self.read((Side::A, entries.a.0), &entries.a.1.content, &mut |bytes| match &mut refold {
            Some(refold) => refold.push(bytes, &mut write),
            None if front.len() < MAP => {
                front.extend_from_slice(bytes);
                let Some(length) = from.read_map(&front) else { return };
                refold = Refold::new(from.clone(), to.clone());
                if let Some(refold) = &mut refold {
                    refold.push(front.get(length..).unwrap_or_default(), &mut write);
                }
            }
            None => {}
        });
        match refold {
            Some(refold) => refold.finish(&mut write),
            None => whole = false,
        }
        if !whole {
            sinks.iter_mut().filter(|sink| wanted(sink)).for_each(|sink| sink.failed = true);
        }
        self.refolded.insert((entries.b.0, entries.b.1.content.offset), own);
        true
    }

    /// The map at the front of a content, which `form` learns too.
    fn map(&mut self, from: (Side, usize), content: &Content, form: &mut Form) -> Option<Vec<u8>> {
        let mut front = Vec::new();
        self.read(from, content, &mut |bytes| {
            let room = MAP.saturating_sub(front.len()).min(bytes.len());
            front.extend_from_slice(bytes.get(..room).unwrap_or_default());
        });
        let length = form.read_map(&front)?;
        front.truncate(length);
        Some(front)
    }

    /// What was made of A's contents.
    pub(super) fn into_refolded(self) -> Refolded {
        self.refolded
    }

    /// Hands on `content` of a layer; false where it cannot be had whole.
    fn read(&mut self, from: (Side, usize), content: &Content, each: &mut dyn FnMut(&[u8])) -> bool {
        if content.length == 0 {
            return true;
        }
        if let Some(bytes) = self.held.get(&(from.0, from.1, content.offset))
            && bytes.len() as u64 == content.length
        {
            bytes.chunks(PIECE).for_each(each);
            return true;
        }
        let ready = self.seek(from, content.offset);
        let mut left = content.length;
        while left > 0 && ready.is_ok() {
            let Some(cursor) = self.cursors.get_mut(&from) else { break };
            let most = usize::try_from(left).map_or(self.piece.len(), |left| left.min(self.piece.len()));
            let Some(piece) = self.piece.get_mut(..most) else { break };
            let count = match cursor.reader.read(piece) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failed.get_or_insert_with(|| error.to_string());
                    break;
                }
            };
            cursor.position += count as u64;
            left -= count as u64;
            each(piece.get(..count).unwrap_or_default());
        }
        if let Err(error) = &ready {
            self.failed.get_or_insert_with(|| error.to_string());
        }
        if left > 0 {
            self.failed.get_or_insert_with(|| "the layer ends before them".to_owned());
        }
        left == 0
    }

    fn seek(&mut self, from: (Side, usize), offset: u64) -> io::Result<()> {
        let behind = self.cursors.get(&from).map(|cursor| (cursor.position > offset, cursor.restarts));
        let restarts = match behind {
            Some((false, _)) => None,
            Some((true, restarts)) if restarts >= RESTARTS => {
                return Err(io::Error::other(format!(
                    "more than {} MiB of contents stand in another order",
                    HELD >> 20
                )));
            }
            Some((true, restarts)) => Some(restarts + 1),
            None => Some(0),
        };
        if let Some(restarts) = restarts {
            let reader = self.contents.tar(from.0, from.1)?;
            self.cursors.insert(from, Cursor { reader, position: 0, restarts });
        }
        let Some(cursor) = self.cursors.get_mut(&from) else { return Ok(()) };
        let skip = offset.saturating_sub(cursor.position);
        let skipped = io::copy(&mut (&mut cursor.reader).take(skip), &mut io::sink())?;
        cursor.position += skipped;
        if skipped < skip { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }
}
