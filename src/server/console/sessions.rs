//! Sessions for API and pages: the requests that name a session, checked against their platform's lifecycle.

use std::time::Duration;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ConsoleState;
use super::extract::path_names;
use super::heavy::turn;
use super::problem::Problem;
use crate::http::{Headers, coding};
use crate::json::{Outline, Pointer, scan};
use crate::model::{
    Bin, ExpectedHeader, Origin, RequestId, RequestSummary, Seq, SignatureStatus, Timestamp, kept_name,
};
use crate::provider::content::{self, Content, Page};
use crate::provider::contract::{self, Weights};
use crate::provider::lifecycle::{self, Delivery, Examined, SILENCE, Surroundings};
use crate::provider::{self, EventInput, expected};
use crate::store::{BinState, SessionLimits, SessionRequest, SessionRequests};

/// Sessions of a page of the list.
pub(super) const PAGE: usize = 20;
/// The most that a client may ask for.
pub(super) const MAX_PAGE: usize = 100;
/// Limits in a list: sessions with more requests are not checked against their lifecycle, and larger bodies are not
/// read.
const IN_LIST: SessionLimits = SessionLimits { requests: 200, bodies: 40, one_body: 256 << 10, all_bytes: 16 << 20 };
/// Limits for a single session.
const ALONE: SessionLimits = SessionLimits { requests: 10_000, bodies: 1_000, one_body: 16 << 20, all_bytes: 48 << 20 };
/// Values up to this many bytes are compared directly; longer ones by digest.
const MAX_VALUE: usize = 16 << 10;
/// Events of a session whose content is shown: no platform has more.
const MAX_READ: usize = 8;

/// A session.
pub(super) struct Session {
    pub(super) id: String,
    /// The platform's id, where one is recognised.
    pub(super) provider: Option<String>,
    /// How many requests name it.
    pub(super) total: u64,
    /// The oldest of them, oldest first.
    pub(super) events: Vec<SessionEvent>,
    /// The check against the platform's lifecycle; else why it was not checked.
    pub(super) examined: Result<Examined, &'static str>,
    /// The events' differences from their contract and from the headers that the bin expects.
    pub(super) contract: Contract,
    /// Facts from its events: names and values. Read, like the content, only for a single session.
    pub(super) facts: Vec<(String, String)>,
    pub(super) content: SessionContent,
}

/// The readable content of a session's events, combined.
#[derive(Default)]
pub(super) struct SessionContent {
    pub(super) content: Content,
    /// The request that has the transcript.
    pub(super) transcript_of: Option<RequestId>,
    /// When the recording's URL came.
    pub(super) recording_at: Timestamp,
}

/// The events of a session by their contracts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Contract {
    /// Events that count and were checked against their contract.
    pub(super) events: usize,
    /// What was found in them.
    pub(super) found: Found,
}

/// Differences from a contract.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    pub(super) weights: Weights,
    /// Findings that are not listed: more of the same.
    pub(super) more: u64,
}

/// A request of a session.
pub(super) struct SessionEvent {
    pub(super) summary: RequestSummary,
    /// Its differences from its contract; `None` if it was not checked.
    pub(super) found: Option<Found>,
    /// Whether it counts; else why it does not.
    pub(super) left_out: Option<&'static str>,
}

impl Session {
    /// When its first request came.
    pub(super) fn started_at(&self) -> Option<Timestamp> {
        self.events.first().map(|event| event.summary.received_at)
    }

    /// When the last of `events` came.
    pub(super) fn last_at(&self) -> Option<Timestamp> {
        self.events.last().map(|event| event.summary.received_at)
    }
}

/// A page of sessions, and where to continue.
pub(super) async fn page(
    state: &ConsoleState,
    bin: &BinState,
    before: Option<Seq>,
    limit: usize,
) -> Result<(Vec<Session>, Option<Seq>), Problem> {
    let around = surroundings(state, bin).await?;
    let turn = turn().await;
    let page = state.store.sessions(bin.bin.id, before, limit, IN_LIST).await?;
    let sessions = page.sessions;
    let work = move || sessions.into_iter().map(|found| read(found, &around, None)).collect();
    Ok((turn.run(work).await?, page.next))
}

/// One session.
pub(super) async fn one(state: &ConsoleState, bin: &BinState, id: String, page: Page) -> Result<Session, Problem> {
    let around = surroundings(state, bin).await?;
    // A full id is mapped to its stored form.
    let id = kept_name(&id).into_owned();
    let turn = turn().await;
    let found = state.store.session(bin.bin.id, id, ALONE).await?;
    if found.requests.is_empty() {
        return Err(Problem::not_found("session"));
    }
    Ok(turn.run(move || read(found, &around, Some(page))).await?)
}

/// The data for checking sessions, in addition to their requests.
struct Around {
    lifecycle: Surroundings,
    has_secrets: bool,
    /// Header fields that the bin expects.
    headers: Vec<ExpectedHeader>,
}

async fn surroundings(state: &ConsoleState, bin: &BinState) -> Result<Around, Problem> {
    let expect = bin.bin.settings.expect.clone().unwrap_or_default();
    let seen = state.store.events_seen(bin.bin.id).await?;
    let lifecycle = Surroundings {
        chosen: expect.events,
        seen: seen.into_iter().map(|event| (event.name, event.first)).collect(),
        now: state.capture.clock().now(),
        silence: expect.silence_s.map_or(SILENCE, Duration::from_secs),
        lost: state.store.lost(bin.bin.id).await?,
    };
    Ok(Around { lifecycle, has_secrets: !bin.bin.secrets.is_empty(), headers: expect.headers })
}

fn read(found: SessionRequests, around: &Around, page: Option<Page>) -> Session {
    let named = |one: &SessionRequest| one.summary.derived.event.provider.clone();
    let provider = found.requests.iter().filter_map(named).find(|provider| contract::is_known(provider));
    let provider = provider.or_else(|| found.requests.iter().find_map(named));
    let reasons = left_out(&found.requests, around.has_secrets);
    let pointers = provider.as_deref().map(lifecycle::values).unwrap_or_default();
    let (deliveries, all_found): (Vec<Option<Delivery>>, Vec<Option<Found>>) =
        found.requests.iter().map(|one| looked_at(one, &pointers, around)).unzip();
    let mut measured = None;
    let examined = match &provider {
        _ if found.total > found.requests.len() as u64 => {
            Err("The session has too many requests to be looked at whole.")
        }
        None => Err("No platform is recognised."),
        Some(provider) => {
            let counted = deliveries.into_iter().zip(&reasons).filter(|(_, left_out)| left_out.is_none());
            let deliveries: Vec<Delivery> = counted.filter_map(|(delivery, _)| delivery).collect();
            measured = lifecycle::measured(provider, &deliveries);
            let examined = lifecycle::examine(provider, &deliveries, &around.lifecycle);
            examined.ok_or("No document of the platform is known in full.")
        }
    };
    let mut contract = Contract::default();
    for (found, _) in all_found.iter().zip(&reasons).filter(|(_, left_out)| left_out.is_none()) {
        let Some(found) = found else { continue };
        contract.events += 1;
        contract.found.weights += found.weights;
        contract.found.more += found.more;
    }
    let (mut facts, content) = match (page, &provider) {
        (Some(page), Some(provider)) => contents(provider, &found.requests, &reasons, page),
        _ => <(Vec<_>, SessionContent)>::default(),
    };
    if let Some((told, passed)) = measured {
        facts.push(("Duration beside the timestamps".to_owned(), format!("{told} s told, {passed:.1} s passed")));
    }
    let events = found.requests.into_iter().zip(reasons).zip(all_found);
    let events =
        events.map(|((request, left_out), found)| SessionEvent { summary: request.summary, found, left_out }).collect();
    Session { id: found.id, provider, total: found.total, events, examined, contract, facts, content }
}

/// Facts and content from a session's events: from the first counting delivery of each event; later events override
/// earlier ones.
fn contents(
    provider: &str,
    requests: &[SessionRequest],
    reasons: &[Option<&'static str>],
    page: Page,
) -> (Vec<(String, String)>, SessionContent) {
    let mut read: Vec<&str> = Vec::new();
    let (mut facts, mut whole) = (Vec::<(String, String)>::new(), SessionContent::default());
    for (one, _) in requests.iter().zip(reasons).filter(|(_, left_out)| left_out.is_none()) {
        let (Some(name), Some((head, body))) = (one.summary.derived.event.name.as_deref(), &one.content) else {
            continue;
        };
        if read.contains(&name) || read.len() == MAX_READ {
            continue;
        }
        read.push(name);
        let headers = head.headers();
        let plain = coding::plain(headers.get_str("content-encoding"), body);
        let json = provider::json_of(&headers, &plain);
        let target = head.target();
        let input = EventInput { headers: &headers, body: &plain, json: &json, query: target.query() };
        for detail in provider::details(Some(provider), None, &input) {
            facts.retain(|(label, _)| label != detail.label);
            facts.push((detail.label.to_owned(), detail.value));
        }
        let content = content::read(provider, &json, &scan(&json), page);
        if content.transcript.is_some() {
            (whole.content.transcript, whole.transcript_of) = (content.transcript, Some(one.summary.id));
        }
        if !content.variables.is_empty() {
            whole.content.variables = content.variables;
            whole.content.more_variables = content.more_variables;
        }
        if content.recording.is_some() {
            (whole.content.recording, whole.recording_at) = (content.recording, one.summary.received_at);
        }
    }
    (facts, whole)
}

/// Why each request does not count: requests that Creel sent itself are no evidence about the sender, nor are unproven
/// requests if proven ones exist.
fn left_out(requests: &[SessionRequest], has_secrets: bool) -> Vec<Option<&'static str>> {
    let of_a_sender = |one: &SessionRequest| matches!(one.summary.origin, Origin::Wire | Origin::Imported);
    let from_senders = requests.iter().any(of_a_sender);
    let unproven = |one: &SessionRequest| one.summary.derived.verdict.is_unproven(has_secrets);
    let any_proven = requests.iter().any(|one| one.summary.derived.verdict.status == SignatureStatus::Valid);
    let reason = |one: &SessionRequest| match one.summary.origin {
        Origin::Replayed | Origin::Forwarded => Some("sent by Creel"),
        Origin::Composed => Some("composed here"),
        Origin::Simulated if from_senders => Some("simulated"),
        _ if one.summary.rejected.is_some() => Some("rejected"),
        _ if !one.summary.complete => Some("not whole"),
        _ if any_proven && unproven(one) => Some("not proven by its signature"),
        Origin::Wire | Origin::Imported | Origin::Simulated => None,
    };
    requests.iter().map(reason).collect()
}

/// The parts of a request that lifecycles need, and its differences from its contract. One pass over the body for both.
fn looked_at(one: &SessionRequest, pointers: &[&'static str], around: &Around) -> (Option<Delivery>, Option<Found>) {
    let Some((head, body)) = &one.content else { return (delivery(one), None) };
    let headers = head.headers();
    let plain = coding::plain(headers.get_str("content-encoding"), body);
    let json = provider::json_of(&headers, &plain);
    let outline = scan(&json);
    let found = by_contract(&one.summary, (&headers, &json, &outline), around);
    let delivery = delivery(one).map(|mut delivery| {
        let at = |pointer: &str| outline.value_at(&json, &Pointer::parse(pointer)?);
        delivery.sent_at = at("/timestamp").and_then(|text| serde_json::from_str::<String>(text).ok()?.parse().ok());
        let value = |pointer: &&'static str| Some((*pointer, value_of(at(pointer)?)?));
        delivery.values = pointers.iter().filter_map(value).collect();
        delivery.digest = Some(Sha256::digest(body).into());
        delivery
    });
    (delivery, found)
}

/// A complete event's differences from its platform's contract and from the headers that the bin expects.
fn by_contract(
    summary: &RequestSummary,
    (headers, json, outline): (&Headers, &[u8], &Outline),
    around: &Around,
) -> Option<Found> {
    let event = &summary.derived.event;
    if summary.rejected.is_some() || !summary.complete || event.handshake.is_some() {
        return None;
    }
    let provider = event.provider.as_deref()?;
    let examined =
        contract::Examined { method: &summary.method, headers, json, outline, has_secret: around.has_secrets };
    let report = contract::check(provider, &examined)?;
    let mut weights = report.weights();
    weights += Weights::of(&expected::check(&around.headers, headers, Some(provider)));
    Some(Found { weights, more: report.more })
}

fn delivery(one: &SessionRequest) -> Option<Delivery> {
    let summary = &one.summary;
    Some(Delivery {
        id: summary.id,
        seq: summary.seq,
        event: summary.derived.event.name.clone()?,
        received_at: summary.received_at,
        status: summary.response.status,
        waits: summary.held_until.is_some(),
        sent_at: None,
        values: Vec::new(),
        digest: None,
    })
}

/// A value as it is compared.
fn value_of(written: &str) -> Option<Value> {
    if written.len() > MAX_VALUE {
        return Some(Value::String(format!(
            "{} bytes, SHA-256 {}",
            written.len(),
            hex::encode(Sha256::digest(written))
        )));
    }
    serde_json::from_str(written).ok()
}

/// The events of a bin's platform, where it is known in full.
pub(super) fn platform_events(bin: &Bin) -> Vec<(&'static str, bool)> {
    bin.settings.provider.as_deref().map(lifecycle::events).unwrap_or_default()
}

path_names! {
    /// A session's name.
    pub(super) struct SessionName, "session";
}
