//! `creel bin list`.

use clap::Args;

use crate::cli::common::{OutputArgs, now};
use crate::cli::connection::ServerArgs;
use crate::cli::render;
use crate::client::Bin;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel bin list
  creel bin list --json")]
pub(super) struct ListArgs {
    #[command(flatten)]
    pub(super) output: OutputArgs,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

pub(in crate::cli) fn list(server: &ServerArgs, output: &OutputArgs) -> anyhow::Result<()> {
    let found = server.run(async |client| Ok(client.get("/api/v1/bins", &[]).await?))?;
    let bins = found["bins"].as_array().cloned().unwrap_or_default();
    output.many(&bins, |look| render::bins(&bins.iter().map(Bin::of).collect::<Vec<_>>(), now(), look))
}
