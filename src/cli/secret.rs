//! `creel secret`: the secrets of a bin. Their text is never printed, except once for a generated secret.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{OutputArgs, Usage, read};
use super::connection::ServerArgs;
use super::render::{Align, Cell, Column, Table};
use super::{Done, exit};
use crate::client::{Bin, Method, bin_path};

/// The arguments of `creel secret`.
#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    #[command(subcommand)]
    command: SecretCommand,
}

#[derive(Debug, Subcommand)]
enum SecretCommand {
    /// Add a secret to a bin; its requests are verified again
    Add(AddArgs),
    /// List the secrets of a bin: labels, last characters, lengths
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Remove a secret
    #[command(visible_alias = "rm")]
    Delete(DeleteArgs),
}

/// A secret, however it is given.
#[derive(Debug, Args)]
pub(super) struct SecretSource {
    /// The secret; others on this machine may see it while the command runs
    #[arg(long, value_name = "SECRET", allow_hyphen_values = true, group = "source", hide_env_values = true)]
    value: Option<String>,
    /// The environment variable that has it
    #[arg(long, value_name = "NAME", group = "source")]
    env: Option<String>,
    /// The file that has it, - for standard input; one line end at its end does not count
    #[arg(long, value_name = "FILE", group = "source")]
    file: Option<PathBuf>,
}

impl SecretSource {
    fn text(&self) -> anyhow::Result<String> {
        if let Some(value) = &self.value {
            return Ok(value.clone());
        }
        if let Some(name) = &self.env {
            return std::env::var(name).map_err(|_| Usage(format!("--env {name}: the variable is not set")).into());
        }
        let file = self.file.clone().unwrap_or_else(|| PathBuf::from("-"));
        let text = String::from_utf8(read(&file)?).map_err(|_| Usage("the secret is no UTF-8 text".to_owned()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Without --value, --env, --file or --generate the secret is read from standard input.

Examples:
  printf %s whsec-one | creel secret add orders --label staging
  WEBHOOK_SECRET=whsec-two creel secret add orders --env WEBHOOK_SECRET
  creel secret add orders --generate")]
struct AddArgs {
    /// The bin
    bin: String,
    /// What you call it
    #[arg(long)]
    label: Option<String>,
    /// Have the server make one; it is shown once, to be pasted at the platform
    #[arg(long, conflicts_with = "source")]
    generate: bool,
    #[command(flatten)]
    source: SecretSource,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel secret list orders
  creel secret list orders --json")]
struct ListArgs {
    /// The bin
    bin: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel secret delete orders 1
  creel secret delete orders --all")]
struct DeleteArgs {
    /// The bin
    bin: String,
    /// The secret's number in the list
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    number: Option<i64>,
    /// Every secret of the bin
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

const COLUMNS: &[Column] = &[
    Column { title: "NUMBER", align: Align::Right, least: None, rank: 0 },
    Column { title: "LABEL", align: Align::Left, least: Some(8), rank: 0 },
    Column { title: "ENDS IN", align: Align::Left, least: None, rank: 2 },
    Column { title: "LENGTH", align: Align::Right, least: None, rank: 1 },
];

pub(super) fn run(args: &SecretArgs) -> Done {
    match &args.command {
        SecretCommand::Add(args) => add(args)?,
        SecretCommand::List(args) => list(args)?,
        SecretCommand::Delete(args) => delete(args)?,
    }
    Ok(exit::DONE)
}

fn add(args: &AddArgs) -> anyhow::Result<()> {
    let mut input = if args.generate { json!({"generate": true}) } else { json!({"value": args.source.text()?}) };
    if let Some(label) = &args.label {
        input["label"] = label.clone().into();
    }
    let path = bin_path(&args.bin, "/secrets");
    let added = args.server.run(async |client| Ok(client.send(Method::POST, &path, &input).await?))?;
    let label = added["label"].as_str().unwrap_or_default();
    args.output.one(&added, |_| {
        let made = added["value"].as_str().map(|value| format!("{value}\n")).unwrap_or_default();
        format!("{} added; the bin's requests are verified again\n{made}", crate::view::plain(label))
    })
}

fn list(args: &ListArgs) -> anyhow::Result<()> {
    let path = bin_path(&args.bin, "/secrets");
    let found = args.server.run(async |client| Ok(client.get(&path, &[]).await?))?;
    let secrets = found["secrets"].as_array().cloned().unwrap_or_default();
    args.output.many(&secrets, |look| {
        let bin = Bin::of(&json!({"secrets": secrets}));
        let row = |secret: &crate::client::Secret| -> Vec<Cell> {
            let (id, length) = (secret.id.to_string(), secret.length.to_string());
            vec![id.into(), secret.label.as_str().into(), secret.hint.as_str().into(), length.into()]
        };
        Table::new(COLUMNS, look).all(&bin.secrets.iter().map(row).collect::<Vec<_>>())
    })
}

fn delete(args: &DeleteArgs) -> anyhow::Result<()> {
    let rest = args.number.map_or_else(|| "/secrets".to_owned(), |number| format!("/secrets/{number}"));
    args.server.run(async |client| Ok(client.delete(&bin_path(&args.bin, &rest), &[]).await?))?;
    let what = args.number.map_or_else(|| "every secret".to_owned(), |number| format!("secret {number}"));
    args.output.one(&Value::from(serde_json::Map::from_iter([("deleted".to_owned(), what.clone().into())])), |_| {
        format!("{what} deleted\n")
    })
}
