//! The causes that were found: each with what is seen, where, how often, what it costs, and the
//! evidence.

use crate::pair::Pair;
use crate::report::{Certainty, Evidence, Finding, LedgerRow, Report};
use crate::text::{counted, shown, signed_size, thousands};

use super::layers;
use crate::render::View;
use crate::render::page::{Ink, Page, para, width};
use crate::render::words::{both, diffed, plain};

/// Where the text of a finding starts.
const INDENT: usize = 5;
/// Where evidence starts.
const EVIDENCE: &str = "       ";

/// All findings, most important first.
pub(super) fn write(page: &mut Page, report: &Report, view: &View) {
    if report.findings.is_empty() {
        return;
    }
    page.gap();
    page.para(para("", "(more about a cause: why-differ explain CAUSE)").label("Why").ink(Ink::Faint));
    findings(page, &report.findings, &report.size.ledger, view, 3);
}

/// `list` numbered, with at most `pieces` of evidence each unless more is asked for.
pub(in crate::render) fn findings(page: &mut Page, list: &[Finding], ledger: &[LedgerRow], view: &View, pieces: usize) {
    let shares =
        |finding: &Finding| ledger.iter().any(|row| row.causes.len() > 1 && row.causes.contains(&finding.cause));
    let most = view.bound(pieces, 10);
    for (number, finding) in list.iter().enumerate() {
        let effect = match finding.size_effect {
            Some(bytes) => signed_size(bytes),
            None if shares(finding) => "shared".to_owned(),
            None => String::new(),
        };
        let title = plain(&finding.title, view);
        let lead = format!("{:>3}  ", number + 1);
        page.para(para(lead, &title).label(finding.cause).right(&effect).value());
        let extent = extent(finding, most, view);
        if !extent.is_empty() {
            page.para(para(" ".repeat(INDENT), &extent).ink(Ink::Faint));
        }
        if told_by_title(finding, view) {
            continue;
        }
        for piece in finding.evidence.iter().take(most) {
            evidence(page, piece, &finding.title, view);
        }
        let printed = finding.evidence.len().min(most) as u64;
        cut(page, EVIDENCE, finding.evidence_total.saturating_sub(printed));
    }
}

/// Whether the title holds both values of the only piece of evidence.
fn told_by_title(finding: &Finding, view: &View) -> bool {
    match finding.evidence.as_slice() {
        [Evidence::Values { values, .. }] => {
            let title = plain(&finding.title, view);
            both(values, view).as_ref().map(|shown| in_title(&title, shown)) == Pair::new(true, true)
        }
        _ => false,
    }
}

/// Whether a title holds a value; titles write what is not there without the parentheses that keep it apart from a
/// text, and of a contradiction only the side that contradicts itself.
fn in_title(title: &str, shown: &str) -> bool {
    title.contains(shown) || shown == "(absent)" && title.contains("absent") || shown == "agrees with itself"
}

/// Whether the evidence that is printed names every difference.
fn told_by_evidence(finding: &Finding, printed: usize) -> bool {
    let told: u64 = finding
        .evidence
        .iter()
        .take(printed)
        .map(|piece| match piece {
            Evidence::Values { repeats, .. } => *repeats,
            Evidence::Encoder { .. } => 0,
            Evidence::Note(_) | Evidence::Layer { .. } | Evidence::Lines { .. } => 1,
        })
        .sum();
    finding.evidence_total <= printed as u64 && told >= finding.count
}

/// How often, where, and how sure: `6,635 differences in layer 1 (proved by rebuilding the bytes)`.
/// Where the evidence says how often and where, only how sure.
fn extent(finding: &Finding, printed: usize, view: &View) -> String {
    if !view.full && told_by_evidence(finding, printed) {
        return match finding.certainty {
            Certainty::Observed => String::new(),
            Certainty::Likely => "likely, by its fingerprint".to_owned(),
            Certainty::Proved => "proved: the bytes were rebuilt".to_owned(),
        };
    }
    let mut text = counted(finding.count, "difference", "differences");
    let most = view.bound(3, 10);
    let places: Vec<String> = finding.places.iter().take(most).map(|place| plain(place, view)).collect();
    if !places.is_empty() {
        text.push_str(&format!(" in {}", places.join(", ")));
    }
    match finding.places_total.saturating_sub(places.len() as u64) {
        0 => {}
        more if places.is_empty() => text.push_str(&format!(" in {}", counted(more, "place", "places"))),
        more => text.push_str(&format!(" and {} more", thousands(more))),
    }
    match finding.certainty {
        Certainty::Observed => {}
        Certainty::Likely => text.push_str(" (likely, by its fingerprint)"),
        Certainty::Proved => text.push_str(" (proved: the bytes were rebuilt)"),
    }
    text
}

/// One piece of evidence of a finding with that title.
fn evidence(page: &mut Page, piece: &Evidence, title: &str, view: &View) {
    match piece {
        Evidence::Note(note) => page.para(para(EVIDENCE, &plain(note, view))),
        Evidence::Layer { place, size, diff_id } => {
            let size = size.map(|size| size.map_or_else(|| "?".to_owned(), crate::text::size));
            let mut line = format!("{}  {} → {}", plain(place, view), size.a, size.b);
            if let (Some(a), Some(b)) = (diff_id.a, diff_id.b) {
                line.push_str(&match a == b {
                    true => format!("  diff ID {} on both, recomputed", a.short()),
                    false => format!("  diff ID {} and {}", a.short(), b.short()),
                });
            }
            page.para(para(EVIDENCE, &line));
        }
        Evidence::Encoder { place, sides } => {
            let lead = format!("{EVIDENCE}{}  ", plain(place, view));
            let (a, b) = (&sides.a, &sides.b);
            if a.name.is_some() && (&a.title, a.certainty, &a.producers) == (&b.title, b.certainty, &b.producers) {
                return layers::encoder(page, &format!("{lead}both  "), &sides.a, false, view);
            }
            for (side, encoder) in [("a", &sides.a), ("b", &sides.b)] {
                let lead = if side == "a" { lead.clone() } else { " ".repeat(width(&lead)) };
                let told = title.contains(&encoder.title);
                layers::encoder(page, &format!("{lead}{side}  "), encoder, told, view);
            }
        }
        Evidence::Values { place, field, values, repeats } => {
            let subject = subject(place, field, view);
            let alike = match repeats {
                0 | 1 => String::new(),
                many => format!("  ({} more alike)", thousands(many - 1)),
            };
            change(page, EVIDENCE, &subject, &both(values, view), &alike);
        }
        Evidence::Lines { place, lines, more } => {
            if !place.is_empty() {
                page.line(Ink::Plain, &format!("{EVIDENCE}{}", plain(place, view)));
            }
            for (sign, line) in lines.iter().map(|(sign, _)| sign).zip(diffed(lines, view)) {
                let ink = match sign {
                    '-' => Ink::Bad,
                    '+' => Ink::Good,
                    _ => Ink::Faint,
                };
                let sign = shown(sign.to_string().as_bytes());
                page.line(ink, &format!("{EVIDENCE}  {sign} {line}"));
            }
            if *more > 0 {
                let more = counted(*more, "more changed line", "more changed lines");
                page.line(Ink::Faint, &format!("{EVIDENCE}  … {more}"));
            }
        }
    }
}

/// `place field`, either of which may be missing.
pub(super) fn subject(place: &str, field: &str, view: &View) -> String {
    let parts = [plain(place, view), plain(field, view)];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("  ")
}

/// `subject  a → b` on one line where it fits, else the values on lines of their own.
pub(super) fn change(page: &mut Page, lead: &str, subject: &str, values: &Pair<String>, tail: &str) {
    let line = match subject {
        "" => format!("{} → {}{tail}", values.a, values.b),
        subject => format!("{subject}  {} → {}{tail}", values.a, values.b),
    };
    if width(lead) + width(&line) <= page.width() {
        page.line(Ink::Plain, &format!("{lead}{line}"));
        return;
    }
    page.line(Ink::Plain, &format!("{lead}{subject}{tail}"));
    page.para(para(format!("{lead}  a  "), &values.a).value());
    page.para(para(format!("{lead}  b  "), &values.b).value());
}

/// That `count` list items were not printed.
pub(super) fn cut(page: &mut Page, lead: &str, count: u64) {
    if count > 0 {
        page.line(Ink::Faint, &format!("{lead}… and {} more (--full prints all)", thousands(count)));
    }
}
