//! Images, layers and documents in a few facts, as reports show them.

use crate::compare::Comparison;
use crate::compare::delta::{Delta, Field, IndexField, Place};
use crate::compare::envelope::{gzip_header, lazy_pull};
use crate::compare::rows::Row;
use crate::image::document::{Document, Part};
use crate::image::{Image, Layer, Shape};
use crate::layer::envelope::{Envelope, Member};
use crate::load::Loaded;
use crate::pair::{Pair, Side};
use crate::report::{DocumentSummary, ImageSummary, LayerRow, LayerSummary, Transfer};

/// How many members of a compressed layer are described one by one.
const MEMBERS: usize = 4;

/// An image.
pub fn image(image: &Image) -> ImageSummary {
    let top = image.top();
    let digest = match image.shape {
        Shape::Blob => crate::compare::top_digest(image),
        _ => top.map(|document| document.digest),
    };
    ImageSummary {
        reference: image.reference.clone(),
        source: image.source.to_owned(),
        form: image.form(),
        media_type: top.and_then(Document::media_type),
        digest,
        size: image.stored_size(),
        image_id: image.image_id(),
        platform: image.platform.as_ref().map(ToString::to_string),
        layers: image.layers.len(),
        transfer: None,
    }
}

/// What was fetched of an image, once nothing more is.
pub fn transfer(loaded: &Loaded) -> Option<Transfer> {
    let transfer = loaded.source.transfer()?;
    let layers = || loaded.image.layers.iter().filter(|layer| layer.decoded.is_none() && !layer.absent);
    Some(Transfer {
        from: transfer.from,
        fetched: transfer.fetched,
        cached: transfer.cached,
        not_needed: layers().filter_map(|layer| layer.size).sum(),
        layers_not_needed: layers().count() as u64,
        credentials: transfer.credentials,
    })
}

/// A layer.
pub fn layer(layer: &Layer) -> LayerSummary {
    let decoded = layer.decoded.as_ref();
    let read = decoded.filter(|decoded| decoded.trouble.is_none());
    LayerSummary {
        index: layer.index,
        media_type: layer.media_type.clone(),
        digest: layer.digest.or_else(|| decoded.map(|decoded| decoded.blob_digest)),
        size: layer.size,
        compression: decoded.map(|decoded| decoded.envelope.compression.name().to_owned()),
        diff_id: read.map(|decoded| decoded.diff_id),
        diff_id_declared: layer.declared_diff_id,
        tar_size: read.map(|decoded| decoded.tar_size),
        entries: layer.tar().map(|tar| tar.entries.len() as u64),
        envelope: decoded.map(|decoded| envelope(&decoded.envelope)).unwrap_or_default(),
        encoder: layer.encoder.as_ref().map(|identity| identity.told()),
        blocks: Vec::new(),
    }
}

fn envelope(envelope: &Envelope) -> Vec<String> {
    let mut lines = Vec::new();
    for member in envelope.members.iter().take(MEMBERS) {
        lines.push(match member {
            Member::Gzip(member) => gzip_header(member),
            Member::Zstd(frame) => format!(
                "zstd frame: window {}, {}, {}",
                crate::text::size(frame.window),
                if frame.checksum { "checksum" } else { "no checksum" },
                match frame.content_size {
                    Some(size) => format!("content size {size}"),
                    None => "content size not written".to_owned(),
                }
            ),
            Member::Skippable(frame) => {
                format!("zstd skippable frame of {} bytes at offset {}", frame.length, frame.offset)
            }
        });
    }
    if envelope.member_count as usize > lines.len() {
        lines.push(format!("{} members or frames in all", crate::text::thousands(envelope.member_count)));
    }
    if let Some(lazy) = lazy_pull(envelope) {
        lines.push(lazy.to_owned());
    }
    if let Some(trailing) = &envelope.trailing {
        lines.push(format!("{} bytes behind the end at offset {}", trailing.length, trailing.offset));
    }
    lines
}

/// A document.
pub fn document(document: &Document) -> DocumentSummary {
    DocumentSummary {
        kind: document.part().name().to_owned(),
        media_type: document.media_type(),
        digest: document.digest,
        size: document.raw.len() as u64,
        spelling: document.layout.in_words(),
    }
}

/// The layers side by side.
pub fn rows(images: Pair<&Image>, comparison: &Comparison) -> Vec<LayerRow> {
    let mut rows = Vec::new();
    for row in &comparison.rows {
        let layers = Pair::new(row.layers(Side::A), row.layers(Side::B));
        let relation = relation(images, row);
        for position in 0..layers.a.len().max(layers.b.len()) {
            let own = layers.as_ref().map(|layers| layers.get(position).copied());
            rows.push(LayerRow {
                position: own.map(|layer| layer.map(|layer| layer + 1)),
                layer: Pair::new(
                    own.a.map(|at| layer(&images.a.layers[at])),
                    own.b.map(|at| layer(&images.b.layers[at])),
                ),
                relation: relation.to_owned(),
            });
        }
    }
    rows
}

fn relation(images: Pair<&Image>, row: &Row) -> &'static str {
    match row {
        Row::Same { layers } => {
            let (a, b) = (&images.a.layers[layers.a], &images.b.layers[layers.b]);
            match (a.digest.is_some() && a.digest == b.digest, a.believed || b.believed) {
                (true, _) => "same blob",
                (false, false) => "same diff ID, recomputed",
                (false, true) => "same diff ID, as declared",
            }
        }
        Row::Pair { layers }
            if images.a.layers[layers.a].tar().is_some() && images.b.layers[layers.b].tar().is_some() =>
        {
            "differs"
        }
        Row::Pair { .. } => "not compared",
        Row::Region { .. } => "cut otherwise",
        Row::Empty { .. } => "no entries",
    }
}

/// Remarks that are no differences.
pub fn notes(images: Pair<&Image>, comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    for side in Side::BOTH {
        for remark in &images.get(side).remarks {
            match images.get(side.other()).remarks.contains(remark) {
                true if side == Side::A => notes.push(format!("both sides: {remark}")),
                true => {}
                false => notes.push(format!("{}: {remark}", side.name())),
            }
        }
    }
    let not_compared = |delta: &Delta| delta.field == Field::Index(IndexField::NotCompared);
    if comparison.deltas.iter().any(not_compared) {
        notes.push("--all-platforms compares the manifests of the other platforms too".to_owned());
    }
    let ids = images.map(Image::image_id);
    let config_differs = comparison.deltas.iter().any(|delta| delta.place == Place::Document(Part::Config));
    if ids.a.is_some() && ids.b.is_some() && !ids.same() && !config_differs {
        notes.push("the image IDs differ only because the configs list the layers' diff IDs".to_owned());
    }
    let believed = images.map(|image| image.layers.iter().filter(|layer| layer.believed).count()).a;
    if believed > 0 {
        notes.push(format!(
            "--fast: {} not opened, since the configs declare equal diff IDs; the level above believes them",
            crate::text::counted(believed as u64, "layer was", "layers were")
        ));
    }
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        notes.push("only documents were given: layers were not opened".to_owned());
    }
    for side in Side::BOTH {
        for contradiction in &images.get(side).contradictions {
            let twin = images.get(side.other()).contradictions.iter().any(|other| other == contradiction);
            if twin && side == Side::A {
                notes.push(format!("both sides: declared {}, found {}", contradiction.declared, contradiction.found));
            }
        }
    }
    notes
}
