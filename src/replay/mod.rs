//! The replay: from A's bytes, by nothing but the claimed deltas, to B's; and the digests say so.
//!
//! Every difference must be guarded by a claimed delta or follow from something that was replayed
//! itself: a digest in a descriptor is computed from the replayed target, a checksum from the
//! replayed header. What nothing guards stays A's, and then B's digest is missed. The replay claims
//! nothing that it did not rebuild; what it took from B whole, and what it did not rebuild, it says.
//!
//! It opens nothing itself: bytes of layers come through [`Contents`], compressed bytes through
//! [`Reencode`].

mod ahead;
pub mod claims;
mod documents;
mod entry;
mod extension;
mod follows;
mod framing;
mod guards;
mod interleave;
mod layers;
mod merge;
mod plan;
mod rebuilt;
mod stored;
mod stream;
mod target;
mod tars;
mod white_space;

use std::io::{self, Read, Write};

use crate::compare::Comparison;
use crate::digest::Digest;
use crate::image::Image;
use crate::pair::{Pair, Side};
use claims::Claims;

pub use documents::Stage;
pub use layers::{RowReplay, RowSizes};

/// One document or layer on its way from A to B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Which, as findings name it.
    pub place: String,
    /// What is replayed.
    pub of: Of,
    /// What it is after each step that changed it, step 0 first; `None` where it is not there, or
    /// (in between) where its digest was not taken.
    pub states: Vec<(usize, Option<Stage>)>,
    /// What B has.
    pub wanted: Option<Digest>,
    /// Whether the last state is B's.
    pub hit: bool,
    /// What keeps a hit from being a proof: its bytes were not rebuilt.
    pub gap: Option<String>,
}

/// What a chain is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The uncompressed tars of a row of layers; which of the row's layers.
    Tar(usize, usize),
    /// The blobs of a row of layers as they are stored; which of the row's layers.
    Blob(usize, usize),
    /// A document.
    Document(crate::compare::delta::DocumentRef),
}

/// Bytes that only B has and that were taken from it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// Where they are.
    pub place: String,
    /// What they are.
    pub what: What,
    /// How many.
    pub bytes: u64,
}

/// What was taken from B.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Contents of a file, as stored.
    Contents,
    /// Contents that a later entry or layer hides: no file system shows them.
    Hidden,
    /// Another stored form of contents that both have: a sparse file's pieces and map.
    StoredForm,
    /// The headers of an entry that A does not have, where A has none like them.
    EntryHeader,
    /// An extension header that A has none of that kind for: its block and its body.
    ExtensionHeader,
    /// How a blob is cut into members or frames, and what stands in none of them.
    Framing,
    /// What stands behind the end of an archive.
    BehindEnd,
    /// A document that A does not have.
    Document,
    /// A blob that is no tar.
    Blob,
}

impl What {
    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            What::Contents => "contents",
            What::Hidden => "hidden-contents",
            What::StoredForm => "stored-form",
            What::EntryHeader => "entry-header",
            What::ExtensionHeader => "extension-header",
            What::Framing => "framing",
            What::BehindEnd => "behind-end",
            What::Document => "document",
            What::Blob => "blob",
        }
    }
}

/// What a replay came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replay {
    /// The causes in the order of their steps; step `n` is `causes[n - 1]`.
    pub causes: Vec<&'static str>,
    /// Layers, then documents from the config up.
    pub chains: Vec<Chain>,
    /// What came from B besides the values of the deltas themselves.
    pub taken: Vec<Taken>,
    /// What was not rebuilt.
    pub not_proved: Vec<String>,
    /// Per delta: whether it guards anything that differs; the others are facts that change no byte.
    pub used: Vec<bool>,
    /// Per row of layers: how its stored size changes, where that is known.
    pub sizes: Vec<Option<RowSizes>>,
    /// What was kept.
    pub kept: Vec<Kept>,
    /// The digest of the top that the replay reached, and the one that is B's.
    pub top: Option<(Option<Digest>, Digest)>,
}

impl Replay {
    /// Whether every digest was hit and every byte accounted for.
    pub fn is_complete(&self) -> bool {
        self.not_proved.is_empty()
            && self.chains.iter().all(|chain| chain.hit && chain.gap.is_none())
            && self.top.is_some_and(|(reached, wanted)| reached == Some(wanted))
    }
}

/// Where the bytes of layers come from.
pub trait Contents: Sync {
    /// The uncompressed tar of a layer, from its start.
    fn tar(&self, side: Side, layer: usize) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// Who knows how B's compressed layers were made.
pub trait Reencode: Sync {
    /// Whether B's layer at `layer` (0-based) was written again from its own tar, to the last byte, cut where it is cut.
    /// Then a tar that is rebuilt to the same digest makes the same blob.
    fn is_reproduced(&self, layer: usize) -> bool;

    /// An encoder for B's layer at `layer` (0-based), if its encoder is known: fed the layer's tar,
    /// it has to give the layer's blob.
    fn start(&self, layer: usize) -> Option<Box<dyn Encoding + '_>>;
}

/// A layer being encoded.
pub trait Encoding {
    /// Takes in the next bytes of the tar.
    fn write(&mut self, bytes: &[u8]);

    /// Ends the tar: digest and size of the blob, if it could be made.
    fn finish(self: Box<Self>) -> Option<Stage>;
}

/// Nobody knows.
impl Reencode for () {
    fn is_reproduced(&self, _: usize) -> bool {
        false
    }

    fn start(&self, _: usize) -> Option<Box<dyn Encoding + '_>> {
        None
    }
}

/// What a replay looks at.
pub struct Job<'j> {
    /// The images, with the layers that differ walked.
    pub images: Pair<&'j Image>,
    /// What was found.
    pub comparison: &'j Comparison,
    /// The cause that claims each delta.
    pub codes: &'j [Option<&'static str>],
    /// All causes in the order of the catalogue.
    pub order: &'j [&'static str],
    /// Where the bytes of layers come from.
    pub contents: &'j dyn Contents,
    /// Who knows the encoders.
    pub reencode: &'j dyn Reencode,
    /// Whether compressed layers are encoded at every step and not only at the last.
    pub all_steps: bool,
    /// Who keeps the steps, if anybody does.
    pub keep: Option<&'j dyn Keep>,
}

/// Who keeps what documents and tars are at each step.
pub trait Keep: Sync {
    /// A place for the bytes of `path`, if there is one.
    fn open(&self, path: &str) -> Option<Box<dyn Write + Send>>;

    /// Whether whole tars are to be kept, contents and all, and not only their headers.
    fn with_layers(&self) -> bool;
}

/// Something that was kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// Where, relative and with `/`.
    pub path: String,
    /// The digest that it must have, where the replay says one.
    pub digest: Option<Digest>,
}

/// Replays B out of A.
pub fn replay(job: &Job<'_>) -> Replay {
    let Job { images, comparison, codes, order, .. } = *job;
    let children = !images.a.compared_children.is_empty() && !images.b.compared_children.is_empty();
    let claims = Claims::new(&comparison.deltas, codes, order, children);
    let mut out = Replay { causes: claims.causes.clone(), ..Replay::default() };
    let rows = layers::rows(job, &claims, &mut out);
    let states = documents::documents(images, comparison, &claims, &rows, job.keep, &mut out);
    out.sizes = rows.iter().map(RowReplay::sizes).collect();
    out.top = target::top(images, &rows, &states, claims.last());
    if !claims.all_claimed() {
        out.not_proved.push("not every difference has a cause".to_owned());
    }
    out.not_proved.extend(out.chains.iter().filter_map(|chain| chain.gap.clone()));
    out.used = claims.used();
    out
}
