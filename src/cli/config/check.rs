//! `creel config check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::common::{OutputArgs, Usage};
use crate::cli::{Done, exit, file_error, output, serve_file};
use crate::config::FILE_NAME;

/// The arguments of `creel config check`.
#[derive(Debug, Args)]
#[command(after_help = "Starts nothing. Exit code: 0 when all of the file is right, 2 when not, with line and column.
A file that is not named is checked against the rules of a file that is found, too.
With --json the mistake is an object with file, line, column, field and message.

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
    let checked = checked(args);
    if args.output.json
        && let Some(error) = checked.as_ref().err().and_then(file_error)
    {
        let mut value = json!({
            "file": error.path.display().to_string(),
            "valid": false,
            "line": error.line,
            "column": error.column,
            "message": error.sentence,
        });
        value["field"] = if error.field.is_empty() { Value::Null } else { error.field.as_str().into() };
        output::json(&format!("{value}\n"))?;
    }
    let shown = checked?;
    let value = json!({"file": shown, "valid": true});
    args.output.one(&value, |_| format!("{shown} is right\n"))?;
    Ok(exit::DONE)
}

/// Checks the file and returns its path.
fn checked(args: &CheckArgs) -> anyhow::Result<String> {
    let file = match serve_file::load(args.file.as_deref())? {
        (Some(file), _) => file,
        (None, Some(why)) => return Err(Usage(why).into()),
        (None, None) => return Err(Usage(format!("there is no {FILE_NAME} here; name the file")).into()),
    };
    serve_file::check(&file)?;
    Ok(file.text.path().display().to_string())
}
