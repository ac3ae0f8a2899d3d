//! Comparison of two requests.

use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::diff::{Ignored, compare};
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::heavy::{Found, comparing};
use crate::server::console::problem::Problem;
use crate::store::RequestRef;

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
    /// The bin of the other, if it is another one: its id or name.
    b_bin: Option<String>,
    /// Places of JSON bodies that may differ: pointers with commas between; `*` stands for any one name or place.
    ignore: Option<String>,
}

fn which(name: &str, text: &str) -> Result<RequestRef, Problem> {
    text.parse().map_err(|_| Problem::query(name, "Give a request's id, or `latest`."))
}

/// Compare two requests: request line, headers, query, body
#[utoipa::path(tag = "requests", params(DiffParams), responses((status = 200, description = "What differs", body = Object)))]
#[get("/api/v1/bins/{bin}/diff")]
async fn diff(state: State, bin: BinRef, query: Query<DiffParams>) -> Result<HttpResponse, Problem> {
    let store = &state.store;
    let other = match query.b_bin.as_deref() {
        Some(other) => state.find_bin(other).ok_or_else(|| Problem::query("b_bin", "There is no such bin."))?.bin.id,
        None => bin.id(),
    };
    let ignored = Ignored::parse(query.ignore.as_deref().unwrap_or_default())
        .map_err(|word| Problem::query("ignore", format!("'{word}' is no JSON pointer: it starts with a slash.")))?;
    let a = Found::find(store, bin.id(), which("a", &query.a)?).await?;
    let b = Found::find(store, other, which("b", &query.b)?).await?;
    // For large bodies this takes long enough to delay the other requests of this thread.
    let comparison = comparing(store, (a, b), move |a, b| compare(a, b).without(&ignored)).await?;
    Ok(HttpResponse::Ok().json(comparison))
}
