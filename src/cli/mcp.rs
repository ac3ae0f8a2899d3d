//! `creel mcp`: Creel's tools for a coding agent.

use std::sync::Arc;

use clap::Args;

use super::connection::{ServerArgs, block_on};
use super::{Done, exit, output};
use crate::client::ClientError;
use crate::mcp::{Agent, Options, SKILL, serve_stdio};

/// The arguments of `creel mcp`.
#[derive(Debug, Args)]
#[command(
    after_help = "The console serves the same at /mcp as streamable HTTP; there, /mcp?read-only and /mcp?show-credentials stand for the flags.

Examples:
  creel mcp --skill > SKILL.md
  creel mcp --read-only < /dev/null"
)]
pub(super) struct McpArgs {
    /// Leave out everything that changes or sends
    #[arg(long)]
    read_only: bool,
    /// Show Authorization, cookies and tokens of captured requests; secrets are never shown
    #[arg(long)]
    show_credentials: bool,
    /// Print a SKILL.md that tells an agent how to use the tools
    #[arg(long, conflicts_with_all = ["read_only", "show_credentials"])]
    skill: bool,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &McpArgs) -> Done {
    if args.skill {
        output::data(SKILL)?;
        return Ok(exit::DONE);
    }
    // Checked once at the start, where the user may read the error.
    args.server.client()?;
    let server = args.server.clone();
    let options = Options { read_only: args.read_only, show_credentials: args.show_credentials };
    let connect = move || {
        let local = |error: anyhow::Error| ClientError::Local(std::io::Error::other(format!("{error:#}")));
        server.client().map_err(|error| error.downcast().unwrap_or_else(local))
    };
    let agent = Agent::new(Arc::new(connect), options);
    block_on(async { Ok(serve_stdio(agent).await?) })?;
    Ok(exit::DONE)
}
