//! The part of the first page with the bins that senders requested but that do not exist.

use actix_web::HttpResponse;
use askama::Template;
use askama::filters::HtmlSafe;

use super::{format, html};
use crate::server::console::ConsoleState;
use crate::server::console::extract::State;
use crate::server::console::problem::Problem;

/// A requested name.
#[derive(Debug)]
struct Asked {
    name: String,
    times: String,
    iso: String,
    ago: String,
}

/// The names, each with a way to make the bin.
#[derive(Debug, Template)]
#[template(path = "parts/unknown.html")]
pub(super) struct Unknown {
    names: Vec<Asked>,
}

impl HtmlSafe for Unknown {}

impl Unknown {
    /// The names as they are now.
    pub(super) fn new(state: &ConsoleState) -> Self {
        let now = state.capture.clock().now();
        let names = state.capture.unknown_bins().into_iter().map(|known| Asked {
            name: known.name.to_string(),
            times: format::plural(known.count, "time", "times"),
            iso: known.last_at.to_string(),
            ago: format::span(now.since(known.last_at).as_secs()),
        });
        Self { names: names.collect() }
    }
}

/// `GET /parts/unknown`: the present names, for an open page.
pub(super) async fn part(state: State) -> Result<HttpResponse, Problem> {
    html(&Unknown::new(&state))
}
