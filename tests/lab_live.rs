//! End to end against real daemons and stores: one image, made a moment ago of random contents, in dockerd 20.10 and 26
//! (both image stores), containerd 1.6 and 1.7 (over their sockets and in their folders while they run), buildah's stores,
//! and podman 4 and 5 (their stores and their sockets, both drivers). Each is held against what it exports by itself, and
//! against the others.
//!
//! Runs when WHY_DIFFER_LAB=1, after `corpus/lab/up --modern`; `corpus/lab/live` fills the stores.
#![cfg(all(unix, feature = "daemon", feature = "containerd"))]
#![expect(clippy::disallowed_methods, reason = "this test starts the tools and the program")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::Value;

struct Live {
    lab: PathBuf,
    here: PathBuf,
    /// What `corpus/lab/live` wrote down: sockets, and the image's name.
    env: BTreeMap<String, String>,
}

impl Live {
    fn make() -> Self {
        let lab = std::env::var_os("LAB").map_or_else(|| std::env::temp_dir().join("why-differ-lab"), PathBuf::from);
        let seconds = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
        let run = format!("live-{seconds}-{}", std::process::id());
        let mut recipe = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lab/live"));
        recipe.env("LAB", &lab).env("RUN", &run).stdin(Stdio::null()).stdout(Stdio::null());
        let here = lab.join("live").join(run);
        assert!(recipe.status().expect("the recipe starts").success(), "see {}/log", here.display());
        let text = fs::read_to_string(here.join("env")).expect("the recipe wrote it");
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Live { env: text.lines().filter_map(pair).collect(), lab, here }
    }

    /// Ends podman's services, which write to their stores once more when they end.
    fn stop(&self) {
        for pid in self.env.iter().filter(|(name, _)| name.ends_with("-pid")).map(|(_, pid)| pid) {
            assert!(Command::new("kill").arg(pid).status().expect("kill starts").success(), "{pid}");
            let ended = || fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "));
            for _ in 0..100 {
                if ended() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// `%` is this run's folder, `APP` the image, `{NAME}` what was written down under that name.
    fn filled(&self, text: &str) -> String {
        let text = text.replace('%', &self.here.to_string_lossy()).replace("APP", &self.env["app"]);
        self.env.iter().fold(text, |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Runs the program with the sockets that `where_` names: `docker=… containerd=… namespace=…`.
    fn run(&self, where_: &str, args: &[&str]) -> (Option<i32>, Value, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why-differ"));
        command.args(args.iter().map(|arg| self.filled(arg))).args(["--format", "json"]);
        command.env_remove("DOCKER_HOST").env_remove("CONTAINERD_ADDRESS").stdin(Stdio::null());
        for part in where_.split_whitespace() {
            let (what, name) = part.split_once('=').expect("what=name");
            match what {
                "docker" => command.env("DOCKER_HOST", &self.env[name]),
                "containerd" => command.env("CONTAINERD_ADDRESS", &self.env[name]),
                _ => command.env("CONTAINERD_NAMESPACE", name),
            };
        }
        let output = command.output().expect("the program was built and starts");
        let report = serde_json::from_slice(&output.stdout).expect("JSON");
        (output.status.code(), report, String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

const DOCKER: &str = "docker-daemon:APP";
const VFS: &str = "containers-storage:[vfs@%/vfs]APP";
const OVERLAY: &str = "containers-storage:[overlay@%/overlay]APP";

/// Where, two images, how far they are the same, and the causes of what differs.
#[rustfmt::skip]
const PAIRS: &[(&str, &str, &str, &str, &str)] = &[
    // against their own exports
    ("docker=docker20", DOCKER, "%/save20.tar", "same-digest", ""),
    ("docker=docker26", DOCKER, "%/save26.tar", "same-digest", ""),
    ("docker=docker26c", DOCKER, "%/save26C.tar", "same-digest", ""),
    ("containerd=containerd16", "containerd://APP", "%/ctr16.tar", "same-digest", ""),
    ("containerd=containerd17 namespace=RUN", "containerd://APP", "%/ctr17.tar", "same-digest", ""),
    ("containerd=containerd16 namespace=k8s.io", "containerd://APP", "%/ctr16.tar", "same-digest", ""),
    ("", "containers-storage:[vfs@%/vfs]built:1", "%/vfs-built.dir", "same-digest", ""),
    ("", "containers-storage:[overlay@%/overlay]built:1", "%/overlay-built.dir", "same-digest", ""),
    // against each other
    ("docker=docker20 containerd=containerd16", DOCKER, "containerd://APP", "same-image", "layer-compression no-manifest"),
    ("docker=docker26 containerd=containerd16", DOCKER, "containerd://APP", "same-image",
        "document-spelling layer-compression media-type-family"),
    ("docker=docker26c containerd=containerd16", DOCKER, "containerd://APP", "same-digest", ""),
    ("docker=docker26c containerd=containerd17", DOCKER, "containerd://moby/APP", "same-digest", ""),
    ("docker=docker26c", DOCKER, VFS, "same-digest", ""),
    ("docker=docker20", DOCKER, OVERLAY, "same-digest", ""),
    ("docker=docker26", OVERLAY, DOCKER, "same-image", "no-manifest"),
    ("containerd=containerd16", "containerd://APP", OVERLAY, "same-digest", ""),
    ("", VFS, OVERLAY, "same-digest", ""),
    // the folder of a containerd that runs, against what it says itself
    ("containerd=containerd16", "containerd://APP", "containerd://[{root16}]APP", "same-digest", ""),
    ("containerd=containerd17 namespace=RUN", "containerd://APP", "containerd://[{root17}]APP", "same-digest", ""),
    ("containerd=containerd16 namespace=k8s.io", "containerd://APP", "containerd://[{root16}]APP", "same-digest", ""),
    ("docker=docker26c", DOCKER, "containerd://[{root17}]moby/APP", "same-digest", ""),
    ("", "containerd://[{root17}]RUN/APP", "%/ctr17.tar", "same-digest", ""),
];

/// The same for each podman and each driver, which stand for PODMAN and DRIVER.
#[rustfmt::skip]
const PODMAN: &[(&str, &str, &str, &str, &str)] = &[
    ("docker=PODMAN", DOCKER, "containers-storage:[DRIVER@{PODMAN-store}]APP", "same-digest", ""),
    ("docker=PODMAN", DOCKER, "%/save20.tar", "same-digest", ""),
    ("containerd=containerd16", "containers-storage:[DRIVER@{PODMAN-store}]APP", "containerd://APP", "same-digest", ""),
    ("docker=PODMAN", "docker-daemon:localhost/built:1", "containers-storage:[DRIVER@{PODMAN-store}]localhost/built:1",
        "same-image", "no-manifest"),
];

#[test]
fn live_images_are_what_their_exports_are() {
    if std::env::var("WHY_DIFFER_LAB").as_deref() != Ok("1") {
        println!("skipped: the lab is not running (set WHY_DIFFER_LAB=1 after corpus/lab/up --modern)");
        return;
    }
    let live = Live::make();
    let run = live.here.file_name().expect("a name").to_string_lossy().into_owned();
    let own = |row: &(&str, &str, &str, &str, &str)| [row.0, row.1, row.2, row.3, row.4].map(str::to_owned);
    let mut pairs: Vec<[String; 5]> = PAIRS.iter().map(own).collect();
    for podman in ["podman4", "podman5"] {
        for driver in ["vfs", "overlay"] {
            let name = format!("{podman}-{driver}");
            let filled = |row: [String; 5]| row.map(|text| text.replace("PODMAN", &name).replace("DRIVER", driver));
            pairs.extend(PODMAN.iter().map(own).map(filled));
        }
    }
    let mut wrong = String::new();
    for row in pairs {
        let [where_, a, b, sameness, causes] = row.map(|text| text.replace("RUN", &run));
        for verify in [&["--verify"][..], &[]] {
            let (exit, report, said) = live.run(&where_, &[&[a.as_str(), b.as_str()], verify].concat());
            let mut found: Vec<&str> =
                report["findings"].as_array().into_iter().flatten().filter_map(|it| it["cause"].as_str()).collect();
            found.sort_unstable();
            let expected = i32::from(sameness != "same-digest");
            if (exit, report["sameness"].as_str(), found.join(" ")) != (Some(expected), Some(&sameness), causes.clone())
                || report["accounted"] != true
            {
                let _ = write!(
                    wrong,
                    "\n{where_} {a} {b} {verify:?}: expected {sameness} {causes}, found {exit:?} {} {found:?} {said}",
                    report["sameness"]
                );
            }
        }
    }
    // what is not there is told by name
    let gone = fs::read_to_string(live.here.join("gone")).expect("the recipe wrote it");
    for store in [format!("containerd://{run}-cut/APP"), format!("containerd://[{{root17}}]{run}-cut/APP")] {
        let (exit, report, said) = live.run("containerd=containerd17", &["inspect", &store]);
        if exit != Some(2)
            || !said.contains(gone.trim())
            || !said.contains("layer 2")
            || !said.contains("ctr content fetch")
        {
            let _ = write!(wrong, "\na missing layer: {exit:?} {} {said}", report["error"]);
        }
    }
    wrong += &while_containerd_writes(&live);
    let (exit, _, said) = live.run("containerd=containerd16", &["inspect", "containerd://k8s.io/APP"]);
    if exit != Some(2) || !said.contains("CONTAINERD_NAMESPACE=k8s.io") {
        let _ = write!(wrong, "\na namespace with a dot: {exit:?} {said}");
    }
    assert!(wrong.is_empty(), "images in {}:{wrong}", live.here.display());
    live.stop();
    for folder in [live.lab.join("trixie/lab/live").join(&run), live.here] {
        fs::remove_dir_all(folder).expect("the run's folders can be removed");
    }
}

/// The folder of a containerd that is kept busy with new names: every reading is one state of it, and the image is in all.
fn while_containerd_writes(live: &Live) -> String {
    let busy = AtomicBool::new(true);
    let mut wrong = String::new();
    std::thread::scope(|scope| {
        let names = scope.spawn(|| {
            let mut names = 0;
            while busy.load(Ordering::SeqCst) {
                let mut ctr = Command::new("ctr");
                ctr.args(["-a", &live.env["containerd16"], "images", "tag", "--force", &live.env["app"]]);
                let made = ctr.arg(live.filled(&format!("%-{names}"))).stdout(Stdio::null()).status();
                names += u32::from(made.is_ok_and(|status| status.success()));
            }
            names
        });
        for _ in 0..30 {
            let (exit, report, said) = live.run("", &["inspect", "containerd://[{root16}]APP"]);
            if exit != Some(0) {
                let _ = write!(wrong, "\nwhile containerd writes: {exit:?} {} {said}", report["error"]);
            }
        }
        busy.store(false, Ordering::SeqCst);
        let names = names.join().expect("it does not panic");
        let mut ctr = Command::new("ctr");
        ctr.args(["-a", &live.env["containerd16"], "images", "rm"]);
        ctr.args((0..names).map(|name| live.filled(&format!("%-{name}"))));
        assert!(names > 0 && ctr.stdout(Stdio::null()).status().is_ok_and(|status| status.success()), "{names} names");
    });
    wrong
}
