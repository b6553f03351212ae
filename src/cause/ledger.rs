//! The size ledger: every byte of the difference is booked with a cause, or with several that a
//! compressed layer does not let us tell apart. It sums exactly to the difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::cause::Context;
use crate::compare::delta::{Field, Place};
use crate::compare::documents::From;
use crate::compare::rows::Row;
use crate::image::document::Part;
use crate::image::{Image, Shape};
use crate::layer::envelope::Compression;
use crate::pair::Side;
use crate::report::LedgerRow;

/// Books the size difference; `codes` names the cause that claims each delta.
pub fn ledger(context: &Context<'_>, codes: &[Option<&'static str>]) -> Vec<LedgerRow> {
    let images = context.images;
    let (Some(a), Some(b)) = (images.a.stored_size(), images.b.stored_size()) else { return Vec::new() };
    let mut books = Books::default();
    for position in 0..context.comparison.rows.len() {
        layer_row(context, codes, position, &mut books);
    }
    for (delta, code) in context.comparison.deltas.iter().zip(codes) {
        let counted = match delta.place {
            Place::Document(Part::Manifest) => images.a.manifest.is_some() && images.b.manifest.is_some(),
            Place::Document(Part::Config | Part::Json) => true,
            _ => false,
        };
        // the config of schema 1 is part of the manifest, and an index is not counted
        if counted && delta.bytes != 0 {
            books.add(code.iter().copied().collect(), delta.bytes);
        }
    }
    for follow in &context.comparison.follows {
        let causes = match follow.from {
            From::Row(row) => row_causes(context, codes, row),
            From::Config => main_cause(context, codes, Part::Config),
            From::Manifest => main_cause(context, codes, Part::Manifest),
        };
        books.add(causes, follow.bytes);
    }
    let rest = i128::from(b) - i128::from(a) - books.total();
    if rest != 0 {
        let whole = causes(context, codes, |place| *place == Place::Image);
        let any =
            if whole.is_empty() { causes(context, codes, |place| matches!(place, Place::Document(_))) } else { whole };
        let any = if any.is_empty() { codes.iter().copied().flatten().collect() } else { any };
        books.add(any, rest);
    }
    books.rows()
}

/// How a row of layers changes in stored size, as a replay measured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Each cause's own bytes.
    Causes(Vec<(&'static str, i128)>),
    /// All of the row's causes together.
    Together(i128),
}

/// Books the size difference by the measured steps of a replay: `documents` are the steps of the
/// documents that the size counts, `rows` those of the layers. `None` if they do not sum to the
/// difference, such as where the size counts a document of one side only.
pub fn measured(
    context: &Context<'_>,
    codes: &[Option<&'static str>],
    documents: &[(&'static str, i128)],
    rows: &[Measure],
) -> Option<Vec<LedgerRow>> {
    let difference = i128::from(context.images.b.stored_size()?) - i128::from(context.images.a.stored_size()?);
    let mut books = Books::default();
    for (position, row) in rows.iter().enumerate() {
        match row {
            Measure::Causes(steps) => steps.iter().for_each(|(code, bytes)| books.add(BTreeSet::from([*code]), *bytes)),
            Measure::Together(bytes) => {
                let causes = row_causes(context, codes, position);
                let whole = || self::causes(context, codes, |place| *place == Place::Image);
                books.add(if causes.is_empty() { whole() } else { causes }, *bytes);
            }
        }
    }
    documents.iter().for_each(|(code, bytes)| books.add(BTreeSet::from([*code]), *bytes));
    (books.total() == difference).then(|| books.rows())
}

/// The cause that changes a document most: a digit more of its size in a descriptor is booked with it.
fn main_cause(context: &Context<'_>, codes: &[Option<&'static str>], part: Part) -> BTreeSet<&'static str> {
    let mut bytes: BTreeMap<&'static str, i128> = BTreeMap::new();
    for (delta, code) in context.comparison.deltas.iter().zip(codes) {
        if let (Place::Document(own), Some(code)) = (&delta.place, code)
            && *own == part
        {
            *bytes.entry(code).or_default() += delta.bytes;
        }
    }
    let main = bytes.into_iter().max_by_key(|(code, bytes)| (bytes.unsigned_abs(), std::cmp::Reverse(*code)));
    main.map(|(code, _)| code).into_iter().collect()
}

fn causes(
    context: &Context<'_>,
    codes: &[Option<&'static str>],
    wanted: impl Fn(&Place) -> bool,
) -> BTreeSet<&'static str> {
    let deltas = context.comparison.deltas.iter().zip(codes);
    deltas.filter(|(delta, _)| wanted(&delta.place)).filter_map(|(_, code)| *code).collect()
}

/// The causes that a row's bytes are booked with: a fact that costs nothing has no share.
fn row_causes(context: &Context<'_>, codes: &[Option<&'static str>], row: usize) -> BTreeSet<&'static str> {
    let own = || context.comparison.deltas.iter().zip(codes).filter(move |(delta, _)| delta.place.row() == Some(row));
    let costs = own().filter(|(delta, _)| !matches!(delta.field, Field::Contradiction(_) | Field::Order { .. }));
    let causes: BTreeSet<&'static str> = costs.filter_map(|(_, code)| *code).collect();
    if causes.is_empty() { own().filter_map(|(_, code)| *code).collect() } else { causes }
}

#[derive(Default)]
struct Books {
    rows: BTreeMap<Vec<&'static str>, i128>,
}

impl Books {
    fn add(&mut self, causes: BTreeSet<&'static str>, bytes: i128) {
        if bytes != 0 {
            *self.rows.entry(causes.into_iter().collect()).or_default() += bytes;
        }
    }

    fn total(&self) -> i128 {
        self.rows.values().sum()
    }

    fn rows(self) -> Vec<LedgerRow> {
        let mut rows: Vec<LedgerRow> = self
            .rows
            .into_iter()
            .filter(|(_, bytes)| *bytes != 0)
            .map(|(causes, bytes)| LedgerRow { causes, bytes })
            .collect();
        rows.sort_by(|x, y| y.bytes.unsigned_abs().cmp(&x.bytes.unsigned_abs()).then_with(|| x.causes.cmp(&y.causes)));
        rows
    }
}

fn layer_row(context: &Context<'_>, codes: &[Option<&'static str>], position: usize, books: &mut Books) {
    let images = context.images;
    if images.a.shape == Shape::Json || images.b.shape == Shape::Json {
        return;
    }
    let row = &context.comparison.rows[position];
    let size = |image: &Image, side: Side| -> i128 {
        row.layers(side).iter().map(|&layer| i128::from(image.layers[layer].size.unwrap_or_default())).sum()
    };
    let difference = size(images.b, Side::B) - size(images.a, Side::A);
    let own: Vec<(usize, &'static str)> = context
        .comparison
        .deltas
        .iter()
        .enumerate()
        .filter(|(_, delta)| delta.place.row() == Some(position))
        .filter_map(|(at, _)| codes[at].map(|code| (at, code)))
        .collect();
    let plain = |image: &Image, side: Side| {
        row.layers(side).iter().all(|&layer| {
            let layer = &image.layers[layer];
            layer
                .decoded
                .as_ref()
                .is_some_and(|decoded| decoded.envelope.compression == Compression::None && decoded.trouble.is_none())
        })
    };
    let mut left = difference;
    if matches!(row, Row::Pair { .. } | Row::Region { .. }) && plain(images.a, Side::A) && plain(images.b, Side::B) {
        // uncompressed tars: every delta's own bytes are known
        for (at, code) in &own {
            let bytes = context.comparison.deltas[*at].bytes;
            books.add(BTreeSet::from([*code]), bytes);
            left -= bytes;
        }
    }
    if left != 0 {
        let mut causes = row_causes(context, codes, position);
        if causes.is_empty() {
            // layers that follow from the kind of image: schema 1 names an empty one for each step
            causes = self::causes(context, codes, |place| *place == Place::Image);
        }
        books.add(causes, left);
    }
}
