//! Who compressed a layer, as JSON.

use serde::Serialize;

use crate::report;

/// One side of a finding's evidence.
#[derive(Serialize)]
pub(super) struct Encoded<'r> {
    encoder: Encoder<'r>,
}

impl<'r> Encoded<'r> {
    pub(super) fn of(encoder: &'r report::Encoder) -> Self {
        Encoded { encoder: Encoder::of(encoder) }
    }
}

#[derive(Serialize)]
pub(super) struct Encoder<'r> {
    family: &'r str,
    level: Option<i64>,
    versions: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_size: Option<u64>,
    title: &'r str,
    producers: &'r [&'static str],
    certainty: &'r str,
    alternatives: Vec<Name<'r>>,
    agreed_bytes: u64,
    /// Whether `--prove` tries more encoders.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    open: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearest: Option<Nearest<'r>>,
    structure: &'r [String],
}

#[derive(Serialize)]
struct Name<'r> {
    family: &'r str,
    level: Option<i64>,
    versions: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_size: Option<u64>,
}

#[derive(Serialize)]
struct Nearest<'r> {
    #[serde(flatten)]
    name: Name<'r>,
    compressed_offset: u64,
    uncompressed_offset: Option<u64>,
    member: Option<u64>,
    block: Option<u64>,
}

fn versions(name: &report::EncoderName) -> Option<&str> {
    Some(&*name.versions).filter(|versions| !versions.is_empty())
}

impl<'r> Name<'r> {
    fn of(name: &'r report::EncoderName) -> Self {
        Name { family: name.family, level: name.level, versions: versions(name), block_size: name.block }
    }
}

impl<'r> Encoder<'r> {
    pub(super) fn of(encoder: &'r report::Encoder) -> Self {
        let name = encoder.name.as_ref();
        Encoder {
            family: name.map_or("unknown", |name| name.family),
            level: name.and_then(|name| name.level),
            versions: name.and_then(versions),
            block_size: name.and_then(|name| name.block),
            title: &encoder.title,
            producers: &encoder.producers,
            certainty: encoder.certainty,
            alternatives: encoder.alternatives.iter().map(Name::of).collect(),
            agreed_bytes: encoder.agreed_bytes,
            open: encoder.is_open,
            nearest: encoder.nearest.as_ref().map(|miss| Nearest {
                name: Name::of(&miss.name),
                compressed_offset: miss.compressed_offset,
                uncompressed_offset: miss.uncompressed_offset,
                member: miss.member,
                block: miss.block,
            }),
            structure: &encoder.structure,
        }
    }
}
