//! Foreign text inside markup: HTML and XML, and Markdown that a forge renders.
//!
//! Whatever a name holds, it ends up as text: it opens no element, ends no attribute, starts no
//! list, pings nobody and links nowhere.

use crate::text::shown;

/// `text` for the inside of an HTML or XML element or of a quoted attribute. Characters that no
/// XML document may hold are escaped as a terminal's are.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in shown(text.as_bytes()).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            c => out.push(c),
        }
    }
    out
}

/// `text` in Markdown: as it is where nothing in it means anything there, else as code.
pub(super) fn said(text: &str) -> String {
    let text = shown(text.as_bytes());
    let harmless = |c: char| c.is_alphanumeric() || " .,:;/()→–−…%±≠=+'-".contains(c);
    let quiet = text.chars().all(harmless) && !text.contains("://") && !text.contains("www.") && text.trim() == text;
    if quiet { text } else { code(&text) }
}

/// `text` as a code span that nothing in it can end. Bars are escaped, since it may stand in a table.
pub(super) fn code(text: &str) -> String {
    let text = shown(text.as_bytes());
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let edge = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{edge}{}{edge}{fence}", text.replace('|', "\\|"))
}

/// Lines as a fenced block of `language` that nothing in them can end.
pub(super) fn fenced(language: &str, lines: &str) -> String {
    let longest = lines.lines().map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let newline = if lines.ends_with('\n') || lines.is_empty() { "" } else { "\n" };
    format!("{fence}{language}\n{lines}{newline}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(
            escaped("<script>'\"&\u{202e}\u{1b}\u{ffff}"),
            "&lt;script&gt;&#39;&quot;&amp;\\u{202e}\\x1b\\u{ffff}"
        );
    }

    #[test]
    fn markdown_stays_text() {
        let table = [
            ("gzip → none in 3 of 3 layers", "gzip → none in 3 of 3 layers"),
            ("ask @someone", "`ask @someone`"),
            ("#12", "`#12`"),
            ("<b>", "`<b>`"),
            ("a`b", "``a`b``"),
            ("`", "`` ` ``"),
            ("a|b", "`a\\|b`"),
            ("see https://x", "`see https://x`"),
            ("a\nb", "`a\\nb`"),
            (" ", "`   `"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(said(text), expected);
        }
        assert_eq!(fenced("json", "````\n```x"), "`````json\n````\n```x\n`````\n");
    }
}
