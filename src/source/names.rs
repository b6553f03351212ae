//! Image names as users type them, held against names as archives write them.
//!
//! Follows docker's rules for short names (`app` → `docker.io/library/app:latest`). Refuses to
//! guess: several images that fit equally well are told to the user.

/// `name` in full: with host, `library/` where Docker Hub has it, and tag.
pub(super) fn full(name: &str) -> String {
    let (host, path) = match name.split_once('/') {
        Some((host, path)) if is_host(host) => (if host == "index.docker.io" { "docker.io" } else { host }, path),
        _ => ("docker.io", name),
    };
    let library = if host == "docker.io" && !path.contains('/') { "library/" } else { "" };
    let last = path.rsplit('/').next().unwrap_or(path);
    let tag = if last.contains([':', '@']) { "" } else { ":latest" };
    format!("{host}/{library}{path}{tag}")
}

fn is_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

/// How well `asked` fits `name`; lower is better, `None` is not at all.
pub(super) fn fit(asked: &str, name: &str) -> Option<u8> {
    let tail = |asked: &str| name.strip_suffix(asked).is_some_and(|rest| rest.ends_with('/'));
    if asked == name {
        Some(0)
    } else if full(asked) == full(name) {
        Some(1)
    } else if tail(asked) || tail(&format!("{asked}:latest")) {
        Some(2)
    } else if tag(name).is_some_and(|tag| tag == asked) {
        Some(3)
    } else {
        None
    }
}

/// The tag of `host/path:tag`.
fn tag(name: &str) -> Option<&str> {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split_once(':').map(|(_, tag)| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_dockers() {
        let table = [
            ("app", "docker.io/library/app:latest"),
            ("app:1", "docker.io/library/app:1"),
            ("team/app", "docker.io/team/app:latest"),
            ("index.docker.io/library/app:1", "docker.io/library/app:1"),
            ("localhost/app", "localhost/app:latest"),
            ("reg:5000/app", "reg:5000/app:latest"),
            ("reg.example/a/b:2", "reg.example/a/b:2"),
        ];
        for (name, expected) in table {
            assert_eq!(full(name), expected);
        }
    }

    #[test]
    fn names_fit_in_tiers() {
        let name = "reg.example/team/app:1";
        let table = [
            ("reg.example/team/app:1", name, Some(0)),
            ("app:1", "docker.io/library/app:1", Some(1)),
            ("docker.io/library/app:1", "app:1", Some(1)),
            ("app", "docker.io/library/app:latest", Some(1)),
            ("team/app:1", name, Some(2)),
            ("app:1", name, Some(2)),
            ("pp:1", name, None),
            ("1", name, Some(3)),
            ("latest", "latest", Some(0)),
            ("app:2", name, None),
            ("5000/app", "reg:5000/app", None),
        ];
        for (asked, name, expected) in table {
            assert_eq!(fit(asked, name), expected, "{asked} in {name}");
        }
    }
}
