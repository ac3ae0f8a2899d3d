//! `creel search`: finds requests of a bin.

use clap::Args;

use super::common::OutputArgs;
use super::connection::ServerArgs;
use super::{Done, list};

/// The arguments of `creel search`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel search orders hello
  creel search orders 'sig:invalid size:>1k' --json")]
pub(super) struct SearchArgs {
    /// The bin
    bin: String,
    /// What is looked for: words of path, headers and body, and fields such as `sig:invalid`
    #[arg(value_name = "FILTER", required = true)]
    filter: Vec<String>,
    /// How many requests at most
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &SearchArgs) -> Done {
    list::requests(&args.server, &args.output, &args.bin, Some(&args.filter.join(" ")), args.limit)
}
