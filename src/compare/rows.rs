//! Which layers stand for each other.
//!
//! Equal layers (by recomputed diff ID, or by blob digest where neither was opened) are anchors.
//! Between two anchors, layers without entries stand alone; if as many others are left on both
//! sides they are paired in order, and if not, their merged file systems are compared.

use crate::compare::align::{Step, align};
use crate::digest::Digest;
use crate::image::{Image, Layer};
use crate::pair::{Pair, Side};

/// One row of the alignment; numbers are 0-based layer positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Layers of equal uncompressed bytes.
    Same {
        /// The layers.
        layers: Pair<usize>,
    },
    /// Layers that stand for each other and differ.
    Pair {
        /// The layers.
        layers: Pair<usize>,
    },
    /// Layers that are cut otherwise: compared merged.
    Region {
        /// The layers of each side, at least one in all.
        layers: Pair<Vec<usize>>,
    },
    /// A layer without entries that the other side lacks.
    Empty {
        /// Whose.
        side: Side,
        /// The layer.
        layer: usize,
    },
}

impl Row {
    /// The layers of `side` in this row.
    pub fn layers(&self, side: Side) -> Vec<usize> {
        match self {
            Row::Same { layers } | Row::Pair { layers } => vec![*layers.get(side)],
            Row::Region { layers } => layers.get(side).clone(),
            Row::Empty { side: own, layer } => {
                if *own == side {
                    vec![*layer]
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// `layer 2`, `layer 1 of a, 2 of b`, `layers 1–3 of a, layer 1 of b`.
    pub fn name(&self) -> String {
        let one = |layers: &[usize]| match layers {
            [] => "no layer".to_owned(),
            [only] => format!("layer {}", only + 1),
            [first, .., last] => format!("layers {}–{}", first + 1, last + 1),
        };
        let names = Pair::new(one(&self.layers(Side::A)), one(&self.layers(Side::B)));
        match self {
            Row::Empty { side, .. } => format!("{} of {}", names.get(*side), side.name()),
            Row::Region { layers } if layers.a.is_empty() => format!("{} of b", names.b),
            Row::Region { layers } if layers.b.is_empty() => format!("{} of a", names.a),
            _ if names.same() => names.a,
            _ => format!("{} of a, {} of b", names.a, names.b),
        }
    }
}

/// What tells a layer's uncompressed bytes: its diff ID if it was opened, else its blob's digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Diff(Digest),
    Blob(Digest),
    Unknown(Side, usize),
}

fn key(layer: &Layer, side: Side, shared: &dyn Fn(&Digest) -> Option<Digest>) -> Key {
    if let Some(diff_id) = layer.diff_id() {
        return Key::Diff(diff_id);
    }
    if let (true, Some(declared)) = (layer.believed, layer.declared_diff_id) {
        return Key::Diff(declared);
    }
    match layer.digest {
        Some(digest) => shared(&digest).map_or(Key::Blob(digest), Key::Diff),
        None => Key::Unknown(side, layer.index),
    }
}

/// Aligns the layers of two images.
pub fn align_layers(images: Pair<&Image>) -> Vec<Row> {
    // a blob may have been opened on one side only
    let opened = |digest: &Digest| {
        let layers = images.a.layers.iter().chain(&images.b.layers);
        layers.filter(|layer| layer.digest.as_ref() == Some(digest)).find_map(Layer::diff_id)
    };
    let keys = Pair::new(
        images.a.layers.iter().map(|layer| key(layer, Side::A, &opened)).collect::<Vec<_>>(),
        images.b.layers.iter().map(|layer| key(layer, Side::B, &opened)).collect::<Vec<_>>(),
    );
    let mut rows = Vec::new();
    let mut gap = Pair::new(Vec::new(), Vec::new());
    // of several longest alignments the same one is taken whichever image comes first
    let swapped = keys.a > keys.b;
    let steps = if swapped { align(&keys.b, &keys.a, |b, a| a == b) } else { align(&keys.a, &keys.b, |a, b| a == b) };
    for step in steps {
        let step = match step {
            Step::Both(a, b) if swapped => Step::Both(b, a),
            Step::OnlyA(i) if swapped => Step::OnlyB(i),
            Step::OnlyB(i) if swapped => Step::OnlyA(i),
            step => step,
        };
        match step {
            Step::Both(a, b) => {
                close(&mut gap, images, &mut rows);
                rows.push(Row::Same { layers: Pair::new(a, b) });
            }
            Step::OnlyA(a) => gap.a.push(a),
            Step::OnlyB(b) => gap.b.push(b),
        }
    }
    close(&mut gap, images, &mut rows);
    rows
}

/// Whether a layer was walked and holds nothing.
pub fn is_empty(layer: &Layer) -> bool {
    layer.throwaway || layer.tar().is_some_and(|tar| tar.entries.is_empty() && tar.trailer.rest.is_none())
}

fn close(gap: &mut Pair<Vec<usize>>, images: Pair<&Image>, rows: &mut Vec<Row>) {
    let Pair { a, b } = std::mem::take(gap);
    if a.is_empty() && b.is_empty() {
        return;
    }
    if a.len() == b.len() {
        rows.extend(a.into_iter().zip(b).map(|(a, b)| Row::Pair { layers: Pair::new(a, b) }));
        return;
    }
    let full = |layers: &[usize], image: &Image| -> Vec<usize> {
        layers.iter().copied().filter(|&layer| !is_empty(&image.layers[layer])).collect()
    };
    let rest = Pair::new(full(&a, images.a), full(&b, images.b));
    for (side, layers) in [(Side::A, &a), (Side::B, &b)] {
        for &layer in layers.iter().filter(|layer| !rest.get(side).contains(layer)) {
            rows.push(Row::Empty { side, layer });
        }
    }
    if rest.a.len() == rest.b.len() {
        rows.extend(rest.a.into_iter().zip(rest.b).map(|(a, b)| Row::Pair { layers: Pair::new(a, b) }));
    } else {
        rows.push(Row::Region { layers: rest });
    }
}
