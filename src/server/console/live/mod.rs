//! The live streams: WebSocket for pages and the command line, server-sent events for `curl -N`.

mod frames;
mod sse;
mod websocket;

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::extract::{BinRef, Json, Query, State, filter, only_objects};
use super::problem::{Code, Problem};
use crate::live::Subscription;
use crate::model::Seq;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(stream).service(events_stream).service(lease);
}

/// Whether a response at this path never ends (or takes long), so that `HEAD` cannot be answered through `GET`.
pub(super) fn never_ends(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("stream" | "events-stream" | "wait"))
}

/// Bytes handed to a connection at once: the memory that a slow subscriber holds in addition to the kernel's buffer.
const CHUNK: usize = 16 << 10;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Replay every change after this cursor, then continue without a gap or a repeat. Default: from now on.
    after: Option<Seq>,
    /// A filter: only requests that match (other changes always pass).
    q: Option<String>,
    /// Start with a `hello` message that tells the cursor the stream starts from.
    hello: Option<bool>,
}

/// Subscribes as the query says. Returns the cursor that the stream starts from, too.
fn subscribe(
    state: &State,
    request: &HttpRequest,
    bin: &BinRef,
    query: &StreamQuery,
) -> Result<(Subscription, Seq), Problem> {
    // The guard has checked this already; a stream to a foreign page would be serious enough to check twice.
    state.security.check_source(request)?;
    let parsed = filter(query.q.as_deref())?;
    let filter = query.q.clone().map(|text| (text, parsed));
    let subscription = state.hub.subscribe(bin.id(), filter)?;
    let after = query.after.unwrap_or_else(|| state.store.head_seq());
    Ok((subscription.resume(state.store.clone(), after), after))
}

/// The message that tells a subscriber what it missed.
fn lagged(from: Seq, to: Seq) -> String {
    json!({"seq": to, "type": "lagged", "from": from, "to": to}).to_string()
}

fn hello(after: Seq) -> String {
    json!({"seq": after, "type": "hello"}).to_string()
}

/// Live changes over a WebSocket
///
/// Each text message is one JSON object `{"seq", "type", …}`: `request` (with its summary), `deleted`, `cleared`,
/// `evicted`, `marked`, `verdict`, `progress`, `bin`, `bin_deleted`, and `lagged` with the cursors `from` and `to` when
/// the subscriber was too slow: it missed the changes with `from < seq <= to`, and reads them with
/// `…/requests?after=from`.
#[utoipa::path(tag = "live", params(StreamQuery), responses((status = 101, description = "A WebSocket")))]
#[get("/api/v1/bins/{bin}/stream")]
async fn stream(
    state: State,
    request: HttpRequest,
    payload: web::Payload,
    bin: BinRef,
    query: Query<StreamQuery>,
) -> Result<HttpResponse, Problem> {
    let accept = frames::handshake(&request)?;
    let (subscription, after) = subscribe(&state, &request, &bin, &query)?;
    let greeting = query.hello.unwrap_or(false).then(|| hello(after));
    let body = websocket::Body::new(payload, subscription, state.heartbeat, greeting);
    Ok(HttpResponse::SwitchingProtocols()
        .upgrade("websocket")
        .insert_header((header::SEC_WEBSOCKET_ACCEPT, accept))
        .body(body))
}

/// One message of an event stream: the values of its lines.
#[derive(ToSchema)]
#[schema(as = ServerSentEvent)]
#[expect(dead_code, reason = "only the document names it")]
struct ServerSentEvent {
    /// The cursor; a change that is not stored has none.
    id: Option<String>,
    /// The type.
    event: String,
    /// The message, a JSON object.
    data: String,
}

/// Live changes as server-sent events
///
/// The same messages as the WebSocket's, with `id` (the cursor), `event` (the type) and `data` (the JSON object). A
/// browser that reconnects continues where it was (`Last-Event-ID`).
#[utoipa::path(tag = "live", params(StreamQuery), responses((status = 200, description = "Events", content_type = "text/event-stream", body = ServerSentEvent)))]
#[get("/api/v1/bins/{bin}/events-stream")]
async fn events_stream(
    state: State,
    request: HttpRequest,
    bin: BinRef,
    mut query: Query<StreamQuery>,
) -> Result<HttpResponse, Problem> {
    let last_id = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    query.0.after = last_id.or(query.after);
    let (subscription, after) = subscribe(&state, &request, &bin, &query)?;
    let greeting = query.hello.unwrap_or(false).then(|| hello(after));
    Ok(events(sse::Body::new(subscription, state.heartbeat, greeting, None)))
}

/// A response that is a stream of events.
fn events(body: sse::Body) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/event-stream")
        // Compressing would hold events back; so would a proxy's buffer.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("X-Accel-Buffering", "no"))
        .body(body)
}

/// How long a sender waits for the holder of the lease, by default.
const PATIENCE_MS: u64 = 10_000;
const MAX_PATIENCE_MS: u64 = 60_000;

/// How to answer a bin's senders.
#[derive(Deserialize, ToSchema)]
#[schema(as = LeaseInput)]
#[serde(deny_unknown_fields, remote = "Self")]
struct LeaseInput {
    /// Milliseconds that a sender waits; then it gets the bin's own response. Default 10000.
    #[schema(minimum = 1, maximum = 60000)]
    timeout_ms: Option<u64>,
}

only_objects!(LeaseInput);

/// Answer a bin's senders for as long as you are connected
///
/// The response is the stream of the bin's events. While it is open, new senders are held for you, and `POST …/answer`
/// answers them. When it ends, the bin answers again, also the senders that wait. A bin has one lease at a time.
#[utoipa::path(tag = "live", request_body = LeaseInput, responses((status = 200, description = "Events", content_type = "text/event-stream", body = ServerSentEvent)))]
#[post("/api/v1/bins/{bin}/lease")]
async fn lease(
    state: State,
    request: HttpRequest,
    bin: BinRef,
    input: Json<LeaseInput>,
) -> Result<HttpResponse, Problem> {
    let patience = input.0.timeout_ms.unwrap_or(PATIENCE_MS);
    if !(1..=MAX_PATIENCE_MS).contains(&patience) {
        return Err(Problem::field("timeout_ms", format!("A sender waits 1 to {MAX_PATIENCE_MS} ms.")));
    }
    let query = StreamQuery { after: None, q: None, hello: None };
    let (subscription, after) = subscribe(&state, &request, &bin, &query)?;
    let leased = state.capture.lease(bin.id(), Duration::from_millis(patience)).ok_or_else(|| {
        Problem::new(Code::Leased, "Another client answers this bin's senders; stop it first, or use another bin.")
    })?;
    Ok(events(sse::Body::new(subscription, state.heartbeat, Some(hello(after)), Some(leased))))
}

/// Takes the next piece for the connection from the waiting bytes.
fn next_chunk(waiting: &mut Bytes) -> Bytes {
    waiting.split_to(waiting.len().min(CHUNK))
}
