//! How far a known cause may grow: a number more, or so many per cent more.

use toml::de::DeTable;

use super::read::{Fault, Reader, Scalar};

/// A bound on one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// So many more.
    Number(u64),
    /// So many per cent more, rounded down.
    Percent(u64),
}

impl Bound {
    /// The largest number that is no growth beyond the bound.
    pub fn most(self, from: u64) -> u64 {
        match self {
            Bound::Number(more) => from.saturating_add(more),
            Bound::Percent(percent) => {
                let more = u128::from(from) * u128::from(percent) / 100;
                from.saturating_add(u64::try_from(more).unwrap_or(u64::MAX))
            }
        }
    }
}

/// The bounds that a policy or a baseline states; what is not stated is not bounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Growth {
    /// Of the number of differences of one cause.
    pub differences: Option<Bound>,
    /// Of the bytes that one cause adds or takes away.
    pub bytes: Option<Bound>,
}

impl Growth {
    /// These bounds, and `other`'s where these say nothing.
    pub fn or(self, other: Growth) -> Growth {
        Growth { differences: self.differences.or(other.differences), bytes: self.bytes.or(other.bytes) }
    }
}

const BOUND: &str = "a number, a number of bytes such as \"64K\", or per cent such as \"10%\"";

pub(super) fn read(reader: Reader<'_>, table: &DeTable<'_>) -> Result<Growth, Fault> {
    const KEYS: &[&str] = &["differences", "bytes"];
    reader.keys(table, "[growth]", KEYS)?;
    let bound = |key: &'static str| -> Result<Option<Bound>, Fault> {
        let Some(value) = table.get(key) else { return Ok(None) };
        let bound = match reader.scalar(value, key, BOUND)? {
            Scalar::Number(number) => Some(Bound::Number(number)),
            Scalar::Text(text) => match text.strip_suffix('%') {
                Some(percent) => percent.trim_end().parse().ok().map(Bound::Percent),
                None if key == "bytes" => crate::text::parse_size(text).map(Bound::Number),
                None => None,
            },
        };
        bound.map(Some).ok_or_else(|| reader.value_fault(value, key, BOUND))
    };
    Ok(Growth { differences: bound("differences")?, bytes: bound("bytes")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_say_how_much_is_too_much() {
        let table = [
            (Bound::Number(0), 7, 7),
            (Bound::Number(3), 7, 10),
            (Bound::Percent(10), 7, 7),
            (Bound::Percent(10), 100, 110),
            (Bound::Percent(0), 100, 100),
            (Bound::Percent(u64::MAX), u64::MAX, u64::MAX),
            (Bound::Number(1), u64::MAX, u64::MAX),
        ];
        for (bound, from, most) in table {
            assert_eq!(bound.most(from), most, "{bound:?} {from}");
        }
    }
}
