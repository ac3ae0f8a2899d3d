//! The request's event, and its place in its session.

use askama::Template;
use bytes::Bytes;

use super::TabContext;
use crate::json::scan;
use crate::model::{Bin, CapturedRequest, EventFacts, Repeat, RequestSummary};
use crate::provider::finding::Says;
use crate::provider::{self, content};
use crate::server::console::heavy::Found;
use crate::server::console::learnt::{self, Kin};
use crate::server::console::pages::address::encoded;
use crate::server::console::pages::contract_box::ContractBox;
use crate::server::console::pages::conversation::{self, Conversation};
use crate::server::console::pages::format::{self, Seen, Sentence};
use crate::server::console::pages::sessions::href;
use crate::server::console::problem::Problem;
use crate::server::console::reading::{Reading, by_schema, has_contract};
use crate::store::{SessionLimits, SessionRequest, SessionRequests};

/// Earlier requests that were the same and are named.
const SHOWN_REPEATS: usize = 5;
/// Requests of a session that are shown.
const SESSION_ROWS: usize = 100;

/// Another request of the same session.
#[derive(Debug)]
struct Neighbour {
    href: String,
    name: String,
    time_iso: String,
    time_full: String,
    /// Seconds from the request before it, in words.
    gap: String,
    /// Whether it repeats an earlier one.
    duplicate: bool,
    /// Whether it is the open one.
    current: bool,
}

/// Provider facts, oddities, the session.
#[derive(Debug, Template)]
#[template(path = "tabs/event.html")]
pub(crate) struct EventTab {
    /// Names and values of what the provider's events say.
    facts: Vec<(String, String)>,
    notes: Vec<String>,
    contract: Option<ContractBox>,
    /// By the schema that the bin's owner has set for the event.
    schema: Option<ContractBox>,
    /// Header fields that the bin expects and that are missing or different.
    headers: Option<ContractBox>,
    /// Differences from the last request with the event.
    last: Option<ContractBox>,
    /// The consequence of not answering the event with 2xx: the status, and the document's text.
    not_accepted: Option<(String, Says)>,
    /// Earlier equal requests, without a known platform: address and response of each.
    repeats: Vec<(String, String)>,
    /// How many there were in all, in words.
    repeated: String,
    /// Where the bin's provider is set.
    settings_href: String,
    /// The page with the event's shape.
    shape_href: Option<String>,
    conversation: Option<Conversation>,
    /// The key that identifies the event across deliveries, to copy.
    idempotency_key: Option<String>,
    /// The first delivery of the same event, with the comparison.
    duplicate_href: Option<String>,
    /// How this one compares with it, in words.
    repeat: String,
    compare_href: Option<String>,
    /// A handshake that was answered.
    handshake: Option<String>,
    /// The session's own page.
    session_href: String,
    session_total: u64,
    /// The requests of the session in order.
    session: Vec<Neighbour>,
}

impl EventTab {
    /// The event of a request, with its session's others.
    pub(crate) async fn load(context: &TabContext, found: Found) -> Result<Self, Problem> {
        let store = &context.state.store;
        let before = learnt::before(&context.state, found.summary()).await?;
        let mut whole = found.read(store).await?;
        let repeat = whole.first_delivery(store).await?.map(|first| words(whole.request().repeat_of(&first)));
        let earlier = match whole.request().summary.derived.event.provider {
            None => store.same_before(whole.request().clone()).await?,
            Some(_) => Vec::new(),
        };
        let (bin, page) = (std::sync::Arc::clone(&context.bin), conversation::page(context.params.message));
        let read = move |mut request: CapturedRequest| {
            let (drift, read) = (before.drift(&request), Content::read(&request, &bin.bin, page));
            // The rest needs only the summary.
            request.body = Bytes::new();
            (request, drift, read)
        };
        let (request, drift, read) = whole.run(read).await?;
        let (request, event) = (&request, &request.summary.derived.event);
        let Content { details, contract, schema, headers, content } = read;
        let idempotency_key = idempotency_key(event);
        let mut facts = Vec::new();
        let mut fact = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                facts.push((name.to_owned(), value.clone()));
            }
        };
        fact("Provider", &event.provider);
        fact("Event", &event.name);
        fact("Session", &event.session);
        fact("Delivery", &event.delivery_id);
        fact("Duplicates share", &event.duplicate_key);
        facts.extend(details.into_iter().map(|detail| (format::capital(detail.label), detail.value)));
        // A contract reports the same in its place.
        let notes = if contract.is_some() { Vec::new() } else { event.notes.clone() };
        let last = contract.as_ref().and_then(|_| ContractBox::of_last(request, &drift));
        let contract = contract.or_else(|| ContractBox::of_drift(request, &drift));
        let session = session_of(context, request).await?;
        let duplicate_href = event.duplicate_of.map(|first| format!("{}/requests/{first}", context.links.base));
        Ok(Self {
            compare_href: event.duplicate_of.map(|first| format!("{}?tab=compare&with={first}", context.page)),
            duplicate_href,
            repeat: repeat.unwrap_or_default(),
            facts,
            not_accepted: not_accepted(request),
            repeats: repeats(context, request, &earlier),
            repeated: if earlier.len() == 1 { "once".to_owned() } else { format!("{} times", earlier.len()) },
            settings_href: format!("{}/settings#signature", context.links.base),
            shape_href: shape_of(request).map(|kin| shape_href(&context.links.base, &kin.name())),
            notes,
            contract,
            schema,
            headers,
            last,
            conversation: Conversation::new(
                content,
                request.summary.received_at,
                context.state.capture.clock().now(),
                &context.href,
                &context.api,
            ),
            idempotency_key,
            handshake: event.handshake.clone(),
            session_href: event.session.as_deref().map(|id| href(&context.links.base, id)).unwrap_or_default(),
            session_total: session.total,
            session: neighbours(context, request, &session),
        })
    }
}

/// The facts read from the body.
struct Content {
    details: Vec<provider::Detail>,
    contract: Option<ContractBox>,
    schema: Option<ContractBox>,
    headers: Option<ContractBox>,
    content: content::Content,
}

impl Content {
    fn read(request: &CapturedRequest, bin: &Bin, page: content::Page) -> Self {
        let reading = Reading::new(request);
        let json = reading.json();
        let outline = if has_contract(request) { scan(&json) } else { scan(b"") };
        let derived = &request.summary.derived;
        let (provider, scheme) = (derived.event.provider.as_deref(), derived.verdict.scheme.as_deref());
        Self {
            details: provider::details(provider, scheme, &reading.input(&json)),
            content: provider.map(|id| content::read(id, &json, &outline, page)).unwrap_or_default(),
            contract: reading
                .contract(request, (&json, &outline), !bin.secrets.is_empty())
                .ok()
                .map(|report| ContractBox::new(&report)),
            headers: ContractBox::of_headers(&reading.headers(request, bin)),
            schema: by_schema(request, &json, bin).map(|report| ContractBox::of_schema(&report)),
        }
    }
}

/// The consequence of not answering an event with 2xx.
fn not_accepted(request: &CapturedRequest) -> Option<(String, Says)> {
    let summary = &request.summary;
    let status = summary.response.status;
    if status.is_some_and(|status| (200..300).contains(&status)) {
        return None;
    }
    let (sentence, says) = provider::lifecycle::not_accepted(summary.derived.event.provider.as_deref()?)?;
    let answer = status.map_or_else(|| "Not answered".to_owned(), |status| format!("Answered {status}"));
    Some((format!("{answer}. {sentence}"), says))
}

/// The earlier equal requests, newest first, in words.
fn repeats(context: &TabContext, request: &CapturedRequest, earlier: &[RequestSummary]) -> Vec<(String, String)> {
    let line = |one: &RequestSummary| {
        let before = request.summary.received_at.since(one.received_at);
        let before = format::micros(u64::try_from(before.as_micros()).unwrap_or(u64::MAX));
        let answer =
            one.response.status.map_or_else(|| "not answered".to_owned(), |status| format!("answered {status}"));
        (format!("{}/requests/{}", context.links.base, one.id), format!("{before} before, {answer}"))
    };
    earlier.iter().take(SHOWN_REPEATS).map(line).collect()
}

/// The requests with which it shares a shape; of one without an event only where it has a body.
fn shape_of(request: &CapturedRequest) -> Option<Kin> {
    let summary = &request.summary;
    Kin::of(summary).filter(|kin| matches!(kin, Kin::Event(_)) || summary.complete && summary.body_size > 0)
}

fn shape_href(base: &str, event: &str) -> String {
    format!("{base}/contract?event={}", encoded(event))
}

/// `sessionId:event`, of a platform whose document says that this makes an event the same.
fn idempotency_key(event: &EventFacts) -> Option<String> {
    let is_known = event.provider.as_deref().is_some_and(provider::contract::is_known);
    let (session, name) = event.session.as_ref().zip(event.name.as_ref()).filter(|_| is_known)?;
    Some(format!("{session}:{name}"))
}

fn words(repeat: Repeat) -> String {
    let body = if repeat.identical { "with the same body, byte for byte" } else { "with another body" };
    format!(", {} later, {body}", format::micros(u64::try_from(repeat.after.as_micros()).unwrap_or(u64::MAX)))
}

async fn session_of(context: &TabContext, request: &CapturedRequest) -> Result<SessionRequests, Problem> {
    let limits = SessionLimits { requests: SESSION_ROWS, bodies: 0, one_body: 0, all_bytes: 0 };
    let id = request.summary.derived.event.session.clone().filter(|session| !session.is_empty());
    match id {
        None => Ok(SessionRequests { id: String::new(), total: 0, requests: Vec::new() }),
        Some(id) => Ok(context.state.store.session(context.bin.bin.id, id, limits).await?),
    }
}

fn neighbours(context: &TabContext, request: &CapturedRequest, session: &SessionRequests) -> Vec<Neighbour> {
    let mut earlier: Option<&RequestSummary> = None;
    let mut rows = Vec::with_capacity(session.requests.len());
    for SessionRequest { summary, .. } in &session.requests {
        let gap = earlier.map(|earlier| {
            format::micros(
                u64::try_from(summary.received_at.since(earlier.received_at).as_micros()).unwrap_or(u64::MAX),
            )
        });
        rows.push(Neighbour {
            href: format!("{}/requests/{}?tab=event", context.links.base, summary.id),
            name: summary.derived.event.name.as_deref().map_or_else(|| "(no event)".to_owned(), format::plain),
            time_iso: summary.received_at.to_string(),
            time_full: format::full_time(summary.received_at),
            gap: gap.unwrap_or_default(),
            duplicate: summary.derived.event.is_repeat(),
            current: summary.id == request.summary.id,
        });
        earlier = Some(summary);
    }
    rows
}
