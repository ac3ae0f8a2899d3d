//! The order of a session's events.

use super::{Delivery, MAX_NAMED, Session, SessionFinding, TOLERANCE_S, finding, span};
use crate::http::text::clipped;
use crate::provider::finding::Severity;

/// Characters of an event's name that a sentence repeats.
const MAX_NAME: usize = 60;

pub(super) fn order(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    before_the_first(session, findings);
    after_the_end(session, findings);
}

/// The event before all others came after one of them.
fn before_the_first(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    let Some((rule, first)) = rules.first.and_then(|rule| Some((rule, session.first(rule.event)?))) else { return };
    for event in session.came().filter(|event| *event != rule.event) {
        let Some(other) = session.first(event) else { continue };
        if let (Some(started), Some(ended)) = (first.sent_at, other.sent_at)
            && ended < started
        {
            let sentence = format!(
                "By their own timestamps {event} happened {} before {}.",
                span(started.since(ended)),
                rule.event
            );
            let requests = [first.id, other.id];
            findings.push(finding(Severity::Breaks, "ended_before_started", rule.says, sentence, requests));
        }
        if other.seq < first.seq {
            let sentence =
                format!("{event} came {} before {}.", span(first.received_at.since(other.received_at)), rule.event);
            findings.push(finding(Severity::Drift, "out_of_order", rule.says, sentence, [other.id, first.id]));
        }
    }
}

/// What came after the event that ends the session.
fn after_the_end(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    let Some(end) = session.first(rules.end.event).filter(|_| rules.end_is_last) else { return };
    let mut late: Vec<&Delivery> = Vec::new();
    for delivery in session.deliveries.iter().filter(|delivery| delivery.seq > end.seq) {
        let event = delivery.event.as_str();
        // A redelivery may come at any time.
        let is_new = session.first(event).is_some_and(|first| first.id == delivery.id);
        if is_new && event != rules.end.event && !rules.after_end.contains(&event) {
            late.push(delivery);
        }
    }
    for late in late.iter().take(MAX_NAMED) {
        let after = span(late.received_at.since(end.received_at));
        let event = clipped(&late.event, MAX_NAME);
        let sentence = format!("{event} came {after} after {}, which combines every other event.", end.event);
        findings.push(finding(Severity::Breaks, "after_end", rules.end.says, sentence, [end.id, late.id]));
    }
    for event in session.came().filter(|event| !rules.after_end.contains(event)) {
        let Some((other, (ended, earlier))) =
            session.first(event).and_then(|other| Some((other, end.sent_at.zip(other.sent_at)?)))
        else {
            continue;
        };
        // Clocks differ.
        if earlier.since(ended).as_secs_f64() > TOLERANCE_S && other.seq < end.seq {
            let sentence = format!(
                "By their own timestamps {} happened {} before {event}, which it combines.",
                end.event,
                span(earlier.since(ended))
            );
            findings.push(finding(Severity::Drift, "out_of_order", rules.end.says, sentence, [other.id, end.id]));
        }
    }
}
