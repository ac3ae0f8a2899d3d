//! Checklists: a platform document's conditions for going into production, checked against the captured requests. A
//! platform's file in `platform/` holds the points; this module finds the evidence for each.

mod act;
mod by_check;
mod judge;
mod sent;

pub(crate) use act::Act;
use serde::Serialize;
use strum::IntoStaticStr;

use super::finding::Says;
use super::platform;
use super::platform::points::{Point, What};
use crate::model::{AttemptFacts, CheckReport, RequestId, RequestSummary, Timestamp};

/// The platforms' time limit for an endpoint's answer, in milliseconds.
pub(crate) const PATIENCE_MS: u64 = 3_000;
/// Requests that a point names.
const MAX_NAMED: usize = 5;

/// The state of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// There is evidence that it is so.
    Proven,
    /// There is evidence that it is not.
    Failed,
    /// There is no evidence yet.
    NotSeen,
    /// It does not apply here.
    NotApplicable,
    /// The owner states that it is so.
    Stated,
}

/// The owner's statement about a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stated<'a> {
    pub point: &'a str,
    pub note: &'a str,
    pub at: Timestamp,
}

/// All evidence for the points.
pub(crate) struct Evidence<'a> {
    /// The newest requests that came over the network, newest first.
    pub requests: Vec<&'a RequestSummary>,
    /// The newest simulated events, newest first: attempts to send them to an endpoint count.
    pub simulated: Vec<&'a RequestSummary>,
    /// The newest check of the bin's receiver.
    pub check: Option<Checked<'a>>,
    /// The newest attempts of the bin's requests, newest first.
    pub attempts: Vec<AttemptFacts>,
    /// Of the requests, one marked by a proxy on this machine.
    pub through_proxy: Option<RequestId>,
    /// The URL to hand out.
    pub url: &'a str,
    pub has_secret: bool,
    /// Whether the bin forwards, and is not paused; how often it tries again.
    pub forwards: Option<u32>,
    /// The events that are subscribed.
    pub expected: &'a [&'a str],
    /// Whether sessions of text were seen and none of calls.
    pub text_only: bool,
    /// The evidence from the expected header fields; `None` if none are expected.
    pub headers: Option<HeaderEvidence>,
    pub stated: &'a [Stated<'a>],
}

/// A completed check of the receiver.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Checked<'a> {
    /// Its number, valid until the server stops.
    pub id: u64,
    pub report: &'a CheckReport,
}

/// The evidence from the expected header fields in the newest requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct HeaderEvidence {
    /// Requests that have all of them.
    pub right: Vec<RequestId>,
    /// Requests that do not, each with the first thing that is wrong.
    pub wrong: Vec<(RequestId, String)>,
}

/// A point with its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub id: &'static str,
    pub state: State,
    /// Why that is its state.
    pub sentence: String,
    /// What would prove it, where it is not proven.
    pub way: Option<&'static str>,
    /// The same as something to do.
    pub act: Option<Act>,
    pub says: Says,
    pub evidence: Vec<RequestId>,
    /// Whether the evidence is attempts to send these requests.
    pub of_attempts: bool,
    /// The number of the check that is evidence for it.
    pub check: Option<u64>,
    /// What the owner said, and when.
    pub note: Option<(String, Timestamp)>,
}

/// Whether a request counts as evidence that the platform sent its event.
pub(crate) fn is_event(summary: &RequestSummary, has_secret: bool) -> bool {
    judge::is_event(summary, has_secret)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Checklist {
    pub provider: &'static str,
    pub name: &'static str,
    pub document: &'static str,
    pub points: Vec<Judged>,
}

impl Checklist {
    /// How many points have this state.
    pub(crate) fn count(&self, state: State) -> usize {
        self.points.iter().filter(|point| point.state == state).count()
    }

    /// How many points apply.
    pub(crate) fn due(&self) -> usize {
        self.points.len() - self.count(State::NotApplicable)
    }

    /// How many are settled, by evidence or by the owner's statement.
    pub(crate) fn settled(&self) -> usize {
        self.count(State::Proven) + self.count(State::Stated)
    }
}

/// The platform's checklist with this evidence; `None` for a platform that is not known in full.
pub(crate) fn checklist(provider: &str, evidence: &Evidence<'_>) -> Option<Checklist> {
    let platform = platform::by_id(provider)?;
    let name = super::by_id(provider)?.name;
    let lifecycle = &platform.lifecycle;
    let of = judge::Of {
        name,
        signs: super::battery::battery(platform.id).is_none_or(|battery| battery.signs),
        calls_only: lifecycle.calls_only.iter().map(|rule| rule.event).collect(),
    };
    let points = platform.points.iter().map(|point| judged(point, evidence, &of)).collect();
    Some(Checklist { provider: platform.id, name, document: platform.document, points })
}

/// Whether that platform has such a point.
pub(crate) fn has_point(provider: &str, point: &str) -> bool {
    platform::by_id(provider).is_some_and(|platform| platform.points.iter().any(|known| known.id == point))
}

fn judged(point: &'static Point, evidence: &Evidence<'_>, of: &judge::Of) -> Judged {
    let judged = judge::judge(point.what, evidence, of);
    let (judge::Judgement { state, sentence, way, requests }, check) = by_check::added(point.what, judged, evidence);
    let stated = evidence.stated.iter().find(|stated| stated.point == point.id);
    // The owner's statement counts without evidence; it does not hide evidence against it.
    let state = if stated.is_some() && state == State::NotSeen { State::Stated } else { state };
    // A statement that was made is not requested again.
    let sentence = match point.what {
        What::Unseen | What::Switch if state == State::Stated => "Creel cannot see this.".to_owned(),
        _ => sentence,
    };
    Judged {
        id: point.id,
        state,
        sentence,
        act: act::act(point.what, state, &requests, evidence),
        of_attempts: matches!(point.what, What::Fast | What::WrongRefused | What::Deduplicated),
        check,
        way: Some(way).filter(|way| !way.is_empty() && matches!(state, State::NotSeen | State::Failed)),
        says: point.says,
        evidence: requests.into_iter().take(MAX_NAMED).collect(),
        note: stated.map(|stated| (stated.note.to_owned(), stated.at)),
    }
}

/// The checklist in Markdown, for a ticket. `link` makes the address of a request, `check_link` that of a check.
pub(crate) fn markdown(
    list: &Checklist,
    bin: &str,
    at: Timestamp,
    link: impl Fn(RequestId) -> String,
    check_link: impl Fn(u64) -> String,
) -> String {
    use std::fmt::Write as _;
    let mut out = format!("# Checklist: {} ({bin})\n\n", list.name);
    // Writing to a text cannot fail.
    let _ = writeln!(out, "{} of {} settled on {at}. Source: {}.\n", list.settled(), list.due(), list.document);
    for point in &list.points {
        let (tick, word) = match point.state {
            State::Proven => ("x", "proven"),
            State::Stated => ("x", "stated by hand"),
            State::Failed => (" ", "FAILED"),
            State::NotSeen => (" ", "not seen yet"),
            // No tick, because nothing was done.
            State::NotApplicable => ("–", "not applicable"),
        };
        let _ = writeln!(out, "- [{tick}] **{}** ({word}): {}", point.says.text, point.sentence);
        if let Some((note, at)) = &point.note {
            let note = note.replace(['\r', '\n'], " ");
            let _ = writeln!(out, "  - note of {at}: {note}");
        }
        for id in &point.evidence {
            let _ = writeln!(out, "  - {}", link(*id));
        }
        if let Some(check) = point.check {
            let _ = writeln!(out, "  - {}", check_link(check));
        }
    }
    out
}

#[cfg(test)]
mod tests;
