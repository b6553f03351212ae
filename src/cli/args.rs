//! What was typed: the command line as clap reads it, with its help.
//!
//! Refuses to mean anything; [`super::call`] makes calls of it. Completions and the man page are
//! generated from the same definition.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use why_differ::cause;
use why_differ::limits::Limits;
use why_differ::pair::Pair;
use why_differ::report::Sameness;
use why_differ::source::{Access, Patience};
use why_differ::suggest::nearest;

use super::check::CheckArgs;
use super::report::{BugReportArgs, ReportArgs};

/// Explains why two container images that should be the same have different digests and sizes.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    subcommand_help_heading = "Other calls",
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "Exit code: 0 same (at the required level), 1 differ, 2 trouble.",
    after_long_help = AFTER
)]
pub struct Typed {
    #[command(subcommand)]
    pub command: Option<Command>,
    #[command(flatten)]
    pub compare: Compare,
}

const AFTER: &str = "\
Images: a path is recognised by what lies there: an OCI layout (folder or tar), an archive of `docker save` or \
`ctr images export`, a folder of `skopeo copy … dir:`, one layer, one manifest or config. Where it is not, or holds several images, say:
  oci:PATH[:REF|@DIGEST]          oci-archive:PATH[:REF]   dir:PATH
  docker-archive:PATH[:REF|:@N]   blob:PATH
A name where no path is, and docker://NAME, is an image of a registry, as docker pull has it. Others are asked for with:
  docker-daemon:NAME              containerd://[NAMESPACE/]NAME   containers-storage:NAME
where containers-storage:[overlay@/var/lib/containers/storage]NAME and containerd://[/var/lib/containerd]NAME, brackets \
and all, name the folder of a store; that of containerd is read as of its last finished change, whether it runs or not.
A path that is called like a command is written with its folder: ./inspect

Exit code:
  0  the same, at the level that --require names; or everything found was ignored with --ignore
  1  they differ
  2  trouble: bad usage, something cannot be read, is damaged, or is beyond a limit

Examples:
  why-differ pushed-by-docker.tar pushed-by-ctr.tar
  why-differ --require same-image --format json oci:build:v1 docker-archive:saved.tar
  why-differ explain layer-compression";

/// The calls besides the comparison.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show one image: documents, platforms, layers, and where it contradicts itself
    Inspect(Box<Inspect>),
    /// Ask a registry for one tag in every way that clients ask, and explain where its answers differ
    Served(Box<ServedArgs>),
    /// For pipelines: pass or fail by a policy, a baseline, or being the same
    Check(Box<CheckArgs>),
    /// Write a report to send: one HTML page, Markdown or JSON
    Report(Box<ReportArgs>),
    /// Write what a maintainer needs to see, without secrets
    BugReport(Box<BugReportArgs>),
    /// Explain one cause, or list all of them
    Explain {
        /// A cause's code, such as layer-compression
        #[arg(value_parser = CauseCode, hide_possible_values = true)]
        cause: Option<&'static str>,
        #[command(flatten)]
        page: PageArgs,
    },
    /// List the encoders that can be named, their releases, and the tools that use them
    Encoders {
        /// Form of the table
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
        #[command(flatten)]
        page: PageArgs,
    },
    /// Print shell completions
    Completions {
        /// The shell to complete in
        shell: Shell,
    },
    /// Print a manual page
    Man {
        /// The page of one call, such as inspect
        #[arg(value_parser = PossibleValuesParser::new(COMMANDS))]
        call: Option<String>,
    },
}

/// Names of [`Command`], which are no names of images.
pub const COMMANDS: [&str; 9] =
    ["inspect", "served", "check", "report", "bug-report", "explain", "encoders", "completions", "man"];

#[derive(Debug, Args)]
pub struct Compare {
    /// One image: a path, or a reference such as oci:PATH:TAG
    #[arg(required = true)]
    pub a: Option<String>,
    /// The other image
    #[arg(required = true)]
    pub b: Option<String>,
    /// Taken in only to say that it is too many.
    #[arg(hide = true)]
    pub more: Vec<String>,
    #[command(flatten)]
    pub read: Read,
    /// Compare each platform of two indexes with its counterpart
    #[arg(long, conflicts_with = "platform")]
    pub all_platforms: bool,
    /// Exit with 0 when the two are at least that same
    #[arg(long, value_name = "LEVEL", value_parser = level(), default_value = Sameness::SameDigest.name())]
    pub require: Sameness,
    /// Leave findings of these causes out of the report and of the exit code
    #[arg(long, value_name = "CAUSE", value_delimiter = ',', value_parser = CauseCode, hide_possible_values = true)]
    pub ignore: Vec<&'static str>,
    /// Believe the configs where they declare equal layers, instead of opening the layers to explain their encoding
    #[arg(long, conflicts_with_all = ["verify", "prove"])]
    pub fast: bool,
    #[command(flatten)]
    pub proof: ProofArgs,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub sides: SideArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// How the explanation is proved.
#[derive(Debug, Args)]
pub struct ProofArgs {
    /// Which steps of compressed layers are encoded: the last, or all
    #[arg(long, value_enum, value_name = "WHICH", default_value_t = Steps::Ends, requires = "prove")]
    pub steps: Steps,
    /// Write each step's documents and tar headers, with their digests and a script that checks them
    #[arg(long, value_name = "DIR", requires = "prove", conflicts_with = "all_platforms")]
    pub write_steps: Option<PathBuf>,
    /// Write whole tars too, file contents and all
    #[arg(long, requires = "write_steps")]
    pub with_layers: bool,
}

/// Which steps of compressed layers are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Steps {
    /// What a and b have
    Ends,
    /// After every cause: each costs a compression
    All,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The image: a path, or a reference such as oci:PATH:TAG
    pub a: String,
    #[command(flatten)]
    pub read: Read,
    /// List every block of compressed layers
    #[arg(long)]
    pub blocks: bool,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

#[derive(Debug, Args)]
pub struct ServedArgs {
    /// What to ask for: REGISTRY/NAME:TAG
    pub reference: String,
    #[command(flatten)]
    pub read: Read,
    /// Exit with 0 when all answers are at least that same
    #[arg(long, value_name = "LEVEL", value_parser = level(), default_value = Sameness::SameDigest.name())]
    pub require: Sameness,
    #[command(flatten)]
    pub output: Output,
    #[command(flatten)]
    pub registries: RegistryArgs,
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// How registries are reached.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub struct RegistryArgs {
    /// Look for credentials in this file only [default: the files of docker, podman and skopeo]
    #[arg(long, value_name = "FILE")]
    pub authfile: Option<PathBuf>,
    /// Talk HTTP without TLS
    #[arg(long)]
    pub plain_http: bool,
    /// Trust any certificate, and talk HTTP where there is no TLS
    #[arg(long)]
    pub insecure: bool,
    /// Trust the certificate authorities of this file too
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Keep blobs in this folder for the next time
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
    /// How many seconds a server may stay silent, and twice that, or 60, send less than 1 KiB a second
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

/// What may differ from side to side.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registries")]
pub struct SideArgs {
    /// Credentials for the first image only
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub a_authfile: Option<PathBuf>,
    /// Credentials for the second image only
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub b_authfile: Option<PathBuf>,
}

impl RegistryArgs {
    /// How each side's registry is reached; `sides` name credentials of their own.
    pub fn access(self, sides: Pair<Option<PathBuf>>) -> Pair<Access> {
        let usual = Patience::default();
        let silence = Duration::from_secs(self.timeout);
        // who is silent for as long as is allowed is not too slow
        let patience = Patience { silence, slow: usual.slow.max(silence * 2), ..usual };
        let common = Access {
            authfile: self.authfile,
            plain_http: self.plain_http,
            insecure: self.insecure,
            ca_file: self.ca_file,
            cache: self.cache,
            patience,
        };
        sides.map(|own| Access { authfile: own.or_else(|| common.authfile.clone()), ..common.clone() })
    }
}

/// How images are read.
#[derive(Debug, Args)]
pub struct Read {
    /// The platform to choose from an index, such as linux/arm64/v8
    #[arg(long, value_name = "OS/ARCH[/VARIANT]")]
    pub platform: Option<String>,
    /// Open and hash everything, even what equal digests already vouch for
    #[arg(long)]
    pub verify: bool,
    /// Prove: compress layers again, each to its end; of two images, rebuild b from a by the causes found
    #[arg(long)]
    pub prove: bool,
    /// How many threads decode layers [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

/// How the report is written.
#[derive(Debug, Args)]
pub struct Output {
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print only the first line
    #[arg(short, long, conflicts_with_all = ["verbose", "full"])]
    pub quiet: bool,
    /// Print digests in full and all layers side by side
    #[arg(short, long)]
    pub verbose: bool,
    /// Print every list whole, however long
    #[arg(long)]
    pub full: bool,
    #[command(flatten)]
    pub page: PageArgs,
}

/// How a page of text looks.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// When to use colours; NO_COLOR is honoured
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    pub color: When,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For a person
    Text,
    /// For a script: schema 1, keys are added and never renamed
    Json,
    /// For an issue or a merge request (comparisons only)
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    Always,
    Never,
}

/// Declares an option for each limit and how they override [`Limits::default`].
macro_rules! limits {
    ($($field:ident $option:literal $parser:ident $kind:ty, $help:literal;)*) => {
        /// Bounds on what is read; each error names the option that lifts it.
        #[derive(Debug, Args)]
        #[command(next_help_heading = "Limits (sizes take K, M, G, T)")]
        pub struct LimitArgs {
            $(
                #[doc = $help]
                #[arg(long = $option, value_name = "N", value_parser = $parser::<$kind>, hide_short_help = true, long_help = $help)]
                pub $field: Option<$kind>,
            )*
        }

        impl LimitArgs {
            /// The limits that hold.
            pub fn limits(&self) -> Limits {
                let mut limits = Limits::default();
                $(if let Some(value) = self.$field { limits.$field = value; })*
                limits
            }
        }
    };
}

limits! {
    document "max-document" size u64, "Bytes of one JSON document";
    depth "max-depth" count usize, "How deep JSON may nest";
    documents "max-documents" count usize, "Documents of one image";
    layers "max-layers" count usize, "Layers of one image";
    layer_size "max-layer-size" size u64, "Bytes that one layer may decompress to";
    ratio "max-ratio" count u64, "How many times its own size a layer may grow";
    entries "max-entries" count usize, "Entries of one layer";
    extension "max-extension" size u64, "Bytes of one extension header of a tar entry";
    kept "max-kept" size u64, "Bytes of all extension headers of one layer";
    members "max-members" count usize, "Members of an archive";
    sparse "max-sparse" size u64, "Bytes that a sparse file may expand to";
    evidence "max-evidence" size u64, "Bytes of file contents held as evidence";
}

/// A size in bytes: digits and, if wanted, `K`, `M`, `G` or `T` (1024 each), as `M` or `MiB`.
fn size<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return Err(format!("`{unit}` is no unit: expected K, M, G or T (1024 each)")),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number of bytes, such as 8M".to_owned())?;
    let bytes = number.checked_mul(1 << shift).ok_or("more bytes than can be counted")?;
    T::try_from(bytes).map_err(|_| "more bytes than can be counted".to_owned())
}

/// A plain number.
fn count<T: TryFrom<u64>>(text: &str) -> Result<T, String> {
    let number: u64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    T::try_from(number).map_err(|_| "more than can be counted".to_owned())
}

/// The levels of sameness by name.
fn level() -> impl TypedValueParser<Value = Sameness> {
    PossibleValuesParser::new(Sameness::ALL.map(Sameness::name)).map(|name| {
        let same = |level: &Sameness| level.name() == name;
        Sameness::ALL.into_iter().find(same).expect("the parser let only names of levels through")
    })
}

/// Codes of causes: completed by the shell, and a slip is answered with the nearest code.
#[derive(Debug, Clone)]
struct CauseCode;

impl TypedValueParser for CauseCode {
    type Value = &'static str;

    fn parse_ref(
        &self,
        command: &clap::Command,
        _: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let typed = value.to_string_lossy();
        let codes: Vec<&'static str> = cause::all().iter().map(|cause| cause.code).collect();
        if let Some(code) = codes.iter().find(|code| **code == typed) {
            return Ok(code);
        }
        let near = nearest(&typed, &codes);
        let hint = match near.as_slice() {
            [] => String::new(),
            near => format!("; did you mean {}?", near.join(" or ")),
        };
        let message =
            format!("no cause is called `{}`{hint}\n\n`why-differ explain` lists all causes.\n", typed.escape_debug());
        Err(clap::Error::raw(clap::error::ErrorKind::InvalidValue, message).with_cmd(command))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(cause::all().iter().map(|cause| PossibleValue::new(cause.code))))
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Typed::command().debug_assert();
        let mut names: Vec<_> =
            Typed::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
        names.sort();
        let mut listed = COMMANDS.map(str::to_owned).to_vec();
        listed.sort();
        assert_eq!(names, listed);
    }

    #[test]
    fn sizes_have_units() {
        let table: [(&str, Option<u64>); 9] = [
            ("0", Some(0)),
            ("17", Some(17)),
            ("8M", Some(8 << 20)),
            ("1kib", Some(1024)),
            ("2G", Some(2 << 30)),
            ("M", None),
            ("1.5G", None),
            ("-1", None),
            ("99999999T", None),
        ];
        for (text, expected) in table {
            assert_eq!(size::<u64>(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn every_limit_has_its_option() {
        let typed = Typed::try_parse_from([
            "why-differ",
            "a",
            "b",
            "--max-document=1K",
            "--max-depth=2",
            "--max-documents=3",
            "--max-layers=4",
            "--max-layer-size=5",
            "--max-ratio=6",
            "--max-entries=7",
            "--max-extension=8",
            "--max-kept=9",
            "--max-members=10",
            "--max-sparse=11",
            "--max-evidence=12",
        ]);
        let expected = Limits {
            document: 1024,
            depth: 2,
            documents: 3,
            layers: 4,
            layer_size: 5,
            ratio: 6,
            entries: 7,
            extension: 8,
            kept: 9,
            members: 10,
            sparse: 11,
            evidence: 12,
        };
        assert_eq!(typed.map(|typed| typed.compare.limits.limits()).map_err(|error| error.to_string()), Ok(expected));
    }
}
