//! The report: everything a reader sees, as plain data, and nothing else.
//!
//! Renderers are pure functions of these types. Nothing here is computed; [`crate::diff`] and
//! [`crate::inspect`] fill it. Sizes are bytes; digests are as descriptors write them.

mod exhibit;
mod proof;
mod spot;
mod verdict;

use crate::digest::Digest;
use crate::pair::{Pair, Side};
pub use exhibit::{DocumentBody, DocumentExhibit, Exhibits, FieldExhibit, HeaderExhibit, Obtained, Piece};
pub use proof::{Missed, Proof, ProofStep, TakenFromB, Trial};
pub use spot::Spot;
pub use verdict::{CheckFault, CheckNote, CheckResult, Rule, Standing, Verdict};

/// What comparing two images found.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The two images.
    pub sides: Pair<ImageSummary>,
    /// The strongest level of sameness that holds; `None` when none can be vouched for.
    pub sameness: Option<Sameness>,
    /// The sizes and what their difference is made of.
    pub size: SizeAccount,
    /// Causes found, most important first, after `--ignore`.
    pub findings: Vec<Finding>,
    /// Causes found and filtered by `--ignore`, by code.
    pub ignored: Vec<&'static str>,
    /// Differences that no cause claims.
    pub unexplained: Vec<Unexplained>,
    /// How many single differences (deltas) there are in all.
    pub differences: u64,
    /// Layers side by side, in order, as they were aligned.
    pub layers: Vec<LayerRow>,
    /// With `--all-platforms`: each platform's own report, and platforms that one side lacks.
    pub pairs: Vec<PlatformReport>,
    /// What kept the comparison from being trusted or finished.
    pub trouble: Vec<Trouble>,
    /// Remarks that are no differences: what was not opened and why.
    pub notes: Vec<String>,
    /// With `--prove`: what replaying the causes on a came to.
    pub proof: Option<Proof>,
    /// Where the differences lie, one by one; filled only where it is asked for.
    pub spots: Vec<Spot>,
    /// Documents and headers as they are; filled only where it is asked for.
    pub exhibits: Exhibits,
    /// What was taken out before the report is sent; none if nobody asked for that.
    pub redacted: Option<Vec<Redaction>>,
}

/// One value that was taken out of a report, since it looks like a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redaction {
    /// Its number, from 1; the same value has the same number wherever it stood.
    pub number: usize,
    /// What it was called, or what it looks like.
    pub name: String,
    /// Its length in bytes.
    pub length: usize,
}

impl std::fmt::Display for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "#{}: {}, {} bytes", self.number, self.name, self.length)
    }
}

impl Report {
    /// A report that says nothing yet.
    pub fn bare(sides: Pair<ImageSummary>) -> Report {
        Report {
            sides,
            sameness: None,
            size: SizeAccount::default(),
            findings: Vec::new(),
            ignored: Vec::new(),
            unexplained: Vec::new(),
            differences: 0,
            layers: Vec::new(),
            pairs: Vec::new(),
            trouble: Vec::new(),
            notes: Vec::new(),
            proof: None,
            spots: Vec::new(),
            exhibits: Exhibits::default(),
            redacted: None,
        }
    }

    /// Whether every difference is claimed by a cause. What could not be read may hide some: with trouble, no.
    pub fn accounted(&self) -> bool {
        self.trouble.is_empty()
            && self.unexplained.is_empty()
            && self.pairs.iter().all(|pair| pair.report.as_ref().is_none_or(|report| report.accounted()))
    }

    /// The trouble of the comparison itself, then of each platform with its name.
    pub fn troubles(&self) -> Vec<(Option<&str>, &Trouble)> {
        let own = self.trouble.iter().map(|trouble| (None, trouble));
        let inner = self.pairs.iter().filter_map(|pair| pair.report.as_ref().map(|report| (&*pair.platform, report)));
        let of_pairs = inner.flat_map(|(platform, report)| {
            report.troubles().into_iter().map(move |(inner, trouble)| (inner.or(Some(platform)), trouble))
        });
        own.chain(of_pairs).collect()
    }
}

/// One platform of two indexes.
#[derive(Debug, Clone, PartialEq)]
pub struct PlatformReport {
    /// `linux/arm64/v8`
    pub platform: String,
    /// The comparison, unless one side lacks the platform.
    pub report: Option<Report>,
    /// The side that has it, when only one has.
    pub only: Option<Side>,
}

/// One image in a few facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageSummary {
    /// The reference as typed.
    pub reference: String,
    /// What it was read from: `OCI layout`, `docker archive`, ….
    pub source: String,
    /// What the top document is, in words: `Docker schema 2`, `OCI index`, `classic docker save`.
    pub form: String,
    /// Media type of the top document.
    pub media_type: Option<String>,
    /// Digest of the top document (of the payload for signed schema 1); none for archives without one.
    pub digest: Option<Digest>,
    /// What a registry stores for it: manifest, config and layer blobs.
    pub size: Option<u64>,
    /// Digest of the config.
    pub image_id: Option<Digest>,
    /// `os/arch[/variant]` where the image says so.
    pub platform: Option<String>,
    /// Number of layers.
    pub layers: usize,
    /// What came over a network, for images that are far away.
    pub transfer: Option<Transfer>,
}

/// What was fetched of an image that is far away, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transfer {
    /// From where: the registry.
    pub from: String,
    /// Bytes of documents and layers that were fetched; twice what was fetched twice.
    pub fetched: u64,
    /// Bytes that came from the cache instead.
    pub cached: u64,
    /// Bytes of layers that nobody had to open.
    pub not_needed: u64,
    /// How many such layers there are.
    pub layers_not_needed: u64,
    /// Which file or helper gave the credentials, if some were needed.
    pub credentials: Option<String>,
}

/// Levels of sameness, weakest first so that they compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sameness {
    /// Files were added or removed, or contents, types or link targets differ.
    Different,
    /// The same paths, types, links and contents; file metadata differs.
    SameContents,
    /// The merged file systems are equal.
    SameFiles,
    /// Every diff ID is equal and in order; the configs differ.
    SameLayers,
    /// The config is byte-identical and the recomputed diff IDs agree.
    SameImage,
    /// The top documents are byte-identical.
    SameDigest,
}

impl Sameness {
    /// All levels, strongest first.
    pub const ALL: [Sameness; 6] = [
        Sameness::SameDigest,
        Sameness::SameImage,
        Sameness::SameLayers,
        Sameness::SameFiles,
        Sameness::SameContents,
        Sameness::Different,
    ];

    /// The name in JSON and of `--require`.
    pub fn name(self) -> &'static str {
        match self {
            Sameness::SameDigest => "same-digest",
            Sameness::SameImage => "same-image",
            Sameness::SameLayers => "same-layers",
            Sameness::SameFiles => "same-files",
            Sameness::SameContents => "same-contents",
            Sameness::Different => "different",
        }
    }
}

/// The sizes of both images and the ledger of their difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SizeAccount {
    /// Bytes, where known.
    pub sides: Pair<Option<u64>>,
    /// Sums exactly to `b − a` when both are known.
    pub ledger: Vec<LedgerRow>,
}

impl SizeAccount {
    /// `b − a` in bytes.
    pub fn difference(&self) -> Option<i128> {
        Some(i128::from(self.sides.b?) - i128::from(self.sides.a?))
    }
}

/// Bytes that one cause, or several inseparable ones, account for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// One cause; several where a compressed layer cannot tell them apart; none for unexplained bytes.
    pub causes: Vec<&'static str>,
    /// Signed bytes, `b − a`.
    pub bytes: i128,
}

/// One cause that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The cause's code.
    pub cause: &'static str,
    /// Its group.
    pub group: Group,
    /// What is seen here, in one line without the code: `gzip → none in 2 of 2 layers`.
    pub title: String,
    /// How many single differences it claims.
    pub count: u64,
    /// Signed bytes of the size difference; none where they cannot be told from other causes'.
    pub size_effect: Option<i128>,
    /// How sure it is.
    pub certainty: Certainty,
    /// Where, the first few.
    pub places: Vec<String>,
    /// How many places in all.
    pub places_total: u64,
    /// What was seen, the first few.
    pub evidence: Vec<Evidence>,
    /// How many pieces of evidence in all.
    pub evidence_total: u64,
    /// How to make it go away.
    pub fixes: Vec<Fix>,
}

/// The catalogue's groups, most important first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// One side contradicts itself.
    Integrity,
    /// Different files.
    Content,
    /// The same contents, other metadata.
    Metadata,
    /// The image configuration.
    Build,
    /// The same files, other bytes.
    Encoding,
}

impl Group {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Group::Integrity => "integrity",
            Group::Content => "content",
            Group::Build => "build",
            Group::Metadata => "metadata",
            Group::Encoding => "encoding",
        }
    }
}

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// A fingerprint; the text says of what.
    Likely,
    /// Read off the bytes.
    Observed,
    /// Bytes were rebuilt and the digest hit.
    Proved,
}

impl Certainty {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Likely => "likely",
            Certainty::Observed => "observed",
            Certainty::Proved => "proved",
        }
    }
}

/// A value of one side, as evidence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Not there.
    Absent,
    /// Text, or bytes that should be.
    Text(Vec<u8>),
    /// A number.
    Number(i128),
    /// JSON as written, on one line.
    Json(String),
}

impl Value {
    /// From a string.
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(text.into().into_bytes())
    }
}

/// Something seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A field with its two values.
    Values {
        /// Where: a document or a path.
        place: String,
        /// Which field: `mtime`, `layers[0].mediaType`.
        field: String,
        /// The values.
        values: Pair<Value>,
        /// How many differences have just this shape, this one included.
        repeats: u64,
    },
    /// A layer of each side, for causes that change all its bytes.
    Layer {
        /// Which: `layer 1`.
        place: String,
        /// Sizes of the blobs in bytes.
        size: Pair<Option<u64>>,
        /// Recomputed diff IDs, where the layers were opened.
        diff_id: Pair<Option<Digest>>,
    },
    /// Who compressed a layer of each side.
    Encoder {
        /// Which: `layer 1`.
        place: String,
        /// Whom the bytes show.
        sides: Box<Pair<Encoder>>,
    },
    /// A sentence.
    Note(String),
    /// A line diff of a text file.
    Lines {
        /// The path.
        place: String,
        /// Lines with `-`, `+` or space in front, without their newline.
        lines: Vec<(char, Vec<u8>)>,
        /// How many more changed lines there are.
        more: u64,
    },
}

/// Who compressed a layer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoder {
    /// The encoder that the header and the field speak for; none if it is unknown.
    pub name: Option<EncoderName>,
    /// Others that write the same bytes.
    pub alternatives: Vec<EncoderName>,
    /// All of them in words.
    pub title: String,
    /// Tools that are known to use the encoder, or another one that writes the same bytes.
    pub producers: Vec<&'static str>,
    /// `proved`, `likely`, `structure` or `unknown`.
    pub certainty: &'static str,
    /// Whether the blob was written again and its digest was hit.
    pub proved: bool,
    /// How many bytes of the blob, from its beginning, were written again and agreed.
    pub agreed_bytes: u64,
    /// Whether some encoders were not tried, since only `--prove` runs them.
    pub is_open: bool,
    /// If the encoder is unknown, the one that came nearest.
    pub nearest: Option<EncoderMiss>,
    /// What the structure of the stream shows, one observation a line.
    pub structure: Vec<String>,
}

/// One encoder at one level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncoderName {
    /// `go`, `pgzip`, `zlib`, ….
    pub family: &'static str,
    /// The level in its own counting, where it is known.
    pub level: Option<i64>,
    /// The releases that write these bytes; empty where only the structure speaks.
    pub versions: String,
    /// The size in bytes of blocks that are compressed side by side, where there are such.
    pub block: Option<u64>,
    /// In words.
    pub title: String,
}

/// A row of the table of encoders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncoderClass {
    /// `go`, `pgzip`, `zlib`, ….
    pub family: &'static str,
    /// How a sentence names the family.
    pub title: &'static str,
    /// The releases that write the same bytes; empty where only the structure is known.
    pub versions: &'static str,
    /// The levels at which they do, in the encoder's own counting.
    pub levels: Vec<i64>,
    /// Whether they compress a layer's first 8 bytes apart, as podman's family does with zstd.
    pub first_bytes_apart: bool,
    /// The sizes of tars in bytes for which the row holds, from and below, where it does not hold for all.
    pub tar_sizes: Option<(u64, Option<u64>)>,
    /// Whether a blob by it can be written again and so be proved.
    pub provable: bool,
    /// Tools that are known to use it, with the level they use.
    pub producers: Vec<(i64, &'static str)>,
}

/// Where an encoder that came near went another way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncoderMiss {
    /// The encoder.
    pub name: EncoderName,
    /// Offset in the blob of its first wrong byte.
    pub compressed_offset: u64,
    /// Offset in the tar of what that byte is part of, where known.
    pub uncompressed_offset: Option<u64>,
    /// Number from 0 of the gzip member or zstd frame that it stands in, where known; skippable frames have none.
    pub member: Option<u64>,
    /// Number from 0 of the member's block that it is part of, where known.
    pub block: Option<u64>,
}

/// One way to make a cause go away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// When and what: `to make b like a`.
    pub text: String,
    /// The exact command, if one does it.
    pub command: Option<String>,
}

/// A difference that no cause claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// Where.
    pub place: String,
    /// Which field.
    pub field: String,
    /// Its values.
    pub values: Pair<Value>,
}

/// A layer of each side as they were aligned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerRow {
    /// 1-based positions; none where a side has no counterpart.
    pub position: Pair<Option<usize>>,
    /// The layers' facts.
    pub layer: Pair<Option<LayerSummary>>,
    /// In a few words: `same blob`, `same diff ID, recomputed`, `differs`.
    pub relation: String,
}

/// One layer in a few facts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayerSummary {
    /// 0-based position.
    pub index: usize,
    /// As the descriptor declares it.
    pub media_type: Option<String>,
    /// Digest of the blob.
    pub digest: Option<Digest>,
    /// Size of the blob in bytes.
    pub size: Option<u64>,
    /// `gzip`, `zstd`, `none`; by the bytes; none if not opened.
    pub compression: Option<String>,
    /// Recomputed diff ID, if opened.
    pub diff_id: Option<Digest>,
    /// The diff ID that the config declares.
    pub diff_id_declared: Option<Digest>,
    /// Length of the tar in bytes, if opened.
    pub tar_size: Option<u64>,
    /// Number of tar entries, if walked.
    pub entries: Option<u64>,
    /// Facts of the compression envelope, one a line: gzip members, header fields, zstd frames.
    pub envelope: Vec<String>,
    /// Who compressed it, if it is compressed and that was looked into.
    pub encoder: Option<Encoder>,
    /// The blocks of its compressed stream, if they were asked for.
    pub blocks: Vec<Block>,
}

/// One block of a compressed stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Number from 0 of the gzip member or zstd frame; skippable frames have none.
    pub member: u64,
    /// `stored`, `fixed` or `dynamic` of deflate; `raw`, `rle` or `compressed` of zstd.
    pub kind: &'static str,
    /// Whether it says that it is its stream's last.
    pub last: bool,
    /// Where it begins, in bits from the beginning of the blob.
    pub bit_offset: u64,
    /// Its length in bits.
    pub bits: u64,
    /// Where what it unpacks to begins, in bytes from the beginning of what the member unpacks to, where known.
    pub offset: Option<u64>,
    /// How many bytes it unpacks to, where known: not of a zstd block that is damaged.
    pub uncompressed: Option<u64>,
    /// Literals and matches (zstd: sequences), or bytes of a stored block.
    pub tokens: u64,
    /// Matches (zstd: sequences).
    pub matches: u64,
    /// Deflate: shortest and longest match in bytes, 0 without matches.
    pub lengths: (u64, u64),
    /// Deflate: farthest match in bytes back, 0 without matches.
    pub farthest: u64,
    /// Deflate: numbers of literal and length, distance, and code length codes of a dynamic block.
    pub codes: (u64, u64, u64),
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Which side, where it is one.
    pub side: Option<Side>,
    /// The integrity cause it stands for, if one (`blob-digest-mismatch`).
    pub cause: Option<&'static str>,
    /// One sentence: which file or blob, what was expected, what was found.
    pub message: String,
}

/// One image, inspected.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The image.
    pub image: ImageSummary,
    /// Every document read.
    pub documents: Vec<DocumentSummary>,
    /// Platforms of an index.
    pub platforms: Vec<PlatformSummary>,
    /// Layers in order.
    pub layers: Vec<LayerSummary>,
    /// Integrity findings.
    pub findings: Vec<Finding>,
    /// What kept it from being read whole.
    pub trouble: Vec<Trouble>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// A document in a few facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSummary {
    /// `index`, `manifest`, `config`, ….
    pub kind: String,
    /// Its media type, where it has or is given one.
    pub media_type: Option<String>,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// How it is written: `one line`, `indented by 3 spaces`.
    pub spelling: String,
}

/// A child of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformSummary {
    /// `linux/amd64`, or `attestation of sha256:…`.
    pub platform: String,
    /// The child's digest.
    pub digest: Option<Digest>,
    /// Whether it is the one that is inspected.
    pub chosen: bool,
}

/// One tag of a registry, asked for in every way.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Served {
    /// The reference as typed.
    pub reference: String,
    /// What was asked for, without the registry.
    pub name: String,
    /// The registry.
    pub host: String,
    /// The documents that came, each once; the first is the one that this program would read.
    pub answers: Vec<DocumentSummary>,
    /// Every question.
    pub asked: Vec<AskedRow>,
    /// Where headers contradict the documents, or HEAD contradicts GET.
    pub findings: Vec<Finding>,
    /// The first answer against each other one.
    pub comparisons: Vec<Compared>,
    /// The weakest level that holds between the answers.
    pub sameness: Option<Sameness>,
    /// What kept it from being read or trusted.
    pub trouble: Vec<Trouble>,
    /// Remarks.
    pub notes: Vec<String>,
}

/// One way of asking, and what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedRow {
    /// `GET` or `HEAD`.
    pub method: &'static str,
    /// The digest that was asked for, unless it was the tag.
    pub by_digest: Option<String>,
    /// What was accepted, in words.
    pub accept: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub media_type: Option<String>,
    /// `Docker-Content-Digest`.
    pub digest: Option<String>,
    /// `Content-Length`, in bytes.
    pub size: Option<u64>,
    /// Which of the answers it is.
    pub answer: Option<usize>,
}

/// Two answers to one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The place of the one among the answers.
    pub a: usize,
    /// The place of the other.
    pub b: usize,
    /// Why they differ.
    pub report: Report,
}
