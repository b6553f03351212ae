//! Values and text as JSON: digests, bytes that may not be UTF-8, characters that no terminal sees.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};

use crate::digest::Digest;
use crate::report;
use crate::text::shown;

/// `document` as text, indented by two spaces, ending in a newline.
pub(in crate::render) fn written(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("maps with string keys, and no value that can fail");
    let mut out = String::with_capacity(text.len() + 1);
    // Only strings hold such characters, and in a string the escape means the same.
    for character in text.chars() {
        if drives_a_terminal(character) {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out.push('\n');
    out
}

/// Whether a character that JSON may hold as it is would change how its neighbours are drawn.
fn drives_a_terminal(character: char) -> bool {
    let mut bytes = [0; 4];
    let text = character.encode_utf8(&mut bytes);
    character != '\n' && !character.is_ascii_graphic() && character != ' ' && shown(text.as_bytes()) != *text
}

/// A digest as descriptors write it.
pub(super) struct Hex(pub(super) Digest);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A value: `null` where absent, a string, a number, `{"json": …}` with the JSON as it is written.
pub(super) struct Value<'r>(pub(super) &'r report::Value);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            report::Value::Absent => serializer.serialize_none(),
            report::Value::Number(number) => serializer.serialize_i128(*number),
            report::Value::Text(bytes) => Bytes(bytes.clone()).serialize(serializer),
            report::Value::Json(json) => serializer.collect_map([("json", json)]),
        }
    }
}

/// A string if it is UTF-8, else `{"bytes": base64}`.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => serializer.collect_map([("bytes", STANDARD.encode(&self.0))]),
        }
    }
}
