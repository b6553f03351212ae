//! Reads TOML so that every fault has its line and column and every slip its suggestion.
//!
//! Refuses to guess: an unknown key is an error, since a misspelt rule that does nothing would let
//! through what it was written to stop.

use std::ops::Range;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::suggest::nearest;
use crate::text::shown;

/// What is wrong with a policy or a baseline, and where. Shown as `LINE:COLUMN: SENTENCE`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{line}:{column}: {kind}")]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: FaultKind,
}

/// The kinds of fault.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// No TOML.
    #[error("{0}")]
    Syntax(String),
    /// A key that means nothing here.
    #[error("unknown key `{}` in {place}; {}", shown(key.as_bytes()), one_of("it may have", near, known))]
    UnknownKey {
        /// As written.
        key: String,
        /// In which table: `the policy`, `[[allow]]`.
        place: &'static str,
        /// The keys most like it.
        near: Vec<String>,
        /// All keys.
        known: &'static [&'static str],
    },
    /// A name that nothing has.
    #[error("no {what} is called `{}`{}", shown(name.as_bytes()), did_you_mean(near))]
    UnknownName {
        /// `cause`, `level`, `group`.
        what: &'static str,
        /// As written.
        name: String,
        /// The names most like it.
        near: Vec<String>,
    },
    /// A value of another type or out of range.
    #[error("`{key}` is {}, expected {expected}", shown(found.as_bytes()))]
    Value {
        /// Of which key.
        key: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The same thing said a second time.
    #[error("{place} `{}` is there twice", shown(name.as_bytes()))]
    Twice {
        /// In which table.
        place: &'static str,
        /// What.
        name: String,
    },
    /// A key that is not there.
    #[error("{place} needs {what}")]
    Missing {
        /// In which table.
        place: &'static str,
        /// What it lacks.
        what: &'static str,
    },
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(" or ")) }
}

fn one_of(lead: &str, near: &[String], known: &[&str]) -> String {
    match near {
        [] => format!("{lead} {}", known.join(", ")),
        near => format!("did you mean {}?", near.join(" or ")),
    }
}

/// The text of a document, to find lines and columns in.
#[derive(Clone, Copy)]
pub(super) struct Reader<'i> {
    text: &'i str,
}

type Result<T> = std::result::Result<T, Fault>;
type Value<'i> = Spanned<DeValue<'i>>;

/// What a layer, a count or a bound may be written as.
pub(super) enum Scalar<'v> {
    Number(u64),
    Text(&'v str),
}

impl<'i> Reader<'i> {
    pub(super) fn new(text: &'i str) -> Self {
        Reader { text }
    }

    /// The top table.
    pub(super) fn document(self) -> Result<Spanned<DeTable<'i>>> {
        DeTable::parse(self.text).map_err(|error| {
            // its own message may take several lines
            let message = error.message().lines().collect::<Vec<_>>().join(", ");
            self.fault(error.span().unwrap_or(0..0), FaultKind::Syntax(message))
        })
    }

    pub(super) fn fault(self, span: Range<usize>, kind: FaultKind) -> Fault {
        let (line, column) = self.position(span.start);
        Fault { line, column, kind }
    }

    pub(super) fn value_fault(self, value: &Value<'_>, key: &'static str, expected: &'static str) -> Fault {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("\"{text}\""),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
            DeValue::Array(_) => "a list".to_owned(),
            other => self.text.get(value.span()).map_or_else(|| other.type_str().to_owned(), str::to_owned),
        };
        self.fault(value.span(), FaultKind::Value { key, expected, found })
    }

    /// Line and column of a byte, both from 1.
    pub(super) fn position(self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }

    /// That `table` has no key but those in `known`.
    pub(super) fn keys(self, table: &DeTable<'_>, place: &'static str, known: &'static [&'static str]) -> Result<()> {
        let unknown = table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        match unknown.min_by_key(|key| key.span().start) {
            None => Ok(()),
            Some(key) => {
                let near = nearest(key.get_ref(), known).into_iter().map(str::to_owned).collect();
                let kind = FaultKind::UnknownKey { key: key.get_ref().to_string(), place, near, known };
                Err(self.fault(key.span(), kind))
            }
        }
    }

    pub(super) fn text<'v>(self, value: &'v Value<'_>, key: &'static str, expected: &'static str) -> Result<&'v str> {
        value.get_ref().as_str().ok_or_else(|| self.value_fault(value, key, expected))
    }

    /// A number of at least 0, or text.
    pub(super) fn scalar<'v>(
        self,
        value: &'v Value<'_>,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Scalar<'v>> {
        let wrong = || self.value_fault(value, key, expected);
        match value.get_ref() {
            DeValue::String(text) => Ok(Scalar::Text(text)),
            DeValue::Integer(number) => {
                u64::from_str_radix(number.as_str(), number.radix()).map(Scalar::Number).map_err(|_| wrong())
            }
            _ => Err(wrong()),
        }
    }

    pub(super) fn number(self, value: &Value<'_>, key: &'static str, expected: &'static str) -> Result<u64> {
        match self.scalar(value, key, expected)? {
            Scalar::Number(number) => Ok(number),
            Scalar::Text(_) => Err(self.value_fault(value, key, expected)),
        }
    }

    /// The items of a list that is not empty, or the one value that stands for it.
    pub(super) fn list<'v, 'd>(
        self,
        value: &'v Value<'d>,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Vec<&'v Value<'d>>> {
        match value.get_ref() {
            DeValue::Array(items) if items.is_empty() => Err(self.value_fault(value, key, expected)),
            DeValue::Array(items) => Ok(items.iter().collect()),
            _ => Ok(vec![value]),
        }
    }

    pub(super) fn table<'v, 'd>(
        self,
        value: &'v Value<'d>,
        key: &'static str,
        expected: &'static str,
    ) -> Result<&'v DeTable<'d>> {
        value.get_ref().as_table().ok_or_else(|| self.value_fault(value, key, expected))
    }

    /// One of `names`.
    pub(super) fn name<'n>(
        self,
        value: &Value<'_>,
        key: &'static str,
        what: &'static str,
        names: &[&'n str],
    ) -> Result<&'n str> {
        let typed = self.text(value, key, "a name in quotes")?;
        names.iter().copied().find(|name| *name == typed).ok_or_else(|| {
            let near = nearest(typed, names).into_iter().map(str::to_owned).collect();
            self.fault(value.span(), FaultKind::UnknownName { what, name: typed.to_owned(), near })
        })
    }
}
