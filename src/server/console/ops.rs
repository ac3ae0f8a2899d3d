//! Operations: liveness, readiness, info and metrics.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::extract::State;
use super::problem::Problem;
use crate::model::Timestamp;

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(healthz).service(readyz).service(metrics).service(info);
}

/// A state in one word.
#[derive(Serialize, ToSchema)]
struct StatusShape {
    /// Always `ok`; anything else is a problem.
    status: &'static str,
}

/// Whether the process responds
#[utoipa::path(tag = "operations", responses((status = 200, body = StatusShape)))]
#[get("/healthz")]
async fn healthz() -> HttpResponse {
    HttpResponse::Ok().json(StatusShape { status: "ok" })
}

/// Whether requests can be stored and read now
#[utoipa::path(tag = "operations", responses((status = 200, body = StatusShape)))]
#[get("/readyz")]
async fn readyz(state: State) -> Result<HttpResponse, Problem> {
    state.store.check().await?;
    Ok(HttpResponse::Ok().json(StatusShape { status: "ok" }))
}

/// The server's version, addresses and state.
#[derive(Serialize, ToSchema)]
#[schema(as = Info)]
struct InfoShape<'a> {
    /// `creel`.
    name: &'static str,
    /// The version of the program.
    version: &'static str,
    /// Where bins are, without a slash at the end.
    capture_url: &'a str,
    /// Where the console is, without a slash at the end.
    console_url: &'a str,
    /// When the server was started.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// The server's time.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// The newest cursor.
    seq: u64,
    /// How many bins there are.
    bins: usize,
    /// Bytes of a body, for bins without a limit of their own.
    max_body_bytes: u64,
    /// Live subscribers now.
    subscribers: usize,
    /// The database file with its log.
    database_bytes: u64,
    /// Why nothing can be stored at the moment, if so.
    trouble: Option<String>,
}

/// Version, addresses, state
#[utoipa::path(tag = "operations", responses((status = 200, body = InfoShape)))]
#[get("/api/v1/info")]
async fn info(state: State) -> Result<HttpResponse, Problem> {
    let stored = state.store.stats();
    Ok(HttpResponse::Ok().json(InfoShape {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        capture_url: state.capture.base_url(),
        console_url: &state.console_url,
        started_at: state.started_at,
        now: state.capture.clock().now(),
        seq: state.store.head_seq(),
        bins: state.store.bins().len(),
        max_body_bytes: state.defaults.max_body,
        subscribers: state.hub.stats().subscribers,
        database_bytes: stored.file_bytes,
        // Only the kind of trouble: its cause may name paths, and is in the log.
        trouble: stored.trouble.map(|error| Problem::from(error).to_string()),
    }))
}

/// Room for the text of all figures.
const FIGURES_BYTES: usize = 8 << 10;

/// A figure: its name without the program's, its help text, its value.
type Figure = (&'static str, &'static str, u64);

fn figures(state: &State) -> impl IntoIterator<Item = Figure> + use<> {
    let store = state.store.stats();
    let hub = state.hub.stats();
    let seen = state.capture.counters();
    let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
    [
        ("captured_total", "Requests stored since the start.", store.captured),
        ("not_stored_total", "Requests that could not be stored.", store.failed),
        ("unknown_bin_total", "Requests to bins that are not there.", of(&seen.unknown_bin)),
        ("rejected_kept_total", "Requests that the HTTP parser rejected and that were kept.", of(&seen.rejected_kept)),
        (
            "rejected_unattributed_total",
            "Requests that the HTTP parser rejected and that name no bin.",
            of(&seen.rejected_unattributed),
        ),
        ("head_mismatch_total", "Heads on which recorder and parser disagreed.", of(&seen.head_mismatch)),
        ("not_asked_total", "Senders turned away because too many waited for a target.", of(&seen.not_asked)),
        ("loops_total", "Requests not kept because they are in a delivery loop.", of(&seen.loops)),
        ("not_held_total", "Senders answered at once because too many waited by hand.", of(&seen.not_held)),
        ("crowded_total", "Requests rejected because too much was being received.", of(&seen.crowded)),
        ("unread_responses_total", "Responses given up because the sender did not read them.", of(&seen.unread)),
        ("shed_connections_total", "Idle connections closed to make room for others.", of(&seen.shed)),
        ("auto_created_total", "Bins made by requests.", of(&seen.created)),
        ("auto_create_rejected_total", "Requests to unknown bins rejected: too many bins.", of(&seen.not_created)),
        ("imports_refused_total", "Imports refused because too much was being imported.", of(&seen.not_imported)),
        ("exports_refused_total", "Exports of bins refused because too many were under way.", of(&seen.not_exported)),
        ("learnt_secrets_total", "Secrets that senders handed over in handshakes.", of(&seen.learnt_secrets)),
        ("held_senders", "Senders that wait for an answer by hand.", state.capture.held() as u64),
        ("commits_total", "Transactions committed.", store.commits),
        ("queued_requests", "Requests that wait for the writer.", store.queued),
        ("queued_bytes", "Bytes of these.", store.queued_bytes),
        ("database_bytes", "Bytes of the database file and its log.", store.file_bytes),
        ("database_wal_bytes", "Bytes of the write-ahead log.", store.wal_bytes),
        ("store_working", "1 when requests can be stored.", u64::from(store.trouble.is_none())),
        ("clock_jumped", "1 within an hour of a jump of the clock ahead.", u64::from(store.clock_jumped)),
        ("bins", "Bins.", state.store.bins().len() as u64),
        ("live_subscribers", "Live subscribers.", hub.subscribers as u64),
        ("live_events_total", "Events published to live subscribers.", hub.published),
        ("live_lagged_total", "Times that a live subscriber was told that it missed something.", hub.lagged),
        ("live_dropped_total", "Events dropped because the hub could not keep up.", hub.dropped),
    ]
}

/// Figures in Prometheus' text format
#[utoipa::path(tag = "operations", responses((status = 200, description = "Metrics", content_type = "text/plain", body = String)))]
#[get("/metrics")]
async fn metrics(state: State) -> Result<HttpResponse, Problem> {
    let mut text = String::with_capacity(FIGURES_BYTES);
    for (name, help, value) in figures(&state) {
        // Prometheus' convention: counters end in `_total`, and nothing else does.
        let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
        // Writing to a string does not fail.
        let _ = write!(text, "# HELP creel_{name} {help}\n# TYPE creel_{name} {kind}\ncreel_{name} {value}\n");
    }
    text.push_str("# HELP creel_console_refused_total Requests that the console refused.\n");
    text.push_str("# TYPE creel_console_refused_total counter\n");
    for (reason, _, count) in state.security.refused().all() {
        let _ = writeln!(text, "creel_console_refused_total{{reason=\"{reason}\"}} {count}");
    }
    Ok(HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text))
}
