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

use crate::report::{Evidence, Redaction, Report, Value};
use crate::text::{counted, shown};
use patterns::{Found, search, secret_name};

/// Secrets shorter than this are replaced only beside their names: their letters stand everywhere.
const SHORT: usize = 6;

/// Takes out of `report` what looks like a secret, and tells in it what that was.
///
/// Lines of changed text files are contents of files: they are counted and left out too.
pub fn report(report: &mut Report) -> Vec<Redaction> {
    without_contents(report);
    let mut vault = Vault::default();
    walk::texts(report, &mut |text| vault.collect(text));
    named_values(report, &mut vault);
    walk::texts(report, &mut |text| vault.replace(text));
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
    let names: Vec<String> = list.iter().map(ToString::to_string).collect();
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
    let mut names: Vec<String> = Vec::new();
    for redaction in vault.list {
        if !names.contains(&redaction.name) {
            names.push(redaction.name);
        }
    }
    names
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
    values: Vec<Vec<u8>>,
    /// Bytes and what replaces them, the longest first.
    swaps: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Vault {
    fn collect(&mut self, text: &[u8]) {
        for found in search(text) {
            self.add(&found, text);
        }
    }

    fn add(&mut self, found: &Found, text: &[u8]) {
        let value = &text[found.value.clone()];
        let number = self.number(&found.name, value);
        let mark = format!("[redacted #{number}]").into_bytes();
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

    fn number(&mut self, name: &str, value: &[u8]) -> usize {
        if let Some(at) = self.values.iter().position(|own| own == value) {
            return at + 1;
        }
        self.values.push(value.to_vec());
        let number = self.values.len();
        self.list.push(Redaction { number, name: shown(name.as_bytes()), length: value.len() });
        number
    }

    fn swap(&mut self, from: Vec<u8>, to: Vec<u8>) {
        if !self.swaps.iter().any(|(own, _)| *own == from) {
            self.swaps.push((from, to));
            self.swaps.sort_by_key(|(own, _)| std::cmp::Reverse(own.len()));
        }
    }

    fn replace(&mut self, text: &mut Vec<u8>) {
        for (from, to) in &self.swaps {
            if let Some(new) = replaced(text, from, to) {
                *text = new;
            }
        }
        // what a title shows in part is no longer the whole secret
        for found in search(text).into_iter().rev() {
            if !text[found.value.clone()].starts_with(b"[redacted") {
                text.splice(found.value, *b"[redacted]");
            }
        }
    }
}

/// `text` with every `from` made `to`; none if there is none.
fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text;
    let mut any = false;
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(to);
        rest = &rest[at + from.len()..];
        any = true;
    }
    out.extend_from_slice(rest);
    any.then_some(out)
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
    let number = vault.number(field, own);
    let mark = format!("[redacted #{number}]");
    if own.len() >= SHORT {
        vault.swap(own.to_vec(), mark.clone().into_bytes());
    }
    *value = Value::text(mark);
    true
}
