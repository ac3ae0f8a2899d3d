//! `creel delete`: removes requests of a bin.

use clap::Args;
use serde_json::json;

use super::common::{OutputArgs, Usage, Which};
use super::connection::ServerArgs;
use super::{Done, exit};
use crate::client::bin_path;

/// The arguments of `creel delete`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel delete orders latest
  creel delete orders --filter 'sig:invalid'")]
pub(super) struct DeleteArgs {
    /// The bin
    bin: String,
    /// The requests: ids, numbers of the list, or latest
    #[arg(value_name = "ID", conflicts_with_all = ["filter", "all"])]
    ids: Vec<Which>,
    /// All that match, pinned ones too
    #[arg(short, long, value_name = "FILTER", conflicts_with = "all")]
    filter: Option<String>,
    /// Every request of the bin
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &DeleteArgs) -> Done {
    if args.ids.is_empty() && args.filter.is_none() && !args.all {
        return Err(Usage("which requests? Name them, or give --filter FILTER or --all".to_owned()).into());
    }
    let deleted = args.server.run(async |client| {
        if args.ids.is_empty() {
            let which = args.filter.as_ref().map_or(("all", "true"), |filter| ("q", filter.as_str()));
            let done = client.delete(&bin_path(&args.bin, "/requests"), &[which]).await?;
            return Ok(done["deleted"].as_u64().unwrap_or_default());
        }
        for which in &args.ids {
            client.delete(&which.path(client, &args.bin, "").await?, &[]).await?;
        }
        Ok(args.ids.len() as u64)
    })?;
    let what = if deleted == 1 { "request" } else { "requests" };
    args.output.one(&json!({"deleted": deleted}), |_| format!("{deleted} {what} deleted\n"))?;
    Ok(exit::DONE)
}
