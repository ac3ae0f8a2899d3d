//! Compares what the events of a session say about the same value.

use serde_json::Value;

use super::{Delivery, Session, SessionFinding, TOLERANCE_S, finding};
use crate::http::text::clipped;
use crate::provider::finding::Severity;

/// Characters of a value that a sentence repeats.
const SHOWN: usize = 60;

pub(super) fn compare(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    of_a_call(session, findings);
    combined(session, findings);
    measured(session, findings);
}

/// An event of calls in a session that was no call.
fn of_a_call(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    let Some(end) = session.first(rules.end.event) else { return };
    if !session.is_text() {
        return;
    }
    for rule in rules.calls_only {
        let Some(call) = session.first(rule.event) else { continue };
        let sentence = format!("{} came, but {} is that of a text session.", rule.event, end.event);
        let requests = [call.id, end.id];
        findings.push(finding(Severity::Breaks, "not_of_a_text_session", rule.says, sentence, requests));
    }
}

/// Differences of the ending event from the earlier ones.
fn combined(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let rules = session.rules();
    let Some((combined, end)) = rules.combined.as_ref().zip(session.first(rules.end.event)) else { return };
    for event in session.came().filter(|event| *event != rules.end.event) {
        let of_calls = rules.calls_only.iter().any(|rule| rule.event == event);
        for pointer in combined.values {
            let here = end.value(pointer);
            // For text sessions, missing values of calls are reported elsewhere.
            let can_lack = end.digest.is_some() && !of_calls && rules.call_values.contains(pointer);
            let differs = |other: &&Delivery| match (here, other.value(pointer)) {
                (Some(here), Some(there)) if combined.seconds.contains(pointer) => !near(here, there),
                (Some(here), Some(there)) => !alike(here, there),
                (None, Some(_)) => can_lack,
                (_, None) => false,
            };
            let others: Vec<&Delivery> = session.of(event).filter(differs).collect();
            let Some(there) = others.first().and_then(|other| other.value(pointer)) else { continue };
            let name = pointer.trim_start_matches('/');
            let here = here.map_or_else(|| "none".to_owned(), shown);
            let sentence = format!("{} has `{name}` {here}, {event} has {}.", end.event, shown(there));
            let requests = others.iter().map(|other| other.id).chain([end.id]);
            findings.push(finding(Severity::Breaks, "contradiction", combined.says, sentence, requests));
        }
    }
}

/// Compares a duration with the timestamps.
fn measured(session: &Session<'_>, findings: &mut Vec<SessionFinding>) {
    let Some(measured) = &session.rules().duration else { return };
    let (Some(from), Some(to)) = (session.first(measured.from), session.first(measured.to)) else { return };
    let Some((seconds, passed)) = told_and_passed(session) else { return };
    // An end before the start is reported elsewhere.
    if passed >= 0.0 && (seconds - passed).abs() > TOLERANCE_S {
        let name = measured.pointer.rsplit('/').next().unwrap_or_default();
        let sentence = format!(
            "`{name}` is {seconds}, but {passed:.1} s lie between the timestamps of {} and {}.",
            measured.from, measured.to
        );
        findings.push(finding(Severity::Breaks, "duration", measured.says, sentence, [from.id, to.id]));
    }
}

/// The duration that an event states, and the one between the timestamps.
pub(super) fn told_and_passed(session: &Session<'_>) -> Option<(f64, f64)> {
    let measured = session.rules().duration.as_ref()?;
    let (from, to) = (session.first(measured.from)?, session.first(measured.to)?);
    let told = to.value(measured.pointer).and_then(Value::as_f64)?;
    Some((told, seconds_between(from.sent_at?.as_micros(), to.sent_at?.as_micros())))
}

#[expect(clippy::cast_precision_loss, reason = "a tenth of a second is shown")]
fn seconds_between(start: i64, end: i64) -> f64 {
    end.saturating_sub(start) as f64 / 1e6
}

/// Whether two values are the same: `1` and `1.0` are.
fn alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(one), Value::Number(other)) => {
            // Large whole numbers that differ may be equal as floating-point numbers.
            one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| alike(one, other)))
        }
        _ => a == b,
    }
}

fn near(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE_S,
        _ => a == b,
    }
}

fn shown(value: &Value) -> String {
    clipped(&value.to_string(), SHOWN)
}
