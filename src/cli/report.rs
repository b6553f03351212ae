//! `why-differ report` and `why-differ bug-report`: what is typed, what it means, and doing it.

use clap::error::ErrorKind;
use clap::{Args, ValueEnum};
use why_differ::Options;
use why_differ::pair::Pair;
use why_differ::render::{bug_report, html, json, markdown};
use why_differ::report::{Report, Sameness};

use super::args::{LimitArgs, Read, RegistryArgs};
use super::bundle;
use super::call;
use super::files;
use super::progress::Bar;
use super::run::{self, Exit, complain, entries, print, say, troubles};

/// What is typed for a report.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// One image
    pub a: String,
    /// The other image
    pub b: String,
    /// The file to write; its ending (.html, .md, .json) says which form, and - is stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: String,
    /// Form of the report, where the file's ending does not say it
    #[arg(long, value_enum)]
    pub format: Option<ReportFormat>,
    #[command(flatten)]
    pub read: Read,
    /// Take out what looks like a secret, and lines of text files; the report says what was
    #[arg(long)]
    pub redact: bool,
    /// Compare each platform of two indexes with its counterpart
    #[arg(long, conflicts_with = "platform")]
    pub all_platforms: bool,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page for a browser, which needs nothing else
    Html,
    /// For an issue or a merge request
    Markdown,
    /// For a script
    Json,
}

/// What is meant by it.
#[derive(Debug)]
pub struct ReportCall {
    pub(super) images: Pair<String>,
    options: Options,
    format: ReportFormat,
    output: String,
    redact: bool,
}

impl ReportArgs {
    /// The call that is meant.
    ///
    /// # Errors
    /// When neither an option nor the file's ending says which form is wanted.
    pub fn call(self) -> Result<ReportCall, clap::Error> {
        let ending = self.output.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let format = match (self.format, ending.as_deref()) {
            (Some(format), _) => format,
            (None, Some("html" | "htm")) => ReportFormat::Html,
            (None, Some("md" | "markdown")) => ReportFormat::Markdown,
            (None, Some("json")) => ReportFormat::Json,
            (None, _) => {
                let found = match ending {
                    Some(ending) if self.output != "-" && !ending.contains('/') => {
                        format!("a report is not written as .{}", why_differ::text::shown(ending.as_bytes()))
                    }
                    _ => "the form of the report is not known".to_owned(),
                };
                let message = format!(
                    "{found}: there are html, markdown and json; name the file .html, .md or .json, or say --format FORM"
                );
                return Err(call::usage(ErrorKind::ValueValidation, &message));
            }
        };
        let options = Options {
            all_platforms: self.all_platforms,
            exhibits: true,
            access: self.registries.access(Pair::default()),
            ..call::options(self.read, &self.limits, true)
        };
        Ok(ReportCall { images: Pair::new(self.a, self.b), options, format, output: self.output, redact: self.redact })
    }
}

/// Writes the report.
pub fn run(call: ReportCall) -> Exit {
    let mut report = compare(&call.images, &call.options);
    if call.redact {
        why_differ::redact::report(&mut report);
    } else {
        warn(&why_differ::redact::suspects(&mut report));
    }
    let mut command = vec!["why-differ".to_owned(), "report".to_owned()];
    // as redacted, where they were
    let sides = report.sides.as_ref().map(|side| quoted(&side.reference));
    command.extend([sides.a, sides.b, "-o".to_owned(), quoted(&call.output)]);
    if call.redact {
        command.push("--redact".to_owned());
    }
    if let Some(platform) = &call.options.platform {
        command.extend(["--platform".to_owned(), quoted(platform)]);
    }
    let flags = [
        ("--all-platforms", call.options.all_platforms),
        ("--verify", call.options.verify),
        ("--prove", call.options.prove),
    ];
    command.extend(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| (*flag).to_owned()));
    let causes = entries();
    let about = html::About { causes: &causes, version: env!("CARGO_PKG_VERSION"), command: &command.join(" ") };
    let text = match call.format {
        ReportFormat::Html => html::page(&report, &about),
        ReportFormat::Markdown => markdown::report(&report, &causes, false),
        ReportFormat::Json => json::report(&report, true),
    };
    let exit = run::exit(&report, Sameness::SameDigest, false);
    if call.output == "-" {
        return print(&text, exit);
    }
    match files::write_output(&call.output, text.as_bytes(), &[&call.images.a, &call.images.b]) {
        Ok(()) => exit,
        Err(message) => {
            say(&format!("the report could not be written: {message}"));
            Exit::Trouble
        }
    }
}

/// Says that a report had better not be sent as it is.
fn warn(suspects: &[String]) {
    const NAMED: usize = 3;
    let mut names = suspects.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    if suspects.len() > NAMED {
        names.push_str(&format!(" and {} more", suspects.len() - NAMED));
    }
    if !suspects.is_empty() {
        say(&format!("the report holds what looks like a secret ({names}); --redact takes it out"));
    }
}

fn compare(images: &Pair<String>, options: &Options) -> Report {
    let progress = Bar::new(true);
    let report = why_differ::diff(&images.a, &images.b, options, &progress);
    progress.finish();
    complain(&troubles(&report));
    report
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@=+,".contains(c);
    match !argument.is_empty() && argument.chars().all(plain) {
        true => argument.to_owned(),
        false => format!("'{}'", argument.replace('\'', "'\\''")),
    }
}

/// What is typed for a bug report.
#[derive(Debug, Args)]
pub struct BugReportArgs {
    /// One image: what was expected
    pub a: String,
    /// The other image: what was found
    pub b: String,
    /// Also write the documents and the headers that differ, never file contents
    #[arg(long, value_name = "FILE.tar.zst")]
    pub bundle: Option<String>,
    #[command(flatten)]
    pub read: Read,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// What is meant by it.
#[derive(Debug)]
pub struct BugReportCall {
    pub(super) images: Pair<String>,
    options: Options,
    bundle: Option<String>,
}

impl BugReportArgs {
    /// The call that is meant.
    pub fn call(self) -> BugReportCall {
        let access = self.registries.access(Pair::default());
        let options = Options { access, exhibits: true, ..call::options(self.read, &self.limits, false) };
        BugReportCall { images: Pair::new(self.a, self.b), options, bundle: self.bundle }
    }
}

/// Prints the report, and writes the bundle.
pub fn run_bug_report(call: BugReportCall) -> Exit {
    let mut report = compare(&call.images, &call.options);
    let redacted = why_differ::redact::report(&mut report);
    let text = bug_report::markdown(&report, &redacted, &entries(), env!("CARGO_PKG_VERSION"));
    let exit = run::exit(&report, Sameness::SameDigest, false);
    if let Some(path) = &call.bundle {
        let written = bundle::packed(&report, &redacted, &text)
            .map_err(|error| error.to_string())
            .and_then(|bytes| files::write_output(path, &bytes, &[&call.images.a, &call.images.b]));
        if let Err(message) = written {
            say(&format!("the bundle could not be written: {message}"));
            return Exit::Trouble;
        }
    }
    print(&text, exit)
}
