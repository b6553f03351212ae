//! From a source to an image: documents first, then the layers that a comparison asks for.
//!
//! Loading never gives up early: what cannot be read is said in [`Image::trouble`] and the rest is
//! loaded. Every blob that the image names must exist with its descriptor's size, which is checked
//! without opening it; every blob that is opened is hashed and held against its digest.

mod children;
pub mod encoders;
pub mod evidence;
pub mod headers;
pub mod layers;
pub mod lazy;
pub mod reencode;
pub mod steps;
pub mod tars;

use std::io::Read;
use std::sync::Arc;

use crate::digest::Digest;
use crate::image::descriptor::Descriptor;
use crate::image::document::{Document, Kind};
use crate::image::json::{self, Json};
use crate::image::platform::Platform;
use crate::image::{Contradiction, ContradictionKind, Image, Layer, Shape, Trouble, media_type, schema1};
use crate::limits::Limits;
use crate::source::{self, Access, BlobName, Opened, Root, Served, Source, V1Image};
use crate::text::counted;

pub use children::{Child, Children};

/// A source that is open, its top document read and its children known; no platform chosen yet.
pub struct Top {
    /// Where blobs come from.
    pub source: Arc<dyn Source>,
    /// The image as far as it is read.
    pub image: Image,
    /// What an index offers; empty for a single image.
    pub children: Vec<Child>,
    root: Option<Root>,
}

/// An image and where its blobs come from.
pub struct Loaded {
    /// The image.
    pub image: Image,
    /// The source of its blobs.
    pub source: Arc<dyn Source>,
    /// Where [`Loaded::image`] is documents whose layers are gone: the image as what is left of it,
    /// config and tars, to be compared when the documents do not settle it.
    pub unpacked: Option<Box<Image>>,
}

/// Opens `reference` and reads its top document and, of an index, all nested indexes.
pub fn open(reference: &str, limits: &Limits, access: &Access) -> Result<Top, Trouble> {
    let parsed = source::Reference::parse(reference).map_err(|error| Trouble::new(error.to_string()))?;
    let opened = source::open_with(&parsed, limits, access).map_err(|error| Trouble::new(error.to_string()))?;
    top(reference, opened, limits)
}

/// Asks a registry for `reference` in the ways that clients ask.
pub fn served(reference: &str, limits: &Limits, access: &Access) -> Result<Served, Trouble> {
    let parsed = source::Reference::parse(reference).map_err(|error| Trouble::new(error.to_string()))?;
    source::served(&parsed, limits, access).map_err(|error| Trouble::new(error.to_string()))
}

/// Reads the top document of what is open, called `reference`, and, of an index, all nested indexes.
pub fn top(reference: &str, opened: Opened, limits: &Limits) -> Result<Top, Trouble> {
    let Opened { source, root } = opened;
    let mut image =
        Image { reference: reference.to_owned(), source: source.kind(), remarks: source.remarks(), ..Image::default() };
    image.trouble.extend(source.damage().map(|error| Trouble::new(error.to_string())));
    let mut children = Vec::new();
    let root = match root {
        Root::Document { bytes, declared_digest, declared_size, declared_media_type, name, .. } => {
            let document =
                top_document(&mut image, bytes, declared_digest, declared_size, declared_media_type, name, limits)?;
            image.shape = if source.has_blobs() { Shape::Registry } else { Shape::Json };
            headers::check(&mut image, &*source, &document, declared_digest.as_ref());
            match document.kind {
                Kind::Index => {
                    let mut found = Children::new(&*source, limits, image.shape == Shape::Json);
                    found.add(&document, 0);
                    children = found.children;
                    image.trouble.extend(found.trouble);
                    image.children = children.iter().map(|child| child.descriptor.clone()).collect();
                    image.indexes.push(document);
                }
                Kind::Manifest | Kind::Schema1 { .. } => image.manifest = Some(document),
                Kind::Config | Kind::V1 => {
                    image.shape = Shape::Json;
                    image.config = Some(document);
                }
                Kind::Other => {
                    if image.shape == Shape::Registry {
                        return Err(Trouble::new(format!(
                            "{}: expected a manifest or an index, found {} without \"layers\" or \"manifests\"",
                            document.name,
                            document.root.value.type_name()
                        )));
                    }
                    image.config = Some(document);
                }
            }
            None
        }
        Root::Unpacked { manifest, config, config_name, layers } => {
            let name = "manifest".to_owned();
            image.manifest = Some(top_document(&mut image, manifest, None, None, None, name, limits)?);
            Some(Root::DockerArchive { config, config_name, layers, tags: Vec::new() })
        }
        other => Some(other),
    };
    Ok(Top { source, image, children, root })
}

fn top_document(
    image: &mut Image,
    bytes: Vec<u8>,
    digest: Option<Digest>,
    size: Option<u64>,
    media_type: Option<String>,
    name: String,
    limits: &Limits,
) -> Result<Document, Trouble> {
    let length = bytes.len() as u64;
    let file_digest = Digest::sha256(&bytes);
    let mut document = Document::read(name.clone(), bytes, media_type, limits.depth)
        .map_err(|error| Trouble::new(format!("{name}: not a JSON document: {error}")))?;
    if let Some(size) = size.filter(|&size| size != length && !matches!(document.kind, Kind::Schema1 { .. })) {
        image.trouble.push(size_mismatch(&name, size, length, None));
    }
    if let Some(digest) = digest {
        let found = digest.of_same_algorithm(&document.raw);
        // a store may name a signed schema 1 manifest by its file's hash or by its payload's
        if found == digest {
            if file_digest == document.digest {
                document = document.named_by(digest);
            }
        } else if document.digest != digest {
            image.trouble.push(digest_mismatch(&name, &digest, &found, None));
        }
    }
    Ok(document)
}

impl Top {
    /// The platforms that can be chosen, attestations left out.
    pub fn platforms(&self) -> Vec<&Child> {
        self.children.iter().filter(|child| child.is_image()).collect()
    }

    /// The platform that a single image's config names, without loading the rest of it.
    pub fn config_platform(&self, limits: &Limits) -> Option<Platform> {
        if let Some(manifest) = &self.image.manifest {
            let descriptor = manifest.root.value.get("config").and_then(|node| Descriptor::read(node).ok())?;
            let config = read_document(&*self.source, &descriptor, "config", limits).ok()?;
            return Platform::read(&config.document.root);
        }
        match &self.root {
            Some(Root::DockerArchive { config, config_name, .. }) => {
                let config = Document::read(config_name.clone(), config.clone(), None, limits.depth).ok()?;
                Platform::read(&config.root)
            }
            _ => None,
        }
    }

    /// The image as far as it is read, when no child can be chosen.
    pub fn without_child(self) -> Loaded {
        Loaded { image: self.image, source: self.source, unpacked: None }
    }

    /// Loads a single image: not an index.
    pub fn single(self, limits: &Limits) -> Loaded {
        let Top { source, mut image, root, .. } = self;
        let mut unpacked = None;
        match root {
            None => {
                if let Some(manifest) = image.manifest.take() {
                    load_manifest(&mut image, &*source, manifest, limits);
                } else if let Some(config) = &image.config {
                    image.platform = Platform::read(&config.root);
                }
            }
            Some(Root::DockerArchive { config, config_name, layers, .. }) => {
                let mut archive = Image { manifest: None, unpacked: image.manifest.is_some(), ..image.clone() };
                load_docker_archive(&mut archive, &*source, config, config_name, layers, limits);
                match image.manifest.take() {
                    None => image = archive,
                    Some(manifest) => {
                        load_schema2(&mut image, &*source, &manifest, limits);
                        image.manifest = Some(manifest);
                        image.trouble.extend(archive.trouble.iter().cloned());
                        unpacked = Some(Box::new(archive));
                    }
                }
            }
            Some(Root::V1 { images, .. }) => load_v1(&mut image, &*source, images, limits),
            Some(Root::Layer { blob, size }) => {
                image.shape = Shape::Blob;
                let (digest, member) = match blob {
                    BlobName::Digest(digest) => (Some(digest), None),
                    BlobName::Member(member) => (None, Some(member)),
                };
                image.layers.push(Layer { digest, member, size: Some(size), ..bare_layer(0) });
            }
            Some(Root::Document { .. } | Root::Unpacked { .. }) => {}
        }
        Loaded { image, source, unpacked }
    }

    /// Loads the child at `position` of [`Top::children`].
    pub fn child(&self, position: usize, limits: &Limits) -> Loaded {
        let mut image = self.image.clone();
        let child = &self.children[position];
        image.indexes.extend(child.nested.iter().cloned());
        image.platform = child.descriptor.platform.clone();
        if image.shape == Shape::Json {
            return Loaded { image, source: Arc::clone(&self.source), unpacked: None };
        }
        match read_document(&*self.source, &child.descriptor, "manifest", limits) {
            Ok(read) => {
                image.trouble.extend(read.trouble);
                headers::check(&mut image, &*self.source, &read.document, Some(&child.descriptor.digest));
                load_manifest(&mut image, &*self.source, read.document, limits);
            }
            Err(trouble) => image.trouble.push(trouble),
        }
        Loaded { image, source: Arc::clone(&self.source), unpacked: None }
    }
}

fn bare_layer(index: usize) -> Layer {
    Layer {
        index,
        media_type: None,
        digest: None,
        size: None,
        member: None,
        declared_diff_id: None,
        decoded: None,
        encoder: None,
        absent: false,
        throwaway: false,
        believed: false,
        created_by: None,
    }
}

fn load_manifest(image: &mut Image, source: &dyn Source, manifest: Document, limits: &Limits) {
    if let Some(problem) = &manifest.signature_problem {
        image.trouble.push(Trouble::new(format!("{}: the signed payload cannot be rebuilt: {problem}", manifest.name)));
    }
    if matches!(manifest.kind, Kind::Schema1 { .. }) {
        load_schema1(image, source, &manifest, limits);
    } else {
        load_schema2(image, source, &manifest, limits);
    }
    image.manifest = Some(manifest);
    check_blobs(image, source);
}

fn load_schema1(image: &mut Image, _source: &dyn Source, manifest: &Document, limits: &Limits) {
    let layers = match schema1::layers(&manifest.root) {
        Ok(layers) => layers,
        Err(problem) => {
            image.trouble.push(Trouble::new(format!("{}: {problem}", manifest.name)));
            return;
        }
    };
    if too_many_layers(image, &manifest.name, layers.len(), limits) {
        return;
    }
    for (age, layer) in layers.iter().enumerate() {
        let Some(compatibility) = &layer.compatibility else { continue };
        let name = format!("{}: history[{}].v1Compatibility", manifest.name, layers.len() - 1 - age);
        v1_document(image, name, compatibility.to_vec(), limits);
    }
    image.platform =
        image.platform.take().or_else(|| image.config.as_ref().and_then(|config| Platform::read(&config.root)));
    for (index, layer) in layers.into_iter().enumerate() {
        image.layers.push(Layer { digest: Some(layer.blob), throwaway: layer.throwaway, ..bare_layer(index) });
    }
}

fn load_schema2(image: &mut Image, source: &dyn Source, manifest: &Document, limits: &Limits) {
    let value = &manifest.root.value;
    let wrong = |key: &str, problem: String| Trouble::new(format!("{}: {key}: {problem}", manifest.name));
    match value.get("config") {
        None => image.trouble.push(wrong("config", "expected a descriptor, found nothing".into())),
        Some(node) => match Descriptor::read(node) {
            Err(problem) => image.trouble.push(wrong("config", problem)),
            Ok(descriptor) => {
                if image.shape != Shape::Json {
                    load_config(image, source, &descriptor, limits);
                }
                image.config_descriptor = Some(descriptor);
            }
        },
    }
    let layers = match value.get("layers").map(|node| &node.value) {
        None | Some(Json::Null) => &[][..],
        Some(Json::Array(layers)) => layers,
        Some(other) => {
            image.trouble.push(wrong("layers", format!("expected an array, found {}", other.type_name())));
            return;
        }
    };
    if too_many_layers(image, &manifest.name, layers.len(), limits) {
        return;
    }
    for (index, node) in layers.iter().enumerate() {
        match Descriptor::read(node) {
            Err(problem) => {
                image.trouble.push(wrong(&format!("layers[{index}]"), problem));
                // it keeps its place, so that positions mean the same everywhere
                image.layers.push(Layer { absent: true, ..bare_layer(index) });
            }
            Ok(descriptor) => {
                let foreign = descriptor.media_type.as_deref().is_some_and(|media_type| {
                    matches!(media_type::parts(media_type).role, media_type::Role::Layer { foreign: true })
                });
                image.layers.push(Layer {
                    media_type: descriptor.media_type,
                    digest: Some(descriptor.digest),
                    size: descriptor.size,
                    absent: foreign && descriptor.has_urls,
                    ..bare_layer(index)
                });
            }
        }
    }
    apply_config(image);
}

fn load_config(image: &mut Image, source: &dyn Source, descriptor: &Descriptor, limits: &Limits) {
    match read_document(source, descriptor, "config", limits) {
        Ok(read) => {
            image.trouble.extend(read.trouble);
            image.platform = Platform::read(&read.document.root).or(image.platform.take());
            image.config = Some(read.document);
        }
        Err(trouble) => image.trouble.push(trouble),
    }
}

/// What keeps a config from being one: keys of another type than every reader expects.
fn config_problem(config: &Document) -> Option<String> {
    let expect = |path: &str, node: Option<&json::Node>, right: fn(&Json) -> bool, expected: &str| {
        let value = &node?.value;
        (!right(value) && *value != Json::Null)
            .then(|| format!("{path}: expected {expected}, found {}", value.type_name()))
    };
    let is_array: fn(&Json) -> bool = |value| matches!(value, Json::Array(_));
    let is_object: fn(&Json) -> bool = |value| matches!(value, Json::Object(_));
    let value = &config.root.value;
    if !is_object(value) {
        return Some(format!("expected an object, found {}", value.type_name()));
    }
    let rootfs = value.get("rootfs");
    expect("rootfs", rootfs, is_object, "an object")
        .or_else(|| expect("rootfs.diff_ids", rootfs.and_then(|node| node.value.get("diff_ids")), is_array, "an array"))
        .or_else(|| expect("history", value.get("history"), is_array, "an array"))
        .or_else(|| expect("config", value.get("config"), is_object, "an object"))
}

/// Gives the layers what the config says of them, and notes where the two count differently.
fn apply_config(image: &mut Image) {
    let Some(config) = &image.config else { return };
    if let Some(problem) = config_problem(config) {
        image.trouble.push(Trouble::new(format!("{}: {problem}", config.name)));
        return;
    }
    let is_image = config.root.value.get("rootfs").is_some();
    if !is_image {
        return;
    }
    let diff_ids = config.root.value.get("rootfs").and_then(|node| node.value.get("diff_ids"));
    let diff_ids = diff_ids.map(|node| node.value.items()).unwrap_or_default();
    let history = config.root.value.get("history").map(|node| node.value.items()).unwrap_or_default();
    let with_layer: Vec<_> = history
        .iter()
        .filter(|step| step.value.get("empty_layer").is_none_or(|node| node.value != Json::Bool(true)))
        .collect();
    if diff_ids.len() != image.layers.len() {
        image.contradictions.push(Contradiction {
            kind: ContradictionKind::HistoryLayers,
            layer: None,
            declared: format!("{} in the config", counted(diff_ids.len() as u64, "diff ID", "diff IDs")),
            found: format!("{} in the manifest", counted(image.layers.len() as u64, "layer", "layers")),
        });
    }
    if !history.is_empty() && with_layer.len() != image.layers.len() {
        image.contradictions.push(Contradiction {
            kind: ContradictionKind::HistoryLayers,
            layer: None,
            declared: counted(
                with_layer.len() as u64,
                "history step that made a layer",
                "history steps that made a layer",
            ),
            found: counted(image.layers.len() as u64, "layer", "layers"),
        });
    }
    for layer in &mut image.layers {
        layer.declared_diff_id =
            diff_ids.get(layer.index).and_then(|node| node.value.as_str()).and_then(|text| text.parse().ok());
        layer.created_by = with_layer
            .get(layer.index)
            .and_then(|step| step.value.get("created_by"))
            .and_then(|node| node.value.as_bytes())
            .map(crate::text::shown);
    }
}

fn load_docker_archive(
    image: &mut Image,
    source: &dyn Source,
    config: Vec<u8>,
    config_name: String,
    members: Vec<String>,
    limits: &Limits,
) {
    image.shape = Shape::DockerArchive;
    match Document::read(config_name.clone(), config, None, limits.depth) {
        Ok(document) => {
            image.platform = Platform::read(&document.root);
            image.config = Some(document);
        }
        Err(error) => image.trouble.push(Trouble::new(format!("{config_name}: not a JSON document: {error}"))),
    }
    if too_many_layers(image, "manifest.json", members.len(), limits) {
        return;
    }
    for (index, member) in members.into_iter().enumerate() {
        image.layers.push(Layer { member: Some(member), ..bare_layer(index) });
    }
    apply_config(image);
    check_blobs(image, source);
}

fn load_v1(image: &mut Image, source: &dyn Source, images: Vec<V1Image>, limits: &Limits) {
    image.shape = Shape::V1;
    if too_many_layers(image, "repositories", images.len(), limits) {
        return;
    }
    for (age, v1) in images.into_iter().rev().enumerate() {
        v1_document(image, format!("{}/json", v1.id), v1.json, limits);
        image.layers.push(Layer { member: v1.layer, ..bare_layer(age) });
    }
    image.platform = image.config.as_ref().and_then(|config| Platform::read(&config.root));
    check_blobs(image, source);
}

/// Takes the JSON of the next newer layer: the newest is the image's config.
fn v1_document(image: &mut Image, name: String, json: Vec<u8>, limits: &Limits) {
    match Document::read(name.clone(), json, None, limits.depth) {
        Ok(mut document) => {
            document.kind = Kind::V1;
            image.ancestors.extend(image.config.replace(document));
        }
        Err(error) => image.trouble.push(Trouble::new(format!("{name}: not a JSON document: {error}"))),
    }
}

fn too_many_layers(image: &mut Image, name: &str, count: usize, limits: &Limits) -> bool {
    let over = count > limits.layers;
    if over {
        image.trouble.push(Trouble::new(format!(
            "{name}: {count} layers, more than the limit of {} (--max-layers)",
            limits.layers
        )));
    }
    over
}

/// Every layer blob must be there with its descriptor's size; none is opened for it.
fn check_blobs(image: &mut Image, source: &dyn Source) {
    if image.shape == Shape::Json {
        return;
    }
    let mut trouble = Vec::new();
    source.prepare(&image.layers.iter().filter_map(blob_name).collect::<Vec<_>>());
    for layer in &mut image.layers {
        let Some(blob) = blob_name(layer) else {
            if layer.absent {
                continue;
            }
            layer.absent = true;
            trouble.push(Trouble {
                layer: Some(layer.index),
                ..Trouble::new(format!("{}: the archive names no file for it", layer.name()))
            });
            continue;
        };
        match source.size(&blob) {
            Ok(Some(found)) => {
                layer.absent = false;
                match layer.size {
                    Some(declared) if declared != found => {
                        trouble.push(size_mismatch(
                            &format!("{} ({})", layer.name(), shown_name(&blob)),
                            declared,
                            found,
                            Some(layer.index),
                        ));
                    }
                    _ => layer.size = Some(found),
                }
            }
            Ok(None) if layer.absent => {}
            Ok(None) => {
                layer.absent = true;
                trouble.push(Trouble {
                    layer: Some(layer.index),
                    ..Trouble::new(format!(
                        "{}: the blob {} is missing{}",
                        layer.name(),
                        shown_name(&blob),
                        advice(source)
                    ))
                });
            }
            Err(error) => {
                layer.absent = true;
                trouble
                    .push(Trouble { layer: Some(layer.index), ..Trouble::new(format!("{}: {error}", layer.name())) });
            }
        }
    }
    image.trouble.extend(trouble);
}

/// What the source has to say of missing blobs.
fn advice(source: &dyn Source) -> String {
    source.where_missing().map(|advice| format!("; {advice}")).unwrap_or_default()
}

/// What names the layer's blob in its source.
pub fn blob_name(layer: &Layer) -> Option<BlobName> {
    match (&layer.member, layer.digest) {
        (Some(member), _) => Some(BlobName::Member(member.clone())),
        (None, Some(digest)) => Some(BlobName::Digest(digest)),
        (None, None) => None,
    }
}

fn shown_name(blob: &BlobName) -> String {
    match blob {
        BlobName::Digest(digest) => digest.to_string(),
        BlobName::Member(member) => crate::text::shown(member.as_bytes()),
    }
}

/// A document that was read, and what is wrong with it all the same.
struct ReadDocument {
    document: Document,
    trouble: Vec<Trouble>,
}

fn read_document(
    source: &dyn Source,
    descriptor: &Descriptor,
    part: &str,
    limits: &Limits,
) -> Result<ReadDocument, Trouble> {
    let blob = BlobName::Digest(descriptor.digest);
    let name = format!("{part} {}", descriptor.digest);
    let failed = |error: String| Trouble::new(format!("{name}: {error}"));
    let role = descriptor.media_type.as_deref().map(|media_type| media_type::parts(media_type).role);
    let is_manifest = part != "config" || matches!(role, Some(media_type::Role::Manifest | media_type::Role::Index));
    let bytes = match source.document(&descriptor.digest, is_manifest) {
        Some(read) => read.map_err(|error| failed(error.to_string()))?.ok_or_else(|| failed("it is missing".into()))?,
        None => {
            let size = source.size(&blob).map_err(|error| failed(error.to_string()))?;
            let Some(size) = size else { return Err(failed(format!("the blob is missing{}", advice(source)))) };
            if size > limits.document {
                return Err(failed(format!(
                    "{size} bytes, more than the limit of {} (--max-document)",
                    limits.document
                )));
            }
            let mut bytes = Vec::new();
            source
                .open(&blob)
                .map_err(|error| failed(error.to_string()))?
                .take(limits.document + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| failed(error.to_string()))?;
            bytes
        }
    };
    let length = bytes.len() as u64;
    let mut trouble = Vec::new();
    let found = descriptor.digest.of_same_algorithm(&bytes);
    let document = Document::read(name.clone(), bytes, descriptor.media_type.clone(), limits.depth)
        .map_err(|error| failed(format!("not a JSON document: {error}")))?;
    let signed = matches!(document.kind, Kind::Schema1 { .. });
    if let Some(declared) = descriptor.size.filter(|&declared| declared != length && !signed) {
        trouble.push(size_mismatch(&name, declared, length, None));
    }
    let document = if found == descriptor.digest {
        if signed { document } else { document.named_by(found) }
    } else {
        if document.digest != descriptor.digest {
            trouble.push(digest_mismatch(&name, &descriptor.digest, &found, None));
        }
        document
    };
    Ok(ReadDocument { document, trouble })
}

/// `blob-size-mismatch`, in one sentence.
pub fn size_mismatch(name: &str, declared: u64, found: u64, layer: Option<usize>) -> Trouble {
    Trouble {
        side: None,
        cause: Some("blob-size-mismatch"),
        message: format!("{name}: expected {declared} bytes as its descriptor says, found {found}"),
        layer,
    }
}

/// `blob-digest-mismatch`, in one sentence.
pub fn digest_mismatch(name: &str, declared: &Digest, found: &Digest, layer: Option<usize>) -> Trouble {
    Trouble {
        side: None,
        cause: Some("blob-digest-mismatch"),
        message: format!(
            "{name}: its bytes do not have the digest they are named by: expected {declared}, found {found}"
        ),
        layer,
    }
}
