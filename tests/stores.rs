//! Stores that real tools made, read in place and held against what the same tools exported from them.
//!
//! `corpus/stores/make` made both; its README says how. Nothing here starts a tool.

use std::path::PathBuf;

use why_differ::report::{Report, Sameness};
use why_differ::{Options, diff, inspect};

fn corpus(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/stores").join(name);
    path.into_os_string().into_string().expect("a path in UTF-8")
}

fn stored(image: &str) -> String {
    format!("containers-storage:[vfs@{}]{image}", corpus("buildah-vfs"))
}

/// Compares with everything opened, and expects no trouble and nothing unexplained.
fn compare(a: &str, b: &str, sameness: Sameness, causes: &[&str]) -> Report {
    let options = Options { verify: true, ..Options::default() };
    let report = diff(a, b, &options, &());
    assert_eq!(report.trouble, [], "{a} {b}");
    assert!(report.unexplained.is_empty(), "{a} {b}: {:?}", report.unexplained);
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause).collect();
    assert_eq!((report.sameness, found.as_slice()), (Some(sameness), causes), "{a} {b}");
    report
}

#[test]
fn an_image_built_by_buildah_is_what_buildah_exports() {
    let (store, export) = (stored("store:built"), corpus("buildah-vfs-built.dir"));
    compare(&store, &export, Sameness::SameDigest, &[]);
    let inspection = inspect(&store, &Options::default(), &());
    assert_eq!((inspection.trouble, inspection.findings, inspection.notes), (vec![], vec![], vec![]));
    assert_eq!(inspection.layers.len(), 3);
    for layer in &inspection.layers {
        assert_eq!(layer.diff_id, layer.diff_id_declared, "rebuilt to the byte");
        assert_eq!(layer.digest, layer.diff_id, "the manifest names the tar itself");
    }
}

#[test]
fn a_pulled_image_has_lost_its_compressed_layers_and_nothing_else() {
    let (store, origin) = (stored("store:pulled"), corpus("buildah-vfs-pulled.tar"));
    let report = compare(&store, &origin, Sameness::SameDigest, &[]);
    assert!(report.notes.concat().contains("are gone"), "{:?}", report.notes);
    // Against another encoding of the same image the tars are what is left to compare.
    let inspection = inspect(&store, &Options::default(), &());
    let kinds: Vec<&str> = inspection.documents.iter().map(|document| document.kind.as_str()).collect();
    assert_eq!(kinds, ["manifest", "config"]);
    assert_eq!(inspection.trouble, []);
    for layer in &inspection.layers {
        assert!(layer.diff_id.is_some() && layer.diff_id == layer.diff_id_declared);
    }
}

#[test]
fn two_images_of_one_store_are_compared_by_their_files() {
    let report = diff(&stored("store:pulled"), &stored("store:built"), &Options::default(), &());
    assert_eq!(report.trouble, []);
    assert!(report.unexplained.is_empty(), "{:?}", report.unexplained);
    assert_eq!(report.sameness, Some(Sameness::Different), "one has srv/app.toml");
    let found: Vec<&str> = report.findings.iter().map(|finding| finding.cause).collect();
    assert!(found.contains(&"file-added"), "{found:?}");
    let booked: i128 = report.size.ledger.iter().map(|row| row.bytes).sum();
    assert_eq!(report.size.difference(), Some(booked));
}

/// `containerd://[FOLDER]NAME`: the folder that a containerd left, read without one.
#[cfg(all(feature = "containerd", unix))]
mod containerd {
    use std::process::{Command, Output, Stdio};

    use super::*;

    fn kept(image: &str) -> String {
        format!("containerd://[{}]{image}", corpus("containerd"))
    }

    fn run(args: &[&str], variables: &[(&str, &str)]) -> (Option<i32>, String) {
        #[expect(clippy::disallowed_methods, reason = "the test starts the program")]
        let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
        command.args(args).env_clear().envs(variables.iter().copied()).stdin(Stdio::null());
        let Output { status, stdout, stderr } = command.output().expect("the program was built and starts");
        (status.code(), String::from_utf8([stdout, stderr].concat()).expect("UTF-8"))
    }

    #[test]
    fn its_images_are_those_that_were_imported() {
        let origin = corpus("buildah-vfs-pulled.tar");
        let names = ["localhost/store:pulled", "store:pulled", "default/store/01:1", "registry.example/store/30:1"];
        for name in names {
            let report = compare(&kept(name), &origin, Sameness::SameDigest, &[]);
            assert!(report.notes.is_empty(), "whoever names the folder knows: {:?}", report.notes);
        }
    }

    #[test]
    fn namespaces_are_kept_apart() {
        let image = kept("localhost/store:pulled");
        let origin = corpus("buildah-vfs-pulled.tar");
        let (code, said) = run(&[&image, &origin, "--verify"], &[("CONTAINERD_NAMESPACE", "k8s.io")]);
        assert_eq!(code, Some(0), "{said}");
        // the blob lies there, but is another namespace's
        let (code, said) = run(&[&kept("cut/store:pulled"), &origin], &[]);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("layer 2") && said.contains("ctr content fetch"), "{said}");
        let (code, said) = run(&["inspect", &kept("k8s.io/localhost/store:pulled")], &[]);
        assert_eq!(code, Some(2), "{said}");
        let say = format!("say CONTAINERD_NAMESPACE=k8s.io and {}", kept("localhost/store:pulled"));
        assert!(said.contains(&say), "{said}");
        let (code, said) = run(&["inspect", &kept("cut/store/01:1")], &[]);
        assert!(
            code == Some(2) && said.contains(&format!("say {}", kept("default/registry.example/store/01:1"))),
            "{said}"
        );
        let (code, said) = run(&["inspect", &kept("gone")], &[]);
        assert!(code == Some(2) && said.contains(&kept("default/registry.example/store/01:1")), "{said}");
        assert!(said.contains("and 11 more"), "{said}");
    }

    #[test]
    fn what_is_no_such_folder_is_told() {
        let (code, said) = run(&["inspect", &format!("containerd://[{}]app:1", corpus(""))], &[]);
        assert!(code == Some(2) && said.contains("expected containerd's folder with io.containerd.metadata"), "{said}");
    }
}
