//! The pages of causes on a terminal.
//!
//! The pages are Markdown, and so is what is printed: headings lose their `#`, paragraphs and list
//! items are wrapped, code stands indented. Refuses to be a Markdown parser; it knows what our
//! pages use and prints anything else as it is.

use crate::report::Group;

use super::View;
use super::page::{Ink, Page, para};

/// A cause in the list of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'p> {
    /// Its code.
    pub code: &'p str,
    /// Its group.
    pub group: Group,
    /// Its page.
    pub page: &'p str,
}

/// The groups in the order of the list, each with what it holds.
const GROUPS: [(Group, &str); 5] = [
    (Group::Encoding, "the same files, other bytes"),
    (Group::Metadata, "the same contents, other metadata"),
    (Group::Content, "different files"),
    (Group::Build, "the image configuration"),
    (Group::Integrity, "one side contradicts itself"),
];

/// All causes by group, each with the first sentence of its page.
pub fn list(entries: &[Entry<'_>], view: &View) -> String {
    let mut page = Page::new(view);
    let longest = entries.iter().map(|entry| entry.code.len()).max().unwrap_or(0);
    for (group, holds) in GROUPS {
        let members: Vec<_> = entries.iter().filter(|entry| entry.group == group).collect();
        if members.is_empty() {
            continue;
        }
        page.heading(&format!("{} — {holds}", group.name()));
        for entry in members {
            let code = format!("{:<longest$}", entry.code);
            page.para(para("  ", &summary(entry.page)).label(&code).hang(longest + 4));
        }
    }
    page.gap();
    page.line(Ink::Plain, "why-differ explain CAUSE prints the page of one.");
    page.finish()
}

/// The first sentence of a page's first paragraph, without markup.
pub fn summary(markdown: &str) -> String {
    let paragraph = blocks(markdown).into_iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(inline(&text)),
        _ => None,
    });
    let text = paragraph.unwrap_or_default();
    match text.find(". ") {
        Some(end) => text[..end].to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}

/// One page for the terminal.
pub fn page(markdown: &str, view: &View) -> String {
    let mut page = Page::new(view);
    let blocks = blocks(markdown);
    for (number, block) in blocks.iter().enumerate() {
        let above = number.checked_sub(1).map(|above| &blocks[above]);
        if !block.follows_closely(above) {
            page.gap();
        }
        match block {
            Block::Heading(text) => page.para(para("", &inline(text)).ink(Ink::Strong)),
            Block::Paragraph(text) => page.para(para("  ", &inline(text))),
            Block::Item { lead, text } => page.para(para(format!("  {lead}"), &inline(text))),
            Block::Row(text) => page.line(Ink::Plain, &format!("  {text}")),
            Block::Code(lines) => lines.iter().for_each(|line| page.line(Ink::Plain, &format!("      {line}"))),
        }
    }
    page.finish()
}

/// What our pages are made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    Item { lead: String, text: String },
    Row(String),
    Code(Vec<String>),
}

impl Block {
    /// Whether no empty line stands between this block and the one above.
    fn follows_closely(&self, above: Option<&Block>) -> bool {
        match (above, self) {
            (Some(Block::Heading(_)), Block::Heading(_)) => false,
            (Some(Block::Heading(_)), _) => true,
            (Some(Block::Item { .. }), Block::Item { .. }) | (Some(Block::Row(_)), Block::Row(_)) => true,
            _ => false,
        }
    }
}

/// A page's parts, in order.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = markdown.lines();
    // Whether the next plain line goes on with the last block.
    let mut open = false;
    while let Some(line) = lines.next() {
        let text = line.trim();
        if let Some(fence) = ["```", "~~~"].iter().find(|fence| text.starts_with(**fence)) {
            let code = lines.by_ref().take_while(|line| !line.trim().starts_with(fence)).map(str::to_owned).collect();
            blocks.push(Block::Code(code));
            open = false;
        } else if text.is_empty() {
            open = false;
        } else if text.starts_with('#') {
            blocks.push(Block::Heading(text.trim_start_matches('#').trim().to_owned()));
            open = false;
        } else if text.starts_with('|') {
            blocks.push(Block::Row(text.to_owned()));
            open = false;
        } else if let Some(lead) = item(line) {
            blocks.push(Block::Item { lead: lead.to_owned(), text: line[lead.len()..].to_owned() });
            open = true;
        } else if let (true, Some(Block::Paragraph(last) | Block::Item { text: last, .. })) = (open, blocks.last_mut())
        {
            last.push(' ');
            last.push_str(text);
        } else {
            blocks.push(Block::Paragraph(text.to_owned()));
            open = true;
        }
    }
    blocks
}

/// The `- ` or `1. ` in front of a list item, with its indentation.
fn item(line: &str) -> Option<&str> {
    let text = line.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let mark = match &text[digits..] {
        rest if digits > 0 && rest.starts_with(". ") => digits + 2,
        rest if digits == 0 && (rest.starts_with("- ") || rest.starts_with("* ")) => 2,
        _ => return None,
    };
    Some(&line[..line.len() - text.len() + mark])
}

/// Emphasis dropped, links as `text <address>`; what stands in backticks is left alone.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, part) in text.split('`').enumerate() {
        if number > 0 {
            out.push('`');
        }
        if number % 2 == 1 {
            out.push_str(part);
        } else {
            out.push_str(&links(&part.replace("**", "")));
        }
    }
    out
}

fn links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, name, address, after)) = link(rest) {
        out.push_str(&format!("{before}{name} <{address}>"));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The first `[name](address)`, and what stands before and after it.
pub(super) fn link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let start = text[..middle].rfind('[')?;
    let end = middle + text[middle..].find(')')?;
    Some((&text[..start], &text[start + 1..middle], &text[middle + 2..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# some-cause\n\n## What differs\nOne line is `a**b`, the other\nis **not**. More.\n\n- first\n  goes on\n- [second](https://example.org)\n\n```sh\nrun  --this\n```\n";

    #[test]
    fn a_page_reads_well() {
        let expected = "some-cause\n\nWhat differs\n  One line is `a**b`, the other is not. More.\n\n  - first goes on\n  - second <https://example.org>\n\n      run  --this\n\n";
        assert_eq!(page(PAGE, &View::default()).trim_end(), expected.trim_end());
        assert_eq!(summary(PAGE), "One line is `a**b`, the other is not");
    }

    #[test]
    fn what_is_no_page_is_printed_as_it_is() {
        for text in ["", "[", "](", "`", "```", "1.", "- ", "a](b", "|x|y|", "**"] {
            let _ = page(text, &View::default());
            let _ = summary(text);
        }
    }
}
