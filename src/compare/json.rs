//! Two JSON trees: which values differ, and how they are spelt otherwise.
//!
//! What a document's bytes are is its values, the spelling of each token, the order of keys and
//! the white space. Each of the four is compared apart from the others, so that a spelling
//! difference is seen whether or not values differ too.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::compare::delta::{DocumentRef, JsonPath, Spelling, Spot, Spots, Value};
use crate::image::document::Document;
use crate::image::json::{Json, Member, Node};
use crate::image::spelling::Indent;
use crate::pair::Pair;

/// A value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueDelta {
    /// Where in the document.
    pub path: JsonPath,
    /// The values.
    pub values: Pair<Value>,
    /// Bytes that it adds to the document.
    pub bytes: i128,
    /// Where it stands.
    pub spot: Spot,
}

/// What a comparison of two documents found.
#[derive(Debug, Default)]
pub struct JsonComparison {
    /// Values that differ.
    pub values: Vec<ValueDelta>,
    /// Spelling differences of each kind.
    pub spelling: BTreeMap<Spelling, SpellingDelta>,
    /// Items of arrays that stand for each other though not for their positions' sake.
    pub paired: Vec<Spot>,
}

/// How many places of one kind of spelling difference are told one by one.
const PLACES: usize = 64;

/// One kind of spelling difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpellingDelta {
    /// The spellings at the first places, at most 64.
    pub values: Vec<Pair<Value>>,
    /// Where each of them is; the places that are not told one by one stand with the last.
    pub spots: Vec<Spots>,
    /// In how many places.
    pub count: u64,
    /// Bytes that it adds, as far as they can be told.
    pub bytes: i128,
}

/// How to compare what lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Objects by key; arrays of equal length item by item, others as one value.
    Descend,
    /// As one value.
    Leaf,
    /// Not at all: somebody else compares it.
    Skip,
    /// An object whose keys are data: an empty value is a value.
    Map,
    /// An array of `NAME=value`, paired by name.
    Assignments,
    /// An array of objects in which equal ones are found first.
    Steps,
}

/// A tree of one side with the bytes it was read from.
#[derive(Clone, Copy)]
pub struct Tree<'a> {
    /// The document's bytes.
    pub raw: &'a [u8],
    /// The tree.
    pub node: &'a Node,
}

/// Compares trees by rules.
pub struct JsonComparer<'r> {
    /// The rule for a path.
    pub rule: &'r dyn Fn(&JsonPath) -> Rule,
    /// The pair of documents that is compared.
    pub document: DocumentRef,
    /// What was found.
    pub found: JsonComparison,
}

impl JsonComparer<'_> {
    /// Compares two whole documents, white space included.
    pub fn documents(&mut self, a: &Document, b: &Document) {
        let pair = Pair::new(Tree { raw: &a.raw, node: &a.root }, Tree { raw: &b.raw, node: &b.root });
        self.nodes(&JsonPath::default(), pair);
        self.white_space(a, b);
    }

    /// Compares the white space of two documents.
    pub fn white_space(&mut self, a: &Document, b: &Document) {
        if a.layout == b.layout {
            let irregular = a.layout.indent == Indent::Irregular;
            if !irregular || white_space_of(&a.raw) == white_space_of(&b.raw) {
                return;
            }
        }
        let words = Pair::new(a.layout.in_words(), b.layout.in_words());
        self.spelt(
            Spelling::WhiteSpace,
            words.map(Value::text),
            0,
            Pair::new(Some(0..a.raw.len()), Some(0..b.raw.len())),
        );
    }

    fn spelt(&mut self, kind: Spelling, values: Pair<Value>, bytes: i128, spans: Pair<Option<Range<usize>>>) {
        let spot = Spot { document: self.document, spans };
        let entry = self.found.spelling.entry(kind).or_default();
        if entry.values.len() < PLACES {
            entry.values.push(values);
            entry.spots.push(vec![spot]);
        } else if let Some(last) = entry.spots.last_mut() {
            last.push(spot);
        }
        entry.count += 1;
        entry.bytes += bytes;
    }

    /// An item of an array on one side only.
    fn item(&mut self, path: &JsonPath, a: Option<Tree<'_>>, b: Option<Tree<'_>>) {
        let bytes = b.map_or(0, item_length) - a.map_or(0, item_length);
        self.tell(path, a, b, bytes);
    }

    fn value(&mut self, path: &JsonPath, a: Option<Tree<'_>>, b: Option<Tree<'_>>) {
        let bytes = length(b) - length(a);
        self.tell(path, a, b, bytes);
    }

    /// Notes that the value at `path` differs.
    pub fn tell(&mut self, path: &JsonPath, a: Option<Tree<'_>>, b: Option<Tree<'_>>, bytes: i128) {
        let spot = Spot { document: self.document, spans: Pair::new(span(a), span(b)) };
        self.found.values.push(ValueDelta {
            path: path.clone(),
            values: Pair::new(value_of(a), value_of(b)),
            bytes,
            spot,
        });
    }

    /// Notes that two items of arrays stand for each other.
    pub fn pair(&mut self, pair: Pair<Tree<'_>>) {
        let spans = pair.map(|tree| Some(tree.node.span.clone()));
        self.found.paired.push(Spot { document: self.document, spans });
    }

    /// Compares what lies at `path` on both sides.
    pub fn nodes(&mut self, path: &JsonPath, pair: Pair<Tree<'_>>) {
        let Pair { a, b } = pair;
        let rule = (self.rule)(path);
        if rule == Rule::Skip || raw_of(a) == raw_of(b) {
            return;
        }
        match (&a.node.value, &b.node.value) {
            _ if rule == Rule::Leaf => self.leaf(path, pair),
            (Json::Object(left), Json::Object(right)) => self.objects(path, Pair::new(left, right), pair, rule),
            (Json::Array(left), Json::Array(right)) => match rule {
                Rule::Assignments => self.assignments(path, left, right, pair),
                Rule::Steps => self.steps(path, left, right, pair),
                _ if left.len() == right.len() && !(all_plain(left) && all_plain(right)) => {
                    for (position, (left, right)) in left.iter().zip(right).enumerate() {
                        let item = path.item(position.to_string());
                        self.nodes(&item, Pair::new(Tree { raw: a.raw, node: left }, Tree { raw: b.raw, node: right }));
                    }
                }
                _ => self.leaf(path, pair),
            },
            _ => self.leaf(path, pair),
        }
    }

    /// Two values that are not taken apart further.
    fn leaf(&mut self, path: &JsonPath, pair: Pair<Tree<'_>>) {
        let Pair { a, b } = pair;
        let (left, right) = (&a.node.value, &b.node.value);
        if left.means_the_same(right) {
            self.same_meaning(path, pair);
        } else if left.is_nothing() && right.is_nothing() {
            let bytes = length(Some(b)) - length(Some(a));
            self.spelt(
                Spelling::Nothing,
                Pair::new(named(path, value_of(Some(a))), named(path, value_of(Some(b)))),
                bytes,
                pair.map(|tree| span(Some(tree))),
            );
        } else {
            self.value(path, Some(a), Some(b));
        }
    }

    /// Values of equal meaning, spelt otherwise somewhere inside.
    fn same_meaning(&mut self, path: &JsonPath, pair: Pair<Tree<'_>>) {
        let Pair { a, b } = pair;
        if raw_of(a) == raw_of(b) {
            return;
        }
        match (&a.node.value, &b.node.value) {
            (Json::Object(left), Json::Object(right)) => {
                self.objects(path, Pair::new(left, right), pair, Rule::Descend)
            }
            (Json::Array(left), Json::Array(right)) => {
                for (left, right) in left.iter().zip(right) {
                    self.same_meaning(
                        path,
                        Pair::new(Tree { raw: a.raw, node: left }, Tree { raw: b.raw, node: right }),
                    );
                }
            }
            (Json::String(_), _) => self.raw_spelling(Spelling::Escapes, a, b),
            (Json::Number(_), _) => self.raw_spelling(Spelling::Numbers, a, b),
            _ => {}
        }
    }

    fn raw_spelling(&mut self, kind: Spelling, a: Tree<'_>, b: Tree<'_>) {
        let bytes = raw_of(b).len() as i128 - raw_of(a).len() as i128;
        let spans = Pair::new(span(Some(a)), span(Some(b)));
        self.spelt(kind, Pair::new(Value::bytes(raw_of(a)), Value::bytes(raw_of(b))), bytes, spans);
    }

    fn objects(&mut self, path: &JsonPath, members: Pair<&Vec<Member>>, pair: Pair<Tree<'_>>, rule: Rule) {
        let keys = members.map(|members| effective_keys(members));
        let duplicates = Pair::new(members.a.len() - keys.a.len(), members.b.len() - keys.b.len());
        if !duplicates.same() {
            let say = |count: usize| Value::text(format!("{path}: {count} duplicate keys"));
            self.spelt(Spelling::Duplicates, duplicates.map(say), 0, pair.map(|tree| span(Some(tree))));
        }
        let overridden = |list: &[Member], keys: &BTreeMap<&[u8], usize>, raw: &[u8]| -> Vec<Vec<u8>> {
            let hidden = list.iter().enumerate().filter(|(at, member)| keys.get(&*member.key) != Some(at));
            hidden.map(|(_, member)| raw[member.key_span.start..member.node.span.end].to_vec()).collect()
        };
        let hidden = Pair::new(overridden(members.a, &keys.a, pair.a.raw), overridden(members.b, &keys.b, pair.b.raw));
        if duplicates.same() && !hidden.same() {
            let values = hidden.map(|list| Value::bytes(&list.join(&b", "[..])));
            self.spelt(Spelling::Duplicates, values, 0, pair.map(|tree| span(Some(tree))));
        }
        self.key_order(path, members, &keys, pair);
        for (key, &at) in &keys.a {
            let left = &members.a[at];
            let left_tree = Tree { raw: pair.a.raw, node: &left.node };
            let inner = path.key(key);
            match keys.b.get(key) {
                Some(&at) => {
                    let right = &members.b[at];
                    if pair.a.raw[left.key_span.clone()] != pair.b.raw[right.key_span.clone()] {
                        let spelt = Pair::new(&pair.a.raw[left.key_span.clone()], &pair.b.raw[right.key_span.clone()]);
                        let spans = Pair::new(Some(left.key_span.clone()), Some(right.key_span.clone()));
                        self.spelt(Spelling::Escapes, spelt.map(Value::bytes), 0, spans);
                    }
                    self.nodes(&inner, Pair::new(left_tree, Tree { raw: pair.b.raw, node: &right.node }));
                }
                None => self.one_sided(&inner, rule, Some((left, left_tree)), None),
            }
        }
        for (key, &at) in &keys.b {
            if !keys.a.contains_key(key) {
                let right = &members.b[at];
                self.one_sided(&path.key(key), rule, None, Some((right, Tree { raw: pair.b.raw, node: &right.node })));
            }
        }
    }

    fn one_sided(
        &mut self,
        path: &JsonPath,
        rule: Rule,
        a: Option<(&Member, Tree<'_>)>,
        b: Option<(&Member, Tree<'_>)>,
    ) {
        if (self.rule)(path) == Rule::Skip {
            return;
        }
        if (self.rule)(path) == Rule::Map && self.one_sided_map(path, a, b) {
            return;
        }
        // the key, a colon, a comma and the white space in front come and go with the value
        let with_key = |side: Option<(&Member, Tree<'_>)>| {
            side.map_or(0, |(member, tree)| lead(tree.raw, &member.key_span, tree.node))
        };
        let keys = with_key(b) - with_key(a);
        let (a, b) = (a.map(|(_, tree)| tree), b.map(|(_, tree)| tree));
        let value = a.or(b).map(|tree| &tree.node.value);
        if rule != Rule::Map && value.is_some_and(Json::is_nothing) {
            let bytes = length(b) - length(a) + keys;
            let values = Pair::new(named(path, value_of(a)), named(path, value_of(b)));
            self.spelt(Spelling::Nothing, values, bytes, Pair::new(span(a), span(b)));
        } else {
            self.value(path, a, b);
            if let Some(last) = self.found.values.last_mut() {
                last.bytes += keys;
            }
        }
    }

    /// A map on one side only: each of its members is on one side only.
    fn one_sided_map(
        &mut self,
        path: &JsonPath,
        a: Option<(&Member, Tree<'_>)>,
        b: Option<(&Member, Tree<'_>)>,
    ) -> bool {
        let Some((map, tree)) = a.or(b) else { return false };
        let members = map.node.value.members();
        for member in members {
            let inner = Tree { raw: tree.raw, node: &member.node };
            let both = Some((member, inner));
            if a.is_some() {
                self.one_sided(&path.key(&member.key), Rule::Map, both, None)
            } else {
                self.one_sided(&path.key(&member.key), Rule::Map, None, both)
            }
        }
        if let (false, Some(last)) = (members.is_empty(), self.found.values.last_mut()) {
            // the map's own key and braces, and one comma less than members
            let own = lead(tree.raw, &map.key_span, &map.node) + 1 + space_before(tree.raw, map.node.span.end - 1);
            last.bytes += if a.is_some() { -own } else { own };
        }
        !members.is_empty()
    }

    fn key_order(
        &mut self,
        path: &JsonPath,
        members: Pair<&Vec<Member>>,
        keys: &Pair<BTreeMap<&[u8], usize>>,
        pair: Pair<Tree<'_>>,
    ) {
        let common =
            |list: &[Member], own: &BTreeMap<&[u8], usize>, other: &BTreeMap<&[u8], usize>| -> Vec<Box<[u8]>> {
                list.iter()
                    .enumerate()
                    .filter(|(at, member)| own.get(&*member.key) == Some(at) && other.contains_key(&*member.key))
                    .map(|(_, member)| member.key.clone())
                    .collect()
            };
        let (left, right) = (common(members.a, &keys.a, &keys.b), common(members.b, &keys.b, &keys.a));
        if left != right {
            let shown = |keys: &[Box<[u8]>]| {
                let mut words: Vec<String> = keys.iter().take(8).map(|key| crate::text::shown(key)).collect();
                if keys.len() > 8 {
                    words.push("…".into());
                }
                let list = words.join(", ");
                Value::text(if path.0.is_empty() { list } else { format!("{path}: {list}") })
            };
            let spans = pair.map(|tree| span(Some(tree)));
            self.spelt(Spelling::KeyOrder, Pair::new(shown(&left), shown(&right)), 0, spans);
        }
    }

    fn assignments(&mut self, path: &JsonPath, left: &[Node], right: &[Node], pair: Pair<Tree<'_>>) {
        let (names, other) = (assignment_names(left), assignment_names(right));
        let (Some(names), Some(other)) = (names, other) else { return self.leaf(path, pair) };
        let order = |own: &[&[u8]], other: &[&[u8]]| -> Vec<Vec<u8>> {
            own.iter().filter(|name| other.contains(name)).map(|name| name.to_vec()).collect()
        };
        if order(&names, &other) != order(&other, &names) {
            return self.leaf(path, pair);
        }
        for (name, node) in names.iter().zip(left) {
            let inner = path.item(crate::text::shown(name));
            let tree = Tree { raw: pair.a.raw, node };
            match other.iter().position(|candidate| candidate == name) {
                Some(at) => {
                    let trees = Pair::new(tree, Tree { raw: pair.b.raw, node: &right[at] });
                    self.pair(trees);
                    self.nodes(&inner, trees);
                }
                None => self.item(&inner, Some(tree), None),
            }
        }
        for (name, node) in other.iter().zip(right) {
            if !names.contains(name) {
                self.item(&path.item(crate::text::shown(name)), None, Some(Tree { raw: pair.b.raw, node }));
            }
        }
    }

    /// History: steps of equal text are paired (dates apart), the others are on one side only.
    fn steps(&mut self, path: &JsonPath, left: &[Node], right: &[Node], pair: Pair<Tree<'_>>) {
        use crate::compare::align::{Step, align};
        // of several longest alignments the same one is taken whichever document comes first
        let swapped = raw_of(pair.a) > raw_of(pair.b);
        let steps = if swapped { align(right, left, same_step) } else { align(left, right, same_step) };
        let mut gap: Pair<Vec<usize>> = Pair::default();
        for step in steps {
            let step = match step {
                Step::Both(a, b) if swapped => Step::Both(b, a),
                Step::OnlyA(i) if swapped => Step::OnlyB(i),
                Step::OnlyB(i) if swapped => Step::OnlyA(i),
                step => step,
            };
            match step {
                Step::Both(a, b) => {
                    self.gap(path, std::mem::take(&mut gap), left, right, pair);
                    self.step(path, a, b, left, right, pair);
                }
                Step::OnlyA(a) => gap.a.push(a),
                Step::OnlyB(b) => gap.b.push(b),
            }
        }
        self.gap(path, gap, left, right, pair);
    }

    /// Steps between two equal ones: as many on both sides are the same steps, written otherwise.
    fn gap(&mut self, path: &JsonPath, gap: Pair<Vec<usize>>, left: &[Node], right: &[Node], pair: Pair<Tree<'_>>) {
        if gap.a.len() == gap.b.len() {
            for (a, b) in gap.a.into_iter().zip(gap.b) {
                self.step(path, a, b, left, right, pair);
            }
            return;
        }
        for a in gap.a {
            self.item(&path.item(a.to_string()), Some(Tree { raw: pair.a.raw, node: &left[a] }), None);
        }
        for b in gap.b {
            self.item(&path.item(b.to_string()), None, Some(Tree { raw: pair.b.raw, node: &right[b] }));
        }
    }

    fn step(&mut self, path: &JsonPath, a: usize, b: usize, left: &[Node], right: &[Node], pair: Pair<Tree<'_>>) {
        let trees = Pair::new(Tree { raw: pair.a.raw, node: &left[a] }, Tree { raw: pair.b.raw, node: &right[b] });
        self.pair(trees);
        self.nodes(&path.item(if a == b { a.to_string() } else { format!("{a}→{b}") }), trees);
    }
}

/// Whether two history steps are the same step, whenever it ran.
fn same_step(a: &Node, b: &Node) -> bool {
    let text = |node: &Node, key: &str| {
        node.value.get(key).filter(|node| !node.value.is_nothing()).map(|node| node.value.clone())
    };
    text(a, "created_by") == text(b, "created_by")
}

/// More variables than this are compared as one value.
const MOST_ASSIGNMENTS: usize = 2_000;

fn assignment_names(nodes: &[Node]) -> Option<Vec<&[u8]>> {
    let mut names: Vec<&[u8]> = Vec::with_capacity(nodes.len());
    if nodes.len() > MOST_ASSIGNMENTS {
        return None;
    }
    for node in nodes {
        let text = node.value.as_bytes()?;
        let end = text.iter().position(|&byte| byte == b'=').unwrap_or(text.len());
        if names.contains(&&text[..end]) {
            return None;
        }
        names.push(&text[..end]);
    }
    Some(names)
}

fn all_plain(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| !matches!(node.value, Json::Array(_) | Json::Object(_)))
}

fn effective_keys(members: &[Member]) -> BTreeMap<&[u8], usize> {
    members.iter().enumerate().map(|(at, member)| (&*member.key, at)).collect()
}

fn raw_of<'a>(tree: Tree<'a>) -> &'a [u8] {
    &tree.raw[tree.node.span.clone()]
}

/// What comes and goes with a member besides its value: the white space in front, the key, the colon, a comma.
fn lead(raw: &[u8], key: &std::ops::Range<usize>, node: &Node) -> i128 {
    node.span.start as i128 - key.start as i128 + space_before(raw, key.start) + 1
}

fn space_before(raw: &[u8], at: usize) -> i128 {
    raw[..at].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count() as i128
}

/// An item of an array with the white space in front and a comma.
fn item_length(tree: Tree<'_>) -> i128 {
    tree.node.span.len() as i128 + space_before(tree.raw, tree.node.span.start) + 1
}

fn span(tree: Option<Tree<'_>>) -> Option<Range<usize>> {
    tree.map(|tree| tree.node.span.clone())
}

fn length(tree: Option<Tree<'_>>) -> i128 {
    tree.map_or(0, |tree| tree.node.span.len() as i128)
}

/// A value as evidence: strings unquoted, the rest as JSON on one line.
pub fn value_of(tree: Option<Tree<'_>>) -> Value {
    match tree {
        None => Value::Absent,
        Some(tree) => match &tree.node.value {
            Json::String(text) => Value::Text(text.clone()),
            Json::Number(raw) if raw.parse::<i128>().is_ok() => Value::Number(raw.parse().unwrap_or_default()),
            _ => Value::Json(one_line(tree).into()),
        },
    }
}

/// A nothing with the key it belongs to, so that the evidence says which.
fn named(path: &JsonPath, value: Value) -> Value {
    match value {
        Value::Absent => Value::text(format!("{path}: absent")),
        Value::Json(json) => Value::text(format!("{path}: {json}")),
        Value::Text(_) => Value::text(format!("{path}: \"\"")),
        other => other,
    }
}

/// How long `tree` is without the white space between its tokens.
pub fn compact_length(tree: Tree<'_>) -> i128 {
    with_string_state(raw_of(tree)).filter(|(inside, byte)| *inside || !byte.is_ascii_whitespace()).count() as i128
}

/// `tree` without the white space between its tokens.
fn one_line(tree: Tree<'_>) -> String {
    let raw = raw_of(tree);
    let mut out = Vec::with_capacity(raw.len());
    for (inside, byte) in with_string_state(raw) {
        if inside || !byte.is_ascii_whitespace() {
            out.push(byte);
        }
    }
    crate::text::shown(&out)
}

/// The white space between tokens, each token a mark.
fn white_space_of(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut in_token = false;
    for (inside, byte) in with_string_state(raw) {
        if !inside && byte.is_ascii_whitespace() {
            out.push(byte);
            in_token = false;
        } else if !inside && b"{}[],:".contains(&byte) {
            out.push(0);
            in_token = false;
        } else if !in_token {
            out.push(0);
            in_token = true;
        }
    }
    out
}

/// Each byte with whether it is part of a string, quotes included.
fn with_string_state(raw: &[u8]) -> impl Iterator<Item = (bool, u8)> + '_ {
    let (mut inside, mut escaped) = (false, false);
    raw.iter().map(move |&byte| {
        let was_inside = inside;
        if inside {
            if escaped {
                escaped = false;
            } else if byte == b'\\' {
                escaped = true;
            } else if byte == b'"' {
                inside = false;
            }
        } else if byte == b'"' {
            inside = true;
        }
        (was_inside || inside, byte)
    })
}
