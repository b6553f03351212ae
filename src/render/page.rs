//! A page of text: wrapped paragraphs, labels, right-hand figures, aligned columns.
//!
//! Knows widths and colours and nothing of images. Words are not broken, so that a path, a
//! digest or a command can be copied whole even where it sticks out; JSON is, between its members,
//! where a line break means nothing, and so is what was cut and is not whole anyway.

use unicode_width::UnicodeWidthStr as _;

use super::View;

/// The few colours in use. Each only repeats what the words beside it say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// As the terminal writes.
    Plain,
    /// Headings and codes.
    Strong,
    /// What can be skipped.
    Faint,
    /// Sameness, added lines.
    Good,
    /// Something to look at.
    Notable,
    /// Trouble, removed lines.
    Bad,
}

impl Ink {
    /// The parameters of the `SGR` escape sequence.
    fn code(self) -> &'static str {
        match self {
            Ink::Plain => "",
            Ink::Strong => "1",
            Ink::Faint => "2",
            Ink::Good => "32",
            Ink::Notable => "33",
            Ink::Bad => "31",
        }
    }
}

/// Lines as they will be printed.
#[derive(Debug)]
pub(super) struct Page {
    out: String,
    width: usize,
    color: bool,
}

/// Text and how it sits on the page; made by [`para`].
#[derive(Debug)]
pub(super) struct Para<'t> {
    text: &'t str,
    lead: String,
    hang: usize,
    label: &'t str,
    ink: Ink,
    right: &'t str,
    value: bool,
}

/// `text` as a paragraph, `lead` in front of its first line and as many spaces in front of the rest.
pub(super) fn para<'t>(lead: impl Into<String>, text: &'t str) -> Para<'t> {
    let lead = lead.into();
    let hang = width(&lead);
    Para { text, lead, hang, label: "", ink: Ink::Plain, right: "", value: false }
}

impl<'t> Para<'t> {
    /// Lines after the first are indented by `hang` columns.
    pub(super) fn hang(mut self, hang: usize) -> Self {
        self.hang = hang;
        self
    }

    /// One word in front of the text, set off by [`Ink::Strong`].
    pub(super) fn label(mut self, label: &'t str) -> Self {
        self.label = label;
        self
    }

    /// The whole text in `ink`.
    pub(super) fn ink(mut self, ink: Ink) -> Self {
        self.ink = ink;
        self
    }

    /// The text is a value: JSON breaks between its members, and what was cut breaks anywhere.
    pub(super) fn value(mut self) -> Self {
        self.value = true;
        self
    }

    /// A figure at the right edge of the first line, which the text keeps clear of.
    pub(super) fn right(mut self, right: &'t str) -> Self {
        self.right = right;
        self
    }
}

impl Page {
    pub(super) fn new(view: &View) -> Self {
        Page { out: String::new(), width: view.width.max(40), color: view.color }
    }

    /// The columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// What was written; ends in a newline unless nothing was.
    pub(super) fn finish(self) -> String {
        self.out
    }

    /// An empty line, unless the page is empty or the line above is.
    pub(super) fn gap(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    /// One line, not wrapped.
    pub(super) fn line(&mut self, ink: Ink, text: &str) {
        let painted = self.paint(ink, text);
        self.out.push_str(&painted);
        self.out.push('\n');
    }

    /// A heading, after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.gap();
        self.line(Ink::Strong, text);
    }

    /// A wrapped paragraph.
    pub(super) fn para(&mut self, para: Para<'_>) {
        let right = width(para.right);
        let room = self.width.saturating_sub(if right == 0 { 0 } else { right + 2 });
        let whole = match (para.label, para.text) {
            ("", text) => text.to_owned(),
            (label, "") => label.to_owned(),
            (label, text) => format!("{label}  {text}"),
        };
        let first = room.saturating_sub(width(&para.lead));
        let rest = room.saturating_sub(para.hang);
        let whole = if para.value { loosened(&whole, rest.max(1)) } else { whole };
        for (number, text) in wrapped(&whole, first, rest).iter().enumerate() {
            if number > 0 {
                self.out.push_str(&" ".repeat(para.hang));
                let painted = self.paint(para.ink, text);
                self.out.push_str(&painted);
            } else {
                self.out.push_str(&para.lead);
                let painted = match text.strip_prefix(para.label) {
                    Some(tail) => self.paint(Ink::Strong, para.label) + &self.paint(para.ink, tail),
                    None => self.paint(para.ink, text),
                };
                self.out.push_str(&painted);
                if right > 0 {
                    let used = width(&para.lead) + width(text) + right;
                    self.out.push_str(&" ".repeat(self.width.saturating_sub(used).max(2)));
                    self.out.push_str(para.right);
                }
            }
            self.out.push('\n');
        }
    }

    fn paint(&self, ink: Ink, text: &str) -> String {
        let code = ink.code();
        if !self.color || code.is_empty() || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// The columns that `text` takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` with a space put into words that are wider than `room`: behind the members of JSON, and anywhere if the
/// text was cut.
fn loosened(text: &str, room: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / room + 1);
    for (number, word) in text.split(' ').enumerate() {
        if number > 0 {
            out.push(' ');
        }
        if width(word) <= room {
            out.push_str(word);
            continue;
        }
        let mut used = 0;
        let mut characters = word.chars().peekable();
        while let Some(character) = characters.next() {
            let wide = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
            if used + wide > room && text.ends_with('…') && !word.contains(",\"") {
                out.push(' ');
                used = 0;
            }
            out.push(character);
            used += wide;
            if character == ',' && matches!(characters.peek(), Some('"' | '{' | '[')) {
                out.push(' ');
                used = 0;
            }
        }
    }
    out
}

/// `text` in lines of at most `first` and then `rest` columns, broken at spaces only.
fn wrapped(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut gap = 0;
    for word in text.trim_end().split(' ') {
        if word.is_empty() {
            gap += 1;
            continue;
        }
        let room = if lines.is_empty() { first } else { rest };
        if !line.is_empty() && width(&line) + gap + width(word) > room {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() || lines.is_empty() {
            line.push_str(&" ".repeat(gap));
        }
        line.push_str(word);
        gap = 1;
    }
    lines.push(line);
    lines
}

/// Whether a column's cells stand at its left or its right edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// `rows` with their cells padded to common widths, two spaces between; empty columns vanish.
pub(super) fn columns(rows: &[Vec<String>], edges: &[Edge]) -> Vec<String> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &'_ Vec<String>, column: usize| row.get(column).cloned().unwrap_or_default();
    let widths: Vec<usize> =
        (0..count).map(|column| rows.iter().map(|row| width(&cell(row, column))).max().unwrap_or(0)).collect();
    let shown = |row: &Vec<String>| {
        let mut line = String::new();
        for (column, wide) in widths.iter().enumerate().filter(|(_, wide)| **wide > 0) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            let text = cell(row, column);
            let padding = " ".repeat(wide - width(&text));
            match edges.get(column).copied().unwrap_or(Edge::Left) {
                Edge::Left => line.push_str(&format!("{text}{padding}")),
                Edge::Right => line.push_str(&format!("{padding}{text}")),
            }
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_spaces_and_nowhere_else() {
        assert_eq!(wrapped("one two three", 7, 5), ["one two", "three"]);
        assert_eq!(wrapped("a/very/long/path and more", 6, 6), ["a/very/long/path", "and", "more"]);
        assert_eq!(wrapped("", 6, 6), [""]);
        assert_eq!(wrapped("kept  apart", 20, 20), ["kept  apart"]);
        assert_eq!(wrapped("漢字 漢字", 5, 5), ["漢字", "漢字"]);
    }

    #[test]
    fn values_break_between_members_and_where_they_are_cut() {
        assert_eq!(loosened("{\"a\":1,\"b\":[2,3]}", 10), "{\"a\":1, \"b\":[2,3]}");
        assert_eq!(loosened("abcdefgh…", 4), "abcd efgh …");
        assert_eq!(loosened("abcdefgh x…", 4), "abcd efgh x…");
        assert_eq!(loosened("sha256:abcdefgh", 4), "sha256:abcdefgh");
        assert_eq!(loosened("a,\"b", 10), "a,\"b");
    }

    #[test]
    fn columns_align_and_empty_ones_vanish() {
        let rows = [vec!["a".into(), String::new(), "9 B".into()], vec!["bcd".into(), String::new(), "10 B".into()]];
        assert_eq!(columns(&rows, &[Edge::Left, Edge::Left, Edge::Right]), ["a     9 B", "bcd  10 B"]);
    }

    #[test]
    fn a_colour_adds_nothing_but_itself() {
        let write = |color| {
            let mut page = Page::new(&View { color, ..View::default() });
            page.heading("Why");
            page.para(para("  1  ", "gzip → none").label("layer-compression").right("+1 B"));
            page.finish()
        };
        let plain = write(true).replace("\x1b[1m", "").replace("\x1b[0m", "");
        assert_eq!(plain, write(false));
        assert_eq!(width(write(false).lines().nth(1).expect("two lines")), 80);
    }
}
