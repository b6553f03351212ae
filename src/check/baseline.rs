//! A baseline: the causes that were found when it was written, so that later checks fail only on
//! what is new or has grown.

use toml::de::DeValue;

use super::growth::{self, Bound, Growth};
use super::policy::{UNEXPLAINED, schema};
use super::read::{Fault, FaultKind, Reader};

/// What is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Baseline {
    /// How far each cause may grow.
    pub growth: Growth,
    /// The causes.
    pub known: Vec<Known>,
}

/// One cause that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Known {
    /// The platform, where several were compared.
    pub platform: Option<String>,
    /// Its code, or `unexplained`.
    pub cause: String,
    /// How many differences.
    pub differences: u64,
    /// How many bytes it adds or takes away, where that can be told from other causes.
    pub bytes: Option<u64>,
}

impl Baseline {
    /// Reads a baseline; `codes` are the causes that there are.
    ///
    /// # Errors
    /// The first fault, with its line and column.
    pub fn read(text: &str, codes: &[&str]) -> Result<Baseline, Fault> {
        const KEYS: &[&str] = &["schema", "growth", "known"];
        const KNOWN: &[&str] = &["cause", "platform", "differences", "bytes"];
        const EXPECTED: &str = "a list of tables, each under [[known]]";
        let reader = Reader::new(text);
        let document = reader.document()?;
        let table = document.get_ref();
        reader.keys(table, "the baseline", KEYS)?;
        schema(reader, table)?;
        let growth = match table.get("growth") {
            None => Growth::default(),
            Some(value) => growth::read(reader, reader.table(value, "growth", "a table")?)?,
        };
        let names: Vec<&str> = codes.iter().copied().chain([UNEXPLAINED]).collect();
        let mut known = Vec::new();
        if let Some(value) = table.get("known") {
            let DeValue::Array(items) = value.get_ref() else {
                return Err(reader.value_fault(value, "known", EXPECTED));
            };
            for item in items.iter() {
                let table = reader.table(item, "known", EXPECTED)?;
                reader.keys(table, "[[known]]", KNOWN)?;
                let missing = |what| reader.fault(item.span(), FaultKind::Missing { place: "[[known]]", what });
                let cause = table.get("cause").ok_or_else(|| missing("a cause"))?;
                let differences = table.get("differences").ok_or_else(|| missing("the number of differences"))?;
                let platform = table.get("platform");
                let one = Known {
                    platform: platform
                        .map(|value| reader.text(value, "platform", "os/arch[/variant]").map(str::to_owned))
                        .transpose()?,
                    cause: reader.name(cause, "cause", "cause", &names)?.to_owned(),
                    differences: reader.number(differences, "differences", "a number")?,
                    bytes: table.get("bytes").map(|value| reader.number(value, "bytes", "a number")).transpose()?,
                };
                // one of two would be overlooked: a merge that kept both sides
                if known.iter().any(|own: &Known| own.cause == one.cause && own.platform == one.platform) {
                    let of = one.platform.as_ref().map(|platform| format!(" of {platform}")).unwrap_or_default();
                    let kind = FaultKind::Twice { place: "[[known]]", name: format!("{}{of}", one.cause) };
                    return Err(reader.fault(item.span(), kind));
                }
                known.push(one);
            }
        }
        Ok(Baseline { growth, known })
    }

    /// The bounds that a first baseline states: a little growth is no news.
    pub fn usual_growth() -> Growth {
        Growth { differences: Some(Bound::Percent(10)), bytes: Some(Bound::Number(64 << 10)) }
    }

    /// The baseline as a file.
    pub fn written(&self) -> String {
        let mut out = String::from(
            "# What `why-differ check --baseline` knows: it fails on other causes, and on these where they grow\n\
             # beyond the bounds. Written by --write-baseline.\nschema = 1\n",
        );
        let bound = |bound: Bound| match bound {
            Bound::Number(number) => number.to_string(),
            Bound::Percent(percent) => format!("\"{percent}%\""),
        };
        if self.growth != Growth::default() {
            out.push_str("\n[growth]\n");
        }
        for (key, value) in [("differences", self.growth.differences), ("bytes", self.growth.bytes)] {
            if let Some(value) = value {
                out.push_str(&format!("{key} = {}\n", bound(value)));
            }
        }
        for known in &self.known {
            out.push_str(&format!("\n[[known]]\ncause = {}\n", quoted(&known.cause)));
            if let Some(platform) = &known.platform {
                out.push_str(&format!("platform = {}\n", quoted(platform)));
            }
            out.push_str(&format!("differences = {}\n", known.differences));
            if let Some(bytes) = known.bytes {
                out.push_str(&format!("bytes = {bytes}\n"));
            }
        }
        out
    }
}

/// A TOML basic string. Platforms are foreign.
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            c if c.is_control() => out.push_str(&format!("\\U{:08X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bound() -> impl Strategy<Value = Option<Bound>> {
        let number = (0..=i64::MAX as u64).prop_map(Bound::Number);
        proptest::option::of(prop_oneof![number, any::<u64>().prop_map(Bound::Percent)])
    }

    fn known() -> impl Strategy<Value = Known> {
        let number = || 0..=i64::MAX as u64;
        let cause = proptest::sample::select(vec!["file-mtime", "text-edit", UNEXPLAINED]);
        (proptest::option::of(any::<String>()), cause, number(), proptest::option::of(number())).prop_map(
            |(platform, cause, differences, bytes)| Known { platform, cause: cause.to_owned(), differences, bytes },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            differences in bound(),
            bytes in bound(),
            known in proptest::collection::vec(known(), 0..5),
        ) {
            let mut known = known;
            let mut seen = std::collections::BTreeSet::new();
            known.retain(|one| seen.insert((one.cause.clone(), one.platform.clone())));
            let baseline = Baseline { growth: Growth { differences, bytes }, known };
            let text = baseline.written();
            prop_assert_eq!(Baseline::read(&text, &["file-mtime", "text-edit"]), Ok(baseline), "{}", text);
        }
    }
}
