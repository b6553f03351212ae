//! A cause's page as HTML: the same words as in the terminal.
//!
//! The pages are our own; all the same nothing of them is taken for markup but what they are known
//! to use.

use crate::render::explain::{Block, blocks, link};
use crate::render::markup::escaped;

/// The page below its first heading, its own headings at `level`.
pub(super) fn prose(markdown: &str, level: usize) -> String {
    let mut out = String::new();
    let mut list: Option<&'static str> = None;
    for block in blocks(markdown).iter().skip(1) {
        let own = match block {
            Block::Item { lead, .. } if lead.trim_start().starts_with(|c: char| c.is_ascii_digit()) => Some("ol"),
            Block::Item { .. } => Some("ul"),
            _ => None,
        };
        if list != own {
            if let Some(open) = list {
                out.push_str(&format!("</{open}>\n"));
            }
            if let Some(open) = own {
                out.push_str(&format!("<{open}>\n"));
            }
            list = own;
        }
        match block {
            Block::Heading(text) => out.push_str(&format!("<h{level}>{}</h{level}>\n", inline(text))),
            Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", inline(text))),
            Block::Item { text, .. } => out.push_str(&format!("<li>{}</li>\n", inline(text))),
            Block::Row(text) => out.push_str(&format!("<p class=\"row\">{}</p>\n", inline(text))),
            Block::Code(lines) => out.push_str(&super::pre(&lines.join("\n"))),
        }
    }
    if let Some(open) = list {
        out.push_str(&format!("</{open}>\n"));
    }
    out
}

/// Code, strong words and links.
fn inline(text: &str) -> String {
    let mut out = String::new();
    for (number, part) in text.split('`').enumerate() {
        if number % 2 == 1 {
            out.push_str(&format!("<code>{}</code>", escaped(part)));
        } else {
            out.push_str(&strong(part));
        }
    }
    out
}

fn strong(text: &str) -> String {
    let parts: Vec<&str> = text.split("**").collect();
    if parts.len().is_multiple_of(2) {
        return links(text);
    }
    let one = |(number, part): (usize, &&str)| match number % 2 {
        1 => format!("<strong>{}</strong>", links(part)),
        _ => links(part),
    };
    parts.iter().enumerate().map(one).collect()
}

fn links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, address, after)) = link(rest) {
        out.push_str(&bare(before));
        out.push_str(&anchor(address, name));
        rest = after;
    }
    out.push_str(&bare(rest));
    out
}

/// Addresses in running text.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("https://") {
        let (before, address) = rest.split_at(start);
        let end = address.find(|c: char| c.is_whitespace() || "<>\"'`)".contains(c)).unwrap_or(address.len());
        let (address, after) = address.split_at(end);
        let trimmed = address.trim_end_matches(['.', ',', ';', ':']);
        out.push_str(&escaped(before));
        out.push_str(&anchor(trimmed, trimmed));
        out.push_str(&escaped(&address[trimmed.len()..]));
        rest = after;
    }
    out.push_str(&escaped(rest));
    out
}

fn anchor(address: &str, name: &str) -> String {
    if address.starts_with("https://") {
        format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", escaped(address), escaped(name))
    } else {
        escaped(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_keeps_its_words() {
        let page = "# x\n\nOne `a<b` is **not** [it](https://e.org/?a&b).\n\n## Why\n- see https://e.org/x, or\n  not\n\n```sh\na && b\n```\n";
        let expected = "<p>One <code>a&lt;b</code> is <strong>not</strong> <a href=\"https://e.org/?a&amp;b\" \
                        rel=\"noreferrer\">it</a>.</p>\n<h4>Why</h4>\n<ul>\n<li>see <a href=\"https://e.org/x\" \
                        rel=\"noreferrer\">https://e.org/x</a>, or not</li>\n</ul>\n<pre tabindex=\"0\">a &amp;&amp; b</pre>\n";
        assert_eq!(prose(page, 4), expected);
        assert_eq!(links("[x](javascript:alert(1))"), "x)");
    }
}
