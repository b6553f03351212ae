//! `text-edit`: A text file was edited; the changed lines are shown.

use super::prelude::*;

/// The cause `text-edit`.
pub const CAUSE: Cause = Cause {
    code: "text-edit",
    group: Group::Content,
    page: include_str!("../pages/text-edit.md"),
    certainty: Certainty::Observed,
    claims: |context, delta| {
        delta.field == Field::Content && context.contents(delta).is_some_and(|pair| is_text(pair.a) && is_text(pair.b))
    },
    title: |context, deltas| format!("{}: text was edited", files_in(context, deltas)),
    evidence: Some(lines),
    fixes: |_, _| vec![advice("the files differ: find which of the two is meant, and rebuild the other")],
};

/// UTF-8 without NUL: what an editor would open.
fn is_text(bytes: &[u8]) -> bool {
    !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok()
}

/// How many changed lines of one file are shown.
const MOST_LINES: usize = 12;
/// How many pairs of lines are worth aligning: beyond it all lines between the common ends count as changed.
const MOST_PAIRS: usize = 1_000_000;
/// How many files' lines are shown.
const MOST_FILES: usize = 20;

fn lines(context: &Context<'_>, deltas: &[&Delta]) -> Vec<Evidence> {
    deltas
        .iter()
        .take(MOST_FILES)
        .filter_map(|delta| Some(diff(context.place(delta), context.contents(delta)?)))
        .collect()
}

fn diff(place: String, pair: Pair<&[u8]>) -> Evidence {
    let mut lines = Vec::new();
    let mut more = 0;
    let mut add = |sign: char, line: &[u8]| {
        if lines.len() < MOST_LINES {
            lines.push((sign, line.strip_suffix(b"\n").unwrap_or(line).to_vec()));
        } else {
            more += 1;
        }
    };
    let whole = pair.map(|text| text.split_inclusive(|&byte| byte == b'\n').collect::<Vec<_>>());
    let same = |(a, b): &(&&[u8], &&[u8])| a == b;
    let start = whole.a.iter().zip(&whole.b).take_while(same).count();
    let rest = whole.a.len().min(whole.b.len()) - start;
    let end = whole.a.iter().rev().zip(whole.b.iter().rev()).take(rest).take_while(same).count();
    let middle = whole.as_ref().map(|lines| &lines[start..lines.len() - end]);
    if middle.a.len().saturating_mul(middle.b.len()) > MOST_PAIRS {
        middle.a.iter().for_each(|line| add('-', line));
        middle.b.iter().for_each(|line| add('+', line));
        return Evidence::Lines { place, lines, more };
    }
    let texts = middle.map(|lines| lines.concat());
    let diff =
        similar::TextDiff::configure().algorithm(similar::Algorithm::Patience).diff_lines(&texts.a[..], &texts.b[..]);
    for change in diff.iter_all_changes() {
        match change.tag() {
            similar::ChangeTag::Delete => add('-', change.value()),
            similar::ChangeTag::Insert => add('+', change.value()),
            similar::ChangeTag::Equal => {}
        }
    }
    Evidence::Lines { place, lines, more }
}
