//! Where credentials and certificates are kept on this machine.
//!
//! The one file here that reads the environment. Refuses to open anything.

#![allow(clippy::disallowed_methods, reason = "the edge knows where people keep their credentials")]

use std::path::{Path, PathBuf};

use super::super::access::Access;
use super::super::disk;

/// A file that may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub path: PathBuf,
    /// Whether somebody named it, so that it must be there.
    pub named: bool,
}

/// The files to look in, in order. `--authfile` stands alone; otherwise the union of what skopeo's
/// and docker's users expect (`containers-auth.json(5)`, docker's `config.json`).
pub(super) fn auth_files(access: &Access) -> Vec<Place> {
    if let Some(path) = &access.authfile {
        return vec![Place { path: path.clone(), named: true }];
    }
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    from(&variable, disk::user())
}

fn from(variable: &dyn Fn(&str) -> Option<PathBuf>, user: Option<u32>) -> Vec<Place> {
    let home = variable("HOME");
    let docker = variable("DOCKER_CONFIG").or_else(|| home.as_ref().map(|home| home.join(".docker")));
    let config = variable("XDG_CONFIG_HOME").or_else(|| home.as_ref().map(|home| home.join(".config")));
    // where a session has no folder of its own, as root's has none
    let shared = || user.map(|user| PathBuf::from(format!("/run/containers/{user}")));
    let runtime = variable("XDG_RUNTIME_DIR").map(|folder| folder.join("containers")).or_else(shared);
    let maybe = |path: Option<PathBuf>| path.map(|path| Place { path, named: false });
    let named = variable("REGISTRY_AUTH_FILE").map(|path| Place { path, named: true });
    [
        named,
        maybe(docker.map(|folder| folder.join("config.json"))),
        maybe(runtime.map(|folder| folder.join("auth.json"))),
        maybe(config.map(|folder| folder.join("containers/auth.json"))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The folders that may hold certificates for `host` (`containers-certs.d(5)`, docker's `certs.d`).
pub(super) fn certificate_folders(host: &str) -> Vec<PathBuf> {
    // the host was held against the letters that a host may have; `..` is none
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let own = home.map(|home| home.join(".config/containers/certs.d"));
    let shared = ["/etc/containers/certs.d", "/etc/docker/certs.d"].map(|folder| Path::new(folder).to_owned());
    own.into_iter().chain(shared).map(|folder| folder.join(host)).collect()
}

/// A proxy as the environment names it. Its URL may hold a password.
pub(super) struct Proxy {
    /// Its URL.
    pub url: String,
    /// The variable that says so.
    pub variable: &'static str,
    /// The hosts that are reached without.
    pub except: String,
}

/// The proxy for a scheme, as the environment names it.
pub(super) fn proxy(https: bool) -> Option<Proxy> {
    let value = |name: &&'static str| Some((*name, std::env::var(name).ok().filter(|value| !value.is_empty())?));
    let variable = |names: &[&'static str]| names.iter().find_map(value);
    // HTTP_PROXY in capitals is what a CGI script's client may set, but registries are never asked from one
    let names: &[&'static str] = if https { &["HTTPS_PROXY", "https_proxy"] } else { &["HTTP_PROXY", "http_proxy"] };
    let (name, url) = variable(names).or_else(|| variable(&["ALL_PROXY", "all_proxy"]))?;
    let except = variable(&["NO_PROXY", "no_proxy"]).map(|(_, except)| except).unwrap_or_default();
    Some(Proxy { url, variable: name, except })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(variables: &[(&str, &str)]) -> Vec<String> {
        let variable =
            |name: &str| variables.iter().find(|(own, _)| *own == name).map(|(_, value)| PathBuf::from(value));
        from(&variable, Some(7)).into_iter().map(|place| place.path.display().to_string()).collect()
    }

    #[test]
    fn files_are_looked_for_where_tools_write_them() {
        let shared = "/run/containers/7/auth.json";
        assert_eq!(paths(&[]), [shared]);
        let own = ["/h/.docker/config.json", shared, "/h/.config/containers/auth.json"];
        assert_eq!(paths(&[("HOME", "/h")]), own);
        let all = [
            ("HOME", "/h"),
            ("REGISTRY_AUTH_FILE", "/r.json"),
            ("DOCKER_CONFIG", "/d"),
            ("XDG_RUNTIME_DIR", "/x"),
            ("XDG_CONFIG_HOME", "/c"),
        ];
        assert_eq!(paths(&all), ["/r.json", "/d/config.json", "/x/containers/auth.json", "/c/containers/auth.json"]);
    }

    #[test]
    fn a_named_file_stands_alone() {
        let access = Access { authfile: Some("/own".into()), ..Access::default() };
        assert_eq!(auth_files(&access), [Place { path: "/own".into(), named: true }]);
    }
}
