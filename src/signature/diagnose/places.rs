//! Places of a request that hold what looks like a signature, whatever their names are.

use serde_json::Value as Json;

use crate::http::form;
use crate::json::step_of;
use crate::signature::algorithm::Algorithm;
use crate::signature::encoding::Encoding;
use crate::signature::request::{SignedRequest, UrlParts};

/// The most places that are returned.
const MAX_PLACES: usize = 6;
/// Larger bodies are not searched.
const MAX_BODY: usize = 64 << 10;
/// The most members of a JSON body that are searched, and the deepest level.
const MAX_MEMBERS: usize = 200;
const MAX_DEPTH: usize = 4;

/// Headers whose values are never a body's signature, however they look.
pub(super) const OTHERS: &[&str] = &[
    "etag",
    "if-none-match",
    "if-match",
    "cookie",
    "traceparent",
    "x-request-id",
    "x-amzn-trace-id",
    "host",
    "content-length",
    "x-correlation-id",
    "cf-ray",
    "x-b3-traceid",
    "x-cloud-trace-context",
];

/// Parts of names that suggest a signature.
const NAMES: [&str; 6] = ["sign", "hmac", "digest", "hash", "mac", "sig"];

/// A text that looks like a signature.
pub(super) struct Found {
    /// The place as a scheme record names it: `header:X-My-Signature`.
    pub(super) source: String,
    /// The place as a sentence names it: `X-My-Signature`.
    pub(super) name: String,
    pub(super) text: String,
    pub(super) prefix: String,
    pub(super) encoding: Encoding,
    pub(super) length: usize,
    /// The name of the item that holds a time in the same text: `t`.
    pub(super) time_item: Option<String>,
    /// The name of the item with the signature, where the text is a list: `v1`.
    pub(super) item: Option<String>,
    /// What is between the items of a list.
    pub(super) separator: char,
}

/// A shorter secret may equal a value by chance.
const LEAST_SECRET: usize = 8;
/// Parts of names that suggest a token.
const TOKENS: [&str; 8] = ["auth", "token", "secret", "key", "password", "credential", "webhook", "bearer"];

/// Whether a secret that was found in the place was put there on purpose.
pub(super) fn is_told(secret: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    secret.len() >= LEAST_SECRET || is_named(name) || TOKENS.iter().any(|word| lower.contains(word))
}

pub(super) fn is_named(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|word| name.contains(word))
}

pub(super) fn places(request: &SignedRequest<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for field in request.headers {
        let (Ok(name), Some(value)) = (std::str::from_utf8(&field.name), field.value_str()) else { continue };
        if !OTHERS.contains(&name.to_ascii_lowercase().as_str()) {
            found.extend(read(&format!("header:{name}"), name, value));
        }
    }
    for (name, value) in form::pairs(UrlParts::of(request.url).query.as_bytes()) {
        found.extend(read(&format!("query:{name}"), &name, &value));
    }
    let content_type = request.headers.get_str("content-type").unwrap_or_default();
    if content_type.contains("x-www-form-urlencoded") && request.body.len() <= MAX_BODY {
        for (name, value) in form::pairs(request.body) {
            found.extend(read(&format!("form:{name}"), &name, &value));
        }
    }
    found.extend(members(request.body));
    // Places whose names suggest a signature come first.
    found.sort_by_key(|place| !is_named(&place.name));
    found.truncate(MAX_PLACES);
    found
}

/// The members of a JSON body whose name suggests a signature and whose value looks like one.
fn members(body: &[u8]) -> Vec<Found> {
    if body.len() > MAX_BODY || body.trim_ascii_start().first() != Some(&b'{') {
        return Vec::new();
    }
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return Vec::new() };
    let (mut found, mut left) = (Vec::new(), MAX_MEMBERS);
    walk(&json, "", MAX_DEPTH, &mut left, &mut found);
    found
}

fn walk(json: &Json, at: &str, depth: usize, left: &mut usize, found: &mut Vec<Found>) {
    let Json::Object(members) = json else { return };
    for (name, value) in members {
        let (Some(less), Some(deeper)) = (left.checked_sub(1), depth.checked_sub(1)) else { return };
        *left = less;
        let pointer = format!("{at}/{}", step_of(name));
        match value {
            Json::String(text) if is_named(name) => {
                let place = read(&format!("json:{pointer}"), name, text);
                found.extend(place.map(|place| Found { name: format!("JSON member {pointer}"), ..place }));
            }
            value => walk(value, &pointer, deeper, left, found),
        }
    }
}

/// The signature in a value, alone, after a prefix, or as an item of a list with a time.
fn read(source: &str, name: &str, value: &str) -> Option<Found> {
    let is_name = |name: &str| !name.is_empty() && name.len() <= 100 && !name.contains([':', '{', '}', '*', ' ']);
    if value.len() > 512 || !is_name(name) {
        return None;
    }
    let called = is_named(name);
    let place = |prefix: &str, text: &str| {
        let (encoding, length) = digest(text, called)?;
        Some(Found {
            source: source.to_owned(),
            name: name.to_owned(),
            text: text.to_owned(),
            prefix: prefix.to_owned(),
            encoding,
            length,
            time_item: None,
            item: None,
            separator: ',',
        })
    };
    if let Some(found) = place("", value) {
        return Some(found);
    }
    if let Some(separator) = [',', ';', '&', ' '].into_iter().find(|separator| value.contains(*separator)) {
        let items: Vec<(&str, &str)> = value.split(separator).filter_map(|item| item.trim().split_once('=')).collect();
        let signed = items.iter().find(|(_, text)| digest(text, called).is_some());
        if let Some((item, text)) = signed.filter(|(item, _)| !item.contains(['{', '}', ' '])) {
            let is_time = |text: &str| text.parse::<u64>().is_ok_and(|time| time > 1_000_000_000);
            let time = items.iter().find(|(name, text)| is_time(text) && !name.contains(['{', '}', ' ']));
            let time_item = time.map(|(name, _)| (*name).to_owned());
            let found = place("", text)?;
            return Some(Found { time_item, item: Some((*item).to_owned()), separator, ..found });
        }
    }
    let at = value.find(['=', ':', ' ', ','])?;
    let (prefix, text) = value.split_at(at + 1);
    place(prefix, text).filter(|found| found.prefix.len() <= 24 && !found.prefix.contains(['{', '}']))
}

/// The encoding and the length in bytes of a digest. A short one may be an id, unless the place's name suggests a
/// signature.
fn digest(text: &str, called: bool) -> Option<(Encoding, usize)> {
    let least = if called { 16 } else { 20 };
    [Encoding::Hex, Encoding::Base64].into_iter().find_map(|encoding| {
        let bytes = encoding.decode(text)?;
        let is_digest = bytes.len() >= least && !algorithms(bytes.len()).is_empty();
        is_digest.then_some((encoding, bytes.len()))
    })
}

pub(super) fn algorithms(length: usize) -> &'static [Algorithm] {
    match length {
        16 => &[Algorithm::HmacMd5],
        20 => &[Algorithm::HmacSha1],
        28 => &[Algorithm::HmacSha224],
        32 => &[Algorithm::HmacSha256],
        48 => &[Algorithm::HmacSha384],
        64 => &[Algorithm::HmacSha512],
        _ => &[],
    }
}
