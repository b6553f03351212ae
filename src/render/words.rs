//! Values and foreign strings in words: escaped, digests shortened, long ones cut where they differ.
//!
//! Refuses to drop a difference: two values that differ are never shown as the same text.

use crate::digest::Digest;
use crate::pair::Pair;
use crate::report::{Encoder, Value};
use crate::text::{clipped, shown};

use super::View;

/// Characters of one foreign string that are printed unless all is asked for.
const LONGEST: usize = 240;
/// Characters that stay in front of the first difference of two long values.
const CONTEXT: usize = 24;
/// Hexadecimal digits that a shortened digest keeps.
const DIGITS: usize = 12;

/// A string of the report for a person: nothing that drives a terminal, digests short.
pub(super) fn plain(text: &str, view: &View) -> String {
    let text = shown(text.as_bytes());
    let text = if view.everything() { text } else { shortened(&text) };
    if view.full { text } else { clipped(&text, LONGEST) }
}

/// Who compressed a layer, and how sure that is.
pub(super) fn compressor(encoder: &Encoder) -> String {
    format!("{}: {}", encoder.title, super::text::layers::certainty(encoder))
}

/// `sha256:` and the first twelve digits.
pub(super) fn brief(digest: &Digest) -> String {
    format!("{}:{}…", digest.algorithm(), digest.short())
}

/// Both values for a person, made to differ wherever the values do.
pub(super) fn both(values: &Pair<Value>, view: &View) -> Pair<String> {
    let first = values.as_ref().map(|value| plain(&one(value, false), view));
    let found = if first.same() {
        let stricter = [false, true].map(|strict| values.as_ref().map(|value| one(value, strict)));
        stricter.into_iter().find(|pair| !pair.same()).unwrap_or(first)
    } else {
        first
    };
    if view.full { found } else { contrasted(&found) }
}

/// The lines of a diff. A line that is removed and the one that is added in its place are cut, if they are long, to
/// where they differ.
pub(super) fn diffed(lines: &[(char, Vec<u8>)], view: &View) -> Vec<String> {
    let mut out: Vec<String> = lines.iter().map(|(_, line)| ended(&shown(line))).collect();
    if view.full {
        return out;
    }
    let run = |from: usize, sign: char| lines[from..].iter().take_while(|(other, _)| *other == sign).count();
    let mut at = 0;
    while at < lines.len() {
        let removed = run(at, '-');
        let added = run(at + removed, '+');
        for pair in at..at + removed.min(added) {
            let cut = contrasted(&Pair::new(out[pair].clone(), out[pair + removed].clone()));
            (out[pair], out[pair + removed]) = (cut.a, cut.b);
        }
        at += (removed + added).max(1);
    }
    out.iter().map(|line| clipped(line, LONGEST)).collect()
}

/// `line`, a space at its end made visible.
fn ended(line: &str) -> String {
    match line.strip_suffix(' ') {
        Some(rest) => format!("{rest}\\x20"),
        None => line.to_owned(),
    }
}

/// One value; with `strict` backslashes are doubled, so that no escape looks like plain text.
fn one(value: &Value, strict: bool) -> String {
    match value {
        Value::Absent => "(absent)".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Json(json) => shown(json.as_bytes()),
        Value::Text(bytes) if strict => {
            quoted(&bytes.split(|byte| *byte == b'\\').map(shown).collect::<Vec<_>>().join("\\\\"))
        }
        Value::Text(bytes) => {
            let text = with_counted_nuls(bytes);
            let bare = !text.is_empty() && text.trim() == text && !text.starts_with('(') && !text.starts_with('"');
            if bare { text } else { quoted(&text) }
        }
    }
}

/// Bytes for a person; where four NULs or more stand in a row, as in the fields of tar headers, their number.
fn with_counted_nuls(bytes: &[u8]) -> String {
    const MANY: usize = 4;
    let mut out = String::new();
    let mut rest = bytes;
    while let Some(start) = rest.windows(MANY).position(|window| window.iter().all(|&byte| byte == 0)) {
        let (before, nuls) = rest.split_at(start);
        let count = nuls.iter().take_while(|&&byte| byte == 0).count();
        out.push_str(&format!("{}\\x00×{count}", shown(before)));
        rest = &nuls[count..];
    }
    out.push_str(&shown(rest));
    out
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// Long values cut to where they differ, the cuts marked by `…`.
fn contrasted(pair: &Pair<String>) -> Pair<String> {
    let longest = pair.a.chars().count().max(pair.b.chars().count());
    if longest <= LONGEST {
        return pair.clone();
    }
    let common = pair.a.chars().zip(pair.b.chars()).take_while(|(a, b)| a == b).count();
    let skipped = common.saturating_sub(CONTEXT);
    pair.as_ref().map(|text| {
        let tail: String = text.chars().skip(skipped).collect();
        clipped(&if skipped > 0 { format!("…{tail}") } else { tail }, LONGEST)
    })
}

/// `text` with each `sha256:` or `sha512:` value cut to twelve digits.
fn shortened(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = ["sha256:", "sha512:"].iter().filter_map(|name| rest.find(name)).min() {
        let (before, found) = rest.split_at(at + "sha256:".len());
        let digits = found.bytes().take_while(u8::is_ascii_hexdigit).count();
        out.push_str(before);
        if digits == 64 || digits == 128 {
            out.push_str(&found[..DIGITS]);
            out.push('…');
        } else {
            out.push_str(&found[..digits]);
        }
        rest = &found[digits..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(a: Value, b: Value, expected: (&str, &str)) {
        let shown = both(&Pair::new(a, b), &View::default());
        assert_eq!((shown.a.as_str(), shown.b.as_str()), expected);
    }

    #[test]
    fn different_values_look_different() {
        check(Value::text("1"), Value::Number(2), ("1", "2"));
        check(Value::Absent, Value::text("(absent)"), ("(absent)", "\"(absent)\""));
        check(Value::text(""), Value::text(" x"), ("\"\"", "\" x\""));
        check(Value::text("a\nb"), Value::text("a\\nb"), ("\"a\\nb\"", "\"a\\\\nb\""));
        check(Value::Text(vec![0; 17]), Value::Text(vec![0; 12]), ("\\x00×17", "\\x00×12"));
        check(Value::Text(b"a\0\0\0\0b\0".to_vec()), Value::text("\0\0\0"), ("a\\x00×4b\\x00", "\\x00\\x00\\x00"));
        check(Value::Text(vec![0; 4]), Value::text("\\x00×4"), ("\"\\x00\\x00\\x00\\x00\"", "\"\\\\x00×4\""));
        let digest = |last: char| format!("sha256:{}{last}", "0".repeat(63));
        check(Value::text(digest('1')), Value::text(digest('2')), (&digest('1'), &digest('2')));
        check(Value::text(digest('1')), Value::Absent, ("sha256:000000000000…", "(absent)"));
    }

    #[test]
    fn long_values_are_cut_to_where_they_differ() {
        let long = |end: &str| Value::text(format!("{}{end}", "x".repeat(1_000)));
        let cut = |end: &str| format!("…{}{end}", "x".repeat(CONTEXT));
        check(long("left"), long("right"), (&cut("left"), &cut("right")));
    }

    #[test]
    fn changed_lines_look_different() {
        let long = |end: &str| format!("{}{end}", "x".repeat(1_000)).into_bytes();
        let lines = [
            (' ', b"same".to_vec()),
            ('-', long("left")),
            ('-', b"a ".to_vec()),
            ('+', long("right")),
            ('+', b"a".to_vec()),
        ];
        let cut = |end: &str| format!("…{}{end}", "x".repeat(CONTEXT));
        assert_eq!(diffed(&lines, &View::default()), ["same", &cut("left"), "a\\x20", &cut("right"), "a"]);
    }

    #[test]
    fn only_whole_digests_are_shortened() {
        assert_eq!(shortened("sha256:abc and sha512:"), "sha256:abc and sha512:");
        let text = format!("blob sha256:{} here", "ab".repeat(32));
        assert_eq!(shortened(&text), "blob sha256:abababababab… here");
    }
}
