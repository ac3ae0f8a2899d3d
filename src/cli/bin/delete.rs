//! `creel bin delete`.

use clap::Args;
use serde_json::json;

use crate::cli::common::OutputArgs;
use crate::cli::connection::ServerArgs;
use crate::client::bin_path;
use crate::view::plain;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel bin delete orders
  creel bin delete copies --json")]
pub(super) struct DeleteArgs {
    /// The bins, by name or id
    #[arg(value_name = "BIN", required = true)]
    bins: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &DeleteArgs) -> anyhow::Result<()> {
    args.server.run(async |client| {
        for bin in &args.bins {
            client.delete(&bin_path(bin, ""), &[]).await?;
            args.output.one(&json!({"deleted": bin}), |_| format!("{} deleted\n", plain(bin)))?;
        }
        Ok(())
    })
}
