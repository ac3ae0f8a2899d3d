//! The inspector: the list of a bin's requests and the chosen one.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;

use super::address::{DetailParams, ListParams, encoded};
use super::detail::{self, Chosen, Detail};
use super::html;
use super::list::{self, ListView};
use super::setup::Setup;
use super::shell::{BinLinks, Shell};
use crate::export::ManyExporter;
use crate::model::filter::{FIELDS, Field};
use crate::server::console::extract::{BinRef, Query, State, WhichRequest};
use crate::server::console::problem::Problem;

#[derive(Debug, Template)]
#[template(path = "inspector.html")]
pub(super) struct InspectorPage {
    pub shell: Shell,
    pub bin: BinLinks,
    pub list: ListView,
    pub detail: Option<Detail>,
    /// Shown while no request is chosen.
    pub waiting: Waiting,
    /// The formats for exporting the whole list.
    pub exports: Vec<ExportLink>,
    /// An export of the whole bin, for another Creel.
    pub whole_href: String,
    /// The filter's fields, for the box that offers them.
    pub fields: &'static [Field],
}

/// A download of the whole list.
#[derive(Debug, Clone)]
pub(super) struct ExportLink {
    /// What it says.
    pub label: &'static str,
    /// Where it leads.
    pub href: String,
}

/// Shown in place of a request while none is chosen.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/waiting.html")]
pub(super) struct Waiting {
    pub bin: BinLinks,
    /// Whether nothing was captured yet.
    pub empty: bool,
    /// A command to send something.
    pub curl: String,
    /// The platform document's hints for setting it up.
    setup: Option<Setup>,
}

impl HtmlSafe for Waiting {}

impl Waiting {
    pub(super) fn new(bin: BinLinks, empty: bool, setup: Option<Setup>) -> Self {
        let curl = format!("curl -d '{{\"hello\":\"world\"}}' -H 'Content-Type: application/json' {}", bin.capture_url);
        Self { bin, empty, curl, setup }
    }
}

/// `GET /bins/{bin}`.
pub(super) async fn show(
    state: State,
    bin: BinRef,
    params: Query<ListParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    page(&state, &bin, &params, None, &request).await
}

/// `GET /bins/{bin}/requests/{id}`.
pub(super) async fn show_request(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    list: Query<ListParams>,
    params: Query<DetailParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let chosen = Box::pin(detail::load(&state, &bin, which, &list, params.0)).await?;
    page(&state, &bin, &list, Some(chosen), &request).await
}

async fn page(
    state: &State,
    bin: &BinRef,
    params: &ListParams,
    chosen: Option<(Chosen, Detail)>,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (chosen, detail) = chosen.unzip();
    let (list, counts) = list::load(state, &bin.0, params, chosen).await?;
    let links = list.bin.clone();
    let query = params.filter_text();
    let matching = if query.is_empty() { String::new() } else { format!("&q={}", encoded(query)) };
    let exports = ManyExporter::all().map(|kind| ExportLink {
        label: kind.label(),
        href: format!("{}/export?as={}{matching}", links.api, kind.id()),
    });
    html(&InspectorPage {
        shell: Shell::new(request, &links.label),
        waiting: Waiting::new(links.clone(), counts.requests == 0, Setup::new(&bin.0.bin, &links)),
        exports: exports.collect(),
        whole_href: format!("{}/export?as=jsonl&secrets=true{matching}", links.api),
        fields: FIELDS,
        bin: links,
        list,
        detail,
    })
}
