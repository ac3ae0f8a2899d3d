//! The chosen request: its facts in one line, and the open view.

use std::fmt;
use std::sync::Arc;

use actix_web::HttpResponse;
use askama::Template;
use askama::filters::HtmlSafe;
use strum::VariantArray as _;

use super::address::{DetailParams, ListParams, TabId, tab_href};
use super::format::{self, Seen};
use super::html;
use super::row::{Chip, chip, method_class, status_class};
use super::shell::BinLinks;
use super::tabs::{
    BodyBox, BodyChoice, BodyPlaces, CodeTab, CompareTab, DeliverTab, EventTab, RawTab, RequestTab, SignatureTab,
    TabContext,
};
use crate::model::{CapturedRequest, Origin, RequestId, RequestSummary, Seq, Timestamp};
use crate::provider::finding::Finding;
use crate::server::console::extract::{BinRef, Query, State, WhichRequest};
use crate::server::console::heavy::Found;
use crate::server::console::learnt;
use crate::server::console::problem::Problem;
use crate::server::console::reading::Marks;

/// A tab's link.
#[derive(Debug)]
pub(super) struct TabLink {
    id: &'static str,
    label: &'static str,
    href: String,
    current: bool,
}

/// The open view.
#[derive(Debug)]
pub(super) enum TabBody {
    Request(Box<RequestTab>),
    Signature(Box<SignatureTab>),
    Event(Box<EventTab>),
    Deliver(Box<DeliverTab>),
    Compare(Box<CompareTab>),
    Code(Box<CodeTab>),
    Raw(Box<RawTab>),
}

impl fmt::Display for TabBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(tab) => tab.fmt(f),
            Self::Signature(tab) => tab.fmt(f),
            Self::Event(tab) => tab.fmt(f),
            Self::Deliver(tab) => tab.fmt(f),
            Self::Compare(tab) => tab.fmt(f),
            Self::Code(tab) => tab.fmt(f),
            Self::Raw(tab) => tab.fmt(f),
        }
    }
}

// Each view is a template, which escapes what it shows.
impl HtmlSafe for TabBody {}

#[derive(Debug, Template)]
#[template(path = "detail.html")]
pub(super) struct Detail {
    id: String,
    seq: u64,
    tab: &'static str,
    api: String,
    list_href: String,
    method: String,
    method_class: &'static str,
    path: String,
    chip: Chip,
    event_name: Option<String>,
    /// It was composed here, and has no response.
    composed: bool,
    /// The response's status, or that the sender waits.
    status: String,
    status_class: &'static str,
    /// Until when its sender waits, and the address of the view to answer it.
    held: Option<(String, String)>,
    took: Option<String>,
    time_iso: String,
    time_full: String,
    /// How long ago it arrived.
    ago: String,
    /// The view that explains the verdict.
    signature_href: String,
    size: String,
    tags: Vec<String>,
    note: Option<String>,
    pinned: bool,
    tabs: Vec<TabLink>,
    body: TabBody,
}

impl HtmlSafe for Detail {}

/// The surroundings of the chosen request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub bin: &'a BinLinks,
    pub list: &'a ListParams,
    /// The time of looking.
    pub now: Timestamp,
}

/// The requested id, and its position in the list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    pub id: RequestId,
    pub seq: Seq,
}

impl Detail {
    /// The request with one of its views open, at the time `now`.
    pub(super) fn new(summary: &RequestSummary, context: &Frame<'_>, tab: TabId, body: TabBody) -> Self {
        let Frame { bin, list: params, now } = *context;
        let base = format!("{}/requests/{}", bin.base, summary.id);
        let tabs = TabId::VARIANTS.iter().map(|&entry| TabLink {
            id: entry.id(),
            label: entry.label(),
            href: tab_href(&base, params, entry),
            current: entry == tab,
        });
        let query = summary.target.split_once('?').map(|(_, query)| format!("?{query}")).unwrap_or_default();
        let path = if summary.path.is_empty() { "/" } else { &summary.path };
        Self {
            id: summary.id.to_string(),
            seq: summary.seq,
            tab: tab.id(),
            api: format!("{}/requests/{}", bin.api, summary.id),
            list_href: format!("{}{}", bin.base, params.context()),
            method: format::plain(&summary.method),
            method_class: method_class(&summary.method),
            path: format::plain(&format!("{path}{query}")),
            chip: chip(summary),
            event_name: summary.derived.event.name.as_deref().map(format::plain),
            composed: summary.origin == Origin::Composed,
            status: summary.response.status.map_or_else(|| "nothing".to_owned(), |status| status.to_string()),
            status_class: status_class(summary.response.status),
            held: summary.held_until.map(|until| (until.to_string(), tab_href(&base, params, TabId::Deliver))),
            took: summary.response.duration_us.map(format::micros),
            time_iso: summary.received_at.to_string(),
            time_full: format::full_time(summary.received_at),
            ago: format::ago(summary.received_at, now),
            signature_href: tab_href(&base, params, TabId::Signature),
            size: format::size(summary.body_size),
            tags: summary.marks.tags.iter().map(|tag| format::plain(tag)).collect(),
            note: summary.marks.note.clone(),
            pinned: summary.marks.pinned,
            tabs: tabs.collect(),
            body,
        }
    }
}

/// The chosen request with the view that the address names.
pub(super) async fn load(
    state: &State,
    bin: &BinRef,
    which: WhichRequest,
    list: &ListParams,
    params: DetailParams,
) -> Result<(Chosen, Detail), Problem> {
    let found = Found::find(&state.store, bin.id(), which.0).await?;
    let summary = found.summary().clone();
    let links = BinLinks::new(&bin.0.bin, state);
    let tab = TabId::parse(params.tab.as_deref());
    let page = format!("{}/requests/{}", links.base, summary.id);
    let href = tab_href(&page, list, tab);
    let context = TabContext {
        state: state.clone(),
        bin: Arc::clone(&bin.0),
        api: format!("{}/requests/{}", links.api, summary.id),
        href: format!("{href}{}", if href.contains('?') { '&' } else { '?' }),
        page,
        links: links.clone(),
        list: list.clone(),
        params,
    };
    let body = match tab {
        TabId::Event => TabBody::Event(Box::new(EventTab::load(&context, found).await?)),
        TabId::Deliver => {
            TabBody::Deliver(Box::new(DeliverTab::load(&context, found.read(&state.store).await?).await?))
        }
        TabId::Compare => TabBody::Compare(Box::new(CompareTab::load(&context, found).await?)),
        TabId::Signature => {
            TabBody::Signature(Box::new(SignatureTab::load(&context, found.read(&state.store).await?, None).await?))
        }
        // These read the whole body, which may take long, so not on the thread that serves other requests.
        TabId::Request => {
            let before = learnt::before(state, &summary).await?;
            let work = move |request: CapturedRequest| views_of_bytes(tab, &request, &context, &before.drift(&request));
            found.read(&state.store).await?.run(work).await?
        }
        TabId::Code | TabId::Raw => {
            let work = move |request: CapturedRequest| views_of_bytes(tab, &request, &context, &[]);
            found.read(&state.store).await?.run(work).await?
        }
    };
    let frame = Frame { bin: &links, list, now: state.capture.clock().now() };
    Ok((Chosen { id: summary.id, seq: summary.seq }, Detail::new(&summary, &frame, tab, body)))
}

fn views_of_bytes(tab: TabId, request: &CapturedRequest, context: &TabContext, drift: &[Finding]) -> TabBody {
    let params = &context.params;
    let places = BodyPlaces { page: &context.page, api: &context.api, href: &context.href };
    match tab {
        TabId::Raw => {
            let choice = BodyChoice { view: params.view.as_deref(), at: params.at };
            TabBody::Raw(Box::new(RawTab::new(request, &context.api, BodyBox::bytes(request, choice, places))))
        }
        TabId::Code => TabBody::Code(Box::new(CodeTab::new(request, context))),
        TabId::Request | TabId::Signature | TabId::Event | TabId::Deliver | TabId::Compare => {
            let choice = BodyChoice { view: params.view.as_deref(), at: params.at };
            let body = BodyBox::new(request, choice, places, Marks::of(request, &context.bin.bin, drift));
            let sorted = params.headers.as_deref() == Some("sorted");
            TabBody::Request(Box::new(RequestTab::new(request, sorted, context, body)))
        }
    }
}

/// `GET /bins/{bin}/requests/{id}/part`: the chosen request alone, for an open page.
pub(super) async fn part(
    state: State,
    bin: BinRef,
    which: WhichRequest,
    list: Query<ListParams>,
    params: Query<DetailParams>,
) -> Result<HttpResponse, Problem> {
    let (_, detail) = Box::pin(load(&state, &bin, which, &list, params.0)).await?;
    html(&detail)
}
