//! `creel wait`: waits until a bin has the expected requests, or says what came instead.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::Value;

use super::common::{OutputArgs, Usage, now, span, span_text};
use super::connection::ServerArgs;
use super::tail::{Since, since};
use super::{Done, exit, list, output, render};
use crate::client::{Client, ClientError, Request};
use crate::model::Seq;
use crate::view::plain;

/// The arguments of `creel wait`.
#[derive(Debug, Args)]
#[command(after_help = "What is stored already counts; --after now leaves it out. --at-most and --exactly hold to the
end of the time-out, or, with --none-for, until nothing that matches has come for that long.
A server that goes away meanwhile may come back until the time is out.
Prints what matched; what came instead goes to stderr. Exit code: 0 when the condition is met,
1 when it is not.

Examples:
  creel wait orders --filter 'method:POST path:/paid' --timeout 5s
  creel wait orders --filter 'path:/refunded' --at-most 0 --timeout 500ms --junit report.xml")]
pub(super) struct WaitArgs {
    /// The bin
    bin: String,
    /// Only what matches counts, in the filter language of the console
    #[arg(short, long, value_name = "FILTER")]
    filter: Option<String>,
    /// At least this many [default: 1, or 0 with --none-for alone]
    #[arg(long, value_name = "N", group = "condition", value_parser = count)]
    at_least: Option<usize>,
    /// At most this many, until the time is out
    #[arg(long, value_name = "N", group = "condition", value_parser = count)]
    at_most: Option<usize>,
    /// This many, no more and no less, until the time is out
    #[arg(long, value_name = "N", group = "condition", value_parser = count)]
    exactly: Option<usize>,
    /// And then none for this long
    #[arg(long, value_name = "TIME", value_parser = span)]
    none_for: Option<Duration>,
    /// How long to wait: 500ms, 30s, 2m, plain seconds
    #[arg(short, long, value_name = "TIME", default_value = "30s", value_parser = span)]
    timeout: Duration,
    /// Only what comes after: now, start, or a number of the list
    #[arg(long, value_name = "CURSOR", default_value = "start", value_parser = since)]
    after: Since,
    /// Write the outcome as a `JUnit` report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    server: ServerArgs,
}

/// The server returns no more at once.
const MOST: usize = 999;

fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count <= MOST).ok_or_else(|| format!("give a number up to {MOST}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wanted {
    least: usize,
    most: Option<usize>,
    /// Whether exactly this number is wanted.
    exact: bool,
}

impl Wanted {
    const fn of(args: &WaitArgs) -> Self {
        match (args.at_least, args.at_most, args.exactly) {
            (Some(least), ..) => Self { least, most: None, exact: false },
            (_, Some(most), _) => Self { least: 0, most: Some(most), exact: false },
            (.., Some(exactly)) => Self { least: exactly, most: Some(exactly), exact: true },
            _ if args.none_for.is_some() => Self { least: 0, most: None, exact: false },
            _ => Self { least: 1, most: None, exact: false },
        }
    }

    fn words(self) -> String {
        match (self.least, self.most) {
            (_, Some(most)) if self.exact => format!("exactly {most}"),
            (_, Some(most)) => format!("at most {most}"),
            (least, None) => format!("at least {least}"),
        }
    }

    const fn noun(self) -> &'static str {
        let number = match self.most {
            Some(most) => most,
            None => self.least,
        };
        if number == 1 { "request" } else { "requests" }
    }
}

struct Outcome {
    matched: Vec<Value>,
    /// What came instead.
    others: Vec<Value>,
    /// Why the condition is not met.
    failure: Option<String>,
}

pub(super) fn run(args: &WaitArgs) -> Done {
    let wanted = Wanted::of(args);
    let began = Instant::now();
    let outcome = outcome(args, wanted);
    if let Some(file) = &args.junit {
        let text = junit(args, wanted, &outcome, began.elapsed());
        let written = std::fs::write(file, text);
        let written = written.map_err(|error| Usage(format!("--junit {}: {error}", file.display())));
        // The first of two errors says more.
        if outcome.is_ok() {
            written?;
        }
    }
    let outcome = outcome?;
    if !outcome.matched.is_empty() || args.output.json {
        list::print(&args.output, &outcome.matched)?;
    }
    let Some(failure) = outcome.failure else { return Ok(exit::DONE) };
    output::note(&failure);
    if !outcome.others.is_empty() {
        let others: Vec<Request> = outcome.others.iter().map(Request::of).collect();
        output::note("what came instead:");
        output::note_lines(&render::requests(&others, now(), output::look_beside(args.output.no_color)));
    }
    Ok(exit::NOT_MET)
}

fn outcome(args: &WaitArgs, wanted: Wanted) -> anyhow::Result<Outcome> {
    if args.none_for.is_some_and(|quiet| quiet > args.timeout) {
        let text = "--none-for is longer than --timeout: nothing could ever be quiet for that long";
        return Err(Usage(text.to_owned()).into());
    }
    args.server.run(async |client| Ok(wait(client, args, wanted).await?))
}

struct Waiting<'a> {
    client: &'a Client,
    args: &'a WaitArgs,
    began: Instant,
    after: Option<Seq>,
    /// Whether the server was reached once: it may come back.
    reached: bool,
    matched: Vec<Value>,
    others: Vec<Value>,
}

impl Waiting<'_> {
    fn left(&self) -> Duration {
        self.args.timeout.saturating_sub(self.began.elapsed())
    }

    /// Waits until that many more match, at most for this time; returns whether they came. Keeps those that came.
    async fn more(&mut self, count: usize, most: Duration) -> Result<bool, ClientError> {
        /// The server holds no call for longer.
        const LONGEST: Duration = Duration::from_mins(5);
        /// A server that restarts is back soon.
        const PAUSE: Duration = Duration::from_millis(200);
        let until = Instant::now() + most;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let call =
                self.client.wait(&self.args.bin, self.args.filter.as_deref(), count, self.after, left.min(LONGEST));
            let (answer, met) = match call.await {
                Ok(answer) => (answer, true),
                Err(ClientError::Refused { status: 408, problem, .. }) => (problem, false),
                Err(error) => {
                    // A server that breaks off was reached.
                    self.reached |= matches!(error, ClientError::Broken { .. } | ClientError::Refused { .. });
                    if !error.may_pass() || !self.reached || left.is_zero() {
                        return Err(error);
                    }
                    tokio::time::sleep(PAUSE.min(left)).await;
                    continue;
                }
            };
            self.reached = true;
            if !met && left > LONGEST {
                continue;
            }
            let list = |name: &str| answer.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
            if !met {
                self.others = list("seen");
            }
            self.matched.extend(list("requests"));
            let newest = self.matched.last().and_then(|request| request["seq"].as_u64());
            self.after = newest.or(self.after);
            return Ok(met);
        }
    }
}

async fn wait(client: &Client, args: &WaitArgs, wanted: Wanted) -> Result<Outcome, ClientError> {
    let after = match args.after {
        Since::Cursor(seq) => Some(seq),
        Since::Now => client.get("/api/v1/info", &[]).await?["seq"].as_u64(),
    };
    let began = Instant::now();
    let reached = args.after == Since::Now;
    let mut waiting = Waiting { client, args, began, after, reached, matched: Vec::new(), others: Vec::new() };
    let failure = unmet(&mut waiting, wanted).await?;
    let Waiting { matched, mut others, .. } = waiting;
    if failure.is_none() {
        others.clear();
    }
    Ok(Outcome { matched, others, failure })
}

/// Why the condition is not met; nothing when it is.
async fn unmet(waiting: &mut Waiting<'_>, wanted: Wanted) -> Result<Option<String>, ClientError> {
    let timeout = span_text(waiting.args.timeout);
    let found = |matched: usize| {
        let what = if matched == 1 { "request matched" } else { "requests matched" };
        format!("{matched} {what}, {} wanted", wanted.words())
    };
    if wanted.least > 0 && !waiting.more(wanted.least, waiting.left()).await? {
        return Ok(Some(format!("not met within {timeout}: {}", found(waiting.matched.len()))));
    }
    let mut last = Instant::now();
    loop {
        let matched = waiting.matched.len();
        if wanted.most.is_some_and(|most| matched > most) {
            return Ok(Some(format!("not met: {}", found(matched))));
        }
        let quiet = match (waiting.args.none_for, wanted.most) {
            (Some(quiet), _) => quiet.saturating_sub(last.elapsed()),
            (None, Some(_)) => waiting.left(),
            (None, None) => return Ok(None),
        };
        if let Some(asked) = waiting.args.none_for
            && quiet > waiting.left()
        {
            let asked = span_text(asked);
            return Ok(Some(format!("not met within {timeout}: it was never quiet for {asked}; {matched} matched")));
        }
        if !waiting.more(1, quiet).await? {
            return Ok(None);
        }
        last = Instant::now();
    }
}

/// The result as one `JUnit` test case. If it is unknown whether the condition is met, that is an error, not a failure.
fn junit(args: &WaitArgs, wanted: Wanted, outcome: &anyhow::Result<Outcome>, took: Duration) -> String {
    let escaped = |text: &str| quick_xml::escape::escape(plain(text).as_str()).into_owned();
    let filter = args.filter.as_deref().map(|filter| format!(" that match {filter}")).unwrap_or_default();
    let name = escaped(&format!("{}: {} {}{filter}", args.bin, wanted.words(), wanted.noun()));
    let line = |request: &Value| {
        let request = Request::of(request);
        escaped(&format!(
            "{} {} {} {}",
            request.seq,
            request.method,
            request.path,
            request.event.name.unwrap_or_default()
        ))
    };
    let told = |kind: &str, message: &str, others: &[Value]| {
        let others: Vec<String> = others.iter().map(line).collect();
        format!("\n      <{kind} message=\"{}\">{}</{kind}>\n    ", escaped(message), others.join("\n"))
    };
    let (failures, errors, inside) = match outcome {
        Ok(Outcome { failure: None, .. }) => (0, 0, String::new()),
        Ok(Outcome { failure: Some(failure), others, .. }) => (1, 0, told("failure", failure, others)),
        Err(error) => (0, 1, told("error", &format!("{error:#}"), &[])),
    };
    let took = took.as_secs_f64();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  \
         <testsuite name=\"creel wait\" tests=\"1\" failures=\"{failures}\" errors=\"{errors}\" time=\"{took:.3}\">\n    \
         <testcase classname=\"creel.wait\" name=\"{name}\" time=\"{took:.3}\">{inside}</testcase>\n  \
         </testsuite>\n</testsuites>\n"
    )
}
