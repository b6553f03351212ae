//! One image for a person: its documents, platforms, layers, and where it contradicts itself.

use crate::report::{Inspection, PlatformSummary, Trouble};
use crate::text::{size, thousands};

use super::page::{Edge, Ink, Page, columns, para};
use super::text::{account, head, layers, why};
use super::words::{brief, plain};
use super::{Detail, View};

/// The inspection as text; with [`Detail::Verdict`] only its first line.
pub fn inspection(inspection: &Inspection, view: &View) -> String {
    let mut page = Page::new(view);
    let verdict = match (inspection.trouble.len(), inspection.findings.len()) {
        (0, 0) => (Ink::Good, "SOUND"),
        (0, _) => (Ink::Notable, "CONTRADICTS ITSELF"),
        _ => (Ink::Bad, "DAMAGED OR NOT READABLE"),
    };
    page.line(verdict.0, verdict.1);
    if view.detail == Detail::Verdict {
        return page.finish();
    }
    for one in &inspection.trouble {
        head::trouble(&mut page, &[Trouble { side: None, ..one.clone() }], view);
    }
    page.gap();
    head::image(&mut page, "  ", &inspection.image, &head::facts_line(&inspection.image, view), view);
    documents(&mut page, inspection, view);
    platforms(&mut page, &inspection.platforms, view);
    if !inspection.layers.is_empty() {
        page.heading("Layers");
        for layer in &inspection.layers {
            layers::one(&mut page, &layers::number(layer), layer, view);
        }
    }
    if !inspection.findings.is_empty() {
        page.heading("Where it contradicts itself");
        why::findings(&mut page, &inspection.findings, &[], view, 3);
    }
    page.gap();
    if let Some(transfer) = &inspection.image.transfer {
        page.para(para("Fetched: ", &account::transferred(transfer, view)).hang(9).ink(Ink::Faint));
    }
    for note in &inspection.notes {
        page.para(para("Note: ", &plain(note, view)).hang(6).ink(Ink::Faint));
    }
    page.finish()
}

fn documents(page: &mut Page, inspection: &Inspection, view: &View) {
    if inspection.documents.is_empty() {
        return;
    }
    page.heading("Documents");
    let rows: Vec<Vec<String>> = inspection
        .documents
        .iter()
        .map(|document| {
            vec![
                plain(&document.kind, view),
                brief(&document.digest),
                size(document.size),
                plain(&document.spelling, view),
            ]
        })
        .collect();
    let lines = columns(&rows, &[Edge::Left, Edge::Left, Edge::Right, Edge::Left]);
    for (document, line) in inspection.documents.iter().zip(lines) {
        page.line(Ink::Plain, &format!("  {line}"));
        if view.everything() {
            page.line(Ink::Plain, &format!("    {}", document.digest));
        }
        if let Some(media_type) = &document.media_type {
            page.line(Ink::Faint, &format!("    {}", plain(media_type, view)));
        }
    }
}

fn platforms(page: &mut Page, platforms: &[PlatformSummary], view: &View) {
    const MOST: usize = 20;
    if platforms.is_empty() {
        return;
    }
    page.heading("Platforms");
    let row = |platform: &PlatformSummary| {
        let digest = platform.digest.map(|digest| if view.everything() { digest.to_string() } else { brief(&digest) });
        let chosen = if platform.chosen { "inspected here" } else { "" };
        vec![plain(&platform.platform, view), digest.unwrap_or_default(), chosen.to_owned()]
    };
    let most = view.bound(MOST, MOST);
    let rows: Vec<Vec<String>> = platforms.iter().take(most).map(row).collect();
    for line in columns(&rows, &[]) {
        page.line(Ink::Plain, &format!("  {line}"));
    }
    if platforms.len() > most {
        page.line(
            Ink::Faint,
            &format!("  … and {} more (--full prints all)", thousands((platforms.len() - most) as u64)),
        );
    }
}
