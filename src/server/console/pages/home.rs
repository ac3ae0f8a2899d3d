//! The first page: every bin, or how to get to the first request.

use askama::Template;
use askama::filters::HtmlSafe;

use super::format;
use super::row::Chip;
use super::shell::{BinRef, Shell};
use crate::model::{BinCounts, Timestamp};

/// The first page.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct HomePage {
    /// The frame.
    pub shell: Shell,
    /// The bins, the most recently used first.
    pub bins: Vec<BinRow>,
    /// How to make a bin without a browser.
    pub create_curl: String,
    /// The only bin, while nothing was captured in it: the newcomer's case.
    pub first: Option<super::inspector::Waiting>,
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
    #[must_use]
    pub fn new(bin: &BinRef, provider: Option<String>, counts: &BinCounts, last: Option<Timestamp>, now: Timestamp, verdicts: Vec<Chip>) -> Self {
        Self {
            id: bin.id.clone(),
            reference: bin.label.clone(),
            label: bin.label.clone(),
            capture_url: bin.capture_url.clone(),
            last: last.map(|at| Last { iso: at.to_string(), ago: format!("{} ago", format::span(now.since(at).as_secs())) }),
            requests: format::count(counts.requests),
            unread: counts.unread,
            provider,
            verdicts,
        }
    }
}
