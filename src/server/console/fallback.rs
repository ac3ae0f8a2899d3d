//! Requests that no route takes: 404, 405 with `Allow`, `OPTIONS`, and webhooks that were sent to the console by
//! mistake.

use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::{HttpRequest, HttpResponse, Route, web};

use super::extract::State;
use super::problem::{Code, Problem};
use super::{openapi, pages};

/// Answers all of them; a browser gets a page.
pub(super) fn route() -> Route {
    web::to(answer).wrap(from_fn(pages::problems_for_people))
}

async fn answer(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if let Some(methods) = openapi::document().methods_of(request.path()) {
        return if request.method() == Method::OPTIONS {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, methods)).finish())
        } else {
            Err(Problem::allowing(methods))
        };
    }
    let first = request.path().trim_start_matches('/').split('/').next().unwrap_or_default();
    if let Some(bin) = state.find_bin(first) {
        let handle = bin.bin.handle();
        let url = state.capture.bin_url(&handle, None);
        let detail = format!("This is the console, which captures nothing. Send webhooks to {url} instead.");
        return Err(Problem::new(Code::NotFound, detail).with("capture_url", url));
    }
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return Err(Problem::new(Code::NotFound, "There is nothing here."));
    }
    let base = state.capture.base_url();
    Err(Problem::new(
        Code::NotFound,
        format!("There is nothing here. If this was meant to be a webhook: bins are at {base}/{{bin}}."),
    ))
}
