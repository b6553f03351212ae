//! Reports, made readable: text for a person, JSON for a script, pages of causes for the curious.
//!
//! Every renderer is a pure function of the plain data in [`crate::report`] and of a [`View`]:
//! the same report gives the same bytes, whatever the terminal, the locale or the clock. Nothing
//! here reads a file, an environment variable or a terminal; whoever calls says how wide the page
//! is and whether it may be coloured.
//!
//! Strings of a report may hold bytes of foreign images. The text renderers show every one of them
//! through [`crate::text::shown`], so that no name drives the reader's terminal.

pub mod bug_report;
pub mod check;
mod commands;
pub mod encoders;
pub mod explain;
pub mod html;
pub mod inspect;
pub mod json;
pub mod markdown;
mod markup;
mod page;
pub mod served;
pub mod text;
mod words;

/// How a text report is to be laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Columns of the page.
    pub width: usize,
    /// Whether escape sequences for colours may be written. No meaning depends on them.
    pub color: bool,
    /// How much is said.
    pub detail: Detail,
    /// Whether lists are printed whole.
    pub full: bool,
}

/// How much a text report says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Detail {
    /// Only the first line.
    Verdict,
    /// The report.
    #[default]
    Report,
    /// Digests in full and all layers side by side.
    Everything,
}

impl Default for View {
    /// What is written to a pipe: 80 columns without colour.
    fn default() -> Self {
        View { width: View::NARROW, color: false, detail: Detail::Report, full: false }
    }
}

impl View {
    /// Columns when nobody knows better: every terminal and every mail has them.
    pub const NARROW: usize = 80;
    /// Columns beyond which lines are tiring to read, however wide the terminal is.
    pub const WIDE: usize = 120;

    /// Whether digests are written in full and layers are listed.
    fn everything(&self) -> bool {
        self.detail == Detail::Everything
    }

    /// How many of `total` list items are printed when `few` or, with `-v`, `more` are the measure.
    fn bound(&self, few: usize, more: usize) -> usize {
        match (self.full, self.everything()) {
            (true, _) => usize::MAX,
            (false, true) => more,
            (false, false) => few,
        }
    }
}
