//! Tables of evidence: the first rows open, the others folded, all of them filtered together.
//!
//! Refuses to be long: rows beyond a thousand are counted, not shown. On a narrow page the style turns each row into
//! a card; its first cell is the row's heading.

use crate::text::{counted, thousands};

/// Rows of one table.
pub(super) const ROWS: usize = 1_000;
/// Rows that stand open where there are more.
const OPEN: usize = 12;

/// Rows under headings. The cells are markup; `total` counts the rows that there are in truth.
pub(super) fn table(caption: &str, head: &[&str], rows: &[Vec<String>], total: u64) -> String {
    let rows = &rows[..rows.len().min(ROWS)];
    // a few rows more are not worth the folding
    let open = if rows.len() > OPEN + 3 { OPEN } else { rows.len() };
    let (first, rest) = rows.split_at(open);
    let mut out = String::from(if rest.is_empty() { "<div class=\"rows\">\n" } else { "<div class=\"rows long\">\n" });
    out.push_str(&one(caption, head, first));
    if !rest.is_empty() {
        let words = counted(rest.len() as u64, "more row", "more rows");
        out.push_str(&format!("<details class=\"rest\">\n<summary>{words}</summary>\n"));
        out.push_str(&one(&format!("{caption}, the others"), head, rest));
        out.push_str("</details>\n");
    }
    out.push_str("</div>\n");
    let shown = rows.len() as u64;
    if total > shown {
        let more = counted(total - shown, "more is", "more are");
        out.push_str(&format!(
            "<p class=\"more\">{more} not on this page; <code>why-differ --full --format json A B</code> lists all {}.</p>\n",
            thousands(total)
        ));
    }
    out
}

fn one(caption: &str, head: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!(
        "<div class=\"wide\"><table class=\"cells{}\">\n<caption class=\"hidden\">{caption}</caption>\n<thead><tr>",
        head.len()
    );
    for head in head {
        out.push_str(&format!("<th scope=\"col\">{head}</th>"));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let (start, end) = if column == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
            out.push_str(start);
            out.push_str(cell);
            out.push_str(end);
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
    out
}
