//! The list beside the chosen request, its counts, and the part that a live page fetches.

use actix_web::HttpResponse;
use askama::Template;
use askama::filters::HtmlSafe;
use serde::{Deserialize, Serialize};

use super::address::{ListParams, query_string};
use super::detail::Chosen;
use super::format;
use super::row::Row;
use super::shell::BinLinks;
use crate::model::filter::Filter;
use crate::model::{BinCounts, RequestId, Seq};
use crate::server::console::ConsoleState;
use crate::server::console::extract::{BinRef, Query, State};
use crate::server::console::problem::Problem;
use crate::store::{BinState, ListQuery, Order, Page};

/// Rows on a page of the list: with some twenty nodes each it stays well under 3,000 nodes.
pub(super) const PAGE_ROWS: usize = 100;

/// New requests that are counted exactly for a reader further down; more are "500+".
const MAX_NEWER: usize = 500;

/// The counts above the list.
#[derive(Debug, Template)]
#[template(path = "parts/counts.html")]
pub(super) struct Counts {
    total: String,
    unread: u64,
    unread_text: String,
    evicted: u64,
    evicted_text: String,
    rejected: u64,
    rejected_text: String,
}

impl HtmlSafe for Counts {}

impl Counts {
    /// The bin's counts, and how many match when a filter is set.
    pub(super) fn new(counts: &BinCounts, filtered: bool, matching: Option<u64>) -> Self {
        let all = format::plural(counts.requests, "request", "requests");
        let total = match (filtered, matching) {
            (false, _) => all,
            (true, Some(matching)) => format!("{} of {all}", format::count(matching)),
            (true, None) => format!("filtered from {all}"),
        };
        Self {
            total,
            unread: counts.unread,
            unread_text: format::count(counts.unread),
            evicted: counts.evicted,
            evicted_text: format::count(counts.evicted),
            rejected: counts.rejected,
            rejected_text: format::count(counts.rejected),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "parts/list.html")]
pub(super) struct ListView {
    pub bin: BinLinks,
    pub q: String,
    /// Why the filter cannot be read.
    pub error: Option<String>,
    pub counts: Counts,
    /// The rows, newest first.
    pub rows: Vec<Row>,
    /// Whether the newest request is on this page.
    pub at_head: bool,
    /// The cursor below which the rows are, when they are not the newest.
    pub before: Option<Seq>,
    /// The page of older ones.
    pub older_href: Option<String>,
    /// The page of newer ones.
    pub newer_href: Option<String>,
    /// The page with the newest.
    pub newest_href: String,
    /// The label for deleting all matches, with their number.
    pub clear_label: String,
    /// The cursor from which live changes are wanted.
    pub head_seq: Seq,
}

impl HtmlSafe for ListView {}

impl ListView {
    /// The list of a page of requests.
    fn new(bin: BinLinks, params: &ListParams, counts: &BinCounts, look: Look, current: Option<RequestId>) -> Self {
        let Look { page, newer, error, head_seq } = look;
        let context = params.context();
        let filtered = !params.filter_text().is_empty() && error.is_none();
        let rows = page
            .requests
            .iter()
            .map(|summary| Row::new(summary, &bin.base, &context, Some(summary.id) == current))
            .collect();
        let q = params.filter_text().to_owned();
        let link = |before: Option<Seq>| {
            let query = query_string(&[("q", Some(q.clone())), ("before", before.map(|seq| seq.to_string()))]);
            format!("{}{query}", bin.base)
        };
        Self {
            counts: Counts::new(counts, filtered, page.total),
            rows,
            at_head: params.before.is_none(),
            older_href: page.next.map(|next| link(Some(next))),
            newer_href: params.before.and(newer).map(|newer| link(newer.before)),
            newest_href: link(None),
            before: params.before,
            clear_label: clear_label(counts.requests, filtered, page.total),
            q,
            error,
            head_seq,
            bin,
        }
    }
}

/// The data of the list, read from the store.
struct Look {
    page: Page,
    /// The page of newer requests, if there are any.
    newer: Option<NewerPage>,
    /// Why the filter cannot be read.
    error: Option<String>,
    /// Read before the page was.
    head_seq: Seq,
}

/// Where the page of newer requests is: below a cursor, or with the newest.
#[derive(Debug, Clone, Copy)]
struct NewerPage {
    before: Option<Seq>,
}

fn clear_label(all: u64, filtered: bool, matching: Option<u64>) -> String {
    match (filtered, matching) {
        (false, _) => format!("Delete all {}…", format::plural(all, "request", "requests")),
        (true, Some(matching)) => format!("Delete the {} that match…", format::count(matching)),
        (true, None) => "Delete all that match…".to_owned(),
    }
}

/// The response to a live page after a change: the rows and counts of the page.
#[derive(Debug, Serialize)]
pub(super) struct LiveList {
    /// The rows, newest first.
    pub rows: Vec<LiveRow>,
    /// The counts as HTML.
    pub counts: String,
    /// Requests in the bin.
    pub total: u64,
    /// Of these, unread.
    pub unread: u64,
    /// Requests that match and are newer than `since`.
    pub newer: usize,
    /// Whether there are more of them than were counted.
    pub newer_more: bool,
    /// Of these, how many match, when that is known.
    pub matching: Option<u64>,
    /// The label for deleting all of them.
    pub clear_label: String,
    /// The cursor below which the rows are, when they are not the newest.
    pub before: Option<Seq>,
    /// The page of older ones.
    pub older_href: Option<String>,
    /// The page of newer ones.
    pub newer_href: Option<String>,
    /// The page with the newest.
    pub newest_href: String,
    /// These rows include every change up to this cursor.
    pub head_seq: Seq,
    /// Why the filter cannot be read.
    pub error: Option<String>,
}

impl LiveList {
    /// The list of a page, without what only a reader further down or a filter needs.
    fn new(list: ListView, counts: &BinCounts) -> askama::Result<Self> {
        let rows = list.rows.iter().map(|row| Ok(LiveRow { seq: row.seq, id: row.id.clone(), html: row.render()? }));
        Ok(Self {
            rows: rows.collect::<askama::Result<_>>()?,
            counts: list.counts.render()?,
            total: counts.requests,
            unread: counts.unread,
            newer: 0,
            newer_more: false,
            matching: None,
            clear_label: list.clear_label,
            before: list.before,
            older_href: list.older_href,
            newer_href: list.newer_href,
            newest_href: list.newest_href,
            head_seq: list.head_seq,
            error: list.error,
        })
    }
}

/// A row of [`LiveList`].
#[derive(Debug, Serialize)]
pub(super) struct LiveRow {
    pub seq: Seq,
    pub id: String,
    /// The row as HTML.
    pub html: String,
}

/// The parameters of a live page's request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LiveParams {
    q: Option<String>,
    before: Option<Seq>,
    /// The rows around this request in place of the newest.
    around: Option<Seq>,
    /// The newest row shown to a reader further down: newer ones are only counted.
    since: Option<Seq>,
    /// Fewer rows than a page has, while they come too quickly to be read.
    limit: Option<usize>,
}

/// The list for an address's parameters, with the bin's counts.
pub(super) async fn load(
    state: &ConsoleState,
    bin: &BinState,
    params: &ListParams,
    chosen: Option<Chosen>,
) -> Result<(ListView, BinCounts), Problem> {
    let params = match chosen {
        Some(chosen) => around(state, bin, params, chosen.seq).await?,
        None => params.clone(),
    };
    let (list, counts, _) = load_rows(state, bin, &params, PAGE_ROWS, chosen.map(|chosen| chosen.id)).await?;
    Ok((list, counts))
}

/// Newer requests that are shown above one that is not on the page of the newest.
const ROWS_ABOVE: usize = 20;

/// The same list, turned to the page that shows the request at `seq`.
async fn around(state: &ConsoleState, bin: &BinState, params: &ListParams, seq: Seq) -> Result<ListParams, Problem> {
    if params.before.is_some() {
        return Ok(params.clone());
    }
    let newer = newer_than(state, bin, params, seq, PAGE_ROWS).await?;
    // The first hundred are on the page of the newest.
    let before = (newer.len() >= PAGE_ROWS).then(|| newer[ROWS_ABOVE - 1] + 1);
    Ok(ListParams { before, ..params.clone() })
}

/// The cursors of requests that match and are newer, the nearest first.
async fn newer_than(
    state: &ConsoleState,
    bin: &BinState,
    params: &ListParams,
    seq: Seq,
    limit: usize,
) -> Result<Vec<Seq>, Problem> {
    let (query, _) = query(params);
    let query = ListQuery { before: None, after: Some(seq), order: Order::Oldest, limit, ..query };
    let page = state.store.list(bin.bin.id, query).await?;
    Ok(page.requests.iter().map(|summary| summary.seq).collect())
}

/// The query to the store; an invalid filter becomes a query for all requests, with the error.
fn query(params: &ListParams) -> (ListQuery, Option<String>) {
    let (filter, error) = match Filter::parse(params.filter_text()) {
        Ok(filter) => (filter, None),
        Err(error) => (Filter::default(), Some(error.message)),
    };
    (ListQuery { filter, limit: PAGE_ROWS, before: params.before, after: None, order: Order::Newest }, error)
}

async fn load_rows(
    state: &ConsoleState,
    bin: &BinState,
    params: &ListParams,
    rows: usize,
    current: Option<RequestId>,
) -> Result<(ListView, BinCounts, Option<u64>), Problem> {
    let id = bin.bin.id;
    // Read before the rows: later commits also come over the stream, and are shown once.
    let head_seq = state.store.head_seq();
    let (query, error) = query(params);
    let page = state.store.list(id, ListQuery { limit: rows, ..query }).await?;
    let newer = match (params.before, page.requests.first()) {
        (Some(_), Some(first)) => {
            let newer = newer_than(state, bin, params, first.seq, PAGE_ROWS).await?;
            // A page that is not full is that of the newest.
            let before = newer.last().filter(|_| newer.len() == PAGE_ROWS).map(|last| last + 1);
            (!newer.is_empty()).then_some(NewerPage { before })
        }
        _ => None,
    };
    let counts = state.store.counts(id);
    let links = BinLinks::new(&bin.bin, state);
    let matching = page.total;
    let look = Look { page, newer, error, head_seq };
    Ok((ListView::new(links, params, &counts, look, current), counts, matching))
}

/// `GET /bins/{bin}/rows`: the list as it is now.
pub(super) async fn rows(state: State, bin: BinRef, params: Query<LiveParams>) -> Result<HttpResponse, Problem> {
    let LiveParams { q, before, around: seq, since, limit } = params.0;
    let mut params = ListParams { q, before };
    if let Some(seq) = seq {
        params = around(&state, &bin.0, &params, seq).await?;
    }
    let rows = limit.unwrap_or(PAGE_ROWS).clamp(1, PAGE_ROWS);
    let (list, counts, matching) = load_rows(&state, &bin.0, &params, rows, None).await?;
    let newer = match since {
        Some(since) => {
            let (query, _) = query(&params);
            let query = ListQuery { before: None, after: Some(since), limit: MAX_NEWER, ..query };
            state.store.list(bin.id(), query).await?.requests.len()
        }
        None => 0,
    };
    let live = LiveList { newer, newer_more: newer == MAX_NEWER, matching, ..LiveList::new(list, &counts)? };
    Ok(HttpResponse::Ok().json(live))
}
