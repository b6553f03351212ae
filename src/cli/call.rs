//! What is meant: calls with everything decided that the command line and the environment decide.

use std::io::IsTerminal as _;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use clap_complete::Shell;
use why_differ::pair::Pair;
use why_differ::render::{Detail, View};
use why_differ::report::Sameness;
use why_differ::{Options, Proof};

use super::args::{
    COMMANDS, Command, Compare, Format, Inspect, LimitArgs, Output, PageArgs, ProofArgs, Read, ServedArgs, Steps,
    Typed, When,
};
use super::check::CheckCall;
use super::report::{BugReportCall, ReportCall};

/// One call of the program.
#[derive(Debug)]
pub enum Call {
    /// Compare two images.
    Compare {
        /// The references.
        images: Pair<String>,
        /// How they are compared.
        options: Options,
        /// The weakest level that counts as the same.
        require: Sameness,
        /// How the report is written.
        form: Form,
    },
    /// Show one image.
    Inspect {
        /// Its reference.
        image: String,
        /// How it is read.
        options: Options,
        /// How the report is written.
        form: Form,
    },
    /// Ask a registry for one tag in every way.
    Served {
        /// The reference.
        reference: String,
        /// How it is read.
        options: Options,
        /// The weakest level that counts as the same.
        require: Sameness,
        /// How the report is written.
        form: Form,
    },
    /// Hold two images against a policy.
    Check(Box<CheckCall>),
    /// Write a report to a file.
    Report(Box<ReportCall>),
    /// Print what a maintainer needs to see.
    BugReport(Box<BugReportCall>),
    /// Print a cause's page or the list of all causes.
    Explain(Option<&'static str>, View),
    /// Print the table of encoders.
    Encoders(Format, View),
    /// Print completions.
    Completions(Shell),
    /// Print the manual page of the program or of one of its calls.
    Man(Option<String>),
}

/// Form and detail of a report.
#[derive(Debug)]
pub struct Form {
    /// Text or JSON.
    pub format: Format,
    /// How text is laid out.
    pub view: View,
    /// Whether progress may be shown.
    pub progress: bool,
}

impl Typed {
    /// The call that is meant.
    ///
    /// # Errors
    /// When what was typed is well-formed but means nothing.
    pub fn call(self) -> Result<Call, clap::Error> {
        let call = self.meant()?;
        call.refuse_passwords()?;
        Ok(call)
    }

    fn meant(self) -> Result<Call, clap::Error> {
        match self.command {
            None => compare(self.compare),
            Some(Command::Served(typed)) => served(*typed),
            Some(Command::Inspect(typed)) => inspect(*typed),
            Some(Command::Check(check)) => Ok(Call::Check(Box::new(check.call()))),
            Some(Command::Report(report)) => report.call().map(|call| Call::Report(Box::new(call))),
            Some(Command::BugReport(report)) => Ok(Call::BugReport(Box::new(report.call()))),
            Some(Command::Explain { cause, page }) => Ok(Call::Explain(cause, view(&page, Detail::Report, false))),
            Some(Command::Encoders { format, page }) => {
                no_markdown("encoders", format)?;
                Ok(Call::Encoders(format, view(&page, Detail::Report, false)))
            }
            Some(Command::Completions { shell }) => Ok(Call::Completions(shell)),
            Some(Command::Man { call }) => Ok(Call::Man(call)),
        }
    }
}

impl Call {
    /// A password in a name would stand in every report; nothing of it is repeated here.
    fn refuse_passwords(&self) -> Result<(), clap::Error> {
        let references: Vec<&str> = match self {
            Call::Compare { images, .. } => vec![&images.a, &images.b],
            Call::Inspect { image, .. } => vec![image],
            Call::Served { reference, .. } => vec![reference],
            Call::Check(call) => vec![&call.images.a, &call.images.b],
            Call::Report(call) => vec![&call.images.a, &call.images.b],
            Call::BugReport(call) => vec![&call.images.a, &call.images.b],
            _ => Vec::new(),
        };
        if references.into_iter().any(has_password) {
            let message =
                "a reference holds a user and a password: log in with `docker login`, or name a file with --authfile";
            return Err(usage(ErrorKind::InvalidValue, message));
        }
        Ok(())
    }
}

/// Whether a registry's name begins with `USER:PASSWORD@`, which no tool takes there.
fn has_password(reference: &str) -> bool {
    let name = ["docker://", "https://", "http://"].iter().find_map(|prefix| reference.strip_prefix(prefix));
    let name = name.unwrap_or(reference);
    let Some((user, rest)) = name.split_once('@') else { return false };
    let Some((user, password)) = user.split_once(':') else { return false };
    // `name:tag@sha256:…` and `oci:PATH@sha256:…` name a digest
    let is_digest = ["sha256:", "sha512:"].iter().any(|algorithm| rest.starts_with(algorithm));
    !is_digest
        && !user.is_empty()
        && !password.is_empty()
        && !user.contains('/')
        && rest.contains('/')
        && !PREFIXES.contains(&user)
}

/// Prefixes of references that hold paths, in which an `@` is one.
const PREFIXES: [&str; 8] =
    ["oci", "oci-archive", "docker-archive", "dir", "blob", "docker-daemon", "containers-storage", "containerd"];

fn compare(typed: Compare) -> Result<Call, clap::Error> {
    let (Some(a), Some(b)) = (typed.a, typed.b) else {
        return Err(usage(ErrorKind::MissingRequiredArgument, "two images are needed: why-differ A B"));
    };
    // After an option clap takes a command's name for an image.
    if COMMANDS.contains(&a.as_str()) {
        let message = format!(
            "`{a}` is a command, and its options follow it: why-differ {a} …\nAn image of that name is written ./{a}"
        );
        return Err(usage(ErrorKind::ArgumentConflict, &message));
    }
    if !typed.more.is_empty() {
        let message = format!("two images are compared, and {} were given", 2 + typed.more.len());
        return Err(usage(ErrorKind::TooManyValues, &message));
    }
    let sides = Pair::new(typed.sides.a_authfile, typed.sides.b_authfile);
    let options = Options {
        all_platforms: typed.all_platforms,
        fast: typed.fast,
        access: typed.registries.access(sides),
        ignore: typed.ignore.iter().map(|code| (*code).to_owned()).collect(),
        proof: proof(&typed.proof),
        ..options(typed.read, &typed.limits, typed.output.full)
    };
    Ok(Call::Compare { images: Pair::new(a, b), options, require: typed.require, form: form(&typed.output) })
}

fn proof(typed: &ProofArgs) -> Proof {
    Proof {
        all_steps: typed.steps == Steps::All,
        write_steps: typed.write_steps.clone(),
        with_layers: typed.with_layers,
        ..Proof::default()
    }
}

fn inspect(typed: Inspect) -> Result<Call, clap::Error> {
    let form = form(&typed.output);
    let access = typed.registries.access(Pair::default());
    let options = Options { access, blocks: typed.blocks, ..options(typed.read, &typed.limits, typed.output.full) };
    no_markdown("inspect", form.format)?;
    Ok(Call::Inspect { image: typed.a, options, form })
}

fn served(typed: ServedArgs) -> Result<Call, clap::Error> {
    let form = form(&typed.output);
    let access = typed.registries.access(Pair::default());
    let options = Options { access, ..options(typed.read, &typed.limits, typed.output.full) };
    no_markdown("served", form.format)?;
    Ok(Call::Served { reference: typed.reference, options, require: typed.require, form })
}

/// Only comparisons are written as Markdown.
fn no_markdown(call: &str, format: Format) -> Result<(), clap::Error> {
    match format {
        Format::Markdown => {
            let message = format!("{call} writes text or json, and markdown was asked for");
            Err(usage(ErrorKind::InvalidValue, &message))
        }
        Format::Text | Format::Json => Ok(()),
    }
}

/// How images are read.
pub(super) fn options(read: Read, limits: &LimitArgs, full: bool) -> Options {
    Options {
        platform: read.platform,
        verify: read.verify,
        prove: read.prove,
        jobs: read.jobs.map(usize::from),
        full,
        limits: limits.limits(),
        ..Options::default()
    }
}

fn form(output: &Output) -> Form {
    let detail = detail(output.quiet, output.verbose);
    Form { format: output.format, view: view(&output.page, detail, output.full), progress: !output.quiet }
}

/// How much is said.
pub(super) fn detail(quiet: bool, verbose: bool) -> Detail {
    match (quiet, verbose) {
        (true, _) => Detail::Verdict,
        (false, true) => Detail::Everything,
        (false, false) => Detail::Report,
    }
}

/// How a page of text is laid out.
pub(super) fn view(page: &PageArgs, detail: Detail, full: bool) -> View {
    let terminal = std::io::stdout().is_terminal();
    let color = match page.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && !is_set("NO_COLOR") && !has_no_colors(),
    };
    // A pipe gets 80 columns whatever terminal is near, so that the same input gives the same bytes.
    let width = match terminal_size::terminal_size() {
        Some((columns, _)) if terminal => usize::from(columns.0).min(View::WIDE),
        _ => View::NARROW,
    };
    View { width, color, detail, full }
}

/// Whether an environment variable holds anything.
#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the environment")]
fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[expect(clippy::disallowed_methods, reason = "the command line is the edge that knows the environment")]
fn has_no_colors() -> bool {
    std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb")
}

/// An error in what was typed.
pub(super) fn usage(kind: ErrorKind, message: &str) -> clap::Error {
    Typed::command().error(kind, message)
}
