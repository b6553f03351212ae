//! Platforms: `os/arch[/variant]`, and which spellings mean the same.
//!
//! Normalisation follows containerd's `platforms` package as users know it: `arm64` is
//! `arm64/v8`, `arm` is `arm/v7`, `x86_64` is `amd64`, `aarch64` is `arm64`.

use std::fmt;

use crate::image::json::{Json, Node};

/// Operating systems: the `GOOS` of Go's `syslist.go`, to which the image specification refers, the `wasi` of runwasi,
/// and BuildKit's `unknown`.
pub const SYSTEMS: [&str; 20] = [
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "unknown",
    "wasi",
    "wasip1",
    "windows",
    "zos",
];

/// Architectures: the `GOARCH` of Go's `syslist.go`, other spellings that [`Platform::normal`] knows, and BuildKit's
/// `unknown`.
pub const ARCHITECTURES: [&str; 34] = [
    "386",
    "aarch64",
    "amd64",
    "amd64p32",
    "arm",
    "arm64",
    "arm64be",
    "armbe",
    "armel",
    "armhf",
    "i386",
    "loong64",
    "mips",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "mipsle",
    "powerpc64le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "unknown",
    "wasm",
    "wasm32",
    "x86",
    "x86-64",
    "x86_64",
];

/// Variants of an architecture, where they are a closed list.
pub fn variants(architecture: &str) -> Option<&'static [&'static str]> {
    match architecture {
        "amd64" | "x86_64" | "x86-64" => Some(&["v1", "v2", "v3", "v4"]),
        "arm" => Some(&["v5", "v6", "v7", "v8", "5", "6", "7", "8"]),
        _ => None,
    }
}

/// A platform of an index's child or of a config.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Platform {
    /// `linux`, `windows`
    pub os: String,
    /// `amd64`, `arm64`
    pub architecture: String,
    /// `v8`; empty where none is written.
    pub variant: String,
    /// `10.0.20348.2227`; Windows only.
    pub os_version: String,
}

impl Platform {
    /// From the `platform` of a descriptor, or from a config, which uses the same keys.
    pub fn read(node: &Node) -> Option<Platform> {
        let text = |key: &str| node.value.get(key).and_then(|node| node.value.as_str()).unwrap_or_default().to_owned();
        let platform = Platform {
            os: text("os"),
            architecture: text("architecture"),
            variant: text("variant"),
            os_version: text("os.version"),
        };
        let known =
            matches!(node.value, Json::Object(_)) && !(platform.os.is_empty() && platform.architecture.is_empty());
        known.then_some(platform)
    }

    /// From what a user types: `linux/arm64/v8`, `arm64` alone means linux.
    pub fn parse(text: &str) -> Option<Platform> {
        let mut parts = text.split('/');
        let first = parts.next().filter(|part| !part.is_empty())?;
        let (os, architecture) = match parts.next() {
            Some(architecture) if !architecture.is_empty() => (first, architecture),
            Some(_) => return None,
            None => ("linux", first),
        };
        let variant = parts.next().unwrap_or_default();
        if parts.next().is_some() {
            return None;
        }
        Some(Platform {
            os: os.into(),
            architecture: architecture.into(),
            variant: variant.into(),
            os_version: String::new(),
        })
    }

    /// This machine's: linux, since images are, on its architecture.
    pub fn host() -> Platform {
        Platform { os: "linux".into(), architecture: std::env::consts::ARCH.into(), ..Platform::default() }.normal()
    }

    /// The one spelling that stands for all that mean the same.
    pub fn normal(&self) -> Platform {
        let (architecture, variant) = match (self.architecture.as_str(), self.variant.as_str()) {
            ("x86_64" | "x86-64" | "amd64", "v1") => ("amd64", ""),
            ("x86_64" | "x86-64", variant) => ("amd64", variant),
            ("i386" | "x86", variant) => ("386", variant),
            ("aarch64" | "arm64", "" | "8" | "v8") => ("arm64", ""),
            ("aarch64", variant) => ("arm64", variant),
            ("armhf", _) => ("arm", "v7"),
            ("armel", _) => ("arm", "v6"),
            ("arm", "" | "7") => ("arm", "v7"),
            ("arm", "5") => ("arm", "v5"),
            ("arm", "6") => ("arm", "v6"),
            ("powerpc64le", variant) => ("ppc64le", variant),
            (architecture, variant) => (architecture, variant),
        };
        Platform {
            os: self.os.to_lowercase(),
            architecture: architecture.into(),
            variant: variant.into(),
            os_version: self.os_version.clone(),
        }
    }

    /// Whether a choice of `wanted` takes this one.
    pub fn satisfies(&self, wanted: &Platform) -> bool {
        let (have, want) = (self.normal(), wanted.normal());
        have.os == want.os
            && have.architecture == want.architecture
            && have.variant == want.variant
            && (want.os_version.is_empty() || have.os_version == want.os_version)
    }

    /// `unknown/unknown`: BuildKit's mark of a manifest that is no image.
    pub fn is_unknown(&self) -> bool {
        self.os == "unknown" && self.architecture == "unknown"
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if !self.variant.is_empty() {
            write!(f, "/{}", self.variant)?;
        }
        if !self.os_version.is_empty() {
            write!(f, " {}", self.os_version)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_platform_agree() {
        let same = [
            ("linux/arm64", "linux/arm64/v8"),
            ("arm64", "linux/aarch64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/x86_64", "amd64"),
        ];
        for (a, b) in same {
            let (a, b) = (Platform::parse(a).expect("a platform"), Platform::parse(b).expect("a platform"));
            assert!(a.satisfies(&b) && b.satisfies(&a), "{a} {b}");
        }
        let arm6 = Platform::parse("linux/arm/v6").expect("a platform");
        assert!(!arm6.satisfies(&Platform::parse("linux/arm").expect("a platform")));
        assert_eq!(Platform::parse("linux//"), None);
        assert_eq!(Platform::parse(""), None);
    }
}
