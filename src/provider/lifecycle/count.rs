//! Events that came more than once, and those that were not accepted.

use super::{Delivery, Session, SessionFinding, finding, span};
use crate::provider::finding::Severity;

/// Events that came again.
pub(super) fn again(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    for event in session.came() {
        let all: Vec<&Delivery> = session.of(event).collect();
        let [first, .., last] = all[..] else { continue };
        let after = span(last.received_at.since(first.received_at));
        let times = if all.len() == 2 { "twice".to_owned() } else { format!("{} times", all.len()) };
        let apart = if all.len() == 2 { after } else { format!("the last {after}") };
        let (same, bytes) = bytes(&all);
        let sentence = format!("{event} came {times}, {apart} after the first, {bytes}.");
        let (severity, code, says) = match rules.once.iter().find(|rule| rule.event == event) {
            Some(rule) => (Severity::Breaks, "twice", rule.says),
            None if same == Some(false) => (Severity::Drift, "redelivered_changed", rules.again),
            None => (Severity::Note, "redelivered", rules.again),
        };
        findings.push(finding(severity, code, says, sentence, all.iter().map(|delivery| delivery.id)));
    }
}

/// Whether all have the bytes of the first, as far as that is known, and the words for it.
fn bytes(all: &[&Delivery]) -> (Option<bool>, &'static str) {
    let (first, others) = (all[0].digest, &all[1..]);
    let known = first.is_some() && others.iter().all(|other| other.digest.is_some());
    if others.iter().any(|other| first.is_some() && other.digest.is_some_and(|digest| Some(digest) != first)) {
        (Some(false), "and not with the same bytes")
    } else if known {
        (Some(true), "with the same bytes")
    } else {
        (None, "and not all of them are compared")
    }
}

/// Events that were not answered 2xx, and what becomes of them.
pub(super) fn not_accepted(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    for event in session.came() {
        let turned_down: Vec<&Delivery> = session
            .of(event)
            .filter(|one| !one.waits && !one.status.is_some_and(|status| (200..300).contains(&status)))
            .collect();
        let [first, ..] = turned_down[..] else { continue };
        let answer = first.status.map_or_else(|| "not answered".to_owned(), |status| format!("answered {status}"));
        let more = if turned_down.len() > 1 { format!(", {} times not 2xx", turned_down.len()) } else { String::new() };
        let sentence = format!("{event} was {answer}{more}. {}", rules.not_accepted.sentence);
        let requests = turned_down.iter().map(|delivery| delivery.id);
        findings.push(finding(Severity::Note, "not_accepted", rules.not_accepted.says, sentence, requests));
    }
}
