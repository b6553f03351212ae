//! `why-differ check`: what is typed, what it means, and doing it.
//!
//! The edge of [`why_differ::check`]: reads policy and baseline, knows what day it is, writes the
//! baseline and the step summary.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use why_differ::Options;
use why_differ::check::{Baseline, Date, Policy};
use why_differ::pair::Pair;
use why_differ::render::{View, check};
use why_differ::report::{CheckFault, CheckNote, Report, Verdict};

use super::args::{LimitArgs, PageArgs, Read, RegistryArgs};
use super::call;
use super::files;
use super::progress::Bar;
use super::run::{Exit, complain, entries, print, say, troubles};

/// What is typed.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// One image: what it should be, such as the last release
    pub a: String,
    /// The other image: what is checked
    pub b: String,
    /// What must hold: a level, causes allowed, causes forbidden (TOML; see docs/pipelines.md)
    #[arg(long, value_name = "FILE")]
    pub policy: Option<String>,
    /// What is known: only other causes, or their growth, fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<String>,
    /// Write what is found now to the file of --baseline
    #[arg(long, requires = "baseline")]
    pub write_baseline: bool,
    /// The day that rules expire against [default: today in UTC]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub today: Option<Date>,
    #[command(flatten)]
    pub read: Read,
    /// Check each platform of two indexes with its counterpart
    #[arg(long, conflicts_with = "platform")]
    pub all_platforms: bool,
    /// Form of the outcome
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the outcome to a file too, such as junit=why-differ.xml; may be said more than once
    #[arg(long, value_name = "FORM=FILE", value_parser = also)]
    pub also: Vec<(Format, String)>,
    /// Print only the first line
    #[arg(short, long)]
    pub quiet: bool,
    #[command(flatten)]
    pub page: PageArgs,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Text,
    /// For a script: what `why-differ --format json` writes, and `check` in front
    Json,
    /// Annotations of GitHub Actions, and a step summary where there is one to write
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for test reports
    Junit,
    /// For a comment on a merge request
    Markdown,
}

/// What is meant.
#[derive(Debug)]
pub struct CheckCall {
    pub(super) images: Pair<String>,
    options: Options,
    policy: Option<String>,
    baseline: Option<String>,
    write: bool,
    today: Date,
    format: Format,
    also: Vec<(Format, String)>,
    view: View,
    progress: bool,
}

impl CheckArgs {
    /// The call that is meant.
    pub fn call(self) -> CheckCall {
        let options =
            Options { all_platforms: self.all_platforms, spots: true, ..call::options(self.read, &self.limits, false) };
        CheckCall {
            images: Pair::new(self.a, self.b),
            options,
            policy: self.policy,
            baseline: self.baseline,
            write: self.write_baseline,
            today: self.today.unwrap_or_else(today),
            format: self.format,
            also: self.also,
            view: call::view(&self.page, call::detail(self.quiet, false), false),
            progress: !self.quiet,
        }
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "expected a day such as 2027-01-31".to_owned())
}

/// `junit=why-differ.xml`.
fn also(text: &str) -> Result<(Format, String), String> {
    let forms: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(|form| Some(form.to_possible_value()?.get_name().to_owned()))
        .collect();
    let expected = || format!("expected FORM=FILE, where FORM is one of {}", forms.join(", "));
    let (form, file) = text.split_once('=').filter(|(_, file)| !file.is_empty()).ok_or_else(expected)?;
    let form = Format::from_str(form, false).map_err(|_| expected())?;
    Ok((form, file.to_owned()))
}

#[expect(clippy::disallowed_methods, reason = "rules expire, and --today takes the clock's place")]
fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Date::from_unix(since.map_or(0, |since| since.as_secs()))
}

/// Does what `call` asks for.
pub fn run(call: CheckCall) -> Exit {
    let (verdict, report) = judged(&call).unwrap_or_else(|fault| {
        say(&why_differ::text::shown(fault.to_string().as_bytes()));
        why_differ::check::refused(&call.images, fault)
    });
    let exit = match verdict.pass {
        None => Exit::Trouble,
        Some(true) => Exit::Same,
        Some(false) => Exit::Differ,
    };
    if call.format == Format::Github
        && let Some(summary) = step_summary()
        && let Err(message) = files::append(&summary, &check::markdown(&verdict, &report))
    {
        say(&format!("the step summary could not be written: {message}"));
    }
    let mut exit = exit;
    for (format, file) in &call.also {
        let text = written(*format, &verdict, &report, &View::default());
        if let Err(message) = files::write_anew(file, text.as_bytes(), &call.inputs()) {
            say(&format!("the outcome could not be written: {message}"));
            exit = Exit::Trouble;
        }
    }
    print(&written(call.format, &verdict, &report, &call.view), exit)
}

impl CheckCall {
    /// What is read, and so never written over by an outcome.
    fn inputs(&self) -> Vec<&str> {
        let rules = [&self.policy, &self.baseline].into_iter().flatten();
        [&self.images.a, &self.images.b].into_iter().chain(rules).map(String::as_str).collect()
    }
}

fn written(format: Format, verdict: &Verdict, report: &Report, view: &View) -> String {
    match format {
        Format::Text => check::text(verdict, report, view),
        Format::Json => check::json(verdict, report, false),
        Format::Github => check::annotations(verdict, report),
        Format::Sarif => check::sarif(verdict, report, &entries(), env!("CARGO_PKG_VERSION")),
        Format::Junit => check::junit(verdict, report),
        Format::Markdown => check::markdown(verdict, report),
    }
}

/// Compares and judges; with `--write-baseline` against the baseline that is written.
fn judged(call: &CheckCall) -> Result<(Verdict, Report), CheckFault> {
    // a policy that cannot be read is said before the images are
    let (policy, mut baseline) = rules(call)?;
    let progress = Bar::new(call.progress);
    let report = why_differ::diff(&call.images.a, &call.images.b, &call.options, &progress);
    progress.finish();
    complain(&troubles(&report));
    let judge = |baseline| why_differ::check::check(&report, &policy, baseline, call.today);
    let mut notes = Vec::new();
    if let (true, Some(path)) = (call.write, &call.baseline) {
        // a baseline that is about to be written excuses nothing
        let first = judge(None);
        if first.verdict.pass.is_some() {
            let own = renewed(baseline, first.left);
            files::write(path, own.written().as_bytes())
                .map_err(|message| fault(path, None, format!("the baseline could not be written: {message}")))?;
            notes.push(CheckNote::Written { causes: own.known.len() as u64 });
            baseline = Some(own);
        } else {
            baseline = None;
        }
    }
    let mut verdict = judge(baseline.as_ref()).verdict;
    verdict.notes.splice(0..0, notes);
    verdict.policy = call.policy.clone();
    verdict.baseline = call.baseline.clone();
    Ok((verdict, report))
}

/// A baseline of what is known now; bounds that an older one states are kept.
fn renewed(older: Option<Baseline>, known: Vec<why_differ::check::Known>) -> Baseline {
    Baseline { growth: older.map_or_else(Baseline::usual_growth, |older| older.growth), known }
}

fn fault(file: &str, position: Option<(usize, usize)>, message: String) -> CheckFault {
    CheckFault { file: file.to_owned(), position, message }
}

/// The policy, empty if there is none, and the baseline, if there is one.
fn rules(call: &CheckCall) -> Result<(Policy, Option<Baseline>), CheckFault> {
    let codes: Vec<&str> = why_differ::cause::all().iter().map(|cause| cause.code).collect();
    let wrong = |path: &str, wrong: why_differ::check::Fault| {
        fault(path, Some((wrong.line, wrong.column)), wrong.kind.to_string())
    };
    let unread = |path: &str, unread: files::Unread| fault(path, unread.position, unread.message);
    let policy = match &call.policy {
        None => Policy::default(),
        Some(path) => {
            let text = files::read(path).map_err(|error| unread(path, error))?;
            Policy::read(&text, &codes).map_err(|error| wrong(path, error))?
        }
    };
    let baseline = match &call.baseline {
        None => None,
        Some(path) if call.write && !files::exists(path) => None,
        Some(path) => {
            let text = files::read(path).map_err(|mut error| {
                if !files::exists(path) {
                    error.message.push_str(" (--write-baseline writes one)");
                }
                unread(path, error)
            })?;
            Some(Baseline::read(&text, &codes).map_err(|error| wrong(path, error))?)
        }
    };
    Ok((policy, baseline))
}

/// Where a workflow's runner wants its summary, if one runs this.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the environment")]
fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}
