//! Contracts: a platform document's statements about the head and the body of each event, as data, and the check of a
//! request against them. A platform's file in `platform/` holds the data; this module checks.

mod documented;
mod head;
mod kind;
mod walk;

use serde::Serialize;

use super::finding::{Finding, Severity};
use super::findings::Findings;
use super::platform;
use super::platform::events::{Contract, Event};
use crate::http::Headers;
use crate::json::{NodeId, NodeKind, Outline, Pointer, unescape};
pub(crate) use documented::{Documented, documented};
use walk::Walk;

/// The parts of a request that contracts check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Examined<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The header fields.
    pub headers: &'a Headers,
    /// The JSON that the body is about.
    pub json: &'a [u8],
    /// Its outline.
    pub outline: &'a Outline,
    /// Whether the bin has a secret, so that a signature is required.
    pub has_secret: bool,
}

/// The check of a request against its platform's contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// The platform's id.
    pub provider: &'static str,
    /// The title of the document.
    pub document: &'static str,
    /// The event whose contract was used; `None` when the document has no such event.
    pub event: Option<&'static str>,
    /// What is found, in the order of the request.
    pub findings: Vec<Finding>,
    /// Findings that are not listed: more of the same.
    pub more: u64,
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Weights {
    pub breaks: usize,
    pub unknown: usize,
    pub drift: usize,
}

impl Weights {
    /// How many of these findings have each severity.
    pub(crate) fn of<'f>(findings: impl IntoIterator<Item = &'f Finding>) -> Self {
        let mut weights = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Breaks => weights.breaks += 1,
                Severity::Unknown => weights.unknown += 1,
                Severity::Drift => weights.drift += 1,
                Severity::Note => {}
            }
        }
        weights
    }
}

impl std::ops::AddAssign for Weights {
    fn add_assign(&mut self, other: Self) {
        self.breaks += other.breaks;
        self.unknown += other.unknown;
        self.drift += other.drift;
    }
}

impl Report {
    /// How many of the listed findings have each severity.
    pub(crate) fn weights(&self) -> Weights {
        Weights::of(&self.findings)
    }
}

/// Whether that provider's document is known in full, so that its requests can be checked against a contract.
pub(crate) fn is_known(provider: &str) -> bool {
    platform::by_id(provider).is_some()
}

/// Checks a request against the platform's contract; `None` when there is none. Costs a pass over the outline.
pub(crate) fn check(provider: &str, request: &Examined<'_>) -> Option<Report> {
    let platform = platform::by_id(provider)?;
    let contract = &platform.contract;
    let mut findings = Findings::default();
    let outline = request.outline;
    // Checks the text up to the first JSON error; nothing is known of the rest.
    let event = Pointer::parse("/event").and_then(|pointer| outline.resolve(request.json, &pointer));
    let is_text = |node: &NodeId| outline.kind(request.json, *node) == Some(NodeKind::String);
    let named = event.filter(is_text).map(|node| unescape(outline.raw(request.json, node)));
    let named = named.as_deref();
    for rule in contract.head {
        rule.check(request, named, &mut findings);
    }
    let event = body(contract, request.json, outline, named, &mut findings);
    Some(Report {
        provider: platform.id,
        document: platform.document,
        event: event.map(|event| event.name),
        findings: findings.told,
        more: findings.more,
    })
}

/// Checks the body against the contract of its event.
fn body(
    contract: &'static Contract,
    json: &[u8],
    outline: &Outline,
    named: Option<&str>,
    findings: &mut Findings,
) -> Option<&'static Event> {
    if let Some(error) = &outline.error {
        let sentence =
            format!("The body is not valid JSON: {} (line {}, column {}).", error.message, error.line, error.column);
        findings.at("", Severity::Breaks, "not_json", contract.body, sentence);
        return None;
    }
    if outline.kind(json, 0) != Some(NodeKind::Object) {
        let sentence = "The body is JSON, but no object.".to_owned();
        findings.at("", Severity::Breaks, "wrong_type", contract.body, sentence);
        return None;
    }
    let Some(named) = named else {
        let sentence = "The field `event` is missing, or no text.".to_owned();
        findings.at("/event", Severity::Breaks, super::finding::MISSING, contract.event, sentence);
        return None;
    };
    let Some(event) = contract.events.iter().find(|event| event.name == named) else {
        let sentence = format!("The document has no event “{}”.", super::clipped(named.to_owned()));
        findings.at("/event", Severity::Unknown, "unknown_event", contract.others, sentence);
        return None;
    };
    Walk::new(json, outline, findings).object(0, event.fields, event.extra);
    for rule in event.rules {
        rule(json, findings);
    }
    Some(event)
}

#[cfg(test)]
mod tests;
