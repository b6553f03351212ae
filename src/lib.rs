//! why-differ: why two container images that should be the same have different digests and sizes.
//!
//! [`diff`] compares two images and explains; [`inspect`] shows one. Both take references as they
//! are typed on the command line, never fail and never panic: what could not be read or trusted is
//! part of the answer. The types of the answers are in [`report`], what makes them readable is in
//! [`render`].
//!
//! ```no_run
//! let report = why_differ::diff("a.tar", "b.tar", &why_differ::Options::default(), &());
//! for finding in &report.findings {
//!     println!("{}: {}", finding.cause, finding.title);
//! }
//! ```

pub mod cause;
pub mod check;
pub mod compare;
pub mod digest;
pub mod encoder;
pub mod identify;
pub mod image;
pub mod layer;
pub mod limits;
pub mod load;
pub mod origin;
pub mod pair;
pub mod redact;
pub mod render;
pub mod replay;
pub mod report;
mod session;
pub mod source;
pub mod suggest;
pub mod text;

use limits::Limits;
use pair::Pair;
use report::{Inspection, Report, Served};
use source::Access;

/// How images are read and compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The platform to take from an index: `os/arch[/variant]`.
    pub platform: Option<String>,
    /// Compare all platforms of two indexes.
    pub all_platforms: bool,
    /// Open and hash everything, equal digests too.
    pub verify: bool,
    /// Write compressed layers again to the end, so that their encoder is proved; and comparing two images, rebuild b
    /// from a by nothing but the causes found.
    pub prove: bool,
    /// How b is rebuilt, if it is.
    pub proof: Proof,
    /// Inspect: list every block of compressed layers.
    pub blocks: bool,
    /// Codes of causes to leave out of the findings.
    pub ignore: Vec<String>,
    /// How many layers are opened at a time; all cores if not said.
    pub jobs: Option<usize>,
    /// Keep every place and piece of evidence.
    pub full: bool,
    /// Believe the configs where they declare equal diff IDs, instead of opening the layers.
    pub fast: bool,
    /// How registries are talked to, side by side.
    pub access: Pair<Access>,

    /// List where the differences lie, one by one ([`report::Report::spots`]).
    pub spots: bool,
    /// Keep documents and differing headers ([`report::Report::exhibits`]).
    pub exhibits: bool,
    /// Bounds on foreign bytes.
    pub limits: Limits,
}

/// How b is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Encode compressed layers after every cause, not only after the last.
    pub all_steps: bool,
    /// A folder to write the steps to, empty or not yet there.
    pub write_steps: Option<std::path::PathBuf>,
    /// Whether whole tars are written too, contents and all.
    pub with_layers: bool,
    /// How many replays are made besides with one difference left out each, evenly spread, to see that none of them
    /// reaches B; then also one with all of them left out, which has to stay A. 0: none.
    pub trials: usize,
}

/// Who wants to know how far the work is. `()` does not.
pub trait Progress: Sync {
    /// So many more bytes are to be read.
    fn add_total(&self, bytes: u64);
    /// So many bytes were read.
    fn advance(&self, bytes: u64);
}

impl Progress for () {
    fn add_total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
}

/// Compares the images that `a` and `b` refer to, and explains.
pub fn diff(a: &str, b: &str, options: &Options, progress: &dyn Progress) -> Report {
    session::on_pool(options, || session::diff(a, b, options, progress))
}

/// The table of encoder classes: which releases of which encoder write the same bytes, and who uses them.
pub fn encoders() -> Vec<report::EncoderClass> {
    identify::table()
}

/// Reads the image that `a` refers to and shows what it is made of.
pub fn inspect(a: &str, options: &Options, progress: &dyn Progress) -> Inspection {
    session::on_pool(options, || session::inspect(a, options, progress))
}

/// Asks a registry for `reference` in the ways that clients ask, and compares the answers.
pub fn served(reference: &str, options: &Options, progress: &dyn Progress) -> Served {
    session::on_pool(options, || session::served(reference, options, progress))
}
