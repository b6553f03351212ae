//! The program and sources that are not files: what the environment says of where they are, and what is said when
//! there is none. No daemon runs here; `lab_live.rs` has real ones.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "tests make files and start the program")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the program with nothing in its environment but `variables`.
fn run(args: &[&str], variables: &[(&str, &Path)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.args(args).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
    command.output().expect("the program was built and starts")
}

/// That there is trouble, told once on stderr and in a report that is JSON.
fn told(args: &[&str], variables: &[(&str, &Path)], expected: &[&str]) {
    let output = run(&[args, &["--format", "json"]].concat(), variables);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{args:?}: {said}");
    for part in expected {
        assert!(said.contains(part), "{args:?}: expected {part:?} in {said}");
    }
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["error"]["message"].is_string(), "{report}");
}

#[cfg(feature = "daemon")]
#[test]
fn a_docker_daemon_that_is_not_there_is_told() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let socket = Path::new("unix:///nowhere/docker.sock");
    let all = ["the Docker daemon at unix:///nowhere/docker.sock", "is it running? DOCKER_HOST names it"];
    told(&["inspect", "docker-daemon:app:1"], &[("DOCKER_HOST", socket)], &all);
    told(&["daemon://app:1", "corpus"], &[("DOCKER_HOST", socket)], &["a: the Docker daemon"]);
    let ssh = Path::new("ssh://somewhere");
    told(&["inspect", "docker-daemon:app"], &[("DOCKER_HOST", ssh)], &["DOCKER_HOST: ssh:// is not followed"]);
    let home = place.path();
    fs::create_dir(home.join(".docker")).expect("a folder");
    fs::write(home.join(".docker/config.json"), r#"{"currentContext":"far"}"#).expect("a file");
    told(&["inspect", "docker-daemon:app"], &[("HOME", home)], &["the docker context \"far\"", "docker context ls"]);
    // a name that would be another question to the daemon is not sent
    told(&["inspect", "docker-daemon:../info"], &[("DOCKER_HOST", socket)], &["expected the name of an image"]);
}

#[test]
fn a_store_is_found_by_its_configuration() {
    let place = tempfile::tempdir().expect("a temporary folder");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/stores");
    let config = place.path().join("storage.conf");
    let conf = |root: &Path| {
        let text = format!("[storage]\ndriver = \"vfs\"\ngraphroot = \"{}\"\n", root.display());
        fs::write(&config, text).expect("a file");
    };
    let variables = [("CONTAINERS_STORAGE_CONF", config.as_path())];
    conf(&corpus.join("buildah-vfs"));
    let export = corpus.join("buildah-vfs-built.dir");
    let export = export.to_str().expect("UTF-8");
    let output = run(&["containers-storage:localhost/store:built", export], &variables);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    told(&["inspect", "containers-storage:gone"], &variables, &["holds no image \"gone\"", "localhost/store:pulled"]);
    conf(&place.path().join("nothing"));
    told(&["inspect", "containers-storage:app"], &variables, &["expected a store", "podman info"]);
    fs::create_dir_all(place.path().join("nothing/zfs-images")).expect("a folder");
    fs::write(&config, format!("[storage]\ngraphroot = \"{}/nothing\"\n", place.path().display())).expect("a file");
    told(
        &["inspect", "containers-storage:app"],
        &variables,
        &["\"zfs\" is not known", "podman save --format oci-archive"],
    );
}

#[cfg(feature = "containerd")]
#[test]
fn a_containerd_that_is_not_there_is_told() {
    let socket = Path::new("/nowhere/c.sock");
    let address = [("CONTAINERD_ADDRESS", socket)];
    let parts = ["containerd at /nowhere/c.sock: cannot connect", "is it running? CONTAINERD_ADDRESS says where"];
    told(&["inspect", "containerd://app:1"], &address, &parts);
    told(&["containerd://k8s/app:1", "corpus"], &address, &["a: containerd at"]);
    let namespace = ("CONTAINERD_NAMESPACE", Path::new("a b"));
    told(&["inspect", "containerd://app:1"], &[address[0], namespace], &["CONTAINERD_NAMESPACE: expected a namespace"]);
}
