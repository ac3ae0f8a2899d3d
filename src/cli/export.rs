//! `creel export`: a request as a command or code, a bin as a file.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::common::{Usage, Which};
use super::connection::ServerArgs;
use super::{Done, exit, output};
use crate::client::bin_path;
use crate::export::{ManyExporter, SingleExporter};

/// The arguments of `creel export`.
#[derive(Debug, Args)]
#[command(after_help = "Credentials, cookies and signatures are left out unless --secrets is given.

Examples:
  creel export orders --as har --output orders.har
  creel export orders latest --as curl")]
pub(super) struct ExportArgs {
    /// The bin
    bin: String,
    /// One request: its id, its number in the list, or latest; without it, the whole bin
    id: Option<Which>,
    /// The form: jsonl (can be imported again), har or csv for a bin; curl and others for one request
    #[arg(long = "as", value_name = "FORM", value_parser = PossibleValuesParser::new(forms()))]
    form: Option<String>,
    /// Only what matches, in the filter language of the console
    #[arg(short, long, value_name = "FILTER", conflicts_with = "id")]
    filter: Option<String>,
    /// Leave credentials, cookies and signatures in
    #[arg(long)]
    secrets: bool,
    /// Send to this URL rather than to the one that was called
    #[arg(long, value_name = "URL", requires = "id")]
    url: Option<String>,
    /// Write to this file
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
}

/// Every form, each once.
fn forms() -> Vec<&'static str> {
    let mut forms: Vec<&str> = ManyExporter::all().map(ManyExporter::id).collect();
    forms.extend(
        SingleExporter::all().map(SingleExporter::id).filter(|id| !ManyExporter::all().any(|many| many.id() == *id)),
    );
    forms
}

pub(super) fn run(args: &ExportArgs) -> Done {
    let (known, usual): (Vec<&str>, &str) = if args.id.is_some() {
        (SingleExporter::all().map(SingleExporter::id).collect(), "curl")
    } else {
        (ManyExporter::all().map(ManyExporter::id).collect(), "jsonl")
    };
    let form = args.form.as_deref().unwrap_or(usual);
    if !known.contains(&form) {
        let what = if args.id.is_some() { "one request" } else { "a bin" };
        return Err(Usage(format!("--as {form}: {what} is exported as {}", known.join(", "))).into());
    }
    let mut query = vec![("as", form)];
    query.extend(args.filter.as_deref().map(|filter| ("q", filter)));
    query.extend(args.url.as_deref().map(|url| ("url", url)));
    if args.secrets {
        query.push(("secrets", "true"));
    }
    args.server.run(async |client| {
        let path = match &args.id {
            Some(id) => id.path(client, &args.bin, "/export").await?,
            None => bin_path(&args.bin, "/export"),
        };
        let Some(file) = &args.output else {
            // Escaped JSON reads back the same; a file gets the exact bytes.
            let is_json = matches!(form, "jsonl" | "har");
            let mut exact = if is_json { output::Exact::json() } else { output::Exact::new() };
            client.copy(&path, &query, |piece| exact.take(piece)).await?;
            return Ok(exact.finish()?);
        };
        let failed = |error: std::io::Error| Usage(format!("--output {}: {error}", file.display()));
        // Created with the first bytes: a failed export leaves no empty file and does not touch an older one.
        let (mut target, mut cannot) = (None, None);
        let bar = output::progress("exporting", None);
        let mut write = |piece: &[u8]| {
            let target = match &mut target {
                Some(target) => target,
                none => none.insert(std::fs::File::create(file)?),
            };
            bar.inc(piece.len() as u64);
            target.write_all(piece)
        };
        let take = |piece: &[u8]| {
            write(piece).map_err(|error| {
                let kind = error.kind();
                cannot = Some(failed(error));
                std::io::Error::from(kind)
            })
        };
        let copied = client.copy(&path, &query, take).await;
        bar.finish_and_clear();
        // The file's error says more than the error of the copying.
        if let Some(cannot) = cannot {
            return Err(cannot.into());
        }
        copied?;
        if target.is_none() {
            std::fs::File::create(file).map_err(failed)?;
        }
        output::note(&format!("{} bytes written to {}", bar.position(), file.display()));
        Ok(())
    })?;
    Ok(exit::DONE)
}
