//! The size of a, what each cause adds or takes away, and the size of b.

use super::At;
use crate::pair::Pair;
use crate::render::markup::escaped;
use crate::report::Report;
use crate::text::{signed_size, size, thousands};

/// Causes with a bar of their own; the smaller ones share one.
const BARS: usize = 16;
const WIDTH: f64 = 400.0;
const LINE: usize = 34;
/// No bar is thinner, so that every one is seen.
const THINNEST: f64 = 1.5;

struct Bar {
    label: String,
    figure: String,
    from: f64,
    to: f64,
    class: &'static str,
}

/// Whether there is anything to draw.
pub(super) fn is_drawn(report: &Report) -> bool {
    report.size.difference().is_some() && !report.size.ledger.is_empty()
}

pub(super) fn section(report: &Report, at: At<'_>) -> String {
    let Pair { a: Some(a), b: Some(b) } = report.size.sides else { return String::new() };
    if !is_drawn(report) {
        return String::new();
    }
    let bars = bars(report, a, b);
    let ends = || bars.iter().flat_map(|bar| [bar.from, bar.to]).filter(|end| *end > 0.0);
    let (low, high) = ends().fold((f64::MAX, 0.0f64), |(low, high), end| (low.min(end), high.max(end)));
    // a small difference between large sizes is looked at closely, and the picture says so
    let close = low > high * 0.75 && high > 0.0;
    let origin = if close { (low - (high - low) * 0.5).max(0.0) } else { 0.0 };
    let scale = |bytes: f64| ((bytes - origin) / (high - origin).max(1.0) * WIDTH).clamp(0.0, WIDTH);
    let mut svg = format!(
        "<svg class=\"waterfall\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-labelledby=\"{1}size-t {1}size-d\">\n\
         <title id=\"{1}size-t\">From the size of a to the size of b, by cause</title>\n<desc id=\"{1}size-d\">One bar for \
         each cause; the list below, The picture in words, has the figures.</desc>\n",
        bars.len() * LINE + 2,
        at.prefix
    );
    for (at, bar) in bars.iter().enumerate() {
        let top = at * LINE;
        let (left, right) = (scale(bar.from.min(bar.to)), scale(bar.from.max(bar.to)));
        let (left, wide) = match right - left {
            wide if wide < THINNEST => (left.min(WIDTH - THINNEST), THINNEST),
            wide => (left, wide),
        };
        svg.push_str(&format!(
            "<text class=\"label\" x=\"0\" y=\"{}\">{}</text>\n<text class=\"figure\" x=\"{WIDTH}\" y=\"{}\">{}</text>\n\
             <rect class=\"bar {}\" x=\"{left:.1}\" y=\"{}\" width=\"{wide:.1}\" height=\"11\"/>\n",
            top + 13,
            escaped(&bar.label),
            top + 13,
            escaped(&bar.figure),
            bar.class,
            top + 18,
        ));
    }
    svg.push_str("</svg>\n");
    let note = if close {
        format!("<figcaption>The bars begin at {} bytes, not at nothing.</figcaption>\n", thousands(origin as u64))
    } else {
        String::new()
    };
    let rows: String =
        bars.iter().map(|bar| format!("<li>{}: {}</li>\n", escaped(&bar.label), escaped(&bar.figure))).collect();
    format!(
        "{}<figure>\n{svg}{note}</figure>\n<details class=\"aside\">\n<summary>The picture in words</summary>\n<ul>\n{rows}</ul>\n\
         </details>\n</section>\n",
        at.section("size", "Size")
    )
}

fn bars(report: &Report, a: u64, b: u64) -> Vec<Bar> {
    let total = |label: &str, bytes: u64| Bar {
        label: label.to_owned(),
        figure: match bytes {
            ..10_000 => size(bytes),
            _ => format!("{} ({} bytes)", size(bytes), thousands(bytes)),
        },
        from: 0.0,
        to: bytes as f64,
        class: "total",
    };
    let mut rows: Vec<(String, i128)> = report
        .size
        .ledger
        .iter()
        .filter(|row| row.bytes != 0)
        .map(|row| match row.causes.as_slice() {
            [] => ("not explained".to_owned(), row.bytes),
            causes => (causes.join(" + "), row.bytes),
        })
        .collect();
    if rows.len() > BARS {
        rows.sort_by_key(|(_, bytes)| std::cmp::Reverse(bytes.unsigned_abs()));
        let rest = rows.split_off(BARS - 1);
        rows.push((format!("{} smaller causes", rest.len()), rest.iter().map(|(_, bytes)| bytes).sum()));
    }
    let mut bars = vec![total("a", a)];
    let mut at = i128::from(a);
    for (label, bytes) in rows {
        let to = at + bytes;
        let class = if bytes > 0 { "more" } else { "less" };
        bars.push(Bar { label: clipped(&label), figure: signed_size(bytes), from: at as f64, to: to as f64, class });
        at = to;
    }
    bars.push(total("b", b));
    bars
}

/// What fits on a line beside a figure.
fn clipped(label: &str) -> String {
    crate::text::clipped(label, 46)
}
