//! The events that a session should have, and the missing ones.

use super::{Session, SessionFinding, Surroundings, finding, span};
use crate::model::Lost;
use crate::provider::finding::Severity;

/// The events that the session should have, and the missing ones of them.
pub(super) fn expected(session: &Session<'_>, around: &Surroundings) -> (Vec<&'static str>, Vec<&'static str>) {
    let rules = session.rules();
    let Some(last) = session.deliveries.last() else { return (Vec::new(), Vec::new()) };
    let is_call = session.is_call();
    let is_due = |event: &'static str| {
        let is_subscribed = match &around.chosen {
            Some(chosen) => chosen.iter().any(|name| name == event),
            // An event that the bin has seen by then is subscribed.
            None => {
                let seen = |(name, first): &(String, _)| name == event && *first <= last.seq;
                rules.subscribed.contains(&event) || around.seen.iter().any(seen)
            }
        };
        let for_calls = rules.calls_only.iter().any(|rule| rule.event == event);
        is_subscribed && (is_call || !for_calls)
    };
    let events = session.platform.contract.events.iter().map(|event| event.name);
    let expected: Vec<&'static str> = events.filter(|event| is_due(event)).collect();
    let has_ended = session.first(rules.end.event).is_some();
    let is_silent = around.now.since(last.received_at) >= around.silence;
    let missing = expected.iter().copied().filter(|event| {
        let may_still_come = *event == rules.end.event || rules.after_end.contains(event);
        session.first(event).is_none() && (is_silent || has_ended && !may_still_come)
    });
    (expected.clone(), missing.collect())
}

/// A finding for each event that is missing.
pub(super) fn missing(session: &Session<'_>, missing: &[&'static str], around: &Surroundings) -> Vec<SessionFinding> {
    let rules = session.rules();
    let why = match (session.first(rules.end.event), session.deliveries.last()) {
        (Some(_), _) => format!("{} came", rules.end.event),
        (None, Some(last)) => format!("nothing came for {}", span(around.now.since(last.received_at))),
        (None, None) => return Vec::new(),
    };
    let says = |event: &str| {
        let own = rules.calls_only.iter().chain(&rules.first).chain([&rules.end]).find(|rule| rule.event == event);
        own.map_or(rules.chosen, |rule| rule.says)
    };
    let tell = |event: &&'static str| {
        let requests = session.deliveries.last().map(|last| last.id);
        // The end comes after the requests that remain: retention would have removed those first.
        let gone = match around.lost {
            Lost::Nothing => false,
            Lost::Oldest => *event != rules.end.event,
            Lost::Any => true,
        };
        let (severity, sentence) = if gone {
            let sentence =
                format!("{event} is not here: it did not come, or was deleted since; requests of this bin were.");
            (Severity::Drift, sentence)
        } else {
            (Severity::Breaks, format!("{event} is missing: {why}."))
        };
        finding(severity, "missing", says(event), sentence, requests)
    };
    missing.iter().map(tell).collect()
}
