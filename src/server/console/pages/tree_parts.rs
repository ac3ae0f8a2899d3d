//! Pieces of a JSON body for a tree that is already on a page.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::detail::which;
use super::error::{PageError, html};
use super::shell::bin_of;
use super::tabs::{TreePart, codings, open_body};
use crate::json::scan;
use crate::server::console::ConsoleState;
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

type Path = web::Path<(String, String)>;

/// Reads the body and makes something of it, on a thread where that may take its time.
async fn with_body<T: Send + 'static>(
    state: &ConsoleState,
    path: &(String, String),
    make: impl FnOnce(&[u8]) -> T + Send + 'static,
) -> Result<T, PageError> {
    let bin = bin_of(state, &path.0)?;
    let request = state.store.request(bin.bin.id, which(&path.1)?).await?;
    Ok(web::block(move || {
        let codings = codings(&request);
        make(open_body(&request, &codings).bytes())
    })
    .await?)
}

/// `GET …/json?node=&offset=`: values of a container.
pub(super) async fn children(
    state: web::Data<ConsoleState>,
    path: Path,
    params: web::Query<TreeParams>,
) -> Result<HttpResponse, PageError> {
    let make = move |body: &[u8]| TreePart::children(scan(body).children(body, params.node, params.offset, PAGE));
    html(&with_body(&state, &path, make).await?)
}

/// `GET …/json/find?text=`: values that hold a text.
pub(super) async fn find(
    state: web::Data<ConsoleState>,
    path: Path,
    params: web::Query<TreeParams>,
) -> Result<HttpResponse, PageError> {
    let make = move |body: &[u8]| TreePart::hits(scan(body).find(body, &params.text, HITS));
    html(&with_body(&state, &path, make).await?)
}

/// `GET …/json/value?node=`: a value as written.
pub(super) async fn value(
    state: web::Data<ConsoleState>,
    path: Path,
    params: web::Query<TreeParams>,
) -> Result<HttpResponse, PageError> {
    let make = move |body: &[u8]| {
        let outline = scan(body);
        (usize::try_from(params.node).unwrap_or(usize::MAX) < outline.len())
            .then(|| bytes::Bytes::copy_from_slice(outline.raw(body, params.node)))
    };
    match with_body(&state, &path, make).await? {
        Some(raw) => Ok(attachment("text/plain; charset=utf-8").body(raw)),
        None => Err(PageError::not_found("There is no such value.")),
    }
}

/// `GET …/image`: the body, when it is a raster image; nothing else is ever shown as what it says it is.
pub(super) async fn image(state: web::Data<ConsoleState>, path: Path) -> Result<HttpResponse, PageError> {
    let make = |body: &[u8]| raster_mime(body).map(|mime| (mime, bytes::Bytes::copy_from_slice(body)));
    match with_body(&state, &path, make).await? {
        Some((mime, body)) => Ok(attachment(mime).body(body)),
        None => Err(PageError::not_found("The body is not an image that can be shown.")),
    }
}

/// Captured bytes: never a page, whatever a browser thinks of them.
pub(super) fn attachment(mime: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .content_type(mime)
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("content-security-policy", "sandbox; default-src 'none'"))
        .insert_header(("content-disposition", "attachment"))
        .insert_header(("cache-control", "no-store"));
    response
}
