//! The inspector: the list of a bin's requests and the chosen one.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use askama::filters::HtmlSafe;

use super::detail::{self, Detail, DetailParams};
use super::error::{PageError, html};
use super::help;
use super::list::{self, ListParams, ListView, encoded};
use super::shell::{BinRef, Shell, bin_of};
use crate::export::ManyExporter;
use crate::model::RequestId;
use crate::server::console::ConsoleState;
use crate::store::BinState;

/// The inspector.
#[derive(Debug, Template)]
#[template(path = "inspector.html")]
pub struct InspectorPage {
    /// The frame.
    pub shell: Shell,
    /// The bin.
    pub bin: BinRef,
    /// The list.
    pub list: ListView,
    /// The chosen request.
    pub detail: Option<Detail>,
    /// What stands there when none is chosen.
    pub waiting: Waiting,
    /// What the whole list can be exported as.
    pub exports: Vec<ExportLink>,
    /// The filter's fields, for the box that offers them.
    pub fields: Vec<(&'static str, &'static str)>,
}

/// A download of the whole list.
#[derive(Debug, Clone)]
pub struct ExportLink {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
}

/// What stands in the place of a request while none is chosen.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/waiting.html")]
pub struct Waiting {
    /// The bin.
    pub bin: BinRef,
    /// Whether nothing was captured yet.
    pub empty: bool,
    /// A command to send something.
    pub curl: String,
}

impl HtmlSafe for Waiting {}

impl Waiting {
    /// For a bin that is empty or not.
    #[must_use]
    pub fn new(bin: BinRef, empty: bool) -> Self {
        let curl = format!("curl -d '{{\"hello\":\"world\"}}' -H 'Content-Type: application/json' {}", bin.capture_url);
        Self { bin, empty, curl }
    }
}

/// `GET /bins/{bin}`.
pub(super) async fn show(
    state: web::Data<ConsoleState>,
    name: web::Path<String>,
    params: web::Query<ListParams>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let bin = bin_of(&state, &name)?;
    page(&state, &bin, &params, None, &request).await
}

/// `GET /bins/{bin}/requests/{id}`.
pub(super) async fn show_request(
    state: web::Data<ConsoleState>,
    path: web::Path<(String, String)>,
    list: web::Query<ListParams>,
    params: web::Query<DetailParams>,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let bin = bin_of(&state, &path.0)?;
    let (id, detail) = detail::load(&state, &bin, &path.1, &list, params.into_inner()).await?;
    page(&state, &bin, &list, Some((id, detail)), &request).await
}

async fn page(
    state: &ConsoleState,
    bin: &BinState,
    params: &ListParams,
    chosen: Option<(RequestId, Detail)>,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let (id, detail) = chosen.unzip();
    let (list, counts) = list::load(state, bin, params, id).await?;
    let links = list.bin.clone();
    let query = params.filter_text();
    let exports = ManyExporter::all().map(|kind| ExportLink {
        label: kind.label(),
        href: format!(
            "{}/export?as={}{}",
            links.api,
            kind.id(),
            if query.is_empty() { String::new() } else { format!("&q={}", encoded(query)) }
        ),
    });
    html(&InspectorPage {
        shell: Shell::new(request, &links.label),
        waiting: Waiting::new(links.clone(), counts.requests == 0),
        exports: exports.collect(),
        fields: help::fields(),
        bin: links,
        list,
        detail,
    })
}
