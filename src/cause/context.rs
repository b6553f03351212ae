//! What a cause may look at besides the delta: both images, the comparison, fetched contents.

use std::collections::BTreeMap;

use crate::compare::Comparison;
use crate::compare::delta::{Delta, EntryRef, Field, JsonPath, Place};
use crate::compare::rows::Row;
use crate::image::document::Part;
use crate::image::{Image, Layer};
use crate::layer::tar::Entry;
use crate::pair::{Pair, Side};

/// File contents fetched as evidence, by side and entry.
pub type Contents = BTreeMap<(Side, EntryRef), Vec<u8>>;

/// Everything a cause may look at.
pub struct Context<'a> {
    /// The images.
    pub images: Pair<&'a Image>,
    /// The comparison.
    pub comparison: &'a Comparison,
    /// Contents that were fetched.
    pub contents: &'a Contents,
}

impl<'a> Context<'a> {
    /// The entries that a delta is of.
    pub fn entries(&self, delta: &Delta) -> Pair<Option<&'a Entry>> {
        match &delta.place {
            Place::Entry { entry, .. } => Pair::new(self.entry(Side::A, entry.a), self.entry(Side::B, entry.b)),
            _ => Pair::new(None, None),
        }
    }

    fn entry(&self, side: Side, at: Option<EntryRef>) -> Option<&'a Entry> {
        let at = at?;
        let tar = crate::compare::tar_of(self.images, &self.comparison.rows, side, at.layer as usize)?;
        tar.entries.get(at.index as usize)
    }

    /// The fetched contents of both entries of a delta.
    pub fn contents(&self, delta: &Delta) -> Option<Pair<&'a [u8]>> {
        let Place::Entry { entry, .. } = &delta.place else { return None };
        let get = |side, at: Option<EntryRef>| self.contents.get(&(side, at?)).map(|bytes| &bytes[..]);
        Some(Pair::new(get(Side::A, entry.a)?, get(Side::B, entry.b)?))
    }

    /// The layers of a row of which a delta is, where it is one of each side.
    pub fn layers(&self, delta: &Delta) -> Pair<Option<&'a Layer>> {
        let Some(row) = delta.place.row().and_then(|row| self.comparison.rows.get(row)) else {
            return Pair::new(None, None);
        };
        let images = self.images;
        let one = |image: &'a Image, layers: Vec<usize>| layers.first().and_then(|&layer| image.layers.get(layer));
        Pair::new(one(images.a, row.layers(Side::A)), one(images.b, row.layers(Side::B)))
    }

    /// How a person finds the place of a delta.
    pub fn place(&self, delta: &Delta) -> String {
        let row = |row: usize| self.comparison.rows.get(row).map_or_else(|| "layers".to_owned(), |row| row.name());
        match &delta.place {
            Place::Image => "image".to_owned(),
            Place::Document(part) => part.name().to_owned(),
            Place::Layer { row: at } => row(*at),
            Place::Entry { row: at, path, .. } => match self.comparison.rows.get(*at) {
                // the path says more than a list of layers would
                Some(Row::Region { .. }) | None => shown_path(path),
                Some(layers) => format!("{}: {}", layers.name(), shown_path(path)),
            },
        }
    }
}

/// A normal path for a person; the root is `/`.
pub fn shown_path(path: &[u8]) -> String {
    if path.is_empty() { "/".to_owned() } else { crate::text::shown(path) }
}

/// The path of an entry's delta.
pub fn entry_path(delta: &Delta) -> Option<&[u8]> {
    match &delta.place {
        Place::Entry { path, .. } => Some(path),
        _ => None,
    }
}

/// The JSON path of a delta of `part`.
pub fn json_path(delta: &Delta, part: Part) -> Option<&JsonPath> {
    match (&delta.place, &delta.field) {
        (Place::Document(own), Field::Json(path)) if *own == part => Some(path),
        _ => None,
    }
}

/// Whether a delta is of a JSON value of `part` below `keys`.
pub fn is_json(delta: &Delta, part: Part, keys: &[&str]) -> bool {
    json_path(delta, part).is_some_and(|path| path.starts_with(keys))
}
