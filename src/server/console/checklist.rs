//! A bin's checklist as API and pages show it: the platform's points, and the evidence among the bin's newest requests.

use std::collections::HashMap;
use std::net::IpAddr;

use parking_lot::Mutex;

use super::ConsoleState;
use super::pages::BinLinks;
use super::problem::Problem;
use crate::model::{Bin, BinId, Origin, RequestId, RequestSummary, Seq};
use crate::provider::checklist::{self, Checklist, Evidence, Stated};
use crate::provider::{contract, lifecycle};
use crate::store::{BinState, ListQuery, RequestRef};

/// The newest requests among which evidence is looked for.
const LOOKED_AT: usize = 1_000;
/// Of these, the requests from this machine whose heads are looked at for what a proxy adds.
const HEADS: usize = 10;
/// Bytes of a request whose head is read: the body comes with it.
const MAX_BODY: u64 = 64 << 10;
/// Fields by which a proxy or tunnel on this machine says that it forwards.
const FORWARDED_BY: [&str; 4] = ["X-Forwarded-For", "Forwarded", "CF-Connecting-IP", "X-Real-IP"];

/// How long a badge is good for while requests come: the list of bins asks for each of them again and again.
const BADGE_AGE_US: i64 = 5_000_000;

/// What the badge of a bin was computed from, when, and what it says.
type Badge = ((u64, Seq), i64, Option<String>);

/// The badges of the bins; those of bins that are gone go before it grows.
#[derive(Debug, Default)]
pub(super) struct Badges(Mutex<HashMap<BinId, Badge>>);

/// What the list of bins says of a bin's checklist. Only of a bin that is set to a platform whose document has one.
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
    // Only before it would grow, and not for each bin of a listing: those of bins that are gone.
    if badges.len() == badges.capacity() {
        badges.retain(|known, _| state.store.bin(known.as_str()).is_some());
    }
    badges.insert(id, (made_of, now, text.clone()));
    Ok(text)
}

/// The provider of a bin whose document is known in full: the one that is set, else that of the newest events.
fn provider_of(bin: &Bin, requests: &[RequestSummary]) -> Option<String> {
    let in_full = |provider: &&str| contract::is_known(provider);
    match bin.settings.provider.as_deref() {
        Some(set) => Some(set).filter(in_full).map(str::to_owned),
        None => {
            requests.iter().find_map(|one| one.derived.event.provider.as_deref().filter(in_full)).map(str::to_owned)
        }
    }
}

/// The bin's checklist; `None` when no platform is known whose document has one.
pub(super) async fn of(state: &ConsoleState, bin: &BinState) -> Result<Option<Checklist>, Problem> {
    let page = state.store.list(bin.bin.id, ListQuery { limit: LOOKED_AT, ..ListQuery::default() }).await?;
    let Some(provider) = provider_of(&bin.bin, &page.requests) else { return Ok(None) };
    // What Creel sent itself says nothing of the sender.
    let requests: Vec<&RequestSummary> = page
        .requests
        .iter()
        .filter(|one| one.origin == Origin::Wire && one.rejected.is_none() && one.derived.event.handshake.is_none())
        .collect();
    let settings = &bin.bin.settings;
    let expect = settings.expect.clone().unwrap_or_default();
    let is_seen = |name: &str| requests.iter().any(|one| one.derived.event.name.as_deref() == Some(name));
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
    let evidence = Evidence {
        through_proxy: through_proxy(state, bin, &requests).await?,
        requests,
        url: &links.capture_url,
        has_secret: !bin.bin.secrets.is_empty(),
        forwards: settings.forward.as_ref().filter(|forward| !forward.paused).map(|forward| forward.retries.count),
        expected: &expected,
        stated: &stated,
    };
    Ok(checklist::checklist(&provider, &evidence))
}

/// A request that a proxy on this machine says it forwarded, where none came from elsewhere.
async fn through_proxy(
    state: &ConsoleState,
    bin: &BinState,
    requests: &[&RequestSummary],
) -> Result<Option<RequestId>, Problem> {
    let is_local = |one: &&&RequestSummary| one.client.is_none_or(|client| client.ip.is_loopback());
    if !requests.iter().all(|one| is_local(&one)) {
        return Ok(None);
    }
    for one in requests.iter().filter(|one| one.body_size <= MAX_BODY).take(HEADS) {
        let Ok(request) = state.store.request(bin.bin.id, RequestRef::Id(one.id)).await else { continue };
        let headers = request.head.headers();
        let is_elsewhere = |value: &str| {
            let first = value.split(',').next().unwrap_or_default().trim();
            first.parse::<IpAddr>().map_or(!first.is_empty(), |ip| !ip.is_loopback())
        };
        if FORWARDED_BY.iter().any(|name| headers.get_str(name).is_some_and(is_elsewhere)) {
            return Ok(Some(one.id));
        }
    }
    Ok(None)
}
