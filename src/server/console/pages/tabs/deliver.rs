//! Sends the request to a target: what will be sent, and earlier attempts. Also answers a held sender.

use askama::Template;

use super::TabContext;
use crate::diff;
use crate::http::text::lossy;
use crate::model::{Attempt, BinSettings, Forwarded, FreshnessStatus, Seq, Times, Why};
use crate::server::console::heavy::InTurn;
use crate::server::console::pages::answer_words::{self, differences};
use crate::server::console::pages::editable::Editable;
use crate::server::console::pages::format::{self, Seen, Sentence};
use crate::server::console::pages::row::{Chip, chip_of};
use crate::server::console::problem::Problem;
use crate::server::console::security::without_session;
use crate::store::AttemptDepth;

/// Bytes of a response's body that are shown.
const SHOWN: usize = 16 << 10;
/// How much of the attempts is read: only the beginnings of up to twenty bodies of 1 MiB.
const READ: AttemptDepth = AttemptDepth { heads: 64 << 10, bodies: SHOWN };
/// The platforms' time limit for a receiver, in microseconds: the line in every bar.
const ALLOWED_US: u64 = 3_000_000;
/// Units across a bar.
const BAR: u64 = 1_000;

/// A step of an attempt, as a part of its bar.
#[derive(Debug)]
struct Step {
    class: &'static str,
    name: &'static str,
    took: String,
    x: u64,
    width: u64,
}

/// An attempt in the timeline.
#[derive(Debug)]
struct AttemptView {
    class: &'static str,
    /// The status, or how it failed.
    result: String,
    sentence: String,
    why: &'static str,
    /// The verdict on the signature of what was sent, if that differs from the captured request.
    signed: Option<Chip>,
    target: String,
    time_iso: String,
    time_full: String,
    total: String,
    /// Whether it took longer than the platforms allow.
    late: bool,
    steps: Vec<Step>,
    /// The position of the limit in the bar.
    limit: u64,
    sent_head: String,
    sent_size: String,
    head: Option<String>,
    body: Option<String>,
    body_note: Option<String>,
    /// How the response differs from that of the attempt before, if it does.
    differs: Option<String>,
}

/// A sender that waits.
#[derive(Debug)]
struct HeldView {
    until_iso: String,
    seconds: u64,
}

/// What will be sent, and the earlier attempts.
#[derive(Debug, Template)]
#[template(path = "tabs/deliver.html")]
pub(crate) struct DeliverTab {
    api: String,
    held: Option<HeldView>,
    target: String,
    edit: Editable,
    /// The secrets to sign again with; empty if that is unlikely to be wanted.
    secrets: Vec<String>,
    /// Why it is sent only after a confirmation.
    unfit: Option<&'static str>,
    /// How the bin forwards, in words.
    forward: Option<String>,
    settings_href: String,
    answers_href: String,
    compose_href: String,
    attempts: Vec<AttemptView>,
    compared: Option<Compared>,
}

impl DeliverTab {
    /// The request, ready to be sent again.
    pub(crate) async fn load(context: &TabContext, request: InTurn) -> Result<Self, Problem> {
        let (bin, edit) = (context.bin.bin.id, Editable::of(request.request()));
        let (summary, turn) = request.known().await;
        let id = summary.id;
        let attempts = context.state.store.attempts(bin, id, READ).await?;
        let find = |id: Seq| attempts.iter().any(|attempt| attempt.id == id);
        // Only the two chosen attempts are read and compared completely.
        let chosen = match context.params.one.filter(|id| find(*id)).zip(context.params.other.filter(|id| find(*id))) {
            Some((one, other)) => {
                let one = context.state.store.attempt_at(bin, id, one).await?;
                Some((one, context.state.store.attempt_at(bin, id, other).await?))
            }
            None => None,
        };
        let work = move || {
            let result = chosen.map(|(one, other)| difference(&one, &other).map_or(Ok(()), Err));
            let views = views(&attempts);
            (attempts, views, result)
        };
        let (attempts, views, result) = turn.run(work).await?;
        let settings = &context.bin.bin.settings;
        let now = context.state.capture.clock().now();
        let unfit = if summary.rejected.is_some() {
            Some("It was rejected, and may be read in two ways.")
        } else if summary.complete {
            None
        } else {
            Some("Its body is incomplete.")
        };
        let held = summary
            .held_until
            .filter(|until| *until > now)
            .map(|until| HeldView { until_iso: until.to_string(), seconds: until.since(now).as_secs() });
        Ok(Self {
            api: context.api.clone(),
            held,
            target: default_target(settings),
            edit,
            secrets: context.bin.bin.secrets.iter().map(|secret| secret.label.clone()).collect(),
            unfit,
            forward: forward_words(settings, summary.forwarded),
            settings_href: format!("{}/settings", context.links.base),
            answers_href: format!("{}/answers", context.links.base),
            compose_href: format!("{}/send?from={}#compose", context.links.base, summary.id),
            compared: Compared::new(context, &attempts, &views, result),
            attempts: views,
        })
    }
}

fn default_target(settings: &BinSettings) -> String {
    settings.forward_targets().next().cloned().unwrap_or_default()
}

fn forward_words(settings: &BinSettings, came_to: Option<Forwarded>) -> Option<String> {
    let forward = settings.forward.as_ref()?;
    let first = default_target(settings);
    let more = forward.targets().count().saturating_sub(1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let skipped = came_to.and_then(Forwarded::skipped_because);
    let skipped = skipped.map(|why| format!(" This request was skipped: {why}.")).unwrap_or_default();
    Some(if forward.paused {
        format!("Forwarding to {first}{more} is paused.{skipped}")
    } else {
        format!("This bin forwards to {first}{more}.{skipped}")
    })
}

/// The attempts, newest first, on bars of one scale.
fn views(attempts: &[Attempt]) -> Vec<AttemptView> {
    let longest = attempts.iter().map(|attempt| attempt.delivered.times.total).max().unwrap_or(0);
    // Some space after the line.
    let scale = longest.max(ALLOWED_US + ALLOWED_US / 8);
    attempts.iter().enumerate().map(|(at, attempt)| view(attempt, attempts.get(at + 1), scale)).collect()
}

fn view(attempt: &Attempt, before: Option<&Attempt>, scale: u64) -> AttemptView {
    let delivered = &attempt.delivered;
    let (class, result) = answer_words::result(delivered);
    let response = delivered.response.as_ref();
    let body_note = response.and_then(|response| {
        let size = format::size(response.body_size);
        let whole = response.body_size <= response.body.len() as u64;
        match (response.body_cut, text_in(&response.body).is_some()) {
            (true, _) => Some(format!("{size}; only the beginning is kept.")),
            (false, false) => Some(format!("{size}, not text.")),
            (false, true) if !whole => Some(format!("{size}; this is the beginning.")),
            (false, true) => None,
        }
    });
    AttemptView {
        class,
        result,
        sentence: delivered.sentence.clone(),
        why: match attempt.why {
            Why::Forward => "forwarded",
            Why::Replay => "replayed",
            Why::Send => "simulated",
            Why::Check => "checked",
        },
        signed: delivered.signature.map(|status| chip_of(status, FreshnessStatus::None, false)),
        target: delivered.target.clone(),
        time_iso: delivered.started_at.to_string(),
        time_full: format::full_time(delivered.started_at),
        total: format::micros(delivered.times.total),
        late: delivered.times.total > ALLOWED_US,
        steps: steps(&delivered.times, scale),
        limit: ALLOWED_US * BAR / scale,
        sent_head: without_session(lossy(&delivered.sent_head).trim_end().to_owned()),
        sent_size: format::size(delivered.sent_body_size),
        head: response.map(|response| lossy(&response.head).trim_end().to_owned()),
        body: response
            .filter(|response| !response.body.is_empty())
            .map(|response| text_in(&response.body).map_or_else(|| lossy(&response.body).into_owned(), str::to_owned)),
        body_note,
        // Compares only the beginnings; whole answers are compared when two attempts are chosen.
        differs: before.and_then(|before| difference(before, attempt)),
    }
}

/// The steps as parts of the bar; what follows the first byte is the rest.
fn steps(times: &Times, scale: u64) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    let mut step = |class, name, took: Option<u64>| {
        let Some(took) = took.filter(|took| *took > 0) else { return };
        let (x, end) = (at * BAR / scale, (at + took) * BAR / scale);
        at += took;
        // Every step is visible, however short.
        steps.push(Step { class, name, took: format::micros(took), x, width: (end - x).max(2) });
    };
    step("resolve", "name", times.resolve);
    step("connect", "connection", times.connect);
    step("tls", "TLS", times.tls);
    step("first-byte", "first byte", times.first_byte);
    let known: u64 = [times.resolve, times.connect, times.tls, times.first_byte].into_iter().flatten().sum();
    step("rest", "the rest", times.total.checked_sub(known));
    steps
}

/// How an answer differs from another attempt's, one line each; `None` when they are equal.
fn difference(before: &Attempt, now: &Attempt) -> Option<String> {
    differences(diff::answers(before, now, &diff::Ignored::default()))
}

/// The beginning of a body as text, without a character that was cut; `None` when it is no text.
fn text_in(body: &[u8]) -> Option<&str> {
    match std::str::from_utf8(body) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&body[..error.valid_up_to()]).ok(),
        Err(_) => None,
    }
}

/// An attempt that is offered.
#[derive(Debug)]
struct AttemptChoice {
    id: Seq,
    /// When it began: for the scripts, and as a time of day in UTC.
    time_iso: String,
    time: String,
    words: String,
    /// Whether it is chosen on either side.
    one: bool,
    other: bool,
}

/// Two attempts to be compared.
#[derive(Debug)]
struct Compared {
    action: String,
    /// Hidden fields that keep the list's parameters.
    hidden: Vec<(&'static str, String)>,
    /// The attempts, newest first.
    choices: Vec<AttemptChoice>,
    /// The differences, once two are chosen; `Ok` when there are none.
    result: Option<Result<(), String>>,
}

impl Compared {
    /// `None` where there are no two attempts.
    fn new(
        context: &TabContext,
        attempts: &[Attempt],
        views: &[AttemptView],
        result: Option<Result<(), String>>,
    ) -> Option<Self> {
        let (newest, before) = (attempts.first()?.id, attempts.get(1)?.id);
        let known = |id: &Seq| attempts.iter().any(|attempt| attempt.id == *id);
        let one = context.params.one.filter(known).unwrap_or(before);
        let other = context.params.other.filter(known).unwrap_or(newest);
        let choice = |(attempt, view): (&Attempt, &AttemptView)| AttemptChoice {
            id: attempt.id,
            time_iso: view.time_iso.clone(),
            time: format::clock_time(attempt.delivered.started_at),
            words: format!("{}, {}, {}", view.result, view.total, view.target),
            one: attempt.id == one,
            other: attempt.id == other,
        };
        let choices = attempts.iter().zip(views).map(choice).collect();
        Some(Self { action: context.page.clone(), hidden: context.hidden("deliver"), choices, result })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_its_steps_in_order_and_ends_where_the_attempt_does() {
        let times =
            Times { resolve: Some(0), connect: Some(500), tls: None, first_byte: Some(1_499_500), total: 2_000_000 };
        let steps = steps(&times, 4_000_000);
        let parts: Vec<_> = steps.iter().map(|step| (step.class, step.x, step.width)).collect();
        assert_eq!(parts, [("connect", 0, 2), ("first-byte", 0, 375), ("rest", 375, 125)]);
    }
}
