//! `creel bin create`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;

use super::settings::{SettingsArgs, with_nearest};
use crate::cli::common::{OutputArgs, Usage, read};
use crate::cli::connection::ServerArgs;
use crate::client::{Bin, Method, bin_path};
use crate::view::plain;

#[derive(Debug, Args)]
#[command(after_help = "Prints the URL to hand out, and nothing else, so that a script can use it.
--status 500,500,200 answers with one after the other.

Examples:
  creel bin create invoices --provider stripe --status 500,500,200
  URL=$(creel bin create copies --get --from bin.json)")]
pub(super) struct CreateArgs {
    /// A name to use in place of the id
    name: Option<String>,
    /// A bin of that name that is there already will do; it keeps its settings
    #[arg(long, requires = "name")]
    get: bool,
    /// The environment variable that has a secret of the sender (repeatable)
    #[arg(long, value_name = "NAME")]
    secret_env: Vec<String>,
    /// The file that has a secret of the sender, - for standard input (repeatable)
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &CreateArgs) -> anyhow::Result<()> {
    let mut settings = args.settings.settings()?;
    let mut secrets: Vec<Value> = Vec::new();
    for name in &args.secret_env {
        let value = std::env::var(name).map_err(|_| Usage(format!("--secret-env {name}: the variable is not set")))?;
        secrets.push(serde_json::json!({"label": name, "value": value}));
    }
    for file in &args.secret_file {
        let text = String::from_utf8(read(file)?).map_err(|_| Usage("the secret is no UTF-8 text".to_owned()))?;
        let line = text.strip_suffix('\n').unwrap_or(&text);
        secrets.push(serde_json::json!({"value": line.strip_suffix('\r').unwrap_or(line)}));
    }
    if !secrets.is_empty() {
        settings.insert("secrets".to_owned(), secrets.into());
    }
    if let Some(name) = args.name.as_ref().filter(|_| !args.get) {
        settings.insert("name".to_owned(), name.clone().into());
    }
    let settings = Value::Object(settings);
    let made = args.server.run(async |client| {
        let made = match &args.name {
            Some(name) if args.get => client.send(Method::PUT, &bin_path(name, ""), &settings).await,
            _ => client.send(Method::POST, "/api/v1/bins", &settings).await,
        };
        made.map_err(with_nearest)
    })?;
    let bin = Bin::of(&made);
    args.output.one(&made, |_| format!("{}\n", plain(bin.public_url.as_ref().unwrap_or(&bin.capture_url))))
}
