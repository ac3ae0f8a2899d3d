//! `creel tail`: requests as they arrive.

use std::io::Write as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::Value;
use tokio::sync::mpsc;

use super::common::{OutputArgs, Usage, now};
use super::connection::ServerArgs;
use super::listening::{read_on, request_in};
use super::{Done, exit, output, render};
use crate::client::{Client, ClientError, Follow, Live, Request, bin_path, segment};
use crate::model::Seq;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Since {
    Now,
    Cursor(Seq),
}

/// Reads `now`, `start` or a cursor.
pub(super) fn since(text: &str) -> Result<Since, String> {
    match text {
        "now" => Ok(Since::Now),
        "start" => Ok(Since::Cursor(0)),
        _ => text.parse().map(Since::Cursor).map_err(|_| "give now, start, or a number of the list".to_owned()),
    }
}

/// What a command is given of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Given {
    /// Everything, as one line of JSON
    Json,
    /// The body's bytes
    Body,
    /// The bytes of head and body
    Raw,
}

/// The arguments of `creel tail`.
#[derive(Debug, Args)]
#[command(after_help = "With --exec the command is run by sh for one request after the other, with the request on
standard input and CREEL_BIN, CREEL_ID and CREEL_SEQ in its environment: nothing that a sender
wrote. A command that fails or takes too long is told.

Examples:
  creel tail orders --since start --count 2
  creel tail orders --since start --count 1 --exec 'jq -r .method'")]
pub(super) struct TailArgs {
    /// The bin
    bin: String,
    /// Only what matches, in the filter language of the console
    #[arg(short, long, value_name = "FILTER")]
    filter: Option<String>,
    /// Print each request in full
    #[arg(long, conflicts_with = "json")]
    full: bool,
    /// Where to begin: now, start, or after this number of the list
    #[arg(long, value_name = "CURSOR", default_value = "now", value_parser = since)]
    since: Since,
    /// End after this many requests
    #[arg(short = 'n', long, value_name = "COUNT")]
    count: Option<u64>,
    /// Run a command for each request, in place of printing it
    #[arg(long, value_name = "CMD", conflicts_with_all = ["full", "json"])]
    exec: Option<String>,
    /// How long the command may take for a request; then it is ended
    #[arg(long, value_name = "SECONDS", default_value_t = 60, requires = "exec", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    exec_timeout: u32,
    /// What the command is given on standard input
    #[arg(long, value_enum, default_value = "json", requires = "exec")]
    stdin: Given,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// How often a running command is checked for its end.
const LOOK: Duration = Duration::from_millis(5);
/// Messages that wait for a slow command; more wait at the server, which tells what was missed.
const WAITING: usize = 1_000;

pub(super) fn run(args: &TailArgs) -> Done {
    if args.count == Some(0) {
        return Err(Usage("--count 0: give at least 1".to_owned()).into());
    }
    args.server.run(async |client| {
        let after = match args.since {
            Since::Now => None,
            Since::Cursor(seq) => Some(seq),
        };
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let reading = read_on(Follow::new(client, &args.bin, args.filter.as_deref(), after), sender);
        let telling = async {
            let mut left = args.count.unwrap_or(u64::MAX);
            while left > 0
                && let Some(live) = receiver.recv().await
            {
                if take(client, args, live?).await? {
                    left -= 1;
                }
            }
            Ok(exit::DONE)
        };
        tokio::select! { () = reading => Ok(exit::DONE), done = telling => done }
    })
}

/// Handles one message of the stream; returns whether it was a request.
async fn take(client: &Client, args: &TailArgs, live: Live) -> anyhow::Result<bool> {
    let Some(summary) = request_in(live, &args.bin)? else { return Ok(false) };
    let request = Request::of(&summary);
    if let Some(command) = &args.exec {
        run_command(client, args, command, &request).await?;
    } else if args.full {
        // The request may be deleted by now: print its summary then.
        let value = whole(client, &args.bin, &request.id).await?.unwrap_or_else(|| summary.clone());
        output::data(&format!("{}\n", render::full(&Request::of(&value), now(), args.output.look())))?;
    } else {
        args.output.one(&summary, |look| render::live_line(&request, now(), look))?;
    }
    Ok(true)
}

async fn whole(client: &Client, bin: &str, id: &str) -> Result<Option<Value>, ClientError> {
    match client.get(&request_path(bin, id, ""), &[]).await {
        Ok(value) => Ok(Some(value)),
        Err(ClientError::Refused { status: 404, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn request_path(bin: &str, id: &str, rest: &str) -> String {
    bin_path(bin, &format!("/requests/{}{rest}", segment(id)))
}

async fn run_command(client: &Client, args: &TailArgs, command: &str, request: &Request) -> anyhow::Result<()> {
    let mut input = Vec::new();
    let gone = match args.stdin {
        Given::Json => match whole(client, &args.bin, &request.id).await? {
            Some(value) => {
                input = format!("{value}\n").into_bytes();
                false
            }
            None => true,
        },
        Given::Body | Given::Raw => {
            let part = if args.stdin == Given::Body { "/body" } else { "/raw" };
            let keep = |piece: &[u8]| {
                input.extend_from_slice(piece);
                Ok(())
            };
            match client.copy(&request_path(&args.bin, &request.id, part), &[], keep).await {
                Ok(()) => false,
                Err(ClientError::Refused { status: 404, .. }) => true,
                Err(error) => return Err(error.into()),
            }
        }
    };
    if gone {
        output::note(&format!("request {} is gone already; the command is not run for it", request.seq));
        return Ok(());
    }
    let mut process = Command::new("sh");
    process.arg("-c").arg(command).stdin(Stdio::piped());
    process.env("CREEL_BIN", &args.bin).env("CREEL_ID", &request.id).env("CREEL_SEQ", request.seq.to_string());
    let limit = Duration::from_secs(args.exec_timeout.into());
    let status = tokio::task::spawn_blocking(move || {
        let mut child = process.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // On a separate thread: a command need not read all its input.
            std::thread::spawn(move || stdin.write_all(&input));
        }
        end_within(&mut child, limit)
    })
    .await??;
    match status {
        Some(status) if status.success() => {}
        Some(status) => output::note(&format!("the command ended with {status} for request {}", request.seq)),
        None => output::note(&format!(
            "the command took more than {} s for request {} and was ended; --exec-timeout allows more",
            args.exec_timeout, request.seq
        )),
    }
    Ok(())
}

/// Waits for a command's end; `None` when it took too long and was killed.
fn end_within(child: &mut Child, limit: Duration) -> std::io::Result<Option<ExitStatus>> {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if begun.elapsed() >= limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        std::thread::sleep(LOOK);
    }
}
