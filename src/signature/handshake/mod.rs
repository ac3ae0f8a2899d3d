//! Handshakes: requests by which platforms check, before or between events, that a receiver of theirs has the URL.
//! One file per member and one line in `MEMBERS`. Responses are plain text or JSON, never HTML: part of them is the
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

/// Every handshake, special ones before general ones: the first that has a response gives it.
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

/// Longest text of the sender's that is sent back, in bytes.
const ECHO_LIMIT: usize = 4 << 10;

/// One platform's handshake.
struct Member {
    /// Its id, as shown beside the request.
    id: &'static str,
    /// Ids of the providers and schemes whose bins it is answered in. Empty: any.
    of: &'static [&'static str],
    /// What has to be in a request before anything is looked at closer.
    trigger: Trigger,
    /// The response, when it is this handshake.
    answer: fn(&Context<'_>) -> Option<Response>,
}

/// The cheap first look.
enum Trigger {
    /// A query parameter of this name.
    Query(&'static str),
    /// A header of this name, in lower case.
    Header(&'static str),
    /// This text in a short body.
    Body(&'static str),
}

/// The parts of a request that handshakes are made of.
#[derive(Debug, Clone, Copy)]
pub struct HandshakeRequest<'a> {
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

/// A handshake that was recognised, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// Which one: `slack-url-verification`, …
    pub id: &'static str,
    /// What the sender gets in place of the bin's response.
    pub response: HandshakeResponse,
    /// A secret that the sender handed over for the bin to keep: the bin has none yet.
    pub learn: Option<SecretValue>,
}

/// The response to a handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandshakeResponse {
    /// The status.
    pub status: u16,
    /// The headers in order, with a content type when there is a body.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// What a member sees.
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

/// What a member gives.
struct Response {
    response: HandshakeResponse,
    learn: Option<String>,
}

/// Says whether a request is a handshake and what to answer. `provider` and `scheme` are those set on the bin, if any;
/// when one is set, other platforms' handshakes are left alone. Ordinary requests cost a look at their headers and one
/// search in a short body.
#[must_use]
pub fn recognise(
    provider: Option<&str>,
    scheme: Option<&str>,
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
        let given = (member.answer)(&Context { request, query: &query, secrets, verdict, provider, set })?;
        // Only the first secret is learnt: anyone who knows the URL could otherwise plant one, and sign with it.
        let learn = given.learn.filter(|_| secrets.is_empty());
        Some(Handshake { id: member.id, response: given.response, learn: learn.map(SecretValue::new) })
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

/// HMAC-SHA256. Takes keys of any length, so that there always is a result.
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
