//! `creel ready`: waits until the server answers.

use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::common::{OutputArgs, span, span_text};
use super::connection::{ServerArgs, block_on};
use super::{Done, exit, output};
use crate::client::ClientError;

/// The arguments of `creel ready`.
#[derive(Debug, Args)]
#[command(after_help = "Prints the console's URL. Exit code: 0 when the server answers, 3 when it does not in time.

Examples:
  creel ready
  creel ready --timeout 5s --json")]
pub(super) struct ReadyArgs {
    /// How long to wait: 500ms, 30s, 2m, plain seconds
    #[arg(short, long, value_name = "TIME", default_value = "30s", value_parser = span)]
    timeout: Duration,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn run(args: &ReadyArgs) -> Done {
    let began = Instant::now();
    let url = block_on(async {
        loop {
            // Searched for each time: the server may only just have written its address.
            let client = args.server.client()?;
            match client.get("/readyz", &[]).await {
                Ok(_) => return Ok(client.base().to_owned()),
                Err(error) if !error.may_pass() && !error.is_unreachable() && error.is_wrong() => {
                    return Err(error.into());
                }
                Err(error) if began.elapsed() >= args.timeout => return Err(told(error, args.timeout)),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    })?;
    let value = json!({"console_url": url});
    args.output.one(&value, |_| format!("{url}\n"))?;
    Ok(exit::DONE)
}

fn told(error: ClientError, timeout: Duration) -> anyhow::Error {
    output::note(&format!("not ready within {}", span_text(timeout)));
    error.into()
}
