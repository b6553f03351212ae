//! From a reference to the reader of what lies there: which reading of it exists, and what it is.
//!
//! Looks at names and first bytes only, never at file name extensions, except to tell a path that
//! does not exist from a registry's name. Refuses what it does not know in a sentence that says
//! what was expected.

use std::path::Path;

use crate::digest::hex;
use crate::limits::Limits;
use crate::text::shown;

use super::access::Access;
use super::archive::{Archive, Looks};
use super::candidates::Located;
use super::decompress::{Compression, foreign};
use super::disk::{self, Lies};
use super::environment::Environment;
use super::error::{SourceError, shown_name, shown_path};
use super::folder::Folder;
use super::members::{Members, has, read};
use super::reference::{Reading, Reference, Select, Transport};
use super::tar_header::is_tar;
use super::{Opened, blob, dir, docker_archive, layout, live, v1};

/// Opens what `reference` names.
pub(super) fn open(reference: &Reference, limits: &Limits, access: &Access) -> Result<Opened, SourceError> {
    #[cfg(all(feature = "daemon", unix))]
    if let Transport::DockerDaemon(name) = &reference.transport {
        return super::daemon::open(reference, name, limits, &Environment::of_process());
    }
    #[cfg(all(feature = "containerd", unix))]
    if let Transport::Containerd { folder, namespace, name } = &reference.transport {
        let (folder, namespace, environment) = (folder.as_deref(), namespace.as_deref(), Environment::of_process());
        return super::containerd::open(reference, folder, namespace, name, limits, &environment);
    }
    #[cfg(unix)]
    if let Transport::ContainersStorage(name) = &reference.transport {
        return super::containers_storage::open(reference, name, limits, &Environment::of_process());
    }
    if let Transport::Registry(name) = &reference.transport {
        return live::registry(reference, name, limits, access);
    }
    if let Some(refusal) = live::refusal(reference) {
        return Err(refusal);
    }
    let Some((located, lies)) = locate(reference, limits)? else {
        return live::bare_name(reference, limits, access);
    };
    match lies {
        Lies::Folder => open_folder(&located),
        Lies::File { size } => open_file(&located, size),
        Lies::Other(is) => Err(SourceError::NotAFile { file: shown_path(&located.path), is }),
        Lies::Nothing => Err(not_found(reference, &located.path)),
    }
}

/// The first reading that exists: a path that exists as typed wins over `PATH:REF`. `None`: no path was
/// meant but a name.
fn locate<'a>(reference: &'a Reference, limits: &'a Limits) -> Result<Option<(Located<'a>, Lies)>, SourceError> {
    let is_bare = matches!(reference.transport, Transport::Auto(_));
    let whole_only = matches!(reference.transport, Transport::Dir { .. } | Transport::Blob { .. });
    let readings = reference.readings();
    for Reading { path, select } in &readings {
        let lies = disk::look(path)?;
        // `app:1` is a registry's name even beside a folder of sources called `app`.
        let by_chance = is_bare && *select != Select::Default && !could_hold_images(path, lies)?;
        if lies != Lies::Nothing && !by_chance {
            let located = Located { reference, path: path.clone(), select: select.clone(), limits };
            return Ok(Some((located, lies)));
        }
        if whole_only {
            break;
        }
    }
    if is_bare && !looks_like_path(&reference.typed) {
        return Ok(None);
    }
    let likely = if is_bare || whole_only { 0 } else { 1.min(readings.len() - 1) };
    Err(not_found(reference, &readings[likely].path))
}

fn could_hold_images(path: &Path, lies: Lies) -> Result<bool, SourceError> {
    Ok(match lies {
        Lies::File { .. } => {
            let head = disk::head(path, 512)?;
            Compression::of(&head).is_some() || is_tar(&head)
        }
        Lies::Folder => {
            let mut found = false;
            for marker in ["index.json", "manifest.json", "repositories"] {
                found |= disk::look(&path.join(marker))? != Lies::Nothing;
            }
            found
        }
        Lies::Nothing | Lies::Other(_) => false,
    })
}

fn not_found(reference: &Reference, path: &Path) -> SourceError {
    let typed = reference.typed.as_str();
    // The most likely slip: a digest that was shortened when it was copied.
    let hint = match typed.rsplit_once('@') {
        Some((_, tail)) if tail.starts_with("sha256:") || tail.starts_with("sha512:") => {
            match tail.parse::<crate::digest::Digest>() {
                Ok(_) => String::new(),
                Err(error) => format!(" ({error})"),
            }
        }
        _ => String::new(),
    };
    SourceError::NotFound { file: shown_path(path), hint }
}

/// Whether a bare reference that names nothing here was meant as a path.
fn looks_like_path(typed: &str) -> bool {
    const EXTENSIONS: [&str; 14] =
        ["tar", "tgz", "gz", "zst", "zstd", "tzst", "xz", "bz2", "json", "oci", "dir", "layer", "blob", "img"];
    if typed.starts_with(['.', '/', '~', '\\']) || typed.ends_with('/') || typed.contains(char::is_whitespace) {
        return true;
    }
    let first_part = |text: &str| text.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let (parent, last) = typed.rsplit_once('/').map_or((None, typed), |(parent, last)| (Some(parent), last));
    let name = first_part(last);
    if let Some((_, extension)) = name.rsplit_once('.')
        && (EXTENSIONS.contains(&extension) || (parent.is_none() && !last.contains(':')))
    {
        return true;
    }
    parent.is_some_and(|parent| matches!(disk::look(Path::new(parent)), Ok(Lies::Folder)))
}

fn open_folder(located: &Located<'_>) -> Result<Opened, SourceError> {
    let none = |why: &str| Err(SourceError::NoImage { file: shown_path(&located.path), why: why.to_owned() });
    let folder: Box<dyn Members> = Box::new(Folder::open(&located.path, located.limits)?);
    let looks = folder_looks(&*folder, located.limits)?;
    match (&located.reference.transport, looks) {
        (Transport::Blob { .. }, _) => none("expected a file that is one layer, found a folder"),
        (Transport::Dir { .. }, _) => {
            if !has(&*folder, docker_archive::MANIFEST) {
                return none("expected a skopeo dir: folder with manifest.json, found a folder without");
            }
            dir::open(located, folder)
        }
        (Transport::Oci { .. } | Transport::OciArchive { .. }, _) => {
            if !has(&*folder, "index.json") {
                return none("expected an OCI layout with index.json, found a folder without");
            }
            layout::open(located, folder)
        }
        (Transport::DockerArchive { .. }, _) if has(&*folder, docker_archive::MANIFEST) => {
            docker_archive::open(located, folder)
        }
        (_, FolderLooks::V1) => v1::open(located, folder),
        (Transport::DockerArchive { .. }, _) => {
            none("expected an unpacked docker archive with manifest.json, found a folder without")
        }
        (_, FolderLooks::Oci) => layout::open(located, folder),
        (_, FolderLooks::Dir) => dir::open(located, folder),
        (_, FolderLooks::Docker) => docker_archive::open(located, folder),
        (_, FolderLooks::Other) => none(
            "expected an image, found a folder without index.json (OCI layout), manifest.json (skopeo dir:, unpacked \
             docker save) and <id>/json (V1)",
        ),
    }
}

#[derive(Clone, Copy)]
enum FolderLooks {
    Oci,
    Dir,
    Docker,
    V1,
    Other,
}

fn folder_looks(folder: &dyn Members, limits: &Limits) -> Result<FolderLooks, SourceError> {
    if has(folder, "index.json") || has(folder, "oci-layout") {
        return Ok(FolderLooks::Oci);
    }
    if let Some(manifest) = folder.find(docker_archive::MANIFEST)? {
        // Both have a manifest.json: skopeo's is the manifest, docker's an array of images.
        if has(folder, "version") || read(folder, &manifest, limits)?.trim_ascii_start().first() != Some(&b'[') {
            return Ok(FolderLooks::Dir);
        }
        return Ok(FolderLooks::Docker);
    }
    let is_id = |name: &String| name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let any_name = has(folder, "repositories");
    // A folder with very many files is no V1 archive.
    let folders = folder.folders_with("json").unwrap_or_default();
    Ok(if folders.iter().any(|name| any_name || is_id(name)) { FolderLooks::V1 } else { FolderLooks::Other })
}

fn open_file(located: &Located<'_>, size: u64) -> Result<Opened, SourceError> {
    let (path, limits) = (&located.path, located.limits);
    let transport = &located.reference.transport;
    let file = shown_path(path);
    let none = |why: String| Err(SourceError::NoImage { file: file.clone(), why });
    if let Transport::Dir { .. } = transport {
        return none("expected a skopeo dir: folder, found a file".to_owned());
    }
    if let Transport::Blob { .. } = transport {
        return Ok(blob::layer(path, size));
    }
    let is_bare = matches!(transport, Transport::Auto(_));
    let head = disk::head(path, 512)?;
    let compression = Compression::of(&head);
    let archive =
        if compression.is_some() || is_tar(&head) { Archive::open(path, compression, is_bare, limits)? } else { None };
    let Some(archive) = archive else {
        if is_bare && compression.is_some() {
            located.must_be_default("layer file")?;
            return Ok(blob::layer(path, size));
        }
        if is_bare && matches!(head.trim_ascii_start().first(), Some(b'{' | b'[')) {
            located.must_be_default("document file")?;
            return blob::document(path, size, limits);
        }
        return none(no_archive(&head, compression, is_bare));
    };
    let looks = archive.looks();
    let damage = archive.damage().cloned();
    match (transport, looks) {
        (Transport::DockerArchive { .. }, _) if has(&archive, docker_archive::MANIFEST) => {
            docker_archive::open(located, Box::new(archive))
        }
        (Transport::Oci { .. } | Transport::OciArchive { .. }, _) if has(&archive, "index.json") => {
            layout::open(located, Box::new(archive))
        }
        (Transport::Auto(_), Looks::Oci) => layout::open(located, Box::new(archive)),
        (Transport::Auto(_), Looks::Docker) => {
            docker_archive::open(located, Box::new(archive)).map_err(|error| match error {
                // A layer may hold a manifest.json of its own.
                SourceError::Shape { file, document, expected, found } => {
                    let why = format!(
                        "{document}: expected {expected}, found {found}; if the file is a layer, say blob:{file}"
                    );
                    SourceError::NoImage { file, why }
                }
                error => error,
            })
        }
        (Transport::Auto(_) | Transport::DockerArchive { .. }, Looks::V1) if damage.is_none() => {
            v1::open(located, Box::new(archive))
        }
        (_, Looks::Other) if archive.packed_folder().is_some() => {
            let folder = shown_name(archive.packed_folder().unwrap_or_default());
            none(format!(
                "expected an image, found a folder {folder:?} with an OCI layout in it; pack it again with tar -C {folder} \
                 -cf image.tar ."
            ))
        }
        (Transport::Auto(_), Looks::Other) => {
            located.must_be_default("layer file")?;
            Ok(blob::layer(path, size))
        }
        // What is looked for may have stood behind the damage.
        _ if damage.is_some() => damage.map_or_else(|| none(String::new()), Err),
        (Transport::Auto(_), _) => none(format!(
            "expected an image, found parts of one without index.json, manifest.json and repositories; if the file is a \
             layer, say blob:{file}"
        )),
        (Transport::DockerArchive { .. }, Looks::Oci) => none(format!(
            "expected a docker archive with manifest.json, found an OCI layout without; say oci-archive:{file}"
        )),
        (Transport::DockerArchive { .. }, _) => {
            none("expected a docker archive with manifest.json, found a tar without".to_owned())
        }
        (_, Looks::Docker | Looks::V1) => none(format!(
            "expected an OCI layout with index.json, found a docker archive without; say docker-archive:{file}"
        )),
        _ => none("expected an OCI layout with index.json, found a tar without".to_owned()),
    }
}

/// What a file is that is no archive.
fn no_archive(head: &[u8], compression: Option<Compression>, is_bare: bool) -> String {
    let expected = if is_bare {
        "expected a tar or layer (plain, gzip or zstd) or a JSON document"
    } else {
        "expected a tar (plain, gzip or zstd)"
    };
    if head.is_empty() {
        return format!("{expected}, found an empty file");
    }
    if let Some(compression) = compression {
        return format!("{expected}, found {} data with no tar in it", compression.name());
    }
    if let Some(what) = foreign(head) {
        return format!("{expected}, found {what}");
    }
    let start = &head[..head.len().min(16)];
    if start.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t')) {
        return format!("{expected}, found text that begins \"{}\"", shown(start));
    }
    format!("{expected}, found bytes that begin {}", hex(start))
}
