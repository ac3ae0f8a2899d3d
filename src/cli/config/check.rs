//! `creel config check`.

use std::path::{Path, PathBuf};

use clap::{Args, Command, FromArgMatches as _};
use serde_json::json;

use crate::cli::common::OutputArgs;
use crate::cli::serve::ServeArgs;
use crate::cli::{Done, exit, serve_file};
use crate::config::{self, FILE_NAME};
use crate::provider;
use crate::server::console::declared;

/// The arguments of `creel config check`.
#[derive(Debug, Args)]
#[command(after_help = "Starts nothing. Exit code: 0 when all of the file is right, 2 when not, with line and column.

Examples:
  creel config check
  creel config check creel.toml --json")]
pub(super) struct CheckArgs {
    /// The file
    #[arg(value_name = "FILE", default_value = FILE_NAME)]
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &CheckArgs) -> Done {
    check(&args.file)?;
    let value = json!({"file": args.file.display().to_string(), "valid": true});
    args.output.one(&value, |_| format!("{} is right\n", args.file.display()))?;
    Ok(exit::DONE)
}

/// Everything of a file that can be known without a server.
fn check(path: &Path) -> anyhow::Result<()> {
    let (file, _) = serve_file::load(Some(path))?;
    let Some(file) = file else { return Ok(()) };
    let command = ServeArgs::augment_args(Command::new("creel").no_binary_name(true));
    let given = ServeArgs::from_arg_matches(&command.try_get_matches_from(Vec::<String>::new())?)?;
    let matches = serve_file::alone(Some(&file), &given)?.try_get_matches_from(Vec::<String>::new())?;
    let args = ServeArgs::from_arg_matches(&matches)?;
    let catalogue = config::catalogue(args.schemes.as_deref(), Some(&file))?;
    provider::declare(file.providers.clone());
    declared::check(&file, &catalogue)?;
    Ok(())
}
