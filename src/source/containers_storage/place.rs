//! Where the store is: `containers-storage:[DRIVER@GRAPHROOT+RUNROOT:OPTIONS]NAME`, `storage.conf`
//! and the usual folders (containers-storage.conf(5), containers-transports(5)).
//!
//! Refuses to start podman to ask it.

use std::path::{Path, PathBuf};

use crate::limits::Limits;

use super::super::disk;
use super::super::environment::Environment;
use super::super::error::{SourceError, shown_path};

/// What was typed behind `containers-storage:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spec {
    /// The driver, if one was typed.
    pub driver: Option<String>,
    /// The store's folder, if one was typed.
    pub root: Option<PathBuf>,
    /// The part in brackets as typed; empty when there was none.
    pub brackets: String,
    /// The image's name or ID.
    pub image: String,
}

impl Spec {
    pub fn parse(text: &str) -> Self {
        let bare = Spec { driver: None, root: None, brackets: String::new(), image: text.to_owned() };
        let Some((inside, image)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
            return bare;
        };
        let (driver, place) = match inside.split_once('@') {
            Some((driver, place)) => (Some(driver), place),
            None => (None, inside),
        };
        // Behind the folder: +RUNROOT and :OPTIONS.
        let root = place.split(['+', ':']).next().unwrap_or_default();
        Spec {
            driver: driver.filter(|driver| !driver.is_empty()).map(str::to_owned),
            root: (!root.is_empty()).then(|| root.into()),
            brackets: format!("[{inside}]"),
            image: image.to_owned(),
        }
    }
}

/// The folders of stores, the user's own first, and the driver if one is settled.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Places {
    pub roots: Vec<PathBuf>,
    pub driver: Option<String>,
}

/// What a `storage.conf` says.
#[derive(Default)]
struct Config {
    driver: Option<String>,
    root: Option<PathBuf>,
    rootless: Option<String>,
    additional: Vec<PathBuf>,
}

/// The stores that podman would look into.
pub(super) fn find(
    spec: &Spec,
    environment: &Environment,
    is_root: bool,
    limits: &Limits,
) -> Result<Places, SourceError> {
    let driver = spec.driver.clone().or_else(|| environment.get("STORAGE_DRIVER"));
    if let Some(root) = &spec.root {
        return Ok(Places { roots: vec![root.clone()], driver });
    }
    let own = environment.path("XDG_CONFIG_HOME").or_else(|| environment.home(".config"));
    let own = own.map(|folder| folder.join("containers/storage.conf"));
    let chosen = environment.path("CONTAINERS_STORAGE_CONF");
    let system = ["/etc/containers/storage.conf", "/usr/share/containers/storage.conf"].map(PathBuf::from);
    let read = |path: &Path| read_config(path, limits);
    let mut config = Config::default();
    let mut is_own = false;
    for path in chosen.iter().chain(if is_root { None } else { own.as_ref() }).chain(&system) {
        if let Some(found) = read(path)? {
            is_own = !system.contains(path);
            config = found;
            break;
        }
    }
    let data = environment.path("XDG_DATA_HOME").or_else(|| environment.home(".local/share"));
    let root = if is_root || is_own {
        config.root
    } else {
        // A system's graphroot is root's.
        config.rootless.map(|path| expand(&path, environment).into())
    };
    let usual = || match data {
        Some(data) if !is_root => data.join("containers/storage"),
        _ => "/var/lib/containers/storage".into(),
    };
    let mut roots = vec![root.unwrap_or_else(usual)];
    roots.extend(config.additional);
    Ok(Places { roots, driver: driver.or(config.driver) })
}

/// `$HOME` and `$USER` in a path of `storage.conf`.
fn expand(path: &str, environment: &Environment) -> String {
    ["HOME", "USER", "UID"].iter().fold(path.to_owned(), |path, name| match environment.get(name) {
        Some(value) => path.replace(&format!("${name}"), &value),
        None => path,
    })
}

/// A `storage.conf`; `None` when there is none.
fn read_config(path: &Path, limits: &Limits) -> Result<Option<Config>, SourceError> {
    if !matches!(disk::look(path)?, disk::Lies::File { .. }) {
        return Ok(None);
    }
    let bytes = disk::head(path, limits.document)?;
    let wrong = |why: String| SourceError::NoImage { file: shown_path(path), why };
    let text = std::str::from_utf8(&bytes).map_err(|error| wrong(error.to_string()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| wrong(format!("expected TOML: {}", error.message())))?;
    let storage = table.get("storage");
    let text = |key: &str| {
        let value = storage?.get(key)?.as_str()?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let additional = storage.and_then(|storage| storage.get("options")?.get("additionalimagestores")?.as_array());
    let additional = additional.into_iter().flatten().filter_map(|path| path.as_str());
    Ok(Some(Config {
        driver: text("driver"),
        root: text("graphroot").map(PathBuf::from),
        rootless: text("rootless_storage_path"),
        additional: additional.map(PathBuf::from).collect(),
    }))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn brackets_are_skopeos() {
        let table = [
            ("app:1", None, None, "app:1"),
            ("[/s]app:1", None, Some("/s"), "app:1"),
            ("[vfs@/s]app", Some("vfs"), Some("/s"), "app"),
            (
                "[overlay@/s+/run/s:overlay.mountopt=nodev,x=y]reg:5000/a@sha256:0",
                Some("overlay"),
                Some("/s"),
                "reg:5000/a@sha256:0",
            ),
            ("[overlay@]@0123", Some("overlay"), None, "@0123"),
            ("[]app", None, None, "app"),
            ("[broken", None, None, "[broken"),
        ];
        for (typed, driver, root, image) in table {
            let spec = Spec::parse(typed);
            let found = (spec.driver.as_deref(), spec.root.as_deref(), spec.image.as_str());
            assert_eq!(found, (driver, root.map(Path::new), image), "{typed}");
        }
    }

    #[test]
    fn stores_are_found_as_podman_finds_them() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let home = place.path().to_str().expect("UTF-8");
        let conf = place.path().join("storage.conf");
        fs::write(
            &conf,
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"/g\"\nrootless_storage_path = \"$HOME/r\"\n\
             [storage.options]\nadditionalimagestores = [\"/shared\"]\n",
        )
        .expect("a file");
        let conf = ("CONTAINERS_STORAGE_CONF", conf.to_str().expect("UTF-8"));
        let roots = |variables: &[(&str, &str)], typed: &str, is_root| {
            let environment = variables.iter().copied().chain([("HOME", home)]).collect();
            find(&Spec::parse(typed), &environment, is_root, &Limits::default()).map_err(|error| error.to_string())
        };
        let places = |roots: &[&str], driver: Option<&str>| {
            Ok(Places { roots: roots.iter().map(PathBuf::from).collect(), driver: driver.map(str::to_owned) })
        };
        assert_eq!(roots(&[conf], "a", true), places(&["/g", "/shared"], Some("vfs")));
        assert_eq!(roots(&[conf], "a", false), places(&["/g", "/shared"], Some("vfs")));
        assert_eq!(
            roots(&[conf, ("STORAGE_DRIVER", "overlay")], "a", true),
            places(&["/g", "/shared"], Some("overlay"))
        );
        assert_eq!(roots(&[conf], "[overlay@/t]a", true), places(&["/t"], Some("overlay")));
        let own = place.path().join(".config/containers");
        fs::create_dir_all(&own).expect("a folder");
        fs::write(own.join("storage.conf"), "[storage]\ngraphroot = \"/own\"\n").expect("a file");
        assert_eq!(roots(&[], "a", false), places(&["/own"], None), "a user's own file");
        fs::write(own.join("storage.conf"), "[storage]\n").expect("a file");
        let usual = format!("{home}/.local/share/containers/storage");
        assert_eq!(roots(&[], "a", false), places(&[&usual], None));
        assert_eq!(roots(&[("XDG_DATA_HOME", "/x")], "a", false), places(&["/x/containers/storage"], None));
        fs::write(own.join("storage.conf"), "storage = [").expect("a file");
        assert!(roots(&[], "a", false).expect_err("no TOML").contains("storage.conf: expected TOML"));
    }
}
