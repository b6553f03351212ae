//! What the replay has to reach: the digest that says that two images are one.

use super::documents::States;
use super::layers::RowReplay;
use crate::compare::delta::DocumentRef;
use crate::digest::Digest;
use crate::image::document::Document;
use crate::image::{Image, Shape};
use crate::pair::{Pair, Side};

/// The reference of the top document of `image`.
pub(super) fn top_of(image: &Image) -> Option<DocumentRef> {
    let document = if !image.indexes.is_empty() {
        DocumentRef::Index(0)
    } else if image.manifest.is_some() {
        DocumentRef::Manifest
    } else if image.config.is_some() {
        DocumentRef::Config
    } else {
        return None;
    };
    (image.shape != Shape::Blob).then_some(document)
}

/// The document of a reference.
pub(super) fn document(image: &Image, at: DocumentRef) -> Option<&Document> {
    match at {
        DocumentRef::Index(depth) => image.indexes.get(depth),
        DocumentRef::Manifest => image.manifest.as_ref(),
        DocumentRef::Config => image.config.as_ref(),
        DocumentRef::Ancestor(age) => image.ancestors.len().checked_sub(age).and_then(|at| image.ancestors.get(at)),
    }
}

/// The digest of the top that was reached with `last`, and B's. An archive without a manifest has
/// its config for a top, a lone layer its blob.
pub(super) fn top(
    images: Pair<&Image>,
    rows: &[RowReplay],
    states: &States,
    last: usize,
) -> Option<(Option<Digest>, Digest)> {
    match top_of(images.b) {
        Some(at) => {
            let wanted = document(images.b, at)?;
            let reached = states.at(at, last);
            // a signed schema 1 manifest is named by its payload, which the bytes make
            let hit =
                reached.as_ref().is_some_and(|stage| stage.digest == wanted.digest.of_same_algorithm(&wanted.raw));
            Some((if hit { Some(wanted.digest) } else { reached.map(|stage| stage.digest) }, wanted.digest))
        }
        None => {
            let layer = images.b.layers.first()?;
            let wanted = layer.digest.or_else(|| layer.decoded.as_ref().map(|decoded| decoded.blob_digest))?;
            let row = rows.iter().find(|row| row.layers(Side::B).contains(&0))?;
            Some((row.at(last).first().and_then(|state| state.blob.as_ref()).map(|blob| blob.digest), wanted))
        }
    }
}
