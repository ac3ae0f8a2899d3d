//! Pieces of a JSON body for a tree that is already on a page.

use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Deserialize;

use super::html;
use super::tabs::{TreePart, codings, open_body};
use crate::json::scan;
use crate::server::console::extract::{BinRef, Query, State, WhichRequest};
use crate::server::console::heavy::heavy;
use crate::server::console::problem::{Code, Problem};
use crate::server::console::security::SANDBOX_CSP;
use crate::view::raster_mime;

/// Values that one click fetches.
const PAGE: u32 = 200;
/// Values that a search shows.
const HITS: usize = 200;

/// Which values.
#[derive(Debug, Deserialize)]
pub(super) struct TreeParams {
    #[serde(default)]
    node: u32,
    #[serde(default)]
    offset: u32,
    #[serde(default)]
    text: String,
}

/// Reads the body and makes something of it, on a thread that may be busy for long.
async fn with_body<T: Send + 'static>(
    state: &State,
    bin: &BinRef,
    which: WhichRequest,
    make: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, Problem> {
    let request = state.store.request(bin.id(), which.0).await?;
    Ok(heavy(move || {
        let codings = codings(&request);
        make(open_body(&request, &codings).bytes())
    })
    .await?)
}

/// `GET …/json?node=&offset=`: values of a container.
pub(super) async fn children(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8]| TreePart::children(scan(body).children(body, params.node, params.offset, PAGE));
    html(&with_body(&state, &bin, which, make).await?)
}

/// `GET …/json/find?text=`: values that hold a text.
pub(super) async fn find(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8]| TreePart::hits(scan(body).find(body, &params.text, HITS));
    html(&with_body(&state, &bin, which, make).await?)
}

/// `GET …/json/value?node=`: a value as written.
pub(super) async fn value(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    params: Query<TreeParams>,
) -> Result<HttpResponse, Problem> {
    let make = move |body: &[u8]| {
        let outline = scan(body);
        (usize::try_from(params.node).unwrap_or(usize::MAX) < outline.count())
            .then(|| bytes::Bytes::copy_from_slice(outline.raw(body, params.node)))
    };
    match with_body(&state, &bin, which, make).await? {
        Some(raw) => Ok(attachment("text/plain; charset=utf-8").body(raw)),
        None => Err(Problem::new(Code::NotFound, "There is no such value.")),
    }
}

/// `GET …/image`: the body, when it is a raster image; nothing else is ever shown as what it says it is.
pub(super) async fn image(state: State, bin: BinRef, which: WhichRequest) -> Result<HttpResponse, Problem> {
    let make = |body: &[u8]| raster_mime(body).map(|mime| (mime, bytes::Bytes::copy_from_slice(body)));
    match with_body(&state, &bin, which, make).await? {
        Some((mime, body)) => Ok(attachment(mime).body(body)),
        None => Err(Problem::new(Code::NotFound, "The body is not an image that can be shown.")),
    }
}

/// Captured bytes: never a page, whatever a browser thinks of them.
pub(super) fn attachment(mime: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(mime)
        .insert_header((header::CONTENT_SECURITY_POLICY, SANDBOX_CSP))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"));
    response
}
