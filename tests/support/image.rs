//! Makes the documents and blobs of one image from its description, all consistent unless the case says otherwise.
//! It refuses to write files: `store` does that.

use super::index;
use super::json::{Json, Spelling};
use super::schema1;
use super::spec::{Child, Compression, Descriptor, Document, Image, Index, Kind, Layer, in_order};
use super::{gzip, tar, zstandard};
use base64::Engine as _;
use sha2::Digest as _;
use std::collections::BTreeMap;

/// One stored blob: its role (for damage), the digest it is stored under, its bytes.
#[derive(Clone, Debug)]
pub struct Blob {
    pub role: String,
    pub digest: String,
    pub bytes: Vec<u8>,
}

pub struct BuiltLayer {
    pub tar: Vec<u8>,
    pub blob: Vec<u8>,
    pub descriptor: Json,
}

/// An image, or an index with what it names.
pub struct Built {
    /// Everything that a content store holds, the top document last.
    pub blobs: Vec<Blob>,
    /// The descriptor of the top document.
    pub top: Json,
    pub top_bytes: Vec<u8>,
    pub config: Vec<u8>,
    /// The config as values, before spelling: V1 forms cut their own documents from it.
    pub config_json: Json,
    pub layers: Vec<BuiltLayer>,
}

pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&sha2::Sha256::digest(bytes)))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Builds from the merged table; children of an index override the table that holds the index.
pub fn build(table: &toml::Table) -> Built {
    let image = parse(table);
    match &image.index {
        Some(index) => index::build_index(table, index),
        None => build_image(&image),
    }
}

pub fn parse(table: &toml::Table) -> Image {
    toml::Value::Table(table.clone())
        .try_into()
        .unwrap_or_else(|error| panic!("an image description is wrong: {error}"))
}

fn build_image(image: &Image) -> Built {
    let mut blobs = Vec::new();
    let mut layers = Vec::new();
    let mut diff_ids = Vec::new();
    for (key, layer) in in_order(&image.layers, |layer| (layer.absent, layer.rank)) {
        let built = build_layer(layer, image.kind);
        diff_ids.push(Json::text(layer.diff_id.clone().unwrap_or_else(|| digest(&built.tar))));
        push_blob(&mut blobs, format!("layer:{key}"), &layer.descriptor, &built.blob);
        layers.push(built);
    }
    let config_json = config_json(image, diff_ids);
    let config = match &image.config.text {
        Some(content) => content.bytes(),
        None => config_json.write(&image.config.spelling),
    };
    let (top_bytes, media_type) = match image.kind {
        Kind::Schema1 => (schema1::manifest(image, &config_json, &layers), schema1::UNSIGNED),
        Kind::Schema1Signed => {
            (schema1::sign(&schema1::manifest(image, &config_json, &layers), image), schema1::SIGNED)
        }
        kind => {
            push_blob(&mut blobs, "config".to_owned(), &image.config.descriptor, &config);
            (manifest(image, &config, &layers), words(kind).manifest)
        }
    };
    if schema1::is(image.kind) && schema1::has_throwaway(&config_json) {
        let bytes = schema1::EMPTY_LAYER.to_vec();
        blobs.push(Blob { role: "throwaway".to_owned(), digest: digest(&bytes), bytes });
    }
    let top = descriptor(&image.manifest.descriptor, media_type, &top_bytes);
    push_blob(&mut blobs, "manifest".to_owned(), &image.manifest.descriptor, &top_bytes);
    Built { blobs, top, top_bytes, config, config_json, layers }
}

pub fn push_blob(blobs: &mut Vec<Blob>, role: String, descriptor: &Descriptor, bytes: &[u8]) {
    let digest = descriptor.digest.clone().unwrap_or_else(|| digest(bytes));
    blobs.push(Blob { role, digest, bytes: bytes.to_vec() });
}

// --------------------------------------------------------------------------------------------- vocabularies

/// The media types of one vocabulary.
pub struct Words {
    pub index: &'static str,
    pub manifest: &'static str,
    pub config: &'static str,
    layer: [&'static str; 3],
    foreign: [&'static str; 3],
}

pub fn words(kind: Kind) -> Words {
    match kind {
        Kind::Oci => Words {
            index: "application/vnd.oci.image.index.v1+json",
            manifest: "application/vnd.oci.image.manifest.v1+json",
            config: "application/vnd.oci.image.config.v1+json",
            layer: [
                "application/vnd.oci.image.layer.v1.tar+gzip",
                "application/vnd.oci.image.layer.v1.tar+zstd",
                "application/vnd.oci.image.layer.v1.tar",
            ],
            foreign: [
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
                "application/vnd.oci.image.layer.nondistributable.v1.tar",
            ],
        },
        _ => Words {
            index: "application/vnd.docker.distribution.manifest.list.v2+json",
            manifest: "application/vnd.docker.distribution.manifest.v2+json",
            config: "application/vnd.docker.container.image.v1+json",
            layer: [
                "application/vnd.docker.image.rootfs.diff.tar.gzip",
                "application/vnd.docker.image.rootfs.diff.tar.zstd",
                "application/vnd.docker.image.rootfs.diff.tar",
            ],
            foreign: [
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd",
                "application/vnd.docker.image.rootfs.foreign.diff.tar",
            ],
        },
    }
}

// --------------------------------------------------------------------------------------------------- layers

fn build_layer(layer: &Layer, kind: Kind) -> BuiltLayer {
    let entries = in_order(&layer.entries, |entry| (entry.absent, entry.rank));
    let tar = match &layer.tar {
        Some(content) => content.bytes(),
        None => tar::archive(&entries, &layer.style, &layer.global, &layer.end),
    };
    let mut knobs = layer.descriptor.clone();
    let blob = match (&layer.blob, layer.compression) {
        (Some(content), _) => content.bytes(),
        (None, Compression::None) => tar.clone(),
        (None, Compression::Gzip) if layer.stargz => stargz(&entries, layer, &tar, &mut knobs.annotations),
        (None, Compression::Gzip) => gzip::compress(&tar, &layer.gzip),
        (None, Compression::Zstd) => {
            let (blob, chunked) = zstandard::compress(&tar, &layer.zstd);
            if let Some(chunked) = chunked {
                let prefix = "io.github.containers.zstd-chunked.manifest";
                knobs.annotations.insert(format!("{prefix}-position"), chunked.manifest_position);
                knobs.annotations.insert(format!("{prefix}-checksum"), chunked.manifest_checksum);
            }
            blob
        }
    };
    let words = words(kind);
    let family = if layer.foreign { words.foreign } else { words.layer };
    let descriptor = descriptor(&knobs, family[layer.compression as usize], &blob);
    BuiltLayer { tar, blob, descriptor }
}

/// eStargz: the table of contents has a gzip member of its own, and a last empty member holds its offset.
fn stargz(
    entries: &[(&str, &super::entry::Entry)],
    layer: &Layer,
    tar: &[u8],
    annotations: &mut BTreeMap<String, String>,
) -> Vec<u8> {
    let (name, toc) = entries.last().expect("an eStargz layer has entries");
    assert_eq!(*name, "stargz.index.json", "the table of contents is the last entry");
    let toc = toc.content.bytes();
    let at = tar.len() - 1024 - toc.len().next_multiple_of(512) - 512;
    let mut blob = gzip::compress(&tar[..at], &layer.gzip);
    let offset = blob.len();
    blob.extend(gzip::compress(&tar[at..], &layer.gzip));
    // Extra field "SG" of 22 bytes: the offset as 16 hexadecimal digits and the word STARGZ; then an empty stored block.
    blob.extend([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 26, 0, b'S', b'G', 22, 0]);
    blob.extend(format!("{offset:016x}STARGZ").as_bytes());
    blob.extend([1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
    annotations.insert("containerd.io/snapshot/stargz/toc.digest".to_owned(), digest(&toc));
    annotations.insert("io.containers.estargz.uncompressed-size".to_owned(), tar.len().to_string());
    blob
}

// ------------------------------------------------------------------------------------------------ documents

pub fn descriptor(knobs: &Descriptor, media_type: &str, bytes: &[u8]) -> Json {
    let mut out = Json::object([
        ("mediaType", Json::text(knobs.media_type.as_deref().unwrap_or(media_type))),
        ("digest", Json::text(knobs.digest.clone().unwrap_or_else(|| digest(bytes)))),
        ("size", knobs.size.map_or_else(|| Json::size(bytes.len()), Json::Int)),
    ]);
    if !knobs.urls.is_empty() {
        out.set("urls", Json::List(knobs.urls.iter().map(Json::text).collect()));
    }
    if !knobs.annotations.is_empty() {
        let pairs = knobs.annotations.iter().map(|(key, value)| (key.clone(), Json::text(value))).collect();
        out.set("annotations", Json::Object(pairs));
    }
    if knobs.data {
        out.set("data", Json::text(base64::engine::general_purpose::STANDARD.encode(bytes)));
    }
    if !knobs.platform.is_empty() {
        out.set("platform", Json::from_table(&knobs.platform));
    }
    if let Some(kind) = &knobs.artifact_type {
        out.set("artifactType", Json::text(kind));
    }
    out
}

fn config_json(image: &Image, diff_ids: Vec<Json>) -> Json {
    let mut out = Json::from_table(&image.config.json);
    let steps = in_order(&image.config.history, |step| (step.absent, 0));
    if !steps.is_empty() {
        let steps = steps.into_iter().map(|(_, step)| {
            let mut out = Json::Object(Vec::new());
            let texts = [
                ("created", &step.created),
                ("created_by", &step.created_by),
                ("author", &step.author),
                ("comment", &step.comment),
            ];
            for (key, value) in texts {
                if let Some(value) = value {
                    out.set(key, Json::text(value));
                }
            }
            if step.empty_layer {
                out.set("empty_layer", Json::Bool(true));
            }
            out
        });
        out.set("history", Json::List(steps.collect()));
    }
    let rootfs = Json::object([("type", Json::text("layers")), ("diff_ids", Json::List(diff_ids))]);
    out.set("rootfs", rootfs);
    // Docker marshals the config through a Go map: its top-level keys are sorted.
    if let Json::Object(pairs) = &mut out {
        pairs.sort_by(|left, right| left.0.cmp(&right.0));
    }
    edit(&mut out, &image.config.null, &image.config.drop);
    out
}

pub fn edit(json: &mut Json, null: &BTreeMap<String, bool>, drop: &BTreeMap<String, bool>) {
    for (pointer, _) in null.iter().filter(|(_, wanted)| **wanted) {
        json.null_at(pointer);
    }
    for (pointer, _) in drop.iter().filter(|(_, wanted)| **wanted) {
        json.drop_at(pointer);
    }
}

fn manifest(image: &Image, config: &[u8], layers: &[BuiltLayer]) -> Vec<u8> {
    let words = words(image.kind);
    let document = &image.manifest;
    if let Some(content) = &document.text {
        return content.bytes();
    }
    let mut out = Json::object([("schemaVersion", Json::Int(2))]);
    if document.media_type_field != Some(false) {
        out.set("mediaType", Json::text(words.manifest));
    }
    out.set("config", descriptor(&image.config.descriptor, words.config, config));
    out.set("layers", Json::List(layers.iter().map(|layer| layer.descriptor.clone()).collect()));
    finish(out, document)
}

/// Applies a document's own edits and spells it.
pub fn finish(mut out: Json, document: &Document) -> Vec<u8> {
    out.merge(&Json::from_table(&document.json));
    edit(&mut out, &document.null, &document.drop);
    out.write(&document.spelling)
}
