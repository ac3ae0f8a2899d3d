//! Waits for requests, for pipelines. The hub wakes the waiter, which then queries the store: no polling.

use std::time::Duration;

use actix_web::{HttpResponse, get};
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::requests::shapes;
use crate::live::Subscription;
use crate::model::{BinId, RequestSummary, Seq};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Query, State, filter};
use crate::server::console::problem::{Code, Problem};
use crate::shapes::SummaryShape;
use crate::store::{ListQuery, MAX_PAGE, Order};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(wait);
}

/// The default wait, in seconds.
const DEFAULT_TIMEOUT_S: f64 = 30.0;
/// The longest wait, in seconds; the command line repeats the request to wait longer.
const MAX_TIMEOUT_S: f64 = 600.0;
/// Other requests that a timeout shows.
const SEEN_INSTEAD: usize = 20;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WaitParams {
    /// A filter; without it, any request.
    q: Option<String>,
    /// How many must match; default 1.
    #[param(minimum = 1, maximum = 1000)]
    count: Option<usize>,
    /// Seconds, at most 600; default 30. Also `500ms`, `30s`, `2m`.
    timeout: Option<String>,
    /// Only requests after this cursor; default all stored ones.
    after: Option<Seq>,
}

/// The result of a wait.
#[derive(Serialize, ToSchema)]
#[schema(as = Waited)]
struct WaitedShape<'a> {
    /// The first that match, oldest first.
    requests: Vec<SummaryShape<'a>>,
    /// The cursor of the last of them, for the next wait.
    seq: Option<Seq>,
}

/// The problem when the timeout ends the wait: with what matched and what came instead.
#[derive(ToSchema)]
#[schema(as = WaitTimeout)]
#[expect(dead_code, reason = "only its schema is used; `timed_out` writes it")]
struct WaitTimeoutShape<'a> {
    /// Always `about:blank`.
    r#type: String,
    /// The status in words.
    title: String,
    /// 408.
    status: u16,
    /// A sentence.
    detail: String,
    /// Always `timeout`.
    code: String,
    /// How many were waited for.
    wanted: usize,
    /// How many matched.
    matched: usize,
    /// Those that matched, oldest first.
    requests: Vec<SummaryShape<'a>>,
    /// What came instead, newest first.
    seen: Vec<SummaryShape<'a>>,
}

fn timeout(text: Option<&str>) -> Result<Duration, Problem> {
    match text {
        None => Ok(Duration::from_secs_f64(DEFAULT_TIMEOUT_S)),
        Some(text) => patience("timeout", text),
    }
}

/// How long a client wants to wait, from that parameter.
pub(super) fn patience(parameter: &'static str, text: &str) -> Result<Duration, Problem> {
    let refuse = || {
        Problem::query(
            parameter,
            format!("Give a number of seconds up to {MAX_TIMEOUT_S}, or a time like 500ms, 30s, 2m."),
        )
    };
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let factor = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        _ => return Err(refuse()),
    };
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds = number.parse::<f64>().ok().filter(|_| plain).map(|number| number * factor);
    let seconds = seconds.filter(|seconds| (0.0..=MAX_TIMEOUT_S).contains(seconds)).ok_or_else(refuse)?;
    Ok(Duration::from_secs_f64(seconds))
}

/// Wait until requests are there
///
/// Answers as soon as `count` requests match; after the timeout, answers 408 with the other requests that came.
#[utoipa::path(
    tag = "requests",
    params(WaitParams),
    responses((status = 200, body = WaitedShape), (status = 408, content_type = "application/problem+json", body = WaitTimeoutShape, description = "Not met in time; `requests` has what matched, `seen` what came instead"))
)]
#[get("/api/v1/bins/{bin}/wait")]
async fn wait(state: State, bin: BinRef, query: Query<WaitParams>) -> Result<HttpResponse, Problem> {
    let parsed = filter(query.q.as_deref())?;
    let count = query.count.unwrap_or(1);
    if !(1..=MAX_PAGE).contains(&count) {
        return Err(Problem::query("count", format!("A count is a number from 1 to {MAX_PAGE}.")));
    }
    let timeout = timeout(query.timeout.as_deref())?;
    let wanted =
        ListQuery { filter: parsed.clone(), limit: count, before: None, after: query.after, order: Order::Oldest };
    // Subscribed before the first query, so that any later commit wakes the waiter.
    let changes = state.hub.subscribe(bin.id(), query.q.clone().map(|text| (text, parsed)))?;
    match tokio::time::timeout(timeout, met(&state, bin.id(), &wanted, changes)).await {
        Ok(met) => {
            let requests = met?;
            let seq = requests.last().map(|request| request.seq);
            Ok(HttpResponse::Ok().json(WaitedShape { requests: shapes(&requests), seq }))
        }
        Err(_) => Err(timed_out(&state, bin.id(), wanted).await?),
    }
}

/// The wanted requests, once there are as many as the query's limit.
async fn met(
    state: &ConsoleState,
    bin: BinId,
    wanted: &ListQuery,
    mut changes: Subscription,
) -> Result<Vec<RequestSummary>, Problem> {
    loop {
        let page = state.store.list(bin, wanted.clone()).await?;
        if page.requests.len() >= wanted.limit {
            return Ok(page.requests);
        }
        if changes.next().await.is_none() {
            let gone = state.store.bin(bin.as_str()).is_none();
            return Err(if gone {
                Problem::not_found("bin")
            } else {
                Problem::new(Code::ShuttingDown, "The server is shutting down.")
            });
        }
    }
}

/// The problem when the timeout ends the wait.
async fn timed_out(state: &ConsoleState, bin: BinId, wanted: ListQuery) -> Result<Problem, Problem> {
    let count = wanted.limit;
    let after = wanted.after;
    let matched = state.store.list(bin, wanted).await?.requests;
    let recent =
        ListQuery { limit: SEEN_INSTEAD + matched.len().min(MAX_PAGE - SEEN_INSTEAD), after, ..ListQuery::default() };
    let seen = state.store.list(bin, recent).await?.requests;
    let others: Vec<_> = seen
        .into_iter()
        .filter(|seen| matched.iter().all(|matched| matched.id != seen.id))
        .take(SEEN_INSTEAD)
        .collect();
    let json = |requests: &[RequestSummary]| serde_json::to_value(shapes(requests)).unwrap_or_default();
    let detail = format!("{} of {count} requests matched in time; {} others are there.", matched.len(), others.len());
    Ok(Problem::new(Code::Timeout, detail)
        .with("wanted", count)
        .with("matched", matched.len())
        .with("requests", json(&matched))
        .with("seen", json(&others)))
}
