//! Providers: what a platform's events mean. Pure. One file per provider and one line in `PROVIDERS`; platforms whose
//! document is known in full (contract, lifecycle) have a file in `platform/`.

pub(crate) mod battery;
mod callaider;
pub(crate) mod checklist;
mod cloudevents;
pub(crate) mod content;
pub(crate) mod contract;
mod discord;
pub(crate) mod expected;
pub(crate) mod finding;
mod findings;
mod generic;
mod gitea;
mod github;
mod gitlab;
pub(crate) mod lifecycle;
mod linear;
mod meta;
mod own;
pub(crate) mod own_schema;
mod paddle;
mod pagerduty;
mod pathors;
pub(crate) mod platform;
pub(crate) mod samples;
mod sendgrid;
pub(crate) mod shape;
mod shopify;
mod slack;
mod sns;
mod square;
mod standard_webhooks;
mod stripe;
mod telegram;
mod twilio;
mod zoom;

pub(crate) use own::{OwnProvider, declare, declared};

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::http::text::{cut, lossy};
use crate::http::{HeaderNames, Headers, essence, fields, form};
use crate::json::pick;
use crate::model::{Bin, EventFacts, document, kept_name};

/// Every provider. Where several recognise a request, the first one takes it: the more specific provider comes first.
static PROVIDERS: &[&Provider] = &[
    &callaider::PROVIDER,
    &pathors::PROVIDER,
    &gitea::PROVIDER,
    &github::PROVIDER,
    &gitlab::PROVIDER,
    &stripe::PROVIDER,
    &slack::PROVIDER,
    &sns::PROVIDER,
    &shopify::PROVIDER,
    &twilio::PROVIDER,
    &sendgrid::PROVIDER,
    &linear::PROVIDER,
    &paddle::PROVIDER,
    &square::PROVIDER,
    &pagerduty::PROVIDER,
    &zoom::PROVIDER,
    &discord::PROVIDER,
    &telegram::PROVIDER,
    &standard_webhooks::PROVIDER,
    &cloudevents::PROVIDER,
    &meta::PROVIDER,
];

/// Longest text of a note or a detail, in bytes.
const FACT_LIMIT: usize = 256;

/// What is known about a platform.
#[derive(Debug)]
struct Provider {
    /// Its id in settings and the API.
    id: &'static str,
    name: &'static str,
    /// Ids of the signature schemes that it uses; empty when it does not sign.
    schemes: &'static [&'static str],
    /// Whether it signs nothing, but sends headers of the user's own, such as `Authorization`.
    own_header: bool,
    /// The names of its events, if they are few; else the usual ones. For platforms that can be simulated, `samples`
    /// has the names.
    events: &'static [&'static str],
    /// Where its webhooks are documented.
    docs: &'static str,
    /// One sentence on what makes two deliveries the same event.
    duplicates: &'static str,
    /// Headers, in lower case, each of which makes a request this provider's.
    marks: &'static [&'static str],
    /// A further condition, if other platforms share the marks.
    confirm: Option<fn(&EventInput<'_>) -> bool>,
    read: fn(&EventInput<'_>) -> Reading,
    /// Reads further details for lists: label and value.
    details: fn(&EventInput<'_>) -> Vec<Detail>,
}

/// What a provider's file reads from a request.
#[derive(Debug, Default)]
struct Reading {
    name: Option<String>,
    session: Option<String>,
    delivery_id: Option<String>,
    duplicate_key: Option<String>,
    notes: Vec<String>,
}

impl Reading {
    /// The reading of a JSON body that names its event and holds an id which all deliveries of the event share. An
    /// incomplete body gets no duplicate key: it may not be what the provider sent.
    fn of_json<const N: usize>(json: &pick::Picks<'_, N>, name: Option<&str>, id: Option<&str>) -> Self {
        let id = id.map(str::to_owned);
        Self {
            name: name.map(str::to_owned),
            duplicate_key: if json.whole { id.clone() } else { None },
            delivery_id: id,
            session: None,
            notes: json_notes(json),
        }
    }
}

/// The parts of a request that facts are read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventInput<'a> {
    /// The header fields.
    pub headers: &'a Headers,
    /// The body with its content encoding undone.
    pub body: &'a [u8],
    /// The body's JSON: the body, or a field of it (see [`json_of`]).
    pub json: &'a [u8],
    /// The query as sent.
    pub query: Option<&'a [u8]>,
}

/// The JSON of a body: for a form or multipart body a field (`payload`), for others the body itself.
pub(crate) fn json_of<'a>(headers: &Headers, body: &'a [u8]) -> Cow<'a, [u8]> {
    document::json_in(headers.get_str("content-type"), body)
}

impl<'a> EventInput<'a> {
    fn header(&self, name: &'static str) -> Option<&'a str> {
        self.headers.get_str(name).map(str::trim).filter(|value| !value.is_empty())
    }

    fn owned_header(&self, name: &'static str) -> Option<String> {
        self.header(name).map(str::to_owned)
    }

    fn pick<const N: usize>(&self, paths: &[&str; N]) -> pick::Picks<'a, N> {
        pick::pick(self.json, paths)
    }

    /// Whether the body is a form or has parts, and not JSON that is sent as one.
    fn is_form(&self) -> bool {
        let declared = self.header("content-type").map(essence).unwrap_or_default();
        let form = declared.eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let parts = declared.get(..10).is_some_and(|start| start.eq_ignore_ascii_case("multipart/"));
        parts || form && !matches!(self.body.trim_ascii_start().first(), Some(b'{' | b'['))
    }

    /// The decoded value of a field of the body; the first one of that name.
    fn form(&self, name: &str) -> Option<String> {
        let declared = self.header("content-type")?;
        if essence(declared).eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return form::first(self.body, name);
        }
        let fields = fields::fields(Some(declared), self.body)?;
        let (_, value) = fields.into_iter().find(|(found, _)| found == name)?;
        Some(lossy(&value).into_owned())
    }
}

/// A provider as `GET /providers` shows it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ProviderInfo {
    /// Its id in settings.
    pub id: Cow<'static, str>,
    pub name: Cow<'static, str>,
    /// The id of its signature scheme; none when it does not sign.
    pub scheme: Option<Cow<'static, str>>,
    /// Every scheme that it uses.
    pub schemes: Vec<Cow<'static, str>>,
    /// Its events: all of them for platforms with few, else the usual ones.
    pub events: Vec<Cow<'static, str>>,
    /// What makes two deliveries the same event.
    pub duplicates: &'static str,
    /// Where its webhooks are documented; empty when that is not known.
    pub docs: Cow<'static, str>,
}

/// A further value worth showing: `reason: assistant_ended`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Detail {
    /// What it is, in plain words.
    pub label: &'static str,
    /// Its value as text.
    pub value: String,
}

/// Every provider, in the registry's order.
#[must_use]
pub(crate) fn catalogue() -> Vec<ProviderInfo> {
    PROVIDERS
        .iter()
        .map(|provider| ProviderInfo {
            id: provider.id.into(),
            name: provider.name.into(),
            scheme: provider.schemes.first().copied().map(Cow::Borrowed),
            schemes: borrowed(provider.schemes),
            events: provider.event_names().map(Cow::Borrowed).collect(),
            duplicates: provider.duplicates,
            docs: provider.docs.into(),
        })
        .chain(own::catalogue())
        .collect()
}

fn borrowed(texts: &'static [&'static str]) -> Vec<Cow<'static, str>> {
    texts.iter().copied().map(Cow::Borrowed).collect()
}

impl Provider {
    /// One table for both: the events that can be simulated are those listed.
    fn event_names(&self) -> impl Iterator<Item = &'static str> {
        let simulated = samples::events_of(self.id).iter().map(|event| event.name);
        simulated.chain(self.events.iter().copied())
    }
}

/// The providers that a bin can be set to. `own` are the declared platforms, or those about to be.
pub(crate) fn ids(own: &[OwnProvider]) -> impl Iterator<Item = &str> {
    PROVIDERS.iter().map(|known| known.id).chain(own.iter().map(OwnProvider::id))
}

/// Whether a bin can be set to it.
pub(crate) fn is_known(provider: &str, own: &[OwnProvider]) -> bool {
    ids(own).any(|id| id == provider)
}

/// The scheme that goes with a provider when the bin names none. `None` for providers that do not sign, and unknown
/// ids.
#[must_use]
pub(crate) fn scheme_of(provider: &str) -> Option<Cow<'static, str>> {
    match by_id(provider) {
        Some(known) => known.schemes.first().copied().map(Cow::Borrowed),
        None => own::by_id(provider)?.info().scheme.clone(),
    }
}

/// All schemes of a provider, the main one first. If the only proof is the user's own header, it counts only with a
/// secret to compare it with.
#[must_use]
pub(crate) fn schemes_of(provider: &str, has_secret: bool) -> Vec<Cow<'static, str>> {
    match by_id(provider) {
        Some(known) if known.schemes.is_empty() && known.own_header && has_secret => borrowed(&["authorization"]),
        Some(known) => borrowed(known.schemes),
        None => own::by_id(provider).map(|own| own.info().schemes.clone()).unwrap_or_default(),
    }
}

/// The schemes of a bin's provider; none without one. Without a secret, a request whose only proof is a header of the
/// user's own is unsigned.
#[must_use]
pub(crate) fn schemes_of_bin(bin: &Bin) -> Vec<Cow<'static, str>> {
    let provider = bin.settings.provider.as_deref();
    provider.map(|id| schemes_of(id, !bin.secrets.is_empty())).unwrap_or_default()
}

/// What the request means. `provider` is the one set on the bin, if any; `scheme` the signature scheme set or detected.
/// Costs a pass over the headers for requests of no provider; the caller sets `duplicate_of` and `handshake`.
#[must_use]
pub(crate) fn facts(provider: Option<&str>, scheme: Option<&str>, input: &EventInput<'_>) -> EventFacts {
    let own = find_own(provider, scheme, input);
    let known = if own.is_some() { None } else { find(provider, scheme, input) };
    let reading = match (&own, known) {
        (Some(own), _) => own.read(input),
        (None, Some(known)) => (known.read)(input),
        // Set to a platform without a file, or signed by a known scheme: try the usual places.
        (None, None) if provider.is_some() || scheme.is_some() => generic::read(input),
        (None, None) => return EventFacts::default(),
    };
    EventFacts {
        provider: match (&own, known) {
            (Some(own), _) => Some(own.info().id.to_string()),
            (None, known) => known.map(|known| known.id).or(provider).map(str::to_owned),
        },
        name: reading.name.map(kept),
        session: reading.session.map(kept),
        delivery_id: reading.delivery_id.map(kept),
        duplicate_key: reading.duplicate_key.map(bounded_key),
        duplicate_of: None,
        same_before: None,
        notes: reading.notes,
        handshake: None,
    }
}

/// What else is worth showing of the event, for lists and detail pages: reason, duration, assistant, project…
#[must_use]
pub(crate) fn details(provider: Option<&str>, scheme: Option<&str>, input: &EventInput<'_>) -> Vec<Detail> {
    if find_own(provider, scheme, input).is_some() {
        return Vec::new();
    }
    find(provider, scheme, input).map(|known| (known.details)(input)).unwrap_or_default()
}

/// The declared provider set on the bin; else one found by its headers, or by its scheme if no other provider's headers
/// are present.
fn find_own(provider: Option<&str>, scheme: Option<&str>, input: &EventInput<'_>) -> Option<Arc<own::Own>> {
    if let Some(id) = provider {
        return own::by_id(id);
    }
    own::by_marks(input).or_else(|| own::by_scheme(scheme?).filter(|_| by_headers(input).is_none()))
}

fn by_id(id: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.id == id)
}

/// The provider set on the bin; else by headers, by the scheme, by the shape of the body, in this order.
fn find(provider: Option<&str>, scheme: Option<&str>, input: &EventInput<'_>) -> Option<&'static Provider> {
    if let Some(id) = provider {
        return by_id(id);
    }
    by_headers(input)
        .or_else(|| {
            let scheme = scheme?;
            let confirmed = |known: &&Provider| known.confirm.is_none_or(|confirm| confirm(input));
            let main = PROVIDERS.iter().copied().filter(|known| known.schemes.first() == Some(&scheme));
            let other = PROVIDERS.iter().copied().filter(|known| known.schemes.contains(&scheme));
            main.chain(other).find(confirmed)
        })
        .or_else(|| by_shape(input))
}

/// The ranks of the providers by their marks.
static MARKS: LazyLock<HeaderNames<usize>> = LazyLock::new(|| {
    let ranked = PROVIDERS.iter().enumerate();
    ranked.flat_map(|(rank, provider)| provider.marks.iter().map(move |&mark| (mark, rank))).collect()
});

fn by_headers(input: &EventInput<'_>) -> Option<&'static Provider> {
    let mut best = usize::MAX;
    for field in input.headers {
        for &rank in MARKS.get(&field.name) {
            if rank < best && PROVIDERS[rank].confirm.is_none_or(|confirm| confirm(input)) {
                best = rank;
            }
        }
    }
    PROVIDERS.get(best).copied()
}

/// The member that CallAIder's and Pathors' envelopes share.
static SESSION: LazyLock<memchr::memmem::Finder<'static>> =
    LazyLock::new(|| memchr::memmem::Finder::new(b"\"sessionId\""));

/// Recognises CallAIder without its headers (a test by hand), and Pathors, which has none, by their envelopes.
fn by_shape(input: &EventInput<'_>) -> Option<&'static Provider> {
    // A search for one word, so that other bodies are never parsed.
    SESSION.find(input.json)?;
    if input.json.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    if callaider::has_shape(input) {
        Some(&callaider::PROVIDER)
    } else if pathors::has_shape(input) {
        Some(&pathors::PROVIDER)
    } else {
        None
    }
}

fn no_details(_: &EventInput<'_>) -> Vec<Detail> {
    Vec::new()
}

/// The details that are there, in the given order, each clipped.
fn detail_list<'t>(values: impl IntoIterator<Item = (&'static str, Option<Cow<'t, str>>)>) -> Vec<Detail> {
    values
        .into_iter()
        .filter_map(|(label, value)| Some(Detail { label, value: clipped(value?.into_owned()) }))
        .collect()
}

/// The sentence for a header that names another event than the body.
fn disagreement(header: &str, says: &str, body: &str) -> String {
    format!("The header {header} says “{}”, the body says “{}”.", clipped(says.to_owned()), clipped(body.to_owned()))
}

/// The sentence for a field that a provider always sends, if it is missing or wrong. `wrong` decides that, and
/// describes the value.
fn field_note<const N: usize>(
    json: &pick::Picks<'_, N>,
    index: usize,
    field: &str,
    provider: &str,
    (wrong, is_right): (&str, impl Fn(&str) -> bool),
) -> Option<String> {
    match (json.text(index), json.there(index)) {
        (Some(text), _) if is_right(text) => None,
        (Some(text), _) => Some(format!("The field {field} is {wrong}: “{}”.", clipped(text.to_owned()))),
        (None, true) => Some(format!("The field {field} is no text.")),
        (None, false) => Some(format!("The field {field} is missing; {provider} always sends it.")),
    }
}

const NOT_JSON: &str = "The body is not valid JSON.";

/// The first notes on a body that the provider always sends as JSON.
fn json_notes<const N: usize>(json: &pick::Picks<'_, N>) -> Vec<String> {
    if json.whole { Vec::new() } else { vec![NOT_JSON.to_owned()] }
}

/// Joins the parts of a duplicate key; none when one is missing.
fn key<const N: usize>(parts: [Option<&str>; N]) -> Option<String> {
    let mut key = String::with_capacity(parts.iter().flatten().map(|part| part.len() + 1).sum());
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            key.push(':');
        }
        key.push_str(part?);
    }
    Some(key)
}

fn kept(name: String) -> String {
    match kept_name(&name) {
        Cow::Borrowed(_) => name,
        Cow::Owned(kept) => kept,
    }
}

fn clipped(text: String) -> String {
    if text.len() <= FACT_LIMIT { text } else { format!("{}…", cut(&text, FACT_LIMIT - '…'.len_utf8()).0) }
}

/// Shortens a key to a bounded length; equal only for equal keys.
fn bounded_key(key: String) -> String {
    if key.len() <= 2 * FACT_LIMIT { key } else { format!("sha256:{}", hex::encode(Sha256::digest(key.as_bytes()))) }
}

#[cfg(test)]
mod tests;
