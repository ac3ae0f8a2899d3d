//! Lifecycles: which events a session has, in which order and how often, by the platform's document. A platform's file
//! in `platform/` holds the rules as data; this module checks a session's requests against them.

mod compare;
mod count;
mod expect;
mod order;

use std::time::Duration;

use serde_json::Value;

use super::finding::{Says, Severity};
use super::platform;
use super::platform::sessions::Lifecycle;
use crate::model::{Lost, RequestId, Seq, Timestamp};

/// After this long without a request, an unfinished session counts as incomplete.
pub(crate) const SILENCE: Duration = Duration::from_mins(30);
/// Durations may differ by this many seconds.
const TOLERANCE_S: f64 = 5.0;
/// Requests that a finding names.
const MAX_NAMED: usize = 20;

/// The parts of a session's request that lifecycles need.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub id: RequestId,
    pub seq: Seq,
    pub event: String,
    pub received_at: Timestamp,
    /// The status that the sender got; `None` for no response.
    pub status: Option<u16>,
    /// Whether the sender still waits for its answer.
    pub waits: bool,
    /// The event's own time.
    pub sent_at: Option<Timestamp>,
    /// The values of [`values`], where the body was read.
    pub values: Vec<(&'static str, Value)>,
    /// A digest of the body, where it was read.
    pub digest: Option<[u8; 32]>,
}

impl Delivery {
    /// The value at that pointer, unless it is absent or null.
    fn value(&self, pointer: &str) -> Option<&Value> {
        self.values.iter().find(|(at, _)| *at == pointer).map(|(_, value)| value).filter(|value| !value.is_null())
    }
}

/// Facts in addition to the requests of a session.
#[derive(Debug, Clone)]
pub(crate) struct Surroundings {
    /// The events that the user named as subscribed; `None` for the platform's default and the events seen.
    pub chosen: Option<Vec<String>>,
    /// The events of the bin, with the cursor at which each was first seen.
    pub seen: Vec<(String, Seq)>,
    pub now: Timestamp,
    pub silence: Duration,
    /// Which of the bin's requests were removed.
    pub lost: Lost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionFinding {
    pub severity: Severity,
    /// A stable name: `missing`, `twice`, `redelivered`, `redelivered_changed`, `out_of_order`, `after_end`,
    /// `ended_before_started`, `not_of_a_text_session`, `contradiction`, `duration`, `not_accepted`.
    pub code: &'static str,
    pub sentence: String,
    pub says: Says,
    /// The requests that it is about, at most 20.
    pub requests: Vec<RequestId>,
}

/// The check of a session against its platform's document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Examined {
    pub document: &'static str,
    /// The events that it should have, in the document's order.
    pub expected: Vec<&'static str>,
    /// Of these, what is missing.
    pub missing: Vec<&'static str>,
    /// In the order of the rules.
    pub findings: Vec<SessionFinding>,
}

/// The pointers of the values that [`examine`] looks at; none for a platform that is not known in full.
pub(crate) fn values(provider: &str) -> Vec<&'static str> {
    let Some(lifecycle) = platform::by_id(provider).map(|platform| &platform.lifecycle) else { return Vec::new() };
    let mut values: Vec<&'static str> = lifecycle.call_values.to_vec();
    values.extend(lifecycle.combined.iter().flat_map(|combined| combined.values));
    values.extend(lifecycle.duration.iter().map(|measured| measured.pointer));
    values.sort_unstable();
    values.dedup();
    values
}

/// What tells a call from a session of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ToldByEnd {
    /// The event that ends a session.
    pub event: &'static str,
    /// Its values that only a call has.
    pub of_calls: &'static [&'static str],
}

/// What shows whether a session of that platform was a call; `None` if its document does not say.
pub(crate) fn told_by_end(provider: &str) -> Option<ToldByEnd> {
    let lifecycle = &platform::by_id(provider)?.lifecycle;
    (!lifecycle.call_values.is_empty())
        .then_some(ToldByEnd { event: lifecycle.end.event, of_calls: lifecycle.call_values })
}

/// The names of a platform's events in the document's order, with whether each is subscribed unless its user chooses
/// otherwise.
pub(crate) fn events(provider: &str) -> Vec<(&'static str, bool)> {
    let Some(platform) = platform::by_id(provider) else { return Vec::new() };
    let names = platform.contract.events.iter().map(|event| event.name);
    names.map(|name| (name, platform.lifecycle.subscribed.contains(&name))).collect()
}

/// What becomes of an event of that platform that was not answered 2xx, and what its document says.
pub(crate) fn not_accepted(provider: &str) -> Option<(&'static str, Says)> {
    let consequence = platform::by_id(provider)?.lifecycle.not_accepted;
    Some((consequence.sentence, consequence.says))
}

/// A duration that an event states, in seconds, and the one between the timestamps of its two events.
pub(crate) fn measured(provider: &str, deliveries: &[Delivery]) -> Option<(f64, f64)> {
    compare::told_and_passed(&Session { platform: platform::by_id(provider)?, deliveries })
}

/// Checks a session's requests, in order of arrival, against the platform's lifecycle.
pub(crate) fn examine(provider: &str, deliveries: &[Delivery], around: &Surroundings) -> Option<Examined> {
    let platform = platform::by_id(provider)?;
    let session = Session { platform, deliveries };
    let (expected, missing) = expect::expected(&session, around);
    let mut findings = expect::missing(&session, &missing, around);
    count::again(&session, &mut findings);
    order::order(&session, &mut findings);
    compare::compare(&session, &mut findings);
    count::not_accepted(&session, &mut findings);
    Some(Examined { document: platform.document, expected, missing, findings })
}

#[derive(Clone, Copy)]
struct Session<'a> {
    platform: &'static platform::Platform,
    deliveries: &'a [Delivery],
}

impl<'a> Session<'a> {
    const fn rules(&self) -> &'static Lifecycle {
        &self.platform.lifecycle
    }

    /// The deliveries of an event, in the order in which they came.
    fn of(&self, event: &str) -> impl Iterator<Item = &'a Delivery> + use<'a, '_> {
        let event = event.to_owned();
        self.deliveries.iter().filter(move |delivery| delivery.event == event)
    }

    fn first(&self, event: &str) -> Option<&'a Delivery> {
        self.deliveries.iter().find(|delivery| delivery.event == event)
    }

    /// The names of the events that came, of those that the document has, in its order.
    fn came(&self) -> impl Iterator<Item = &'static str> {
        let names = self.platform.contract.events.iter().map(|event| event.name);
        names.filter(|name| self.first(name).is_some())
    }

    /// Whether its ending event is that of a text session: it has no value of calls.
    fn is_text(&self) -> bool {
        let values = self.rules().call_values;
        // Nothing is known of a body that was not read.
        let end = self.first(self.rules().end.event).filter(|end| end.digest.is_some() && !values.is_empty());
        end.is_some_and(|end| values.iter().all(|pointer| end.value(pointer).is_none()))
    }

    /// Whether it is known to be a call: by an event of calls, or a value that only calls have.
    fn is_call(&self) -> bool {
        let rules = self.rules();
        !self.is_text()
            && (rules.calls_only.iter().any(|rule| self.first(rule.event).is_some())
                || self
                    .deliveries
                    .iter()
                    .any(|one| rules.call_values.iter().any(|pointer| one.value(pointer).is_some())))
    }
}

fn finding(
    severity: Severity,
    code: &'static str,
    says: Says,
    sentence: String,
    requests: impl IntoIterator<Item = RequestId>,
) -> SessionFinding {
    SessionFinding { severity, code, sentence, says, requests: requests.into_iter().take(MAX_NAMED).collect() }
}

/// A span in words: `400 ms`, `2.5 s`, `4 min`, `3 h`.
fn span(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..120 => format!("{:.1} s", duration.as_secs_f64()),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
