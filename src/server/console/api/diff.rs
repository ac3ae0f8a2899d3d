//! Comparison of two requests.

use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::diff::compare;
use crate::server::console::extract::{BinRef, Query, state};
use crate::server::console::problem::Problem;
use crate::store::{RequestRef, StoreError};

pub(super) fn configure(app: &mut ServiceConfig<'_>) {
    app.service(diff);
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DiffParams {
    /// The one request's id, or `latest`.
    a: String,
    /// The other's.
    b: String,
}

fn which(name: &str, text: &str) -> Result<RequestRef, Problem> {
    if text == "latest" {
        return Ok(RequestRef::Latest);
    }
    text.parse().map(RequestRef::Id).map_err(|_| Problem::query(name, "Give a request's id, or `latest`."))
}

/// Compare two requests of a bin: request line, headers, query, body
#[utoipa::path(tag = "requests", params(DiffParams), responses((status = 200, description = "What differs", body = Object)))]
#[get("/api/v1/bins/{bin}/diff")]
async fn diff(request: HttpRequest, bin: BinRef, query: Query<DiffParams>) -> Result<HttpResponse, Problem> {
    let store = &state(&request)?.store;
    let a = store.request(bin.id(), which("a", &query.a)?).await?;
    let b = store.request(bin.id(), which("b", &query.b)?).await?;
    // Bounded, but long enough for large bodies to hold up everybody else of this thread.
    let comparison = tokio::task::spawn_blocking(move || compare(&a, &b))
        .await
        .map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(HttpResponse::Ok().json(comparison))
}
