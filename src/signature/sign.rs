//! Signing: the inverse of verifying, from the same record.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use crate::json::Pointer;

use super::algorithm::Algorithm;
use super::draft::{Draft, SignError, SignInput, Signed};
use super::encoding::Encoding;
use super::filter::BytesFilter;
use super::jws::{self, Alg};
use super::key::compute;
use super::missing::Missing;
use super::pattern::{Part, Pattern, SIGNATURE, TIMESTAMP};
use super::request::{Config, View};
use super::scheme::Scheme;
use super::source::Source;
use super::template::{Context, Piece, Template, Value, Vars};
use super::timestamp::Unit;

/// The lifetime of a token that has a beginning: a minute, as with the one known sender.
const TOKEN_LIFE_S: i64 = 60;

/// Signs a request.
///
/// # Errors
/// When the secret is no key, a signed part is missing, or the signature has no place in this request.
pub fn sign(scheme: &Scheme, secret: &str, input: &SignInput<'_>) -> Result<Signed, SignError> {
    let key = scheme.key(secret).ok_or_else(|| undecodable(scheme))?;
    let mut config = input.config.cloned().unwrap_or_default();
    config.extend(scheme.config.clone());
    let mut draft = Draft::new(input);
    let items = scheme.list().map_or(1, |list| draft.items(list));
    for item in 0..items.max(1) {
        draft.look_at(item);
        place_vars(scheme, input, &mut draft)?;
        place_header_lists(scheme, &mut draft)?;
        place_required(scheme, secret, &config, &mut draft)?;
        let captured = captured_vars(scheme, input, &draft);
        let captured: Vec<(&str, &str)> = captured.iter().map(|(name, value)| (*name, value.as_str())).collect();

        let signature = if scheme.algorithm.is_token() {
            token(scheme, &key, input, &config, &draft)?
        } else {
            let message = message(scheme, secret, &config, &draft, &captured)?;
            let bytes = compute(scheme.algorithm, &key, &message).ok_or_else(|| undecodable(scheme))?;
            scheme.encoding.encode(&bytes)
        };
        let text = assemble(scheme, &signature, &captured);
        if let Some(source) = scheme.from.first() {
            draft.place(source, &text)?;
        }
    }
    Ok(draft.into_signed())
}

/// A token with the claims that the scheme asks for, or beside what it signs.
fn token(
    scheme: &Scheme,
    key: &[u8],
    input: &SignInput<'_>,
    config: &Config,
    draft: &Draft<'_>,
) -> Result<String, SignError> {
    let is_hmac = scheme.algorithm == Algorithm::JwsHmac;
    let mut algs = if scheme.alg.is_empty() && is_hmac {
        Alg::HMAC.to_vec()
    } else if scheme.alg.is_empty() {
        Alg::PUBLIC.to_vec()
    } else {
        scheme.alg.clone()
    };
    // The first algorithm that the key supports.
    algs.retain(|alg| jws::sign(*alg, key, b"").is_some());
    let alg = *algs.first().ok_or_else(|| undecodable(scheme))?;
    let header = serde_json::json!({"alg": alg.name(), "typ": "JWT"}).to_string();
    let content = if scheme.signed.is_empty() {
        claims(scheme, input, config, draft)?
    } else {
        message(scheme, "", config, draft, &[])?
    };
    let signed = format!("{}.{}", Encoding::Base64url.encode(header.as_bytes()), Encoding::Base64url.encode(&content));
    let signature = jws::sign(alg, key, signed.as_bytes()).ok_or_else(|| undecodable(scheme))?;
    let signature = Encoding::Base64url.encode(&signature);
    let (header, _) = signed.split_once('.').unwrap_or_default();
    Ok(if scheme.signed.is_empty() { format!("{signed}.{signature}") } else { format!("{header}..{signature}") })
}

fn claims(scheme: &Scheme, input: &SignInput<'_>, config: &Config, draft: &Draft<'_>) -> Result<Vec<u8>, SignError> {
    let mut claims = serde_json::Map::new();
    let mut set = |pointer: &Pointer, value: serde_json::Value| {
        // Claims of known schemes are members of the payload itself.
        if let [name] = pointer.steps() {
            claims.insert(name.clone(), value);
        }
    };
    if scheme.from.contains(&Source::Body) {
        set(&Pointer::parse("/data").unwrap_or_default(), String::from_utf8_lossy(input.body).into());
    }
    for (name, source) in &scheme.vars {
        if let Source::Claim(_, pointer) = source {
            if name != TIMESTAMP {
                set(pointer, made_up(name, input).into());
                continue;
            }
            let seconds = timestamp_text(scheme, input).parse::<i64>().unwrap_or_default();
            set(pointer, seconds.into());
            // A receiver that checks the beginning also checks the end.
            if pointer.steps() == ["nbf"] {
                set(&Pointer::parse("/exp").unwrap_or_default(), seconds.saturating_add(TOKEN_LIFE_S).into());
            }
        }
    }
    let request = draft.request();
    let view = View::new(&request, config);
    let context = Context { view: &view, vars: Vars::default(), secret: None };
    for (left, right) in &scheme.require {
        for (one, other) in [(left, right), (right, left)] {
            if let [Piece::Placeholder { value: Value::Source(Source::Claim(_, pointer)), .. }] = one.pieces() {
                let value = other.to_bytes(&context).map_err(|part| missing(scheme, part))?;
                if !value.is_empty() {
                    set(pointer, String::from_utf8_lossy(&value).into_owned().into());
                }
            }
        }
    }
    Ok(serde_json::Value::Object(claims).to_string().into_bytes())
}

fn undecodable(scheme: &Scheme) -> SignError {
    let kind = if scheme.algorithm.is_asymmetric() { "a private key" } else { "a key" };
    SignError::Undecodable { wanted: format!("{kind} ({})", scheme.secret.notation()) }
}

fn missing(scheme: &Scheme, missing: Missing) -> SignError {
    SignError::Missing { sentence: scheme.missing_sentence(&missing), missing }
}

/// The bytes to sign, of the first alternative whose parts the request has. With a body, alternatives that sign it come
/// first.
fn message(
    scheme: &Scheme,
    secret: &str,
    config: &Config,
    draft: &Draft<'_>,
    captured: &[(&str, &str)],
) -> Result<Vec<u8>, SignError> {
    let request = draft.request();
    let view = View::new(&request, config);
    view.look_at(draft.item());
    let shared = super::received::shared_vars(scheme, &view);
    let context = Context { view: &view, vars: Vars { shared: &shared, group: captured }, secret: Some(secret) };
    let mut lacking = None;
    let (with_body, without): (Vec<_>, Vec<_>) =
        scheme.signed.iter().partition(|template| request.body.is_empty() || scheme.reads_body(template));
    for template in with_body.into_iter().chain(without) {
        match template.to_bytes(&context) {
            Ok(message) => return Ok(message),
            Err(part) => {
                lacking.get_or_insert(part);
            }
        }
    }
    // A token is not computed from anything.
    lacking.map_or_else(|| Ok(Vec::new()), |part| Err(missing(scheme, part)))
}

/// Sets the values outside the signature text: always the timestamp, others only where they are absent.
fn place_vars(scheme: &Scheme, input: &SignInput<'_>, draft: &mut Draft<'_>) -> Result<(), SignError> {
    for (name, source) in &scheme.vars {
        // Claims are put into the token.
        if matches!(source, Source::Claim(..)) {
            continue;
        }
        if name == TIMESTAMP {
            draft.place(source, &timestamp_text(scheme, input))?;
        } else if !draft.has(source) {
            draft.place(source, &made_up(name, input))?;
        }
    }
    Ok(())
}

fn timestamp_text(scheme: &Scheme, input: &SignInput<'_>) -> String {
    scheme.timestamp.map(|rule| rule.unit).unwrap_or_default().format(input.timestamp)
}

/// A value without another source: the requested id, or one derived from the content.
fn made_up(name: &str, input: &SignInput<'_>) -> String {
    match (name, input.id) {
        ("id", Some(id)) => return id.to_owned(),
        // A time without a known unit: receivers expect digits.
        ("ts", _) => return Unit::S.format(input.timestamp),
        _ => {}
    }
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update(input.timestamp.as_micros().to_be_bytes());
    hash.update(input.url);
    hash.update(input.body);
    hex::encode(&hash.finalize()[..16])
}

/// Headers that list the signed headers: a missing one is set to list the present headers and itself, in order.
fn place_header_lists(scheme: &Scheme, draft: &mut Draft<'_>) -> Result<(), SignError> {
    for (value, _) in listing_pieces(scheme) {
        if let Value::Source(source @ Source::Header(own)) = value
            && !draft.has(source)
        {
            let mut names = draft.names_worth_signing(scheme);
            names.push(own.to_ascii_lowercase());
            names.sort_unstable();
            names.dedup();
            draft.place(source, &names.join(","))?;
        }
    }
    Ok(())
}

/// The placeholders whose value is a list of header names.
fn listing_pieces(scheme: &Scheme) -> impl Iterator<Item = (&Value, &BytesFilter)> {
    scheme.signed.iter().flat_map(Template::pieces).filter_map(|piece| match piece {
        Piece::Placeholder { value, filters, .. } => match filters.first() {
            Some(list @ (BytesFilter::HeaderValues(_) | BytesFilter::HeaderPairs(..))) => Some((value, list)),
            Some(_) | None => None,
        },
        Piece::Literal(_) => None,
    })
}

/// Meets the scheme's requirements by setting the side that is a plain place in the request.
fn place_required(scheme: &Scheme, secret: &str, config: &Config, draft: &mut Draft<'_>) -> Result<(), SignError> {
    for (left, right) in &scheme.require {
        let (place, other) = match (left.pieces(), right.pieces()) {
            ([Piece::Placeholder { value: Value::Source(source), filters, .. }], _) if filters.is_empty() => {
                (source, right)
            }
            (_, [Piece::Placeholder { value: Value::Source(source), filters, .. }]) if filters.is_empty() => {
                (source, left)
            }
            _ => continue,
        };
        if matches!(place, Source::Claim(..)) {
            continue;
        }
        let wanted = {
            let request = draft.request();
            let view = View::new(&request, config);
            let context = Context { view: &view, vars: Vars::default(), secret: Some(secret) };
            other.to_bytes(&context).map_err(|part| missing(scheme, part))?
        };
        draft.place(place, &String::from_utf8_lossy(&wanted))?;
    }
    Ok(())
}

/// The values inside the signature text.
fn captured_vars<'s>(scheme: &'s Scheme, input: &SignInput<'_>, draft: &Draft<'_>) -> Vec<(&'s str, String)> {
    let is_list = |name: &str| listing_pieces(scheme).any(|(value, _)| *value == Value::Var(name.to_owned()));
    let names = scheme.items.iter().flat_map(Pattern::names).filter(|name| *name != SIGNATURE);
    let value = |name: &'s str| {
        let text = match name {
            TIMESTAMP => timestamp_text(scheme, input),
            _ if is_list(name) => draft.names_worth_signing(scheme).join(" "),
            _ => made_up(name, input),
        };
        (name, text)
    };
    names.map(value).collect()
}

/// The signature's text with its prefix and the values beside it.
fn assemble(scheme: &Scheme, signature: &str, captured: &[(&str, &str)]) -> String {
    let written = |pattern: &Pattern| -> String {
        let part_text = |part: &Part| match part {
            Part::Literal(text) => Cow::Owned(text.clone()),
            Part::Value(name) if name == SIGNATURE => Cow::Borrowed(signature),
            Part::Value(name) => {
                Cow::Owned(captured.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value).to_owned())
            }
        };
        pattern.parts().iter().map(part_text).collect()
    };
    // Of several forms of a signature, the first is written.
    let first = scheme.items.iter().position(Pattern::has_signature);
    let Some(split) = &scheme.split else {
        return first.and_then(|at| scheme.items.get(at)).map(written).unwrap_or_default();
    };
    let wanted =
        |(at, pattern): (usize, &Pattern)| (Some(at) == first || !pattern.has_signature()).then(|| written(pattern));
    scheme.items.iter().enumerate().filter_map(wanted).collect::<Vec<_>>().join(split)
}
