//! The first page: every bin, or how to get to the first request.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;
use strum::{EnumString, IntoStaticStr};

use super::address::query_string;
use super::inspector::Waiting;
use super::row::{self, Chip};
use super::setup::Setup;
use super::shell::{BinLinks, Shell};
use super::unknown::Unknown;
use super::{format, html};
use crate::model::{BinCounts, SignatureStatus, Timestamp};
use crate::server::console::extract::{Query, State};
use crate::server::console::problem::Problem;
use crate::server::console::{ConsoleState, checklist};
use crate::server::reach::Reach;
use crate::server::url_of;
use crate::store::{BinState, LATEST_VERDICTS};

#[derive(Debug, Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    list: BinList,
    /// Who can reach the bins' URLs, and what to do about it.
    reach: (String, Option<String>),
    /// How to make a bin without a browser.
    create_curl: String,
    asks_for_token: bool,
    /// The only bin, while it has no request: the first start.
    first: Option<Waiting>,
    /// The bins that senders requested but that do not exist.
    unknown: Unknown,
    /// The cursor from which live changes are wanted.
    head_seq: u64,
}

/// The bins that match the address's parameters.
#[derive(Debug)]
struct BinList {
    /// How many there are in all.
    all: usize,
    q: String,
    sort: &'static str,
    /// The same as a query string, for the scripts.
    query: String,
    columns: Vec<Column>,
    rows: BinRows,
    /// How many of a bin's requests the verdicts cover.
    verdicts_of: String,
}

/// A column's head.
#[derive(Debug)]
struct Column {
    label: &'static str,
    class: &'static str,
    /// Sorts by it.
    href: Option<String>,
    current: bool,
    order: &'static str,
}

/// The rows of the list of bins.
#[derive(Debug, Template)]
#[template(path = "parts/bin_rows.html")]
struct BinRows {
    bins: Vec<BinRow>,
    /// Bins that are not shown yet.
    hidden: usize,
    all_href: String,
}

impl HtmlSafe for BinRows {}

/// Bins that are shown at once.
const SHOWN: usize = 50;

/// What the bins are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
enum Sort {
    /// The most recently used first.
    #[default]
    Last,
    Name,
    Requests,
    Unread,
    Provider,
}

/// The parameters of the list of bins.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct HomeParams {
    /// Words of name, provider or URL.
    q: String,
    sort: String,
    /// Every bin, however many there are.
    all: bool,
}

impl HomeParams {
    fn sort(&self) -> Sort {
        self.sort.parse().unwrap_or_default()
    }

    fn query(&self, sort: Sort, all: bool) -> String {
        let sort = Some(<&str>::from(sort).to_owned()).filter(|_| sort != Sort::default());
        query_string(&[("q", Some(self.q.trim().to_owned())), ("sort", sort), ("all", all.then(|| "true".to_owned()))])
    }

    fn columns(&self) -> Vec<Column> {
        let column = |label, class, sort: Option<Sort>, order| Column {
            label,
            class,
            href: sort.map(|sort| format!("/{}", self.query(sort, self.all))),
            current: sort == Some(self.sort()),
            order,
        };
        vec![
            column("Bin", "", Some(Sort::Name), "ascending"),
            column("Last request", "hide-narrow", Some(Sort::Last), "descending"),
            column("Requests", "num hide-narrow", Some(Sort::Requests), "descending"),
            column("Unread", "num hide-narrow", Some(Sort::Unread), "descending"),
            column("Provider", "hide-narrow", Some(Sort::Provider), "ascending"),
            column("Signatures", "hide-narrow", None, ""),
        ]
    }
}

/// When the last request came.
#[derive(Debug)]
pub(super) struct Last {
    iso: String,
    ago: String,
}

/// A bin in the list of bins.
#[derive(Debug, Template)]
#[template(path = "parts/bin_row.html")]
pub(super) struct BinRow {
    id: String,
    reference: String,
    label: String,
    capture_url: String,
    last: Option<Last>,
    requests: String,
    unread: u64,
    provider: Option<String>,
    verdicts: Vec<Counted>,
    /// The progress of its checklist.
    checklist: Option<String>,
}

impl HtmlSafe for BinRow {}

impl BinRow {
    /// A bin's row; `verdicts` are the counts of its latest verdicts.
    pub(super) fn new(
        bin: &BinLinks,
        provider: Option<String>,
        counts: &BinCounts,
        last: Option<Timestamp>,
        now: Timestamp,
        (verdicts, checklist): (Vec<Counted>, Option<String>),
    ) -> Self {
        Self {
            id: bin.id.clone(),
            reference: bin.label.clone(),
            label: bin.label.clone(),
            capture_url: bin.capture_url.clone(),
            last: last.map(|at| Last { iso: at.to_string(), ago: format::ago(at, now) }),
            requests: format::count(counts.requests),
            unread: counts.unread,
            provider,
            verdicts,
            checklist,
        }
    }
}

/// A verdict, and how many of the latest requests have it.
#[derive(Debug)]
pub(super) struct Counted {
    chip: Chip,
    count: String,
}

/// How often each verdict occurs among the latest requests, right ones first.
async fn verdicts(state: &ConsoleState, bin: &BinState) -> Result<Vec<Counted>, Problem> {
    let mut counts: Vec<(Chip, u64)> = Vec::new();
    for (verdict, freshness) in state.store.latest_verdicts(bin.bin.id).await?.iter() {
        if *verdict == SignatureStatus::UnsignedScheme {
            continue;
        }
        let chip = row::chip_of(*verdict, *freshness, true);
        match counts.iter_mut().find(|(known, _)| *known == chip) {
            Some((_, count)) => *count += 1,
            None => counts.push((chip, 1)),
        }
    }
    counts.sort_by_key(|(chip, count)| (chip.class != "ok", std::cmp::Reverse(*count)));
    Ok(counts.into_iter().map(|(chip, count)| Counted { chip, count: format::count(count) }).collect())
}

/// A bin with its sort keys.
struct Listed {
    bin: Arc<BinState>,
    counts: BinCounts,
    last: Option<Timestamp>,
}

impl Listed {
    fn new(bin: Arc<BinState>, state: &ConsoleState) -> Self {
        let id = bin.bin.id;
        Self { counts: state.store.counts(id), last: state.store.last_request_at(id), bin }
    }

    /// Whether each of the words is in its name, provider or URL.
    fn has(&self, words: &[String]) -> bool {
        let settings = &self.bin.bin.settings;
        let texts = [
            Some(self.bin.bin.handle()),
            Some(self.bin.bin.id.to_string()),
            settings.provider.clone(),
            settings.scheme.clone(),
            settings.public_url.clone(),
        ];
        let text = texts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

async fn rows(state: &ConsoleState, params: &HomeParams) -> Result<BinRows, Problem> {
    let now = state.capture.clock().now();
    let words: Vec<_> = params.q.split_whitespace().map(str::to_lowercase).collect();
    let mut bins: Vec<_> = state.store.bins().into_iter().map(|bin| Listed::new(bin, state)).collect();
    bins.retain(|bin| bin.has(&words));
    // The bins in use come first; those without requests by age, the newest first.
    bins.sort_by_key(|bin| std::cmp::Reverse((bin.last, bin.bin.bin.created_at)));
    match params.sort() {
        Sort::Last => {}
        Sort::Name => bins.sort_by_key(|bin| bin.bin.bin.handle()),
        Sort::Requests => bins.sort_by_key(|bin| std::cmp::Reverse(bin.counts.requests)),
        Sort::Unread => bins.sort_by_key(|bin| std::cmp::Reverse(bin.counts.unread)),
        // Those without a provider last.
        Sort::Provider => bins.sort_by_key(|bin| {
            let provider = bin.bin.bin.settings.provider.clone();
            (provider.is_none(), provider)
        }),
    }
    let shown = if params.all { bins.len() } else { bins.len().min(SHOWN) };
    let hidden = bins.len() - shown;
    let mut rows = Vec::with_capacity(shown);
    for Listed { bin, counts, last } in bins.into_iter().take(shown) {
        let links = BinLinks::new(&bin.bin, state);
        let provider = bin.bin.settings.provider.clone();
        let told = (verdicts(state, &bin).await?, checklist::badge(state, &bin).await?);
        rows.push(BinRow::new(&links, provider, &counts, last, now, told));
    }
    Ok(BinRows { bins: rows, hidden, all_href: format!("/{}", params.query(params.sort(), true)) })
}

/// `GET /`: the bins or, at the first start, how to send the first request.
pub(super) async fn show(
    state: State,
    params: Query<HomeParams>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    // Read first, so that requests arriving now come over the stream.
    let head_seq = state.store.head_seq();
    let bins = state.store.bins();
    let first = match bins.as_slice() {
        [only] if state.store.last_request_at(only.bin.id).is_none() => {
            let links = BinLinks::new(&only.bin, &state);
            let setup = Setup::new(&only.bin, &links);
            Some(Waiting::new(links, true, setup))
        }
        _ => None,
    };
    let base = request.connection_info().host().to_owned();
    let token = if state.asks_for_token { "-H 'Authorization: Bearer TOKEN' " } else { "" };
    let listener = url_of(state.listener);
    let reach = Reach::of(state.capture.base_url(), state.listener);
    html(&HomePage {
        shell: Shell::new(&request, "Bins"),
        list: BinList {
            all: bins.len(),
            q: params.q.trim().to_owned(),
            sort: params.sort().into(),
            query: params.query(params.sort(), params.all),
            columns: params.columns(),
            rows: rows(&state, &params).await?,
            verdicts_of: format::count(LATEST_VERDICTS as u64),
        },
        reach: (
            reach.who(&listener).replace("this URL", "these URLs"),
            reach.way_out(&listener, "start Creel with its address as --public-url"),
        ),
        create_curl: format!(
            "curl {token}-X POST http://{base}/api/v1/bins -H 'Content-Type: application/json' -d '{{}}'"
        ),
        asks_for_token: state.asks_for_token,
        first,
        unknown: Unknown::new(&state),
        head_seq,
    })
}

/// `GET /parts/bins`: the rows of the list of bins as they are now.
pub(super) async fn parts(state: State, params: Query<HomeParams>) -> Result<HttpResponse, Problem> {
    html(&rows(&state, &params).await?)
}
