//! Captured requests: list, read, exact bytes.

use actix_web::http::header::{self, ContentType, HeaderName, HeaderValue};
use actix_web::{HttpResponse, delete, get};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::schemas;
use crate::export::{self, Normalised};
use crate::model::{RequestId, RequestSummary, Seq};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest, filter};
use crate::server::console::heavy;
use crate::server::console::pieces::in_parts;
use crate::server::console::problem::Problem;
use crate::server::console::security::SANDBOX_CSP;
use crate::shapes::{RequestShape, SummaryShape};
use crate::store::{ListQuery, MAX_PAGE, Order};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(list).service(delete_many).service(read).service(delete_one).service(raw).service(head).service(body);
}

/// The field that names the parts of a request that are not as received.
const NORMALISED: HeaderName = HeaderName::from_static("creel-normalised");

/// The default size of a page.
const PAGE: usize = 50;

#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum OrderParam {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListParams {
    /// A filter: `method:POST sig:invalid "some text"`.
    q: Option<String>,
    /// How many at most; 1 to 1000, default 50.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// Only `seq` below this.
    before: Option<Seq>,
    /// Only `seq` above this.
    after: Option<Seq>,
    /// `newest` first (default) or `oldest`.
    #[param(inline)]
    order: Option<OrderParam>,
}

/// A page of requests.
#[derive(Serialize, ToSchema)]
#[schema(as = RequestPage)]
struct PageShape<'a> {
    /// The requests, in the order asked for.
    requests: Vec<SummaryShape<'a>>,
    /// The cursor of the next page, for `before` (newest first) or `after` (oldest first); `null` at the end.
    next: Option<Seq>,
    /// How many requests match, if known.
    total: Option<u64>,
    /// How many retention has removed from the bin.
    evicted: u64,
    /// How many were rejected.
    rejected: u64,
}

/// The page's size for a `limit`.
pub(super) fn page_size(limit: Option<usize>, default: usize) -> Result<usize, Problem> {
    match limit {
        None => Ok(default),
        Some(limit) if (1..=MAX_PAGE).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::query("limit", format!("A limit is a number from 1 to {MAX_PAGE}."))),
    }
}

/// The summaries' shapes.
pub(super) fn shapes(requests: &[RequestSummary]) -> Vec<SummaryShape<'_>> {
    requests.iter().map(SummaryShape::from).collect()
}

/// List or search a bin's requests
#[utoipa::path(tag = "requests", params(ListParams), responses((status = 200, body = PageShape)))]
#[get("/api/v1/bins/{bin}/requests")]
async fn list(state: State, bin: BinRef, query: Query<ListParams>) -> Result<HttpResponse, Problem> {
    let page = state
        .store
        .list(
            bin.id(),
            ListQuery {
                filter: filter(query.q.as_deref())?,
                limit: page_size(query.limit, PAGE)?,
                before: query.before,
                after: query.after,
                order: match query.order.unwrap_or_default() {
                    OrderParam::Newest => Order::Newest,
                    OrderParam::Oldest => Order::Oldest,
                },
            },
        )
        .await?;
    let counts = state.store.counts(bin.id());
    Ok(HttpResponse::Ok().json(PageShape {
        requests: shapes(&page.requests),
        next: page.next,
        total: page.total,
        evicted: counts.evicted,
        rejected: counts.rejected,
    }))
}

/// How many were concerned.
#[derive(Serialize, ToSchema)]
#[schema(as = Deleted)]
struct DeletedShape {
    /// Requests that are gone.
    deleted: u64,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DeleteParams {
    /// A filter. Without it, `all=true` must say that every request of the bin is meant.
    q: Option<String>,
    /// Every request of the bin.
    all: Option<bool>,
}

/// Delete requests: all that match, pinned ones too
#[utoipa::path(tag = "requests", params(DeleteParams), responses((status = 200, body = DeletedShape)))]
#[delete("/api/v1/bins/{bin}/requests")]
async fn delete_many(state: State, bin: BinRef, query: Query<DeleteParams>) -> Result<HttpResponse, Problem> {
    let filter = filter(query.q.as_deref())?;
    let all = query.all.unwrap_or(false);
    if all && !filter.is_empty() {
        return Err(Problem::query("all", "Give either `q` or `all=true`."));
    }
    // A missing or empty filter must not empty the bin by mistake.
    if filter.is_empty() && !all {
        return Err(Problem::query("q", "Say what to delete: `q` with a filter, or `all=true` for every request."));
    }
    let deleted = state.store.delete_matching(bin.id(), filter).await?;
    Ok(HttpResponse::Ok().json(DeletedShape { deleted }))
}

/// Read a request: everything about it
#[utoipa::path(tag = "requests", responses((status = 200, body = RequestShape)))]
#[get("/api/v1/bins/{bin}/requests/{id}")]
async fn read(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let mut captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let first = captured.first_delivery(&state.store).await?;
    let json = captured.write(move |captured| serde_json::to_vec(&RequestShape::new(&captured, first.as_ref())));
    Ok(HttpResponse::Ok().insert_header(ContentType::json()).body(in_parts(json.await??)))
}

/// Delete a request
#[utoipa::path(tag = "requests", responses((status = 204, description = "It is gone")))]
#[delete("/api/v1/bins/{bin}/requests/{id}")]
async fn delete_one(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let id = super::marks::id_of(&state, &bin, which).await?;
    state.store.delete(bin.id(), id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The whole request, to be written to a socket as it is
///
/// Head, body and trailers as received. The boundaries of chunks are not kept: a chunked body comes as one chunk. The
/// response's `Creel-Normalised` field names the parts that are not as received: `chunks`, or `head` for a head rebuilt
/// from the parser's result.
#[utoipa::path(tag = "requests", responses((
    status = 200,
    description = "The bytes",
    content_type = "application/octet-stream",
    body = schemas::Binary,
    headers(("Creel-Normalised" = String, description = "What is not as received: `chunks`, `head`, both; else it is not there")),
)))]
#[get("/api/v1/bins/{bin}/requests/{id}/raw")]
async fn raw(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let (id, words) = (captured.request().summary.id, Normalised::of(captured.request()).words());
    let message = captured.write(|captured| export::message(&captured)).await?;
    let mut response = attachment(id, "request", message);
    if let Some(words) = words {
        response.headers_mut().insert(NORMALISED, HeaderValue::from_static(words));
    }
    Ok(response)
}

/// The head, exactly as received
#[utoipa::path(tag = "requests", responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = schemas::Binary)))]
#[get("/api/v1/bins/{bin}/requests/{id}/head")]
async fn head(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let captured = captured.request();
    Ok(attachment(captured.summary.id, "head", captured.head.raw().clone()))
}

/// The body, exactly as received (after chunked framing, before any decoding)
#[utoipa::path(tag = "requests", responses((status = 200, description = "The bytes", content_type = "application/octet-stream", body = schemas::Binary)))]
#[get("/api/v1/bins/{bin}/requests/{id}/body")]
async fn body(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let captured = heavy::read(&state.store, bin.id(), which.0).await?;
    let captured = captured.request();
    Ok(attachment(captured.summary.id, "body", captured.body.clone()))
}

/// Captured bytes: always a file to save, never something that a browser shows or runs.
fn attachment(id: RequestId, what: &str, bytes: Bytes) -> HttpResponse {
    let name = format!("attachment; filename=\"{id}-{what}.bin\"");
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        // Exact bytes need no coding on the way.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .body(in_parts(bytes))
}
