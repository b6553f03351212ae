//! Takes what looks like a secret out of a report before it is sent to others.
//!
//! Environment variables, labels, build steps, references and addresses are searched for names that
//! secrets have (`…TOKEN=`, `--password …`), for passwords in addresses and for tokens of well-known
//! shape. What is found is replaced wherever it stands in the report, and every replacement is told.
//! Refuses to promise more: a secret under an innocent name is not recognised.

mod patterns;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, MatchKind};

use crate::report::{Evidence, Redaction, Report, Value};
use crate::text::{counted, shown};
use patterns::{Found, search, secret_name};

/// Secrets shorter than this are replaced only beside their names: their letters stand everywhere.
const SHORT: usize = 6;
/// Values that are told one by one. More of them are taken out only where their names stand beside them.
const MOST: usize = 10_000;
/// Names of them in a remark.
const NAMED: usize = 100;

/// Takes out of `report` what looks like a secret, and tells in it what that was.
///
/// Lines of changed text files are contents of files: they are counted and left out too.
pub fn report(report: &mut Report) -> Vec<Redaction> {
    without_contents(report);
    let mut vault = Vault::default();
    walk::texts(report, &mut |text| vault.collect(text));
    named_values(report, &mut vault);
    let sealed = vault.sealed();
    walk::texts(report, &mut |text| sealed.replace(text));
    report.redacted = Some(vault.list.clone());
    report.notes.push(remark(&vault.list));
    vault.list
}

/// What was taken out, as a remark of the report.
fn remark(list: &[Redaction]) -> String {
    const LINES: &str = "lines of changed text files are counted and not shown";
    if list.is_empty() {
        return format!("nothing looked like a secret; {LINES}");
    }
    let mut names: Vec<String> = list.iter().take(NAMED).map(ToString::to_string).collect();
    if list.len() > NAMED {
        names.push(format!("and {} more", list.len() - NAMED));
    }
    format!(
        "what looked like a secret stands as [redacted #N], and a document with such a mark no longer hashes to its \
         digest: {}; {LINES}",
        names.join("; ")
    )
}

/// The names of what looks like a secret in `report`, each once; nothing is taken out.
pub fn suspects(report: &mut Report) -> Vec<String> {
    let mut vault = Vault::default();
    walk::texts(report, &mut |text| vault.collect(text));
    let mut seen = BTreeSet::new();
    vault.list.into_iter().map(|redaction| redaction.name).filter(|name| seen.insert(name.clone())).collect()
}

/// Makes notes of what shows contents of files.
fn without_contents(report: &mut Report) {
    for piece in report.findings.iter_mut().flat_map(|finding| &mut finding.evidence) {
        if let Evidence::Lines { place, lines, more } = piece {
            let changed = lines.iter().filter(|(sign, _)| *sign != ' ').count() as u64 + *more;
            *piece = Evidence::Note(format!("{place}: {}", counted(changed, "changed line", "changed lines")));
        }
    }
    report.pairs.iter_mut().filter_map(|pair| pair.report.as_mut()).for_each(without_contents);
}

/// The secrets found so far and what stands for them.
#[derive(Default)]
struct Vault {
    list: Vec<Redaction>,
    /// The number of each value.
    numbers: BTreeMap<Vec<u8>, usize>,
    /// Bytes and what replaces them, wherever they stand.
    swaps: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Vault {
    fn collect(&mut self, text: &[u8]) {
        for found in search(text) {
            self.add(&found, text);
        }
    }

    fn add(&mut self, found: &Found, text: &[u8]) {
        let value = &text[found.value.clone()];
        let Some(number) = self.number(&found.name, value) else { return };
        let mark = mark(number);
        let mut whole = text[found.whole.start..found.value.start].to_vec();
        whole.extend_from_slice(&mark);
        whole.extend_from_slice(&text[found.value.end..found.whole.end]);
        self.swap(text[found.whole.clone()].to_vec(), whole);
        if value.len() >= SHORT {
            self.swap(value.to_vec(), mark.clone());
            // as it stands outside of JSON
            if let Ok(plain) = serde_json::from_slice::<String>(&[b"\"", value, b"\""].concat()) {
                self.swap(plain.into_bytes(), mark);
            }
        }
    }

    /// The number of a value; none if there are too many to tell apart.
    fn number(&mut self, name: &str, value: &[u8]) -> Option<usize> {
        if let Some(number) = self.numbers.get(value) {
            return Some(*number);
        }
        if self.list.len() == MOST {
            return None;
        }
        let number = self.list.len() + 1;
        self.numbers.insert(value.to_vec(), number);
        self.list.push(Redaction { number, name: shown(name.as_bytes()), length: value.len() });
        Some(number)
    }

    fn swap(&mut self, from: Vec<u8>, to: Vec<u8>) {
        if !from.is_empty() {
            self.swaps.entry(from).or_insert(to);
        }
    }

    /// What takes them out of texts.
    fn sealed(&self) -> Sealed<'_> {
        // the longest that begins at a place is what is replaced there
        let kind = MatchKind::LeftmostLongest;
        let finder = AhoCorasick::builder().match_kind(kind).build(self.swaps.keys()).ok();
        Sealed { finder: finder.filter(|_| !self.swaps.is_empty()), with: self.swaps.values().collect() }
    }
}

fn mark(number: usize) -> Vec<u8> {
    format!("[redacted #{number}]").into_bytes()
}

/// Takes values out of texts, all of them in one pass.
struct Sealed<'v> {
    finder: Option<AhoCorasick>,
    with: Vec<&'v Vec<u8>>,
}

impl Sealed<'_> {
    fn replace(&self, text: &mut Vec<u8>) {
        let mut swapped = Vec::new();
        let mut from = 0;
        for found in self.finder.iter().flat_map(|finder| finder.find_iter(&*text)) {
            swapped.extend_from_slice(&text[from..found.start()]);
            swapped.extend_from_slice(self.with[found.pattern().as_usize()]);
            from = found.end();
        }
        if from > 0 {
            swapped.extend_from_slice(&text[from..]);
            *text = swapped;
        }
        // what a title shows in part is no longer the whole secret
        let mut cut = Vec::new();
        let mut from = 0;
        for found in search(text) {
            cut.extend_from_slice(&text[from..found.value.start]);
            cut.extend_from_slice(b"[redacted]");
            from = found.value.end;
        }
        if from > 0 {
            cut.extend_from_slice(&text[from..]);
            *text = cut;
        }
    }
}

/// Values whose field, not they themselves, bears the name: labels.
fn named_values(report: &mut Report, vault: &mut Vault) {
    for finding in &mut report.findings {
        let mut secret = false;
        for piece in &mut finding.evidence {
            if let Evidence::Values { field, values, .. } = piece
                && secret_name(field)
            {
                secret |= hide(field, &mut values.a, vault);
                secret |= hide(field, &mut values.b, vault);
            }
        }
        if secret {
            finding.title = "values differ that look like secrets".to_owned();
        }
    }
    for one in &mut report.unexplained {
        if secret_name(&one.field) {
            hide(&one.field, &mut one.values.a, vault);
            hide(&one.field, &mut one.values.b, vault);
        }
    }
    for inner in report.pairs.iter_mut().filter_map(|pair| pair.report.as_mut()) {
        named_values(inner, vault);
    }
}

/// Replaces a value whole; whether there was one.
fn hide(field: &str, value: &mut Value, vault: &mut Vault) -> bool {
    let bytes = match value {
        Value::Text(bytes) => bytes.clone(),
        Value::Json(json) => json.clone().into_bytes(),
        Value::Absent | Value::Number(_) => return false,
    };
    // a variable's value bears its name too
    let name = field.rsplit(['.', '[']).next().unwrap_or(field).trim_end_matches([']', '"']);
    let own = bytes.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")).unwrap_or(&bytes);
    if own.is_empty() {
        return false;
    }
    let mark = vault.number(field, own).map_or_else(|| b"[redacted]".to_vec(), mark);
    if own.len() >= SHORT {
        vault.swap(own.to_vec(), mark.clone());
    }
    *value = Value::Text(mark);
    true
}
