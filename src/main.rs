//! The program: parse, run, exit code.

use std::process::ExitCode;

mod cli;

fn main() -> ExitCode {
    match cli::parse() {
        Ok(call) => ExitCode::from(cli::run(call) as u8),
        Err(error) => {
            // Help and the version are asked for and go to stdout; a reader who left is no trouble.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { cli::Exit::Trouble } else { cli::Exit::Same } as u8)
        }
    }
}
