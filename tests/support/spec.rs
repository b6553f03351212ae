//! What a case may say of an image: the typed form of the TOML, after both sides' overrides were merged.
//! It refuses unknown keys, so that a slip of the pen in a case fails loudly and does not make two equal sides.

use super::content::Content;
use super::entry::{Entry, Style};
use super::gzip::Gzip;
use super::json::Spelling;
use super::tar::End;
use super::zstandard::Zstd;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Image {
    /// How the image lies on disk.
    pub form: Form,
    /// Which documents it is made of.
    pub kind: Kind,
    /// Typed before the path (`docker-archive:`); absent where the bare path is enough.
    pub prefix: Option<String>,
    /// Typed after the path (`:example/app:1`, `:@0`).
    pub suffix: Option<String>,
    /// Repository and tag, where a form writes one.
    pub name: Option<String>,
    /// Written in the given order of (rank, key), lowest layer first.
    pub layers: BTreeMap<String, Layer>,
    pub config: Config,
    pub manifest: Document,
    /// With this, the image is an index and everything above is what its children have in common.
    pub index: Option<Index>,
    /// Other images in the same store, after this one: overrides of this one, at least another `name`.
    pub beside: BTreeMap<String, toml::Table>,
    /// The whole archive compressed: `gzip` or `zstd`.
    pub archive_compression: Option<Compression>,
    /// Which document the form `json` writes: `manifest` (the default), `config` or `index`.
    pub document: Option<String>,
    /// What happens to stored bytes after all digests were taken: role → harm. Roles are `index`, `manifest`,
    /// `config`, `layer:<key>`, a path in the store (`index.json`, `manifest.json`), and `archive` for the tar itself.
    pub damage: BTreeMap<String, Damage>,
    /// Further files in the store: path → content, or a symlink where `link` is given.
    pub files: BTreeMap<String, Extra>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A folder with `oci-layout`, `index.json` and `blobs/`.
    #[default]
    Layout,
    /// The same as a tar, as `ctr images export` writes it.
    OciArchive,
    /// `docker save` before 25: V1 folders and `manifest.json`, no manifest document.
    DockerSave,
    /// `docker save` of the first years: V1 folders and `repositories` only.
    DockerV1,
    /// `docker save` from 25 on: a layout's tar that also has `manifest.json`.
    DockerHybrid,
    /// skopeo's `dir:` folder.
    Dir,
    /// One layer blob.
    Blob,
    /// One document.
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    #[default]
    Docker,
    Oci,
    Schema1,
    Schema1Signed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    #[default]
    Gzip,
    Zstd,
    None,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    pub absent: bool,
    pub rank: i64,
    pub entries: BTreeMap<String, Entry>,
    pub style: Style,
    /// Records of a global PAX header at the start.
    pub global: Vec<[String; 2]>,
    pub end: End,
    /// The tar's bytes, in place of entries.
    pub tar: Option<Content>,
    /// The blob's bytes, in place of a compressed tar.
    pub blob: Option<Content>,
    pub compression: Compression,
    pub gzip: Gzip,
    pub zstd: Zstd,
    /// eStargz: the entry `stargz.index.json` gets a gzip member of its own and the footer follows.
    pub stargz: bool,
    /// The foreign (Docker) or non-distributable (OCI) media type.
    pub foreign: bool,
    /// What the config promises, where it is not the tar's digest.
    pub diff_id: Option<String>,
    pub descriptor: Descriptor,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Descriptor {
    pub media_type: Option<String>,
    pub digest: Option<String>,
    pub size: Option<i64>,
    pub annotations: BTreeMap<String, String>,
    pub urls: Vec<String>,
    /// The target's bytes repeated in the descriptor.
    pub data: bool,
    pub artifact_type: Option<String>,
    pub platform: toml::Table,
}

/// A JSON document: what the builder makes of the image, changed by these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Document {
    /// Merged over what the builder makes.
    pub json: toml::Table,
    /// Pointers to what is set to `null`; the value says whether.
    pub null: BTreeMap<String, bool>,
    /// Pointers to what is left out.
    pub drop: BTreeMap<String, bool>,
    pub spelling: Spelling,
    /// The document as bytes, in place of all the above.
    pub text: Option<Content>,
    /// `false`: no `mediaType` in the document.
    pub media_type_field: Option<bool>,
    /// Knobs of the descriptor that points here.
    pub descriptor: Descriptor,
    /// The time in a signed schema 1 manifest's protected header.
    pub signed_at: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub json: toml::Table,
    pub null: BTreeMap<String, bool>,
    pub drop: BTreeMap<String, bool>,
    pub spelling: Spelling,
    pub text: Option<Content>,
    pub descriptor: Descriptor,
    /// Steps in the order of their keys.
    pub history: BTreeMap<String, Step>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    pub absent: bool,
    pub created: Option<String>,
    pub created_by: Option<String>,
    pub author: Option<String>,
    pub comment: Option<String>,
    pub empty_layer: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Index {
    pub kind: Option<Kind>,
    pub children: BTreeMap<String, Child>,
    pub json: toml::Table,
    pub null: BTreeMap<String, bool>,
    pub drop: BTreeMap<String, bool>,
    pub spelling: Spelling,
    pub text: Option<Content>,
    pub media_type_field: Option<bool>,
    pub descriptor: Descriptor,
    /// This many more descriptors of the first child, for indexes of absurd length.
    pub repeat: usize,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Child {
    pub absent: bool,
    pub rank: i64,
    /// Overrides of the image that holds the index; with an `index` of its own the child is an index.
    pub image: toml::Table,
    pub descriptor: Descriptor,
    /// This child is an attestation manifest about the child of that key.
    pub attests: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Damage {
    pub missing: bool,
    /// One bit of this byte is turned; negative counts from the end.
    pub flip: Option<i64>,
    /// Only this many bytes are kept; negative: all but this many.
    pub keep: Option<i64>,
    pub replace: Option<Content>,
    pub append: Option<Content>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Extra {
    pub content: Content,
    pub link: Option<String>,
}

impl Damage {
    /// The bytes after the harm, or nothing where the file is to be missing.
    pub fn apply(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if self.missing {
            return None;
        }
        let mut bytes = self.replace.as_ref().map_or_else(|| bytes.to_vec(), Content::bytes);
        if let Some(keep) = self.keep {
            let kept = from_either_end(keep, bytes.len());
            bytes.truncate(kept);
        }
        if let Some(flip) = self.flip {
            let at = from_either_end(flip, bytes.len());
            bytes[at] ^= 1;
        }
        if let Some(more) = &self.append {
            bytes.extend(more.bytes());
        }
        Some(bytes)
    }
}

fn from_either_end(position: i64, length: usize) -> usize {
    let distance = usize::try_from(position.unsigned_abs()).expect("test files are small");
    if position < 0 { length - distance } else { distance }
}

/// The present items of a keyed table in the order of (rank, key).
pub fn in_order<T>(table: &BTreeMap<String, T>, rank: impl Fn(&T) -> (bool, i64)) -> Vec<(&str, &T)> {
    let mut items: Vec<(&str, &T)> =
        table.iter().filter(|(_, item)| !rank(item).0).map(|(key, item)| (key.as_str(), item)).collect();
    items.sort_by_key(|(key, item)| (rank(item).1, *key));
    items
}
