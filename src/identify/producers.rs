//! Which tools write layers with which encoder, as data: the most pushed first.

use super::Named;
use super::candidates::header_speaks_for;
use super::facts::Facts;
use crate::encoder::{Family, class_of};

/// A tool that compresses layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Producer {
    /// Its name, and its releases where others use another encoder.
    pub name: &'static str,
    /// The encoder.
    pub family: Family,
    /// The level it uses without being told.
    pub level: i8,
    /// The classes by their versions, where the tool used only those; none: all that are no variant.
    pub versions: &'static [&'static str],
    /// The size of blocks it asks for, where there are blocks.
    pub block: Option<u32>,
    /// Whether it compresses the first 8 bytes apart.
    pub apart: bool,
    /// What its blobs have besides.
    pub mark: Mark,
}

/// What the blobs of a tool show beside the encoder's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// They are one stream.
    OneStream,
    /// They are one stream, and the header holds this name.
    Name(&'static [u8]),
    /// They are many streams, so that each file can be fetched alone: eStargz and zstd:chunked.
    Lazy,
}

impl Mark {
    fn is_on(self, facts: &Facts) -> bool {
        match self {
            Mark::OneStream => facts.members <= 1,
            Mark::Name(name) => facts.members <= 1 && facts.header.name.as_deref() == Some(name),
            Mark::Lazy => facts.members > 1,
        }
    }
}

impl Producer {
    const fn marked(mut self, mark: Mark) -> Self {
        self.mark = mark;
        self
    }
}

const fn tool(name: &'static str, family: Family, level: i8) -> Producer {
    Producer { name, family, level, versions: &[], block: None, apart: false, mark: Mark::OneStream }
}

const fn of(name: &'static str, family: Family, level: i8, versions: &'static [&'static str]) -> Producer {
    Producer { name, family, level, versions, block: None, apart: false, mark: Mark::OneStream }
}

const fn blocks(name: &'static str, level: i8, block: u32, versions: &'static [&'static str]) -> Producer {
    Producer { name, family: Family::Pgzip, level, versions, block: Some(block), apart: false, mark: Mark::OneStream }
}

const fn zstd(name: &'static str, level: i8, apart: bool) -> Producer {
    Producer { name, family: Family::KlauspostZstd, level, versions: &[], block: None, apart, mark: Mark::OneStream }
}

/// The usual block of pgzip in bytes.
const MEBIBYTE: u32 = 1 << 20;

const GO: &[&str] = &["1.8–1.26"];
/// At level 1 large tars tell Go's releases before and since 1.15 apart.
const GO_AT_1: &[&str] = &["1.8–1.26", "1.15–1.26", "1.8–1.14"];
const NEW_GO: &[&str] = &["≥ 1.27"];
const BOTH_GO: &[&str] = &["1.8–1.26", "≥ 1.27"];
/// Classes of klauspost/compress at pgzip's level 5 by when they were current.
const SINCE_2022: &[&str] = &["1.15.10–1.18.0"];
const SINCE_2025: &[&str] = &["≥ 1.18.1"];
const BEFORE_2022: &[&str] = &["1.9.8–1.10.0", "1.10.1", "1.10.2–1.11.12", "1.11.13–1.12.1", "1.12.2", "1.12.3–1.13.6"];
const OF_2022: &[&str] = &["1.14.0–1.14.1", "1.14.2", "1.14.3–1.14.4", "1.15.0–1.15.9"];

/// Every tool known here, in the order in which a reader should think of it.
pub const PRODUCERS: &[Producer] = &[
    of("docker push with the classic image store, 17.06 and later", Family::Go, 6, GO),
    of("containerd (ctr, nerdctl, CRI) up to at least 2.3", Family::Go, 6, GO),
    of("BuildKit, docker build", Family::Go, 6, GO),
    of("docker push 1.13 to 17.05", Family::Go, 6, &["1.7"]),
    of("docker push 1.9 to 1.12", Family::Go, 6, &["1.2–1.6"]),
    of("docker, containerd and BuildKit built with Go 1.27 or later", Family::Go, 6, NEW_GO),
    blocks("podman 4.3–5.8, buildah 1.28–1.43, skopeo 1.10–1.22, CRI-O", 5, MEBIBYTE, SINCE_2022),
    blocks("umoci 0.5 and later, apko, rules_img", 5, MEBIBYTE, SINCE_2022),
    blocks(
        "Debian's builds of skopeo and umoci, with the klauspost/compress of the distribution",
        5,
        MEBIBYTE,
        SINCE_2022,
    ),
    blocks("podman, buildah 1.44, skopeo and CRI-O with klauspost/compress 1.18.1 or later", 5, MEBIBYTE, SINCE_2025),
    blocks("podman, buildah and skopeo of 2022", 5, MEBIBYTE, OF_2022),
    blocks("podman, buildah and skopeo of 2019 to 2021", 5, MEBIBYTE, BEFORE_2022),
    blocks("umoci up to 0.4.7, stacker", 5, 256 << 10, &[]),
    of("crane, ko, kaniko, buildpacks (pack, lifecycle)", Family::Go, 1, GO_AT_1),
    of("crane, ko, kaniko, buildpacks built with Go 1.27 or later", Family::Go, 1, NEW_GO),
    zstd("podman, buildah, skopeo and CRI-O with --compression-format zstd", 2, true),
    zstd("BuildKit with compression=zstd, containerd, nerdctl image convert --zstd", 2, false),
    zstd("crane, kaniko with zstd", 1, false),
    zstd("podman, buildah and skopeo with zstd:chunked", 4, false).marked(Mark::Lazy),
    zstd("nerdctl image convert --zstdchunked", 2, false).marked(Mark::Lazy),
    of("Debian's official images (debuerreotype)", Family::Pigz, 9, &["2.6–2.8"]).marked(Mark::Name(b"rootfs.tar")),
    of("crane flatten", Family::Go, 9, BOTH_GO),
    of("BuildKit with compression=estargz", Family::Go, 6, BOTH_GO).marked(Mark::Lazy),
    of("nerdctl image convert --estargz", Family::Go, 9, BOTH_GO).marked(Mark::Lazy),
    tool("Jib", Family::Jdk, 6),
    tool("rules_oci (bsdtar), .NET SDK up to 8, Python's gzip at level 6", Family::Zlib, 6),
    tool("Python's GzipFile and tarfile, rules_docker", Family::Zlib, 9),
    tool(".NET SDK 9 and later, bootc and Java on Fedora and RHEL 10", Family::ZlibNg, 6),
    tool("gzip, busybox gzip", Family::GnuGzip, 6),
    tool("gzip --best", Family::GnuGzip, 9),
    tool("pigz", Family::Pigz, 6),
    of("Perl's IO::Compress", Family::Zlib, 6, &["1.2.5–1.3.2 with memLevel 9"]),
    of("nix dockerTools", Family::Pigz, 6, &["2.6–2.8 with --rsyncable"]),
    tool("flate2 (Rust) without features", Family::Miniz, 6),
];

/// The tools that are known to use `named`.
pub fn of_named(named: &Named) -> impl Iterator<Item = &'static Producer> + use<> {
    let named = *named;
    let is_variant = class_of(named.family, named.versions).is_some_and(|class| class.is_variant);
    PRODUCERS.iter().filter(move |producer| {
        producer.family == named.family
            && Some(producer.level) == named.level
            && producer.apart == named.apart
            && if producer.versions.is_empty() { !is_variant } else { producer.versions.contains(&named.versions) }
            && (named.block.is_none() || producer.block.is_none() || producer.block == named.block)
    })
}

/// Their names, without those whose own mark the blob lacks.
pub fn names(named: &Named, facts: &Facts) -> Vec<&'static str> {
    // Blocks of no size that is known are as large as all there is.
    let has_block = |producer: &&Producer| {
        named.block.is_some() || producer.block.is_none_or(|block| u64::from(block) > facts.header.uncompressed)
    };
    let producers = of_named(named).filter(|producer| producer.mark.is_on(facts)).filter(has_block);
    producers.map(|producer| producer.name).collect()
}

/// Where `named` belongs among those that write the same bytes: first whom the header speaks for, then who is used most.
pub fn rank(named: &Named, facts: &Facts) -> (bool, usize) {
    let own = of_named(named).find(|producer| producer.mark.is_on(facts));
    let place = own.and_then(|own| PRODUCERS.iter().position(|producer| producer == own));
    (!header_speaks_for(named, facts), place.unwrap_or(PRODUCERS.len()))
}
