//! Which deltas guard which token of a pair of documents.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::claims::{Claims, When};
use crate::compare::delta::{DocumentRef, Field, IndexField, Spelling};
use crate::image::json::Node;
use crate::pair::{Pair, Side};

/// Where a token stands on both sides: begin and end.
pub(super) type Key = Pair<Option<(usize, usize)>>;

/// What a token follows from, where no delta tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Follow {
    /// The digest of a document that is replayed itself.
    DocumentDigest(DocumentRef),
    /// Its size.
    DocumentSize(DocumentRef),
    /// The digest of the blob of a layer: of a row, which of its layers.
    LayerDigest(usize, usize),
    /// Its size.
    LayerSize(usize, usize),
    /// The digest of the layer's tar.
    DiffId(usize, usize),
}

/// The guards of one pair of documents.
#[derive(Default)]
pub(super) struct Guards {
    atoms: BTreeMap<Key, Vec<usize>>,
    /// Spans that only one side has, with their guards, by side.
    alone: Pair<Vec<(usize, usize, usize)>>,
    orders: BTreeMap<Key, Vec<usize>>,
    duplicates: BTreeMap<Key, Vec<usize>>,
    white_space: Vec<usize>,
    /// Tokens whose switch is known: those of layers that are cut otherwise, and of children replayed elsewhere.
    fixed: BTreeMap<Key, When>,
    /// Guards of everything.
    whole: Vec<usize>,
    paired: BTreeMap<(usize, usize), (usize, usize)>,
    follows: BTreeMap<Key, Follow>,
    /// Spans that only B has and that follow from something.
    made: BTreeSet<(usize, usize)>,
}

fn ends(span: &Range<usize>) -> (usize, usize) {
    (span.start, span.end)
}

/// The key of two nodes.
pub(super) fn key(a: Option<&Node>, b: Option<&Node>) -> Key {
    Pair::new(a, b).map(|node| node.map(|node| ends(&node.span)))
}

impl Guards {
    /// The guards that the deltas of `document` are; `whole` guards everything in it besides.
    pub(super) fn new(claims: &Claims<'_>, document: DocumentRef, whole: Vec<usize>) -> Self {
        let mut guards = Guards { whole, ..Guards::default() };
        for (at, delta) in claims.deltas.iter().enumerate() {
            for spot in delta.spots.iter().filter(|spot| spot.document == document) {
                let key = spot.spans.as_ref().map(|span| span.as_ref().map(ends));
                match delta.field {
                    Field::Spelling(Spelling::KeyOrder) | Field::Index(IndexField::Order) => {
                        guards.orders.entry(key).or_default().push(at);
                    }
                    Field::Spelling(Spelling::Duplicates) => guards.duplicates.entry(key).or_default().push(at),
                    Field::Spelling(Spelling::WhiteSpace) => guards.white_space.push(at),
                    _ => guards.push(key, at),
                }
            }
        }
        guards.alone.a.sort_unstable();
        guards.alone.b.sort_unstable();
        guards
    }

    fn push(&mut self, key: Key, delta: usize) {
        match (key.a, key.b) {
            (Some((start, end)), None) => self.alone.a.push((start, end, delta)),
            (None, Some((start, end))) => self.alone.b.push((start, end, delta)),
            _ => {}
        }
        self.atoms.entry(key).or_default().push(delta);
    }

    /// Lets `delta` guard the token at `key`.
    pub(super) fn add(&mut self, key: Key, delta: usize) {
        self.push(key, delta);
        self.alone.a.sort_unstable();
        self.alone.b.sort_unstable();
    }

    /// Lets `delta` guard the white space between the tokens, where nothing else does.
    pub(super) fn add_white_space(&mut self, delta: usize) {
        self.white_space.push(delta);
    }

    /// Says that two items of arrays stand for each other.
    pub(super) fn pair(&mut self, a: &Range<usize>, b: &Range<usize>) {
        self.paired.insert(ends(a), ends(b));
    }

    /// Says what the token at `key` follows from where no delta tells it.
    pub(super) fn follow(&mut self, key: Key, follow: Follow) {
        if let (None, Some(span)) = (key.a, key.b) {
            self.made.insert(span);
        }
        self.follows.insert(key, follow);
    }

    fn when(&self, claims: &Claims<'_>, own: Option<&Vec<usize>>) -> When {
        // nothing of its own: the whole document's guards alone vouch for no difference
        let own = own.filter(|own| !own.is_empty())?;
        claims.when(own.iter().chain(&self.whole).copied())
    }

    /// Says when the token at `key` switches, whatever else is told of it.
    pub(super) fn fix(&mut self, key: Key, when: When) {
        self.fixed.insert(key, when);
    }

    pub(super) fn fixed(&self, key: &Key) -> Option<When> {
        self.fixed.get(key).copied()
    }

    pub(super) fn atom(&self, claims: &Claims<'_>, key: &Key) -> Option<When> {
        if let Some(when) = self.fixed.get(key) {
            return Some(*when);
        }
        self.atoms.get(key).map(|own| self.when(claims, Some(own)))
    }

    /// Whether a delta is of just this token.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.atoms.contains_key(key)
    }

    /// The deltas of just this token.
    pub(super) fn told(&self, key: &Key) -> Vec<usize> {
        self.atoms.get(key).cloned().unwrap_or_default()
    }

    pub(super) fn order(&self, claims: &Claims<'_>, key: &Key) -> When {
        self.when(claims, self.orders.get(key))
    }

    pub(super) fn duplicates(&self, claims: &Claims<'_>, key: &Key) -> When {
        self.when(claims, self.duplicates.get(key))
    }

    pub(super) fn white_space(&self, claims: &Claims<'_>) -> When {
        self.when(claims, Some(&self.white_space))
    }

    pub(super) fn follow_of(&self, key: &Key) -> Option<Follow> {
        self.follows.get(key).copied()
    }

    pub(super) fn whole(&self) -> &[usize] {
        &self.whole
    }

    /// The guards of what only `side` has in `span`, itself included.
    pub(super) fn inside(&self, side: Side, span: &Range<usize>) -> Vec<usize> {
        self.within(side, span).filter(|(_, end, _)| *end <= span.end).map(|(.., delta)| *delta).collect()
    }

    fn within(&self, side: Side, span: &Range<usize>) -> impl Iterator<Item = &(usize, usize, usize)> {
        let list = self.alone.get(side);
        let from = list.partition_point(|(start, ..)| *start < span.start);
        list.get(from..).unwrap_or_default().iter().take_while(move |(start, ..)| *start < span.end)
    }

    /// Whether anything strictly inside what only B has at `span` has a guard or a source of its own.
    pub(super) fn is_taken_apart(&self, span: &Range<usize>) -> bool {
        let strictly = |start: usize, end: usize| end <= span.end && (start, end) != (span.start, span.end);
        self.within(Side::B, span).any(|(start, end, _)| strictly(*start, *end))
            || self.made.range((span.start, 0)..(span.end, 0)).any(|(start, end)| strictly(*start, *end))
    }

    /// The position in `b` of the counterpart of each item of `a`.
    pub(super) fn counterparts(&self, a: &[Node], b: &[Node]) -> Vec<Option<usize>> {
        let places: BTreeMap<(usize, usize), usize> =
            b.iter().enumerate().map(|(at, node)| (ends(&node.span), at)).collect();
        let named: Vec<Option<usize>> =
            a.iter().map(|node| places.get(self.paired.get(&ends(&node.span))?).copied()).collect();
        let alone = |side: Side, node: &Node| {
            let span = ends(&node.span);
            self.within(side, &node.span).any(|(start, end, _)| (*start, *end) == span)
        };
        let told = || a.iter().any(|node| alone(Side::A, node)) || b.iter().any(|node| alone(Side::B, node));
        let by_position = a.len() == b.len() && named.iter().all(Option::is_none) && !told();
        if by_position { (0..a.len()).map(Some).collect() } else { named }
    }
}
