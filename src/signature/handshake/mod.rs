//! Handshakes: requests by which a platform checks, before or between events, that the URL's owner receives them. One
//! file per member and one line in `MEMBERS`. Responses are plain text or JSON, never HTML: part of them is the
//! sender's own text.

mod asana;
mod braintree;
mod challenge_body;
mod challenge_query;
mod cloudevents;
mod discord;
mod ebay;
mod event_grid;
mod graph;
mod hub;
mod lark;
mod linkedin;
mod notion;
mod okta;
mod slack;
mod smartcar;
mod smartsheet;
mod tebex;
mod twitch;
mod x_crc;
mod xero;
mod zoom;

use std::sync::LazyLock;

use hmac::{Hmac, KeyInit as _, Mac as _};
use regex::bytes::Regex;
use sha2::Sha256;

use crate::http::{HeaderNames, Headers, form};
use crate::json::pick::{self, Picks};
use crate::model::{Secret, SecretValue, SignatureStatus, Verdict};

/// Every handshake, special ones before general ones: the first with a response wins.
static MEMBERS: &[&Member] = &[
    &lark::MEMBER,
    &slack::MEMBER,
    &zoom::MEMBER,
    &hub::MEMBER,
    &x_crc::MEMBER,
    &ebay::MEMBER,
    &asana::MEMBER,
    &notion::MEMBER,
    &xero::MEMBER,
    &okta::MEMBER,
    &graph::MEMBER,
    &twitch::MEMBER,
    &discord::MEMBER,
    &braintree::MEMBER,
    &linkedin::MEMBER,
    &smartcar::MEMBER,
    &tebex::MEMBER,
    &smartsheet::MEMBER,
    &event_grid::MEMBER,
    &cloudevents::MEMBER,
    &challenge_query::MEMBER,
    &challenge_body::MEMBER,
];

/// Largest body that can be a handshake, in bytes: they are a few hundred.
const BODY_LIMIT: usize = 8 << 10;

/// Longest challenge that is computed with a secret, in bytes.
const TOKEN_LIMIT: usize = 64;

/// Digits at the start of a text that may be a time.
const TIME_DIGITS: usize = 10;

/// From this length on, text in hex may be a digest.
const DIGEST_LENGTH: usize = 40;

/// Longest text from the sender that is sent back, in bytes.
const ECHO_LIMIT: usize = 4 << 10;

/// One platform's handshake.
struct Member {
    /// Its id, as shown beside the request.
    id: &'static str,
    /// Ids of the providers and schemes whose bins it is answered in. Empty: any.
    of: &'static [&'static str],
    /// What bin and request must fulfil before it is answered.
    guard: Guard,
    /// A cheap test that a request must pass first.
    trigger: Trigger,
    /// The response; `None` when it is not this handshake after all.
    answer: fn(&Context<'_>) -> Option<Response>,
}

/// What bin and request must fulfil.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// Nothing: the response only repeats what the sender knows.
    None,
    /// A valid signature if the bin enforces signatures: the platform signs this request like a delivery.
    Signature,
    /// The bin must be set to this platform: the response is computed with a secret of the bin, which must be the
    /// platform's. See also [`Context::token`].
    Secret,
    /// Both.
    Both,
}

/// A cheap first test.
enum Trigger {
    /// A query parameter of this name.
    Query(&'static str),
    /// A header of this name, in lower case.
    Header(&'static str),
    /// This text in a short body.
    Body(&'static str),
}

/// The parts of a request from which handshakes are recognised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HandshakeRequest<'a> {
    /// The method as sent.
    pub method: &'a str,
    /// The URL as the sender was given it, with the path below the bin. A query may be there or not.
    pub url: &'a str,
    /// The header fields.
    pub headers: &'a Headers,
    /// The query as sent, without its question mark.
    pub query: Option<&'a [u8]>,
    /// The body as sent.
    pub body: &'a [u8],
}

/// A recognised handshake, with its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handshake {
    /// Which one: `slack-url-verification`, …
    pub id: &'static str,
    /// What the sender gets in place of the bin's response.
    pub response: HandshakeResponse,
    /// A secret that the sender handed over, for a bin that has none.
    pub learn: Option<Learnt>,
}

/// A secret that a sender handed over, for deliveries of these platforms only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Learnt {
    pub secret: SecretValue,
    /// Ids of the providers and schemes that use it.
    pub of: &'static [&'static str],
}

/// What a bin is set to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct BinSetting<'a> {
    pub provider: Option<&'a str>,
    /// The scheme that verifies its requests.
    pub scheme: Option<&'a str>,
    /// Whether senders without a valid signature are turned away.
    pub enforce: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HandshakeResponse {
    pub status: u16,
    /// The headers in order, with a content type when there is a body.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// What a member gets.
struct Context<'a> {
    request: &'a HandshakeRequest<'a>,
    query: &'a [(String, String)],
    secrets: &'a [Secret],
    verdict: &'a Verdict,
    /// The bin's provider.
    provider: Option<&'a str>,
    /// Whether the bin's provider or scheme is one of this member's.
    set: bool,
}

/// What a member returns.
struct Response {
    response: HandshakeResponse,
    learn: Option<String>,
}

/// Says whether a request is a handshake and what to answer. When a provider or scheme is set on the bin, other
/// platforms' handshakes are ignored. Ordinary requests cost a look at their headers and one search in a short body.
///
/// Any client that knows the URL can send a handshake. So a secret is used only for the platform that it belongs to,
/// and a secret is learnt only if the bin is set to a platform that hands secrets over.
#[must_use]
pub(crate) fn recognise(
    bin: BinSetting<'_>,
    request: &HandshakeRequest<'_>,
    secrets: &[Secret],
    verdict: &Verdict,
) -> Option<Handshake> {
    let query = match request.query {
        Some(query) if QUERY_NAMES.as_ref().is_some_and(|names| names.is_match(query)) => form::pairs(query),
        Some(_) | None => Vec::new(),
    };
    let body =
        request.body.len() <= BODY_LIMIT && BODY_WORDS.as_ref().is_some_and(|words| words.is_match(request.body));
    let header = request.headers.iter().any(|field| HEADERS.get(&field.name).next().is_some());
    if query.is_empty() && !body && !header {
        return None;
    }
    let BinSetting { provider, scheme, enforce } = bin;
    MEMBERS.iter().find_map(|member| {
        let there = match member.trigger {
            Trigger::Query(name) => query.iter().any(|(found, _)| found == name),
            Trigger::Header(name) => header && request.headers.contains(name),
            Trigger::Body(word) => body && memchr::memmem::find(request.body, word.as_bytes()).is_some(),
        };
        let mine = |id: Option<&str>| id.is_some_and(|id| member.of.contains(&id));
        let set = mine(provider) || mine(scheme);
        let open = member.of.is_empty() || (provider.is_none() && scheme.is_none());
        if !there || !(set || open) {
            return None;
        }
        // The scheme says which platform the bin's secrets belong to.
        let own_secrets = set && (scheme.is_none() || mine(scheme));
        if matches!(member.guard, Guard::Secret | Guard::Both) && !own_secrets {
            return None;
        }
        let valid = verdict.status == SignatureStatus::Valid;
        if enforce && !valid && matches!(member.guard, Guard::Signature | Guard::Both) {
            return None;
        }
        let given = (member.answer)(&Context { request, query: &query, secrets, verdict, provider, set })?;
        // Anyone who knows the URL can plant a secret and sign with it: only the first one is learnt, only where the
        // platform is known to hand it over, and never where signatures are enforced.
        let learn = given.learn.filter(|_| secrets.is_empty() && own_secrets && !enforce);
        let learn = learn.map(|secret| Learnt { secret: SecretValue::new(secret), of: member.of });
        Some(Handshake { id: member.id, response: given.response, learn })
    })
}

/// The names of the query parameters of all members, as one search.
static QUERY_NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    any_of(MEMBERS.iter().filter_map(|member| match member.trigger {
        Trigger::Query(name) => Some(name),
        Trigger::Header(_) | Trigger::Body(_) => None,
    }))
});

/// The words of the bodies of all members, as one search.
static BODY_WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    any_of(MEMBERS.iter().filter_map(|member| match member.trigger {
        Trigger::Body(word) => Some(word),
        Trigger::Header(_) | Trigger::Query(_) => None,
    }))
});

/// The headers of all members.
static HEADERS: LazyLock<HeaderNames<()>> = LazyLock::new(|| {
    let names = MEMBERS.iter().filter_map(|member| match member.trigger {
        Trigger::Header(name) => Some((name, ())),
        Trigger::Query(_) | Trigger::Body(_) => None,
    });
    names.collect()
});

fn any_of(words: impl Iterator<Item = &'static str>) -> Option<Regex> {
    Regex::new(&words.map(regex::escape).collect::<Vec<_>>().join("|")).ok()
}

impl<'a> Context<'a> {
    fn is(&self, method: &str) -> bool {
        self.request.method == method
    }

    /// A query parameter that is there once, and not empty.
    fn query(&self, name: &str) -> Option<&'a str> {
        let mut values = self.query.iter().filter(|(found, _)| found == name);
        let value = values.next()?.1.as_str();
        (values.next().is_none() && !value.is_empty() && value.len() <= ECHO_LIMIT).then_some(value)
    }

    fn header(&self, name: &'static str) -> Option<&'a str> {
        let value = self.request.headers.get_str(name)?;
        let visible = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        (visible && !value.is_empty() && value.len() <= ECHO_LIMIT).then_some(value)
    }

    /// Reads the body; nothing unless it is one whole JSON value.
    fn json<const N: usize>(&self, paths: &[&str; N]) -> Option<Picks<'a, N>> {
        Some(pick::pick(self.request.body, paths)).filter(|picks| picks.whole)
    }

    /// A challenge for which a response may be computed with a secret: it has the platforms' form and cannot be the
    /// signed content of any scheme. Schemes sign bodies, which are JSON (also numbers and `true`) or hold characters
    /// that no token has, and digests of bodies or times with random bytes, which are long and in hex.
    #[expect(clippy::unused_self, reason = "beside the methods that it is used with")]
    fn token<'t>(&self, text: &'t str) -> Option<&'t str> {
        let digest = text.len() >= DIGEST_LENGTH && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        // Some schemes sign a time with a word after it.
        let timed = text.len() >= TIME_DIGITS && text.bytes().take(TIME_DIGITS).all(|byte| byte.is_ascii_digit());
        let json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        (has_token_form(text) && !digest && !timed && !json).then_some(text)
    }

    /// The secret that the request was signed with; else the newest one that is not marked as public.
    fn secret(&self) -> Option<&'a str> {
        let signed_with = self.verdict.secret.as_deref().filter(|_| self.verdict.status == SignatureStatus::Valid);
        self.secrets
            .iter()
            .find(|secret| Some(secret.label.as_str()) == signed_with)
            .or_else(|| self.secrets.iter().rev().find(|secret| !is_public(secret)))
            .map(|secret| secret.value.expose().trim())
    }
}

/// The form of tokens of the platforms whose handshakes use a secret.
fn has_token_form(text: &str) -> bool {
    (1..=TOKEN_LIMIT).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether a signature of that body may be the response to a handshake. Any client can ask for that, so the signature
/// proves nothing, even if it is right. No delivery of these platforms has such a body.
pub(crate) fn may_have_signed(bin: BinSetting<'_>, headers: &Headers, body: &[u8]) -> bool {
    let is_set = |member: &&&Member| {
        let mine = |id: Option<&str>| id.is_some_and(|id| member.of.contains(&id));
        matches!(member.guard, Guard::Secret | Guard::Both) && (mine(bin.provider) || mine(bin.scheme))
    };
    if body.len() > BODY_LIMIT || !MEMBERS.iter().any(|member| is_set(&member)) {
        return false;
    }
    let is_form = headers.get_str("content-type").is_some_and(|of| of.contains("form"));
    let payload = is_form.then(|| form::first(body, "bt_payload")).flatten();
    let text = payload.as_deref().map_or_else(|| std::str::from_utf8(body).ok(), Some);
    text.is_some_and(|text| has_token_form(text.trim()))
}

fn is_public(secret: &Secret) -> bool {
    secret.label.to_ascii_lowercase().contains("public")
}

impl Response {
    fn text(body: &str) -> Self {
        Self::new(200, Some("text/plain; charset=utf-8"), body.to_owned())
    }

    fn json(body: &serde_json::Value) -> Self {
        Self::new(200, Some("application/json"), body.to_string())
    }

    fn empty(status: u16) -> Self {
        Self::new(status, None, String::new())
    }

    fn new(status: u16, content_type: Option<&str>, body: String) -> Self {
        let mut headers = Vec::new();
        if let Some(content_type) = content_type {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
            // A browser must not take the sender's text for a page.
            headers.push(("X-Content-Type-Options".to_owned(), "nosniff".to_owned()));
        }
        Self { response: HandshakeResponse { status, headers, body }, learn: None }
    }

    fn with_header(mut self, name: &str, value: &str) -> Self {
        self.response.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn learning(mut self, secret: &str) -> Self {
        self.learn = Some(secret.to_owned());
        self
    }
}

/// HMAC-SHA256. Takes keys of any length, so there is always a result.
fn hmac_sha256(key: &str, message: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map(|mut mac| {
            mac.update(message.as_bytes());
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
