//! `--cache`: what is kept, that it is checked, and that nothing else is left.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("a folder").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn a_second_run_fetches_manifests_only() {
    let server = healthy();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let place = folder.path().join("new/cache");
    let options = options(Access { cache: Some(place.clone()), ..access() });
    let run = || compare(&server, "docker", &name(&server, "ctr"), &options);
    let first = run();
    assert_eq!((first.sameness, trouble(&first)), (Some(Sameness::SameImage), String::new()));
    let kept = files(&place);
    assert_eq!(kept.len(), 7, "one config and six layers: {kept:?}");
    for file in &kept {
        let mode = std::fs::metadata(file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
        let bytes = std::fs::read(file).expect("it can be read");
        let name = file.file_name().and_then(|name| name.to_str()).expect("a digest");
        assert_eq!(fake_registry::digest(&bytes), format!("sha256:{name}"));
    }
    assert_eq!(std::fs::metadata(&place).expect("it is there").permissions().mode() & 0o777, 0o700);
    server.forget();
    let second = run();
    assert_eq!(told(&second), told(&first));
    assert_eq!(server.count(Request::is_blob), 0, "{:?}", server.log());
    assert!(second.sides.as_ref().map(|side| side.transfer.as_ref().is_some_and(|own| own.cached > 0)).a);

    // what was changed on disk is not believed
    std::fs::write(&kept[3], b"something else").expect("it can be written");
    server.forget();
    let third = run();
    assert_eq!(told(&third), told(&first));
    assert_eq!(server.count(Request::is_blob), 1, "what was spoilt came anew");
    assert_eq!(files(&place), kept);
}

#[test]
fn nothing_is_left_of_what_did_not_come_whole() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let options = options(Access { cache: Some(folder.path().to_owned()), ..access() });
    let large = |request: &Request, reply: &Reply| request.is_blob() && reply.body.len() > 10_000;
    let server = faulty(move |request, reply| match large(request, &reply) {
        true => Reply { cut: Some(0), ..reply },
        false => reply,
    });
    let report = compare(&server, "docker", &name(&server, "ctr"), &options);
    assert!(trouble(&report).contains("broke off"), "{}", trouble(&report));
    for file in files(folder.path()) {
        let bytes = std::fs::read(&file).expect("it can be read");
        assert!(bytes.len() <= 10_000, "{}", file.display());
    }
    let server = faulty(move |request, mut reply| {
        if request.is_blob() {
            reply.body.iter_mut().for_each(|byte| *byte ^= 1);
        }
        reply
    });
    let other = tempfile::tempdir().expect("a temporary directory");
    let options = super::options(Access { cache: Some(other.path().to_owned()), ..access() });
    compare(&server, "docker", &name(&server, "ctr"), &options);
    assert_eq!(files(other.path()), [] as [PathBuf; 0], "wrong bytes are not kept");
}

#[test]
fn runs_share_a_cache_at_the_same_time() {
    let server = healthy();
    let folder = tempfile::tempdir().expect("a temporary directory");
    let options = options(Access { cache: Some(folder.path().to_owned()), ..access() });
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let report = compare(&server, "docker", &name(&server, "ctr"), &options);
                assert_eq!((report.sameness, trouble(&report)), (Some(Sameness::SameImage), String::new()));
            });
        }
    });
    assert_eq!(files(folder.path()).len(), 7);
}

/// Ctrl-C in the middle of a transfer leaves nothing behind.
#[test]
fn an_interrupted_run_leaves_nothing() {
    let (started, starts) = std::sync::mpsc::channel();
    let server = faulty(move |request, reply| match request.is_blob() && reply.body.len() > 100_000 {
        true => {
            let _ = started.send(());
            Reply { stall: Some(90_000), ..reply }
        }
        false => reply,
    });
    let folder = tempfile::tempdir().expect("a temporary directory");
    let cache = folder.path().display().to_string();
    let image = format!("{}/some/app:docker", server.host);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_why-differ"))
        .args(["--plain-http", "--authfile", "/dev/null", "--cache", &cache, &image, &file(CTR)])
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program starts");
    starts.recv_timeout(Duration::from_secs(60)).expect("the large layer is asked for");
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    assert!(!child.wait().expect("it was started").success());
    for file in files(folder.path()) {
        let bytes = std::fs::read(&file).expect("it can be read");
        let name = file.file_name().and_then(|name| name.to_str()).expect("a digest");
        assert_eq!(fake_registry::digest(&bytes), format!("sha256:{name}"), "only what is whole has a name");
        assert!(bytes.len() < 100_000);
    }
}

#[test]
fn a_cache_that_cannot_be_made_is_told() {
    let options = options(Access { cache: Some("/dev/null/cache".into()), ..access() });
    let report = compare(&healthy(), "docker", &file(DOCKER), &options);
    assert!(trouble(&report).contains("--cache /dev/null/cache: cannot make its folders"), "{}", trouble(&report));
}
