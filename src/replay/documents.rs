//! The documents of an image, from the config up: each is made of A's and of what was replayed below it.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::claims::{Claims, is_on};
use super::guards::{Follow, Guards, key};
use super::layers::RowReplay;
use super::merge::Merge;
use super::target::document;
use super::{Chain, Keep, Kept, Of, Replay, Taken, What};
use crate::compare::Comparison;
use crate::compare::delta::{DocumentRef, Field, IndexField, Place};
use crate::digest::Digest;
use crate::image::document::{Document, Kind, Part};
use crate::image::json::Node;
use crate::image::{ContradictionKind, Image, Shape};
use crate::pair::{Pair, Side};

/// A document, tar or blob at one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Digest of its bytes.
    pub digest: Digest,
    /// How many bytes.
    pub size: u64,
}

/// The documents at each step.
#[derive(Debug, Default)]
pub(super) struct States {
    states: BTreeMap<DocumentRef, Vec<Option<Stage>>>,
}

impl States {
    /// A document at a step.
    pub(super) fn at(&self, document: DocumentRef, step: usize) -> Option<Stage> {
        self.states.get(&document)?.get(step).copied().flatten()
    }
}

struct Maker<'r> {
    images: Pair<&'r Image>,
    comparison: &'r Comparison,
    claims: &'r Claims<'r>,
    rows: &'r [RowReplay],
    keep: Option<&'r dyn Keep>,
    states: States,
}

/// Replays all documents, the config first and the outermost index last.
pub(super) fn documents(
    images: Pair<&Image>,
    comparison: &Comparison,
    claims: &Claims<'_>,
    rows: &[RowReplay],
    keep: Option<&dyn Keep>,
    out: &mut Replay,
) -> States {
    let mut maker = Maker { images, comparison, claims, rows, keep, states: States::default() };
    let ancestors = images.a.ancestors.len().max(images.b.ancestors.len());
    let indexes = images.a.indexes.len().max(images.b.indexes.len());
    let config = std::iter::once(DocumentRef::Config);
    let order = (1..=ancestors).map(DocumentRef::Ancestor).chain(config).chain([DocumentRef::Manifest]);
    for at in order.chain((0..indexes).rev().map(DocumentRef::Index)) {
        maker.one(at, out);
    }
    maker.states
}

impl Maker<'_> {
    fn one(&mut self, at: DocumentRef, out: &mut Replay) {
        let pair = self.images.map(|image| document(image, at));
        let stage = |document: &Document, raw: &[u8]| Stage {
            digest: document.digest.of_same_algorithm(raw),
            size: raw.len() as u64,
        };
        let last = self.claims.last();
        let mut taken = None;
        let mut made: Vec<(usize, Stage, Vec<u8>)> = Vec::new();
        let stages: Vec<Option<Stage>> = match (pair.a, pair.b) {
            (None, None) => return,
            (Some(a), Some(b)) if a.raw == b.raw => vec![Some(stage(a, &a.raw)); last + 1],
            (Some(a), Some(b)) if self.is_replayed(at, a, b) => {
                let guards = self.guards(at, Pair::new(a, b));
                let merge = Merge::new(Pair::new(a, b), &guards, self.claims);
                (0..=last)
                    .map(|step| {
                        let raw = merge.render(step, &|follow, step| self.resolve(follow, step));
                        let stage = stage(b, &raw);
                        if self.keep.is_some() {
                            made.push((step, stage, raw));
                        }
                        Some(stage)
                    })
                    .collect()
            }
            (a, b) => {
                // another kind of document, or one that only one side has: it comes or goes whole
                let when = self.claims.when(self.whole(at));
                taken = b.filter(|_| is_on(when, last)).map(|document| document.raw.len() as u64);
                let states = Pair::new(a, b).map(|document| document.map(|document| stage(document, &document.raw)));
                (0..=last).map(|step| if is_on(when, step) { states.b } else { states.a }).collect()
            }
        };
        let wanted = pair.b.map(|document| document.digest.of_same_algorithm(&document.raw));
        let reached = stages.last().copied().flatten();
        let mut states: Vec<(usize, Option<Stage>)> = Vec::new();
        for (step, state) in stages.iter().enumerate() {
            if states.last().is_none_or(|(_, before)| before != state) {
                states.push((step, *state));
            }
        }
        let hit = reached.map(|stage| stage.digest) == wanted;
        let place = name(at, &self.images);
        self.keep(&place, pair, &made, out);
        if states.len() > 1 || !hit {
            out.chains.push(Chain { place: place.clone(), of: Of::Document(at), states, wanted, hit, gap: None });
        }
        out.taken.extend(taken.map(|bytes| Taken { place, what: What::Document, bytes }));
        self.states.states.insert(at, stages);
    }

    /// Keeps what the document is at each step that changes it, where somebody asks for that.
    fn keep(&self, place: &str, pair: Pair<Option<&Document>>, made: &[(usize, Stage, Vec<u8>)], out: &mut Replay) {
        let Some(keep) = self.keep else { return };
        let mut put = |name: &str, digest: Digest, raw: &[u8]| {
            let path = format!("{}/{name}.json", place.replace(' ', "-"));
            if let Some(mut file) = keep.open(&path)
                && file.write_all(raw).and_then(|()| file.flush()).is_ok()
            {
                out.kept.push(Kept { path, digest: Some(digest) });
            }
        };
        let mut before = None;
        for (step, stage, raw) in made {
            if before != Some(stage) {
                let cause = step.checked_sub(1).and_then(|at| self.claims.causes.get(at)).copied().unwrap_or("a");
                put(&format!("{step}-{cause}"), stage.digest, raw);
            }
            before = Some(stage);
        }
        if made.is_empty() {
            // the same on both sides, or taken whole
            let own = [("0-a", pair.a), ("b", pair.b.filter(|b| pair.a.is_none_or(|a| a.raw != b.raw)))];
            for (name, document) in own {
                if let Some(document) = document {
                    put(name, Digest::sha256(&document.raw), &document.raw);
                }
            }
        }
    }

    /// Whether both sides' documents are of one kind, so that their differences were told one by one.
    fn is_replayed(&self, at: DocumentRef, a: &Document, b: &Document) -> bool {
        let schema1 = |document: &Document| matches!(document.kind, Kind::Schema1 { .. });
        match at {
            DocumentRef::Config => (a.kind == Kind::V1) == (b.kind == Kind::V1),
            DocumentRef::Manifest => {
                schema1(a) == schema1(b) && self.images.a.shape == self.images.b.shape
                    || self.images.a.shape == Shape::Json
                    || self.images.b.shape == Shape::Json
            }
            DocumentRef::Index(_) | DocumentRef::Ancestor(_) => true,
        }
    }

    /// What guards a document that comes or goes whole.
    fn whole(&self, at: DocumentRef) -> Vec<usize> {
        let mut guards = self.claims.of_images();
        guards.extend(match at {
            DocumentRef::Index(depth) => self.claims.of(|delta| {
                let nesting = delta.field == Field::Index(IndexField::Nesting);
                let siblings = depth == 0 && delta.spots.is_empty();
                delta.place == Place::Document(Part::Index) && (nesting || siblings)
            }),
            DocumentRef::Manifest => Vec::new(),
            DocumentRef::Config | DocumentRef::Ancestor(_) => {
                self.claims.of(|delta| delta.place == Place::Document(Part::Config))
            }
        });
        guards
    }

    fn guards(&self, at: DocumentRef, documents: Pair<&Document>) -> Guards {
        let whole = match at {
            DocumentRef::Config | DocumentRef::Manifest => {
                self.claims.of(|delta| delta.place == Place::Image && matches!(delta.field, Field::Contradiction(_)))
            }
            DocumentRef::Index(_) | DocumentRef::Ancestor(_) => Vec::new(),
        };
        let mut guards = Guards::new(self.claims, at, whole);
        for spot in self.comparison.paired.iter().filter(|spot| spot.document == at) {
            if let (Some(a), Some(b)) = (&spot.spans.a, &spot.spans.b) {
                guards.pair(a, b);
            }
        }
        let documents_only = self.images.a.shape == Shape::Json || self.images.b.shape == Shape::Json;
        match at {
            DocumentRef::Config if !documents_only => self.diff_ids(documents, &mut guards),
            DocumentRef::Manifest if matches!(documents.b.kind, Kind::Schema1 { .. }) => {
                self.schema1(documents, &mut guards);
            }
            DocumentRef::Manifest if !documents_only => self.manifest(documents, &mut guards),
            DocumentRef::Index(depth) => self.index(depth, documents, &mut guards),
            DocumentRef::Config | DocumentRef::Manifest | DocumentRef::Ancestor(_) => {}
        }
        guards
    }

    /// The items of a list that has one for each layer: pairs them as the rows pair the layers, and
    /// has `follow` for each with its row and its place in it.
    fn by_layer<'n>(
        &self,
        lists: Pair<&'n [Node]>,
        guards: &mut Guards,
        mut follow: impl FnMut(&mut Guards, Pair<Option<&'n Node>>, usize, usize),
    ) {
        for (position, row) in self.comparison.rows.iter().enumerate() {
            let own = Pair::new(row.layers(Side::A), row.layers(Side::B));
            let nodes = |side: Side| -> Vec<Option<&'n Node>> {
                own.get(side).iter().map(|&layer| lists.get(side).get(layer)).collect()
            };
            let nodes = Pair::new(nodes(Side::A), nodes(Side::B));
            if let (&[Some(a)], &[Some(b)]) = (&nodes.a[..], &nodes.b[..]) {
                guards.pair(&a.span, &b.span);
                follow(guards, Pair::new(Some(a), Some(b)), position, 0);
                continue;
            }
            let recut = self.rows.get(position).and_then(RowReplay::recut);
            for node in nodes.a.into_iter().flatten() {
                guards.fix(key(Some(node), None), recut);
            }
            for (at, node) in nodes.b.into_iter().enumerate() {
                let Some(node) = node else { continue };
                guards.fix(key(None, Some(node)), recut);
                follow(guards, Pair::new(None, Some(node)), position, at);
            }
        }
    }

    fn diff_ids(&self, documents: Pair<&Document>, guards: &mut Guards) {
        let lists = Pair::new(diff_id_list(documents.a), diff_id_list(documents.b));
        self.by_layer(lists, guards, |guards, nodes, row, at| {
            let contradictions = self.claims.contradictions(row, &[ContradictionKind::DiffId]);
            let key = key(nodes.a, nodes.b);
            if contradictions.is_empty() {
                guards.follow(key, Follow::DiffId(row, at));
            } else if let (Some(_), Some(_)) = (nodes.a, nodes.b) {
                contradictions.iter().for_each(|&delta| guards.add(key, delta));
            }
        });
    }

    fn manifest(&self, documents: Pair<&Document>, guards: &mut Guards) {
        let inner = |nodes: Pair<Option<&Node>>, name: &str| {
            let nodes =
                Pair::new(nodes.a.and_then(|node| node.value.get(name)), nodes.b.and_then(|node| node.value.get(name)));
            key(nodes.a, nodes.b)
        };
        let config = Pair::new(documents.a.root.value.get("config"), documents.b.root.value.get("config"));
        if config.a.is_some() && config.b.is_some() {
            guards.follow(inner(config, "digest"), Follow::DocumentDigest(DocumentRef::Config));
            guards.follow(inner(config, "size"), Follow::DocumentSize(DocumentRef::Config));
        }
        fn items(document: &Document) -> &[Node] {
            document.root.value.get("layers").map(|node| node.value.items()).unwrap_or_default()
        }
        self.by_layer(Pair::new(items(documents.a), items(documents.b)), guards, |guards, nodes, row, at| {
            guards.follow(inner(nodes, "digest"), Follow::LayerDigest(row, at));
            guards.follow(inner(nodes, "size"), Follow::LayerSize(row, at));
            let media_type = inner(nodes, "mediaType");
            if nodes.a.is_some() && !guards.has(&media_type) {
                // the suffix of the compression follows from the bytes, or contradicts them
                let told = self.claims.of(|delta| {
                    let of_suffix = matches!(
                        delta.field,
                        Field::Compression | Field::LazyPull | Field::Contradiction(ContradictionKind::MediaType)
                    );
                    delta.place == (Place::Layer { row }) && of_suffix
                });
                told.into_iter().for_each(|delta| guards.add(media_type, delta));
            }
        });
    }

    /// Schema 1: layers by their digests, newest first, and the configs as strings.
    fn schema1(&self, documents: Pair<&Document>, guards: &mut Guards) {
        if documents.a.digest == documents.b.digest {
            // one payload: all that differs is around the signatures
            let signatures = self.claims.of(|delta| delta.field == Field::Signatures);
            signatures.into_iter().for_each(|delta| guards.add_white_space(delta));
        }
        let list = |name: &str| Pair::new(documents.a.root.value.get(name), documents.b.root.value.get(name));
        let of_layers = self.claims.of(|delta| delta.place.row().is_some());
        let of_configs = self.claims.of(|delta| delta.place == Place::Document(Part::Config));
        for (name, told) in [("fsLayers", of_layers), ("history", of_configs)] {
            let nodes = list(name);
            if nodes.a.is_some() && nodes.b.is_some() {
                told.into_iter().for_each(|delta| guards.add(key(nodes.a, nodes.b), delta));
            }
        }
    }

    /// An index: what its children name by digest is the next document below, or told by a delta.
    fn index(&self, depth: usize, documents: Pair<&Document>, guards: &mut Guards) {
        let below = |image: &Image| match image.indexes.get(depth + 1) {
            Some(_) => Some(DocumentRef::Index(depth + 1)),
            None => image.manifest.as_ref().map(|_| DocumentRef::Manifest),
        };
        let next = self.images.map(below);
        let digests = Pair::new(
            next.a.and_then(|at| document(self.images.a, at)),
            next.b.and_then(|at| document(self.images.b, at)),
        );
        let digests = digests.map(|document| document.map(|document| document.digest.to_string()));
        let children =
            |document: &'_ Document| document.root.value.get("manifests").map(|node| node.value.items().to_vec());
        let children = documents.map(|document| children(document).unwrap_or_default());
        let text =
            |node: &Node, name: &str| node.value.get(name).and_then(|node| node.value.as_str()).map(str::to_owned);
        for (i, twin) in guards.counterparts(&children.a, &children.b).into_iter().enumerate() {
            let (Some(a), Some(b)) = (children.a.get(i), twin.and_then(|j| children.b.get(j))) else { continue };
            let inner = |name: &str| key(a.value.get(name), b.value.get(name));
            let own = Pair::new(text(a, "digest"), text(b, "digest"));
            let elsewhere = self.images.a.compared_children.iter().zip(&self.images.b.compared_children);
            let is_elsewhere =
                |(x, y): (&Digest, &Digest)| own.a == Some(x.to_string()) && own.b == Some(y.to_string());
            if depth == 0 && elsewhere.clone().any(is_elsewhere) {
                // each platform has a replay of its own
                for name in ["digest", "size"] {
                    guards.fix(inner(name), self.claims.children());
                }
                continue;
            }
            if own.a.is_some()
                && own.a == digests.a
                && own.b == digests.b
                && next.same()
                && let Some(next) = next.a
            {
                guards.follow(inner("digest"), Follow::DocumentDigest(next));
                guards.follow(inner("size"), Follow::DocumentSize(next));
            }
        }
        // an attestation names its subject: what that follows from, it follows from too
        for (i, twin) in guards.counterparts(&children.a, &children.b).into_iter().enumerate() {
            let (Some(a), Some(b)) = (children.a.get(i), twin.and_then(|j| children.b.get(j))) else { continue };
            fn named(node: &Node) -> Option<&Node> {
                node.value.get("annotations")?.value.get("vnd.docker.reference.digest")
            }
            let (Some(x), Some(y)) = (named(a), named(b)) else { continue };
            let own = key(Some(x), Some(y));
            let subject = |list: &[Node], node: &Node| {
                let name = node.value.as_str()?;
                list.iter().position(|child| text(child, "digest").as_deref() == Some(name))
            };
            let (Some(p), Some(q)) = (subject(&children.a, x), subject(&children.b, y)) else { continue };
            let (Some(p), Some(q)) = (children.a.get(p), children.b.get(q)) else { continue };
            let target = key(p.value.get("digest"), q.value.get("digest"));
            if guards.has(&own) {
                continue;
            }
            match guards.follow_of(&target) {
                Some(follow) => guards.follow(own, follow),
                None => guards.told(&target).into_iter().for_each(|delta| guards.add(own, delta)),
            }
        }
    }

    /// The token of what follows from something else, at a step.
    fn resolve(&self, follow: Follow, step: usize) -> Option<Vec<u8>> {
        let layer = |row: usize, at: usize| self.rows.get(row)?.at(step).get(at).copied();
        let digest = |stage: Stage| format!("\"{}\"", stage.digest).into_bytes();
        let size = |stage: Stage| stage.size.to_string().into_bytes();
        match follow {
            Follow::DocumentDigest(at) => self.named(at, step).map(|name| format!("\"{name}\"").into_bytes()),
            Follow::DocumentSize(at) => self.states.at(at, step).map(size),
            Follow::LayerDigest(row, at) => layer(row, at)?.blob.map(digest),
            Follow::LayerSize(row, at) => layer(row, at)?.blob.map(size),
            Follow::DiffId(row, at) => layer(row, at)?.tar.map(digest),
        }
    }

    /// The digest by which a document is named: a signed schema 1 manifest's is that of its payload.
    fn named(&self, at: DocumentRef, step: usize) -> Option<Digest> {
        let reached = self.states.at(at, step)?.digest;
        for side in Side::BOTH {
            if let Some(own) = document(self.images.get(side), at)
                && own.digest.of_same_algorithm(&own.raw) == reached
            {
                return Some(own.digest);
            }
        }
        Some(reached)
    }
}

fn diff_id_list(document: &Document) -> &[Node] {
    let list = document.root.value.get("rootfs").and_then(|node| node.value.get("diff_ids"));
    list.map(|node| node.value.items()).unwrap_or_default()
}

/// How a document is named to a person.
fn name(at: DocumentRef, images: &Pair<&Image>) -> String {
    let nested = images.a.indexes.len().max(images.b.indexes.len()) > 1;
    match at {
        DocumentRef::Index(depth) if nested => format!("index {}", depth + 1),
        DocumentRef::Index(_) => "index".to_owned(),
        DocumentRef::Manifest => "manifest".to_owned(),
        DocumentRef::Config => "config".to_owned(),
        DocumentRef::Ancestor(age) => format!("history {age}"),
    }
}
