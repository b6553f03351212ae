//! The report for a person at a terminal, in the order in which questions come up: are the two the
//! same, and in what sense; how big are they; why do they differ; what to do about it; and how much
//! of the difference that accounts for.
//!
//! Refuses to hide anything silently: a list that is cut says how much was cut, a difference that
//! no cause claims is listed, and the last line counts.

pub(super) mod account;
mod fixes;
pub(super) mod head;
pub(super) mod layers;
mod platforms;
pub(super) mod proof;
pub(super) mod verdict;
pub(super) mod why;

pub(super) use account::count;
pub(super) use fixes::ways;
pub(super) use verdict::{headline, sentence};

use crate::report::Report;

use super::Detail;
use super::View;
use super::page::{Ink, Page};

/// The report as text.
pub fn report(report: &Report, view: &View) -> String {
    let mut page = Page::new(view);
    page.line(verdict::ink(report.sameness), verdict::headline(report));
    if view.detail == Detail::Verdict {
        return page.finish();
    }
    head::write(&mut page, report, view);
    platforms::summary(&mut page, report);
    why::write(&mut page, report, view);
    account::ledger(&mut page, report, view);
    account::unexplained(&mut page, &report.unexplained, view);
    platforms::each(&mut page, report, view);
    if view.detail == Detail::Everything {
        layers::side_by_side(&mut page, &report.layers, view);
    }
    fixes::write(&mut page, report, view);
    proof::write(&mut page, report, view);
    account::remarks(&mut page, report, view);
    account::last_line(&mut page, report);
    proof::last_line(&mut page, report);
    page.finish()
}
