//! The evidence for each point.

use super::sent::{self, Sent};
use super::{Evidence, PATIENCE_MS, State};
use crate::model::{AttemptFacts, Outcome, RequestId, RequestSummary, SignatureStatus};
use crate::provider::platform::points::What;

/// The state of a point.
pub(super) struct Judgement {
    pub(super) state: State,
    pub(super) sentence: String,
    pub(super) way: &'static str,
    pub(super) requests: Vec<RequestId>,
}

fn judgement(
    state: State,
    sentence: impl Into<String>,
    way: &'static str,
    requests: impl IntoIterator<Item = RequestId>,
) -> Judgement {
    Judgement { state, sentence: sentence.into(), way, requests: requests.into_iter().collect() }
}

/// What the points need to know of a platform.
pub(super) struct Of {
    pub(super) name: &'static str,
    /// Whether it signs its requests; else the user's own header field is the proof, if one is set.
    pub(super) signs: bool,
    /// Events of calls.
    pub(super) calls_only: Vec<&'static str>,
}

const FORWARD: &str = "Let the bin forward to your endpoint, or replay a request to it.";
const LATE: &str = "See in the attempts which step took so long. What was late once counts until its request is deleted, or 1,000 newer \
                    attempts are there.";

pub(super) fn judge(what: What, evidence: &Evidence<'_>, of: &Of) -> Judgement {
    match what {
        What::Reachable => reachable(evidence),
        What::Https => https(evidence),
        What::Fast => fast(evidence),
        What::Proven if !of.signs && !evidence.has_secret => unsigned(of),
        What::Proven => proven(evidence),
        What::WrongRefused if !evidence.has_secret => nothing_to_refuse(of),
        What::WrongRefused => wrong_refused(evidence),
        What::Deduplicated => deduplicated(evidence),
        What::Accepted => accepted(evidence),
        What::Queue => queue(evidence),
        What::Events => events(evidence, of),
        What::Headers => headers(evidence),
        What::ParseFailures => parse_failures(evidence),
        What::Unseen => {
            let sentence = "Creel cannot see this. State it by hand, with a note of where it can be seen.";
            judgement(State::NotSeen, sentence, "", [])
        }
        What::Switch => judgement(
            State::NotSeen,
            format!(
                "Last: run `creel check URL --provider {}` against the production endpoint, then give {platform} its URL in \
                 place of this bin's.",
                of.name.to_ascii_lowercase(),
                platform = of.name,
            ),
            "",
            [],
        ),
    }
}

fn reachable(evidence: &Evidence<'_>) -> Judgement {
    let from_outside = |summary: &&&RequestSummary| summary.client.is_some_and(|client| !client.ip.is_loopback());
    let way = "Let the platform send an event to this bin through a tunnel or a public address.";
    if let Some(found) = evidence.requests.iter().find(from_outside) {
        let ip = found.client.map(|client| client.ip.to_string()).unwrap_or_default();
        return judgement(State::Proven, format!("A request came from {ip}."), way, [found.id]);
    }
    match evidence.through_proxy {
        Some(found) => {
            judgement(State::Proven, "A request came through a proxy or tunnel on this machine.", way, [found])
        }
        None if evidence.requests.is_empty() => judgement(State::NotSeen, "Nothing has come yet.", way, []),
        None => judgement(State::NotSeen, "Requests came from this machine only.", way, []),
    }
}

fn https(evidence: &Evidence<'_>) -> Judgement {
    let way = "Put a tunnel with HTTPS in front, and set its address as the bin's public URL.";
    if evidence.url.to_ascii_lowercase().starts_with("https://") {
        judgement(State::Proven, format!("The URL that is handed out is {}.", evidence.url), way, [])
    } else {
        judgement(
            State::NotSeen,
            format!("The URL that is handed out, {}, is not one of HTTPS.", evidence.url),
            way,
            [],
        )
    }
}

/// Whether a receiver that checks signatures is right to reject this request.
fn rightly_refused(evidence: &Evidence<'_>, summary: &RequestSummary) -> bool {
    summary.derived.verdict.is_unproven(evidence.has_secret)
}

/// Whether a request may count as an event of the platform: posted, readable, and not known to be another sender's.
pub(super) fn is_event(summary: &RequestSummary, has_secret: bool) -> bool {
    summary.method == "POST"
        && summary.complete
        && !summary.derived.event.notes.iter().any(|note| note == crate::provider::NOT_JSON)
        && !summary.derived.verdict.is_unproven(has_secret)
}

/// All attempts count for the times; an event's newest attempt decides whether it was accepted.
fn fast(evidence: &Evidence<'_>) -> Judgement {
    let all = sent::all(evidence);
    if all.is_empty() {
        return judgement(State::NotSeen, "No request was sent on to an endpoint yet.", FORWARD, []);
    }
    // Rightly rejecting a request is no failure of the endpoint; nor is rejecting a deliberately huge one.
    let is_bad = |sent: &Sent<'_>| {
        let refused = !is_event(sent.summary, evidence.has_secret)
            && sent.last.status.is_some_and(|status| (400..500).contains(&status));
        !(sent.last.is_delivered() || refused || sent.simulated && sent.last.status == Some(413))
    };
    let bad: Vec<Sent<'_>> = sent::newest(&all).into_iter().filter(is_bad).collect();
    let mut slowest = all.clone();
    slowest.sort_by_key(|sent| std::cmp::Reverse(sent.last.total_us));
    let late: Vec<Sent<'_>> =
        slowest.iter().copied().filter(|sent| sent.last.total_us >= PATIENCE_MS * 1_000).collect();
    let times: Vec<u64> = slowest.iter().rev().map(|sent| sent.last.total_us).collect();
    let at = |percent: usize| times[(times.len() * percent).div_ceil(100).saturating_sub(1)] / 1_000;
    let simulated = all.iter().filter(|sent| sent.simulated).count();
    let figures = format!(
        "{}{}: p50 {} ms, p95 {} ms, at most {} ms",
        if times.len() == 1 { "1 attempt".to_owned() } else { format!("{} attempts", times.len()) },
        match simulated {
            0 => String::new(),
            some if some == all.len() => " with simulated events".to_owned(),
            some => format!(", {some} of them with simulated events"),
        },
        at(50),
        at(95),
        at(100)
    );
    if let Some(first) = bad.first() {
        let came = match (first.last.outcome, first.last.status) {
            (Outcome::Answered, Some(status)) => format!("answered {status}"),
            (outcome, _) => format!("failed: {}", outcome.words()),
        };
        let sentence = format!("{figures}; {} not answered 2xx, one {came}.", bad.len());
        return judgement(State::Failed, sentence, FORWARD, requests_of(&bad));
    }
    if !late.is_empty() {
        let sentence = format!("{figures}; {} took {PATIENCE_MS} ms or more.", late.len());
        return judgement(State::Failed, sentence, LATE, requests_of(&late));
    }
    let ended = if all.iter().any(is_bad) { "each event was answered 2xx in the end" } else { "all answered 2xx" };
    judgement(State::Proven, format!("{figures}; {ended}."), FORWARD, requests_of(&slowest))
}

/// The requests of some attempts, each once, in their order.
fn requests_of(sent: &[Sent<'_>]) -> Vec<RequestId> {
    sent::newest(sent).iter().map(|sent| sent.summary.id).collect()
}

fn proven(evidence: &Evidence<'_>) -> Judgement {
    let way = "Set the secret in the bin's settings and at the platform, then send an event.";
    let with = |status: SignatureStatus| {
        evidence.requests.iter().filter(move |summary| summary.derived.verdict.status == status)
    };
    if let Some(found) = with(SignatureStatus::Valid).next() {
        return judgement(State::Proven, "A secret is set, and it was right for an event.", way, [found.id]);
    }
    let invalid: Vec<RequestId> = with(SignatureStatus::Invalid).map(|summary| summary.id).collect();
    match (evidence.has_secret, invalid.is_empty()) {
        (true, false) => {
            judgement(State::Failed, "A secret is set, and it was wrong for every event that has one.", way, invalid)
        }
        (true, true) => judgement(State::NotSeen, "A secret is set; no event that it proves has come yet.", way, []),
        (false, _) => judgement(State::NotSeen, "No secret is set, so anyone can send.", way, []),
    }
}

/// A platform without signatures, and no header field that proves it.
fn unsigned(of: &Of) -> Judgement {
    let sentence = format!(
        "{} signs nothing, and no secret is set: where a header of yours is to prove the source, set its value as the bin's secret.",
        of.name
    );
    judgement(State::NotApplicable, sentence, "", [])
}

/// The judgement without a secret: there is no wrong one.
fn nothing_to_refuse(of: &Of) -> Judgement {
    let what = if of.signs { "signature" } else { "proof" };
    judgement(State::NotApplicable, format!("No secret is set, so that no {what} can be wrong."), "", [])
}

fn headers(evidence: &Evidence<'_>) -> Judgement {
    let way = "Set the same header at the platform, or correct what the bin's settings expect.";
    let Some(found) = &evidence.headers else {
        return judgement(
            State::NotApplicable,
            "No header of your own is expected: the bin's settings name none.",
            "",
            [],
        );
    };
    if let Some((_, sentence)) = found.wrong.first() {
        let others = found.wrong.iter().map(|(id, _)| *id);
        let count = found.wrong.len();
        let sentence = format!("{sentence} So it is with {count} of {} requests.", count + found.right.len());
        return judgement(State::Failed, sentence, way, others);
    }
    if found.right.is_empty() {
        return judgement(State::NotSeen, "Headers of your own are expected; no request has come yet.", way, []);
    }
    let sentence = format!("Of the newest requests, all {} have the headers that are expected.", found.right.len());
    judgement(State::Proven, sentence, way, found.right.iter().copied())
}

fn wrong_refused(evidence: &Evidence<'_>) -> Judgement {
    let way = "Send an event with a wrong signature to your endpoint: replay one with its signature changed.";
    // With an undecodable secret, it is unknown whether the signature is wrong.
    let is_wrong = |status: SignatureStatus| {
        status != SignatureStatus::UndecodableSecret && status.is_unproven(evidence.has_secret)
    };
    let by_id = sent::requests(evidence);
    // Decided by what was sent: a signature may have been broken or corrected. The newest such attempt of each request
    // counts.
    let mut wrong: Vec<&AttemptFacts> = Vec::new();
    for attempt in &evidence.attempts {
        let Some((summary, _)) = by_id.get(&attempt.request) else { continue };
        let is_known = wrong.iter().any(|known| known.request == attempt.request);
        if !is_known && is_wrong(attempt.status(&summary.derived.verdict)) {
            wrong.push(attempt);
        }
    }
    let taken: Vec<RequestId> =
        wrong.iter().filter(|attempt| attempt.last.is_delivered()).map(|attempt| attempt.request).collect();
    if !taken.is_empty() {
        let sentence = "The endpoint took a request whose signature is wrong or missing.";
        return judgement(State::Failed, sentence, way, taken);
    }
    if let Some(found) = wrong.iter().find(|attempt| matches!(attempt.last.status, Some(401 | 403))) {
        return judgement(State::Proven, "The endpoint turned down a wrong signature.", way, [found.request]);
    }
    let captured_wrong = |summary: &&&RequestSummary| is_wrong(summary.derived.verdict.status);
    if let Some(found) =
        evidence.requests.iter().filter(captured_wrong).find(|summary| summary.response.status == Some(401))
    {
        let sentence = "The bin turned down a wrong signature with 401; whether your endpoint does is not seen yet.";
        return judgement(State::NotSeen, sentence, way, [found.id]);
    }
    judgement(State::NotSeen, "No wrong signature was sent to an endpoint yet.", way, [])
}

fn deduplicated(evidence: &Evidence<'_>) -> Judgement {
    let way = "Replay an event to your endpoint, see that it is processed once, then tick this by hand.";
    let again: Vec<_> =
        evidence.requests.iter().filter(|summary| summary.derived.event.duplicate_of.is_some()).collect();
    let is_again = |sent: &Sent<'_>| sent.summary.derived.event.duplicate_of.is_some();
    let sent: Vec<Sent<'_>> = sent::newest(&sent::all(evidence)).into_iter().filter(is_again).collect();
    let failed: Vec<RequestId> =
        sent.iter().filter(|sent| !sent.last.is_delivered()).map(|sent| sent.summary.id).collect();
    if !failed.is_empty() {
        let sentence = "The endpoint did not answer 2xx to an event that came again.";
        return judgement(State::Failed, sentence, way, failed);
    }
    let (sentence, requests): (&str, Vec<RequestId>) = if !sent.is_empty() {
        let sentence = "The endpoint answered 2xx to an event that came again; whether it was processed once cannot be seen from here.";
        (sentence, requests_of(&sent))
    } else if again.is_empty() {
        ("No event has come again yet.", Vec::new())
    } else {
        ("An event came again, and was not sent on to an endpoint.", again.iter().map(|summary| summary.id).collect())
    };
    judgement(State::NotSeen, sentence, way, requests)
}

fn accepted(evidence: &Evidence<'_>) -> Judgement {
    // A request that the bin rightly rejected is no event of the platform.
    let is_forged =
        |summary: &RequestSummary| summary.response.status == Some(401) && rightly_refused(evidence, summary);
    let is_event = |summary: &&&RequestSummary| summary.derived.event.name.is_some() && !is_forged(summary);
    let events: Vec<&&RequestSummary> = evidence.requests.iter().filter(is_event).collect();
    let lost: Vec<&&&RequestSummary> = events
        .iter()
        .filter(|summary| summary.held_until.is_none())
        .filter(|summary| !summary.response.status.is_some_and(|status| (200..300).contains(&status)))
        .collect();
    let way = "Let the bin answer 200 at once, and work on what comes later.";
    if events.is_empty() {
        return judgement(State::NotSeen, "No event has come yet.", way, []);
    }
    if lost.is_empty() {
        let sentence = format!("Each of {} events was answered 2xx.", events.len());
        return judgement(State::Proven, sentence, way, events.iter().map(|summary| summary.id));
    }
    let sentence = format!("{} of {} events were not answered 2xx, and do not come again.", lost.len(), events.len());
    judgement(State::Failed, sentence, way, lost.iter().map(|summary| summary.id))
}

fn parse_failures(evidence: &Evidence<'_>) -> Judgement {
    let is_malformed =
        |summary: &&&RequestSummary| summary.derived.event.notes.iter().any(|note| note == crate::provider::NOT_JSON);
    let malformed: Vec<&&RequestSummary> = evidence.requests.iter().filter(is_malformed).collect();
    let mut counts: Vec<(&str, usize)> = evidence.expected.iter().map(|name| (*name, 0)).collect();
    for summary in &malformed {
        let name = summary.derived.event.name.as_deref().unwrap_or("no event");
        match counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => counts.push((name, 1)),
        }
    }
    let words: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    let sentence = format!("Bodies that are no JSON, by the event header: {}.", words.join(", "));
    let way = "See that your endpoint logs them apart, then tick this by hand.";
    judgement(State::NotSeen, sentence, way, malformed.iter().map(|summary| summary.id))
}

fn queue(evidence: &Evidence<'_>) -> Judgement {
    let way = "Let the bin forward with retries, or tick by hand that a queue of yours takes what comes.";
    match evidence.forwards {
        Some(retries) => {
            let sentence = format!(
                "This bin keeps what comes and forwards it in order, with {retries} retries: its queue is its database."
            );
            judgement(State::Proven, sentence, way, [])
        }
        None => judgement(State::NotSeen, "The bin does not forward, and a queue elsewhere cannot be seen.", way, []),
    }
}

fn events(evidence: &Evidence<'_>, of: &Of) -> Judgement {
    let way = "Run a test session at the platform.";
    let last = |name: &str| {
        evidence
            .requests
            .iter()
            .find(|summary| {
                summary.derived.event.name.as_deref() == Some(name) && is_event(summary, evidence.has_secret)
            })
            .map(|summary| summary.id)
    };
    let unseen = evidence.expected.iter().copied().filter(|name| last(name).is_none());
    let (calls, missing): (Vec<&str>, Vec<&str>) =
        unseen.partition(|name| evidence.text_only && of.calls_only.contains(name));
    let found: Vec<RequestId> = evidence.expected.iter().filter_map(|name| last(name)).collect();
    let seen: Vec<&str> = evidence.expected.iter().copied().filter(|name| last(name).is_some()).collect();
    let not_of_text = if calls.is_empty() {
        String::new()
    } else {
        format!(" Not applicable: {}; the sessions so far are of text.", calls.join(", "))
    };
    if seen.is_empty() && missing.is_empty() {
        judgement(State::NotApplicable, not_of_text.trim_start(), way, [])
    } else if missing.is_empty() {
        judgement(State::Proven, format!("Seen: {}.{not_of_text}", seen.join(", ")), way, found)
    } else {
        // Simulated requests are no evidence about the platform.
        let is_only_simulated =
            |name: &str| evidence.simulated.iter().any(|one| one.derived.event.name.as_deref() == Some(name));
        let named = missing
            .into_iter()
            .map(|name| if is_only_simulated(name) { format!("{name} (only simulated)") } else { name.to_owned() });
        let missing = named.collect::<Vec<_>>().join(", ");
        judgement(State::NotSeen, format!("Not seen yet: {missing}.{not_of_text}"), way, found)
    }
}
