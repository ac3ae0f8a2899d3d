//! A bin's checklist as API and pages show it: the platform's points, and the evidence among the bin's newest requests.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

use super::ConsoleState;
use super::pages::BinLinks;
use super::problem::Problem;
use super::reading::Reading;
use crate::http::Headers;
use crate::json::{Pointer, value_at};
use crate::model::{Bin, BinId, ExpectedHeader, Origin, RequestId, RequestSummary, Seq};
use crate::provider::checklist::{self, Act, Checked, Checklist, Evidence, HeaderEvidence, Stated};
use crate::provider::{contract, expected, lifecycle};
use crate::store::{BinState, ListQuery, RequestRef};

/// How many of the newest requests are searched for evidence.
const LOOKED_AT: usize = 1_000;
/// How many of these have their heads read, and how many ends of sessions their bodies.
const HEADS: usize = 10;
/// Heads of larger requests are not read, because the body is read with the head.
const MAX_BODY: u64 = 64 << 10;
/// Fields that a proxy or tunnel on this machine adds.
const FORWARDED_BY: [&str; 4] = ["X-Forwarded-For", "Forwarded", "CF-Connecting-IP", "X-Real-IP"];

/// How long a badge is reused while requests come: the list of bins reads all badges repeatedly.
const BADGE_AGE_US: i64 = 5_000_000;

/// A badge: what it was computed from, when, and its text.
type Badge = ((u64, Seq), i64, Option<String>);

/// The badges of the bins; those of deleted bins are removed before the map grows.
#[derive(Debug, Default)]
pub(super) struct Badges(Mutex<HashMap<BinId, Badge>>);

/// The text about a bin's checklist in the list of bins. Only for a bin set to a platform whose document has a
/// checklist.
pub(super) async fn badge(state: &ConsoleState, bin: &BinState) -> Result<Option<String>, Problem> {
    let id = bin.bin.id;
    if !bin.bin.settings.provider.as_deref().is_some_and(contract::is_known) {
        return Ok(None);
    }
    // The cursor moves with every request, attempt and mark.
    let (made_of, now) = ((bin.version, state.store.head_seq()), state.capture.clock().steady());
    if let Some((before, at, text)) = state.badges.0.lock().get(&id)
        && (*before == made_of || before.0 == made_of.0 && now.saturating_sub(*at) < BADGE_AGE_US)
    {
        return Ok(text.clone());
    }
    let text = of(state, bin).await?.map(|list| format!("{} of {}", list.settled(), list.due()));
    let mut badges = state.badges.0.lock();
    // Removes the badges of deleted bins only before the map would grow, not for each bin of a listing.
    if badges.len() == badges.capacity() {
        badges.retain(|known, _| state.store.bin(known.as_str()).is_some());
    }
    badges.insert(id, (made_of, now, text.clone()));
    Ok(text)
}

/// The bin's provider, if its document is known in full: the set one, else that of the newest events.
fn provider_of(bin: &Bin, requests: &[RequestSummary]) -> Option<String> {
    let in_full = |provider: &&str| contract::is_known(provider);
    match bin.settings.provider.as_deref() {
        Some(set) => Some(set).filter(in_full).map(str::to_owned),
        None => {
            requests.iter().find_map(|one| one.derived.event.provider.as_deref().filter(in_full)).map(str::to_owned)
        }
    }
}

/// The bin's checklist; `None` without a platform whose document has one.
pub(super) async fn of(state: &ConsoleState, bin: &BinState) -> Result<Option<Checklist>, Problem> {
    let page = state.store.list(bin.bin.id, ListQuery { limit: LOOKED_AT, ..ListQuery::default() }).await?;
    let Some(provider) = provider_of(&bin.bin, &page.requests) else { return Ok(None) };
    // Requests that Creel sent itself are no evidence about the sender.
    let requests: Vec<&RequestSummary> = page
        .requests
        .iter()
        .filter(|one| one.origin == Origin::Wire && one.rejected.is_none() && one.derived.event.handshake.is_none())
        .collect();
    // Of simulated requests, only the endpoint's answers count.
    let simulated: Vec<&RequestSummary> =
        page.requests.iter().filter(|one| one.origin == Origin::Simulated && one.rejected.is_none()).collect();
    let check = state.deliver.last_check(bin.bin.id).filter(|(_, report)| report.provider == provider);
    let settings = &bin.bin.settings;
    let expect = settings.expect.clone().unwrap_or_default();
    let has_secret = !bin.bin.secrets.is_empty();
    let is_seen = |name: &str| {
        let mut named = requests.iter().filter(|one| one.derived.event.name.as_deref() == Some(name));
        named.any(|one| checklist::is_event(one, has_secret))
    };
    let expected: Vec<&str> = lifecycle::events(&provider)
        .into_iter()
        .filter(|(name, by_default)| match &expect.events {
            Some(chosen) => chosen.iter().any(|one| one == name),
            None => *by_default || is_seen(name),
        })
        .map(|(name, _)| name)
        .collect();
    let stated: Vec<Stated<'_>> =
        expect.stated.iter().map(|stated| Stated { point: &stated.point, note: &stated.note, at: stated.at }).collect();
    let links = BinLinks::new(&bin.bin, state);
    // Heads are read together with their bodies, so only where evidence may be found in them.
    let is_local = |one: &&RequestSummary| one.client.is_none_or(|client| client.ip.is_loopback());
    let all_local = requests.iter().all(is_local);
    let heads = if all_local || !expect.headers.is_empty() { heads(state, bin, &requests).await } else { Vec::new() };
    let attempts = state.store.newest_attempts(bin.bin.id, LOOKED_AT).await?;
    let evidence = Evidence {
        attempts,
        simulated,
        check: check.as_ref().map(|(id, report)| Checked { id: *id, report }),
        through_proxy: through_proxy(&heads).filter(|_| all_local),
        text_only: text_only(state, bin, &provider, &requests).await,
        headers: header_evidence(&heads, &expect.headers, &provider),
        requests,
        url: &links.capture_url,
        has_secret,
        forwards: settings.forward.as_ref().filter(|forward| !forward.paused).map(|forward| forward.retries.count),
        expected: &expected,
        stated: &stated,
    };
    Ok(checklist::checklist(&provider, &evidence))
}

/// The page of a check of a receiver.
pub(super) fn check_address(check: u64) -> String {
    format!("/check/{check}")
}

/// The action for a point: its label and its place in the console.
pub(super) fn action(act: Act, links: &BinLinks) -> (&'static str, String) {
    let base = &links.base;
    let settings = |part: &str| format!("{base}/settings#{part}");
    match act {
        Act::Outside => ("Open it from outside", "/help#reach".to_owned()),
        Act::PublicUrl => ("Set the public URL", settings("general")),
        Act::Platform => ("Copy the URL for the platform", base.clone()),
        Act::Forward => ("Forward to your endpoint", settings("forward")),
        Act::Replay(id) => ("Replay it to your endpoint", format!("{base}/requests/{id}?tab=deliver")),
        Act::ReplayWrong(id) => ("Replay one with a wrong signature", format!("{base}/requests/{id}?tab=deliver")),
        Act::Send => ("Send an event", format!("{base}/send#play")),
        Act::Check => ("Check your endpoint", format!("{base}/send#check")),
        Act::Secret => ("Set the secret", settings("secrets")),
        Act::Explain(id) => ("See why it is wrong", format!("{base}/requests/{id}?tab=signature")),
        Act::Response => ("Choose the response", settings("response")),
        Act::Expect => ("Say what is expected", settings("expect")),
    }
}

/// The heads of the newest requests that are not large.
async fn heads(state: &ConsoleState, bin: &BinState, requests: &[&RequestSummary]) -> Vec<(RequestId, Headers)> {
    let mut heads = Vec::new();
    for one in requests.iter().filter(|one| one.body_size <= MAX_BODY).take(HEADS) {
        let Ok(request) = state.store.request(bin.bin.id, RequestRef::Id(one.id)).await else { continue };
        heads.push((one.id, request.head.headers()));
    }
    heads
}

/// The evidence from the expected header fields.
fn header_evidence(
    heads: &[(RequestId, Headers)],
    wanted: &[ExpectedHeader],
    provider: &str,
) -> Option<HeaderEvidence> {
    let mut evidence = HeaderEvidence::default();
    for (id, headers) in heads {
        match expected::check(wanted, headers, Some(provider)).into_iter().next() {
            None => evidence.right.push(*id),
            Some(finding) => evidence.wrong.push((*id, finding.sentence)),
        }
    }
    (!wanted.is_empty()).then_some(evidence)
}

/// Whether the sessions that ended lately were all of text.
async fn text_only(state: &ConsoleState, bin: &BinState, provider: &str, requests: &[&RequestSummary]) -> bool {
    let Some(told) = lifecycle::told_by_end(provider) else { return false };
    let pointers: Vec<Pointer> = told.of_calls.iter().filter_map(|pointer| Pointer::parse(pointer)).collect();
    let is_end = |one: &&&RequestSummary| one.derived.event.name.as_deref() == Some(told.event) && one.complete;
    let mut any = false;
    for one in requests.iter().filter(is_end).filter(|one| one.body_size <= MAX_BODY).take(HEADS) {
        let Ok(request) = state.store.request(bin.bin.id, RequestRef::Id(one.id)).await else { continue };
        let reading = Reading::new(&request);
        let json = reading.json();
        if pointers.iter().any(|pointer| value_at(&json, pointer).is_some()) {
            return false;
        }
        any = true;
    }
    any
}

/// A request that a proxy has marked as forwarded.
fn through_proxy(heads: &[(RequestId, Headers)]) -> Option<RequestId> {
    let is_elsewhere = |value: &str| {
        let first = value.split(',').next().unwrap_or_default().trim();
        first.parse::<IpAddr>().map_or(!first.is_empty(), |ip| !ip.is_loopback())
    };
    let is_forwarded =
        |headers: &Headers| FORWARDED_BY.iter().any(|name| headers.get_str(name).is_some_and(is_elsewhere));
    heads.iter().find(|(_, headers)| is_forwarded(headers)).map(|(id, _)| *id)
}
