//! What a request is by its platform's contract, as a list.

use askama::Template;
use askama::filters::HtmlSafe;

use super::format::{self, Seen};
use crate::provider::contract::Report;
use crate::provider::finding::{Finding, Place, Says};
use crate::server::console::reading::severity_words;

/// A finding.
#[derive(Debug)]
struct Line {
    class: &'static str,
    label: &'static str,
    /// Where it is, in words.
    place: String,
    sentence: String,
    says: Says,
}

/// The findings of a request.
#[derive(Debug, Template)]
#[template(path = "parts/contract.html")]
pub(super) struct ContractBox {
    document: &'static str,
    /// What they come to, and its colour.
    class: &'static str,
    summary: String,
    lines: Vec<Line>,
    more: u64,
}

impl HtmlSafe for ContractBox {}

impl ContractBox {
    /// What is otherwise than in the earlier requests; nothing when nothing is.
    pub(super) fn of_drift(findings: &[Finding]) -> Option<Self> {
        (!findings.is_empty()).then(|| Self {
            document: "learnt from the earlier requests with this event",
            class: "warn",
            summary: format::plural(findings.len() as u64, "difference", "differences"),
            lines: findings.iter().map(|finding| Line { label: "drift", ..line(finding) }).collect(),
            more: 0,
        })
    }

    pub(super) fn new(report: &Report) -> Self {
        let weights = report.weights();
        let parts = [
            (weights.breaks, "breaks the contract", "break the contract"),
            (weights.unknown, "is not in the document", "are not in the document"),
            (weights.differs, "differs from its sample", "differ from its sample"),
        ];
        let words: Vec<String> = parts
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
            .collect();
        let class = match (weights.breaks, words.is_empty()) {
            (0, true) => "ok",
            (0, false) => "warn",
            _ => "bad",
        };
        Self {
            document: report.document,
            class,
            summary: if words.is_empty() { "as the document says".to_owned() } else { words.join(", ") },
            lines: report.findings.iter().map(line).collect(),
            more: report.more,
        }
    }
}

fn line(finding: &Finding) -> Line {
    let (class, label) = severity_words(finding.severity);
    let place = match &finding.place {
        Place::Line => "request line".to_owned(),
        Place::Header(name) => format!("header {name}"),
        Place::Body(pointer) if pointer.is_empty() => "body".to_owned(),
        Place::Body(pointer) => format::plain(pointer),
    };
    Line { class, label, place, sentence: finding.sentence.clone(), says: finding.says }
}
