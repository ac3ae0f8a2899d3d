//! Exports: one request as a command or code, a whole bin as a file.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::is_web_url;
use super::schemas;
use crate::export::{self, ExportOptions, ManyExporter, RowAttempts, Rows, SingleExporter};
use crate::model::filter::Filter;
use crate::model::{Attempt, BinId, CapturedRequest, RequestId, Seq};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Query, State, WhichRequest, filter};
use crate::server::console::heavy::{self, turn};
use crate::server::console::pieces::{Pieces, Ready, in_parts, parts_of};
use crate::server::console::problem::{Code, Problem};
use crate::server::console::security::SANDBOX_CSP;
use crate::store::{AttemptDepth, Store};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(one).service(many);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OneParams {
    /// `curl`, `httpie`, `python`, `node`, `go`, `http` or `har`.
    #[param(inline, value_type = schemas::SingleExporterName)]
    r#as: String,
    /// `true` leaves credentials, cookies and signatures in.
    secrets: Option<bool>,
    /// Send to this URL rather than to the one that was called.
    url: Option<String>,
}

fn options(state: &ConsoleState, secrets: Option<bool>, url: Option<String>) -> ExportOptions {
    ExportOptions { redact: !secrets.unwrap_or(false), origin: state.capture.base_url().to_owned(), url }
}

fn kind<K: std::str::FromStr>(text: &str, known: impl Iterator<Item = &'static str>) -> Result<K, Problem> {
    text.parse()
        .map_err(|_| Problem::query("as", format!("Export as one of {}.", known.collect::<Vec<_>>().join(", "))))
}

/// Export a request as a command, as code or as a file
#[utoipa::path(tag = "exports", params(OneParams), responses((status = 200, description = "The text", content(
    (String = "text/x-shellscript"), (String = "text/x-python"), (String = "text/javascript"), (String = "text/x-go"),
    (schemas::Binary = "application/octet-stream"), (Object = "application/json"),
))))]
#[get("/api/v1/bins/{bin}/requests/{id}/export")]
async fn one(state: State, bin: BinRef, which: WhichRequest, query: Query<OneParams>) -> Result<HttpResponse, Problem> {
    let kind: SingleExporter = kind(&query.r#as, SingleExporter::all().map(SingleExporter::id))?;
    if query.url.as_deref().is_some_and(|url| !is_web_url(url)) {
        return Err(Problem::query("url", "Give a whole URL that starts with http:// or https://."));
    }
    let captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let id = captured.request().summary.id;
    let options = options(&state, query.secrets, query.0.url);
    let exported = captured.write(move |captured| export::single(kind, &captured, &options)).await?;
    let name = format!("attachment; filename=\"{id}.{}\"", exported.extension);
    Ok(HttpResponse::Ok()
        .content_type(exported.media_type)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .body(in_parts(exported.bytes)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManyParams {
    /// `jsonl` (can be imported again), `har` or `csv`.
    #[param(inline, value_type = schemas::ManyExporterName)]
    r#as: String,
    /// Only what matches this filter.
    q: Option<String>,
    /// `true` leaves credentials, cookies and signatures in.
    secrets: Option<bool>,
}

/// Requests per page, and about how many bytes of them: an export takes little memory, whatever the bin's size.
const STEP: usize = 200;
const STEP_BYTES: usize = 4 << 20;

/// Exports of bins under way at once: each holds a page of requests, which its client may read as slowly as it likes.
const MAX_EXPORTS: usize = 16;

/// The number of exports of bins under way.
#[derive(Debug)]
pub(crate) struct Exports(Arc<Semaphore>);

impl Default for Exports {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_EXPORTS)))
    }
}

impl Exports {
    /// Room for one more; `None` when too many are under way.
    fn room(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

/// An export under way.
struct Export {
    _room: OwnedSemaphorePermit,
    store: Store,
    bin: BinId,
    filter: Filter,
    rows: Rows,
    after: Seq,
    /// Requests that were read and not written yet.
    page: VecDeque<CapturedRequest>,
    /// The row being written: its request, its remaining attempts, and their writer.
    open: Option<(RequestId, VecDeque<Seq>, RowAttempts)>,
}

impl Export {
    /// The heads of the request's attempts; most requests have none.
    async fn heads(&self, captured: &CapturedRequest) -> Vec<Attempt> {
        if captured.summary.last_attempt.is_none() || !self.rows.has_attempts() {
            return Vec::new();
        }
        // It may be gone meanwhile.
        self.store.attempts(self.bin, captured.summary.id, AttemptDepth::HEADS).await.unwrap_or_default()
    }

    /// Makes the next piece: an attempt, a row without them, or the end.
    async fn make(&mut self, ready: &mut Ready) -> Result<bool, Problem> {
        if let Some((request, mut left, mut attempts)) = self.open.take() {
            let Some(id) = left.pop_front() else {
                ready.push(attempts.close());
                return Ok(true);
            };
            let turn = turn().await;
            // It may be gone meanwhile.
            if let Ok(attempt) = self.store.attempt_at(self.bin, request, id).await {
                let (written, rest) = turn.run(move || (attempts.next(&attempt), attempts)).await?;
                ready.push(written);
                attempts = rest;
            }
            self.open = Some((request, left, attempts));
            return Ok(true);
        }
        if self.page.is_empty() {
            let page = self.store.requests_after(self.bin, self.after, &self.filter, STEP, STEP_BYTES).await?;
            self.page = page.into();
        }
        let Some(captured) = self.page.pop_front() else {
            ready.push(self.rows.end());
            return Ok(false);
        };
        self.after = captured.summary.seq;
        let heads = self.heads(&captured).await;
        let (row, attempts) = self.rows.open_row(&captured, &heads);
        ready.push(row);
        let left = heads.iter().map(|attempt| attempt.id).collect();
        self.open = attempts.map(|attempts| (captured.summary.id, left, attempts));
        Ok(true)
    }
}

impl Pieces for Export {
    async fn write(&mut self, ready: &mut Ready) -> Result<bool, Problem> {
        let made = self.make(ready).await;
        if let Err(problem) = &made {
            tracing::warn!(error = %problem, bin = %self.bin, "an export broke off");
        }
        made
    }
}

/// Export a bin's requests, oldest first
#[utoipa::path(tag = "exports", params(ManyParams), responses((status = 200, description = "The file", content(
    (String = "application/x-ndjson"), (Object = "application/json"), (String = "text/csv"),
))))]
#[get("/api/v1/bins/{bin}/export")]
async fn many(state: State, bin: BinRef, query: Query<ManyParams>) -> Result<HttpResponse, Problem> {
    let kind: ManyExporter = kind(&query.r#as, ManyExporter::all().map(ManyExporter::id))?;
    let filter = filter(query.q.as_deref())?;
    let room = state.exports.room().ok_or_else(|| {
        state.capture.count_export_refused();
        let detail = format!("{MAX_EXPORTS} exports are under way. Export again when one of them has ended.");
        Problem::new(Code::Busy, detail)
    })?;
    let rows = export::many(kind, options(&state, query.secrets, None));
    let start = rows.start();
    let export = Export {
        _room: room,
        store: state.store.clone(),
        bin: bin.id(),
        filter,
        rows,
        after: 0,
        page: VecDeque::new(),
        open: None,
    };
    let name = format!("attachment; filename=\"{}.{}\"", bin.id(), kind.extension());
    Ok(HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .streaming(parts_of(start, export)))
}
