//! `creel replay`: sends captured requests again, from this machine.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::catalogue::CatalogueArgs;
use super::common::{OutputArgs, Usage, Which, read, span};
use super::connection::ServerArgs;
use super::sending::{Changed, TargetArgs, as_json, as_line, edit, fetch, report, target};
use super::{Done, exit, output};
use crate::client::{bin_path, segment};
use crate::deliver::engine::TargetUrl;
use crate::deliver::{MAX_SPACING, Plan, Resign, ResignSecret, Spacing};
use crate::model::{CapturedRequest, Origin, SecretValue, Why};

/// The arguments of `creel replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "Sent from this machine, byte for byte: only the target's path, Host, Content-Length and the fields
of the sender's connection change. The outcome is reported to the server. Exit code: 0 when
every delivery was answered with a 2xx, 1 when not.

--edit takes /pointer=JSON, header:NAME=VALUE, method=, path=, query= and body=TEXT.

Examples:
  creel replay orders latest --to \"$(creel bin create copies --get)\"
  creel replay orders latest --to \"$(creel bin create copies --get)\" --times 3 --edit /hello=again"
)]
pub(super) struct ReplayArgs {
    /// The bin
    bin: String,
    /// The requests: ids, numbers of the list, or latest
    #[arg(value_name = "ID", required = true)]
    ids: Vec<Which>,
    /// Where to send them
    #[arg(long, value_name = "URL", value_parser = target)]
    to: TargetUrl,
    /// To exactly this URL, without the path and query of the request
    #[arg(long)]
    exact: bool,
    /// How often each is sent
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// How many are on their way at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    parallel: u8,
    /// The pause between two: recorded, 0, 1s
    #[arg(long, value_name = "TIME", default_value = "0", value_parser = spacing)]
    spacing: Spacing,
    /// Sign anew, with the secret that --secret-env or --secret-file names
    #[arg(long)]
    resign: bool,
    /// By which scheme to sign [default: the one that the request was judged by]
    #[arg(long, value_name = "ID", requires = "resign")]
    scheme: Option<String>,
    /// The environment variable that has the secret
    #[arg(long, value_name = "NAME", requires = "resign", conflicts_with = "secret_file")]
    secret_env: Option<String>,
    /// The file that has the secret, - for standard input
    #[arg(long, value_name = "FILE", requires = "resign")]
    secret_file: Option<PathBuf>,
    /// Change something (repeatable)
    #[arg(long, value_name = "CHANGE")]
    edit: Vec<String>,
    /// Send it although two programs may read it in two ways
    #[arg(long)]
    as_is: bool,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    catalogue: CatalogueArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

fn spacing(text: &str) -> Result<Spacing, String> {
    if text == "recorded" {
        return Ok(Spacing::Recorded);
    }
    span(text)
        .ok()
        .filter(|pause| *pause <= MAX_SPACING)
        .map(|pause| if pause.is_zero() { Spacing::None } else { Spacing::Fixed(pause) })
        .ok_or_else(|| format!("give recorded, or a time up to {} s", MAX_SPACING.as_secs()))
}

impl ReplayArgs {
    fn secret(&self) -> anyhow::Result<SecretValue> {
        let text = match (&self.secret_env, &self.secret_file) {
            (Some(name), _) => {
                std::env::var(name).map_err(|_| Usage(format!("--secret-env {name}: the variable is not set")))?
            }
            (None, Some(file)) => {
                let text =
                    String::from_utf8(read(file)?).map_err(|_| Usage("the secret is no UTF-8 text".to_owned()))?;
                text.strip_suffix('\n').unwrap_or(&text).to_owned()
            }
            (None, None) => {
                return Err(
                    Usage("--resign needs the secret: --secret-env NAME or --secret-file FILE".to_owned()).into()
                );
            }
        };
        Ok(SecretValue::new(text))
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let resign = if self.resign {
            Some(Resign { secret: ResignSecret::Value(self.secret()?), scheme: self.scheme.clone() })
        } else {
            None
        };
        Ok(Plan {
            target: self.to.clone(),
            exact: self.exact,
            keep_host: self.target.keep_host,
            edit: edit(&self.edit)?,
            resign,
            timeout: self.target.within,
            as_is: self.as_is,
            why: Why::Replay,
            origin: Origin::Replayed,
        })
    }
}

pub(super) fn run(args: &ReplayArgs) -> Done {
    if args.parallel > 1 && args.spacing != Spacing::None {
        return Err(Usage("--spacing keeps an order: leave out --parallel".to_owned()).into());
    }
    let plan = args.plan()?;
    let by_hand = args.target.by_hand(args.catalogue.catalogue()?)?;
    args.server.run(async |client| {
        let mut requests: Vec<CapturedRequest> = Vec::new();
        for which in &args.ids {
            let id = which.id(client, &args.bin).await?;
            let summary = client.get(&bin_path(&args.bin, &format!("/requests/{}", segment(&id))), &[]).await?;
            let request = fetch(client, &by_hand, &args.bin, &summary).await?;
            requests.push(request.ok_or_else(|| Usage(format!("'{}' has no request {id}", args.bin)))?);
        }
        let all: Vec<&CapturedRequest> =
            requests.iter().flat_map(|request| std::iter::repeat_n(request, args.times as usize)).collect();
        let before = std::iter::once(None).chain(all.iter().copied().map(Some)).collect::<Vec<_>>();
        let deliveries = all.iter().copied().zip(before).map(|(request, before)| {
            let (by_hand, plan) = (&by_hand, &plan);
            async move {
                let pause = before.map_or(Duration::ZERO, |before| args.spacing.pause(before, request));
                if !pause.is_zero() {
                    tokio::time::sleep(pause).await;
                }
                (request, by_hand.send(request, plan).await)
            }
        });
        let mut deliveries = stream::iter(deliveries).buffered(args.parallel.into());
        let mut accepted = true;
        while let Some((request, sent)) = deliveries.next().await {
            let (delivered, body) = sent.map_err(|error| Usage(format!("request {}: {error}", request.summary.seq)))?;
            accepted &= delivered.last().is_delivered();
            args.output.one(&as_json(request, &delivered), |_| as_line(request, &delivered))?;
            let id = request.summary.id.to_string();
            let changed = plan
                .is_changed()
                .then(|| Changed { body: (body != request.body).then_some(&body), resigned: plan.resign.is_some() });
            if let Err(error) = report(client, &args.bin, &id, Why::Replay, &delivered, changed).await {
                output::note(&format!("the outcome could not be reported to the server: {error}"));
            }
        }
        Ok(if accepted { exit::DONE } else { exit::NOT_MET })
    })
}
