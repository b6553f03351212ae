//! What in a document follows from something else that is replayed: descriptors from their targets, diff IDs from tars.

use super::documents::Maker;
use super::guards::{Follow, Guards, key};
use super::layers::RowReplay;
use super::target::document;
use crate::compare::delta::{DocumentRef, Field, Place};
use crate::digest::Digest;
use crate::image::document::{Document, Part};
use crate::image::json::Node;
use crate::image::{ContradictionKind, Image};
use crate::pair::{Pair, Side};

impl Maker<'_> {
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

    pub(super) fn diff_ids(&self, documents: Pair<&Document>, guards: &mut Guards) {
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

    pub(super) fn manifest(&self, documents: Pair<&Document>, guards: &mut Guards) {
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
    pub(super) fn schema1(&self, documents: Pair<&Document>, guards: &mut Guards) {
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
            if nodes.a.is_some() && nodes.b.is_some() && is_plain(documents, name) {
                told.into_iter().for_each(|delta| guards.add(key(nodes.a, nodes.b), delta));
            }
        }
    }

    /// An index: what its children name by digest is the next document below, or told by a delta.
    pub(super) fn index(&self, depth: usize, documents: Pair<&Document>, guards: &mut Guards) {
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
}

/// Whether each item of the lists `name` of two schema 1 manifests is its one string and nothing else, all of them
/// escaped alike: as little as can be, or as Go does it. Only then do layers and ancestors make the whole list.
fn is_plain(documents: Pair<&Document>, name: &str) -> bool {
    let styles = documents.map(|document| {
        let items = document.root.value.get(name).map(|list| list.value.items()).unwrap_or_default();
        items.iter().try_fold((true, true), |(little, go), item| {
            let [member] = item.value.members() else { return None };
            let text = serde_json::to_string(member.node.value.as_str()?).ok()?;
            let raw = document.raw.get(member.node.span.clone())?;
            let own = (raw == text.as_bytes(), raw == as_go(&text).as_bytes());
            (matches!(&*member.key, b"blobSum" | b"v1Compatibility")).then_some((little && own.0, go && own.1))
        })
    });
    matches!(styles, Pair { a: Some(a), b: Some(b) } if a.0 && b.0 || a.1 && b.1)
}

/// A JSON string as Go's `encoding/json` writes it: safe in HTML and JavaScript.
fn as_go(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            _ => out.push(letter),
        }
    }
    out
}

fn diff_id_list(document: &Document) -> &[Node] {
    let list = document.root.value.get("rootfs").and_then(|node| node.value.get("diff_ids"));
    list.map(|node| node.value.items()).unwrap_or_default()
}
