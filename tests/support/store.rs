//! Lays a built image down on disk in each of the forms that tools write: folders, archives, single files.
//! It refuses to reuse what lies there: every side gets a folder of its own.

use super::image::{self, Blob, Built, digest, hex};
use super::json::{Json, Spelling};
use super::merge;
use super::schema1;
use super::spec::{Compression, Damage, Form, Image};
use super::tar;
use super::{gzip, zstandard};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What a store holds: path → bytes, a symlink's target, or a folder (a path that ends in a slash).
type Files = BTreeMap<String, Stored>;

#[derive(Clone, Debug)]
enum Stored {
    Bytes(Vec<u8>),
    Link(String),
}

/// Writes one side below `dir` and returns the reference as it would be typed.
pub fn write(table: &toml::Table, dir: &Path, side: &str) -> String {
    let images = all_images(table);
    let (image, built) = &images[0];
    let tar = dir.join(format!("{side}.tar"));
    let path = match image.form {
        Form::Layout => write_folder(layout_files(&images), image, &dir.join(side)),
        Form::Dir => write_folder(dir_files(image, built), image, &dir.join(side)),
        Form::OciArchive => write_archive(layout_files(&images), image, &tar),
        Form::DockerHybrid => write_archive(hybrid_files(&images), image, &tar),
        Form::DockerSave => write_archive(docker_files(&images, true), image, &tar),
        Form::DockerV1 => write_archive(docker_files(&images, false), image, &tar),
        Form::Blob => write_file(first_layer(image, built), &dir.join(format!("{side}.blob"))),
        Form::Json => write_file(one_document(image, built), &dir.join(format!("{side}.json"))),
    };
    let prefix = image.prefix.as_deref().unwrap_or(if image.form == Form::Blob { "blob:" } else { "" });
    format!("{prefix}{path}{}", image.suffix.as_deref().unwrap_or(""))
}

/// The image itself, then those that lie beside it.
fn all_images(table: &toml::Table) -> Vec<(Image, Built)> {
    let image = image::parse(table);
    let mut alone = table.clone();
    alone.remove("beside");
    let others: Vec<toml::Table> = image.beside.values().map(|over| merge::merged(&alone, over)).collect();
    let mut out = vec![(image, image::build(&alone))];
    out.extend(others.iter().map(|other| (image::parse(other), image::build(other))));
    out
}

// ------------------------------------------------------------------------------------------ what lies where

fn layout_files(images: &[(Image, Built)]) -> Files {
    let mut files = Files::new();
    let mut tops = Vec::new();
    for (image, built) in images {
        for blob in &built.blobs {
            let path = format!("blobs/{}", blob.digest.replacen(':', "/", 1));
            if let Some(bytes) = harmed(image, &blob.role, &blob.bytes) {
                files.insert(path, Stored::Bytes(bytes));
            }
        }
        tops.push(named_descriptor(image, built));
    }
    let index = Json::object([("schemaVersion", Json::Int(2)), ("manifests", Json::List(tops))]);
    files.insert("index.json".to_owned(), Stored::Bytes(index.write(&Spelling::default())));
    files.insert("oci-layout".to_owned(), Stored::Bytes(br#"{"imageLayoutVersion":"1.0.0"}"#.to_vec()));
    files
}

/// The row of index.json, with the names that containerd writes.
fn named_descriptor(image: &Image, built: &Built) -> Json {
    let name = tagged(image);
    let tag = name.rsplit(':').next().expect("a split has a part");
    let mut annotations = vec![
        ("io.containerd.image.name".to_owned(), Json::text(format!("docker.io/{name}"))),
        ("org.opencontainers.image.ref.name".to_owned(), Json::text(tag)),
    ];
    let mut top = built.top.clone();
    if let Some(Json::Object(own)) = top.get("annotations") {
        annotations.extend(own.clone());
    }
    top.set("annotations", Json::Object(annotations));
    top
}

/// skopeo's `dir:`: the top document as `manifest.json`, every other by its digest.
fn dir_files(image: &Image, built: &Built) -> Files {
    let mut files = Files::new();
    let top = built.blobs.last().expect("an image has a top document");
    for Blob { role, digest, bytes } in &built.blobs {
        let bare = digest.trim_start_matches("sha256:");
        let path = if std::ptr::eq(bytes, &top.bytes) {
            "manifest.json".to_owned()
        } else if role.ends_with("manifest") {
            format!("{bare}.manifest.json")
        } else {
            bare.to_owned()
        };
        if let Some(bytes) = harmed(image, role, bytes) {
            files.insert(path, Stored::Bytes(bytes));
        }
    }
    files.insert("version".to_owned(), Stored::Bytes(b"Directory Transport Version: 1.1\n".to_vec()));
    files
}

/// Docker 25 and later: a layout, and a `manifest.json` whose paths point into it.
fn hybrid_files(images: &[(Image, Built)]) -> Files {
    let mut files = layout_files(images);
    let path = |digest: &str| format!("blobs/{}", digest.replacen(':', "/", 1));
    let mut list = Vec::new();
    for (image, built) in images {
        let layers = built.layers.iter().map(|layer| match layer.descriptor.get("digest") {
            Some(Json::Text(digest)) => Json::text(path(digest)),
            _ => unreachable!("a descriptor has a digest"),
        });
        list.push(save_entry(image, path(&digest(&built.config)), layers.collect()));
    }
    files.insert("manifest.json".to_owned(), Stored::Bytes(with_newline(&Json::List(list))));
    files
}

/// Before 25: a folder per V1 id; with `manifest.json` and the config as a file of its own, or without both.
fn docker_files(images: &[(Image, Built)], with_manifest: bool) -> Files {
    let mut files = Files::new();
    let mut list = Vec::new();
    let mut repositories = Json::Object(Vec::new());
    for (image, built) in images {
        let ids = v1_folders(image, built, with_manifest, &mut files);
        let name = tagged(image);
        let (repository, tag) = name.rsplit_once(':').expect("a name has a tag");
        let tags = Json::Object(vec![(tag.to_owned(), Json::text(ids.last().cloned().unwrap_or_default()))]);
        repositories.merge(&Json::Object(vec![(repository.to_owned(), tags)]));
        let config = format!("{}.json", digest(&built.config).trim_start_matches("sha256:"));
        if let Some(bytes) = harmed(image, "config", &built.config).filter(|_| with_manifest) {
            files.insert(config.clone(), Stored::Bytes(bytes));
        }
        let layers = ids.iter().map(|id| Json::text(format!("{id}/layer.tar"))).collect();
        list.push(save_entry(image, config, layers));
    }
    files.insert("repositories".to_owned(), Stored::Bytes(with_newline(&repositories)));
    if with_manifest {
        files.insert("manifest.json".to_owned(), Stored::Bytes(with_newline(&Json::List(list))));
    }
    files
}

/// `VERSION`, `json` and `layer.tar` of every layer; returns the ids, lowest first.
fn v1_folders(image: &Image, built: &Built, with_manifest: bool, files: &mut Files) -> Vec<String> {
    let steps = schema1::steps(&built.config_json, built.layers.len());
    let tars: Vec<Option<String>> = built.layers.iter().map(|layer| Some(digest(&layer.tar))).collect();
    let ids = schema1::v1_ids(&tars);
    let mut layer_steps = steps.iter().filter(|(_, empty)| !*empty).map(|(step, _)| step);
    for (position, layer) in built.layers.iter().enumerate() {
        let id = &ids[position];
        let parent = position.checked_sub(1).map(|below| ids[below].as_str());
        let empty = Json::Object(Vec::new());
        let step = layer_steps.next().unwrap_or(&empty);
        let json = if position + 1 == built.layers.len() {
            schema1::v1_of_config(&built.config_json, id, parent, false)
        } else {
            schema1::v1_of_step(step, id, parent, false)
        };
        files.insert(format!("{id}/VERSION"), Stored::Bytes(b"1.0".to_vec()));
        files.insert(format!("{id}/json"), Stored::Bytes(json.write(&Spelling::default())));
        let path = format!("{id}/layer.tar");
        let key = image_layer_key(image, position);
        // Docker writes a tar once: an equal layer above it is a symlink to the first.
        let first = built.layers[..position].iter().position(|below| below.tar == layer.tar);
        if let Some(first) = first.filter(|_| with_manifest) {
            files.insert(path, Stored::Link(format!("../{}/layer.tar", ids[first])));
        } else if let Some(bytes) = harmed(image, &format!("layer:{key}"), &layer.tar) {
            files.insert(path, Stored::Bytes(bytes));
        }
    }
    ids
}

/// One image's row of `manifest.json`.
fn save_entry(image: &Image, config: String, layers: Vec<Json>) -> Json {
    Json::object([
        ("Config", Json::text(config)),
        ("RepoTags", Json::List(vec![Json::text(tagged(image))])),
        ("Layers", Json::List(layers)),
    ])
}

fn with_newline(json: &Json) -> Vec<u8> {
    json.write(&Spelling { newline: true, ..Spelling::default() })
}

fn tagged(image: &Image) -> String {
    image.name.clone().unwrap_or_else(|| "example/app:1".to_owned())
}

fn image_layer_key(image: &Image, position: usize) -> String {
    super::spec::in_order(&image.layers, |layer| (layer.absent, layer.rank))[position].0.to_owned()
}

fn first_layer(image: &Image, built: &Built) -> Option<Vec<u8>> {
    let layer = built.layers.first().expect("the form `blob` needs a layer");
    harmed(image, &format!("layer:{}", image_layer_key(image, 0)), &layer.blob)
}

fn one_document(image: &Image, built: &Built) -> Option<Vec<u8>> {
    match image.document.as_deref().unwrap_or("manifest") {
        "manifest" | "index" => harmed(image, "manifest", &built.top_bytes),
        "config" => harmed(image, "config", &built.config),
        other => panic!("no document is called {other}"),
    }
}

fn harmed(image: &Image, role: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    image.damage.get(role).unwrap_or(&Damage::default()).apply(bytes)
}

// ------------------------------------------------------------------------------------------ onto the disk

/// Harm by path, and what a case adds to the store.
fn finished(mut files: Files, image: &Image) -> Files {
    for (path, damage) in &image.damage {
        let Some(Stored::Bytes(bytes)) = files.get(path).cloned() else {
            continue;
        };
        match damage.apply(&bytes) {
            Some(bytes) => drop(files.insert(path.clone(), Stored::Bytes(bytes))),
            None => drop(files.remove(path)),
        }
    }
    for (path, extra) in &image.files {
        let stored = extra.link.clone().map_or_else(|| Stored::Bytes(extra.content.bytes()), Stored::Link);
        files.insert(path.clone(), stored);
    }
    files
}

fn write_folder(files: Files, image: &Image, folder: &Path) -> String {
    std::fs::create_dir_all(folder).expect("the test's own folder can be written");
    for (path, stored) in finished(files, image) {
        let target = folder.join(&path);
        std::fs::create_dir_all(target.parent().expect("a stored file has a folder"))
            .expect("the test's own folder can be written");
        match stored {
            Stored::Bytes(bytes) => std::fs::write(&target, bytes).expect("the test's own folder can be written"),
            Stored::Link(to) => link(&to, &target),
        }
    }
    folder.display().to_string()
}

#[cfg(unix)]
fn link(to: &str, at: &Path) {
    std::os::unix::fs::symlink(to, at).expect("the test's own folder can be written");
}

#[cfg(not(unix))]
fn link(to: &str, at: &Path) {
    panic!("{} was to be a symlink to {to}: such cases are for Unix", at.display());
}

fn write_archive(files: Files, image: &Image, path: &Path) -> String {
    let files = finished(files, image);
    let mut folders = BTreeSet::new();
    let mut entries = BTreeMap::new();
    for (path, stored) in &files {
        for (at, _) in path.match_indices('/') {
            folders.insert(path[..=at].to_owned());
        }
        entries.insert(path.clone(), entry_of(stored));
    }
    for folder in folders {
        entries.insert(folder, super::entry::Entry { kind: super::entry::Kind::Dir, ..Default::default() });
    }
    let entries: Vec<(&str, &super::entry::Entry)> =
        entries.iter().map(|(path, entry)| (path.as_str(), entry)).collect();
    let bytes = tar::archive(&entries, &Default::default(), &[], &Default::default());
    let bytes = match image.archive_compression {
        Some(Compression::Gzip) => gzip::compress(&bytes, &Default::default()),
        Some(Compression::Zstd) => zstandard::compress(&bytes, &Default::default()).0,
        _ => bytes,
    };
    write_file(harmed(image, "archive", &bytes), path)
}

fn entry_of(stored: &Stored) -> super::entry::Entry {
    use super::content::{Content, Made};
    use super::entry::{Entry, Kind};
    match stored {
        Stored::Bytes(bytes) => Entry { content: Content::Made(Made::Hex(hex(bytes))), ..Default::default() },
        Stored::Link(to) => Entry { kind: Kind::Symlink, link: Some(to.clone()), ..Default::default() },
    }
}

fn write_file(bytes: Option<Vec<u8>>, path: &Path) -> String {
    if let Some(bytes) = bytes {
        std::fs::write(path, bytes).expect("the test's own folder can be written");
    }
    path.display().to_string()
}
