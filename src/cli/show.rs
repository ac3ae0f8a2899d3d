//! `creel show`: one request, from a server or from a database file.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::common::{OutputArgs, Usage, Which, now};
use super::connection::ServerArgs;
use super::{Done, exit, output, render};
use crate::client::Request;
use crate::model::CapturedRequest;
use crate::shapes::RequestShape;
use crate::store::{ReadOnly, RequestRef};

/// The arguments of `creel show`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag on the command line is a bool")]
#[command(after_help = "Examples:
  creel show orders latest
  creel show orders latest --body > body.json")]
pub(super) struct ShowArgs {
    /// The bin; with --db it may be left out when there is only one
    #[arg(required_unless_present = "db")]
    bin: Option<String>,
    /// The request: its id, its number in the list, or latest
    #[arg(value_name = "ID", default_value = "latest")]
    id: Which,
    /// Print the exact bytes of the body
    #[arg(long, group = "part")]
    body: bool,
    /// Print the exact bytes of the head
    #[arg(long, group = "part")]
    head: bool,
    /// Print the exact bytes of head and body
    #[arg(long, group = "part")]
    raw: bool,
    /// Explain the signature's verdict
    #[arg(long, group = "part", conflicts_with = "db")]
    signature: bool,
    /// Read this database file, without a server; nothing is written
    #[arg(long, value_name = "FILE", conflicts_with_all = ["server", "token"])]
    db: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ShowArgs) -> Done {
    match (&args.db, &args.bin) {
        (Some(file), bin) => from_file(args, file, bin.as_deref())?,
        (None, Some(bin)) => from_server(args, bin)?,
        (None, None) => {}
    }
    Ok(exit::DONE)
}

fn from_server(args: &ShowArgs, bin: &str) -> anyhow::Result<()> {
    let exact = [(args.body, "/body"), (args.head, "/head"), (args.raw, "/raw")];
    args.server.run(async |client| {
        if let Some((_, part)) = exact.iter().find(|(wanted, _)| *wanted) {
            let path = args.id.path(client, bin, part).await?;
            let mut exact = output::Exact::new();
            client.copy(&path, &[], |piece| exact.take(piece)).await?;
            return Ok(exact.finish()?);
        }
        let part = if args.signature { "/signature" } else { "" };
        let value = client.get(&args.id.path(client, bin, part).await?, &[]).await?;
        if args.signature {
            return args.output.one(&value, |look| render::explained(&value, true, look));
        }
        show(args, &value)
    })
}

fn show(args: &ShowArgs, value: &Value) -> anyhow::Result<()> {
    args.output.one(value, |look| render::full(&Request::of(value), now(), look))
}

fn from_file(args: &ShowArgs, file: &Path, bin: Option<&str>) -> anyhow::Result<()> {
    let database = ReadOnly::open(file)?;
    let bins = database.bins();
    let names = || bins.iter().map(|bin| bin.bin.handle()).collect::<Vec<_>>().join(", ");
    let usage = |text: String| anyhow::Error::from(Usage(text));
    let (bin, id) = match bin {
        Some(name) => match database.bin(name) {
            Some(bin) => (bin, args.id.clone()),
            None => return Err(usage(format!("{} has no bin '{name}'; it has {}", file.display(), names()))),
        },
        None => match bins.as_slice() {
            [only] => (only.clone(), args.id.clone()),
            [] => return Err(usage(format!("{} has no bin", file.display()))),
            _ => return Err(usage(format!("{} has several bins: name one of {}", file.display(), names()))),
        },
    };
    let missing = || usage(format!("'{}' has no such request", bin.bin.handle()));
    let which = match &id {
        Which::Id(text) if text == "latest" => RequestRef::Latest,
        Which::Id(text) => RequestRef::Id(text.parse().map_err(|_| missing())?),
        Which::Seq(seq) => RequestRef::Id(database.id_at(bin.bin.id, *seq).map_err(|_| missing())?),
    };
    let captured = database.request(bin.bin.id, which).map_err(|error| match error {
        crate::store::StoreError::NotFound(_) => missing(),
        other => other.into(),
    })?;
    print(args, &captured)
}

fn print(args: &ShowArgs, captured: &CapturedRequest) -> anyhow::Result<()> {
    let bytes = match (args.body, args.head, args.raw) {
        (true, _, _) => captured.body.to_vec(),
        (_, true, _) => captured.head.raw().to_vec(),
        (_, _, true) => [&captured.head.raw()[..], &captured.body[..]].concat(),
        _ => return show(args, &serde_json::to_value(RequestShape::new(captured, None))?),
    };
    Ok(output::exact(&bytes)?)
}
