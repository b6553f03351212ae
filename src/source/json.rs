//! The JSON of containers (`index.json`, `manifest.json`, `repositories`, V1 `json`), as far as it
//! tells where things are.
//!
//! Refuses to be the reader of the compared documents: those keep their bytes and are read by the
//! lossless parser. Every complaint names the document, what was expected and what was found.

use serde_json::Value;

use crate::digest::Digest;

use super::error::{SourceError, shown_name};

/// A document of a container, and what to call it.
pub(super) struct Described<'a> {
    /// The archive or folder.
    pub file: &'a str,
    /// The member.
    pub document: &'a str,
}

impl Described<'_> {
    /// Parses the document. Depth is bounded by serde_json (128 levels).
    pub(super) fn parse(&self, bytes: &[u8]) -> Result<Value, SourceError> {
        serde_json::from_slice(bytes).map_err(|error| {
            let why = error.to_string();
            let why = match why.split_once("recursion limit exceeded") {
                Some((_, place)) => format!("it nests deeper than 128 levels{place}"),
                None if bytes.is_empty() => "it is empty".to_owned(),
                None => why,
            };
            SourceError::Json { file: self.file.to_owned(), document: shown_name(self.document), why }
        })
    }

    /// The complaint that `place` in the document is not `expected`.
    pub(super) fn wrong(&self, place: &str, expected: &'static str, found: Option<&Value>) -> SourceError {
        let document = shown_name(self.document);
        SourceError::Shape {
            file: self.file.to_owned(),
            document: if place.is_empty() { document } else { format!("{document}: {place}") },
            expected,
            found: found.map_or("nothing", kind).to_owned(),
        }
    }

    /// The string at `key`, which must be there.
    pub(super) fn string<'v>(&self, value: &'v Value, place: &str, key: &str) -> Result<&'v str, SourceError> {
        let found = value.get(key);
        found.and_then(Value::as_str).ok_or_else(|| self.wrong(&format!("{place}.{key}"), "a string", found))
    }

    /// The digest at `key`, which must be there.
    pub(super) fn digest(&self, value: &Value, place: &str, key: &str) -> Result<Digest, SourceError> {
        let text = self.string(value, place, key)?;
        text.parse().map_err(|_| SourceError::Shape {
            file: self.file.to_owned(),
            document: format!("{}: {place}.{key}", shown_name(self.document)),
            expected: "a digest (sha256: and 64 lower-case hexadecimal digits)",
            found: format!("{:?}", shown_name(text)),
        })
    }

    /// The strings of the array at `key`; nothing and `null` are an empty array.
    pub(super) fn strings(&self, value: &Value, place: &str, key: &str) -> Result<Vec<String>, SourceError> {
        let items = match value.get(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(items)) => items,
            found => return Err(self.wrong(&format!("{place}.{key}"), "an array of strings", found)),
        };
        let string = |(at, item): (usize, &Value)| {
            let text = item.as_str().map(str::to_owned);
            text.ok_or_else(|| self.wrong(&format!("{place}.{key}[{at}]"), "a string", Some(item)))
        };
        items.iter().enumerate().map(string).collect()
    }
}

/// What a value is, with its article.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
