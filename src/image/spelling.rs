//! How a JSON document is spelt: its white space, and whether it follows one rule throughout.
//!
//! A [`Layout`] is claimed only if writing the document's tokens with it gives the very bytes
//! back; everything else is [`Indent::Irregular`].

use crate::image::json::{Json, Node};

/// White space of a whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Line breaks and indentation.
    pub indent: Indent,
    /// What stands behind the colon of a member.
    pub colon: &'static str,
    /// What stands behind a comma on one line.
    pub comma: &'static str,
    /// What stands before the document.
    pub leading: Box<[u8]>,
    /// What stands behind the document, usually nothing or a line feed.
    pub trailing: Box<[u8]>,
}

/// How lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indent {
    /// No line breaks.
    OneLine,
    /// Each member on a line of its own, indented by that many spaces a level.
    Spaces(usize),
    /// Likewise with tabs.
    Tabs(usize),
    /// No one rule gives the bytes back.
    Irregular,
}

impl Layout {
    /// The layout of `raw`, whose tree is `root`.
    pub fn of(raw: &[u8], root: &Node) -> Layout {
        let leading: Box<[u8]> = raw[..root.span.start].into();
        let trailing: Box<[u8]> = raw[root.span.end..].into();
        for indent in guesses(raw, root) {
            for (colon, comma) in [(":", ""), (": ", ""), (": ", " "), (":", " ")] {
                let layout = Layout { indent, colon, comma, leading: leading.clone(), trailing: trailing.clone() };
                if layout.writes(raw, root) {
                    return layout;
                }
            }
        }
        Layout { indent: Indent::Irregular, colon: ":", comma: "", leading, trailing }
    }

    /// Whether writing the tokens of `raw` with this layout gives `raw`.
    fn writes(&self, raw: &[u8], root: &Node) -> bool {
        self.spell(raw, root) == raw
    }

    /// The tokens of `raw`, whose tree is `root`, with the white space of this layout; of an
    /// irregular one as if it had no line breaks.
    pub fn spell(&self, raw: &[u8], root: &Node) -> Vec<u8> {
        let mut out = Vec::with_capacity(raw.len());
        out.extend_from_slice(&self.leading);
        self.write(raw, root, 0, &mut out);
        out.extend_from_slice(&self.trailing);
        out
    }

    fn write(&self, raw: &[u8], node: &Node, level: usize, out: &mut Vec<u8>) {
        match &node.value {
            Json::Array(nodes) if !nodes.is_empty() => {
                out.push(b'[');
                for (i, node) in nodes.iter().enumerate() {
                    self.separate(i, level + 1, out);
                    self.write(raw, node, level + 1, out);
                }
                self.line(level, out);
                out.push(b']');
            }
            Json::Object(members) if !members.is_empty() => {
                out.push(b'{');
                for (i, member) in members.iter().enumerate() {
                    self.separate(i, level + 1, out);
                    out.extend_from_slice(&raw[member.key_span.clone()]);
                    out.extend_from_slice(self.colon.as_bytes());
                    self.write(raw, &member.node, level + 1, out);
                }
                self.line(level, out);
                out.push(b'}');
            }
            Json::Array(_) => out.extend_from_slice(b"[]"),
            Json::Object(_) => out.extend_from_slice(b"{}"),
            _ => out.extend_from_slice(&raw[node.span.clone()]),
        }
    }

    fn separate(&self, position: usize, level: usize, out: &mut Vec<u8>) {
        if position > 0 {
            out.push(b',');
            if self.indent == Indent::OneLine {
                out.extend_from_slice(self.comma.as_bytes());
            }
        }
        self.line(level, out);
    }

    fn line(&self, level: usize, out: &mut Vec<u8>) {
        let (unit, count) = match self.indent {
            Indent::Spaces(count) => (b' ', count),
            Indent::Tabs(count) => (b'\t', count),
            Indent::OneLine | Indent::Irregular => return,
        };
        out.push(b'\n');
        out.resize(out.len() + level * count, unit);
    }

    /// The layout in words: `one line`, `indented by 3 spaces, a line feed at the end`.
    pub fn in_words(&self) -> String {
        let mut words = match self.indent {
            Indent::OneLine if self.colon == ": " => "one line, spaces after colons".to_owned(),
            Indent::OneLine => "one line".to_owned(),
            Indent::Spaces(1) => "indented by 1 space".to_owned(),
            Indent::Spaces(count) => format!("indented by {count} spaces"),
            Indent::Tabs(1) => "indented by tabs".to_owned(),
            Indent::Tabs(count) => format!("indented by {count} tabs"),
            Indent::Irregular => "irregular white space".to_owned(),
        };
        if *self.trailing == *b"\n" {
            words.push_str(", a line feed at the end");
        } else if !self.trailing.is_empty() {
            words.push_str(", white space at the end");
        }
        if !self.leading.is_empty() {
            words.push_str(", white space at the start");
        }
        words
    }
}

/// The indents worth trying: the one that the first line break shows, or none.
fn guesses(raw: &[u8], root: &Node) -> Vec<Indent> {
    let body = &raw[root.span.clone()];
    let Some(line_break) = body.iter().position(|&byte| byte == b'\n') else {
        return vec![Indent::OneLine];
    };
    let run = &body[line_break + 1..];
    let spaces = run.iter().take_while(|&&byte| byte == b' ').count();
    let tabs = run.iter().take_while(|&&byte| byte == b'\t').count();
    if tabs > 0 { vec![Indent::Tabs(tabs)] } else { vec![Indent::Spaces(spaces)] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::json::parse;

    #[test]
    fn layouts_are_recognised_only_where_they_hold_throughout() {
        let table = [
            (r#"{"a":1,"b":[]}"#, "one line"),
            (r#"{"a": 1, "b": [1, 2]}"#, "one line, spaces after colons"),
            ("{\n   \"a\": 1,\n   \"b\": [\n      2\n   ]\n}", "indented by 3 spaces"),
            ("{\n\t\"a\": 1\n}\n", "indented by tabs, a line feed at the end"),
            ("{\n  \"a\": 1,\n   \"b\": 2\n}", "irregular white space"),
            ("{ \"a\":1}", "irregular white space"),
            ("[]", "one line"),
        ];
        for (text, words) in table {
            let root = parse(text.as_bytes(), 64).expect("valid JSON in the table");
            assert_eq!(Layout::of(text.as_bytes(), &root).in_words(), words, "{text:?}");
        }
    }
}
