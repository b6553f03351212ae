//! Where each document and each layer of an image was found, for whoever wants to look without this program.
//!
//! Tells only what was seen: a piece whose place holds another number of bytes has no place.

use crate::digest::Digest;
use crate::image::document::{Document, Kind};
use crate::image::{Image, Layer};
use crate::load::blob_name;
use crate::report::{Obtained, Piece};
use crate::source::{BlobName, Source};

/// The pieces of an image that were read.
pub fn obtained(image: &Image, source: &dyn Source) -> Obtained {
    // in schema 1 the config is a string of the manifest
    let is_schema1 = image.manifest.as_ref().is_some_and(|own| matches!(own.kind, Kind::Schema1 { .. }));
    let config = image.config.as_ref().filter(|_| !is_schema1);
    let documents = image.indexes.iter().chain(&image.manifest).chain(config);
    let mut pieces: Vec<Piece> = documents.map(|one| document(one, source)).collect();
    pieces.extend(image.layers.iter().filter_map(|one| layer(one, source)));
    Obtained { origin: source.origin(), pieces }
}

fn document(document: &Document, source: &dyn Source) -> Piece {
    let digest = Digest::sha256(&document.raw);
    // archives and folders name a document by its path or by a digest; a signed one by either of its two
    let names = [BlobName::Member(document.name.clone()), BlobName::Digest(document.digest), BlobName::Digest(digest)];
    let is_it = |blob: &&BlobName| matches!(source.size(blob), Ok(Some(size)) if size == document.raw.len() as u64);
    let payload =
        (document.digest.algorithm() == digest.algorithm() && document.digest != digest).then_some(document.digest);
    Piece {
        name: document.part().name().to_owned(),
        place: names
            .iter()
            .filter_map(|blob| source.place(blob).map(|place| (blob, place)))
            .find(|(blob, _)| is_it(blob))
            .map(|(_, place)| place),
        media_type: document.media_type(),
        digest,
        payload,
        compression: None,
        diff_id: None,
    }
}

/// A layer, if it was opened.
fn layer(layer: &Layer, source: &dyn Source) -> Option<Piece> {
    let decoded = layer.decoded.as_ref()?;
    Some(Piece {
        name: layer.name(),
        place: blob_name(layer).and_then(|blob| source.place(&blob)),
        media_type: layer.media_type.clone(),
        digest: decoded.blob_digest,
        payload: None,
        compression: Some(decoded.envelope.compression.name()),
        diff_id: layer.diff_id(),
    })
}
