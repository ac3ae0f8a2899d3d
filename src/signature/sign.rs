//! Signing: the inverse of verifying, from the same record.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};

use super::algorithm::compute;
use super::draft::{Draft, SignError, SignInput, Signed};
use super::filter::BytesFilter;
use super::missing::Missing;
use super::pattern::{Part, Pattern, SIGNATURE, TIMESTAMP};
use super::request::{Config, View};
use super::scheme::Scheme;
use super::source::Source;
use super::template::{Context, Piece, Template, Value, Vars};

/// Signs a request.
///
/// # Errors
/// When the secret is no key, a signed part is missing, or the signature has no place in this request.
pub fn sign(scheme: &Scheme, secret: &str, input: &SignInput<'_>) -> Result<Signed, SignError> {
    let key = scheme.key(secret).ok_or_else(|| undecodable(scheme))?;
    let mut config = input.config.cloned().unwrap_or_default();
    config.extend(scheme.config.clone());
    let mut draft = Draft::new(input);
    place_vars(scheme, input, &mut draft)?;
    place_header_lists(scheme, &mut draft)?;
    place_required(scheme, secret, &config, &mut draft)?;
    let captured = captured_vars(scheme, input, &draft);
    let captured: Vec<(&str, &str)> = captured.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let message = message(scheme, secret, &config, &draft, &captured)?;
    let bytes = compute(scheme.algorithm, &key, &message).ok_or_else(|| undecodable(scheme))?;
    let text = assemble(scheme, &scheme.encoding.encode(&bytes), &captured);
    if let Some(source) = scheme.from.first() {
        draft.place(source, &text)?;
    }
    Ok(draft.into_signed())
}

fn undecodable(scheme: &Scheme) -> SignError {
    let kind = if scheme.algorithm.is_asymmetric() { "a private key" } else { "a key" };
    SignError::Undecodable { wanted: format!("{kind} ({})", scheme.secret.notation()) }
}

fn missing(scheme: &Scheme, missing: Missing) -> SignError {
    SignError::Missing { sentence: scheme.missing_sentence(&missing), missing }
}

/// The bytes to sign, of the first alternative that the request has all parts for.
fn message(
    scheme: &Scheme,
    secret: &str,
    config: &Config,
    draft: &Draft<'_>,
    captured: &[(&str, &str)],
) -> Result<Vec<u8>, SignError> {
    let request = draft.request();
    let view = View::new(&request, config);
    let shared = super::received::shared_vars(scheme, &view);
    let context = Context { view: &view, vars: Vars { shared: &shared, group: captured }, secret: Some(secret) };
    let mut lacking = None;
    for template in &scheme.signed {
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

/// A value that nothing else gives: the id asked for, or one that follows from the content.
fn made_up(name: &str, input: &SignInput<'_>) -> String {
    if let ("id", Some(id)) = (name, input.id) {
        return id.to_owned();
    }
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update(input.timestamp.as_micros().to_be_bytes());
    hash.update(input.url);
    hash.update(input.body);
    hex::encode(&hash.finalize()[..16])
}

/// Headers that list the signed headers: where such a one is absent, it is set to list what is there.
fn place_header_lists(scheme: &Scheme, draft: &mut Draft<'_>) -> Result<(), SignError> {
    for (value, _) in listing_pieces(scheme) {
        if let Value::Source(source @ Source::Header(_)) = value
            && !draft.has(source)
        {
            let names = draft.names_worth_signing(scheme);
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
    let outside = |name: &str| scheme.vars.iter().any(|(var, _)| var == name);
    let names = scheme.items.iter().flat_map(Pattern::names).filter(|name| *name != SIGNATURE && !outside(name));
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
    // Of several forms of a signature the first is the one to write.
    let first = scheme.items.iter().position(Pattern::has_signature);
    let Some(split) = &scheme.split else {
        return first.and_then(|at| scheme.items.get(at)).map(written).unwrap_or_default();
    };
    let wanted =
        |(at, pattern): (usize, &Pattern)| (Some(at) == first || !pattern.has_signature()).then(|| written(pattern));
    scheme.items.iter().enumerate().filter_map(wanted).collect::<Vec<_>>().join(split)
}
