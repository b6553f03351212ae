//! The account: what the size difference is made of, what no cause explains, what was left out, and
//! the line that counts.

use std::collections::BTreeSet;

use crate::pair::{Pair, Side};
use crate::report::{LedgerRow, Report, Transfer, Unexplained};
use crate::text::{counted, signed_size, thousands};

use super::head;
use super::why::{change, cut, subject};
use crate::render::page::{Edge, Ink, Page, columns, para};
use crate::render::words::{both, plain};
use crate::render::{Detail, View};

/// The ledger, where the findings' own figures do not already tell it.
pub(super) fn ledger(page: &mut Page, report: &Report, view: &View) {
    // A row is told where its cause stands above with the figure; an ignored cause does not.
    let told = |row: &LedgerRow| match row.causes.as_slice() {
        [one] => report.findings.iter().any(|finding| finding.cause == *one),
        _ => false,
    };
    let rows = &report.size.ledger;
    if rows.is_empty() || (rows.iter().all(told) && view.detail != Detail::Everything) {
        return;
    }
    page.heading(&format!(
        "Size{}",
        report.size.difference().map(|bytes| format!(", {} in all", signed_size(bytes))).unwrap_or_default()
    ));
    let line = |row: &LedgerRow| match row.causes.as_slice() {
        [] => vec![signed_size(row.bytes), "not explained".to_owned()],
        [one] => vec![signed_size(row.bytes), (*one).to_owned()],
        many => vec![signed_size(row.bytes), format!("{} (inseparable: compressed together)", many.join(" + "))],
    };
    let cells: Vec<Vec<String>> = rows.iter().map(line).collect();
    let figures = columns(&cells.iter().map(|row| vec![row[0].clone()]).collect::<Vec<_>>(), &[Edge::Right]);
    for (figure, row) in figures.iter().zip(&cells) {
        page.para(para(format!("  {figure}  "), &row[1]));
    }
}

/// What no cause claims, in full but bounded.
pub(super) fn unexplained(page: &mut Page, list: &[Unexplained], view: &View) {
    const MOST: usize = 20;
    if list.is_empty() {
        return;
    }
    page.heading(&format!("Not explained by any known cause ({})", thousands(list.len() as u64)));
    let most = view.bound(MOST, MOST);
    for one in list.iter().take(most) {
        change(page, "  ", &subject(&one.place, &one.field, view), &both(&one.values, view), "");
    }
    cut(page, "  ", list.len().saturating_sub(most) as u64);
}

/// Trouble that the head did not tell, what was ignored, and notes.
pub(super) fn remarks(page: &mut Page, report: &Report, view: &View) {
    if !report.trouble.is_empty() && report.sameness.is_some() {
        page.heading("Trouble");
        head::trouble(page, &report.trouble, view);
    }
    page.gap();
    transfers(page, report.sides.as_ref().map(|side| side.transfer.as_ref()), view);
    for note in &report.notes {
        page.para(para("Note: ", &plain(note, view)).hang(6).ink(Ink::Faint));
    }
    if !report.ignored.is_empty() {
        page.para(para("Ignored, as asked: ", &report.ignored.join(", ")).hang(2));
    }
}

/// What was fetched of each side, where something was.
fn transfers(page: &mut Page, sides: Pair<Option<&Transfer>>, view: &View) {
    for side in Side::BOTH {
        if let Some(transfer) = sides.get(side) {
            let words = format!("{}: {}", side.name(), transferred(transfer, view));
            page.para(para("Fetched: ", &words).hang(9).ink(Ink::Faint));
        }
    }
}

/// `1,234 bytes from reg.example; 5,678 bytes of 2 layers were not needed`
pub(in super::super) fn transferred(transfer: &Transfer, view: &View) -> String {
    let mut words = format!("{} bytes from {}", thousands(transfer.fetched), plain(&transfer.from, view));
    if transfer.cached > 0 {
        words.push_str(&format!("; {} bytes from the cache", thousands(transfer.cached)));
    }
    if transfer.layers_not_needed > 0 {
        let layers = counted(transfer.layers_not_needed, "layer was", "layers were");
        words.push_str(&format!("; {} bytes of {layers} not needed", thousands(transfer.not_needed)));
    }
    if let (Detail::Everything, Some(credentials)) = (view.detail, &transfer.credentials) {
        words.push_str(&format!("; with the credentials of {}", plain(credentials, view)));
    }
    words
}

/// The same for one platform of several; its counts are part of the whole's last line.
pub(in super::super) fn within(page: &mut Page, report: &Report, view: &View) {
    if report.sameness.is_some() {
        head::trouble(page, &report.trouble, view);
    }
    ledger(page, report, view);
    unexplained(page, &report.unexplained, view);
    for note in &report.notes {
        page.para(para("  Note: ", &plain(note, view)).hang(8).ink(Ink::Faint));
    }
}

/// How much is accounted for.
pub(super) fn last_line(page: &mut Page, report: &Report) {
    page.gap();
    let account = Account::of(report);
    let ink = if account.unexplained > 0 || account.bytes != 0 || account.trouble { Ink::Notable } else { Ink::Strong };
    page.para(para("", &account.sentence()).ink(ink));
}

/// The last line's words: how much of the difference is accounted for.
pub(in crate::render) fn count(report: &Report) -> String {
    Account::of(report).sentence()
}

/// The figures of a report and of the reports inside it.
#[derive(Debug, Default)]
struct Account {
    differences: u64,
    unexplained: u64,
    causes: BTreeSet<&'static str>,
    ignored: BTreeSet<&'static str>,
    trouble: bool,
    /// Bytes of the size difference that no cause claims.
    bytes: i128,
}

impl Account {
    fn of(report: &Report) -> Self {
        let mut account = Account::default();
        account.add(report);
        account
    }

    fn add(&mut self, report: &Report) {
        self.differences += report.differences;
        self.unexplained += report.unexplained.len() as u64;
        self.causes.extend(report.findings.iter().map(|finding| finding.cause));
        self.ignored.extend(&report.ignored);
        self.trouble |= !report.trouble.is_empty();
        let unclaimed = report.size.ledger.iter().filter(|row| row.causes.is_empty());
        self.bytes += unclaimed.map(|row| row.bytes).sum::<i128>();
        report.pairs.iter().filter_map(|pair| pair.report.as_ref()).for_each(|inner| self.add(inner));
    }

    fn sentence(&self) -> String {
        let causes: BTreeSet<_> = self.causes.union(&self.ignored).collect();
        let mut by = counted(causes.len() as u64, "cause", "causes");
        if !self.ignored.is_empty() {
            by.push_str(&format!(", {} of them ignored", thousands(self.ignored.len() as u64)));
        }
        let total = thousands(self.differences);
        let text = match (self.differences, self.unexplained) {
            (0, 0) if self.trouble => "No difference was seen".to_owned(),
            (0, 0) => "There is no difference".to_owned(),
            (1, 0) => format!("The one difference is accounted for by {by}"),
            (2, 0) => format!("Both differences are accounted for by {by}"),
            (_, 0) => format!("All {total} differences are accounted for by {by}"),
            (1, _) => "The one difference is not explained by any known cause".to_owned(),
            (_, 1) => format!("1 of {total} differences is not explained by any known cause"),
            (_, some) => format!("{} of {total} differences are not explained by any known cause", thousands(some)),
        };
        // Unexplained differences may well cost the bytes; without them the bytes stand alone.
        let bytes = match self.bytes {
            _ if self.unexplained > 0 => String::new(),
            0 => String::new(),
            some => format!(", but {} of the size are not", signed_size(some)),
        };
        let trouble = match self.trouble {
            true => ", but the comparison is not complete, see the trouble above",
            false => "",
        };
        format!("{text}{bytes}{trouble}.")
    }
}
