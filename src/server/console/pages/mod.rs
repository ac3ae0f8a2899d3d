//! The pages: a struct for each template beside the handler that fills it.

mod address;
mod answer_words;
mod answers;
mod check;
mod checklist;
mod choices;
mod commands;
mod contract_box;
mod conversation;
mod detail;
mod editable;
mod error;
mod format;
mod help;
mod home;
mod inspector;
mod list;
mod notices;
mod row;
mod send;
mod session_contract;
mod sessions;
mod settings;
mod setup;
mod shapes;
mod shell;
mod tabs;
mod timeline;
mod tree_parts;
mod unknown;

use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpRequest, HttpResponse, Responder, Route, web};
use askama::Template;

pub(super) use error::problems_for_people;
pub(super) use shell::{BinLinks, Shell};

use super::assets;
use super::problem::Problem;

/// The type of pages and parts of pages.
const HTML: &str = "text/html; charset=utf-8";

/// Mounts every page and the assets.
pub(super) fn configure(app: &mut web::ServiceConfig) {
    app.configure(assets::configure)
        .route("/", get(home::show))
        .route("/parts/bins", get(home::parts))
        .route("/parts/unknown", get(unknown::part))
        .route("/parts/choices", get(choices::part))
        .route("/help", get(help::show))
        .route("/bins", get(home::show))
        .route("/bins/{bin}", get(inspector::show))
        .route("/bins/{bin}/rows", get(list::rows))
        .route("/bins/{bin}/send", get(send::show))
        .route("/bins/{bin}/settings", get(settings::show))
        .route("/check/{check}", get(check::show))
        .route("/bins/{bin}/checklist", get(checklist::show))
        .route("/bins/{bin}/contract", get(shapes::show))
        .route("/bins/{bin}/sessions", get(sessions::list))
        .route("/bins/{bin}/sessions/{session}", get(sessions::show))
        .route("/bins/{bin}/session", get(sessions::show_by_query))
        .route("/bins/{bin}/answers", get(answers::show))
        .route("/bins/{bin}/timeline", get(timeline::show))
        .route("/bins/{bin}/requests/{id}", get(inspector::show_request))
        .route("/bins/{bin}/requests/{id}/part", get(detail::part))
        .route("/bins/{bin}/requests/{id}/json", get(tree_parts::children))
        .route("/bins/{bin}/requests/{id}/json/find", get(tree_parts::find))
        .route("/bins/{bin}/requests/{id}/json/value", get(tree_parts::value))
        .route("/bins/{bin}/requests/{id}/image", get(tree_parts::image))
        .route("/bins/{bin}/requests/{id}/parts/{part}", get(tree_parts::file))
        .route("/bins/{bin}/requests/{id}/text", get(tree_parts::text))
        .route("/bins/{bin}/requests/{id}/signed", get(tabs::signed_bytes))
        .route("/bins/{bin}/requests/{id}/try", page(web::post(), tabs::try_secret));
}

fn get<F, Args>(handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    page(web::get(), handler)
}

/// A route that shows its problems as pages.
fn page<F, Args>(route: Route, handler: F) -> Route
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    route.to(handler).wrap(from_fn(error::problems_as_pages))
}

/// The type of problems.
const PROBLEM: &str = "application/problem+json";

/// Whether the client reads problems as JSON rather than as a page.
fn wants_problems(request: &HttpRequest) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains(PROBLEM))
}

/// A page, or a part of one.
pub(super) fn html(page: &impl Template) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().content_type(HTML).body(page.render()?))
}
