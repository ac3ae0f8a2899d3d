//! `creel bin show`.

use clap::Args;

use crate::cli::common::{OutputArgs, now};
use crate::cli::connection::ServerArgs;
use crate::cli::render;
use crate::client::{Bin, bin_path};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel bin show orders
  creel bin show orders --json")]
pub(super) struct ShowArgs {
    /// The bin, by name or id
    bin: String,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ShowArgs) -> anyhow::Result<()> {
    let bin = args.server.run(async |client| Ok(client.get(&bin_path(&args.bin, ""), &[]).await?))?;
    args.output.one(&bin, |look| render::bin(&Bin::of(&bin), now(), look))
}
