//! A verdict with its evidence: the exact signed bytes, the expected and the received signature, what is not covered.

use std::borrow::Cow;

use crate::model::{Freshness, Verdict};

use super::algorithm::Algorithm;
use super::jws::Token;
use super::key::compute;
use super::received::{groups, shared_vars, texts};
use super::request::{SignedRequest, View};
use super::scheme::Scheme;
use super::source::Source;
use super::template::{Context, Template, Value, Vars};
use super::verify::Verifier;

/// Replaces the secret in signed bytes that are shown: secrets are never shown.
pub(super) const MASKED_SECRET: &str = "{secret}";

/// A verdict, explained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The verdict on the signature.
    pub verdict: Verdict,
    /// How old the signed timestamp was.
    pub freshness: Freshness,
    /// The exact bytes that are signed, of the alternative that matched or else the first. `None` when parts are
    /// missing or nothing is signed. Where the scheme hashes the secret with the message, [`MASKED_SECRET`] is in its
    /// place.
    pub signed: Option<Vec<u8>>,
    /// The signature as the matching secret, else the first one, makes it. `None` for public keys and plain tokens.
    pub expected: Option<String>,
    /// The signature as received, without its prefix and the values beside it.
    pub received: Option<String>,
    /// What an attacker could change without invalidating the signature, in sentences.
    pub not_covered: Vec<String>,
}

impl Verifier {
    /// Judges and explains. Takes one more pass over the body than [`Verifier::judge`].
    #[must_use]
    pub fn explain(&self, request: &SignedRequest<'_>) -> Explanation {
        let view = View::new(request, self.config());
        let judged = self.examine(&view);
        let (verdict, freshness) = self.facts(&judged, request);
        let mut explanation =
            Explanation { verdict, freshness, signed: None, expected: None, received: None, not_covered: Vec::new() };
        let (Some(scheme), Some(outcome)) = (judged.scheme, judged.outcome) else { return explanation };
        let template = scheme.signed.get(outcome.template);
        view.look_at(outcome.item);
        explanation.not_covered = not_covered(scheme, template, request);

        let texts = texts(scheme, &view);
        let groups = groups(scheme, &texts);
        let shared = shared_vars(scheme, &view);
        let group = groups.get(outcome.group);
        let vars = Vars { shared: &shared, group: group.map(|group| &group.vars[..]).unwrap_or_default() };
        let context = |secret| Context { view: &view, vars, secret };
        let rendered = template.and_then(|template| template.to_bytes(&context(Some(MASKED_SECRET))).ok());
        explanation.signed = if scheme.algorithm.is_token() {
            let text = group.and_then(|group| group.signatures.first());
            text.and_then(|text| Token::parse(text).ok()).map(|token| token.message(rendered.as_deref()))
        } else {
            rendered
        };

        let decodable = |secret: &&super::examine::LabelledSecret| scheme.key(secret.value.expose()).is_some();
        let secret = match outcome.secret {
            Some(at) => self.secrets().get(at),
            None => self.secrets().iter().find(decodable),
        };
        let made = secret.zip(template).and_then(|(secret, template)| {
            let message = template.to_bytes(&context(Some(secret.value.expose()))).ok()?;
            expected(scheme, secret.value.expose(), &message)
        });
        let signatures = group.map(|group| &group.signatures[..]).unwrap_or_default();
        let matching = made.as_ref().and_then(|(_, bytes)| {
            signatures.iter().find(|text| scheme.encoding.decode(text).as_deref() == Some(&bytes[..]))
        });
        explanation.received = matching.or_else(|| signatures.first()).map(|text| (*text).to_owned()).or_else(|| {
            // Not in the scheme's form: shows the text as it is.
            texts.first().map(|text: &Cow<'_, [u8]>| String::from_utf8_lossy(text).into_owned())
        });
        explanation.expected = made.map(|(text, _)| match &explanation.received {
            // Some senders write hex in upper case; the same form is easier to compare by eye.
            Some(received) if is_upper_hex(received) => text.to_ascii_uppercase(),
            Some(_) | None => text,
        });
        explanation
    }
}

fn is_upper_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
        && text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The signature's text and bytes, for algorithms that compute it from the secret.
fn expected(scheme: &Scheme, secret: &str, message: &[u8]) -> Option<(String, Vec<u8>)> {
    if scheme.algorithm.is_asymmetric() || scheme.algorithm == Algorithm::Equal {
        return None;
    }
    // Of tokens nothing is computed.
    let bytes = compute(scheme.algorithm, &scheme.key(secret)?, message)?;
    Some((scheme.encoding.encode(&bytes), bytes))
}

/// The parts of this request that the signature does not cover.
fn not_covered(scheme: &Scheme, template: Option<&Template>, request: &SignedRequest<'_>) -> Vec<String> {
    if scheme.algorithm == Algorithm::Equal {
        return vec![
            "Nothing is signed: the token is the same in every request. Body, URL and headers could be changed."
                .to_owned(),
        ];
    }
    let required = scheme.require.iter().flat_map(|(left, right)| [left, right]);
    let templates: Vec<&Template> = template.into_iter().chain(required).collect();
    let has = |wanted: fn(&Value) -> bool| templates.iter().any(|template| template.values().any(wanted));
    let from_body = |template: &&Template| {
        let sources = template.values().filter_map(|value| scheme.source_in_body(value));
        sources.map(ToString::to_string).collect::<Vec<_>>()
    };
    let mut sentences = Vec::new();
    let is_all_of_the_body = scheme.algorithm.is_token() && scheme.from.contains(&Source::Body);
    if !is_all_of_the_body && !request.body.is_empty() && !has(Value::is_body) {
        let parts: Vec<String> = templates.iter().flat_map(from_body).collect();
        sentences.push(if parts.is_empty() {
            "The body is not signed: it could be changed.".to_owned()
        } else {
            format!("Of the body only this is signed: {}. The rest could be changed.", parts.join(", "))
        });
    }
    let signs_query = |value: &Value| {
        matches!(value, Value::Url | Value::UrlNoPort | Value::UrlWithPort | Value::PathQuery | Value::Query(..))
    };
    if request.url.contains('?') && !has(signs_query) {
        sentences.push("The query is not signed: it could be changed.".to_owned());
    }
    for (name, source) in &scheme.vars {
        let signed = templates.iter().any(|template| template.values().any(|value| *value == Value::Var(name.clone())));
        let in_signed_body = source.in_body() && has(|value| *value == Value::Body);
        let in_token = scheme.algorithm.is_token() && matches!(source, Source::Claim(..));
        if !signed && !in_signed_body && !in_token {
            sentences.push(format!("The {source} is not signed: it could be changed."));
        }
    }
    sentences
}
