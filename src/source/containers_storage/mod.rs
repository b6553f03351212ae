//! Images in the store of podman, buildah and CRI-O, read without starting any of them.
//!
//! The documents lie in the store as they were pulled or built; the layers were unpacked, and their
//! tars are rebuilt byte by byte and held against their diff IDs. Compressed layers are gone. Takes
//! no lock and writes nothing.

mod inside;
mod place;
mod store;
mod tar_split;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::digest::Digest;
use crate::limits::Limits;
use crate::origin::Origin;

use super::decompress::{Compression, Decompressed};
use super::disk;
use super::environment::Environment;
use super::error::{Choice, SourceError, shown_name, shown_path};
use super::json::Described;
use super::names::fit;
use super::reference::Reference;
use super::{BlobName, Opened, Root, Source};

use inside::Inside;
use place::{Places, Spec};
use store::{Image, Layer, SAVE, Store};
use tar_split::Rebuilt;

/// How many images an error lists.
const LISTED: usize = 20;

/// The shortest piece of an ID that names an image.
const SHORTEST_ID: usize = 3;

/// Opens the image that the store calls `name`.
pub(super) fn open(
    reference: &Reference,
    name: &str,
    limits: &Limits,
    environment: &Environment,
) -> Result<Opened, SourceError> {
    let spec = Spec::parse(name);
    let places = place::find(&spec, environment, disk::is_root(), limits)?;
    let mut stores = Vec::new();
    for root in &places.roots {
        stores.extend(Store::open(root, places.driver.as_deref(), limits).map_err(advised)?);
    }
    if stores.is_empty() {
        return Err(no_store(reference, &places));
    }
    let (at, row) = choose(&spec, &stores)?;
    let (own, image) = (&stores[at], &stores[at].images[row]);
    let manifest = own.document(image, "manifest", limits).map_err(advised)?;
    let described = Described { file: &own.name(), document: "manifest" };
    let parsed = described.parse(&manifest)?;
    let config_digest =
        described.digest(parsed.get("config").unwrap_or(&Value::Null), "config", "digest").map_err(|_| {
            // schema 1, which has no config, and what else was stored under this name
            SourceError::NoImage {
                file: own.name(),
                why: format!("the manifest of {} has no config; {SAVE}", shown_name(&image.id)),
            }
        })?;
    let config = own.document(image, &config_digest.to_string(), limits)?;
    let layers = chain(&stores, image, limits)?;
    let named: Vec<Option<Digest>> = parsed
        .get("layers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|layer| layer.get("digest")?.as_str()?.parse().ok())
        .collect();
    let plain =
        named.len() == layers.len() && named.iter().zip(&layers).all(|(named, layer)| *named == Some(layer.diff_id));
    let root = if plain {
        // Built here: the manifest names the very tars.
        Root::Document {
            bytes: manifest,
            declared_digest: None,
            declared_size: None,
            declared_media_type: None,
            name: "manifest".to_owned(),
            annotations: Vec::new(),
        }
    } else {
        Root::Unpacked {
            manifest,
            config: config.clone(),
            config_name: format!("config {config_digest}"),
            layers: layers.iter().map(|layer| layer.diff_id.to_string()).collect(),
        }
    };
    let source = Unpacked {
        name: own.name(),
        told: told(name, &image.id),
        documents: vec![(config_digest, config)],
        layers,
        plain,
        manifest: image.digest.clone().unwrap_or_default(),
        limits: limits.clone(),
    };
    Ok(Opened { source: Arc::new(source), root })
}

/// The store and the row of the image that is asked for.
fn choose(spec: &Spec, stores: &[Store]) -> Result<(usize, usize), SourceError> {
    let all: Vec<(usize, usize)> =
        stores.iter().enumerate().flat_map(|(at, store)| (0..store.images.len()).map(move |row| (at, row))).collect();
    let image = |(at, row): (usize, usize)| &stores[at].images[row];
    let names = |place| image(place).names.iter().flatten();
    // `NAME@ID` and `@ID`, as skopeo takes them; `NAME@DIGEST`.
    let (name, behind) = spec.image.split_once('@').map_or((spec.image.as_str(), None), |(name, id)| (name, Some(id)));
    let is_id = |text: &str, id: &str| {
        let text = text.strip_prefix("sha256:").unwrap_or(text);
        text.len() >= SHORTEST_ID && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.starts_with(text)
    };
    let fitting: Vec<(usize, usize)> = match behind {
        Some(behind) => all
            .iter()
            .copied()
            .filter(|&place| image(place).digest.as_deref() == Some(behind) || is_id(behind, &image(place).id))
            .collect(),
        None => {
            let fits: Vec<Option<u8>> =
                all.iter().map(|&place| names(place).filter_map(|has| fit(name, has)).min()).collect();
            match fits.iter().flatten().min() {
                Some(best) => all
                    .iter()
                    .zip(&fits)
                    .filter(|(_, fit)| fit.as_ref() == Some(best))
                    .map(|(&place, _)| place)
                    .collect(),
                None => all.iter().copied().filter(|&place| is_id(name, &image(place).id)).collect(),
            }
        }
    };
    // One image in two stores is one image; the first store is the user's own.
    let mut distinct: Vec<(usize, usize)> = Vec::new();
    for place in fitting {
        if !distinct.iter().any(|&other| image(other).id == image(place).id) {
            distinct.push(place);
        }
    }
    if let [only] = distinct.as_slice() {
        return Ok(*only);
    }
    let fitting = distinct.len();
    let listed = if distinct.is_empty() { all } else { distinct };
    let choices = listed.iter().take(LISTED).map(|&place| {
        let id = shown_name(image(place).id.get(..12).unwrap_or(&image(place).id));
        let prefix = format!("containers-storage:{}", shown_name(&spec.brackets));
        match names(place).next() {
            Some(name) if fitting == 0 => (format!("{prefix}{}", shown_name(name)), format!("image ID {id}")),
            Some(name) => (format!("{prefix}@{id}"), shown_name(name)),
            None => (format!("{prefix}@{id}"), String::new()),
        }
    });
    Err(SourceError::Choice(Choice {
        file: stores.iter().map(Store::name).collect::<Vec<_>>().join(", "),
        asked: Some(shown_name(&spec.image)),
        fitting,
        choices: choices.collect(),
        more: listed.len().saturating_sub(LISTED),
    }))
}

/// The image's layers, oldest first.
fn chain(stores: &[Store], image: &Image, limits: &Limits) -> Result<Vec<Tar>, SourceError> {
    let mut layers = Vec::new();
    let mut next = image.layer.clone().filter(|id| !id.is_empty());
    while let Some(id) = next {
        let found = stores.iter().find_map(|store| Some((store, store.layer(&id)?)));
        let Some((store, layer)) = found else {
            return Err(SourceError::Missing {
                file: stores.iter().map(Store::name).collect::<Vec<_>>().join(", "),
                blob: format!("layer {}", shown_name(&id)),
                named_by: format!("image {}", shown_name(&image.id)),
            });
        };
        if layers.len() >= limits.layers {
            return Err(SourceError::Limit {
                what: format!("{}: image {}", store.name(), shown_name(&image.id)),
                over: "has more layers than".to_owned(),
                most: limits.layers as u64,
                option: "--max-layers",
            });
        }
        layers.push(Tar::of(store, layer).map_err(advised)?);
        next = layer.parent.clone().filter(|id| !id.is_empty());
    }
    layers.reverse();
    Ok(layers)
}

/// The image by its ID, which every tool of the store takes, in the store that was typed: `[vfs@/store]0123…`.
fn told(typed: &str, id: &str) -> String {
    let store = typed.find(']').filter(|_| typed.starts_with('[')).map_or("", |end| &typed[..=end]);
    format!("{store}{id}")
}

/// A layer's tar, as far as it is needed to rebuild it.
struct Tar {
    diff_id: Digest,
    size: Option<u64>,
    files: std::path::PathBuf,
    tar_split: std::path::PathBuf,
    /// For messages.
    name: String,
}

impl Tar {
    fn of(store: &Store, layer: &Layer) -> Result<Self, SourceError> {
        let short = shown_name(layer.id.get(..12).unwrap_or(&layer.id));
        Ok(Tar {
            diff_id: store.diff_id(layer)?,
            size: layer.diff_size,
            files: store.files(layer)?,
            tar_split: store.tar_split(layer)?,
            name: format!("{}: layer {short}", store.name()),
        })
    }

    fn open(&self, limits: &Limits) -> Result<Rebuilt, SourceError> {
        let lines = lines(&self.tar_split, limits).map_err(advised)?;
        Ok(Rebuilt::new(lines, Inside::new(self.files.clone()), self.diff_id, self.name.clone(), limits))
    }
}

/// The unpacked lines of tar-split data.
fn lines(path: &Path, limits: &Limits) -> Result<Box<dyn Read + Send>, SourceError> {
    match Compression::of(&disk::head(path, 4)?) {
        Some(compression) => Ok(Box::new(Decompressed::open(path, compression, limits)?)),
        None => {
            let why = format!("expected gzip or zstd data, found something else; {SAVE}");
            Err(SourceError::NoImage { file: shown_path(path), why })
        }
    }
}

/// An image of the store as a source.
struct Unpacked {
    name: String,
    /// What other tools have to be told behind the prefix.
    told: String,
    documents: Vec<(Digest, Vec<u8>)>,
    layers: Vec<Tar>,
    /// Whether the manifest names the tars themselves.
    plain: bool,
    /// The manifest's digest, as the store noted it.
    manifest: String,
    limits: Limits,
}

impl Unpacked {
    fn digest(blob: &BlobName) -> Option<Digest> {
        match blob {
            BlobName::Digest(digest) => Some(*digest),
            BlobName::Member(name) => name.parse().ok(),
        }
    }
}

impl Source for Unpacked {
    fn size(&self, blob: &BlobName) -> Result<Option<u64>, SourceError> {
        let Some(digest) = Self::digest(blob) else { return Ok(None) };
        if let Some((_, bytes)) = self.documents.iter().find(|(known, _)| *known == digest) {
            return Ok(Some(bytes.len() as u64));
        }
        let Some(layer) = self.layers.iter().find(|layer| layer.diff_id == digest) else { return Ok(None) };
        if layer.size.is_some() {
            return Ok(layer.size);
        }
        // An old store notes no size: what the tar comes to is counted.
        let counted = std::io::copy(&mut layer.open(&self.limits)?, &mut std::io::sink());
        counted.map(Some).map_err(|error| SourceError::of_read(&layer.name, "its tar", &error))
    }

    fn open(&self, blob: &BlobName) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = Self::digest(blob);
        if let Some((_, bytes)) = self.documents.iter().find(|(known, _)| Some(*known) == digest) {
            return Ok(Box::new(std::io::Cursor::new(bytes.clone())));
        }
        match self.layers.iter().find(|layer| Some(layer.diff_id) == digest) {
            Some(layer) => Ok(Box::new(layer.open(&self.limits)?)),
            None => Err(SourceError::Missing {
                file: self.name.clone(),
                blob: shown_name(&blob.to_string()),
                named_by: "the image".to_owned(),
            }),
        }
    }

    fn kind(&self) -> &'static str {
        "containers-storage"
    }

    fn origin(&self) -> Origin {
        Origin::ContainersStorage { name: self.told.clone() }
    }

    fn remarks(&self) -> Vec<String> {
        if self.plain {
            return Vec::new();
        }
        let manifest = shown_name(&self.manifest);
        vec![format!(
            "containers-storage keeps layers unpacked: the compressed layers that the manifest {manifest} names are gone, so \
             layers are compared as the tars that they were unpacked from"
        )]
    }
}

fn no_store(reference: &Reference, places: &Places) -> SourceError {
    let roots: Vec<String> = places.roots.iter().map(|root| shown_path(root)).collect();
    let driver =
        places.driver.as_ref().map(|driver| format!(" of the driver {:?}", shown_name(driver))).unwrap_or_default();
    SourceError::NoImage {
        file: shown_name(&reference.typed),
        why: format!(
            "expected a store{driver} in {}, found none (podman info says where GraphRoot is: \
             containers-storage:[overlay@GRAPHROOT]NAME)",
            roots.join(" or ")
        ),
    }
}

/// What to do where a store belongs to somebody else.
fn advised(error: SourceError) -> SourceError {
    match error {
        SourceError::Io { file, doing, why } if why.contains("ermission denied") => {
            let why = format!("{why}; run as root, or for a rootless store: podman unshare why-differ …");
            SourceError::Io { file, doing, why }
        }
        error => error,
    }
}
