//! `creel import`: an export becomes requests of a bin again.

use std::path::PathBuf;

use clap::Args;

use super::common::{OutputArgs, Usage};
use super::connection::ServerArgs;
use super::{Done, exit, output};
use crate::config::files;

/// The arguments of `creel import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  creel import copies orders.jsonl
  creel export orders --secrets | creel import copies -")]
pub(super) struct ImportArgs {
    /// The bin
    bin: String,
    /// JSON lines of an export, or an HTTP archive (HAR); - for standard input
    file: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ImportArgs) -> Done {
    let done = args.server.run(async |client| {
        if args.file.as_os_str() == "-" {
            let bar = output::progress("importing", None);
            let done = client.import(&args.bin, std::io::stdin(), move |sent| bar.set_position(sent)).await?;
            return Ok(done);
        }
        let failed = |error: std::io::Error| Usage(format!("{}: {error}", args.file.display()));
        let file = files::open(&args.file).map_err(failed)?;
        let bar = output::progress("importing", file.length());
        Ok(client.import(&args.bin, file, move |sent| bar.set_position(sent)).await?)
    })?;
    args.output.one(&done, |_| {
        let count = |name: &str| done[name].as_u64().unwrap_or_default();
        let redacted = match count("redacted") {
            0 => String::new(),
            some => format!("; {some} of them without credentials and signatures: their verdicts say little"),
        };
        format!("{} imported{redacted}\n", count("imported"))
    })?;
    Ok(exit::DONE)
}
