//! The first page: every bin, or how to get to the first request.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;

use super::format;
use super::inspector::Waiting;
use super::row::{self, Chip};
use super::shell::{BinLinks, Shell};
use super::unknown::Unknown;
use super::{HTML, html};
use crate::model::{BinCounts, SignatureStatus, Timestamp};
use crate::server::console::ConsoleState;
use crate::server::console::extract::State;
use crate::server::console::problem::Problem;
use crate::store::BinState;

#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    pub shell: Shell,
    /// The bins, the most recently used first.
    pub bins: Vec<BinRow>,
    /// How to make a bin without a browser.
    pub create_curl: String,
    /// The only bin, while nothing was captured in it: the newcomer's case.
    pub first: Option<Waiting>,
    /// The bins that senders asked for in vain.
    pub unknown: Unknown,
    /// The cursor from which live changes are wanted.
    pub head_seq: u64,
}

/// When the last request came.
#[derive(Debug)]
pub struct Last {
    iso: String,
    ago: String,
}

/// A bin in the list of bins.
#[derive(Debug, Template)]
#[template(path = "parts/bin_row.html")]
pub struct BinRow {
    id: String,
    reference: String,
    label: String,
    capture_url: String,
    last: Option<Last>,
    requests: String,
    unread: u64,
    provider: Option<String>,
    verdicts: Vec<Chip>,
}

impl HtmlSafe for BinRow {}

impl BinRow {
    /// A bin's row; `verdicts` says what its latest signatures came to.
    pub fn new(
        bin: &BinLinks,
        provider: Option<String>,
        counts: &BinCounts,
        last: Option<Timestamp>,
        now: Timestamp,
        verdicts: Vec<Chip>,
    ) -> Self {
        Self {
            id: bin.id.clone(),
            reference: bin.label.clone(),
            label: bin.label.clone(),
            capture_url: bin.capture_url.clone(),
            last: last
                .map(|at| Last { iso: at.to_string(), ago: format!("{} ago", format::span(now.since(at).as_secs())) }),
            requests: format::count(counts.requests),
            unread: counts.unread,
            provider,
            verdicts,
        }
    }
}

/// What the latest signatures came to: one chip per verdict that is there.
async fn verdicts(state: &ConsoleState, bin: &BinState) -> Result<Vec<Chip>, Problem> {
    let mut chips: Vec<Chip> = Vec::new();
    for (verdict, freshness) in state.store.latest_verdicts(bin.bin.id).await?.iter() {
        let chip = row::chip_of(*verdict, *freshness, true);
        if *verdict != SignatureStatus::UnsignedScheme && !chips.contains(&chip) {
            chips.push(chip);
        }
    }
    Ok(chips)
}

async fn rows(state: &ConsoleState) -> Result<Vec<BinRow>, Problem> {
    let now = state.capture.clock().now();
    let mut bins = state.store.bins();
    // The bins in use come first; those without requests by age, the newest first.
    bins.sort_by_key(|bin| std::cmp::Reverse((state.store.last_request_at(bin.bin.id), bin.bin.created_at)));
    let mut rows = Vec::with_capacity(bins.len());
    for bin in bins {
        let id = bin.bin.id;
        let links = BinLinks::new(&bin.bin, state.capture.base_url());
        let provider = bin.bin.settings.provider.clone();
        let (counts, last) = (state.store.counts(id), state.store.last_request_at(id));
        rows.push(BinRow::new(&links, provider, &counts, last, now, verdicts(state, &bin).await?));
    }
    Ok(rows)
}

/// `GET /`: the bins, or the newcomer's way to the first request.
pub(super) async fn show(state: State, request: HttpRequest) -> Result<HttpResponse, Problem> {
    // Read first, so that a request that arrives now comes over the stream.
    let head_seq = state.store.head_seq();
    let first = match state.store.bins().as_slice() {
        [only] if state.store.last_request_at(only.bin.id).is_none() => {
            Some(Waiting::new(BinLinks::new(&only.bin, state.capture.base_url()), true))
        }
        _ => None,
    };
    let bins = rows(&state).await?;
    let base = request.connection_info().host().to_owned();
    html(&HomePage {
        shell: Shell::new(&request, "Bins"),
        bins,
        create_curl: format!("curl -X POST http://{base}/api/v1/bins -H 'Content-Type: application/json' -d '{{}}'"),
        first,
        unknown: Unknown::new(&state),
        head_seq,
    })
}

/// `GET /parts/bins`: the rows of the list of bins as they are now.
pub(super) async fn parts(state: State) -> Result<HttpResponse, Problem> {
    let html = rows(&state).await?.iter().map(BinRow::render).collect::<askama::Result<String>>()?;
    Ok(HttpResponse::Ok().content_type(HTML).body(html))
}
