//! The differences of a session's events from their contract, in a few words.

use super::format;
use crate::model::RequestId;
use crate::server::console::sessions::{Found, Session, SessionEvent};

/// A summary of findings, and its colour.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// The summary for a session's events, with a link to the first event that breaks its contract.
pub(super) fn broken(session: &Session, base: &str) -> Option<(Told, String)> {
    let told = contract_chip(session.contract.found)?;
    let breaks =
        |event: &&SessionEvent| event.left_out.is_none() && event.found.is_some_and(|found| found.weights.breaks > 0);
    let other = |event: &&SessionEvent| event.left_out.is_none() && event.found.and_then(contract_chip).is_some();
    let first = session.events.iter().find(breaks).or_else(|| session.events.iter().find(other))?;
    Some((told, findings_href(base, first.summary.id)))
}

/// The address of an event's findings.
pub(super) fn findings_href(base: &str, request: RequestId) -> String {
    format!("{base}/requests/{request}?tab=event#h-contract")
}

/// The differences from a contract, in a few words; `None` without any.
pub(super) fn contract_chip(found: Found) -> Option<Told> {
    let Found { weights, more } = found;
    let others = weights.unknown + weights.drift;
    let count = |count: usize| format!("{}{}", format::count(count as u64), if more > 0 { "+" } else { "" });
    Some(match (weights.breaks, others) {
        (0, 0) => return None,
        (0, others) => Told { class: "warn", text: format!("{} not as in the document", count(others)) },
        (1, _) if more == 0 => Told { class: "bad", text: "1 breaks the contract".to_owned() },
        (breaks, _) => Told { class: "bad", text: format!("{} break the contract", count(breaks)) },
    })
}
