//! Checks the tokens (JSON Web Signatures) of a request: first with the keys, then their claims about the request.

use std::borrow::Cow;

use crate::model::{SignatureStatus, Timestamp};

use super::algorithm::Algorithm;
use super::jws::{self, Token, Wrong};
use super::key::Key;
use super::missing::Missing;
use super::outcome::{Outcome, timestamp};
use super::received::Group;
use super::request::View;
use super::requirement::{self, Unmet};
use super::scheme::Scheme;
use super::template::{Context, Vars};

/// Most tokens of one request that are checked.
const MAX_TOKENS: usize = 8;
/// Most checks with a key; each key of a set counts and takes some tenths of a millisecond.
const MAX_CHECKS: usize = 128;
/// How far the clocks of sender and receiver may differ for a token's period of validity.
const LEEWAY_S: i64 = 5;

/// Why a token is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It cannot be read, in a sentence.
    Malformed(String),
    Wrong(Wrong),
    /// What it signs is not in the request.
    Missing(Missing),
}

/// A parsed token of the request with an algorithm of the scheme.
pub(super) struct Readable<'t> {
    pub(super) token: Token<'t>,
    pub(super) alg: jws::Alg,
}

pub(super) fn read<'t>(scheme: &Scheme, text: &'t str) -> Result<Readable<'t>, Fault> {
    let token = Token::parse(text).map_err(Fault::Malformed)?;
    let alg = jws::algorithm(&token, scheme.algorithm == Algorithm::JwsHmac, &scheme.alg).map_err(Fault::Wrong)?;
    if scheme.signed.is_empty() == token.is_detached() {
        let sentence = if token.is_detached() {
            "The token has no payload: the scheme's tokens hold what they sign."
        } else {
            "The token has a payload of its own: the scheme's tokens sign the request beside them, with nothing between the two dots."
        };
        return Err(Fault::Malformed(sentence.to_owned()));
    }
    Ok(Readable { token, alg })
}

/// The first alternative of the signed content for which the key's signature is right; 0 when the token holds its
/// content.
pub(super) fn verify(
    scheme: &Scheme,
    key: &Key,
    readable: &Readable<'_>,
    context: &Context<'_>,
) -> Result<usize, Fault> {
    let Readable { token, alg } = readable;
    if scheme.signed.is_empty() {
        return key.verifies_token(*alg, token, &token.message(None)).map(|()| 0).map_err(Fault::Wrong);
    }
    let mut fault = None;
    for (at, template) in scheme.signed.iter().enumerate() {
        let checked = template
            .to_bytes(context)
            .map_err(Fault::Missing)
            .and_then(|content| key.verifies_token(*alg, token, &token.message(Some(&content))).map_err(Fault::Wrong));
        match checked {
            Ok(()) => return Ok(at),
            Err(found) => {
                fault.get_or_insert(found);
            }
        }
    }
    Err(fault.unwrap_or_else(|| Fault::Malformed("The scheme's tokens sign nothing.".to_owned())))
}

/// What is wrong with the claims of a token whose signature is right.
pub(super) fn unmet_claim(scheme: &Scheme, context: &Context<'_>) -> Option<String> {
    requirement::unmet(scheme, context).map(|unmet| match unmet {
        Unmet::Missing(sentence) | Unmet::Different(sentence) => {
            format!("The token's signature is right, but: {sentence}")
        }
    })
}

pub(super) fn examine(
    scheme: &Scheme,
    keys: &[Option<Key>],
    view: &View<'_>,
    shared: &[(&str, Cow<'_, [u8]>)],
    groups: &[Group<'_>],
) -> Outcome {
    let mut fault: Option<(usize, Fault)> = None;
    let mut left = MAX_TOKENS;
    let mut checks = MAX_CHECKS;
    for (at, group) in groups.iter().enumerate() {
        for text in &group.signatures {
            let Some(less) = left.checked_sub(1) else { break };
            left = less;
            let context = Context { view, vars: Vars { shared, group: &group.vars }, secret: None };
            let readable = match read(scheme, text) {
                Ok(readable) => readable,
                Err(found) => {
                    fault.get_or_insert((at, found));
                    continue;
                }
            };
            for (secret, key) in keys.iter().enumerate() {
                let Some(key) = key else { continue };
                let Some(less) = checks.checked_sub(key.count()) else { continue };
                checks = less;
                match verify(scheme, key, &readable, &context) {
                    Ok(template) => {
                        let outcome = right(scheme, &context, group, &readable.token);
                        return Outcome { secret: Some(secret), group: at, template, ..outcome };
                    }
                    Err(found) => fault = Some((at, worse(fault.take().map(|(_, fault)| fault), found))),
                }
            }
        }
    }
    match fault {
        Some((group, fault)) => Outcome { group, ..Outcome::failed(status(&fault), sentence(scheme, &fault)) },
        None => Outcome::failed(SignatureStatus::Invalid, "The request has too many tokens."),
    }
}

fn worse(before: Option<Fault>, found: Fault) -> Fault {
    match (before, found) {
        (Some(Fault::Wrong(before)), Fault::Wrong(found)) => Fault::Wrong(found.or(Some(before))),
        (Some(before), _) => before,
        (None, found) => found,
    }
}

const fn status(fault: &Fault) -> SignatureStatus {
    match fault {
        Fault::Missing(_) => SignatureStatus::Missing,
        Fault::Malformed(_) | Fault::Wrong(_) => SignatureStatus::Invalid,
    }
}

pub(super) fn sentence(scheme: &Scheme, fault: &Fault) -> String {
    match fault {
        Fault::Malformed(sentence) => sentence.clone(),
        Fault::Wrong(Wrong::Mismatch { kid: None }) if scheme.algorithm == Algorithm::JwsHmac => {
            "The bin's secret gives a different signature of this token.".to_owned()
        }
        Fault::Wrong(wrong) => wrong.sentence(),
        Fault::Missing(missing) => scheme.missing_sentence(missing),
    }
}

/// The result for a token with a right signature, by its claims.
fn right(scheme: &Scheme, context: &Context<'_>, group: &Group<'_>, token: &Token<'_>) -> Outcome {
    if let Some(reason) = unmet_claim(scheme, context) {
        return Outcome::failed(SignatureStatus::Invalid, reason);
    }
    let signed_at = match timestamp(scheme, context.vars.shared, group) {
        Ok(signed_at) => signed_at,
        Err((status, reason)) => return Outcome::failed(status, reason),
    };
    let (is_expired, reason) = lifetime(token, context.view.request.received_at);
    Outcome { reason, signed_at, is_expired, ..Outcome::failed(SignatureStatus::Valid, "") }
}

/// Whether the token had expired (`Some(true)`) or was not valid yet (`Some(false)`) on arrival, with a note.
fn lifetime(token: &Token<'_>, received_at: Timestamp) -> (Option<bool>, Option<String>) {
    let now = received_at.as_secs();
    match token.bounds() {
        (Some(end), _) if now > end.saturating_add(LEEWAY_S) => {
            let late = now.saturating_sub(end);
            (Some(true), Some(format!("Right, but the token had expired {late} seconds before it came (`exp`).")))
        }
        (_, Some(start)) if now < start.saturating_sub(LEEWAY_S) => {
            let early = start.saturating_sub(now);
            (Some(false), Some(format!("Right, but the token is good only {early} seconds after it came (`nbf`).")))
        }
        _ => (None, None),
    }
}
