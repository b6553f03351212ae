//! A bug report's commands show what it says: each is run, on every form of image that files have, and against a
//! registry of the test's own.
#![cfg(feature = "registry")]
#![allow(clippy::disallowed_methods, reason = "these tests write files and start the tools and the program")]

mod commands;
mod fake_registry;
mod wild;

use std::path::{Path, PathBuf};

use commands::{bug_report, is_here};
use fake_registry::{Server, Store};

fn image(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/wild").join(name)
}

/// Runs the commands of the report on two images; what they show.
#[track_caller]
fn shown(args: &[&str], dir: &Path) -> Vec<String> {
    let (code, report) = bug_report(args, &[], dir);
    assert!(matches!(code, Some(0 | 1)), "{args:?}: {report}");
    let commands = commands::commands(&report);
    let ran = commands::run(commands, dir, &[]);
    assert!(ran.wrong.is_empty(), "{args:?}\n{}\n{commands}", ran.wrong.join("\n"));
    assert!(ran.shown.len() >= 2, "{args:?}: both sides are shown:\n{commands}");
    for side in ["a", "b"] {
        let _ = std::fs::remove_dir_all(dir.join(side));
    }
    ran.shown
}

/// Everything that the tools need; a machine without them shows nothing.
fn has(tools: &[&str]) -> bool {
    let missing: Vec<&&str> = tools.iter().filter(|tool| !is_here(tool)).collect();
    if !missing.is_empty() {
        println!("skipped: {missing:?} cannot be started");
    }
    missing.is_empty()
}

#[test]
fn on_every_image_of_the_corpus() {
    if !has(&["tar", "gzip", "zstd", "sha256sum", "skopeo"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    for pair in wild::pairs() {
        let shown = shown(&[&pair.a, &pair.b], dir.path());
        assert!(!shown.is_empty(), "{}", pair.name);
    }
}

#[test]
fn on_forms_that_need_care() {
    if !has(&["tar", "gzip", "zstd", "sha256sum", "skopeo"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    let at = |name: &str| dir.path().join(name).into_os_string().into_string().expect("UTF-8");
    let sh = |script: &str| {
        let status = std::process::Command::new("sh").args(["-ec", script]).current_dir(dir.path()).status();
        assert!(status.expect("there is a shell").success(), "{script}");
    };
    let save = image("docker20-save.tar.gz");
    let layout = image("skopeo-oci-zstd");
    sh(&format!(
        "mkdir unpacked two; tar -xf {save} -C unpacked; cp -r {layout}/. two; tar -cf dots.tar -C two .; \
         cp dots.tar ./-dash.tar; cp dots.tar 'co:lon and space.tar'; \
         skopeo copy -q oci-archive:{other} oci:two:second",
        save = save.display(),
        layout = layout.display(),
        other = image("buildah-oci.tar").display()
    ));
    let docker = image("docker20-push.tar").into_os_string().into_string().expect("UTF-8");
    let saved = save.into_os_string().into_string().expect("UTF-8");
    let table: [(&str, &[&str]); 8] = [
        // no manifest: the config and the layers' tars
        (&saved, &["config", "layer 1", "layer 2", "layer 3"]),
        (&at("unpacked"), &["config", "layer 1"]),
        (&image("docker26-save.tar.zst").display().to_string(), &["manifest", "layer 1"]),
        (&image("docker20-save-v1.derived.tar.gz").display().to_string(), &["layer 1"]),
        // names of members begin with ./
        ("dots.tar", &["manifest", "layer 1", "layer 1 unpacked: its diff ID"]),
        ("./-dash.tar", &["manifest", "layer 1"]),
        ("oci-archive:./co:lon and space.tar", &["manifest", "layer 1"]),
        ("oci:two:second", &["manifest", "layer 1"]),
    ];
    for (reference, expected) in table {
        let shown = shown(&[&docker, reference], dir.path());
        for name in expected {
            assert!(shown.iter().any(|own| own.starts_with(name)), "{reference}: {name} in {shown:?}");
        }
    }
    // a signed manifest: its file and what is signed
    let signed = image("schema1-registry.dir").display().to_string();
    let shown = shown(&[&docker, &signed], dir.path());
    assert!(shown.iter().any(|own| own == "manifest without its signatures, which names it"), "{shown:?}");
    // one layer of each
    sh("tar -xOf dots.tar $(tar -tf dots.tar | grep -m1 'sha256/.') >one; gzip -c one >two.gz");
    let two: Vec<String> = ["one", "two.gz"].iter().map(|name| at(name)).collect();
    let (_, report) = bug_report(&[&format!("blob:{}", two[0]), &format!("blob:{}", two[1])], &[], dir.path());
    let ran = commands::run(commands::commands(&report), dir.path(), &[]);
    assert!(ran.wrong.is_empty() && ran.shown.len() >= 2, "{ran:?}\n{report}");
}

#[test]
fn no_name_of_an_archive_is_an_option() {
    // a docker archive whose layer is called like an option of tar
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("evil.tar");
    let mut tar = tar::Builder::new(std::fs::File::create(&path).expect("a file"));
    let mut add = |name: &str, bytes: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).expect("a member");
    };
    let evil = "--to-command=touch evil;exit";
    let layer = vec![0; 1024];
    let id = why_differ::digest::Digest::sha256(&layer);
    let config = format!(
        "{{\"os\":\"linux\",\"architecture\":\"amd64\",\"rootfs\":{{\"type\":\"layers\",\"diff_ids\":[\"{id}\"]}}}}"
    );
    add(evil, &layer);
    add("config.json", config.as_bytes());
    add(
        "manifest.json",
        format!("[{{\"Config\":\"config.json\",\"RepoTags\":null,\"Layers\":[\"{evil}\"]}}]").as_bytes(),
    );
    tar.finish().expect("a tar");
    drop(tar);
    let docker = image("docker20-push.tar").display().to_string();
    let shown = shown(&[&docker, "evil.tar"], dir.path());
    assert!(shown.iter().any(|own| own == "config"), "{shown:?}");
    assert!(!dir.path().join("evil").exists());
}

#[test]
fn in_a_registry_without_tls() {
    if !has(&["skopeo", "curl", "gzip", "zstd", "sha256sum"]) {
        return;
    }
    let store = Store::default()
        .wild("docker20-push.tar", "docker")
        .wild("ctr16-push.tar", "ctr")
        .wild("multi-buildkit.tar", "multi")
        .wild("multi-docker-manifest.tar", "list")
        .wild("docker26c-push.tar", "index");
    let server = Server::start(move |request| store.answer(request));
    let name = |tag: &str| format!("{}/some/app:{tag}", server.host);
    let dir = tempfile::tempdir().expect("a folder");
    let (docker, list) = (name("docker"), name("list"));
    for (a, b, options) in [
        (&docker, name("ctr"), vec!["--plain-http"]),
        // a registry on this machine may have no TLS without being told so
        (&docker, format!("docker://{}", name("ctr")), vec![]),
        (&docker, name("index"), vec!["--plain-http"]),
        (&list, name("multi"), vec!["--plain-http", "--platform", "linux/arm64"]),
        (&docker, image("docker26-save.tar.zst").display().to_string(), vec!["--plain-http"]),
    ] {
        let args = [&[a.as_str(), b.as_str(), "--authfile", "/dev/null"][..], &options].concat();
        let shown = shown(&args, dir.path());
        for name in ["manifest", "layer 1"] {
            assert!(shown.iter().any(|own| own.starts_with(name)), "{b}: {name} in {shown:?}");
        }
    }
}

/// The store of buildah, as its owner sees it.
#[test]
fn in_a_store() {
    use std::os::unix::fs::MetadataExt as _;
    if !has(&["skopeo", "sha256sum"]) {
        return;
    }
    let dir = tempfile::tempdir().expect("a folder");
    if std::fs::metadata(dir.path()).expect("it is ours").uid() != 0 {
        println!("skipped: skopeo reads a store of this kind only as root");
        return;
    }
    let stores = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/stores");
    // skopeo writes locks into it
    let mut copy = std::process::Command::new("cp");
    let copied = copy.arg("-r").arg(stores.join("buildah-vfs")).arg(dir.path().join("store")).status();
    assert!(copied.expect("there is cp").success());
    let name = |tag: &str| format!("containers-storage:[vfs@{}/store]{tag}", dir.path().display());
    let told = shown(&[&name("built"), &name("pulled")], dir.path());
    for expected in ["manifest", "config", "layer 2"] {
        assert!(told.iter().any(|own| own.starts_with(expected)), "{expected} in {told:?}");
    }
}
