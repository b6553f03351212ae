//! Registries end to end: Debian's docker-registry, filled by skopeo, docker and ctr, against the files that the
//! images came from.
//!
//! Runs when WHY_DIFFER_LAB=1, after `corpus/lab/up` has started the tools (LAB as there).
#![cfg(feature = "registry")]
#![expect(clippy::disallowed_methods, reason = "this test starts the tools and the program")]

mod commands;

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

/// The lab's variables, or `None` with a word where it is not running.
fn lab() -> Option<PathBuf> {
    if std::env::var("WHY_DIFFER_LAB").as_deref() != Ok("1") {
        println!("skipped: the lab is not running (set WHY_DIFFER_LAB=1 after corpus/lab/up)");
        return None;
    }
    Some(std::env::var_os("LAB").map_or_else(|| std::env::temp_dir().join("why-differ-lab"), PathBuf::from))
}

/// Runs a script with the lab's variables; its output.
#[track_caller]
fn sh(lab: &std::path::Path, script: &str) -> String {
    let script = format!("set -euo pipefail; source {}/env; {script}", lab.display());
    let mut command = Command::new("bash");
    let output = command.args(["-c", &script]).stdin(Stdio::null()).output().expect("bash starts");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

fn wild(name: &str) -> String {
    format!("{}/corpus/wild/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// The exit code and the report.
fn why_differ(args: &[&str]) -> (Option<i32>, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    command.args(args).args(["--format", "json"]).stdin(Stdio::null());
    let output = command.output().expect("the program starts");
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default())
}

fn causes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().into_iter().flatten();
    findings.filter_map(|finding| finding["cause"].as_str()).collect()
}

/// Archives that skopeo pushes without changing a byte.
const ARCHIVES: [&str; 6] = [
    "docker20-push.tar",
    "ctr16-push.tar",
    "buildah-oci.tar",
    "skopeo118-oci-zstd-chunked.tar",
    "multi-buildkit.tar",
    "docker26c-push.tar",
];

#[test]
fn what_skopeo_pushes_is_the_same_as_its_file() {
    let Some(lab) = lab() else { return };
    let registry = sh(&lab, "echo $REGISTRY");
    for archive in ARCHIVES {
        let image = format!("{registry}/registry-test/{}", archive.trim_end_matches(".tar"));
        let push = format!(
            "skopeo copy -q --all --preserve-digests --dest-tls-verify=false oci-archive:{} docker://{image}",
            wild(archive)
        );
        sh(&lab, &push);
        for verify in [&[][..], &["--verify"]] {
            let (exit, report) = why_differ(&[&[image.as_str(), &wild(archive)][..], verify].concat());
            assert_eq!((exit, &report["sameness"]), (Some(0), &Value::from("same-digest")), "{archive}: {report}");
        }
    }
    // in the registry they are explained as they are in files
    for (a, b) in [(0, 1), (0, 2), (0, 3), (4, 5)] {
        let image = |at: usize| format!("{registry}/registry-test/{}", ARCHIVES[at].trim_end_matches(".tar"));
        let (exit, served) = why_differ(&[&image(a), &image(b)]);
        let (expected_exit, expected) = why_differ(&[&wild(ARCHIVES[a]), &wild(ARCHIVES[b])]);
        assert_eq!(exit, expected_exit);
        for key in ["sameness", "size", "findings", "unexplained"] {
            assert_eq!(served[key], expected[key], "{} {}: {key}", ARCHIVES[a], ARCHIVES[b]);
        }
    }
}

#[test]
fn tls_and_credentials_are_as_the_tools_have_them() {
    let Some(lab) = lab() else { return };
    let registry = sh(&lab, "echo $REGISTRY_TLS");
    let image = format!("{registry}/registry-test/app:1");
    let home = tempfile::tempdir().expect("a temporary directory");
    let (auth, certs) = (home.path().join("auth.json"), home.path().join("certs"));
    std::fs::create_dir(&certs).expect("the temporary directory can be written");
    std::fs::copy(lab.join("tls/ca.crt"), certs.join("ca.crt")).expect("the lab has an authority");
    let (auth, certs) = (auth.display().to_string(), certs.display().to_string());
    // the credentials as skopeo writes them
    sh(
        &lab,
        &format!(
            "skopeo login --authfile {auth} --cert-dir {certs} -u lab --password-stdin $REGISTRY_TLS <$LAB/tls/password"
        ),
    );
    let file = wild(ARCHIVES[0]);
    sh(
        &lab,
        &format!(
            "skopeo copy -q --preserve-digests --authfile {auth} --dest-cert-dir {certs} oci-archive:{file} docker://{image}"
        ),
    );
    let ca = lab.join("tls/ca.crt").display().to_string();
    let wrong = home.path().join("wrong.json").display().to_string();
    std::fs::write(
        &wrong,
        format!(r#"{{"auths": {{"{registry}": {{"username": "lab", "password": "no-such-password"}}}}}}"#),
    )
    .expect("the temporary directory can be written");
    let right: &[&str] = &["--ca-file", &ca, "--authfile", &auth];
    let table: [(&[&str], i32, &str); 6] = [
        (right, 0, ""),
        (&["--insecure", "--authfile", &auth], 0, ""),
        (&["--authfile", &auth], 2, "no secure connection"),
        (&["--ca-file", &ca, "--authfile", "/dev/null"], 2, "no credentials for it were found"),
        (&["--ca-file", &ca, "--authfile", &wrong], 2, "are not accepted"),
        (&["--plain-http", "--authfile", &auth], 2, "answers 400"),
    ];
    for (options, code, said) in table {
        let (exit, report) = why_differ(&[&[image.as_str(), &file], options].concat());
        let message = report["error"]["message"].as_str().unwrap_or_default();
        assert_eq!(exit, Some(code), "{options:?}: {message}");
        assert!(message.contains(said), "{options:?}: {message}");
    }
    // an authority that is kept for this registry, as podman and skopeo keep it
    let kept = home.path().join(".config/containers/certs.d").join(&registry);
    std::fs::create_dir_all(&kept).expect("the temporary directory can be written");
    std::fs::copy(&ca, kept.join("ca.crt")).expect("the lab has an authority");
    let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
    let output = command.args([&image, &file, "--authfile", &auth]).env("HOME", home.path()).output();
    assert_eq!(output.expect("the program starts").status.code(), Some(0), "the authority of certs.d is trusted");
    let (exit, report) = why_differ(&[&[image.as_str(), &wild(ARCHIVES[1])], right].concat());
    assert_eq!((exit, causes(&report)), (Some(1), vec!["layer-compression", "document-spelling"]));
}

/// The question that started it, asked of the registry itself: one image, pushed by docker and by ctr.
#[test]
fn docker_and_ctr_push_one_image() {
    let Some(lab) = lab() else { return };
    let saved = wild("docker20-save.tar.gz");
    let registry = sh(&lab, "echo $REGISTRY");
    let (docker, ctr) = (format!("{registry}/registry-test/docker:1"), format!("{registry}/registry-test/ctr:1"));
    let id = sh(&lab, &format!("$DOCKER20 load -q -i {saved} | sed 's/.*: //'"));
    sh(&lab, &format!("$DOCKER20 tag {id} {docker}; $DOCKER20 push -q {docker}"));
    sh(
        &lab,
        &format!(
            "t=$(mktemp); $DOCKER20 save -o $t {docker}; $CTR16 images import --base-name x $t >/dev/null; rm $t; \
             $CTR16 images tag --force {docker} {ctr} >/dev/null; $CTR16 images push --plain-http {ctr} >/dev/null"
        ),
    );
    let (exit, report) = why_differ(&[&docker, &ctr]);
    assert_eq!((exit, &report["sameness"]), (Some(1), &Value::from("same-image")), "{report}");
    assert_eq!(causes(&report), ["layer-compression", "document-spelling"]);
    for image in [&docker, &ctr] {
        let (_, report) = why_differ(&[image, &saved]);
        assert_eq!(report["sameness"], "same-image", "{image}: {report}");
        assert_eq!(report["accounted"], true);
    }
}

/// docker-registry 2.8 converts schema 2 for clients that do not accept it.
#[test]
fn a_registry_that_converts_is_explained() {
    let Some(lab) = lab() else { return };
    let image = sh(
        &lab,
        &format!(
            "skopeo copy -q --preserve-digests --dest-tls-verify=false oci-archive:{} docker://$REGISTRY/registry-test/converted:1; \
             echo $REGISTRY/registry-test/converted:1",
            wild(ARCHIVES[0])
        ),
    );
    let (exit, served) = why_differ(&["served", &image]);
    assert_eq!((exit, &served["sameness"]), (Some(1), &Value::from("same-layers")), "{served}");
    let types: Vec<_> =
        served["answers"].as_array().into_iter().flatten().map(|answer| &answer["media_type"]).collect();
    assert_eq!(
        types,
        [
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.v1+prettyjws"
        ]
    );
    assert_eq!(causes(&served["comparisons"][0]), ["manifest-schema"]);
}

/// Every command that a bug report prints, of every kind of place that is not a file.
#[test]
fn the_commands_of_a_bug_report_show_what_it_says() {
    let Some(lab) = lab() else { return };
    let registry = sh(&lab, "echo $REGISTRY");
    let tls = sh(&lab, "echo $REGISTRY_TLS");
    let home = tempfile::tempdir().expect("a temporary directory");
    let auth = home.path().join("auth.json").display().to_string();
    let ca = lab.join("tls/ca.crt").display().to_string();
    let (docker, ctr, list) = (wild(ARCHIVES[0]), wild(ARCHIVES[1]), wild(ARCHIVES[4]));
    // one image in all places; schema 1 as skopeo writes it, which the registry signs
    sh(
        &lab,
        &format!(
            "push() {{ skopeo copy -q --preserve-digests --dest-tls-verify=false oci-archive:$1 docker://$2; }}; \
             push {docker} $REGISTRY/registry-test/told:docker; push {ctr} $REGISTRY/registry-test/told:ctr; \
             skopeo copy -q --all --preserve-digests --dest-tls-verify=false oci-archive:{list} docker://$REGISTRY/registry-test/told:list; \
             skopeo copy -q --format v2s1 --dest-tls-verify=false oci-archive:{docker} docker://$REGISTRY/registry-test/told:v1; \
             skopeo login --authfile {auth} --tls-verify=false -u lab --password-stdin $REGISTRY_TLS <$LAB/tls/password; \
             skopeo copy -q --preserve-digests --authfile {auth} --dest-tls-verify=false oci-archive:{ctr} docker://$REGISTRY_TLS/registry-test/told:ctr; \
             $DOCKER20 pull -q $REGISTRY/registry-test/told:docker >/dev/null; \
             $CTR16 images pull --plain-http $REGISTRY/registry-test/told:ctr >/dev/null"
        ),
    );
    let env = [
        ("DOCKER_HOST", format!("unix://{}/docker20/docker.sock", lab.display())),
        ("CONTAINERD_ADDRESS", format!("{}/containerd/containerd.sock", lab.display())),
        ("REGISTRY_AUTH_FILE", auth.clone()),
    ];
    let told = |tag: &str| format!("{registry}/registry-test/told:{tag}");
    let table: [(String, String, &[&str], &[&str]); 7] = [
        (told("docker"), told("ctr"), &[], &["manifest", "layer 1"]),
        (told("docker"), format!("docker://{}", told("ctr")), &["--plain-http"], &["manifest", "layer 1"]),
        (told("docker"), told("v1"), &[], &["manifest without its signatures", "layer 3"]),
        (
            told("docker"),
            format!("{tls}/registry-test/told:ctr"),
            &["--ca-file", &ca, "--authfile", &auth],
            &["manifest", "layer 1"],
        ),
        (
            told("list"),
            wild("multi-docker-manifest.tar"),
            &["--platform", "linux/arm64"],
            &["index", "manifest", "config"],
        ),
        (format!("docker-daemon:{}", told("docker")), told("docker"), &[], &["config", "layer 1"]),
        (told("docker"), format!("containerd://{}", told("ctr")), &[], &["manifest", "layer 1"]),
    ];
    for (a, b, options, expected) in table {
        let (code, report) =
            commands::bug_report(&[&[a.as_str(), b.as_str()][..], options].concat(), &env, home.path());
        assert_eq!(code, Some(1), "{a} {b}: {report}");
        let script = commands::commands(&report);
        let ran = commands::run(script, home.path(), &env);
        assert!(ran.wrong.is_empty(), "{a} {b}\n{}\n{script}", ran.wrong.join("\n"));
        for name in expected {
            assert!(ran.shown.iter().any(|own| own.starts_with(name)), "{a} {b}: {name} in {:?}", ran.shown);
        }
        // what one pair leaves is in the next one's way
        sh(&lab, &format!("cd {}; rm -rf a b a.tar b.tar a.json b.json", home.path().display()));
    }
}
