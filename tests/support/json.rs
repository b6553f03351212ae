//! JSON as the documents of test images need it: keys keep the order they were given, and every liberty that
//! writers take with spelling (indentation, key order, escapes, a last newline) can be asked for by name.
//! It refuses to read JSON: documents here are only written.

use serde::Deserialize;

/// A JSON value whose objects keep their order.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How a document is spelt: nothing here changes a value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Spelling {
    /// Spaces per level; absent means one line without spaces.
    pub indent: Option<usize>,
    /// Spaces after `:` and `,` on one line, as Python's `json.dumps` writes.
    pub spaced: bool,
    /// A newline after the last brace.
    pub newline: bool,
    /// Keys that come first, in this order, in every object that has them.
    pub key_order: Vec<String>,
    /// `html`: `<`, `>` and `&` as `\u003c` …, as Go does; `ascii`: all that is not ASCII; `slash`: `\/`.
    pub escape: String,
}

impl Json {
    pub fn text(value: impl Into<String>) -> Json {
        Json::Text(value.into())
    }

    pub fn size(value: usize) -> Json {
        Json::Int(i64::try_from(value).expect("a test blob is smaller than 2^63 bytes"))
    }

    pub fn object(pairs: impl IntoIterator<Item = (&'static str, Json)>) -> Json {
        Json::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// TOML has no null and sorts its keys; both are put right by `null_at` and `Spelling::key_order`.
    pub fn from_toml(value: &toml::Value) -> Json {
        match value {
            toml::Value::String(text) => Json::Text(text.clone()),
            toml::Value::Integer(number) => Json::Int(*number),
            toml::Value::Float(number) => Json::Float(*number),
            toml::Value::Boolean(truth) => Json::Bool(*truth),
            toml::Value::Datetime(date) => Json::Text(date.to_string()),
            toml::Value::Array(list) => Json::List(list.iter().map(Json::from_toml).collect()),
            toml::Value::Table(table) => Json::from_table(table),
        }
    }

    pub fn from_table(table: &toml::Table) -> Json {
        Json::Object(table.iter().map(|(key, value)| (key.clone(), Json::from_toml(value))).collect())
    }

    /// Sets a key of an object, in place when it is there and at the end when it is not.
    pub fn set(&mut self, key: &str, value: Json) {
        let Json::Object(pairs) = self else { panic!("the key {key} was to be set in something that is no object") };
        match pairs.iter_mut().find(|(name, _)| name == key) {
            Some(pair) => pair.1 = value,
            None => pairs.push((key.to_owned(), value)),
        }
    }

    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(pairs) => pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Objects merge key by key; anything else is replaced.
    pub fn merge(&mut self, over: &Json) {
        match over {
            Json::Object(pairs) if matches!(self, Json::Object(_)) => {
                for (key, value) in pairs {
                    match self.get(key) {
                        Some(mine @ Json::Object(_)) if matches!(value, Json::Object(_)) => {
                            let mut merged = mine.clone();
                            merged.merge(value);
                            self.set(key, merged);
                        }
                        _ => self.set(key, value.clone()),
                    }
                }
            }
            _ => *self = over.clone(),
        }
    }

    /// Puts `null` where the pointer says; the last step is added to its object when it is not there.
    pub fn null_at(&mut self, pointer: &str) {
        let (parent, last) = self.parent_of(pointer);
        match parent {
            Json::List(items) => items[index(last)] = Json::Null,
            other => other.set(last, Json::Null),
        }
    }

    /// Takes away what the pointer names.
    pub fn drop_at(&mut self, pointer: &str) {
        let (parent, last) = self.parent_of(pointer);
        match parent {
            Json::List(items) => drop(items.remove(index(last))),
            Json::Object(pairs) => pairs.retain(|(key, _)| key != last),
            _ => panic!("{pointer} names nothing that could be dropped"),
        }
    }

    fn parent_of<'a, 'p>(&'a mut self, pointer: &'p str) -> (&'a mut Json, &'p str) {
        let mut steps: Vec<&str> = pointer.split('/').skip(1).collect();
        let last = steps.pop().expect("a pointer names at least one key");
        let mut here = self;
        for step in steps {
            here = match here {
                Json::List(items) => &mut items[index(step)],
                Json::Object(pairs) => {
                    let found = pairs.iter_mut().find(|(key, _)| key == step);
                    &mut found.unwrap_or_else(|| panic!("{pointer}: there is no key {step}")).1
                }
                _ => panic!("{pointer}: {step} is asked of something that has no parts"),
            };
        }
        (here, last)
    }

    pub fn write(&self, spelling: &Spelling) -> Vec<u8> {
        let mut out = String::new();
        self.write_into(spelling, 0, &mut out);
        if spelling.newline {
            out.push('\n');
        }
        out.into_bytes()
    }

    fn write_into(&self, spelling: &Spelling, depth: usize, out: &mut String) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(truth) => out.push_str(if *truth { "true" } else { "false" }),
            Json::Int(number) => out.push_str(&number.to_string()),
            Json::Float(number) => out.push_str(&number.to_string()),
            Json::Text(text) => write_text(text, spelling, out),
            Json::List(items) => {
                let parts = items.iter().map(|item| (None, item)).collect();
                write_parts('[', parts, ']', spelling, depth, out);
            }
            Json::Object(pairs) => {
                let place = |key: &str| spelling.key_order.iter().position(|first| first == key).unwrap_or(usize::MAX);
                let mut parts: Vec<_> = pairs.iter().map(|(key, value)| (Some(key.as_str()), value)).collect();
                parts.sort_by_key(|(key, _)| place(key.expect("an object's parts have keys")));
                write_parts('{', parts, '}', spelling, depth, out);
            }
        }
    }
}

fn write_parts(
    open: char,
    parts: Vec<(Option<&str>, &Json)>,
    close: char,
    spelling: &Spelling,
    depth: usize,
    out: &mut String,
) {
    out.push(open);
    let empty = parts.is_empty();
    for (position, (key, value)) in parts.into_iter().enumerate() {
        if position > 0 {
            out.push_str(if spelling.spaced { ", " } else { "," });
        }
        new_line(spelling, depth + 1, out);
        if let Some(key) = key {
            write_text(key, spelling, out);
            out.push_str(if spelling.spaced || spelling.indent.is_some() { ": " } else { ":" });
        }
        value.write_into(spelling, depth + 1, out);
    }
    if !empty {
        new_line(spelling, depth, out);
    }
    out.push(close);
}

fn new_line(spelling: &Spelling, depth: usize, out: &mut String) {
    if let Some(indent) = spelling.indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth));
    }
}

fn write_text(text: &str, spelling: &Spelling, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '/' if spelling.escape == "slash" => out.push_str("\\/"),
            '<' | '>' | '&' if spelling.escape == "html" => push_unicode_escape(letter, out),
            plain if (' '..='~').contains(&plain) => out.push(plain),
            other if other < ' ' || spelling.escape == "ascii" => push_unicode_escape(other, out),
            other => out.push(other),
        }
    }
    out.push('"');
}

fn push_unicode_escape(letter: char, out: &mut String) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

fn index(step: &str) -> usize {
    step.parse().expect("a list is stepped into by number")
}
