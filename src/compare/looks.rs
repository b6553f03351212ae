//! What a comparison wants to have opened, round by round. It opens nothing itself.

use std::collections::BTreeMap;

use crate::compare::delta::Field;
use crate::compare::rows::{self, Row};
use crate::compare::{Comparison, envelope, tree};
use crate::digest::Digest;
use crate::image::{Image, Layer, Shape, media_type};
use crate::layer::envelope::Compression;
use crate::pair::{Pair, Side};

/// What a second look at compressed layers of equal contents showed, by their positions.
pub type Payloads = BTreeMap<Pair<usize>, envelope::Payload>;

/// The pairs of gzip layers whose compressed bytes differ though their contents are equal: was it
/// only the header, another level, another encoder?
pub fn payload_look(images: Pair<&Image>) -> Vec<Pair<usize>> {
    let gzip =
        |layer: &Layer| layer.decoded.as_ref().is_some_and(|decoded| decoded.envelope.compression == Compression::Gzip);
    rows::align_layers(images)
        .into_iter()
        .filter_map(|row| match row {
            Row::Same { layers } => Some(layers),
            _ => None,
        })
        .filter(|layers| {
            let (a, b) = (&images.a.layers[layers.a], &images.b.layers[layers.b]);
            gzip(a) && gzip(b) && blob_digest(a) != blob_digest(b)
        })
        .collect()
}

/// The layers whose encoders have to be known: compressed ones that stand against one of other bytes, compressed too
/// unless `prove` wants every encoder.
pub fn encoder_look(images: Pair<&Image>, prove: bool) -> Vec<(Side, usize)> {
    let compressed = |layer: &Layer| {
        layer.decoded.as_ref().is_some_and(|decoded| {
            matches!(decoded.envelope.compression, Compression::Gzip | Compression::Zstd) && decoded.trouble.is_none()
        })
    };
    let mut wanted = Vec::new();
    for row in rows::align_layers(images) {
        if let Row::Same { layers } | Row::Pair { layers } = row {
            let pair = Pair::new(&images.a.layers[layers.a], &images.b.layers[layers.b]);
            let both = compressed(pair.a) && compressed(pair.b);
            if blob_digest(pair.a) == blob_digest(pair.b) || !(both || prove) {
                continue;
            }
            wanted.extend(Side::BOTH.map(|side| (side, *layers.get(side))));
        } else if prove {
            wanted
                .extend(Side::BOTH.into_iter().flat_map(|side| row.layers(side).into_iter().map(move |at| (side, at))));
        }
    }
    wanted.retain(|(side, layer)| compressed(&images.get(*side).layers[*layer]));
    wanted
}

pub(super) fn blob_digest(layer: &Layer) -> Option<Digest> {
    layer.decoded.as_ref().map(|decoded| decoded.blob_digest)
}

/// A layer to be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Want {
    /// Whose.
    pub side: Side,
    /// 0-based layer.
    pub layer: usize,
    /// Whether its entries are wanted, not only its digests.
    pub walk: bool,
}

/// The layers that must be opened to compare at all: those whose digests differ. Where the configs
/// declare equal diff IDs, hashing is enough.
pub fn first_look(images: Pair<&Image>, verify: bool) -> Vec<Want> {
    let mut wants = Vec::new();
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return wants;
    }
    for side in Side::BOTH {
        let (own, other) = (images.get(side), images.get(side.other()));
        for layer in own.layers.iter().filter(|layer| !layer.absent && is_tar(layer)) {
            let twins = || other.layers.iter().filter(|twin| twin.digest.is_some() && twin.digest == layer.digest);
            // one blob cannot be two things: if the documents say two, its bytes decide
            let contradicted = twins().any(|twin| {
                let diff_ids = (twin.declared_diff_id, layer.declared_diff_id);
                declared_compression(twin) != declared_compression(layer)
                    || matches!(diff_ids, (Some(a), Some(b)) if a != b)
            });
            let shared = twins().next().is_some();
            if shared && !verify && !contradicted {
                continue;
            }
            let declared_alike = layer.declared_diff_id.is_some()
                && other.layers.iter().any(|twin| twin.declared_diff_id == layer.declared_diff_id && is_tar(twin));
            wants.push(Want { side, layer: layer.index, walk: !shared && !declared_alike });
        }
    }
    wants
}

fn declared_compression(layer: &Layer) -> Option<&'static str> {
    layer.media_type.as_deref().and_then(|media_type| media_type::parts(media_type).compression)
}

/// Whether a layer is a tar as far as its media type says; an artifact's blobs are not.
pub fn is_tar(layer: &Layer) -> bool {
    layer
        .media_type
        .as_deref()
        .is_none_or(|media_type| matches!(media_type::parts(media_type).role, media_type::Role::Layer { .. }))
        || layer
            .media_type
            .as_deref()
            .is_some_and(|media_type| media_type.split(['.', '+', '/', '-']).any(|part| part == "tar"))
}

/// The layers whose digests turned out not to be equal though the configs said so, and those that
/// stand against one that has to be walked.
pub fn second_look(images: Pair<&Image>) -> Vec<Want> {
    let mut wants = Vec::new();
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return wants;
    }
    for row in rows::align_layers(images) {
        if matches!(row, Row::Same { .. }) {
            continue;
        }
        for side in Side::BOTH {
            wants.extend(unwalked(images.get(side), side, &row.layers(side)));
        }
    }
    wants
}

fn unwalked(image: &Image, side: Side, layers: &[usize]) -> Vec<Want> {
    layers
        .iter()
        .map(|&layer| &image.layers[layer])
        .filter(|layer| {
            layer.tar().is_none()
                && !layer.absent
                && is_tar(layer)
                && layer.decoded.as_ref().is_none_or(|decoded| decoded.trouble.is_none())
        })
        .map(|layer| Want { side, layer: layer.index, walk: true })
        .collect()
}

/// The equal layers that have to be walked to know what the merged file systems hold: later ones
/// may hide a difference, earlier ones may hold what one side lacks.
pub fn merge_look(images: Pair<&Image>, comparison: &Comparison) -> Vec<Want> {
    let Some(reach) = Reach::of(comparison) else { return Vec::new() };
    if tree::told_by_deltas(images, comparison).is_some() {
        return Vec::new();
    }
    let mut wants = Vec::new();
    for (position, row) in comparison.rows.iter().enumerate() {
        if let Row::Same { layers } = row
            && (position > reach.first || reach.one_sided)
        {
            // equal bytes: one side is enough
            if images.b.layers[layers.b].tar().is_none() {
                wants.extend(unwalked(images.a, Side::A, &[layers.a]));
            }
        }
    }
    wants
}

/// Which deltas may change the merged file system.
pub(super) struct Reach {
    first: usize,
    one_sided: bool,
}

impl Reach {
    pub(super) fn of(comparison: &Comparison) -> Option<Reach> {
        // layers that are cut otherwise may bind a hard link to another file though every entry has its twin
        let region = comparison.rows.iter().position(|row| matches!(row, Row::Region { .. }));
        let mut reach = region.map(|first| Reach { first, one_sided: false });
        for delta in &comparison.deltas {
            let (Some(row), true) = (delta.place.row(), in_files(&delta.field)) else { continue };
            let by_path = matches!(delta.field, Field::Presence(_) | Field::Kind | Field::Link | Field::LinkHolder);
            let one_sided = by_path || matches!(comparison.rows[row], Row::Region { .. });
            match &mut reach {
                None => reach = Some(Reach { first: row, one_sided }),
                Some(reach) => {
                    reach.first = reach.first.min(row);
                    reach.one_sided |= one_sided;
                }
            }
        }
        reach
    }
}

/// Whether a field is part of the files, not of their encoding.
pub(super) fn in_files(field: &Field) -> bool {
    matches!(
        field,
        Field::Presence(_)
            | Field::Kind
            | Field::Content
            | Field::Link
            | Field::LinkHolder
            | Field::Mode
            | Field::Uid
            | Field::Gid
            | Field::Uname
            | Field::Gname
            | Field::Mtime
            | Field::Atime
            | Field::Ctime
            | Field::Xattr(_)
            | Field::Device
            | Field::Unreadable
            | Field::Blob
    )
}
