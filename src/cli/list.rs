//! `creel list`: bins, or the requests of one.

use clap::Args;
use serde_json::Value;

use super::bin;
use super::common::{OutputArgs, now};
use super::connection::ServerArgs;
use super::{Done, exit, render};
use crate::client::Request;

/// The arguments of `creel list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel list
  creel list orders --filter 'method:POST -sig:valid' --limit 5")]
pub(super) struct ListArgs {
    /// The bin whose requests are listed, newest first; without it, every bin
    bin: Option<String>,
    /// Only what matches, in the filter language of the console
    #[arg(short, long, value_name = "FILTER", requires = "bin")]
    filter: Option<String>,
    /// How many requests at most
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ListArgs) -> Done {
    match &args.bin {
        Some(bin) => requests(&args.server, &args.output, bin, args.filter.as_deref(), args.limit),
        None => bin::list(&args.server, &args.output).map(|()| exit::DONE),
    }
}

/// Lists requests, newest first.
pub(super) fn requests(
    server: &ServerArgs,
    output: &OutputArgs,
    bin: &str,
    filter: Option<&str>,
    limit: usize,
) -> Done {
    let found = server.run(async |client| Ok(client.requests(bin, filter, limit, None, false).await?))?;
    print(output, &found)?;
    Ok(exit::DONE)
}

pub(super) fn print(output: &OutputArgs, found: &[Value]) -> anyhow::Result<()> {
    output.many(found, |look| {
        let requests: Vec<Request> = found.iter().map(Request::of).collect();
        render::requests(&requests, now(), look)
    })
}
