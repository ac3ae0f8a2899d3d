//! Exports: one request as a command or code, a whole bin as a file.

use std::collections::VecDeque;

use actix_web::http::header;
use actix_web::{HttpResponse, get};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::input::is_web_url;
use super::schemas;
use crate::export::{self, ExportOptions, ManyExporter, Rows, SingleExporter};
use crate::model::filter::Filter;
use crate::model::{Attempt, BinId, CapturedRequest, Seq};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Query, State, WhichRequest, filter};
use crate::server::console::problem::Problem;
use crate::server::console::security::SANDBOX_CSP;
use crate::store::Store;

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
    let captured = state.store.request(bin.id(), which.0).await?;
    let exported = export::single(kind, &captured, &options(&state, query.secrets, query.0.url));
    let name = format!("attachment; filename=\"{}.{}\"", captured.summary.id, exported.extension);
    Ok(HttpResponse::Ok()
        .content_type(exported.media_type)
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .body(exported.bytes))
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

/// Requests that are read at once, and about how many bytes of them: the export of any bin takes little memory.
const STEP: usize = 200;
const STEP_BYTES: usize = 4 << 20;

/// An export under way.
struct Export {
    store: Store,
    bin: BinId,
    filter: Filter,
    rows: Rows,
    after: Seq,
    ready: VecDeque<Bytes>,
    ended: bool,
}

impl Export {
    /// What came of sending a request on; most requests were not.
    async fn attempts(&self, captured: &CapturedRequest) -> Vec<Attempt> {
        if captured.summary.last_attempt.is_none() {
            return Vec::new();
        }
        // It may be gone meanwhile.
        self.store.attempts(self.bin, captured.summary.id).await.unwrap_or_default()
    }

    /// The next piece; `None` at the end.
    async fn next(mut self) -> Option<(Result<Bytes, actix_web::Error>, Self)> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some((Ok(piece), self));
            }
            if self.ended {
                return None;
            }
            match self.store.requests_after(self.bin, self.after, &self.filter, STEP, STEP_BYTES).await {
                Ok(page) => {
                    for captured in &page {
                        self.after = captured.summary.seq;
                        let attempts = self.attempts(captured).await;
                        self.ready.push_back(self.rows.row_with(captured, &attempts).into());
                    }
                    if page.is_empty() {
                        self.ended = true;
                        self.ready.push_back(self.rows.end().into());
                    }
                }
                Err(error) => {
                    // The status is sent already: breaking off is the only way left to show that the file is not whole.
                    tracing::warn!(%error, bin = %self.bin, "an export broke off");
                    self.ended = true;
                    return Some((Err(Problem::from(error).into()), self));
                }
            }
        }
    }
}

/// Export a bin's requests, oldest first
#[utoipa::path(tag = "exports", params(ManyParams), responses((status = 200, description = "The file", content(
    (String = "application/x-ndjson"), (Object = "application/json"), (String = "text/csv"),
))))]
#[get("/api/v1/bins/{bin}/export")]
async fn many(state: State, bin: BinRef, query: Query<ManyParams>) -> Result<HttpResponse, Problem> {
    let kind: ManyExporter = kind(&query.r#as, ManyExporter::all().map(ManyExporter::id))?;
    let rows = export::many(kind, options(&state, query.secrets, None));
    let export = Export {
        store: state.store.clone(),
        bin: bin.id(),
        filter: filter(query.q.as_deref())?,
        ready: [Bytes::from(rows.start())].into(),
        rows,
        after: 0,
        ended: false,
    };
    let name = format!("attachment; filename=\"{}.{}\"", bin.id(), kind.extension());
    Ok(HttpResponse::Ok()
        .content_type(kind.media_type())
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .streaming(stream::unfold(export, Export::next)))
}
