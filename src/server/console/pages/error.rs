//! Problems as pages.

use actix_web::HttpRequest;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use askama::Template;

use super::shell::{BinLinks, Shell};
use super::{HTML, format};
use crate::server::console::extract::State;
use crate::server::console::problem::Problem;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: u16,
    title: &'static str,
    sentence: String,
    /// The nearest existing page: its address and its name.
    back: Option<(String, String)>,
}

/// Middleware around every page: shows a [`Problem`] of the handler or its extractors as a page.
pub(super) async fn problems_as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(problem) = response.response().error().and_then(actix_web::Error::as_error::<Problem>) else {
        return Ok(response);
    };
    // The scripts request parts of pages and read problems as JSON.
    if super::wants_problems(response.request()) {
        return Ok(response);
    }
    let title = problem.title();
    let page = ErrorPage {
        back: back(response.request()),
        shell: Shell::new(response.request(), title),
        status: problem.code().status().as_u16(),
        title,
        sentence: format::plain(problem.detail()),
    };
    let html = page.render().unwrap_or_else(|_| title.to_owned());
    // Status and other header fields stay those of the problem.
    Ok(response.map_body(|head, _| {
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
        BoxBody::new(html)
    }))
}

/// Like [`problems_as_pages`], for routes that programs use too: only for clients that accept HTML.
pub(in crate::server::console) async fn problems_for_people(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return problems_as_pages(request, next).await;
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// The bin in the address, if it exists.
fn back(request: &HttpRequest) -> Option<(String, String)> {
    let state = State::of(request).ok()?;
    let bin = state.find_bin(request.path().strip_prefix("/bins/")?.split('/').next()?)?;
    let links = BinLinks::new(&bin.bin, &state);
    Some((links.base, format!("Requests of {}", links.label)))
}
