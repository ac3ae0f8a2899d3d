//! `creel forward`: sends on what a bin captures, from this machine, in order, through restarts of the server.

use std::collections::VecDeque;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use clap::Args;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesOrdered;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::common::OutputArgs;
use super::connection::ServerArgs;
use super::listening::{read_on, request_in};
use super::sending::{TargetArgs, as_json, as_line, fetch, report, target};
use super::tail::{Since, since};
use super::{Done, exit, output};
use crate::client::{Client, ClientError, Follow, Live, Method, bin_path, segment};
use crate::deliver::engine::TargetUrl;
use crate::deliver::{ByHand, Edit, Plan, as_it_came, passed_back, route};
use crate::model::{CapturedRequest, Delivered, Origin, Outcome, PassedAnswer, Route, Seq, Why};
use crate::signature::Catalogue;

/// The arguments of `creel forward`.
#[derive(Debug, Args)]
#[command(after_help = "Works against a Creel on another machine with --server and --token. The order is kept, unless
--parallel says otherwise. A target that is down is waited for; time-outs, broken connections,
429 and 5xx are tried again. A restart of the server loses nothing and repeats nothing.
With --answer the bin's senders wait for the target and get its answer, for as long as this
runs; afterwards the bin answers for itself again.

Examples:
  creel forward orders --to \"$(creel bin create copies --get)\" --since start --count 1
  creel forward orders --route \"/paid=$(creel bin create copies --get)\" --since start --count 1")]
pub(super) struct ForwardArgs {
    /// The bin
    bin: String,
    /// Where everything goes that no route takes
    #[arg(long, value_name = "URL", value_parser = target, required_unless_present = "route")]
    to: Option<TargetUrl>,
    /// Where a path below the bin goes: /a=URL, /a/*=URL (repeatable; the first that matches)
    #[arg(long, value_name = "PATH=URL", value_parser = one_route)]
    route: Vec<(String, TargetUrl)>,
    /// Answer the bin's senders with what the target answers, for as long as this runs
    #[arg(long, conflicts_with_all = ["filter", "since"])]
    answer: bool,
    /// Only what matches, in the filter language of the console
    #[arg(short, long, value_name = "FILTER")]
    filter: Option<String>,
    /// How many are on their way at once
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=16))]
    parallel: u8,
    /// How often a delivery that failed is made again
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(0..=20))]
    retries: u32,
    /// Where to begin: now, start, or after this number of the list
    #[arg(long, value_name = "CURSOR", default_value = "now", value_parser = since)]
    since: Since,
    /// End after this many requests
    #[arg(short = 'n', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    #[command(flatten)]
    target: TargetArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

fn one_route(text: &str) -> Result<(String, TargetUrl), String> {
    let (path, url) = text.split_once('=').ok_or("give it as /path=URL")?;
    if !path.starts_with('/') {
        return Err("a path starts with a slash, as in /a/*".to_owned());
    }
    Ok((path.to_owned(), TargetUrl::parse(url)?))
}

/// Messages that wait for a slow target; more wait at the server, which tells what was missed.
const WAITING: usize = 1_000;
/// The pause before a target that is down, or an absent server, is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How much longer a sender waits than the target may take, and the longest that the server lets it wait.
const LEASE_SLACK: Duration = Duration::from_secs(2);
const MAX_PATIENCE: Duration = Duration::from_mins(1);
/// Before the first retry; each further one waits twice as long.
const BACKOFF: Duration = Duration::from_secs(1);
const LONGEST_BACKOFF: Duration = Duration::from_mins(1);

pub(super) fn run(args: &ForwardArgs) -> Done {
    let by_hand = args.target.by_hand(Catalogue::default())?;
    args.server.run(async |client| {
        let after: Option<Seq> = match args.since {
            // Read before the listening is announced, so that nothing in between is missed.
            Since::Now => client.get("/api/v1/info", &[]).await?["seq"].as_u64(),
            Since::Cursor(seq) => Some(seq),
        };
        let (sender, mut receiver) = mpsc::channel(WAITING);
        let reading = read_on(Follow::new(client, &args.bin, args.filter.as_deref(), after), sender);
        output::note(&format!("forwarding {} from {}", args.bin, client.base()));
        let sending = forward_all(args, client, &by_hand, &mut receiver);
        let answering = async {
            if args.answer { hold_lease(args, client).await } else { std::future::pending().await }
        };
        tokio::select! { () = reading => Ok(exit::DONE), done = sending => done, error = answering => Err(error.into()) }
    })
}

/// Keeps the bin's lease, through restarts of the server, until the server refuses it.
async fn hold_lease(args: &ForwardArgs, client: &Client) -> ClientError {
    // The sender gets a time-out of the target as an answer; its own wait ends a little later.
    let patience = (args.target.within + LEASE_SLACK).min(MAX_PATIENCE);
    loop {
        let begun = || output::note(&format!("answering the senders of {}", args.bin));
        let over = client.lease(&args.bin, patience, begun).await;
        if !over.may_pass() {
            return over;
        }
        output::note("the bin answers for itself until the server is back");
        tokio::time::sleep(PAUSE).await;
    }
}

async fn forward_all(
    args: &ForwardArgs,
    client: &Client,
    by_hand: &ByHand,
    receiver: &mut mpsc::Receiver<Result<Live, ClientError>>,
) -> Done {
    let mut left = args.count.unwrap_or(u64::MAX);
    let mut queue: VecDeque<Value> = VecDeque::new();
    let mut running = FuturesOrdered::new();
    loop {
        while running.len() < usize::from(args.parallel)
            && left > 0
            && let Some(summary) = queue.pop_front()
        {
            left -= 1;
            running.push_back(forward_one(args, client, by_hand, summary));
        }
        if left == 0 && running.is_empty() {
            return Ok(exit::DONE);
        }
        tokio::select! {
            Some(done) = running.next() => done?,
            live = receiver.recv(), if left > 0 && queue.len() < usize::from(args.parallel) => match live {
                None => return Ok(exit::DONE),
                Some(live) => queue.extend(request_in(live?, &args.bin)?),
            },
        }
    }
}

async fn forward_one(args: &ForwardArgs, client: &Client, by_hand: &ByHand, summary: Value) -> anyhow::Result<()> {
    let seq = summary["seq"].as_u64().unwrap_or_default();
    let request = loop {
        match fetch(client, by_hand, &args.bin, &summary).await {
            Ok(Some(request)) => break request,
            Ok(None) => {
                output::note(&format!("request {seq} is gone already, and is not forwarded"));
                return Ok(());
            }
            // The server restarts and will be back soon, with all its data.
            Err(error) if error.may_pass() => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(error.into()),
        }
    };
    // Its sender waits for this answer, unless it was answered already.
    let held = args.answer && !summary["held_until"].is_null();
    let Some(to) = args.target_of(&request) else {
        if held {
            // An empty answer gives the bin's own response.
            answer(client, &args.bin, &summary, &json!({})).await;
        }
        output::note(&format!("request {seq} has no route, and is not forwarded"));
        return Ok(());
    };
    let plan = Plan {
        target: to,
        exact: false,
        keep_host: args.target.keep_host,
        edit: Edit::default(),
        resign: None,
        timeout: args.target.within,
        as_is: false,
        why: Why::Forward,
        origin: Origin::Forwarded,
    };
    let mut tried = 0;
    let mut backoff = BACKOFF;
    loop {
        let delivered = match by_hand.send(&request, &plan).await {
            Ok((delivered, _)) => delivered,
            Err(error) => {
                if held {
                    answer(client, &args.bin, &summary, &json!({})).await;
                }
                output::note(&format!("request {seq} is not forwarded: {error}"));
                return Ok(());
            }
        };
        if held {
            pass_back(client, &args.bin, &summary, &delivered).await;
        }
        args.output.one(&as_json(&request, &delivered), |_| as_line(&request, &delivered))?;
        tell(client, &args.bin, &request, &delivered).await;
        match after(&delivered) {
            After::Over => return Ok(()),
            // The sender has its answer and may retry itself.
            After::Down | After::Again if held => return Ok(()),
            After::Down => {
                output::note(&format!("{} cannot be reached; waiting for it", delivered.target));
                while !by_hand.reaches(&plan.target).await {
                    tokio::time::sleep(PAUSE).await;
                }
                output::note(&format!("{} is there", delivered.target));
            }
            After::Again if tried == args.retries => return Ok(()),
            After::Again => {
                tried += 1;
                tokio::time::sleep(backoff).await;
                backoff = (backoff * 2).min(LONGEST_BACKOFF);
            }
        }
    }
}

/// Gives the waiting sender the target's answer byte for byte, or a substitute.
async fn pass_back(client: &Client, bin: &str, summary: &Value, delivered: &Delivered) {
    let encoded = |bytes: &Bytes| base64::engine::general_purpose::STANDARD.encode(bytes);
    let (PassedAnswer { status, body, .. }, note) = passed_back(delivered);
    if let Some(note) = note {
        output::note(&format!("request {}: {note}", summary["seq"]));
    }
    if let Some((head, body)) = as_it_came(delivered) {
        let passed = json!({"head_base64": encoded(head), "body_base64": encoded(body)});
        return answer_at(client, bin, summary, "answer/passed-on", &passed).await;
    }
    let json = json!([{"name": "Content-Type", "value": "application/json"}]);
    let said = json!({"status": status, "headers": json, "body_base64": encoded(&body)});
    answer(client, bin, summary, &said).await;
}

/// What a delivery means for the next step; as for the server's own forwarding.
enum After {
    Over,
    /// Nothing was delivered; this uses up no retry.
    Down,
    Again,
}

fn after(delivered: &Delivered) -> After {
    match (delivered.outcome, delivered.status()) {
        (Outcome::Answered, Some(429 | 500..)) | (Outcome::Timeout | Outcome::Reset | Outcome::Cut, _) => After::Again,
        (Outcome::Dns | Outcome::Connect, _) => After::Down,
        (Outcome::Answered | Outcome::RefusedTarget | Outcome::Tls | Outcome::Malformed, _) => After::Over,
    }
}

/// Answers the waiting sender.
async fn answer(client: &Client, bin: &str, summary: &Value, response: &Value) {
    answer_at(client, bin, summary, "answer", response).await;
}

async fn answer_at(client: &Client, bin: &str, summary: &Value, at: &str, response: &Value) {
    let id = summary["id"].as_str().unwrap_or_default();
    let path = bin_path(bin, &format!("/requests/{}/{at}", segment(id)));
    if let Err(error) = client.send(Method::POST, &path, response).await {
        output::note(&format!("request {} was not answered from here: {error}", summary["seq"]));
    }
}

/// Reports the attempt to the server; retries while the server restarts.
async fn tell(client: &Client, bin: &str, request: &CapturedRequest, delivered: &Delivered) {
    let id = request.summary.id.to_string();
    loop {
        match report(client, bin, &id, Why::Forward, delivered, None).await {
            Ok(()) => return,
            Err(error) if error.may_pass() => tokio::time::sleep(PAUSE).await,
            Err(error) => return output::note(&format!("the outcome could not be reported to the server: {error}")),
        }
    }
}

impl ForwardArgs {
    /// Where a request goes.
    fn target_of(&self, request: &CapturedRequest) -> Option<TargetUrl> {
        let routes: Vec<Route> = self
            .route
            .iter()
            .map(|(path, url)| Route { path: Some(path.clone()), to: vec![url.to_string()], ..Route::default() })
            .collect();
        let found = route(&routes, &request.summary, &request.head).and_then(|route| route.to.first());
        match found {
            Some(url) => self.route.iter().find(|(_, known)| known.to_string() == *url).map(|(_, known)| known.clone()),
            None => self.to.clone(),
        }
    }
}
