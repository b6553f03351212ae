//! Runs a call: asks the library, renders, writes, and says with which code to exit.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use why_differ::cause;
use why_differ::render::{encoders, explain, inspect, json, markdown, served, text};
use why_differ::report::{Report, Sameness, Trouble};

use super::args::{Format, Typed};
use super::call::{Call, Form};
use super::check;
use super::progress::Bar;
use super::report;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The same at the required level, or done.
    Same = 0,
    /// They differ.
    Differ = 1,
    /// No verdict that can be trusted.
    Trouble = 2,
}

/// Does what `call` asks for.
pub fn run(call: Call) -> Exit {
    match call {
        Call::Compare { images, options, require, form } => {
            let progress = Bar::new(form.progress);
            let report = why_differ::diff(&images.a, &images.b, &options, &progress);
            progress.finish();
            let output = match form.format {
                Format::Text => text::report(&report, &form.view),
                Format::Json => json::report(&report, form.view.full),
                Format::Markdown => markdown::report(&report, &entries(), form.view.full),
            };
            complain(&troubles(&report));
            print(&output, exit(&report, require, !options.ignore.is_empty()))
        }
        Call::Inspect { image, options, form: Form { format, view, progress } } => {
            let progress = Bar::new(progress);
            let inspection = why_differ::inspect(&image, &options, &progress);
            progress.finish();
            let output = match format {
                Format::Text | Format::Markdown => inspect::inspection(&inspection, &view),
                Format::Json => json::inspection(&inspection, view.full),
            };
            complain(&inspection.trouble.iter().collect::<Vec<_>>());
            let exit = match (inspection.trouble.is_empty(), inspection.findings.is_empty()) {
                (false, _) => Exit::Trouble,
                (true, false) => Exit::Differ,
                (true, true) => Exit::Same,
            };
            print(&output, exit)
        }
        Call::Served { reference, options, require, form: Form { format, view, progress } } => {
            let progress = Bar::new(progress);
            let answers = why_differ::served(&reference, &options, &progress);
            progress.finish();
            let output = match format {
                Format::Text | Format::Markdown => served::served(&answers, &view),
                Format::Json => json::served(&answers, view.full),
            };
            complain(&answers.trouble.iter().collect::<Vec<_>>());
            let same = answers.findings.is_empty() && answers.sameness.is_some_and(|level| level >= require);
            let exit = match (answers.trouble.is_empty(), same) {
                (false, _) => Exit::Trouble,
                (true, false) => Exit::Differ,
                (true, true) => Exit::Same,
            };
            print(&output, exit)
        }
        Call::Explain(Some(code), view) => {
            let page = cause::all().iter().find(|cause| cause.code == code).map_or("", |cause| cause.page);
            print(&explain::page(page, &view), Exit::Same)
        }
        Call::Check(call) => check::run(*call),
        Call::Report(call) => report::run(*call),
        Call::BugReport(call) => report::run_bug_report(*call),
        Call::Explain(None, view) => print(&explain::list(&entries(), &view), Exit::Same),
        Call::Encoders(format, view) => {
            let classes = why_differ::encoders();
            let output = match format {
                Format::Text | Format::Markdown => encoders::text(&classes, &view),
                Format::Json => encoders::json(&classes),
            };
            print(&output, Exit::Same)
        }
        Call::Completions(shell) => {
            let mut output = Vec::new();
            clap_complete::generate(shell, &mut Typed::command(), "why-differ", &mut output);
            print_bytes(&output, Exit::Same)
        }
        Call::Man(call) => print_bytes(&manual(call.as_deref()), Exit::Same),
    }
}

/// All causes with their pages.
pub(super) fn entries() -> Vec<explain::Entry<'static>> {
    let entry =
        |cause: &&'static cause::Cause| explain::Entry { code: cause.code, group: cause.group, page: cause.page };
    cause::all().iter().map(entry).collect()
}

/// The manual page of the program, or of the call of that name.
fn manual(call: Option<&str>) -> Vec<u8> {
    let mut program = Typed::command();
    program.build();
    let command = call.and_then(|name| program.find_subcommand(name).cloned()).unwrap_or(program);
    // `why-differ inspect` has its page under `why-differ-inspect`.
    let title = command.get_bin_name().unwrap_or("why-differ").replace(' ', "-");
    let mut output = Vec::new();
    clap_mangen::Man::new(command).title(title).render(&mut output).expect("a vector takes every byte");
    output
}

/// The exit code of a comparison.
pub(super) fn exit(report: &Report, require: Sameness, ignoring: bool) -> Exit {
    if !troubles(report).is_empty() {
        return Exit::Trouble;
    }
    let required = report.sameness.is_some_and(|level| level >= require);
    if required || (ignoring && nothing_left(report)) { Exit::Same } else { Exit::Differ }
}

/// Whether `--ignore` took every finding and nothing is unexplained.
fn nothing_left(report: &Report) -> bool {
    report.findings.is_empty()
        && report.unexplained.is_empty()
        && report.pairs.iter().filter_map(|pair| pair.report.as_ref()).all(nothing_left)
}

/// Trouble of the report and of its platforms.
pub(super) fn troubles(report: &Report) -> Vec<&Trouble> {
    let inner = report.pairs.iter().filter_map(|pair| pair.report.as_ref()).flat_map(troubles);
    report.trouble.iter().chain(inner).collect()
}

/// One sentence on stderr for whoever reads stdout with a program.
pub(super) fn complain(troubles: &[&Trouble]) {
    let Some((first, more)) = troubles.split_first() else {
        return;
    };
    let side = first.side.map(|side| format!("{}: ", side.name())).unwrap_or_default();
    let message = why_differ::text::shown(first.message.as_bytes());
    let more = match more.len() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    say(&format!("{side}{message}{more}"));
}

pub(super) fn say(message: &str) {
    // There is nowhere left to say that stderr cannot be written to.
    let _ = writeln!(io::stderr(), "why-differ: {message}");
}

pub(super) fn print(text: &str, exit: Exit) -> Exit {
    print_bytes(text.as_bytes(), exit)
}

/// Writes to stdout; a reader who has seen enough (`| head`) is no trouble, a full disk is.
fn print_bytes(bytes: &[u8], exit: Exit) -> Exit {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => exit,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => exit,
        Err(error) => {
            say(&format!("the report could not be written: {error}"));
            Exit::Trouble
        }
    }
}
