//! The findings about a request by its platform's contract, as a list.

use askama::Template;
use askama::filters::HtmlSafe;

use super::format::{self, Sentence};
use crate::model::CapturedRequest;
use crate::provider::contract::Report;
use crate::provider::finding::{Finding, Place, Says};
use crate::provider::own_schema::SchemaReport;
use crate::server::console::reading::{BREAKS_SCHEMA, drift_words, severity_words};

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
    /// The end of its heading's id, and its heading.
    id: &'static str,
    title: &'static str,
    document: &'static str,
    /// Their summary, and its colour.
    class: &'static str,
    summary: String,
    lines: Vec<Line>,
    more: u64,
}

impl HtmlSafe for ContractBox {}

impl ContractBox {
    /// Differences from earlier requests; `None` without any.
    pub(super) fn of_drift(request: &CapturedRequest, findings: &[Finding]) -> Option<Self> {
        Self::of_differences(findings, drifted(request)).map(|differences| Self {
            id: "contract",
            title: "Contract",
            document: if request.summary.derived.event.name.is_some() {
                "learnt from the earlier requests with this event"
            } else {
                "learnt from the earlier requests of this method and path"
            },
            class: "warn",
            ..differences
        })
    }

    /// Expected header fields that are missing or different; `None` without any.
    pub(super) fn of_headers(findings: &[Finding]) -> Option<Self> {
        let line = |finding: &Finding| Line { label: "not as expected", ..line(finding) };
        Self::of_differences(findings, line).map(|differences| Self {
            id: "expected-headers",
            title: "Expected headers",
            document: "set for this bin",
            class: "bad",
            summary: format!("{} missing or different", findings.len()),
            ..differences
        })
    }

    /// Differences from the last request with the event, for a platform whose document is known in full.
    pub(super) fn of_last(request: &CapturedRequest, findings: &[Finding]) -> Option<Self> {
        Self::of_differences(findings, drifted(request))
    }

    /// A box of differences with its own heading, by default those from the last request.
    fn of_differences(findings: &[Finding], line: impl Fn(&Finding) -> Line) -> Option<Self> {
        (!findings.is_empty()).then(|| Self {
            id: "last",
            title: "Against the last one",
            document: "the last request with this event",
            class: "info",
            summary: format::plural(findings.len() as u64, "difference", "differences"),
            lines: findings.iter().map(line).collect(),
            more: 0,
        })
    }

    /// By the schema that the bin's owner has set for the event.
    pub(super) fn of_schema(report: &Result<SchemaReport, &'static str>) -> Self {
        let findings = report.as_ref().map_or(&[][..], |report| &report.findings);
        let more = report.as_ref().map_or(0, |report| report.more);
        let (class, summary) = match report {
            Err(why) => ("warn", (*why).to_owned()),
            Ok(_) if findings.is_empty() => ("ok", "as your schema says".to_owned()),
            Ok(_) => ("bad", format::plural(findings.len() as u64 + more, "difference", "differences")),
        };
        Self {
            id: "schema",
            title: "Your JSON Schema",
            document: "set for this event in this bin",
            class,
            summary,
            lines: findings.iter().map(|finding| Line { label: BREAKS_SCHEMA, ..line(finding) }).collect(),
            more,
        }
    }

    pub(super) fn new(report: &Report) -> Self {
        let weights = report.weights();
        let parts = [
            (weights.breaks, "breaks the contract", "break the contract"),
            (weights.unknown, "is not in the document", "are not in the document"),
            (weights.drift, "differs from its sample", "differ from its sample"),
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
            id: "contract",
            title: "Contract",
            document: report.document,
            class,
            summary: if words.is_empty() { "as the document says".to_owned() } else { words.join(", ") },
            lines: report.findings.iter().map(line).collect(),
            more: report.more,
        }
    }
}

/// A line for a difference from earlier requests.
fn drifted(request: &CapturedRequest) -> impl Fn(&Finding) -> Line {
    let (class, label) = drift_words(request);
    move |finding| Line { class, label, ..line(finding) }
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
