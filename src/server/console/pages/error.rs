//! Problems as pages.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use askama::Template;

use super::shell::Shell;
use super::{HTML, format};

use crate::server::console::problem::Problem;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    shell: Shell,
    status: u16,
    title: &'static str,
    sentence: String,
}

/// Runs around every page: a [`Problem`] of the handler, or of what it asks for, is shown as a page.
pub(super) async fn problems_as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let response = next.call(request).await?.map_into_boxed_body();
    let Some(problem) = response.response().error().and_then(actix_web::Error::as_error::<Problem>) else {
        return Ok(response);
    };
    let title = problem.title();
    let page = ErrorPage {
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
