//! JSON as a lossless tree: values with the spans of the bytes that wrote them.
//!
//! Digests are of bytes, so two documents of equal meaning may have two digests. This reader
//! keeps what others drop: key order, duplicate keys, escapes, the spelling of numbers, white
//! space. It follows RFC 8259 and is lenient in one point only: strings may hold bytes that are
//! not UTF-8 and lone surrogate escapes (kept as their three-byte form), because real labels do.

use std::ops::Range;

/// One value and the bytes that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands in the document, without surrounding white space.
    pub span: Range<usize>,
    /// What it is.
    pub value: Json,
}

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as written.
    Number(Box<str>),
    /// A string, unescaped.
    String(Box<[u8]>),
    /// An array.
    Array(Vec<Node>),
    /// An object; keys in order, duplicates kept.
    Object(Vec<Member>),
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Where the key stands, quotes included.
    pub key_span: Range<usize>,
    /// The key, unescaped.
    pub key: Box<[u8]>,
    /// Its value.
    pub node: Node,
}

/// Why bytes are not JSON, or are JSON beyond a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// A byte that cannot stand here.
    #[error("at offset {offset}: expected {expected}, found {found}")]
    Syntax {
        /// Byte offset.
        offset: usize,
        /// What could have stood here.
        expected: &'static str,
        /// What stands here.
        found: String,
    },
    /// Nested too deep.
    #[error("at offset {offset}: nested more than {limit} levels deep (--max-depth)")]
    Depth {
        /// Byte offset.
        offset: usize,
        /// The limit.
        limit: usize,
    },
}

/// No caller may lift `--max-depth` beyond what the stack of a thread bears.
const DEEPEST: usize = 1_000;

/// Reads a whole document, nested at most `depth` levels deep.
pub fn parse(bytes: &[u8], depth: usize) -> Result<Node, JsonError> {
    let mut reader = Reader { bytes, at: 0, limit: depth.min(DEEPEST) };
    reader.space();
    let node = reader.node(0)?;
    reader.space();
    if reader.at < bytes.len() {
        return Err(reader.wrong("the end of the document"));
    }
    Ok(node)
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    limit: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn wrong(&self, expected: &'static str) -> JsonError {
        let found = match self.peek() {
            None => "the end of the file".to_owned(),
            Some(byte) => format!("`{}`", crate::text::shown(&[byte])),
        };
        JsonError::Syntax { offset: self.at, expected, found }
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn node(&mut self, depth: usize) -> Result<Node, JsonError> {
        if depth >= self.limit {
            return Err(JsonError::Depth { offset: self.at, limit: self.limit });
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Json::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ if self.word(b"null") => Json::Null,
            _ if self.word(b"true") => Json::Bool(true),
            _ if self.word(b"false") => Json::Bool(false),
            _ => return Err(self.wrong("a JSON value")),
        };
        Ok(Node { span: start..self.at, value })
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let fits = self.bytes[self.at..].starts_with(word);
        if fits {
            self.at += word.len();
        }
        fits
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut members = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.wrong("a key in quotes"));
            }
            let key_start = self.at;
            let key = self.string()?;
            let key_span = key_start..self.at;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.wrong("`:`"));
            }
            self.at += 1;
            self.space();
            let node = self.node(depth + 1)?;
            members.push(Member { key_span, key, node });
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(Json::Object(members));
                }
                _ => return Err(self.wrong("`,` or `}`")),
            }
            self.space();
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        let mut nodes = Vec::new();
        self.at += 1;
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::Array(nodes));
        }
        loop {
            nodes.push(self.node(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::Array(nodes));
                }
                _ => return Err(self.wrong("`,` or `]`")),
            }
            self.space();
        }
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return Err(self.wrong("a digit")),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.wrong("a digit"));
            }
            self.digits();
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.wrong("a digit"));
            }
            self.digits();
        }
        let raw = String::from_utf8_lossy(&self.bytes[start..self.at]);
        Ok(Json::Number(raw.into()))
    }

    fn digits(&mut self) {
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<Box<[u8]>, JsonError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let run = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.at += 1;
            }
            out.extend_from_slice(&self.bytes[run..self.at]);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out.into());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                _ => return Err(self.wrong("`\"` that ends the string")),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let plain = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => c,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode(out);
            }
            _ => return Err(self.wrong("an escape")),
        };
        out.push(plain);
        self.at += 1;
        Ok(())
    }

    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let first = self.four_digits()?;
        let mut scalar = u32::from(first);
        if (0xd800..0xdc00).contains(&first) && self.bytes[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xdc00..0xe000).contains(&second) {
                scalar = 0x10000 + ((u32::from(first) - 0xd800) << 10) + (u32::from(second) - 0xdc00);
            } else {
                self.at = back;
            }
        }
        match char::from_u32(scalar) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            // a lone surrogate has no UTF-8 form; its generalised form keeps it apart from every other string
            None => out.extend_from_slice(&[
                0xe0 | (scalar >> 12) as u8,
                0x80 | (scalar >> 6 & 0x3f) as u8,
                0x80 | (scalar & 0x3f) as u8,
            ]),
        }
        Ok(())
    }

    fn four_digits(&mut self) -> Result<u16, JsonError> {
        let mut value = 0u16;
        for _ in 0..4 {
            let digit = self.peek().and_then(|c| (c as char).to_digit(16));
            let Some(digit) = digit else { return Err(self.wrong("a hexadecimal digit")) };
            value = value << 4 | digit as u16;
            self.at += 1;
        }
        Ok(value)
    }
}

impl Json {
    /// The type's name with its article, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Number(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }

    /// Whether it says no more than an absent key would to a Go program: `null`, `false`, and
    /// empty strings, arrays and objects.
    pub fn is_nothing(&self) -> bool {
        match self {
            Json::Null | Json::Bool(false) => true,
            Json::String(s) => s.is_empty(),
            Json::Array(nodes) => nodes.is_empty(),
            Json::Object(members) => members.is_empty(),
            _ => false,
        }
    }

    /// Whether two values mean the same: key order, duplicates that a later one overrides,
    /// escapes and the spelling of numbers do not count.
    pub fn means_the_same(&self, other: &Json) -> bool {
        match (self, other) {
            (Json::Number(a), Json::Number(b)) => numbers_equal(a, b),
            (Json::Array(a), Json::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.value.means_the_same(&b.value))
            }
            (Json::Object(a), Json::Object(b)) => {
                let within = |a: &[Member], b: &Json| {
                    a.iter().all(|member| match (effective(a, &member.key), b.get(&member.key)) {
                        (Some(a), Some(b)) => a.value.means_the_same(&b.value),
                        _ => false,
                    })
                };
                within(a, other) && within(b, self)
            }
            (a, b) => a == b,
        }
    }

    /// The member `key` of an object; of duplicates the last, as Go and Python read them.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<&Node> {
        match self {
            Json::Object(members) => effective(members, key.as_ref()),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Json::String(s) => Some(s),
            _ => None,
        }
    }

    /// The text of a string that is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok())
    }

    /// A whole number that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Json::Number(raw) => raw.parse().ok(),
            _ => None,
        }
    }

    /// The nodes of an array; none for anything else.
    pub fn items(&self) -> &[Node] {
        match self {
            Json::Array(nodes) => nodes,
            _ => &[],
        }
    }

    /// The members of an object; none for anything else.
    pub fn members(&self) -> &[Member] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }
}

fn effective<'a>(members: &'a [Member], key: &[u8]) -> Option<&'a Node> {
    members.iter().rev().find(|member| *member.key == *key).map(|member| &member.node)
}

/// Equal as numbers: as integers if both are, else as doubles, which is how JSON readers take them.
pub fn numbers_equal(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    match (a.parse::<i128>(), b.parse::<i128>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b && a.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Json {
        parse(text.as_bytes(), 64).expect("valid JSON in the test").value
    }

    #[test]
    fn meaning_is_apart_from_spelling() {
        let same = [
            (r#"{"a":1,"b":[2]}"#, r#"{ "b" : [ 2.0 ], "a" : 1 }"#),
            (r#""<\n""#, r#""\u003c\u000a""#),
            (r#""😀""#, r#""\ud83d\ude00""#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            ("1e2", "100"),
        ];
        for (a, b) in same {
            assert!(value(a).means_the_same(&value(b)), "{a} and {b}");
        }
        let other = [
            ("1", "\"1\""),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            ("[1,2]", "[2,1]"),
            ("12345678901234567890", "12345678901234567891"),
        ];
        for (a, b) in other {
            assert!(!value(a).means_the_same(&value(b)), "{a} and {b}");
        }
    }

    #[test]
    fn wrong_bytes_are_named_with_their_offset() {
        let table: &[(&[u8], &str)] = &[
            (b"", "at offset 0: expected a JSON value, found the end of the file"),
            (b"{\"a\" 1}", "at offset 5: expected `:`, found `1`"),
            (b"[1,]", "at offset 3: expected a JSON value, found `]`"),
            (b"{} x", "at offset 3: expected the end of the document, found `x`"),
            (b"\"\x01\"", "at offset 1: expected `\"` that ends the string, found `\\x01`"),
            (b"01", "at offset 1: expected the end of the document, found `1`"),
            (b"[[[[]]]]", "at offset 3: nested more than 3 levels deep (--max-depth)"),
        ];
        for (bytes, message) in table {
            let error = parse(bytes, 3).expect_err("invalid JSON in the table");
            assert_eq!(error.to_string(), *message);
        }
    }
}
