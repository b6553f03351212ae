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
            view: call::view(&self.page, call::detail(self.quiet, false), false),
            progress: !self.quiet,
        }
    }
}

fn day(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "expected a day such as 2027-01-31".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "rules expire, and --today takes the clock's place")]
fn today() -> Date {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Date::from_unix(since.map_or(0, |since| since.as_secs()))
}

/// Does what `call` asks for.
pub fn run(call: CheckCall) -> Exit {
    // a policy that cannot be read is said before the images are
    let (policy, baseline) = match rules(&call) {
        Ok(rules) => rules,
        Err(message) => {
            say(&message);
            return Exit::Trouble;
        }
    };
    let progress = Bar::new(call.progress);
    let report = why_differ::diff(&call.images.a, &call.images.b, &call.options, &progress);
    progress.finish();
    complain(&troubles(&report));
    // a baseline that is about to be written excuses nothing
    let known = if call.write { None } else { baseline.as_ref() };
    let mut judged = why_differ::check::check(&report, &policy, known, call.today);
    judged.verdict.policy = call.policy.clone();
    judged.verdict.baseline = call.baseline.clone().filter(|_| !call.write);
    if let (true, Some(path), Some(_)) = (call.write, &call.baseline, judged.verdict.pass) {
        return write(path, baseline, judged.left);
    }
    let exit = match judged.verdict.pass {
        None => Exit::Trouble,
        Some(true) => Exit::Same,
        Some(false) => Exit::Differ,
    };
    let verdict = &judged.verdict;
    let output = match call.format {
        Format::Text => check::text(verdict, &report, &call.view),
        Format::Json => check::json(verdict, &report, false),
        Format::Github => check::annotations(verdict, &report),
        Format::Sarif => check::sarif(verdict, &report, &entries(), env!("CARGO_PKG_VERSION")),
        Format::Junit => check::junit(verdict, &report),
        Format::Markdown => check::markdown(verdict, &report),
    };
    if call.format == Format::Github
        && let Some(summary) = step_summary()
        && let Err(message) = files::append(&summary, &check::markdown(verdict, &report))
    {
        say(&format!("the step summary could not be written: {message}"));
    }
    print(&output, exit)
}

/// The policy, empty if there is none, and the baseline, if there is one.
fn rules(call: &CheckCall) -> Result<(Policy, Option<Baseline>), String> {
    let codes: Vec<&str> = why_differ::cause::all().iter().map(|cause| cause.code).collect();
    let named =
        |path: &str, fault: why_differ::check::Fault| format!("{}:{fault}", why_differ::text::shown(path.as_bytes()));
    let policy = match &call.policy {
        None => Policy::default(),
        Some(path) => Policy::read(&files::read(path)?, &codes).map_err(|fault| named(path, fault))?,
    };
    let baseline = match &call.baseline {
        None => None,
        Some(path) if call.write && !files::exists(path) => None,
        Some(path) => {
            let text = files::read(path).map_err(|message| match call.write {
                true => message,
                false => format!("{message} (--write-baseline writes one)"),
            })?;
            Some(Baseline::read(&text, &codes).map_err(|fault| named(path, fault))?)
        }
    };
    Ok((policy, baseline))
}

/// Writes the baseline; bounds that an older one states are kept.
fn write(path: &str, older: Option<Baseline>, known: Vec<why_differ::check::Known>) -> Exit {
    let growth = older.map_or_else(Baseline::usual_growth, |older| older.growth);
    let count = why_differ::text::counted(known.len() as u64, "cause", "causes");
    match files::write(path, Baseline { growth, known }.written().as_bytes()) {
        Ok(()) => print(
            &format!("BASELINE WRITTEN: {} knows {count}\n", why_differ::text::shown(path.as_bytes())),
            Exit::Same,
        ),
        Err(message) => {
            say(&format!("the baseline could not be written: {message}"));
            Exit::Trouble
        }
    }
}

/// Where a workflow's runner wants its summary, if one runs this.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the environment")]
fn step_summary() -> Option<PathBuf> {
    std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}
