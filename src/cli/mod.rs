//! The command line: one file per subcommand; only `output` prints.

mod bin;
mod browser;
mod catalogue;
mod check;
mod common;
mod completions;
mod config;
mod connection;
mod delete;
mod doctor;
mod environment;
mod export;
mod forward;
mod import;
mod list;
mod listening;
mod man;
mod mcp;
mod open;
mod output;
mod providers;
mod ready;
mod render;
mod replay;
mod request;
mod schemes;
mod search;
mod secret;
mod send;
mod sending;
mod serve;
mod serve_args;
mod serve_config;
mod serve_file;
mod serve_flags;
mod show;
mod sign;
mod tail;
mod verify;
mod wait;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::client::ClientError;
use crate::config::{ConfigError, FileError};
use crate::server::ServeError;
use crate::server::console::declared::DeclareError;
use common::Usage;
use serve_args::ServeArgs;

/// A local webhook inspector: catches requests exactly as sent, judges their signatures, shows them live
#[derive(Debug, Parser)]
#[command(
    name = "creel",
    version,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = "Exit codes:
  0  done, or met
  1  not met, not valid, or failed
  2  wrong usage, or refused as wrong
  3  the server cannot be reached"
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server (the same as `creel` alone)
    #[command(after_help = "Examples:
  creel serve --ephemeral --capture 127.0.0.1:0 --console 127.0.0.1:0 --json
  creel serve --db hooks.db --capture 127.0.0.1:0 --console 127.0.0.1:0 --durability full")]
    Serve(Box<ServeArgs>),
    /// Make, list, change and delete bins
    Bin(bin::BinArgs),
    /// List the bins, or the requests of one
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    /// Show one request: what came, and what it means
    Show(show::ShowArgs),
    /// Find requests of a bin
    Search(search::SearchArgs),
    /// Show requests as they arrive, or run a command for each
    Tail(tail::TailArgs),
    /// Wait until a bin has what it should have (for pipelines)
    Wait(wait::WaitArgs),
    /// Wait until the server answers
    Ready(ready::ReadyArgs),
    /// Send captured requests again, from this machine
    Replay(Box<replay::ReplayArgs>),
    /// Send on what a bin captures, from this machine
    Forward(Box<forward::ForwardArgs>),
    /// Open the console in the browser
    Open(open::OpenArgs),
    /// Add, list and remove the secrets of a bin
    Secret(secret::SecretArgs),
    /// Write requests as a command, as code or into a file
    Export(export::ExportArgs),
    /// Read an export into a bin
    Import(import::ImportArgs),
    /// Simulate a platform: send its events, whole sessions, faults
    Send(Box<send::SendArgs>),
    /// Try a receiver with everything that its platform's document asks of it
    Check(check::CheckArgs),
    /// Delete requests of a bin
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    /// Say whether a signature is right and why not (needs no server)
    Verify(verify::VerifyArgs),
    /// Sign a request (needs no server)
    Sign(Box<sign::SignArgs>),
    /// List the signature schemes (needs no server)
    Schemes(schemes::SchemesArgs),
    /// List the providers whose events are understood (needs no server)
    Providers(providers::ProvidersArgs),
    /// Show what settings hold; check and write configuration files
    Config(config::ConfigArgs),
    /// Serve a coding agent on standard input and output (Model Context Protocol)
    Mcp(mcp::McpArgs),
    /// Check for common problems
    Doctor(doctor::DoctorArgs),
    /// Print a script that completes commands in a shell
    Completions(completions::CompletionsArgs),
    /// Print manual pages
    Man(man::ManArgs),
}

/// A command's end: its exit code.
type Done = anyhow::Result<u8>;

/// The process's exit codes.
mod exit {
    pub(super) const DONE: u8 = 0;
    /// A condition is not met, a signature not valid.
    pub(super) const NOT_MET: u8 = 1;
    pub(super) const FAILED: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const UNREACHABLE: u8 = 3;
}

/// The command line's definition, for completions and manual pages.
fn definition() -> clap::Command {
    Cli::command()
}

/// The same for reading this process's command line. It has the server's flags twice; with a subcommand, those before
/// it are neither accepted nor checked.
fn definition_for_line() -> clap::Command {
    let command = definition();
    let first = std::env::args_os().nth(1);
    let is_command = first.is_some_and(|word| {
        let mut names = command.get_subcommands().flat_map(|known| known.get_name_and_visible_aliases());
        names.any(|name| word == name)
    });
    if is_command { command.mut_args(environment::without) } else { command }
}

/// Reads the command line, runs the command and returns the exit code.
#[must_use]
pub fn run() -> u8 {
    // `--no-color` also applies to errors about the command line.
    let plain = std::env::args_os().any(|argument| argument == "--no-color");
    let mut command = definition_for_line().color(if plain { ColorChoice::Never } else { ColorChoice::Auto });
    let read = command.try_get_matches_from_mut(std::env::args_os());
    let read = read.and_then(|matches| Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command)));
    let cli = match read {
        Ok(cli) => cli,
        Err(error) => {
            let error = environment::named(error, &command);
            // Help and version are output, not errors; clap chooses the stream.
            let printed = error.print();
            return match printed {
                _ if error.use_stderr() => exit::USAGE,
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    output::error(&error.into());
                    exit::FAILED
                }
                Ok(()) | Err(_) => exit::DONE,
            };
        }
    };
    let done = match &cli.command {
        None => serve::run(&cli.serve),
        Some(Command::Serve(args)) => serve::run(args),
        Some(Command::Bin(args)) => bin::run(args),
        Some(Command::List(args)) => list::run(args),
        Some(Command::Show(args)) => show::run(args),
        Some(Command::Search(args)) => search::run(args),
        Some(Command::Tail(args)) => tail::run(args),
        Some(Command::Wait(args)) => wait::run(args),
        Some(Command::Ready(args)) => ready::run(args),
        Some(Command::Replay(args)) => replay::run(args),
        Some(Command::Forward(args)) => forward::run(args),
        Some(Command::Open(args)) => open::run(args),
        Some(Command::Secret(args)) => secret::run(args),
        Some(Command::Export(args)) => export::run(args),
        Some(Command::Import(args)) => import::run(args),
        Some(Command::Send(args)) => send::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Delete(args)) => delete::run(args),
        Some(Command::Verify(args)) => verify::run(args),
        Some(Command::Sign(args)) => sign::run(args),
        Some(Command::Schemes(args)) => schemes::run(args),
        Some(Command::Providers(args)) => providers::run(args),
        Some(Command::Config(args)) => config::run(args),
        Some(Command::Mcp(args)) => mcp::run(args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Completions(args)) => completions::run(args),
        Some(Command::Man(args)) => man::run(args),
    };
    done.unwrap_or_else(|error| {
        if output::is_closed(&error) {
            return exit::DONE;
        }
        output::error(&error);
        code_of(&error)
    })
}

/// The error in a configuration file, if that is the cause.
fn file_error(error: &anyhow::Error) -> Option<&FileError> {
    match (error.downcast_ref::<ServeError>(), error.downcast_ref::<ConfigError>()) {
        (Some(ServeError::Declare(DeclareError::File(error))), _) | (_, Some(ConfigError::File(error))) => Some(error),
        _ => error.downcast_ref(),
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<ClientError>() {
        Some(error) if error.is_unreachable() => exit::UNREACHABLE,
        Some(error) if error.is_wrong() => exit::USAGE,
        None if error.is::<ConfigError>() || file_error(error).is_some() || error.is::<Usage>() => exit::USAGE,
        Some(_) | None => exit::FAILED,
    }
}
