//! The command line: what was typed, what it means, and doing it.
//!
//! The only place that knows the terminal, the environment and the exit codes.

mod args;
mod bundle;
mod call;
mod check;
mod files;
mod progress;
mod report;
mod run;

use clap::Parser as _;

pub use call::Call;
pub use run::{Exit, run};

/// The call that the process was started with.
///
/// # Errors
/// When the command line is not understood, or asks for help or the version.
pub fn parse() -> Result<Call, clap::Error> {
    args::Typed::try_parse()?.call()
}
