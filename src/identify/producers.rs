//! Which tools write layers with which encoder, as data: the most pushed first.

use super::Named;
use super::candidates::header_speaks_for;
use super::facts::Facts;
use crate::encoder::Family;

/// A tool that compresses layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// Its name, and its releases where others use another encoder.
    pub name: &'static str,
    /// The encoder.
    pub family: Family,
    /// The level it uses without being told.
    pub level: i8,
    /// A part of the class's versions, where the tool used only those.
    pub versions: Option<&'static str>,
    /// The size of blocks it asks for, where there are blocks.
    pub block: Option<u32>,
    /// Whether it compresses the first 8 bytes apart.
    pub apart: bool,
}

const fn tool(name: &'static str, family: Family, level: i8) -> Producer {
    Producer { name, family, level, versions: None, block: None, apart: false }
}

const fn of(name: &'static str, family: Family, level: i8, versions: &'static str) -> Producer {
    Producer { name, family, level, versions: Some(versions), block: None, apart: false }
}

const fn blocks(name: &'static str, level: i8, block: u32, versions: Option<&'static str>) -> Producer {
    Producer { name, family: Family::Pgzip, level, versions, block: Some(block), apart: false }
}

const fn zstd(name: &'static str, level: i8, apart: bool) -> Producer {
    Producer { name, family: Family::KlauspostZstd, level, versions: None, block: None, apart }
}

/// The usual block of pgzip in bytes.
const MEBIBYTE: u32 = 1 << 20;

/// Every tool known here, in the order in which a reader should think of it.
pub const PRODUCERS: &[Producer] = &[
    of("docker push with the classic image store, 17.06 and later", Family::Go, 6, "1.8–1.26"),
    of("containerd (ctr, nerdctl, CRI) up to at least 2.3", Family::Go, 6, "1.8–1.26"),
    of("BuildKit, docker build", Family::Go, 6, "1.8–1.26"),
    of("docker, containerd and BuildKit built with Go 1.27 or later", Family::Go, 6, "≥ 1.27"),
    blocks("podman 4.3–5.8, buildah 1.28–1.43, skopeo 1.10–1.22, CRI-O", 5, MEBIBYTE, Some("1.15.10–1.18.0")),
    blocks(
        "podman, buildah 1.44, skopeo and CRI-O with klauspost/compress 1.18.1 or later",
        5,
        MEBIBYTE,
        Some("≥ 1.18.1"),
    ),
    blocks("podman, buildah and skopeo of 2022", 5, MEBIBYTE, Some("1.15.0–1.15.9")),
    blocks("umoci 0.5 and later, apko, rules_img", 5, MEBIBYTE, None),
    blocks("umoci up to 0.4.7, stacker", 5, 256 << 10, None),
    of("crane, ko, kaniko, buildpacks (pack, lifecycle)", Family::Go, 1, "1.8–1.26"),
    of("crane, ko, kaniko, buildpacks built with Go 1.27 or later", Family::Go, 1, "≥ 1.27"),
    zstd("podman, buildah, skopeo and CRI-O with --compression-format zstd", 2, true),
    zstd("BuildKit with compression=zstd, containerd, nerdctl image convert --zstd", 2, false),
    zstd("crane, kaniko with zstd", 1, false),
    zstd("podman and skopeo with zstd:chunked", 4, false),
    tool("Debian's official images (debuerreotype)", Family::Pigz, 9),
    tool("crane flatten, nerdctl image convert --estargz", Family::Go, 9),
    tool("Jib", Family::Jdk, 6),
    tool("rules_oci (bsdtar), .NET SDK up to 8, Python's gzip", Family::Zlib, 6),
    tool("Python's GzipFile and tarfile, rules_docker", Family::Zlib, 9),
    tool(".NET SDK 9 and later, bootc and Java on Fedora and RHEL 10", Family::ZlibNg, 6),
    tool("gzip, busybox gzip", Family::GnuGzip, 6),
    tool("gzip --best", Family::GnuGzip, 9),
    of("pigz", Family::Pigz, 6, "2.6–2.8"),
    of("nix dockerTools", Family::Pigz, 6, "--rsyncable"),
    tool("flate2 (Rust) without features", Family::Miniz, 6),
];

/// The tools that are known to use `named`.
pub fn of_named(named: &Named) -> impl Iterator<Item = &'static Producer> {
    let named = *named;
    PRODUCERS.iter().filter(move |producer| {
        producer.family == named.family
            && Some(producer.level) == named.level
            && producer.apart == named.apart
            && producer.versions.is_none_or(|versions| named.versions.is_empty() || named.versions.contains(versions))
            && (named.block.is_none() || producer.block.is_none() || producer.block == named.block)
    })
}

/// Their names.
pub fn names(named: &Named) -> Vec<&'static str> {
    of_named(named).map(|producer| producer.name).collect()
}

/// Where `named` belongs among those that write the same bytes: first whom the header speaks for, then who is used most.
pub fn rank(named: &Named, facts: &Facts) -> (bool, usize) {
    let own = of_named(named).next();
    let place = own.and_then(|own| PRODUCERS.iter().position(|producer| producer == own));
    (!header_speaks_for(named, facts), place.unwrap_or(PRODUCERS.len()))
}
