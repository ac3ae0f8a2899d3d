//! The chosen request: what is known of it in one line, and the view that is open.

use std::fmt;
use std::sync::Arc;

use actix_web::{HttpResponse, web};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;

use super::error::{PageError, html};
use super::format::{self, Seen};
use super::list::{ListParams, query_string};
use super::row::{Chip, chip, method_class, status_class};
use super::shell::{BinRef, bin_of};
use super::tabs::{
    BodyBox, BodyChoice, BodyPlaces, CodeTab, CompareTab, EventTab, RawTab, RequestTab, SignatureTab, TabContext,
};
use crate::model::{CapturedRequest, RequestId, RequestSummary};
use crate::server::console::ConsoleState;
use crate::store::{BinState, RequestRef};

/// The views of a request, in the order of their tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TabId {
    /// Line, headers, query, body.
    Request,
    /// The verdict and why.
    Signature,
    /// What it means to the provider.
    Event,
    /// Against another request.
    Compare,
    /// As commands and code.
    Code,
    /// The bytes.
    Raw,
}

impl TabId {
    /// Every view.
    pub const ALL: [Self; 6] = [Self::Request, Self::Signature, Self::Event, Self::Compare, Self::Code, Self::Raw];

    /// The name in addresses.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Signature => "signature",
            Self::Event => "event",
            Self::Compare => "compare",
            Self::Code => "code",
            Self::Raw => "raw",
        }
    }

    /// The name on the tab.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Request => "Request",
            Self::Signature => "Signature",
            Self::Event => "Event",
            Self::Compare => "Compare",
            Self::Code => "Code",
            Self::Raw => "Raw",
        }
    }

    /// The view of that name; the first one when there is none.
    #[must_use]
    pub fn parse(name: Option<&str>) -> Self {
        Self::ALL.into_iter().find(|tab| Some(tab.id()) == name).unwrap_or(Self::Request)
    }
}

/// A tab's link.
#[derive(Debug)]
pub struct TabLink {
    id: &'static str,
    label: &'static str,
    href: String,
    current: bool,
}

/// The view that is open.
#[derive(Debug)]
pub enum TabBody {
    /// Line, headers, query, body.
    Request(Box<RequestTab>),
    /// The verdict and why.
    Signature(Box<SignatureTab>),
    /// What it means to the provider.
    Event(Box<EventTab>),
    /// Against another request.
    Compare(Box<CompareTab>),
    /// As commands and code.
    Code(Box<CodeTab>),
    /// The bytes.
    Raw(Box<RawTab>),
}

impl fmt::Display for TabBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(tab) => tab.fmt(f),
            Self::Signature(tab) => tab.fmt(f),
            Self::Event(tab) => tab.fmt(f),
            Self::Compare(tab) => tab.fmt(f),
            Self::Code(tab) => tab.fmt(f),
            Self::Raw(tab) => tab.fmt(f),
        }
    }
}

// Each view is a template, which escapes what it shows.
impl HtmlSafe for TabBody {}

/// The chosen request.
#[derive(Debug, Template)]
#[template(path = "detail.html")]
pub struct Detail {
    id: String,
    seq: u64,
    /// The open view's name.
    tab: &'static str,
    api: String,
    list_href: String,
    method: String,
    method_class: &'static str,
    path: String,
    chip: Chip,
    event_name: Option<String>,
    status: String,
    status_class: &'static str,
    took: Option<String>,
    time_iso: String,
    size: String,
    tags: Vec<String>,
    note: Option<String>,
    pinned: bool,
    tabs: Vec<TabLink>,
    body: TabBody,
}

impl HtmlSafe for Detail {}

impl Detail {
    /// The request with one of its views open.
    #[must_use]
    pub fn new(summary: &RequestSummary, bin: &BinRef, params: &ListParams, tab: TabId, body: TabBody) -> Self {
        let base = format!("{}/requests/{}", bin.base, summary.id);
        let tabs = TabId::ALL.into_iter().map(|entry| TabLink {
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
            status: summary.response.status.map_or_else(|| "nothing".to_owned(), |status| status.to_string()),
            status_class: status_class(summary.response.status),
            took: summary.response.duration_us.map(format::micros),
            time_iso: summary.received_at.to_string(),
            size: format::size(summary.body_size),
            tags: summary.marks.tags.iter().map(|tag| format::plain(tag)).collect(),
            note: summary.marks.note.clone(),
            pinned: summary.marks.pinned,
            tabs: tabs.collect(),
            body,
        }
    }
}

/// What the address says about the chosen request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DetailParams {
    /// The view.
    pub tab: Option<String>,
    /// `sorted`: headers by name.
    pub headers: Option<String>,
    /// The body's view.
    pub view: Option<String>,
    /// Where hexadecimal rows start.
    pub at: usize,
    /// The form of the Code view.
    #[serde(rename = "as")]
    pub form: Option<String>,
    /// Whether the Code view shows credentials.
    pub secrets: bool,
    /// The request to compare with.
    pub with: Option<String>,
}

/// Which request an address means: a ULID, or `latest`.
pub(super) fn which(text: &str) -> Result<RequestRef, PageError> {
    if text == "latest" {
        return Ok(RequestRef::Latest);
    }
    text.parse().map(RequestRef::Id).map_err(|_| PageError::not_found("There is no such request."))
}

/// The chosen request with the view that the address asks for.
pub(super) async fn load(
    state: &web::Data<ConsoleState>,
    bin: &Arc<BinState>,
    id: &str,
    list: &ListParams,
    params: DetailParams,
) -> Result<(RequestId, Detail), PageError> {
    let request = state.store.request(bin.bin.id, which(id)?).await?;
    let links = BinRef::new(&bin.bin, state.capture.base_url());
    let tab = TabId::parse(params.tab.as_deref());
    let page = format!("{}/requests/{}", links.base, request.summary.id);
    let href = tab_href(&page, list, tab);
    let context = TabContext {
        state: state.clone(),
        bin: Arc::clone(bin),
        api: format!("{}/requests/{}", links.api, request.summary.id),
        href: format!("{href}{}", if href.contains('?') { '&' } else { '?' }),
        page,
        links: links.clone(),
        list: list.clone(),
        params,
    };
    let summary = request.summary.clone();
    let body = match tab {
        TabId::Event => TabBody::Event(Box::new(EventTab::load(&context, &request).await?)),
        TabId::Compare => TabBody::Compare(Box::new(CompareTab::load(&context, request).await?)),
        TabId::Signature => TabBody::Signature(Box::new(SignatureTab::load(&context, request, None).await?)),
        // These read the whole body, which takes its time when it is large: not on the thread that serves everybody.
        TabId::Request | TabId::Code | TabId::Raw => {
            web::block(move || views_of_bytes(tab, &request, &context)).await?
        }
    };
    Ok((summary.id, Detail::new(&summary, &links, list, tab, body)))
}

fn views_of_bytes(tab: TabId, request: &CapturedRequest, context: &TabContext) -> TabBody {
    let params = &context.params;
    let places = BodyPlaces { page: &context.page, api: &context.api, href: &context.href };
    match tab {
        TabId::Raw => {
            TabBody::Raw(Box::new(RawTab::new(request, &context.api, BodyBox::bytes(request, params.at, places))))
        }
        TabId::Code => TabBody::Code(Box::new(CodeTab::new(request, context))),
        TabId::Request | TabId::Signature | TabId::Event | TabId::Compare => {
            let body = BodyBox::new(request, BodyChoice { view: params.view.as_deref(), at: params.at }, places);
            let sorted = params.headers.as_deref() == Some("sorted");
            TabBody::Request(Box::new(RequestTab::new(request, sorted, &context.href, body)))
        }
    }
}

/// `GET /bins/{bin}/requests/{id}/part`: the chosen request alone, for a page that is already there.
pub(super) async fn part(
    state: web::Data<ConsoleState>,
    path: web::Path<(String, String)>,
    list: web::Query<ListParams>,
    params: web::Query<DetailParams>,
) -> Result<HttpResponse, PageError> {
    let bin = bin_of(&state, &path.0)?;
    let (_, detail) = load(&state, &bin, &path.1, &list, params.into_inner()).await?;
    html(&detail)
}

/// The address of a view, with the list as it is.
fn tab_href(base: &str, params: &ListParams, tab: TabId) -> String {
    let name = (tab != TabId::Request).then(|| tab.id().to_owned());
    let query = query_string(&[
        ("q", Some(params.filter_text().to_owned())),
        ("before", params.before.map(|seq| seq.to_string())),
        ("tab", name),
    ]);
    format!("{base}{query}")
}
