//! `creel bin set`.

use clap::Args;
use serde_json::Value;

use super::settings::{SettingsArgs, with_nearest};
use crate::cli::common::{OutputArgs, Usage, now};
use crate::cli::connection::ServerArgs;
use crate::cli::{output, render};
use crate::client::{Bin, Method, bin_path};

#[derive(Debug, Args)]
#[command(after_help = "The response is replaced as a whole.

Examples:
  creel bin set orders --status 202 --body accepted
  creel bin set orders --reset provider,scheme")]
pub(super) struct SetArgs {
    /// The bin, by name or id
    bin: String,
    /// A new name
    #[arg(long)]
    name: Option<String>,
    /// Settings that go back to their defaults (repeatable): provider, scheme, response, limits…
    #[arg(long, value_name = "SETTING", value_delimiter = ',')]
    reset: Vec<String>,
    #[command(flatten)]
    settings: SettingsArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &SetArgs) -> anyhow::Result<()> {
    let mut settings = args.settings.settings()?;
    for name in &args.reset {
        if settings.insert(name.clone(), Value::Null).is_some() {
            return Err(Usage(format!("--reset {name}: it is set as well; do one or the other")).into());
        }
    }
    settings.extend(args.name.clone().map(|name| ("name".to_owned(), name.into())));
    if settings.is_empty() {
        return Err(Usage("nothing is to be set: name a setting, such as --status 202".to_owned()).into());
    }
    let (path, settings) = (bin_path(&args.bin, ""), Value::Object(settings));
    let bin =
        args.server.run(async |client| client.send(Method::PATCH, &path, &settings).await.map_err(with_nearest))?;
    let read = Bin::of(&bin);
    if let Some(declared) = read.declared.as_ref().filter(|declared| declared.current) {
        let is_set = |field: &&String| settings.get(field.as_str()).is_some();
        let fields: Vec<&str> = declared.fields.iter().filter(is_set).map(String::as_str).collect();
        if !fields.is_empty() {
            let fields = fields.join(", ");
            output::note(&format!("a configuration file sets {fields}: it has the last word when it is read again"));
        }
    }
    args.output.one(&bin, |look| render::bin(&read, now(), look))
}
