//! `creel config`: the effective settings and their sources; configuration files.

mod check;
mod export;
mod schema;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Done;
use super::common::OutputArgs;

/// The arguments of `creel config`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ConfigArgs {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
    #[command(flatten)]
    show: ShowArgs,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show each setting of `creel serve` that holds, and where it is from
    #[command(after_help = "Examples:
  creel config show
  creel config show --config creel.toml --json")]
    Show(ShowArgs),
    /// Check a configuration file, for pipelines
    Check(check::CheckArgs),
    /// Print the JSON Schema of the file, with which editors complete it
    Schema(schema::SchemaArgs),
    /// Write a configuration file from the bins that are there
    Export(export::ExportArgs),
}

/// The arguments of `creel config show`.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// Configuration file [default: creel.toml in the working directory, if it is yours alone]
    #[arg(long, env = "CREEL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &ConfigArgs) -> Done {
    match &args.command {
        None => show::run(&args.show),
        Some(ConfigCommand::Show(args)) => show::run(args),
        Some(ConfigCommand::Check(args)) => check::run(args),
        Some(ConfigCommand::Schema(args)) => schema::run(args),
        Some(ConfigCommand::Export(args)) => export::run(args),
    }
}
