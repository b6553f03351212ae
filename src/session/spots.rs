//! Where the differences lie, one by one, and which level each leaves: what a policy is held against.

use std::collections::BTreeMap;

use crate::cause::Context;
use crate::compare::delta::{Delta, Field, Place, Presence};
use crate::image::document::Part;
use crate::image::{ContradictionKind, Image};
use crate::pair::{Pair, Side};
use crate::report::{Sameness, Spot};

/// Everything that tells one spot from another; the count is what they are counted by.
type Key<'d> = (Option<&'static str>, Option<Part>, Option<usize>, Option<&'d [u8]>, Sameness);

/// The spots of all deltas; `claims` names the cause of each.
pub fn spots(context: &Context<'_>, claims: &[Option<&'static str>]) -> Vec<Spot> {
    // without a config on both sides no pair is `same-image`
    let strongest = match context.images.map(Image::image_id) {
        Pair { a: Some(_), b: Some(_) } => Sameness::SameImage,
        _ => Sameness::SameLayers,
    };
    let mut counts: BTreeMap<Key<'_>, u64> = BTreeMap::new();
    for (delta, cause) in context.comparison.deltas.iter().zip(claims) {
        let (document, path) = match &delta.place {
            Place::Document(part) => (Some(*part), None),
            Place::Entry { path, .. } => (None, Some(&**path)),
            Place::Image | Place::Layer { .. } => (None, None),
        };
        let admits = match *cause {
            // how a whiteout is written never reaches a container
            Some("whiteout-style") => Sameness::SameFiles,
            _ => admits(delta),
        };
        let admits = admits.min(strongest);
        *counts.entry((*cause, document, delta.place.row(), path, admits)).or_default() += 1;
    }
    let layers = |row: Option<usize>, side: Side| -> Vec<usize> {
        let row = row.and_then(|row| context.comparison.rows.get(row));
        row.map(|row| row.layers(side).iter().map(|layer| layer + 1).collect()).unwrap_or_default()
    };
    let spot = |((cause, document, row, path, admits), count): (Key<'_>, u64)| Spot {
        cause,
        document: document.map(Part::name),
        layers: Pair::new(layers(row, Side::A), layers(row, Side::B)),
        path: path.map(<[u8]>::to_vec),
        admits,
        count,
    };
    counts.into_iter().map(spot).collect()
}

/// The strongest level that holds in spite of a difference. Never stronger than the truth: a level
/// that a policy requires is held against it.
fn admits(delta: &Delta) -> Sameness {
    match &delta.place {
        Place::Document(Part::Index | Part::Manifest) => Sameness::SameImage,
        Place::Document(Part::Config | Part::Json) => Sameness::SameLayers,
        Place::Image | Place::Layer { .. } | Place::Entry { .. } => by_field(&delta.field),
    }
}

fn by_field(field: &Field) -> Sameness {
    match field {
        Field::DocumentKind
        | Field::Signatures
        | Field::NoManifest
        | Field::MediaType(_)
        | Field::Index(_)
        | Field::Compression
        | Field::Encoding(_)
        | Field::Foreign
        | Field::Contradiction(ContradictionKind::MediaType) => Sameness::SameImage,
        Field::ManifestSchema
        | Field::LegacyV1
        | Field::Json(_)
        | Field::Spelling(_)
        | Field::Contradiction(ContradictionKind::HistoryLayers) => Sameness::SameLayers,
        Field::EmptyLayer
        | Field::Boundaries
        | Field::Order { .. }
        | Field::Trailer
        // the table of contents of an eStargz is an entry of its tar, and bytes may trail in the tar too
        | Field::LazyPull
        | Field::Contradiction(
            ContradictionKind::DiffId | ContradictionKind::Tar | ContradictionKind::TrailingData,
        )
        | Field::Presence(Presence::Duplicate | Presence::Parent | Presence::Whiteout | Presence::OtherLayer)
        | Field::LinkHolder
        | Field::ModeType
        | Field::PathSpelling
        | Field::TarFormat(_)
        | Field::Number(_)
        | Field::Pax(_)
        | Field::Padding
        | Field::Sparse
        | Field::Header(_) => Sameness::SameFiles,
        Field::Mode
        | Field::Uid
        | Field::Gid
        | Field::Uname
        | Field::Gname
        | Field::Mtime
        | Field::Atime
        | Field::Ctime
        | Field::Xattr(_)
        | Field::Device => Sameness::SameContents,
        Field::Blob | Field::NotOpened
        | Field::Unreadable
        | Field::Presence(Presence::Path)
        | Field::Kind
        | Field::Content
        | Field::Link => Sameness::Different,
    }
}
