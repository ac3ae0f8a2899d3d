//! Other places of the request that hold something like a signature, for when the scheme's own place has none.

use percent_encoding::percent_decode_str;

use super::Case;
use super::places::{OTHERS, is_told};
use super::token::{Fault, Reading, Token, malformed, token};
use crate::http::form;
use crate::signature::algorithm::Algorithm;
use crate::signature::encoding::Encoding;
use crate::signature::request::UrlParts;
use crate::signature::scheme::Scheme;

/// The most values that are examined.
const MAX_VALUES: usize = 64;
/// Larger forms are not searched.
const MAX_FORM: usize = 64 << 10;
/// A signature has at least this many bytes: MD5 has 16.
const LEAST_BYTES: usize = 16;

/// Parts of names that suggest a signature.
pub(super) const NAMES: [&str; 7] = ["sign", "hmac", "digest", "mac", "hash", "sig", "authorization"];

/// A value and where it is, in words.
struct Value {
    place: String,
    is_named: bool,
    text: String,
}

pub(super) fn tokens(case: &Case<'_>, scheme: &Scheme) -> Vec<Token> {
    let values = values(case);
    if scheme.algorithm == Algorithm::Equal {
        return values.into_iter().filter_map(|value| handed_over(case, scheme, &value)).collect();
    }
    let mut found = Vec::new();
    for value in values {
        for mut one in malformed(value.text.as_bytes()) {
            let holds = |(reading, bytes): &(Reading, crate::signature::encoding::Decoded)| {
                *reading != Reading::Text
                    && if value.is_named {
                        bytes.len() >= LEAST_BYTES
                    } else {
                        scheme.algorithm.fits_length(bytes.len())
                    }
            };
            if one.readings.iter().any(holds) {
                one.fault = Some(Fault::Elsewhere(value.place.clone(), value.is_named));
                found.push((value.is_named, one));
            }
        }
    }
    // Places whose names suggest a signature come first.
    found.sort_by_key(|(is_named, _)| !is_named);
    found.into_iter().map(|(_, one)| one).collect()
}

/// A secret of the bin, bare, after `Bearer`, or as the password of Basic credentials.
fn handed_over(case: &Case<'_>, scheme: &Scheme, value: &Value) -> Option<Token> {
    let after = value.text.split_once(' ').map_or("", |(_, after)| after.trim());
    let decoded = Encoding::Base64.decode(after).and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
    let password = decoded.as_deref().map(|pair| pair.split_once(':').map_or(pair, |(_, password)| password));
    let is_secret = |text: &str| {
        !text.is_empty()
            && is_told(text, &value.place)
            && case.secrets.iter().any(|secret| scheme.key(secret.value.expose()).as_deref() == Some(text.as_bytes()))
    };
    let held = [Some(value.text.as_str()), Some(after), password].into_iter().flatten().find(|text| is_secret(text))?;
    Some(token(held, Vec::new(), Some(Fault::Elsewhere(value.place.clone(), value.is_named))))
}

fn values(case: &Case<'_>) -> Vec<Value> {
    let request = &case.request;
    let mut all = Vec::new();
    let mut add = |kind: &str, name: &str, text: &str| {
        let lower = name.to_ascii_lowercase();
        let is_named = NAMES.iter().any(|word| lower.contains(word));
        all.push(Value { place: format!("{kind} {name}"), is_named, text: text.to_owned() });
    };
    for field in request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        if name.eq_ignore_ascii_case("cookie") {
            for (name, value) in value.split(';').filter_map(|pair| pair.trim().split_once('=')) {
                add("cookie", name, &percent_decode_str(value).decode_utf8_lossy());
            }
        } else if !OTHERS.contains(&name.to_ascii_lowercase().as_str()) {
            add("header", name, value);
        }
    }
    for (name, value) in form::first_pairs(UrlParts::of(request.url).query.as_bytes(), MAX_VALUES) {
        add("query parameter", &name, &value);
    }
    let content_type = request.headers.get_str("content-type").unwrap_or_default();
    if content_type.contains("x-www-form-urlencoded") && request.body.len() <= MAX_FORM {
        for (name, value) in form::first_pairs(request.body, MAX_VALUES) {
            add("form field", &name, &value);
        }
    }
    all.truncate(MAX_VALUES);
    all
}
