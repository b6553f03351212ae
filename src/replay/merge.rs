//! One document made of two: A's tokens, and B's where the claimed deltas say so.
//!
//! The merged tree is built once. Rendering it at a step takes B's side of every atom that has
//! switched by then, and A's of all others. White space is the layout's where one rule makes it,
//! and else stands with the token behind it.

use std::collections::BTreeMap;

use super::claims::{Claims, When, is_on};
use super::guards::{Follow, Guards, Key, key};
use super::interleave::{self, orders};
use super::white_space::Writer;
use crate::image::document::Document;
use crate::image::json::{Json, Member, Node};
use crate::pair::{Pair, Side};

/// What gives the tokens that follow from other documents and layers, at a step.
pub(super) type Resolve<'r> = &'r dyn Fn(Follow, usize) -> Option<Vec<u8>>;

/// Two documents as one.
pub(super) struct Merge<'d> {
    pub(super) documents: Pair<&'d Document>,
    root: Part<'d>,
    white_space: When,
}

enum Part<'d> {
    /// The same bytes on both sides.
    Same(&'d Node, &'d Node),
    /// One side's token or the other's.
    Choice(&'d Node, &'d Node, When),
    /// What only B has, as it stands.
    OnlyB(&'d Node),
    /// What only A has, as it stands.
    OnlyA(&'d Node),
    /// What follows from something else; until that is known, the token of the first side that has one.
    Computed(Follow, Pair<Option<&'d Node>>),
    /// An object or array, taken apart.
    Tree(Tree<'d>),
}

struct Tree<'d> {
    nodes: Pair<Option<&'d Node>>,
    slots: Vec<Slot<'d>>,
    orders: Pair<Vec<usize>>,
    order: When,
}

struct Slot<'d> {
    key: Option<Pair<Option<&'d Member>>>,
    key_when: When,
    /// When it comes, for what only B has.
    comes: When,
    /// When it goes, for what only A has.
    goes: When,
    value: Part<'d>,
    nodes: Pair<Option<&'d Node>>,
}

struct Builder<'d, 'g> {
    raw: Pair<&'d [u8]>,
    guards: &'g Guards,
    claims: &'g Claims<'g>,
}

impl<'d> Merge<'d> {
    pub(super) fn new(documents: Pair<&'d Document>, guards: &Guards, claims: &Claims<'_>) -> Self {
        let builder = Builder { raw: documents.map(|document| &*document.raw), guards, claims };
        let root = builder.pair(&documents.a.root, &documents.b.root);
        Merge { documents, root, white_space: guards.white_space(claims) }
    }

    /// The document's bytes at a step.
    pub(super) fn render(&self, step: usize, resolve: Resolve<'_>) -> Vec<u8> {
        let side = if is_on(self.white_space, step) { Side::B } else { Side::A };
        let mut writer = Writer::new(self.documents, side);
        self.part(&self.root, step, resolve, &mut writer);
        writer.finish().unwrap_or_else(|| {
            // A's white space does not fit other tokens by number: it stands with its own
            let mut writer = Writer::attached(self.documents, side);
            self.part(&self.root, step, resolve, &mut writer);
            writer.finish().unwrap_or_default()
        })
    }

    fn part(&self, part: &Part<'d>, step: usize, resolve: Resolve<'_>, writer: &mut Writer<'d>) {
        match part {
            Part::Same(a, b) => writer.subtree(Some(a), Some(b)),
            Part::Choice(a, b, when) => {
                if is_on(*when, step) {
                    writer.replaced(a, b);
                } else {
                    writer.subtree(Some(a), None);
                }
            }
            Part::OnlyA(a) => writer.subtree(Some(a), None),
            Part::OnlyB(b) => writer.subtree(None, Some(b)),
            Part::Computed(follow, nodes) => match resolve(*follow, step) {
                Some(token) => writer.token(&token, *nodes),
                None => writer.subtree(nodes.a, if nodes.a.is_some() { None } else { nodes.b }),
            },
            Part::Tree(tree) => self.tree(tree, step, resolve, writer),
        }
    }

    fn tree(&self, tree: &Tree<'d>, step: usize, resolve: Resolve<'_>, writer: &mut Writer<'d>) {
        let is_object = tree.nodes.a.or(tree.nodes.b).is_some_and(|node| matches!(node.value, Json::Object(_)));
        let (open, close) = if is_object { (b"{", b"}") } else { (b"[", b"]") };
        writer.open(open, tree.nodes);
        let order = if is_on(tree.order, step) { &tree.orders.b } else { &tree.orders.a };
        let mut before: Option<&Slot<'d>> = None;
        for slot in order.iter().filter_map(|&at| tree.slots.get(at)) {
            let here = match (slot.nodes.a, slot.nodes.b) {
                (Some(_), None) => !is_on(slot.goes, step),
                (None, Some(_)) => is_on(slot.comes, step),
                _ => true,
            };
            if !here {
                continue;
            }
            if let Some(before) = before {
                writer.comma(before.nodes);
            }
            if let Some(members) = slot.key {
                writer.key(members, is_on(slot.key_when, step));
            }
            self.part(&slot.value, step, resolve, writer);
            before = Some(slot);
        }
        writer.close(close, tree.nodes);
    }
}

impl<'d> Builder<'d, '_> {
    fn raw(&self, side: Side, node: &Node) -> &'d [u8] {
        self.raw.get(side).get(node.span.clone()).unwrap_or_default()
    }

    fn pair(&self, a: &'d Node, b: &'d Node) -> Part<'d> {
        if self.raw(Side::A, a) == self.raw(Side::B, b) {
            return Part::Same(a, b);
        }
        let own = key(Some(a), Some(b));
        if let Some(when) = self.guards.atom(self.claims, &own) {
            return Part::Choice(a, b, when);
        }
        if let Some(follow) = self.guards.follow_of(&own) {
            return Part::Computed(follow, Pair::new(Some(a), Some(b)));
        }
        match (&a.value, &b.value) {
            (Json::Object(left), Json::Object(right)) => self.objects(a, b, left, right),
            (Json::Array(left), Json::Array(right)) => self.arrays(a, b, left, right),
            _ => Part::Choice(a, b, None),
        }
    }

    fn arrays(&self, a: &'d Node, b: &'d Node, left: &'d [Node], right: &'d [Node]) -> Part<'d> {
        let counterparts = self.guards.counterparts(left, right);
        let mut taken = vec![false; right.len()];
        let mut slots = Vec::new();
        let mut places = Vec::new();
        for (i, node) in left.iter().enumerate() {
            let twin = counterparts.get(i).copied().flatten().and_then(|j| Some((j, right.get(j)?)));
            places.push(Pair::new(Some(i), twin.map(|(j, _)| j)));
            slots.push(match twin {
                Some((j, twin)) => {
                    taken[j] = true;
                    Slot::both(None, node, twin, self.pair(node, twin))
                }
                None => self.only_a(None, node),
            });
        }
        for (j, node) in right.iter().enumerate().filter(|(j, _)| !taken[*j]) {
            places.push(Pair::new(None, Some(j)));
            slots.push(self.only_b(None, node, None));
        }
        self.container(a, b, slots, &places)
    }

    fn objects(&self, a: &'d Node, b: &'d Node, left: &'d [Member], right: &'d [Member]) -> Part<'d> {
        let effective = |members: &'d [Member]| -> BTreeMap<&'d [u8], usize> {
            members.iter().enumerate().map(|(at, member)| (&*member.key, at)).collect()
        };
        let keys = Pair::new(effective(left), effective(right));
        let hidden = |members: &'d [Member], keys: &BTreeMap<&[u8], usize>| -> Vec<usize> {
            (0..members.len()).filter(|at| keys.get(&*members[*at].key) != Some(at)).collect()
        };
        let hidden = Pair::new(hidden(left, &keys.a), hidden(right, &keys.b));
        let own = key(Some(a), Some(b));
        let twins: BTreeMap<usize, usize> = hidden.a.iter().copied().zip(hidden.b.iter().copied()).collect();
        let hidden_alike = hidden.a.len() == hidden.b.len()
            && twins.iter().all(|(i, j)| self.member(Side::A, &left[*i]) == self.member(Side::B, &right[*j]));
        let duplicates = if hidden_alike { None } else { self.guards.duplicates(self.claims, &own) };
        let mut slots = Vec::new();
        let mut places = Vec::new();
        for (i, member) in left.iter().enumerate() {
            let is_hidden = keys.a.get(&*member.key) != Some(&i);
            let twin = match is_hidden {
                true => twins.get(&i).copied().filter(|_| hidden_alike),
                false => keys.b.get(&*member.key).copied(),
            };
            places.push(Pair::new(Some(i), twin));
            slots.push(match twin.and_then(|j| right.get(j)) {
                Some(other) => {
                    let mut slot = Slot::both(
                        Some((member, other)),
                        &member.node,
                        &other.node,
                        self.pair(&member.node, &other.node),
                    );
                    slot.key_when = self.key_when(member, other);
                    slot
                }
                None if is_hidden => Slot { goes: duplicates, ..Slot::a(Some(member), &member.node) },
                None => self.only_a(Some(member), &member.node),
            });
        }
        for (j, member) in right.iter().enumerate() {
            let is_hidden = keys.b.get(&*member.key) != Some(&j);
            if is_hidden && !hidden_alike {
                slots
                    .push(Slot { comes: duplicates, ..Slot::b(Some(member), &member.node, Part::OnlyB(&member.node)) });
            } else if !is_hidden && !keys.a.contains_key(&*member.key) {
                slots.push(self.only_b(Some(member), &member.node, None));
            } else {
                continue;
            }
            places.push(Pair::new(None, Some(j)));
        }
        self.container(a, b, slots, &places)
    }

    fn member(&self, side: Side, member: &Member) -> &'d [u8] {
        self.raw.get(side).get(member.key_span.start..member.node.span.end).unwrap_or_default()
    }

    fn key_when(&self, a: &Member, b: &Member) -> When {
        let raw = Pair::new(self.raw.a.get(a.key_span.clone()), self.raw.b.get(b.key_span.clone()));
        if raw.same() {
            return None;
        }
        let own: Key = Pair::new(&a.key_span, &b.key_span).map(|span| Some((span.start, span.end)));
        self.guards.atom(self.claims, &own).flatten()
    }

    fn container(&self, a: &'d Node, b: &'d Node, slots: Vec<Slot<'d>>, places: &[interleave::Slot]) -> Part<'d> {
        let order = self.guards.order(self.claims, &key(Some(a), Some(b)));
        Part::Tree(Tree { nodes: Pair::new(Some(a), Some(b)), slots, orders: orders(places), order })
    }

    /// What only A has goes when everything that is told of it is claimed.
    fn only_a(&self, member: Option<&'d Member>, node: &'d Node) -> Slot<'d> {
        let guards = self.guards.inside(Side::A, &node.span);
        let fixed = self.guards.fixed(&key(Some(node), None));
        let goes = match (fixed, guards.is_empty()) {
            (None, true) => None,
            (Some(when), true) => when,
            (fixed, false) => {
                let told = self.claims.when(guards.into_iter().chain(self.guards.whole().iter().copied()));
                fixed.map_or(told, |when| when.zip(told).map(|(x, y)| x.max(y)))
            }
        };
        Slot { goes, ..Slot::a(member, node) }
    }

    /// What only B has comes with its own guard, or with the first thing in it that has one.
    fn only_b(&self, member: Option<&'d Member>, node: &'d Node, inherited: When) -> Slot<'d> {
        let own = self.guards.atom(self.claims, &key(None, Some(node)));
        let comes = match own {
            Some(when) => when,
            None if inherited.is_some() => inherited,
            None => {
                let inner = self.guards.inside(Side::B, &node.span).into_iter();
                let whole = || self.guards.whole().iter().copied();
                inner.filter_map(|guard| self.claims.when(std::iter::once(guard).chain(whole()))).min()
            }
        };
        Slot { comes, ..Slot::b(member, node, self.part_of_b(node)) }
    }

    fn part_of_b(&self, node: &'d Node) -> Part<'d> {
        if let Some(follow) = self.guards.follow_of(&key(None, Some(node))) {
            return Part::Computed(follow, Pair::new(None, Some(node)));
        }
        if !self.guards.is_taken_apart(&node.span) {
            return Part::OnlyB(node);
        }
        // what has no guard of its own comes with the whole; a map comes with its first member, and has no more
        let has_own = self.guards.atom(self.claims, &key(None, Some(node))).is_some();
        let inherited = has_own.then_some(0);
        let slots: Vec<Slot<'d>> = match &node.value {
            Json::Object(members) => {
                members.iter().map(|member| self.only_b(Some(member), &member.node, inherited)).collect()
            }
            Json::Array(nodes) => nodes.iter().map(|node| self.only_b(None, node, inherited)).collect(),
            _ => return Part::OnlyB(node),
        };
        let order: Vec<usize> = (0..slots.len()).collect();
        let orders = Pair::new(order.clone(), order);
        Part::Tree(Tree { nodes: Pair::new(None, Some(node)), slots, orders, order: None })
    }
}

impl<'d> Slot<'d> {
    fn both(members: Option<(&'d Member, &'d Member)>, a: &'d Node, b: &'d Node, value: Part<'d>) -> Self {
        let key = members.map(|(a, b)| Pair::new(Some(a), Some(b)));
        Slot { key, key_when: None, comes: None, goes: None, value, nodes: Pair::new(Some(a), Some(b)) }
    }

    fn a(member: Option<&'d Member>, node: &'d Node) -> Self {
        let key = member.map(|member| Pair::new(Some(member), None));
        Slot {
            key,
            key_when: None,
            comes: None,
            goes: None,
            value: Part::OnlyA(node),
            nodes: Pair::new(Some(node), None),
        }
    }

    fn b(member: Option<&'d Member>, node: &'d Node, value: Part<'d>) -> Self {
        let key = member.map(|member| Pair::new(None, Some(member)));
        Slot { key, key_when: None, comes: None, goes: None, value, nodes: Pair::new(None, Some(node)) }
    }
}
