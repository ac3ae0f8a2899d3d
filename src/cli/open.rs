//! `creel open`: the console in the browser.

use clap::Args;
use serde_json::json;

use super::common::OutputArgs;
use super::connection::ServerArgs;
use super::{Done, browser, exit};
use crate::client::{Bin, bin_path};

/// The arguments of `creel open`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel open orders
  creel open --print")]
pub(super) struct OpenArgs {
    /// The bin; without it, the console's first page
    bin: Option<String>,
    /// Only print the URL
    #[arg(long)]
    print: bool,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &OpenArgs) -> Done {
    let url = args.server.run(async |client| {
        let Some(bin) = &args.bin else {
            client.get("/readyz", &[]).await?;
            return Ok(format!("{}/", client.base()));
        };
        // The address by which this machine reaches the server, whatever URL the server states.
        let found = Bin::of(&client.get(&bin_path(bin, ""), &[]).await?);
        Ok(format!("{}/bins/{}", client.base(), found.handle()))
    })?;
    args.output.one(&json!({"url": url}), |_| format!("{url}\n"))?;
    if !args.print {
        browser::show(&url);
    }
    Ok(exit::DONE)
}
