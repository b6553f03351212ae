//! The inspection of one image as JSON.

use serde::Serialize;

use super::encoder::Encoder;
use super::values::Hex;
use super::{Document, Finding, Image, SCHEMA, Trouble};
use crate::report;

/// The inspection as JSON, ending in a newline; `full` lifts the bounds of lists.
pub fn inspection(inspection: &report::Inspection, full: bool) -> String {
    let body = Inspection {
        image: Image::of(&inspection.image),
        documents: inspection.documents.iter().map(DocumentRow::of).collect(),
        platforms: inspection.platforms.iter().map(PlatformRow::of).collect(),
        layers: inspection.layers.iter().map(Layer::of).collect(),
        findings: inspection.findings.iter().map(|finding| Finding::of(finding, full)).collect(),
        trouble: Trouble::of(&inspection.trouble),
    };
    super::values::written(&Document { schema: SCHEMA, body })
}

#[derive(Serialize)]
struct Inspection<'r> {
    image: Image<'r>,
    documents: Vec<DocumentRow<'r>>,
    platforms: Vec<PlatformRow<'r>>,
    layers: Vec<Layer<'r>>,
    findings: Vec<Finding<'r>>,
    #[serde(flatten)]
    trouble: Option<Trouble<'r>>,
}

#[derive(Serialize)]
pub(super) struct DocumentRow<'r> {
    kind: &'r str,
    media_type: Option<&'r str>,
    digest: Hex,
    size: u64,
    spelling: &'r str,
}

impl<'r> DocumentRow<'r> {
    pub(super) fn of(document: &'r report::DocumentSummary) -> Self {
        DocumentRow {
            kind: &document.kind,
            media_type: document.media_type.as_deref(),
            digest: Hex(document.digest),
            size: document.size,
            spelling: &document.spelling,
        }
    }
}

#[derive(Serialize)]
struct PlatformRow<'r> {
    platform: &'r str,
    digest: Option<Hex>,
    chosen: bool,
}

impl<'r> PlatformRow<'r> {
    fn of(platform: &'r report::PlatformSummary) -> Self {
        PlatformRow { platform: &platform.platform, digest: platform.digest.map(Hex), chosen: platform.chosen }
    }
}

#[derive(Serialize)]
struct Layer<'r> {
    index: usize,
    media_type: Option<&'r str>,
    digest: Option<Hex>,
    size: Option<u64>,
    compression: Option<&'r str>,
    diff_id: Option<Hex>,
    diff_id_declared: Option<Hex>,
    tar_size: Option<u64>,
    entries: Option<u64>,
    envelope: &'r [String],
    encoder: Option<Encoder<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
}

#[derive(Serialize)]
struct Block {
    member: u64,
    kind: &'static str,
    last: bool,
    bit_offset: u64,
    bits: u64,
    offset: Option<u64>,
    uncompressed: Option<u64>,
    tokens: u64,
    matches: u64,
    shortest_match: u64,
    longest_match: u64,
    farthest_match: u64,
    hlit: u64,
    hdist: u64,
    hclen: u64,
}

impl Block {
    fn of(block: &report::Block) -> Self {
        Block {
            member: block.member,
            kind: block.kind,
            last: block.last,
            bit_offset: block.bit_offset,
            bits: block.bits,
            offset: block.offset,
            uncompressed: block.uncompressed,
            tokens: block.tokens,
            matches: block.matches,
            shortest_match: block.lengths.0,
            longest_match: block.lengths.1,
            farthest_match: block.farthest,
            hlit: block.codes.0,
            hdist: block.codes.1,
            hclen: block.codes.2,
        }
    }
}

impl<'r> Layer<'r> {
    fn of(layer: &'r report::LayerSummary) -> Self {
        Layer {
            index: layer.index,
            media_type: layer.media_type.as_deref(),
            digest: layer.digest.map(Hex),
            size: layer.size,
            compression: layer.compression.as_deref(),
            diff_id: layer.diff_id.map(Hex),
            diff_id_declared: layer.diff_id_declared.map(Hex),
            tar_size: layer.tar_size,
            entries: layer.entries,
            envelope: &layer.envelope,
            encoder: layer.encoder.as_ref().map(Encoder::of),
            blocks: layer.blocks.iter().map(Block::of).collect(),
        }
    }
}
