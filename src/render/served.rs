//! One tag in every way of asking, for a person: the answers, who gets which, and why they differ.

use crate::report::{AskedRow, Served, Trouble};
use crate::text::counted;

use super::page::{Edge, Ink, Page, columns, para};
use super::text::{account, head, verdict, why};
use super::words::{brief, plain};
use super::{Detail, View};

/// The answers as text; with [`Detail::Verdict`] only the first line.
pub fn served(served: &Served, view: &View) -> String {
    let mut page = Page::new(view);
    let alike = served.answers.len() == 1 && served.findings.is_empty();
    let first = match (served.trouble.is_empty(), alike) {
        (false, _) => (Ink::Bad, "CANNOT TELL"),
        (true, true) => (Ink::Good, "SERVED ALIKE"),
        (true, false) => (Ink::Notable, "SERVED DIFFERENTLY"),
    };
    page.line(first.0, first.1);
    if view.detail == Detail::Verdict {
        return page.finish();
    }
    for one in &served.trouble {
        head::trouble(&mut page, &[Trouble { side: None, ..one.clone() }], view);
    }
    if !served.asked.is_empty() {
        let documents = counted(served.answers.len() as u64, "document", "documents");
        let ways = counted(served.asked.len() as u64, "way", "ways");
        let words = format!(
            "{} was asked for {} in {ways} and gives {documents}.",
            plain(&served.host, view),
            plain(&served.name, view)
        );
        page.para(para("", &words));
    }
    answers(&mut page, served, view);
    asked(&mut page, served, view);
    if !served.findings.is_empty() {
        page.heading("Where answers contradict themselves or each other");
        why::findings(&mut page, &served.findings, &[], view, 3);
    }
    for compared in &served.comparisons {
        let report = &compared.report;
        page.heading(&format!(
            "Answer {} against answer {}: {}",
            compared.a + 1,
            compared.b + 1,
            verdict::headline(report)
        ));
        page.para(para("", &verdict::sentence(report)));
        page.gap();
        why::findings(&mut page, &report.findings, &report.size.ledger, view, 2);
        account::within(&mut page, report, view);
    }
    page.gap();
    for note in &served.notes {
        page.para(para("Note: ", &plain(note, view)).hang(6).ink(Ink::Faint));
    }
    page.finish()
}

fn answers(page: &mut Page, served: &Served, view: &View) {
    if served.answers.is_empty() {
        return;
    }
    page.heading("Answers");
    let rows: Vec<Vec<String>> = served
        .answers
        .iter()
        .enumerate()
        .map(|(position, answer)| {
            vec![
                format!("{}", position + 1),
                brief(&answer.digest),
                counted(answer.size, "byte", "bytes"),
                answer.media_type.as_deref().map_or_else(String::new, |media_type| plain(media_type, view)),
            ]
        })
        .collect();
    for line in columns(&rows, &[Edge::Right, Edge::Left, Edge::Right, Edge::Left]) {
        page.line(Ink::Plain, &format!("  {line}"));
    }
}

fn asked(page: &mut Page, served: &Served, view: &View) {
    if served.asked.is_empty() {
        return;
    }
    page.heading("Who gets which");
    let row = |row: &AskedRow| {
        let answer = match row.answer {
            Some(answer) => format!("answer {}", answer + 1),
            None => format!("status {}", row.status),
        };
        let by = if row.by_digest.is_some() { "digest" } else { "tag" };
        vec![format!("{} by {by}", row.method), row.accept.to_owned(), answer]
    };
    let mut rows: Vec<Vec<String>> = served.asked.iter().map(row).collect();
    if view.detail != Detail::Everything {
        // HEAD is told where it differs from the GET before it
        let mut last: Option<Vec<String>> = None;
        rows.retain(|row| {
            let same = last.as_ref().is_some_and(|last| last[1..] == row[1..] && row[0].starts_with("HEAD"));
            last = Some(row.clone());
            !same
        });
    }
    for line in columns(&rows, &[Edge::Left, Edge::Left, Edge::Left]) {
        page.line(Ink::Plain, &format!("  {line}"));
    }
}
