//! `creel config check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::cli::common::{OutputArgs, Usage};
use crate::cli::{Done, exit, serve_file};
use crate::config::FILE_NAME;

/// The arguments of `creel config check`.
#[derive(Debug, Args)]
#[command(after_help = "Starts nothing. Exit code: 0 when all of the file is right, 2 when not, with line and column.
A file that is not named is held against the rules of a file that is found, too.

Examples:
  creel config check
  creel config check creel.toml --json")]
pub(super) struct CheckArgs {
    /// The file [default: creel.toml in the working directory]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
}

pub(super) fn run(args: &CheckArgs) -> Done {
    let file = match serve_file::load(args.file.as_deref())? {
        (Some(file), _) => file,
        (None, Some(why)) => return Err(Usage(why).into()),
        (None, None) => return Err(Usage(format!("there is no {FILE_NAME} here; name the file")).into()),
    };
    serve_file::check(&file)?;
    let shown = file.text.path().display().to_string();
    let value = json!({"file": shown, "valid": true});
    args.output.one(&value, |_| format!("{shown} is right\n"))?;
    Ok(exit::DONE)
}
