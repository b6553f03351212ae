//! The two images in a few facts, and how much bigger the one is.

use crate::pair::Side;
use crate::report::{ImageSummary, Report, Trouble};
use crate::text::{counted, signed_size, size};

use super::verdict;
use crate::render::View;
use crate::render::page::{Edge, Ink, Page, columns, para, width};
use crate::render::words::{brief, plain};

/// Columns in front of the facts: `  a  `.
const LEAD: usize = 5;
const EDGES: [Edge; 5] = [Edge::Left, Edge::Left, Edge::Left, Edge::Right, Edge::Right];
const PLATFORM: usize = 2;
const LAYERS: usize = 3;

/// The sentence, the trouble that explains a missing verdict, and both images.
pub(super) fn write(page: &mut Page, report: &Report, view: &View) {
    page.para(para("", &verdict::sentence(report)));
    if report.sameness.is_none() {
        trouble(page, &report.trouble, view);
    }
    page.gap();
    let mut rows = vec![facts(&report.sides.a, view), facts(&report.sides.b, view)];
    if let Some(difference) = report.size.difference().filter(|bytes| *bytes != 0) {
        rows.push(vec![String::new(), String::new(), String::new(), String::new(), signed_size(difference)]);
    }
    // What both sides share tells nothing about their difference, so it goes first when the page is narrow.
    for column in [PLATFORM, LAYERS] {
        let wide = columns(&rows, &EDGES).iter().map(|line| width(line)).max().unwrap_or(0);
        if wide + LEAD > page.width() && rows[0][column] == rows[1][column] {
            rows.iter_mut().for_each(|row| row[column] = String::new());
        }
    }
    let lines = columns(&rows, &EDGES);
    for (side, line) in Side::BOTH.into_iter().zip(&lines) {
        image(page, &format!("  {}  ", side.name()), report.sides.get(side), line, view);
    }
    if let Some(difference) = lines.get(2) {
        page.line(Ink::Strong, &format!("{}{difference}", " ".repeat(LEAD)));
    }
}

/// One image: its reference, a line of facts, with `-v` its digests in full.
pub(in crate::render) fn image(page: &mut Page, lead: &str, image: &ImageSummary, facts: &str, view: &View) {
    let indent = " ".repeat(width(lead));
    let source = if image.source.is_empty() { String::new() } else { format!("  ({})", plain(&image.source, view)) };
    page.para(para(lead, &format!("{}{source}", plain(&image.reference, view))));
    if !facts.is_empty() {
        page.line(Ink::Plain, &format!("{indent}{facts}"));
    }
    if view.everything() {
        let full = [
            ("digest", image.digest.map(|digest| digest.to_string())),
            ("image ID", image.image_id.map(|digest| digest.to_string())),
            ("media type", image.media_type.as_ref().map(|text| plain(text, view))),
        ];
        for (label, value) in full {
            if let Some(value) = value {
                page.line(Ink::Plain, &format!("{indent}{label:<10}  {value}"));
            }
        }
    }
}

/// The facts of an image, one a column; what is not known is empty.
fn facts(image: &ImageSummary, view: &View) -> Vec<String> {
    let read = !image.form.is_empty();
    let digest = match image.digest {
        // With `-v` it stands in full below.
        Some(_) if view.everything() => String::new(),
        Some(digest) => brief(&digest),
        None if read => "no digest".to_owned(),
        None => String::new(),
    };
    // An index as such has no layers to speak of; an image without any is worth a word.
    let layers = match image.layers {
        0 if image.image_id.is_none() => String::new(),
        0 => "no layers".to_owned(),
        count => counted(count as u64, "layer", "layers"),
    };
    vec![
        digest,
        plain(&image.form, view),
        image.platform.as_ref().map(|platform| plain(platform, view)).unwrap_or_default(),
        layers,
        image.size.map(size).unwrap_or_default(),
    ]
}

/// The facts of one image alone, on one line.
pub(in crate::render) fn facts_line(image: &ImageSummary, view: &View) -> String {
    columns(&[facts(image, view)], &EDGES).concat()
}

/// What kept the comparison from being trusted, one a paragraph.
pub(in crate::render) fn trouble(page: &mut Page, trouble: &[Trouble], view: &View) {
    for one in trouble {
        let lead = format!("  {}  ", one.side.map_or("-", Side::name));
        let code = one.cause.map(|code| format!(" ({code})")).unwrap_or_default();
        page.para(para(lead, &format!("{}{code}", plain(&one.message, view))).ink(Ink::Bad));
    }
}
