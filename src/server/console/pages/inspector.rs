//! The inspector: the list of a bin's requests and the chosen one.

use askama::Template;
use askama::filters::HtmlSafe;

use super::detail::Detail;
use super::list::ListView;
use super::shell::{BinRef, Shell};

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
