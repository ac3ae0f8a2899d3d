//! The command line: one file per subcommand; only `output` prints.

mod output;
mod serve;

use clap::{Parser, Subcommand};

use serve::ServeArgs;

/// A local webhook inspector: catches requests exactly as sent, judges their signatures, shows them live
#[derive(Debug, Parser)]
#[command(name = "creel", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the same as `creel` alone)
    Serve(ServeArgs),
}

/// The process's exit codes.
mod exit {
    pub(super) const DONE: u8 = 0;
    pub(super) const FAILED: u8 = 1;
    pub(super) const USAGE: u8 = 2;
}

/// Reads the command line, does what it says, and answers with the exit code.
#[must_use]
pub fn run() -> u8 {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are answers, not errors; clap knows which goes where.
            let code = if error.use_stderr() { exit::USAGE } else { exit::DONE };
            let _ = error.print();
            return code;
        }
    };
    let done = match cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(&args),
    };
    match done {
        Ok(()) => exit::DONE,
        Err(error) => {
            output::error(&error);
            if error.is::<crate::config::ConfigError>() { exit::USAGE } else { exit::FAILED }
        }
    }
}
