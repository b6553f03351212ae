//! The white space of a document under replay: by the layout's rule, or with the token behind it.

use std::ops::Range;

use crate::image::document::Document;
use crate::image::json::{self, Member, Node};
use crate::image::spelling::Indent;
use crate::pair::{Pair, Side};

/// Writes tokens with the white space of one side.
pub(super) struct Writer<'d> {
    documents: Pair<&'d Document>,
    side: Side,
    mode: Mode,
    out: Vec<u8>,
    /// Where the next token of A's own text is to be looked for, where gaps go by number.
    next: usize,
    /// Whether the tokens turned out to be more than A has.
    overrun: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// None now; the layout's rule says what stands where at the end.
    Rule,
    /// The n-th token of A has the n-th white space of A.
    ByNumber,
    /// Each token has the white space that stands before it on the side, else on the other one.
    Attached,
}

/// No layout nests deeper than what was read before.
const DEEP: usize = usize::MAX;

impl<'d> Writer<'d> {
    pub(super) fn new(documents: Pair<&'d Document>, side: Side) -> Self {
        let irregular = documents.get(side).layout.indent == Indent::Irregular;
        let mode = match (irregular, side) {
            (false, _) => Mode::Rule,
            (true, Side::A) => Mode::ByNumber,
            (true, Side::B) => Mode::Attached,
        };
        Writer { documents, side, mode, out: Vec::new(), next: documents.a.root.span.start, overrun: false }
    }

    pub(super) fn attached(documents: Pair<&'d Document>, side: Side) -> Self {
        Writer { mode: Mode::Attached, ..Writer::new(documents, side) }
    }

    /// The whole document; `None` if A's white space does not fit.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        let layout = &self.documents.get(self.side).layout;
        if self.mode == Mode::Rule {
            let root = json::parse(&self.out, DEEP).ok()?;
            return Some(layout.spell(&self.out, &root));
        }
        if self.mode == Mode::ByNumber && (self.overrun || self.next != self.documents.a.root.span.end) {
            return None;
        }
        Some([&layout.leading[..], &self.out, &layout.trailing].concat())
    }

    fn raw(&self, side: Side) -> &'d [u8] {
        &self.documents.get(side).raw
    }

    /// One token, and the white space in front of it on each side.
    fn put(&mut self, token: &[u8], gaps: Pair<Option<&'d [u8]>>) {
        match self.mode {
            Mode::Rule => {}
            Mode::Attached => {
                let first = self.out.is_empty();
                let gap = gaps.get(self.side).or(*gaps.get(self.side.other())).unwrap_or_default();
                // what stands before the document is the layout's
                self.out.extend_from_slice(if first { b"" } else { gap });
            }
            Mode::ByNumber => {
                let raw = self.raw(Side::A);
                let end = self.documents.a.root.span.end;
                match next_token(raw, self.next, end) {
                    Some(own) => {
                        self.out.extend_from_slice(raw.get(self.next..own.start).unwrap_or_default());
                        self.next = own.end;
                    }
                    None => self.overrun = true,
                }
            }
        }
        self.out.extend_from_slice(token);
    }

    fn gap(&self, side: Side, at: usize) -> &'d [u8] {
        let raw = self.raw(side);
        let head = raw.get(..at).unwrap_or_default();
        let length = head.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        head.get(head.len() - length..).unwrap_or_default()
    }

    fn gaps(&self, at: Pair<Option<usize>>) -> Pair<Option<&'d [u8]>> {
        Pair::new(at.a.map(|at| self.gap(Side::A, at)), at.b.map(|at| self.gap(Side::B, at)))
    }

    /// A value with all its tokens; where both sides have it, its bytes are the same on both.
    pub(super) fn subtree(&mut self, a: Option<&Node>, b: Option<&Node>) {
        let starts = Pair::new(a, b).map(|node| node.map(|node| node.span.start));
        let (side, node) = match (a, b) {
            (Some(node), _) => (Side::A, node),
            (None, Some(node)) => (Side::B, node),
            (None, None) => return,
        };
        let raw = self.raw(side);
        let mut at = node.span.start;
        while let Some(token) = next_token(raw, at, node.span.end) {
            let offset = token.start - node.span.start;
            let gaps = self.gaps(starts.map(|start| start.map(|start| start + offset)));
            self.put(raw.get(token.clone()).unwrap_or_default(), gaps);
            at = token.end;
        }
    }

    /// B's value in the place of A's.
    pub(super) fn replaced(&mut self, a: &Node, b: &Node) {
        let raw = self.raw(Side::B);
        let mut at = b.span.start;
        while let Some(token) = next_token(raw, at, b.span.end) {
            let first = token.start == b.span.start;
            let gaps = self.gaps(Pair::new(first.then_some(a.span.start), Some(token.start)));
            self.put(raw.get(token.clone()).unwrap_or_default(), gaps);
            at = token.end;
        }
    }

    /// One token that stands for what both sides have here.
    pub(super) fn token(&mut self, token: &[u8], nodes: Pair<Option<&Node>>) {
        let gaps = self.gaps(nodes.map(|node| node.map(|node| node.span.start)));
        self.put(token, gaps);
    }

    pub(super) fn open(&mut self, bracket: &[u8], nodes: Pair<Option<&Node>>) {
        self.token(bracket, nodes);
    }

    pub(super) fn close(&mut self, bracket: &[u8], nodes: Pair<Option<&Node>>) {
        let gaps = self.gaps(nodes.map(|node| node.map(|node| node.span.end.saturating_sub(1))));
        self.put(bracket, gaps);
    }

    /// The comma behind a value.
    pub(super) fn comma(&mut self, before: Pair<Option<&Node>>) {
        let ends = before.map(|node| node.map(|node| node.span.end));
        let comma = |side: Side, end: Option<usize>| {
            let raw = self.raw(side);
            next_token(raw, end?, raw.len())
                .filter(|token| raw.get(token.start) == Some(&b','))
                .map(|token| token.start)
        };
        let gaps = self.gaps(Pair::new(comma(Side::A, ends.a), comma(Side::B, ends.b)));
        self.put(b",", gaps);
    }

    /// A key and its colon, spelt as B does if `b`.
    pub(super) fn key(&mut self, members: Pair<Option<&'d Member>>, b: bool) {
        let spans = members.map(|member| member.map(|member| member.key_span.clone()));
        let from = |side: Side| spans.get(side).clone().and_then(|span| self.raw(side).get(span));
        let token = if b { from(Side::B).or(from(Side::A)) } else { from(Side::A).or(from(Side::B)) };
        let gaps = self.gaps(spans.as_ref().map(|span| span.as_ref().map(|span| span.start)));
        self.put(token.unwrap_or_default(), gaps);
        let colon = |side: Side| {
            let raw = self.raw(side);
            next_token(raw, spans.get(side).as_ref()?.end, raw.len()).map(|token| token.start)
        };
        let gaps = self.gaps(Pair::new(colon(Side::A), colon(Side::B)));
        self.put(b":", gaps);
    }
}

/// The next token of well-formed JSON at or behind `at`, before `end`.
fn next_token(raw: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let text = raw.get(at..end)?;
    let start = at + text.iter().position(|byte| !byte.is_ascii_whitespace())?;
    let text = raw.get(start..end)?;
    let length = match text.first()? {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
        b'"' => {
            let mut escaped = false;
            let close = text.iter().skip(1).position(|&byte| {
                let closes = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                closes
            });
            close.map_or(text.len(), |close| close + 2)
        }
        _ => text
            .iter()
            .position(|byte| byte.is_ascii_whitespace() || b"{}[],:\"".contains(byte))
            .unwrap_or(text.len())
            .max(1),
    };
    Some(start..start + length)
}
